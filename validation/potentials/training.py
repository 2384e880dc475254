"""Training on published frames of density functional theory: force error against data and time.

Run with ``python validation/potentials/training.py DATA [WORK]``, DATA the folder that holds ``unipero-db``,
``unipero-aimd`` and ``models``; see README.md. Writes ``training.csv`` next to this file.
Takes about 25 minutes of one core; trainings that are finished in WORK are not repeated.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from entrox.core import generator
from entrox.potentials.datasets.dataset import Dataset, read_dataset
from entrox.potentials.datasets.split import split
from entrox.potentials.training.deepmd_student import record_training_errors
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.train import train_committee
from entrox.potentials.validation.validate import validate

HERE = Path(__file__).parent
COLUMNS = (
    "case", "training_frames", "steps", "max_system_share", "cpu_s", "training_force_rmse_ev_per_angstrom",
    "held_out", "held_out_frames", "held_out_force_rmse_ev_per_angstrom", "held_out_energy_rmse_mev_per_atom",
    "held_out_rms_force_ev_per_angstrom",
)  # fmt: skip
SUBSETS = ((10, 6000), (30, 6000), (100, 6000), (300, 6000), (1000, 6000), (10, 20000), (100, 20000))
STEPS = (1500, 6000, 20000)
MEV_PER_EV = 1000.0


def trained(case: str, training: Dataset, held: Dataset, name: str, work: Path, **changes: object) -> dict[str, object]:
    """Train one model of the laptop preset and return the row of the table."""
    settings = TrainSettings.preset("laptop", **changes)
    folder = work / f"{case}-{len(training)}-{settings.n_steps}-{settings.max_system_share:g}".replace(" ", "_")
    models = train_committee(training, settings, folder, [1], per_source_reference=True)
    models = record_training_errors(models, training)
    report = validate(models, held)
    force, energy = report.force, report.energy
    assert force is not None and energy is not None
    row = (
        case, len(training), settings.n_steps, settings.max_system_share, round(models[0].cpu_s, 1),
        models[0].force_rmse_ev_per_angstrom, name, len(held), force.rmse, MEV_PER_EV * energy.rmse,
        float(np.sqrt((force.true**2).mean())),
    )  # fmt: skip
    return dict(zip(COLUMNS, row, strict=True))


def solid_solution_rows(data: Path, work: Path) -> list[dict[str, object]]:
    """(Ba,Ca)(Ti,Zr)O3 of the one collection, held-out run of the other, which has another zero of energy."""
    whole = read_dataset(data / "unipero-db").select(lambda frame: "Sr" not in frame.atoms.get_chemical_symbols())
    whole = Dataset(whole.frames)
    held = read_dataset(data / "unipero-aimd" / "BZT-BCT-300K")
    order = generator(1).permutation(len(whole))
    case, name = "(Ba,Ca)(Ti,Zr)O3", "BZT-BCT-300K"
    rows = [trained(case, whole.select(order[:count]), held, name, work, n_steps=steps) for count, steps in SUBSETS]
    rows += [trained(case, whole, held, name, work, n_steps=steps) for steps in STEPS]
    rows.append(trained(case, whole, held, name, work, n_steps=6000, max_system_share=1.0))
    return rows


def barium_titanate_rows(data: Path, work: Path) -> list[dict[str, object]]:
    """BaTiO3 at 300, 450 and 900 K: whole trajectories held out, and the last fifth of each."""
    runs = {
        name: read_dataset(data / "unipero-aimd" / name, source="aimd") for name in ("BT-300K", "BT-450K", "BT-900K")
    }
    rows = []
    for name, held in runs.items():
        others = [run for other, run in runs.items() if other != name]
        rows.append(trained(f"BaTiO3 without {name}", others[0].merge(others[1]), held, name, work, n_steps=6000))
    together = runs["BT-300K"].merge(runs["BT-450K"]).merge(runs["BT-900K"])
    training, held = split(together, 0.2, by="block")
    order = generator(1).permutation(len(training))
    for count in (10, 40, 160, len(training)):
        chosen = training.select(order[:count])
        rows.append(trained("BaTiO3", chosen, held, "last fifth of each run", work, n_steps=6000))
    return rows


def main(arguments: Sequence[str]) -> None:
    """Run all cases and write the table."""
    data = Path(arguments[0])
    work = Path(arguments[1]) if len(arguments) > 1 else Path(tempfile.mkdtemp())
    rows = solid_solution_rows(data, work) + barium_titanate_rows(data, work)
    with (HERE / "training.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
