"""Published and known numbers of two force fields: edges, moduli, wells and vibrations, errors and zeros of energy.

Run with ``python validation/potentials/published.py DATA``, DATA the folder that holds ``unipero-aimd`` and ``models``;
see README.md. Writes ``published.csv`` next to this file. Takes about five minutes of one core.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from entrox.dynamics.calculators.process import model_type_map, open_process_calculator
from entrox.dynamics.calculators.sources import FactorySource
from entrox.dynamics.crystal.equation_of_state import equation_of_state
from entrox.dynamics.crystal.phonons import phonons
from entrox.dynamics.potential import DeepmdPotential, Potential
from entrox.potentials.committee import Committee
from entrox.potentials.datasets.dataset import read_dataset
from entrox.potentials.validation.validate import validation_report
from entrox.potentials.validation.wells import scan_wells, shifted_energy
from entrox.structure.perovskite import build_perovskite

HERE = Path(__file__).parent
EDGES = (3.97, 4.00, 4.036, 4.07)
Row = tuple[str, float, float | str, float | str]
WELLS = {
    "UniPero": {"001": (-3.5, -11.2, -26.5, -47.1), "111": (-8.0, -25.0, -58.7, -104.4)},
    "CHGNet": {"001": (-2.8, -11.9, -28.3, -48.9), "111": (-5.4, -20.6, -48.4, -84.0)},
}
EDGE = {"UniPero": 3.985, "CHGNet": 4.036}
OFFSETS = {"BT-300K": 706.870, "ST-300K": 736.216, "PT-300K": 873.378, "BZT-BCT-300K": 707.443}
FORCES = {"BT-300K": 27.0, "BT-450K": 41.0, "BT-900K": 55.0}


def crystal_rows(name: str, calculator: object) -> Iterator[Row]:
    """Edge, modulus, wells of BaTiO3, and unstable modes of cubic SrTiO3."""
    state = equation_of_state(build_perovskite("Ba", "Ti", (1, 1, 1), 4.0), calculator)
    yield f"{name} BaTiO3 cubic edge [angstrom]", state.edge_angstrom(), EDGE[name], 0.005
    yield f"{name} BaTiO3 cubic bulk modulus [GPa]", state.bulk_modulus_gpa, "", ""
    wells = scan_wells("Ba", "Ti", calculator, EDGES)
    for direction, row in zip(wells.directions, wells.energy_mev, strict=True):
        expected = WELLS[name].get(direction, ("",) * len(EDGES))
        for edge, depth, known in zip(EDGES, row, expected, strict=True):
            tolerance = "" if known == "" else 1.5
            yield f"{name} BaTiO3 well [{direction}] at {edge:g} angstrom [meV]", float(depth), known, tolerance
    edge = equation_of_state(build_perovskite("Sr", "Ti", (1, 1, 1), 3.92), calculator).edge_angstrom()
    yield f"{name} SrTiO3 cubic edge [angstrom]", edge, "", ""
    modes = phonons(build_perovskite("Sr", "Ti", (1, 1, 1), edge), calculator)
    for point in ("Gamma", "R"):
        lowest = float(modes.frequency_thz[modes.names.index(point)].min())
        yield f"{name} SrTiO3 lowest mode at {point} [THz, imaginary negative]", lowest, "", ""


def rigid_rows(calculator: object) -> Iterator[Row]:
    """Scans of CHGNet that move only Ti."""
    rigid = shifted_energy("Ba", "Ti", calculator, 4.00, "001", 0.05)
    yield "CHGNet BaTiO3 at 4 angstrom, only Ti moved 0.05 angstrom along [001] [meV]", rigid, 0.8, 0.5
    for direction, known in (("001", -8.9), ("111", -13.0)):
        lowest = min(shifted_energy("Ba", "Ti", calculator, 4.07, direction, step) for step in (0.05, 0.1, 0.15, 0.2))
        yield f"CHGNet BaTiO3 at 4.07 angstrom, only Ti moved along [{direction}], lowest [meV]", lowest, known, 1.0


def run_rows(data: Path, model: Path) -> Iterator[Row]:
    """Errors of UniPero on runs of density functional theory, and the distance of the zeros of energy."""
    for name in dict.fromkeys([*FORCES, *OFFSETS]):
        run = read_dataset(data / "unipero-aimd" / name)
        answers = Committee((model,)).evaluate([frame.atoms for frame in run])
        report = validation_report(answers, run)
        assert report.force is not None and report.energy is not None
        yield f"UniPero on {name}: force error [meV/angstrom]", 1000 * report.force.rmse, FORCES.get(name, ""), 2.0
        yield f"UniPero on {name}: energy spread [meV/atom]", 1000 * report.energy.rmse, "", ""
        n_atoms = len(run.frames[0].atoms)
        shift = -(run.energies_ev - np.array([answer.energy_ev[0] for answer in answers])).mean() / n_atoms
        yield f"zero of energy of UniPero over that of {name} [eV/atom]", float(shift), OFFSETS.get(name, ""), 0.005


def all_rows(data: Path) -> Iterator[Row]:
    """Yield quantity, value, known value and tolerance."""
    model = data / "models" / "UniPero.pb"
    universal: Potential = DeepmdPotential((model,), model_type_map(model))
    with universal.open_calculator() as calculator:
        yield from crystal_rows("UniPero", calculator)
    with open_process_calculator(FactorySource("chgnet.model:CHGNetCalculator", {"use_device": "cpu"})) as calculator:
        yield from crystal_rows("CHGNet", calculator)
        yield from rigid_rows(calculator)
    yield from run_rows(data, model)


def main() -> None:
    """Write the table."""
    with (HERE / "published.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("quantity", "value", "known", "tolerance", "within"))
        for quantity, value, known, tolerance in all_rows(Path(sys.argv[1])):
            within = "" if known == "" else str(abs(value - float(known)) <= float(tolerance)).lower()
            writer.writerow((quantity, f"{value:.7g}", known, tolerance if known != "" else "", within))


if __name__ == "__main__":
    main()
