"""All figures of an analysis of polar order, as PNG and SVG files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from entrox.order.report.polar_analysis import PolarAnalysis
from entrox.plots.polar import plot_displacement_histograms, plot_phase_shares, plot_polar_maps
from entrox.plots.polar_curves import (
    plot_bond_environment,
    plot_bond_splitting,
    plot_correlation,
    plot_pair_distributions,
)
from entrox.plots.report_figure import ReportFigure, write_report_figures
from entrox.plots.stereogram import plot_stereograms
from entrox.plots.style import FORMATS

__all__ = ["polar_figures", "write_polar_figures"]

Floats = NDArray[np.float64]
FEWEST_DIRECTIONS = 300


def write_polar_figures(
    analysis: PolarAnalysis, folder: str | Path, *, formats: tuple[str, ...] = FORMATS
) -> tuple[Path, ...]:
    """Write the figures that an analysis allows.

    Parameters
    ----------
    analysis
        The analysis.
    folder
        Where the files go; it is made if it does not exist.
    formats
        File endings; PNG files have 300 dots per inch.

    Returns
    -------
    tuple of Path
        The files, in the order of the figures.
    """
    return write_report_figures(polar_figures(analysis), folder, formats)


def polar_figures(analysis: PolarAnalysis) -> tuple[ReportFigure, ...]:
    """Return the figures that an analysis allows."""
    report = analysis.report
    found: list[ReportFigure] = []
    if report.blocks:
        words = "Density of the lengths of the displacements of each element; dotted: mean length."
        found.append(
            ReportFigure(
                "displacements", "Displacements", words, partial(plot_displacement_histograms, report), narrow=True
            )
        )
    if report.phases:
        words = (
            "Local phases by the nearest axis of the pseudo-cubic frame. Narrow bars: shares of random directions of "
            "the same class C."
        )
        found.append(
            ReportFigure("phases", "Local phases beside chance", words, partial(plot_phase_shares, report), narrow=True)
        )
    found += _maps(analysis)
    directions = _directions(analysis)
    if directions is not None and len(directions) >= FEWEST_DIRECTIONS:
        words = (
            "Directions of the B displacements over random ones, both halves in both projections. Squares mark "
            "⟨100⟩, diamonds ⟨110⟩, triangles ⟨111⟩."
        )
        found.append(ReportFigure("stereograms", "Directions", words, partial(plot_stereograms, directions)))
    if analysis.correlation:
        words = "Correlation of the displacements without their mean, averaged over shells; line: fitted decay."
        found.append(
            ReportFigure(
                "correlation",
                "Correlation in space",
                words,
                partial(plot_correlation, analysis.correlation),
                narrow=True,
            )
        )
    found += _bonds(analysis)
    rdf = analysis.rdf
    if rdf is not None:
        words = "Partial pair distributions, each over its maximum."
        found.append(
            ReportFigure(
                "pair_distributions", "Pair distributions", words, partial(plot_pair_distributions, rdf), narrow=True
            )
        )
    return tuple(found)


def _maps(analysis: PolarAnalysis) -> list[ReportFigure]:
    lattice_map = analysis.lattice_map
    if lattice_map.shape is None or min(lattice_map.shape) < 2:
        return []
    found: list[ReportFigure] = []
    normal = _quiet_axis(analysis)
    local = analysis.cell_polarization_c_per_m2
    for name, heading, unit, vectors in (
        ("map_b", "Displacement of B by layer", "Å", analysis.cell_means_angstrom["B"]),
        ("map_polarization", "Polarization by layer", "C/m²", local),
    ):
        if vectors is None:
            continue
        grid = lattice_map.grid(vectors @ lattice_map.axes.T)
        words = f"Mean over the run, layers normal to {'xyz'[normal]}. Color: direction and length in the plane."

        def draw(grid: Floats = grid, unit: str = unit) -> list[Axes]:
            return plot_polar_maps(grid, normal=normal, unit=unit)

        found.append(ReportFigure(name, heading, words, draw))
    return found


def _quiet_axis(analysis: PolarAnalysis) -> int:
    """Axis of the smallest components, which a map normal to it does not show."""
    vectors = analysis.cell_means_angstrom["B"] @ analysis.lattice_map.axes.T
    return int(np.argmin(np.nanmean(vectors**2, axis=0)))


def _directions(analysis: PolarAnalysis) -> Floats | None:
    rows = analysis.samples_angstrom.get("B")
    if rows is None:
        return None
    vectors = (rows @ analysis.lattice_map.axes.T).reshape(-1, 3)
    length = np.linalg.norm(vectors, axis=1)
    return np.asarray(vectors[np.isfinite(length) & (length > 1e-9)])


def _bonds(analysis: PolarAnalysis) -> list[ReportFigure]:
    bonds = analysis.bonds
    found: list[ReportFigure] = []
    if any(item.short_angstrom is not None and item.long_angstrom is not None for item in bonds):
        words = "Bonds of the time-averaged structure, sorted. Gray: the splitting that noise alone would give."
        found.append(ReportFigure("bonds", "Bonds", words, partial(plot_bond_splitting, bonds), narrow=True))
    if any(item.environment for item in bonds):
        words = "Fits of the mean bond and of the displacement to the numbers of neighbors; bands: one standard error."
        found.append(ReportFigure("environment", "What the neighbors do", words, partial(plot_bond_environment, bonds)))
    return found
