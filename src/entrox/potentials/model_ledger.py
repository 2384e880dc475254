"""Reference numbers of CHGNet and of a published Deep Potential on BaTiO3: edges, wells, zeros of energy, errors.

They need the packages of the extra ``potentials``, the second also its file: see ``packages`` and ``files``.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import numpy as np

from entrox.core.ledger_row import ledger_row
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file

__all__ = ["MODEL_LEDGER"]

CHGNET = "CHGNet 0.3.0, cell of 5 atoms, ions relaxed"
UNIVERSAL = "published Deep Potential of perovskites (UniPero)"
MODEL, RUNS, SYSTEMS = "perovskite/models/UniPero.pb", "perovskite/unipero-aimd", "perovskite/unipero-db"
EDGES = (3.97, 4.00, 4.036, 4.07)
DIRECTIONS = ("001", "111")
WELLS = {
    "chgnet": ((-2.8, -11.9, -28.3, -48.9), (-5.4, -20.6, -48.4, -84.0), 4.036),
    "universal": ((-3.5, -11.2, -26.5, -47.1), (-8.0, -25.0, -58.7, -104.4), 3.985),
}
"""Energies along [001] and [111] at every edge [meV per formula unit], and the edge of the cube [angstrom]."""
RIGID = {("4.00", "001"): (0.8, 0.5), ("4.07", "001"): (-8.9, 1.0), ("4.07", "111"): (-13.0, 1.0)}
"""Lowest energy when Ti alone moves, and its tolerance [meV]."""
SHIFTS_ANGSTROM = (0.05, 0.10, 0.15, 0.20)
OFFSETS = {"BT-300K": 706.870, "ST-300K": 736.216, "PT-300K": 873.378, "BZT-BCT-300K": 707.443}
ERRORS = {"BT-300K": 27.0, "BT-450K": 41.0, "BT-900K": 55.0}
OPTIONS: dict[str, dict[str, Any]] = {
    "chgnet": {"packages": ("chgnet",), "slow": True},
    "universal": {"packages": ("deepmd",), "files": (MODEL,), "slow": True},
}


def _source(name: str) -> Any:
    from entrox.dynamics.calculators.sources import DeepmdSource, FactorySource

    if name == "universal":
        return DeepmdSource((str(measured_file(MODEL)),))
    return FactorySource("chgnet.model:CHGNetCalculator", {"use_device": "cpu"})


@cache
def _crystal(name: str) -> dict[str, float]:
    """Edge and energies of a model, from one process."""
    from entrox.dynamics.calculators.process import open_process_calculator
    from entrox.dynamics.crystal.equation_of_state import equation_of_state
    from entrox.potentials.validation.wells import scan_wells, shifted_energy
    from entrox.structure.perovskite import build_perovskite

    with open_process_calculator(_source(name)) as calculator:
        cubic = build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)
        found = {"edge": equation_of_state(cubic, calculator).edge_angstrom()}
        wells = scan_wells("Ba", "Ti", calculator, EDGES, list(DIRECTIONS))
        for k, direction in enumerate(DIRECTIONS):
            found |= {f"{direction} {edge}": float(wells.energy_mev[k][i]) for i, edge in enumerate(EDGES)}
        if name == "chgnet":
            for edge, direction in RIGID:
                shifts = SHIFTS_ANGSTROM[:1] if edge == "4.00" else SHIFTS_ANGSTROM
                found[f"rigid {direction} {edge}"] = min(
                    shifted_energy("Ba", "Ti", calculator, float(edge), direction, shift) for shift in shifts
                )
    return found


def _value(name: str, key: str) -> float:
    return _crystal(name)[key]


@cache
def _compared(run: str, every: int) -> tuple[Any, Any]:
    """Run, and answers of the model for every so many of its frames."""
    from entrox.potentials.committee import Committee
    from entrox.potentials.datasets.dataset import read_dataset

    frames = read_dataset(measured_file(f"{RUNS}/{run}"))
    chosen = frames.select(range(0, len(frames), every))
    return chosen, Committee((measured_file(MODEL),)).evaluate([frame.atoms for frame in chosen])


def _offset(run: str) -> float:
    """Energy of the run above that of the model, its sign changed [eV per atom]."""
    chosen, answers = _compared(run, 20)
    energies = chosen.energies_ev - np.array([answer.energy_ev[0] for answer in answers])
    return float(-energies.mean() / len(chosen.frames[0].atoms))


def _force_error(run: str) -> float:
    """Root mean square error of a force component [meV/angstrom]."""
    from entrox.potentials.validation.validate import validation_report

    chosen, answers = _compared(run, 10)
    force = validation_report(answers, chosen).force
    assert force is not None
    return 1000.0 * float(force.rmse)


def _rank() -> float:
    """Rank of the numbers of Ba, Ca, Ti, Zr and O over the solid solutions of a published set."""
    from entrox.potentials.datasets.dataset import Dataset, read_dataset
    from entrox.potentials.datasets.reference import fit_energy_reference

    whole = read_dataset(measured_file(SYSTEMS))
    solid = whole.select(lambda item: "Sr" not in item.atoms.get_chemical_symbols())
    (rank,) = fit_energy_reference(Dataset(solid.frames)).rank.values()
    return float(rank)


def _well_rows(name: str, source: str) -> list[LedgerRow]:
    *wells, edge = WELLS[name]
    return [
        ledger_row(f"potentials.{name}_edge", "edge of cubic BaTiO3", "angstrom", edge, 0.005, source,
                   partial(_value, name, "edge"), **OPTIONS[name]),
        *(
            ledger_row(f"potentials.{name}_well_{direction}_{round(1000 * a)}", f"well of BaTiO3 along [{direction}], "
                       f"edge {a:g} angstrom", "meV", value, 1.5, source, partial(_value, name, f"{direction} {a}"),
                       **OPTIONS[name])
            for direction, values in zip(DIRECTIONS, wells, strict=True)
            for a, value in zip(EDGES, values, strict=True)
        ),
    ]  # fmt: skip


MODEL_LEDGER: tuple[LedgerRow, ...] = (
    *_well_rows("chgnet", CHGNET),
    *(
        ledger_row(f"potentials.chgnet_rigid_{direction}_{edge.replace('.', '')}", f"BaTiO3 with Ti alone moved along "
                   f"[{direction}], edge {edge} angstrom", "meV", value, tolerance, CHGNET,
                   partial(_value, "chgnet", f"rigid {direction} {edge}"), **OPTIONS["chgnet"])
        for (edge, direction), (value, tolerance) in RIGID.items()
    ),
    *_well_rows("universal", UNIVERSAL),
    *(
        ledger_row(f"potentials.offset_{run.lower().replace('-', '_')}", f"zero of energy of the run {run} below that "
                   "of the model", "eV", value, 0.005, UNIVERSAL, partial(_offset, run),
                   **{**OPTIONS["universal"], "files": (MODEL, f"{RUNS}/{run}")})
        for run, value in OFFSETS.items()
    ),
    *(
        ledger_row(f"potentials.force_error_{run.lower().replace('-', '_')}", f"error of a force of the model on {run}",
                   "meV/angstrom", value, 2.0, UNIVERSAL, partial(_force_error, run),
                   **{**OPTIONS["universal"], "files": (MODEL, f"{RUNS}/{run}")})
        for run, value in ERRORS.items()
    ),
    ledger_row("potentials.composition_rank", "rank of the composition matrix of solid solutions, five elements", "1",
               3.0, 1e-9, "runs and systems published with the potential", _rank, files=(SYSTEMS,)),
)  # fmt: skip
