"""The result of ``entrox train``: as JSON, and as tables on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable

if TYPE_CHECKING:
    from entrox.potentials.training.training_run import TrainingResult

__all__ = ["print_training", "training_content"]


def training_content(result: TrainingResult, folder: Path) -> dict[str, Any]:
    """Return the result as plain data; paths of models relative to the run folder."""
    reference = result.reference
    return {
        "models": [
            {
                "path": model.path.relative_to(folder).as_posix(),
                "seed": model.seed,
                "force_rmse_ev_per_angstrom": model.force_rmse_ev_per_angstrom,
                "energy_rmse_mev_per_atom": model.energy_rmse_mev_per_atom,
                "cpu_s": model.cpu_s,
                "sha256": model.sha256,
                "n_steps": model.n_steps,
            }
            for model in result.models
        ],
        "elements": list(result.models[0].type_map),
        "sel": result.sel,
        "n_training": result.n_training,
        "n_held_out": result.n_held_out,
        "n_dropped": result.n_dropped,
        "compositions": list(result.compositions),
        "energy_reference": None if reference is None else reference.to_dict(),
        "held_out": None if result.held_out is None else to_jsonable(result.held_out.summary()),
        "warnings": list(result.warnings),
    }


def print_training(content: dict[str, Any]) -> None:
    """Print models and errors as tables."""
    print_heading(f"{len(content['models'])} models of {', '.join(content['elements'])}")
    dropped = f"; {content['n_dropped']} left out" if content["n_dropped"] else ""
    print_text(f"{content['n_training']:,} training frames, {content['n_held_out']:,} held out{dropped}.")
    rows = [
        (
            model["path"], str(model["seed"]), rounded(model["force_rmse_ev_per_angstrom"], 3),
            rounded(model["energy_rmse_mev_per_atom"], 3), rounded(model["cpu_s"], 3),
        )
        for model in content["models"]
    ]  # fmt: skip
    print_text()
    headers = ("Model", "Seed", "Force error [eV/angstrom]", "Energy error [meV/atom]", "Processor time [s]")
    print_table(headers, rows, right=(1, 2, 3, 4))
    if (held := content["held_out"]) is not None:
        print_text()
        print_heading("Frames held out")
        _print_held_out(held)
    if (reference := content["energy_reference"]) is not None:
        ranks = ", ".join(f"{source} {rank}" for source, rank in reference["rank"].items())
        print_text()
        print_text(f"Combinations of the {len(reference['elements'])} elements that the energies determine: {ranks}.")
    print_warnings(content["warnings"])


def _print_held_out(held: dict[str, Any]) -> None:
    rows = [
        (name, parity["unit"], rounded(parity["rmse"], 3), rounded(parity["mae"], 3), rounded(parity["r_squared"], 4))
        for name in ("energy", "force", "virial")
        if (parity := held[name]) is not None
    ]
    print_table(("Label", "Unit", "RMSE", "MAE", "R2"), rows, right=(2, 3, 4))
    if (found := held["calibration"]) is not None:
        print_text(
            f"The largest true error of a frame is {rounded(found['slope'], 3)} times the deviation of the committee; "
            f"they rank frames alike with rho = {rounded(found['rho'], 3)}."
        )
