"""Results of ``entrox md``: the keys of their JSON, and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from entrox.cli.terminal import print_heading, print_table, print_text, print_warnings, rounded
from entrox.core import to_jsonable
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.runs.run_averages import StageAverages

__all__ = ["md_content", "print_md"]


def md_content(
    trajectory: Trajectory, stages: Sequence[StageAverages], n_atoms: int, warnings: Sequence[str]
) -> dict[str, Any]:
    """Return a run with the keys of ``--json``; the means are those of the last stage that has any."""
    last = stages[-1] if stages else None
    deviation = trajectory.force_deviation_ev_per_angstrom
    content = {
        "status": trajectory.status,
        "reason": trajectory.reason,
        "engine": trajectory.engine,
        "potential": trajectory.potential,
        "n_atoms": n_atoms,
        "n_steps": trajectory.n_steps,
        "seed": trajectory.seed,
        "mean_temperature_k": last and last.temperature_k,
        "mean_pressure_bar": last and last.pressure_bar,
        "lattice_angstrom": None if last is None else last.lattice_angstrom,
        "lattice_axis": None if last is None else last.lattice_axis,
        "angle_deg": None if last is None else last.angle_deg,
        "volume_angstrom3_per_atom": last and last.volume_angstrom3_per_atom,
        "energy_ev_per_atom": last and last.energy_ev_per_atom,
        "errors": last and _errors(last),
        "drift": last and _drift(last),
        "settled_from_ps": last and last.start_ps,
        "largest_deviation_ev_per_angstrom": float(deviation.max()) if len(deviation) else None,
        "atom_steps_per_cpu_s": n_atoms * trajectory.n_steps / trajectory.cpu_s if trajectory.cpu_s > 0 else None,
        "cpu_s": trajectory.cpu_s,
        "wall_s": trajectory.wall_s,
        "stages": [stage.to_dict() for stage in stages],
        "warnings": warnings,
    }
    plain: dict[str, Any] = to_jsonable(content)
    return plain


def _errors(stage: StageAverages) -> dict[str, Any]:
    return {
        "mean_temperature_k": stage.temperature_error_k,
        "mean_pressure_bar": stage.pressure_error_bar,
        "lattice_angstrom": stage.lattice_error_angstrom,
        "volume_angstrom3_per_atom": stage.volume_error_angstrom3_per_atom,
        "energy_ev_per_atom": stage.energy_error_ev_per_atom,
        "converged": stage.converged,
    }


def _drift(stage: StageAverages) -> dict[str, Any] | None:
    if stage.drift_mev_per_atom_ps is None:
        return None
    return {"mev_per_atom_ps": stage.drift_mev_per_atom_ps, "error_mev_per_atom_ps": stage.drift_error_mev_per_atom_ps}


def print_md(content: Mapping[str, Any]) -> None:
    """Print a run as tables."""
    print_heading(
        f"{content['n_atoms']:,} atoms, {content['n_steps']:,} steps of {content['engine']} with "
        f"{content['potential']}: {content['status']}"
    )
    rows = [
        (
            f"{rounded(stage['start_ps'])} - {rounded(stage['end_ps'])}",
            _pm(stage["temperature_k"], stage["temperature_error_k"]),
            _pm(stage["pressure_bar"], stage["pressure_error_bar"], 3),
            *(
                _pm(edge, error, 5)
                for edge, error in zip(stage["lattice_angstrom"], stage["lattice_error_angstrom"], strict=True)
            ),
            _pm(stage["drift_mev_per_atom_ps"], stage["drift_error_mev_per_atom_ps"], 2),
        )
        for stage in content["stages"]
    ]
    if rows:
        heads = ("Settled [ps]", "T [K]", "p [bar]", "a [angstrom]", "b", "c", "Drift [meV/atom/ps]")
        print_table(heads, rows, right=tuple(range(7)))
    speed = content["atom_steps_per_cpu_s"]
    words = [] if speed is None else [f"{speed:,.0f} atom-steps per CPU-second"]
    if content["largest_deviation_ev_per_angstrom"] is not None:
        words.append(f"largest deviation of the models {rounded(content['largest_deviation_ev_per_angstrom'], 3)} eV/A")
    if words:
        print_text("; ".join(words) + ".")
    print_warnings(content["warnings"])


def _pm(value: float | None, error: float | None, digits: int = 4) -> str:
    text = rounded(value, digits)
    return text if error is None else f"{text} +- {rounded(error, 2)}"
