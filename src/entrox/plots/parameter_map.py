"""The map over ionization energy, mean free path and bond energy: slices, formulas beside it, and coefficients.

Each function takes results and optional axes. Fields are drawn in MV/m, energies in eV, mean free paths in angstrom.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from entrox.core import InputError, Quantity
from entrox.design.regression import Agreement, MapComparison
from entrox.plots.alloy import FIELD
from entrox.plots.labels import axis_label, number_text
from entrox.plots.style import (
    FULL_WIDTH,
    GUIDE_COLOR,
    MILLIMETERS_PER_INCH,
    family_style,
    legend_above,
    letter_panels,
    new_axes,
    paper_style,
)

__all__ = ["plot_coefficients", "plot_map_agreement", "plot_map_regression", "plot_map_slices"]

Floats = NDArray[np.float64]
COLORMAP = "viridis"
PATH = Quantity("mean_free_path", "angstrom", "mean free path")
ENERGY = Quantity("ionization_energy", "eV", "ionization energy")
SIMULATED = Quantity("breakdown_field_mv_per_m", "MV/m", "simulated field")
TERM_LABELS = (
    r"$\ln\,W_\mathregular{i}$",
    r"$\lambda^{-1/2}$",
    r"$W_\mathregular{b}^{1/2}$",
    "constant",
)
TERM_UNITS = ("MV/m", "MV/m Å$^{1/2}$", "MV/m eV$^{-1/2}$", "MV/m")
TOLERANCES = (0.10, 0.10, 0.25, 0.10)
"""Of the coefficients, as asked of a reproduction of the published fit."""


def plot_map_slices(
    dataset: xr.Dataset, bond_energies: Sequence[float] | None = None, axes: Sequence[Axes] | None = None
) -> Sequence[Axes]:
    """Draw slices of the map at several bond energies, on one color scale.

    Parameters
    ----------
    dataset
        From ``entrox.design.parameter_map.run_parameter_map``.
    bond_energies
        Where to cut, the nearest values of the grid are taken [eV]; by default lowest, middle and highest.
    axes
        One axes per slice; a new figure of full width if not given.

    Raises
    ------
    InputError
        If the number of axes is another one.
    """
    grid = dataset["bond_energy"].to_numpy()
    wanted = [grid[0], grid[len(grid) // 2], grid[-1]] if bond_energies is None else list(bond_energies)
    if axes is not None and len(axes) != len(wanted):
        raise InputError(f"axes must hold {len(wanted)} axes, one per slice; got {len(axes)}.")
    with paper_style():
        panels = new_axes(FULL_WIDTH, 56.0, len(wanted))[1] if axes is None else list(axes)
        fields = dataset["breakdown_field_mv_per_m"]
        norm = Normalize(float(fields.min()), float(fields.max()))
        levels = np.arange(200.0, 3000.0, 100.0)
        for panel, energy in zip(panels, wanted, strict=True):
            cut = fields.sel(bond_energy=energy, method="nearest")
            path, ionization = cut["mean_free_path"].to_numpy(), cut["ionization_energy"].to_numpy()
            values = cut.transpose("ionization_energy", "mean_free_path").to_numpy()
            mesh = panel.pcolormesh(path, ionization, values, cmap=COLORMAP, norm=norm, shading="nearest",
                                    rasterized=True)  # fmt: skip
            lines = panel.contour(path, ionization, values, levels=levels, colors="white", linewidths=0.5)
            panel.clabel(lines, levels=levels[::2], fontsize=5.2, fmt="%.0f")
            panel.set_title(rf"$W_\mathregular{{b}}$ = {float(cut['bond_energy']):g} eV", loc="right", fontsize=6.5)
            panel.set_xlabel(axis_label(PATH))
            panel.spines[:].set_visible(False)
        panels[0].set_ylabel(axis_label(ENERGY))
        bar = panels[0].figure.colorbar(mesh, ax=list(panels), pad=0.01, aspect=18, shrink=0.9)
        bar.set_label(axis_label(FIELD))
        bar.outline.set_linewidth(0.0)
        if axes is None:
            letter_panels(panels)
    return panels


def plot_map_agreement(
    dataset: xr.Dataset, comparison: MapComparison, axes: Sequence[Sequence[Axes]] | None = None
) -> Sequence[Sequence[Axes]]:
    """Draw published regression, our regression and threshold law against the simulated map, with their residuals.

    Parameters
    ----------
    dataset
        The map.
    comparison
        From ``entrox.design.regression.compare_map`` of the same map.
    axes
        Two rows of three axes; a new figure of full width if not given.

    Returns
    -------
    sequence of sequences of matplotlib.axes.Axes
        First row: simulated field against the formula's. Second row: simulated over formula's, minus one. Color is
        the mean free path.

    Raises
    ------
    InputError
        If the comparison belongs to another map, or the number of axes is another one.
    """
    fields = dataset["breakdown_field_mv_per_m"].to_numpy().ravel()
    agreements = (comparison.published_agreement, comparison.regression_agreement, comparison.law_agreement)
    if len(agreements[0].residuals) != len(fields):
        raise InputError(
            f"the comparison is of {len(agreements[0].residuals)} points, the map holds {len(fields)}. Give its map."
        )
    if axes is not None and [len(row) for row in axes] != [3, 3]:
        raise InputError("axes must hold two rows of three axes.")
    paths = np.broadcast_to(
        dataset["mean_free_path"].to_numpy()[None, :, None], dataset["breakdown_field_mv_per_m"].shape
    ).ravel()
    with paper_style():
        rows = _rows(2, 44.0) if axes is None else [list(row) for row in axes]
        formulas = [fields - np.asarray(item.residuals) for item in agreements]
        lowest, highest = (
            float(min(fields.min(), *map(np.min, formulas))),
            float(max(fields.max(), *map(np.max, formulas))),
        )
        reach = 100.0 * max(float(np.abs(fields / formula - 1.0).max()) for formula in formulas)
        for top, bottom, item, formula in zip(*rows, agreements, formulas, strict=True):
            dots = _draw_agreement(top, bottom, fields, formula, paths, item)
            ends = (0.93 * lowest, 1.05 * highest)
            top.plot(ends, ends, color=GUIDE_COLOR, linewidth=0.7, zorder=1)
            top.set(xlim=ends, ylim=ends)
            bottom.set(xlim=ends, ylim=(-1.08 * reach, 1.08 * reach))
        rows[0][0].set_ylabel("Field of the formula [MV/m]")
        rows[1][0].set_ylabel("Simulated over formula,\nminus one [%]")
        bar = rows[0][0].figure.colorbar(dots, ax=[*rows[0], *rows[1]], pad=0.01, aspect=30, shrink=0.8)
        bar.set_label(axis_label(PATH))
        bar.outline.set_linewidth(0.0)
        if axes is None:
            letter_panels(rows[0])
    return rows


def _draw_agreement(
    top: Axes, bottom: Axes, fields: Floats, formula: Floats, paths: Floats, item: Agreement
) -> PathCollection:
    """Draw parity above and residuals below; return the dots, which carry the color scale."""
    dots = top.scatter(fields, formula, c=paths, cmap="cividis", s=4.0, linewidths=0, zorder=2)
    top.set_title(item.formula.replace(" + constant propagation", ""), loc="right", fontsize=6.5)
    text = (
        f"R² = {item.r_squared:.3f}\nrms {100 * item.rms_relative:.1f} %\nlargest {100 * item.largest_relative:.1f} %"
    )
    top.text(0.04, 0.97, text, transform=top.transAxes, ha="left", va="top", fontsize=6.0)
    bottom.axhline(0.0, color=GUIDE_COLOR, linewidth=0.7, zorder=1)
    bottom.scatter(fields, 100.0 * (fields / formula - 1.0), c=paths, cmap="cividis", s=4.0, linewidths=0, zorder=2)
    bottom.set_xlabel(axis_label(SIMULATED))
    return dots


def plot_coefficients(comparison: MapComparison, axes: Axes | None = None) -> Axes:
    """Draw our coefficients over the published ones, with their intervals.

    Parameters
    ----------
    comparison
        From ``entrox.design.regression.compare_map``.
    axes
        Where to draw; a new figure of one column if not given.

    Returns
    -------
    matplotlib.axes.Axes
        Thick bars: 95 % over points and seeds; thin bars: 95 % over the constants of the calibration; gray: the
        tolerance asked of a reproduction. The numbers stand at the right.
    """
    ours = comparison.ours
    published = np.array(comparison.published_coefficients)
    with paper_style():
        own = axes is None
        axes = new_axes(height=46.0)[1][0] if axes is None else axes
        looks = (
            ("points and seeds", ours.intervals, 2.6, 0.14),
            ("calibration", ours.calibration_intervals, 1.0, -0.14),
        )
        for row, (value, reference, tolerance) in enumerate(zip(ours.coefficients, published, TOLERANCES, strict=True)):
            axes.add_patch(Rectangle((1.0 - tolerance, row - 0.32), 2.0 * tolerance, 0.64, facecolor="0.9", zorder=0))
            for index, (_, intervals, width, offset) in enumerate(looks):
                ends = np.sort(intervals[row] / reference)
                axes.plot(ends, [row + offset] * 2, color=family_style(index).color, linewidth=width,
                          solid_capstyle="butt", zorder=2)  # fmt: skip
            axes.plot(value / reference, row, "o", color="black", markersize=3.2, zorder=3)
            text = f"{number_text(float(value), 3)} ({number_text(float(reference), 3)}) {TERM_UNITS[row]}"
            axes.text(1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=6.0)
        axes.axvline(1.0, color=GUIDE_COLOR, linewidth=0.7, zorder=1)
        axes.set_yticks(range(len(TERM_LABELS)), TERM_LABELS)
        axes.set_ylim(len(TERM_LABELS) - 0.5, -0.5)
        axes.set_xlabel("Our coefficient over the published one")
        axes.text(1.02, 1.0, "ours (published)", transform=axes.transAxes, va="bottom", fontsize=6.0)
        handles = [
            Line2D([], [], color=family_style(index).color, linewidth=width, label=f"95 %, {name}")
            for index, (name, _, width, _) in enumerate(looks)
        ]
        legend_above(axes, handles, own=own)
    return axes


def plot_map_regression(dataset: xr.Dataset, comparison: MapComparison) -> Figure:
    """Draw slices of the map, and below them the three formulas with their residuals.

    Parameters
    ----------
    dataset, comparison
        As in :func:`plot_map_agreement`.
    """
    with paper_style():
        rows = _rows(3, 47.0)
        plot_map_slices(dataset, axes=rows[0])
        plot_map_agreement(dataset, comparison, rows[1:])
        letter_panels([row[0] for row in rows])
    figure = rows[0][0].get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure


def _rows(count: int, height: float) -> list[list[Axes]]:
    """Return ``count`` rows of three axes on one figure; rows are ``height`` tall [mm]."""
    size = (FULL_WIDTH / MILLIMETERS_PER_INCH, count * height / MILLIMETERS_PER_INCH)
    figure = Figure(figsize=size, layout="constrained")
    return [list(row) for row in figure.subplots(count, 3, squeeze=False)]
