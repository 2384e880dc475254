"""Tables and figures of ``entrox free-energy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from entrox import plots
from entrox.cli.free_energy_result import difference_content, print_difference, print_spectrum, print_vibrations
from entrox.cli.measurement import Outcome
from entrox.cli.run_folder import write_structure

if TYPE_CHECKING:
    import numpy as np
    from ase import Atoms
    from numpy.typing import NDArray

    from entrox.thermo.free_energy import FreeEnergyDifference
    from entrox.thermo.vibration_runs import VibrationalSpectrum

__all__ = [
    "DIFFERENCE_FILES",
    "ROOMS",
    "SPECTRUM_FILES",
    "VIBRATION_FILES",
    "difference_outcome",
    "spectrum_outcome",
    "vibrations_outcome",
]

DIFFERENCE_FILES = ("terms.csv",)
VIBRATION_FILES = ("frequencies.csv", "structure.extxyz")
SPECTRUM_FILES = ("spectrum.csv",)
ROOMS = ("core", "composition", "structure", "dynamics", "thermo")


def difference_outcome(found: FreeEnergyDifference) -> Outcome:
    """Return the difference with its terms and their figure."""
    content = difference_content(found)
    columns = tuple(content["terms"][0])
    return Outcome(
        content,
        tables={"terms.csv": (columns, [[term[name] for name in columns] for term in content["terms"]])},
        figures={"terms": lambda: plots.plot_free_energy_terms(found)},
        show=print_difference,
    )


def vibrations_outcome(content: dict[str, Any], frequencies: NDArray[np.float64], atoms: Atoms) -> Outcome:
    """Return the content with the frequencies, the relaxed box and the figure."""
    return Outcome(
        content,
        tables={"frequencies.csv": (("frequency_thz",), frequencies[:, None].tolist())},
        files={"structure.extxyz": lambda path: write_structure(path, atoms)},
        figures={"frequencies": lambda: plots.plot_frequencies(frequencies)},
        show=print_vibrations,
    )


def spectrum_outcome(content: dict[str, Any], found: VibrationalSpectrum) -> Outcome:
    """Return the content with the spectrum and its figure."""
    rows = zip(found.frequency_thz.tolist(), found.density_per_thz.tolist(), strict=True)
    return Outcome(
        content,
        tables={"spectrum.csv": (("frequency_thz", "density_per_thz"), rows)},
        figures={"spectrum": lambda: plots.plot_spectrum(found)},
        show=print_spectrum,
    )
