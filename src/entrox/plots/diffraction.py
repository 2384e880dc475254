"""Figures of electron diffraction: pattern with its rings, fitted profile, pair distribution and its reduction.

Radii in 1/nm where the scale is known, else in px; s and Q of pair distributions in 1/angstrom.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

from entrox.core.units import NANOMETER_PER_ANGSTROM
from entrox.microscopy.diffraction.electron_pdf import ElectronPdf
from entrox.microscopy.diffraction.pattern_analysis import PatternAnalysis
from entrox.microscopy.diffraction.peak_tracking import PeakSeries
from entrox.microscopy.diffraction.ring_geometry import RingGeometry, stretch_of
from entrox.order.sine_transform import gaussian_window
from entrox.plots.labels import number_text
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, SINGLE_WIDTH, legend_above, new_axes, paper_style

__all__ = [
    "plot_electron_pdf", "plot_pattern", "plot_peak_series", "plot_reduction", "plot_ring_strain", "plot_rings",
]  # fmt: skip

Floats = NDArray[np.float64]

DATA_COLOR = "#000000"
FIT_COLOR = "#D55E00"
BACKGROUND_COLOR = "#56B4E9"
SECOND_COLOR = "#0072B2"
RING_COLOR = "#ffffff"
MASKED_COLOR = "#5f6368"
GRAYS = "magma"
MOST_PIXELS = 800
CLOSE_SHARE = 0.055
"""Distance of two rings over the width of the axes below which their labels stand left and right of them."""
LABEL_STEP = 5.0
"""Height of a label over its ring, and by how much it goes up where another is in its way [points]."""
MOST_STEPS = 6
LABEL_GAP = 3.0
"""Room around a label [px]."""


def _scale(pixel_per_angstrom: float | None) -> tuple[float, str]:
    """Factor from px to what is drawn, and its unit."""
    return (1.0, "px") if pixel_per_angstrom is None else (pixel_per_angstrom / NANOMETER_PER_ANGSTROM, "1/nm")


def plot_pattern(found: PatternAnalysis, axes: Axes | None = None) -> Axes:
    """Draw a pattern, logarithmic, with its center and the fitted rings on one half.

    Parameters
    ----------
    found
        Analysis of the pattern.
    axes
        Where to draw; a new figure of one column if not given.
    """
    factor, unit = _scale(found.profile.pixel_per_angstrom)
    geometry = found.geometry
    with paper_style():
        axes = new_axes(height=SINGLE_WIDTH * 0.98)[1][0] if axes is None else axes
        _draw_pattern(axes, found, factor)
        if found.rings is not None:
            for radius in found.rings.radius_px:
                x, y = _ring(geometry, float(radius))
                axes.plot(factor * x, factor * y, color=RING_COLOR, linewidth=0.6, linestyle=(0, (4, 3)))
        axes.plot([0.0], [0.0], marker="+", color=SECOND_COLOR, markersize=5.0, markeredgewidth=0.8)
        name = "k" if unit == "px" else "s"
        axes.set_xlabel(f"${name}_x$ [{unit}]")
        axes.set_ylabel(f"${name}_y$ [{unit}]")
        axes.set_aspect("equal")
    return axes


def _draw_pattern(axes: Axes, found: PatternAnalysis, factor: float) -> None:
    from matplotlib import colormaps

    values = found.pattern.intensity
    stride = -(-max(values.shape) // MOST_PIXELS)
    shown, used = values[::stride, ::stride], found.pattern.usable[::stride, ::stride]
    positive = shown[used & (shown > 0.0)]
    low, high = np.log10(np.quantile(positive, [0.02, 0.998]))
    picture = np.ma.array(np.log10(np.maximum(shown, 10.0**low)), mask=~used)
    rows, columns = values.shape
    cx, cy = found.geometry.center_px
    extent = (
        factor * (-0.5 - cx), factor * (columns - 0.5 - cx), factor * (cy - rows + 0.5), factor * (cy + 0.5),
    )  # fmt: skip
    colors = colormaps[GRAYS].with_extremes(bad=MASKED_COLOR)
    axes.imshow(picture, extent=extent, cmap=colors, norm=Normalize(low, high), interpolation="nearest")
    axes.set_xlim(extent[:2])
    axes.set_ylim(extent[2:])


def _ring(geometry: RingGeometry, radius: float) -> tuple[Floats, Floats]:
    """Upper half of a ring, x right and y up, from the center [px]."""
    angle = np.linspace(0.0, np.pi, 181)
    circle = radius * np.stack([np.cos(angle), np.sin(angle)])
    x, y = np.linalg.solve(stretch_of(geometry.axis_ratio, geometry.angle_deg), circle)
    return x, y


def plot_rings(found: PatternAnalysis, axes: Axes | None = None) -> Axes:
    """Draw the azimuthal mean with background and fitted rings.

    Parameters
    ----------
    found
        Analysis of the pattern.
    axes
        Where to draw; a new figure of one column if not given.
    """
    factor, unit = _scale(found.profile.pixel_per_angstrom)
    profile, rings = found.profile, found.rings
    full = (profile.pixel_count > 0) & (profile.mean > 0.0)
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        handles = [Line2D([], [], color=DATA_COLOR, label="azimuthal mean")]
        axes.set_yscale("log")
        axes.plot(factor * profile.radius_px[full], profile.mean[full], color=DATA_COLOR, linewidth=0.8)
        if rings is not None:
            at = factor * rings.fit_radius_px
            axes.plot(at, rings.fitted, color=FIT_COLOR, linewidth=0.9)
            axes.plot(at, rings.background, color=BACKGROUND_COLOR, linewidth=0.9, linestyle=(0, (4, 2)))
            handles += [
                Line2D([], [], color=FIT_COLOR, label="fit"),
                Line2D([], [], color=BACKGROUND_COLOR, linestyle=(0, (4, 2)), label="background"),
            ]
            span = rings.observed.max() / rings.observed.min()
            axes.set_xlim(0.0, 1.06 * float(at[-1]))
            axes.set_ylim(float(rings.observed.min()) / span**0.06, float(rings.observed.max()) * span**0.28)
        axes.set_xlabel("Radius [px]" if unit == "px" else "s [1/nm]")
        axes.set_ylabel("Intensity [counts]")
        legend_above(axes, handles, own=own)
        if rings is not None:
            _label_rings(axes, found, factor)
    return axes


def _label_rings(axes: Axes, found: PatternAnalysis, factor: float) -> None:
    """Name the rings; neighbors stand left and right of theirs, and a label that would cover another goes up."""
    rings, calibration = found.rings, found.calibration
    assert rings is not None
    names = calibration.label if calibration is not None else ("",) * len(rings.radius_px)
    places = factor * np.asarray(rings.radius_px, dtype=float)
    apart = np.diff(places, prepend=-np.inf, append=np.inf) / float(axes.get_xlim()[1])
    boxes: list[Bbox] = []
    # places of labels are those of the finished layout
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    for at, radius, name, before, after in zip(places, rings.radius_px, names, apart[:-1], apart[1:], strict=True):
        top = float(np.interp(radius, rings.fit_radius_px, rings.fitted))
        side = "left" if before < CLOSE_SHARE else "right" if after < CLOSE_SHARE else "center"
        label = axes.annotate(
            name or number_text(float(at), 3), (float(at), top), xytext=(0.0, LABEL_STEP), textcoords="offset points",
            ha=side, va="bottom", fontsize=5.6, color=GUIDE_COLOR,
            arrowprops={"arrowstyle": "-", "color": GUIDE_COLOR, "linewidth": 0.4, "shrinkA": 0.0, "shrinkB": 1.0},
        )  # fmt: skip
        for step in range(1, MOST_STEPS + 1):
            label.xyann = (0.0, step * LABEL_STEP)
            label.get_window_extent()  # moves the text to its new place
            # without the line to the ring, which may pass by other labels
            box = Text.get_window_extent(label).padded(LABEL_GAP)
            if not any(box.overlaps(other) for other in boxes):
                break
        boxes.append(box)


def plot_electron_pdf(found: ElectronPdf, axes: Axes | None = None, *, label: str = "") -> Axes:
    """Draw G(r) with the positions of its peaks and their spread over the reductions.

    Parameters
    ----------
    found
        Pair distribution.
    axes
        Where to draw; a new figure of one column if not given.
    label
        Name of the curve in the legend.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=58.0)[1][0] if axes is None else axes
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        axes.axhspan(-found.ripple, found.ripple, color="#e8eaed", linewidth=0.0, zorder=0)
        axes.plot(found.r, found.g_pdf, color=DATA_COLOR, linewidth=0.9)
        low, high = float(found.g_pdf.min()), float(found.g_pdf.max())
        for peak in found.peaks:
            axes.errorbar(
                [peak.r_angstrom], [peak.height + 0.05 * (high - low)], xerr=[peak.error_angstrom or 0.0], marker="v",
                markersize=2.2, color=FIT_COLOR, elinewidth=0.8, capsize=1.6,
            )  # fmt: skip
            axes.annotate(
                f"{peak.r_angstrom:.2f}", (peak.r_angstrom, peak.height + 0.05 * (high - low)), xytext=(0.0, 4.0),
                textcoords="offset points", ha="center", va="bottom", fontsize=5.8, color=GUIDE_COLOR,
            )  # fmt: skip
        axes.set_xlim(0.0, float(found.r[-1]))
        axes.set_ylim(low - 0.06 * (high - low), high + 0.2 * (high - low))
        axes.set_xlabel("r [Å]")
        axes.set_ylabel("$G(r)$ [1/Å²]")
        handles = [
            Line2D([], [], color=DATA_COLOR, label=label or "G(r)"),
            Line2D([], [], color=FIT_COLOR, marker="v", linewidth=0.8, label="peak, spread over reductions"),
            Line2D([], [], color="#e8eaed", linewidth=4.0, label="ripple below the first distance"),
        ]
        legend_above(axes, handles, own=own)
    return axes


