"""All figures of an analysis of polar order, as PNG and SVG files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from entrox.order.report.polar_analysis import PolarAnalysis
from entrox.plots.polar import figure_of, plot_displacement_histograms, plot_phase_shares, plot_polar_maps
from entrox.plots.polar_curves import (
    plot_bond_environment,
    plot_bond_splitting,
    plot_correlation,
    plot_pair_distributions,
)
from entrox.plots.stereogram import plot_stereograms
from entrox.plots.style import save_figure

__all__ = ["polar_figures", "write_polar_figures"]

Floats = NDArray[np.float64]
FORMATS = ("png", "svg")
Drawing = tuple[str, str, Callable[[], Axes | Sequence[Axes]]]
"""Heading, caption, function that draws."""
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
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for name, (_, _, draw) in polar_figures(analysis).items():
        figure = figure_of(draw())
        written += [save_figure(figure, target / f"{name}.{ending}") for ending in formats]
    return tuple(written)


def polar_figures(analysis: PolarAnalysis) -> dict[str, Drawing]:
    """Return the figures that an analysis allows, by name: heading, caption, and the function that draws."""
    report = analysis.report
    found: dict[str, Drawing] = {}
    if report.blocks:
        words = "Density of the lengths of the displacements of each element; dotted: mean length."
        found["displacements"] = ("Displacements", words, lambda: plot_displacement_histograms(report))
    if report.phases:
        words = (
            "Local phases by the nearest axis of the pseudo-cubic frame. Narrow bars: shares of random directions of "
            "the same class C."
        )
        found["phases"] = ("Local phases beside chance", words, lambda: plot_phase_shares(report))
    found |= _maps(analysis)
    directions = _directions(analysis)
    if directions is not None and len(directions) >= FEWEST_DIRECTIONS:
        words = (
            "Directions of the B displacements over random ones, both halves in both projections. Squares mark "
            "⟨100⟩, diamonds ⟨110⟩, triangles ⟨111⟩."
        )
        found["stereograms"] = ("Directions", words, lambda: plot_stereograms(directions))
    if analysis.correlation:
        words = "Correlation of the displacements without their mean, averaged over shells; line: fitted decay."
        found["correlation"] = ("Correlation in space", words, lambda: plot_correlation(analysis.correlation))
    found |= _bonds(analysis)
    rdf = analysis.rdf
    if rdf is not None:
        words = "Partial pair distributions, each over its maximum."
        found["pair_distributions"] = ("Pair distributions", words, lambda: plot_pair_distributions(rdf))
    return found


def _maps(analysis: PolarAnalysis) -> dict[str, Drawing]:
    lattice_map = analysis.lattice_map
    if lattice_map.shape is None or min(lattice_map.shape) < 2:
        return {}
    found: dict[str, Drawing] = {}
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

        found[name] = (heading, words, draw)
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


def _bonds(analysis: PolarAnalysis) -> dict[str, Drawing]:
    bonds = analysis.bonds
    found: dict[str, Drawing] = {}
    if any(item.short_angstrom is not None and item.long_angstrom is not None for item in bonds):
        words = "Bonds of the time-averaged structure, sorted. Gray: the splitting that noise alone would give."
        found["bonds"] = ("Bonds", words, lambda: plot_bond_splitting(bonds))
    if any(item.environment for item in bonds):
        words = "Fits of the mean bond and of the displacement to the numbers of neighbors; bands: one standard error."
        found["environment"] = ("What the neighbors do", words, lambda: plot_bond_environment(bonds))
    return found
