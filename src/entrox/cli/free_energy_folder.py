"""The run folders of ``entrox free-energy``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.run_folder import finish_record, start_record, write_figure, write_structure, write_table
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from numpy.typing import NDArray

    from entrox.thermo.free_energy import FreeEnergyDifference
    from entrox.thermo.vibration_runs import VibrationalSpectrum

__all__ = [
    "DIFFERENCE_FILES",
    "SPECTRUM_FILES",
    "VIBRATION_FILES",
    "write_difference",
    "write_spectrum",
    "write_vibrations",
]

DIFFERENCE_FILES = ("terms.csv",)
VIBRATION_FILES = ("frequencies.csv", "structure.extxyz")
SPECTRUM_FILES = ("spectrum.csv",)
ROOMS = ("core", "composition", "structure", "dynamics", "thermo")


def write_difference(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: FreeEnergyDifference,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, the terms, their figure and the record."""
    from entrox.plots.thermo_terms import plot_free_energy_terms

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    columns = tuple(content["terms"][0])
    with disk_errors_named(folder):
        write_table(folder / "terms.csv", columns, [[term[name] for name in columns] for term in content["terms"]])
    write_figure(folder, "terms", plot_free_energy_terms(found))
    finish_record(folder, record)


def write_vibrations(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    frequencies: NDArray[np.float64],
    atoms: Atoms,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, the frequencies, the relaxed box, the figure and the record."""
    from entrox.plots.thermo_terms import plot_frequencies

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        write_table(folder / "frequencies.csv", ("frequency_thz",), frequencies[:, None].tolist())
        write_structure(folder / "structure.extxyz", atoms)
    write_figure(folder, "frequencies", plot_frequencies(frequencies))
    finish_record(folder, record)


def write_spectrum(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    found: VibrationalSpectrum,
    inputs: Sequence[Path],
    command: Sequence[str],
) -> None:
    """Write ``result.json``, the spectrum, its figure and the record."""
    import numpy as np

    from entrox.plots.thermo_terms import plot_spectrum

    record = start_record(settings, inputs, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        rows = np.column_stack([found.frequency_thz, found.density_per_thz]).tolist()
        write_table(folder / "spectrum.csv", ("frequency_thz", "density_per_thz"), rows)
    write_figure(folder, "spectrum", plot_spectrum(found))
    finish_record(folder, record)
