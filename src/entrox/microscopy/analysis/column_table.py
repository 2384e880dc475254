"""Table of all fitted columns: where they are, how well that is known, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from entrox.microscopy.analysis.csv_rows import Row, write_rows
from entrox.microscopy.analysis.stem_analysis import StemAnalysis
from entrox.microscopy.fit.column_fit import FLAGS
from entrox.microscopy.lattice.sublattices import SITES

__all__ = ["COLUMN_NAMES", "column_rows", "write_column_table"]

COLUMN_NAMES = (
    "column", "sublattice", "cell_1", "cell_2", "x_px", "y_px", "x_angstrom", "y_angstrom", "var_x_px2", "var_y_px2",
    "cov_xy_px2", "amplitude_counts", "sigma_major_px", "sigma_minor_px", "background_counts",
    "integrated_intensity_counts", "reduced_chi2", "flag",
)  # fmt: skip


def column_rows(analysis: StemAnalysis) -> list[Row]:
    """Rows of the table, one for each column of the fit, in its order.

    Positions and covariances have x right and y down, in px from the center of the first pixel; positions in angstrom
    are empty where the pixel is unknown. A column without a place in the lattice has no sublattice.
    """
    fit, kinds = analysis.fit, analysis.sublattices
    scale = fit.pixel_size_angstrom
    names = np.array([*SITES, ""])[kinds.site]
    flags = np.where((fit.flag == 0) & kinds.collision, FLAGS.index("collision"), fit.flag)
    rows: list[Row] = []
    for k, (x, y) in enumerate(fit.position_px.tolist()):
        covariance = fit.covariance_px2[k]
        rows.append(
            (
                k, str(names[k]), *kinds.cell[k].tolist(), x, y, None if scale is None else x * scale,
                None if scale is None else y * scale, float(covariance[0, 0]), float(covariance[1, 1]),
                float(covariance[0, 1]), float(fit.amplitude[k]), *fit.width_px[k].tolist(), float(fit.background[k]),
                float(fit.integrated_intensity[k]), float(fit.reduced_chi2[k]), FLAGS[int(flags[k])],
            )
        )  # fmt: skip
    return rows


def write_column_table(analysis: StemAnalysis, path: str | Path) -> Path:
    """Write ``columns.csv``; it may serve as start positions of another analysis."""
    return write_rows(path, COLUMN_NAMES, column_rows(analysis))
