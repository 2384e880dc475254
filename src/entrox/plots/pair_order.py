"""Pairs of species in shells: one map of Warren-Cowley parameters per shell. Lengths in nm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from entrox.core import InputError
from entrox.order import PairOrder
from entrox.plots.labels import MINUS, number_text, plain_mathtext
from entrox.plots.style import FULL_WIDTH, new_axes, paper_style

__all__ = ["plot_pair_order"]

SIGNIFICANT = 0.05


def plot_pair_order(found: PairOrder, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw the Warren-Cowley parameters of all pairs of species, one map per shell.

    Parameters
    ----------
    found
        Pairs in shells.
    axes
        One axes per shell; a new figure if not given.

    Returns
    -------
    sequence of Axes
        Each cell carries the parameter and below it z; bold where it deviates from chance, adjusted for all pairs.

    Raises
    ------
    InputError
        If there is not one axes per shell.
    """
    count = len(found.shell_lower_nm)
    if axes is not None and len(axes) != count:
        raise InputError(f"axes must hold {count} axes, one per shell; got {len(axes)}.")
    width = min(FULL_WIDTH, 22.0 + 52.0 * count)
    side = (width - 24.0) / count
    panels = new_axes(width, min(side, 62.0) + 16.0, count)[1] if axes is None else list(axes)
    largest = float(np.nanmax(np.abs(found.warren_cowley), initial=0.0)) or 1.0
    norm = Normalize(-largest, largest)
    with paper_style():
        for shell, panel in enumerate(panels):
            image = _draw_shell(panel, found, shell, norm)
        bar = panels[0].figure.colorbar(image, ax=panels, pad=0.02, aspect=22, shrink=0.9)
        bar.set_label("Warren-Cowley parameter\n" + f"{MINUS} attract      avoid +")
        bar.outline.set_linewidth(0.0)
    return panels


def _draw_shell(axes: Axes, found: PairOrder, shell: int, norm: Normalize) -> Any:
    values, names = found.warren_cowley[shell], [plain_mathtext(name) for name in found.species]
    image = axes.imshow(values, cmap="RdBu_r", norm=norm)
    places = np.arange(len(names))
    axes.set_xticks(places, labels=names)
    axes.set_yticks(places, labels=names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    size = 6.4 if len(names) <= 4 else 4.8
    for row, column in np.ndindex(values.shape):
        value, z = float(values[row, column]), float(found.z[shell, row, column])
        if not np.isfinite(value):
            continue
        text = _signed(value, 3) + (f"\nz {_signed(z, 1)}" if np.isfinite(z) else "")
        strong = abs(value) > 0.6 * norm.vmax if norm.vmax else False
        sure = float(found.p_adjusted[shell, row, column]) < SIGNIFICANT
        axes.text(column, row, text, ha="center", va="center", fontsize=size, color="white" if strong else "black",
                  fontweight="bold" if sure else "normal")  # fmt: skip
    axes.set_title(f"{_shell_words(found, shell)}\n{found.n_pairs[shell]:,} ordered pairs", fontsize=6.6)
    return image


def _signed(value: float, digits: int) -> str:
    """Return a number with its sign; what rounds to zero has none."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", MINUS) if rounded else f"{0.0:.{digits}f}"


def _shell_words(found: PairOrder, shell: int) -> str:
    lower, upper = (number_text(float(edges[shell]), 3) for edges in (found.shell_lower_nm, found.shell_upper_nm))
    if found.neighbors_k is not None:
        return f"{found.neighbors_k} nearest neighbors"
    return f"{lower} to {upper} nm"
