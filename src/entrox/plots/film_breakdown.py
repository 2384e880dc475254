"""Weibull paper of measured breakdown fields, censored ones included, with bounds of the percentiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator

from entrox.core import generator
from entrox.core.units import VOLT_PER_METER_PER_MEGAVOLT_PER_METER as MEGA
from entrox.core.weibull import WeibullFit
from entrox.core.weibull_pivots import draw_pivots
from entrox.film.breakdown_fields import FieldGroup
from entrox.plots.labels import number_text
from entrox.plots.style import family_style, legend_above, new_axes, paper_style
from entrox.plots.weibull import PROBABILITIES

__all__ = ["plot_breakdown_fields"]

_DRAWS = 2000


def plot_breakdown_fields(groups: Sequence[tuple[FieldGroup, WeibullFit]], axes: Axes | None = None) -> Axes:
    """Draw groups of fields at the ranks of their failures, their lines, and the bounds of the first one.

    Parameters
    ----------
    groups
        Fields with their fit in MV/m.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        handles = []
        for index, (group, fit) in enumerate(groups):
            style = family_style(index)
            fields, ranks = _ranked(group)
            axes.plot(fields, ranks, linestyle="none", marker=style.marker, markersize=2.8, markerfacecolor="none",
                      markeredgecolor=style.color, markeredgewidth=0.7)  # fmt: skip
            heights = np.linspace(min(float(ranks[0]), np.log(-np.log1p(-0.01))) - 0.2, float(ranks[-1]) + 0.4, 40)
            axes.plot(fit.scale * np.exp(heights / fit.modulus), heights, color=style.color)
            if len(groups) == 1:
                _band(axes, fit, heights, style.color)
            words = f"{group.name}: " if group.name else ""
            words += f"m = {number_text(fit.modulus, 3)}, 63.2 % at {number_text(fit.scale, 4)} MV/m"
            handles.append(Line2D([], [], color=style.color, marker=style.marker, markerfacecolor="none", label=words))
        axes.set_xscale("log")
        axes.yaxis.set_major_locator(FixedLocator([float(np.log(-np.log1p(-p))) for p in PROBABILITIES]))
        axes.set_yticklabels([f"{100 * p:g}" for p in PROBABILITIES])
        axes.set_ylabel("Probability of breakdown [%]")
        axes.set_xlabel("Breakdown field [MV/m]")
        _plain_ticks(axes)
        legend_above(axes, handles, own=own)
    return axes


def _plain_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, NullLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _ranked(group: FieldGroup) -> tuple[np.ndarray, np.ndarray]:
    """Failed fields [MV/m] and their ordinate; a censored field shifts the ranks of those above it."""
    order = np.lexsort((group.censored, group.fields))
    count, rank, ranks, fields = len(order), 0.0, [], []
    for place, index in enumerate(order):
        if group.censored[index]:
            continue
        rank += (count + 1.0 - rank) / (1.0 + count - place)
        ranks.append((rank - 0.3) / (count + 0.4))
        fields.append(float(group.fields[index]) / MEGA)
    return np.array(fields), np.log(-np.log1p(-np.array(ranks)))


def _band(axes: Axes, fit: WeibullFit, heights: np.ndarray, color: str) -> None:
    pivots = draw_pivots(fit.sample_size, generator(0), failures=fit.sample_size - fit.censored, draws=_DRAWS)
    ends = np.array([pivots.strength_interval(fit, float(height), fit.confidence) for height in heights])
    axes.fill_betweenx(heights, ends[:, 0], ends[:, 1], color=color, alpha=0.14, linewidth=0.0)