def plot_reduction(found: ElectronPdf, axes: list[Axes] | None = None) -> list[Axes]:
    """Draw intensity with the atomic scattering, and the reduced structure function.

    Parameters
    ----------
    found
        Pair distribution.
    axes
        Two axes; a new figure of a page's width if not given.
    """
    with paper_style():
        panels = new_axes(width=FULL_WIDTH, height=58.0, panels=2)[1] if axes is None else axes
        first, second = panels
        positive = found.intensity > 0.0
        first.set_yscale("log")
        first.plot(found.s_per_angstrom[positive], found.intensity[positive], color=DATA_COLOR, linewidth=0.8)
        atomic = found.atomic > 0.0
        first.plot(found.s_per_angstrom[atomic], found.atomic[atomic], color=FIT_COLOR, linewidth=0.9)
        first.axvspan(*(float(end) for end in found.tail_per_angstrom), color="#e8eaed", linewidth=0.0, zorder=0)
        first.set_xlabel("s [1/Å]")
        first.set_ylabel("Intensity [counts]")
        first.legend(
            handles=[
                Line2D([], [], color=DATA_COLOR, label="profile"),
                Line2D([], [], color=FIT_COLOR, label=r"$N\langle f^2\rangle + C$"),
                Line2D([], [], color="#cfd3d8", linewidth=4.0, label="tail"),
            ],
            loc="lower left",
        )
        second.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        second.plot(found.s_per_angstrom, found.phi, color=GUIDE_COLOR, linewidth=0.6, alpha=0.7)
        if found.settings.window == "gaussian":
            q = 2.0 * np.pi * found.s_per_angstrom
            damped = found.phi * gaussian_window(q, found.settings.damping_square_angstrom)
            second.plot(found.s_per_angstrom, damped, color=SECOND_COLOR, linewidth=0.9)
            second.legend(
                handles=[
                    Line2D([], [], color=GUIDE_COLOR, linewidth=0.6, label="as measured"),
                    Line2D([], [], color=SECOND_COLOR, label="with the window"),
                ],
                loc="upper right",
            )
        inner = found.s_per_angstrom > 0.25 * found.s_per_angstrom[-1]
        limit = 1.4 * float(np.quantile(np.abs(found.phi[found.s_per_angstrom < found.tail_per_angstrom[1]]), 0.995))
        limit = max(limit, 2.0 * float(np.quantile(np.abs(found.phi[inner]), 0.9)))
        second.set_ylim(-limit, limit)
        second.set_xlabel("s [1/Å]")
        second.set_ylabel(r"$\phi(s)$ [1/Å]")
        for panel in panels:
            panel.set_xlim(0.0, float(found.s_per_angstrom[-1]))
    return panels


