"""Table of all displacements: cell, position, vector, covariance, flag, class and the probability that it is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from entrox.core.units import PICOMETER_PER_ANGSTROM
from entrox.microscopy.analysis.csv_rows import Row, write_rows
from entrox.microscopy.analysis.stem_analysis import SiteAnalysis, StemAnalysis
from entrox.microscopy.vectors.displacement_map import VECTOR_FLAGS

__all__ = ["VECTOR_NAMES", "vector_rows", "write_vector_table"]

VECTOR_NAMES = (
    "site", "column", "cell_1", "cell_2", "x_px", "y_px", "x_angstrom", "y_angstrom", "dx_px", "dy_px", "dx_pm",
    "dy_pm", "d_a1_pm", "d_a2_pm", "var_x_pm2", "var_y_pm2", "cov_xy_pm2", "var_x_px2", "var_y_px2", "cov_xy_px2",
    "flag", "class", "angle_deg", "flip_probability", "domain",
)  # fmt: skip


def vector_rows(analysis: StemAnalysis) -> list[Row]:
    """Rows of the table, one for each cation of the measured sites.

    Positions have x right and y down, as those of the columns; vectors and covariances are right-handed as displayed, y
    up. Errors include row jitter where it was found. What needs a pixel is empty where that is unknown.
    """
    rows: list[Row] = []
    for item in analysis.sites:
        rows += _site_rows(item)
    return rows


def _site_rows(item: SiteAnalysis) -> list[Row]:
    vectors, scale = item.vectors, item.vectors.scale_pm
    known = float("nan") if scale is None else scale
    moved = vectors.vector_px * known
    along = vectors.along_axes_px * known
    places = vectors.position_px * (known / PICOMETER_PER_ANGSTROM)
    domain = np.full(len(vectors.cell), -1) if item.domains is None else item.domains.labels
    covariance = vectors.noise_covariance_px2
    entries = np.stack([covariance[:, 0, 0], covariance[:, 1, 1], covariance[:, 0, 1]], axis=1)
    numbers = np.concatenate(
        [vectors.position_px, places, vectors.vector_px, moved, along, entries * known**2, entries], axis=1
    )
    labels = [*item.classes.classes, ""]
    return [
        (
            item.site, int(vectors.column[k]), *vectors.cell[k].tolist(), *numbers[k].tolist(),
            VECTOR_FLAGS[int(vectors.flag[k])], labels[int(item.classes.labels[k])], float(item.angles.angle_deg[k]),
            float(item.classes.flip_probability[k]), int(domain[k]) if domain[k] >= 0 else None,
        )
        for k in range(len(vectors.column))
    ]  # fmt: skip


def write_vector_table(analysis: StemAnalysis, path: str | Path) -> Path:
    """Write ``vectors.csv``."""
    return write_rows(path, VECTOR_NAMES, vector_rows(analysis))
