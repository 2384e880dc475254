"""Table of the true columns, written beside a simulated image."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.core.whole_file import write_whole
from entrox.microscopy.lattice.sublattices import SITES
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.simulate import picture_truth, truth_position_px
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

__all__ = ["TRUTH_HEADER", "write_truth"]

TRUTH_HEADER = (
    "sublattice", "cell_a1", "cell_a2", "x_px", "y_px", "x_angstrom", "y_angstrom", "dx_pm", "dy_pm",
    "peak_e_per_square_angstrom", "sigma_angstrom",
)  # fmt: skip


def write_truth(path: str | Path, truth: ColumnTruth, settings: SimulationSettings) -> None:
    """Write the columns where the distorted scan shows them, as CSV with one row for each.

    Parameters
    ----------
    path
        File.
    truth
        The columns that were drawn.
    settings
        The microscope. Pixels count x right and y down, angstroms and displacements x right and y up; an empty field
        is a displacement without a whole cage.
    """
    seen = picture_truth(truth, settings)
    pixels = truth_position_px(truth, settings)
    lines = [",".join(TRUTH_HEADER)]
    for k, site in enumerate(seen.site):
        numbers = [*pixels[k], *seen.position_angstrom[k], *(PICOMETER_PER_ANGSTROM * seen.displacement_angstrom[k])]
        numbers += [seen.peak[k], seen.sigma_angstrom[k]]
        words = ["" if np.isnan(v) else f"{v:.10g}" for v in numbers]
        lines.append(",".join([SITES[site], *(str(int(n)) for n in seen.cell[k]), *words]))
    write_whole(Path(path), "\n".join(lines) + "\n")