def plot_ring_strain(current: PatternAnalysis, reference: PatternAnalysis, axes: Axes | None = None) -> Axes:
    """Draw the first rings of two patterns against the direction, as radius over that of the reference.

    Parameters
    ----------
    current, reference
        Analyses with ellipses.
    axes
        Where to draw; a new figure of one column if not given.
    """
    angle = np.linspace(0.0, 180.0, 181)
    direction = np.stack([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
    with paper_style():
        own = axes is None
        axes = new_axes(height=56.0)[1][0] if axes is None else axes
        handles = []
        base = 1.0 if reference.rings is None else float(reference.rings.radius_px[0])
        for found, color, name in ((reference, GUIDE_COLOR, "reference"), (current, FIT_COLOR, "pattern")):
            if found.rings is None:
                continue
            stretch = stretch_of(found.geometry.axis_ratio, found.geometry.angle_deg)
            radius = float(found.rings.radius_px[0]) / np.linalg.norm(stretch @ direction, axis=0)
            axes.plot(angle, radius / base, color=color)
            handles.append(Line2D([], [], color=color, label=name))
        axes.set_xlim(0.0, 180.0)
        axes.set_xticks([0, 45, 90, 135, 180])
        axes.set_xlabel("Direction in the picture [°]")
        axes.set_ylabel("Radius of the first ring over its mean")
        legend_above(axes, handles, own=own)
    return axes


def plot_peak_series(found: PeakSeries, axes: Axes | None = None) -> Axes:
    """Draw the position of a peak against strain, beside the affine shift.

    Parameters
    ----------
    found
        Peak through a series.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=58.0)[1][0] if axes is None else axes
        strain = 100.0 * found.strain
        axes.errorbar(
            strain, found.position_angstrom, yerr=found.position_error_angstrom, marker="o", linestyle="none",
            color=DATA_COLOR, elinewidth=0.7, capsize=1.6,
        )  # fmt: skip
        first = int(np.argmin(np.abs(found.strain)))
        ends = np.array([float(strain.min()), float(strain.max())])
        affine = found.position_angstrom[first] + found.affine_slope_angstrom * (ends - strain[first]) / 100.0
        axes.plot(ends, affine, color=SECOND_COLOR, linestyle=(0, (4, 2)))
        axes.set_xlabel("Strain [%]")
        axes.set_ylabel("Position of the peak [Å]")
        handles = [
            Line2D([], [], color=DATA_COLOR, marker="o", linestyle="none", label="peak"),
            Line2D([], [], color=SECOND_COLOR, linestyle=(0, (4, 2)), label="if distances follow the sample"),
        ]
        legend_above(axes, handles, own=own)
    return axes
