"""Maps of scans of patterns and of images: where there is crystal."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from entrox.microscopy.diffraction.crystallinity_map import CrystallinityMap
from entrox.microscopy.diffraction.window_crystallinity import WindowCrystallinity
from entrox.plots.style import FULL_WIDTH, new_axes, paper_style

__all__ = ["plot_crystallinity", "plot_window_crystallinity"]

Floats = NDArray[np.float64]

MAP = "viridis"
KEY_MM = 26.0


def plot_crystallinity(
    found: CrystallinityMap, axes: list[Axes] | None = None, *, step_nm: float | None = None
) -> list[Axes]:
    """Draw the maps of the variance along the ring and of the contrast.

    Parameters
    ----------
    found
        Maps.
    axes
        Two axes; a new figure of a page's width if not given.
    step_nm
        Distance of scan points; axes count points if None [nm].
    """
    rows, columns = found.variance.shape
    share = min(1.6, max(0.3, rows / columns))
    with paper_style():
        if axes is None:
            axes = new_axes(width=FULL_WIDTH, height=0.5 * (FULL_WIDTH - 2 * KEY_MM) * share + 14.0, panels=2)[1]
        words = ("Variance beyond counting", "Contrast of sectors")
        for panel, values, label in zip(axes, (found.variance, found.contrast), words, strict=True):
            _draw_map(panel, values, label, step_nm or 1.0, "nm" if step_nm else "points")
    return axes


def _draw_map(panel: Axes, values: Floats, label: str, step: float, unit: str) -> None:
    low, high = np.nanquantile(values, [0.01, 0.99])
    rows, columns = values.shape
    extent = (-0.5 * step, (columns - 0.5) * step, (rows - 0.5) * step, -0.5 * step)
    image = panel.imshow(values, extent=extent, cmap=MAP, vmin=low, vmax=high, interpolation="nearest")
    figure = panel.get_figure(root=True)
    assert isinstance(figure, Figure)
    key = figure.colorbar(image, ax=panel, fraction=0.045, pad=0.02)
    key.set_label(label)
    key.outline.set_linewidth(0.4)
    panel.set_xlabel(f"x [{unit}]")
    panel.set_ylabel(f"y [{unit}]")
    for axis in (panel.xaxis, panel.yaxis):
        axis.set_major_locator(MaxNLocator(5, integer=unit == "points"))


def plot_window_crystallinity(
    image: ArrayLike, found: WindowCrystallinity, axes: list[Axes] | None = None
) -> list[Axes]:
    """Draw an image with the outline of its crystalline windows, and the share of the power in lattice fringes.

    Parameters
    ----------
    image
        Intensity, shape ``(rows, columns)``.
    found
        Windows of the image.
    axes
        Two axes; a new figure of a page's width if not given.
    """
    values = np.asarray(image, dtype=float)
    with paper_style():
        if axes is None:
            axes = new_axes(width=FULL_WIDTH, height=0.5 * (FULL_WIDTH - KEY_MM) + 10.0, panels=2)[1]
        low, high = np.nanquantile(values, [0.01, 0.99])
        axes[0].imshow(values, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes[0].contour(found.column_px, found.row_px, found.crystal.astype(float), levels=[0.5], colors=["#E69F00"],
                        linewidths=1.0)  # fmt: skip
        axes[0].legend(handles=[Line2D([], [], color="#E69F00", label="crystal")], loc="lower left", frameon=True)
        extent = (
            float(found.column_px[0]), float(found.column_px[-1]), float(found.row_px[-1]), float(found.row_px[0]),
        )  # fmt: skip
        shown = axes[1].imshow(found.peak_share, extent=extent, cmap=MAP, vmin=0.0, interpolation="nearest")
        figure = axes[1].get_figure(root=True)
        assert isinstance(figure, Figure)
        key = figure.colorbar(shown, ax=axes[1], fraction=0.045, pad=0.02)
        key.set_label("Share of the power in lattice fringes")
        for panel in axes:
            panel.set_xlabel("x [px]")
            panel.set_ylabel("y [px]")
            panel.set_xlim(-0.5, values.shape[1] - 0.5)
            panel.set_ylim(values.shape[0] - 0.5, -0.5)
    return axes
