"""Distributions and curves of the vectors of a micrograph, each beside chance or the null field.

Lengths in the unit that the label names; angles counted from a1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import NullFormatter
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.microscopy.vectors.vector_statistics import MagnitudeDistribution
from entrox.plots.labels import number_text
from entrox.plots.stem_maps import CLASS_COLORS, CLASS_WORDS
from entrox.plots.stem_picture import INK
from entrox.plots.style import GUIDE_COLOR, MILLIMETERS_PER_INCH, SINGLE_WIDTH, legend_above, new_axes, paper_style

__all__ = ["plot_angle_rose", "plot_gain", "plot_image_correlation", "plot_magnitudes"]

Floats = NDArray[np.float64]

MEASURED_COLOR = "#0072B2"
NULL_COLOR = "#D55E00"
SECTORS = 32
NULL_BINS = 60


def plot_angle_rose(angles_deg: ArrayLike, null_deg: ArrayLike | None = None, axes: Axes | None = None) -> Axes:
    """Draw how many vectors point into each direction, over the number of chance; angles from a1.

    Parameters
    ----------
    angles_deg
        Angles of the vectors that are not weak, shape ``(vector,)`` [deg].
    null_deg
        Those of the null field.
    axes
        Polar axes; a new figure if not given.

    Raises
    ------
    InputError
        If there is no angle.
    """
    angles = _finite(angles_deg)
    if not len(angles):
        raise InputError("no vector has an angle: all are weak or missing.")
    with paper_style():
        own = axes is None
        axes = _polar_axes() if axes is None else axes
        width = 2.0 * np.pi / SECTORS
        centers = width * np.arange(SECTORS)
        density = _rose(angles)
        folded = np.abs((np.degrees(centers) + 45.0) % 90.0 - 45.0)
        colors = [CLASS_COLORS["<10>"] if f < 22.5 - 1e-6 else CLASS_COLORS["<11>"] for f in folded]
        axes.bar(centers, density, width=0.92 * width, color=colors, linewidth=0.0)
        turn = np.linspace(0.0, 2.0 * np.pi, 361)
        axes.plot(turn, np.ones_like(turn), color=INK, linewidth=0.8, linestyle="--")
        handles = [
            Line2D([], [], linestyle="none", marker="s", markersize=5.0, color=CLASS_COLORS[name],
                   label=f"near {CLASS_WORDS[name]}")
            for name in ("<10>", "<11>")
        ]  # fmt: skip
        handles.append(Line2D([], [], color=INK, linewidth=0.8, linestyle="--", label="chance"))
        top = float(density.max())
        if null_deg is not None and len(_finite(null_deg)):
            other = _rose(_finite(null_deg))
            axes.plot(np.append(centers, centers[0]), np.append(other, other[0]), color=NULL_COLOR, linewidth=0.9)
            handles.append(Line2D([], [], color=NULL_COLOR, linewidth=0.9, label="null field"))
            top = max(top, float(other.max()))
        top = 1.08 * max(top, 1.1)
        axes.set_ylim(0.0, top)
        step = max(1, int(np.ceil(top / 4.0)))
        axes.set_yticks(np.arange(step, top, step))
        axes.set_xticks(np.radians(np.arange(0, 360, 45)), ["$a_1$", "45°", "$a_2$", "135°", "", "225°", "", "315°"])
        axes.tick_params(axis="y", labelsize=5.5, labelcolor=GUIDE_COLOR)
        axes.grid(linewidth=0.4, color="#dadce0")
        legend_above(axes, handles, own=own)
    return axes


def _finite(values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=float).ravel()
    return np.asarray(array[np.isfinite(array)])


def _rose(angles: Floats) -> Floats:
    """Number in each sector over that of uniform directions; the first sector is centered on a1."""
    step = 360.0 / SECTORS
    place = np.floor(np.mod(angles + 0.5 * step, 360.0) / step).astype(int) % SECTORS
    return np.asarray(np.bincount(place, minlength=SECTORS) * (SECTORS / len(angles)))


def _polar_axes() -> PolarAxes:
    size = (SINGLE_WIDTH / MILLIMETERS_PER_INCH, 74.0 / MILLIMETERS_PER_INCH)
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    return axes


def plot_magnitudes(found: MagnitudeDistribution, null_px: ArrayLike | None = None, axes: Axes | None = None) -> Axes:
    """Draw the density of |d| beside the null fields, pure noise with the errors as reported, and Rice's curve.

    Parameters
    ----------
    found
        The distribution.
    null_px
        |d| of the null fields, shape ``(vector,)`` [px].
    axes
        Where to draw; a new figure of one column if not given.
    """
    factor, unit = (1.0, "px") if found.scale_pm is None else (found.scale_pm, "pm")
    edges = factor * found.edges_px
    with paper_style():
        own = axes is None
        axes = new_axes(height=60.0)[1][0] if axes is None else axes
        axes.stairs(found.density / factor, edges, fill=True, color=MEASURED_COLOR, alpha=0.3)
        axes.stairs(found.density / factor, edges, color=MEASURED_COLOR, linewidth=1.0)
        mean = number_text(factor * found.mean_raw_px, 3)
        handles = [Line2D([], [], color=MEASURED_COLOR, label=f"measured, mean {mean} {unit}")]
        other = np.empty(0) if null_px is None else factor * _finite(null_px)
        if len(other):
            bins = np.linspace(0.0, edges[-1], NULL_BINS + 1)
            # those beyond the last edge count in the total
            density = np.histogram(other, bins)[0] / (len(other) * np.diff(bins))
            axes.stairs(density, bins, color=NULL_COLOR, linewidth=1.0)
            mean = number_text(float(other.mean()), 3)
            handles.append(Line2D([], [], color=NULL_COLOR, label=f"null fields, mean {mean} {unit}"))
        x = factor * found.curve_px
        axes.plot(x, found.noise_density / factor, color=INK, linewidth=0.9, linestyle="--")
        handles.append(Line2D([], [], color=INK, linewidth=0.9, linestyle="--", label="noise with these errors alone"))
        if np.isfinite(found.rice_density).all() and found.rms_debiased_px > 0.0:
            rms = number_text(factor * found.rms_debiased_px, 3)
            axes.plot(x, found.rice_density / factor, color=MEASURED_COLOR, linewidth=0.9, linestyle=":")
            handles.append(
                Line2D(
                    [], [], color=MEASURED_COLOR, linewidth=0.9, linestyle=":", label=f"Rice, {rms} {unit} everywhere"
                )
            )
        axes.set_xlim(0.0, float(edges[-1]))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel(f"Displacement |d| [{unit}]")
        axes.set_ylabel(f"Density [1/{unit}]")
        legend_above(axes, handles, own=own)
    return axes


def plot_image_correlation(
    distance: ArrayLike,
    values: ArrayLike,
    errors: ArrayLike,
    *,
    length: float | None = None,
    others: Sequence[tuple[ArrayLike, ArrayLike]] = (),
    unit: str = "nm",
    axes: Axes | None = None,
) -> Axes:
    """Draw the correlation of the vectors by distance, the noise of shared columns taken off.

    Parameters
    ----------
    distance, values, errors
        Of the shells, shape ``(shell,)``.
    length
        Distance at which the correlation falls below 1/e; none is marked if not given.
    others
        Distance and correlation with the common mean left in.
    unit
        Of distances.
    axes
        Where to draw; a new figure of one column if not given.
    """
    r, c = np.asarray(distance, dtype=float), np.asarray(values, dtype=float)
    with paper_style():
        own = axes is None
        axes = new_axes(height=58.0)[1][0] if axes is None else axes
        axes.errorbar(
            r, c, yerr=np.nan_to_num(np.asarray(errors, dtype=float)), linestyle="none", marker="o",
            color=MEASURED_COLOR, markersize=2.8, elinewidth=0.6, capsize=1.2, capthick=0.6,
        )  # fmt: skip
        axes.plot(r, c, color=MEASURED_COLOR, linewidth=0.6)
        text = "without the mean: no 1/e length"
        if length is not None:
            axes.plot([length, length], [0.0, np.exp(-1.0)], color=MEASURED_COLOR, linewidth=0.8, linestyle=":")
            text = f"without the mean: 1/e length {length:.2g} {unit}"
        handles = [Line2D([], [], color=MEASURED_COLOR, marker="o", label=text)]
        for other in others:
            axes.plot(*other, color=GUIDE_COLOR, marker=".", markersize=3.0, linewidth=0.6)
            handles.append(Line2D([], [], color=GUIDE_COLOR, marker=".", linewidth=0.6, label="mean left in"))
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        axes.axhline(np.exp(-1.0), color=GUIDE_COLOR, linewidth=0.5, linestyle=":")
        axes.text(0.99, np.exp(-1.0), "1/e", transform=axes.get_yaxis_transform(), ha="right", va="bottom",
                  fontsize=6.0, color=GUIDE_COLOR)  # fmt: skip
        axes.set_xlabel(f"Distance [{unit}]")
        axes.set_ylabel("Correlation C(r)")
        axes.set_xlim(left=0.0)
        legend_above(axes, handles, own=own)
    return axes


def plot_gain(
    curves: Mapping[str, tuple[ArrayLike, ArrayLike]],
    points: Mapping[str, tuple[ArrayLike, ArrayLike, ArrayLike]] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw what a filter leaves of a field of random domains, by the size of the domains.

    Parameters
    ----------
    curves
        Domain sizes [cells along an edge] and gain in closed form, by name.
    points
        Domain sizes, slope of recovered against injected displacement, and its error, by name; those of a name of
        ``curves`` get its color.
    axes
        Where to draw; a new figure of one column if not given.
    """
    colors = dict(zip(curves, ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9"), strict=False))
    with paper_style():
        own = axes is None
        axes = new_axes(height=60.0)[1][0] if axes is None else axes
        handles = []
        for name, (size, gain) in curves.items():
            axes.plot(size, gain, color=colors[name])
            handles.append(Line2D([], [], color=colors[name], label=name))
        for name, (size, slope, error) in (points or {}).items():
            axes.errorbar(
                size, slope, yerr=error, linestyle="none", marker="o", color=colors.get(name, MEASURED_COLOR),
                markersize=3.2, elinewidth=0.7, capsize=1.5, markeredgecolor="white", markeredgewidth=0.3,
            )  # fmt: skip
            if name not in curves:
                handles.append(Line2D([], [], linestyle="none", marker="o", color=MEASURED_COLOR, label=name))
        for level in (0.5, 0.9):
            axes.axhline(level, color=GUIDE_COLOR, linewidth=0.5, linestyle=":")
        axes.set_xscale("log", base=2)
        ticks = [1, 2, 4, 8, 16, 32, 64]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_ylim(0.0, 1.08)
        axes.set_xlabel("Edge of the domains [cells]")
        axes.set_ylabel("Gain: recovered over true displacement")
        legend_above(axes, handles, own=own)
    return axes
