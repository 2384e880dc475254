"""Figures of a search: the Pareto set with its uncertainty, and how much of the ranking survives.

Each function takes a result and optional axes and returns the axes. Filled markers lie inside the calibrated range of
the model, open ones outside. Units stand on the axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError, Quantity
from entrox.design.search.result import SearchResult
from entrox.design.search.selection import CONTROL, FRONT, LATER, LEADER
from entrox.plots.labels import axis_label, formula_mathtext, number_text, plain_mathtext
from entrox.plots.style import FULL_WIDTH, GUIDE_COLOR, family_style, letter_panels, new_axes, paper_style, space_panels

__all__ = ["GROUP_NAMES", "plot_pareto_set", "plot_rank_intervals", "plot_rank_survival"]

Floats = NDArray[np.float64]
GROUP_NAMES = {
    FRONT: "Pareto set of the screen",
    LEADER: "leaders of the screen",
    CONTROL: "random control",
    LATER: "later looks, corrected screen",
}
GROUP_COLORS = {FRONT: "#0072B2", LEADER: "#D55E00", CONTROL: "#7a7f85", LATER: "#009E73"}
GROUP_MARKERS = {FRONT: "o", LEADER: "s", CONTROL: "^", LATER: "D"}
CELLS = 38
SHOWN_RANKS = 25
MARKER_SIZE = 3.0
PUBLISHED_SIZE = 5.4
DENSITY, PROBABILITY = "Greys", "viridis"


def plot_pareto_set(result: SearchResult, axes: Sequence[Axes] | None = None) -> Sequence[Axes]:
    """Draw what the screen and the second run say of two objectives, with the published compositions.

    Left the screen: density of all candidates that fulfil the constraints, and their Pareto set. Right the second run:
    candidates with 95 % intervals, colored by their probability of being in the Pareto set.

    Parameters
    ----------
    result
        A search with two objectives or more; the first stands upright, the second across.
    axes
        Two axes; a new figure of full width if not given.

    Raises
    ------
    InputError
        If the search has one objective only, or the number of axes is another one.
    """
    if len(result.objectives) < 2:
        raise InputError("a Pareto set needs two objectives; this search has one. Draw its rank intervals.")
    if axes is not None and len(axes) != 2:
        raise InputError(f"axes must hold 2 axes, screen and second run; got {len(axes)}.")
    with paper_style():
        panels = new_axes(FULL_WIDTH, 84.0, 2)[1] if axes is None else axes
        _draw_screen(panels[0], result)
        _draw_second_run(panels[1], result)
        if axes is None:
            letter_panels(panels)
            space_panels(panels)
            figure = panels[0].get_figure(root=True)
            assert isinstance(figure, Figure)
            figure.legend(handles=_handles(result), loc="outside upper center", ncols=3)
    return panels


def _quantity(result: SearchResult, name: str) -> Quantity:
    return result.columns.get(name) or Quantity(name, "1", name.replace("_", " "))


def _draw_screen(panel: Axes, result: SearchResult) -> None:
    (up, _), (across, _) = result.objectives[:2]
    sample, front = result.screened_sample, result.screened_front
    title = _quantity(result, result.screened_by[0] or up)
    panel.set_ylabel(axis_label(title))
    panel.set_xlabel(axis_label(_quantity(result, result.screened_by[1] or across)))
    if not {up, across} <= set(sample.columns):
        panel.text(
            0.5, 0.5, "an objective has no fast form:\nit is known from the second run only", ha="center",
            va="center", transform=panel.transAxes, color=GUIDE_COLOR,
        )  # fmt: skip
        return
    drawn = panel.hexbin(
        sample[across], sample[up], gridsize=CELLS, mincnt=1, cmap=_upper_part(DENSITY, 0.12), norm=LogNorm(vmin=1),
        linewidths=0.1, zorder=1.0,
    )  # fmt: skip
    bar = panel.figure.colorbar(drawn, ax=panel, pad=0.015, aspect=36)
    bar.set_label(f"Candidates per cell, of a sample of {len(sample)}")
    ordered = front.sort_values(across)
    panel.plot(ordered[across], ordered[up], color="#0072B2", linewidth=1.0, zorder=2.0)
    for place, row in enumerate(result.published.to_dict("records")):
        style = family_style(place + 1)
        panel.plot(
            row[across], row["screened"], linestyle="none", marker=style.marker, markersize=PUBLISHED_SIZE,
            markerfacecolor="white", markeredgecolor=style.color, markeredgewidth=1.3, zorder=3.0,
        )  # fmt: skip


def _upper_part(name: str, start: float) -> Colormap:
    """Return a color map without its palest part, which vanishes on white."""
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    colors = matplotlib.colormaps[name](np.linspace(start, 1.0, 128))
    return LinearSegmentedColormap.from_list(name, list(colors))


def _draw_second_run(panel: Axes, result: SearchResult) -> None:
    (up, _), (across, _) = result.objectives[:2]
    norm = Normalize(0.0, 1.0)
    colors = _upper_part(PROBABILITY, 0.0).reversed()
    mapped = ScalarMappable(norm, colors)
    table = result.candidates[result.candidates["allowed"]]
    for _, row in table.sort_values("p_front").iterrows():
        control = row["group"] == CONTROL
        color = "#b4b8bd" if control else colors(float(row["p_front"]))
        _draw_point(panel, row, across, up, color, GROUP_MARKERS[row["group"]], MARKER_SIZE, control=control)
    front = result.front.sort_values(across)
    panel.plot(front[across], front[up], color=GUIDE_COLOR, linewidth=0.8, zorder=2.2)
    for place, (_, row) in enumerate(result.published.iterrows()):
        style = family_style(place + 1)
        if np.isfinite(row[up]):
            _draw_point(panel, row, across, up, style.color, style.marker, PUBLISHED_SIZE, strong=True)
    bar = panel.figure.colorbar(mapped, ax=panel, pad=0.015, aspect=36)
    bar.set_label("Probability of being in the Pareto set")
    panel.set_xlabel(axis_label(_quantity(result, across)))
    panel.set_ylabel(axis_label(_quantity(result, up)))


def _draw_point(
    panel: Axes,
    row: pd.Series,
    across: str,
    up: str,
    color: Any,
    marker: str,
    size: float,
    *,
    strong: bool = False,
    control: bool = False,
) -> None:
    low, high, value = float(row["interval_low"]), float(row["interval_high"]), float(row[up])
    if np.isfinite([low, high]).all():
        panel.vlines(
            row[across], low, high, color=color, linewidth=1.1 if strong else 0.5,
            alpha=1.0 if strong else 0.6, zorder=3.0 if strong else 1.5,
        )  # fmt: skip
    panel.plot(
        row[across], value, linestyle="none", marker=marker, markersize=size,
        markerfacecolor="white" if row["extrapolated"] else color, markeredgecolor=color,
        markeredgewidth=1.3 if strong else 0.7, zorder=3.5 if strong else 1.6 if control else 2.5,
    )  # fmt: skip


def _handles(result: SearchResult) -> list[Line2D]:
    """Legend entries: what the signs mean, and the published compositions."""
    grey: dict[str, Any] = {"color": GUIDE_COLOR, "linestyle": "none", "markersize": 3.4}
    present = set(result.candidates["group"])
    handles = [
        Line2D([], [], marker=GROUP_MARKERS[name], label=text, **grey)
        for name, text in GROUP_NAMES.items()
        if name in present
    ]
    handles += [
        Line2D([], [], color="#0072B2", label="Pareto set of the screen (a)"),
        Line2D([], [], color=GUIDE_COLOR, linewidth=0.8, label="Pareto set of the second run (b)"),
    ]
    if any(table["extrapolated"].any() for table in (result.candidates, result.published) if len(table)):
        handles.append(
            Line2D([], [], marker="o", markerfacecolor="white", label="open: outside the calibrated range", **grey)
        )
    for place, name in enumerate(result.published.get("name", ())):
        style = family_style(place + 1)
        handles.append(
            Line2D(
                [], [], color=style.color, linestyle="none", marker=style.marker, markersize=4.6,
                markerfacecolor="white", markeredgewidth=1.3, label=f"published: {plain_mathtext(str(name))}",
            )
        )  # fmt: skip
    return handles


def plot_rank_survival(result: SearchResult, axes: Axes | None = None) -> Axes:
    """Draw the first objective of the second run against what the screen said of it, with 95 % intervals.

    Parameters
    ----------
    result
        The search.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the first objective has no fast form.
    """
    name = result.objectives[0][0]
    table = result.candidates[result.candidates["allowed"]]
    if not result.screened_by[0]:
        raise InputError(f"{name} has no fast form; it was not screened.")
    with paper_style():
        axes = new_axes(height=84.0)[1][0] if axes is None else axes
        agreement = {item.group: item.spearman for item in result.agreements}
        handles = []
        for group, words in GROUP_NAMES.items():
            rows = table[table["group"] == group]
            if rows.empty:
                continue
            color = GROUP_COLORS[group]
            axes.vlines(
                rows["screened"], rows["interval_low"], rows["interval_high"], color=color, linewidth=0.5, alpha=0.6
            )
            for outside, face in ((False, color), (True, "white")):
                some = rows[rows["extrapolated"] == outside]
                axes.plot(
                    some["screened"], some[name], linestyle="none", marker=GROUP_MARKERS[group],
                    markersize=MARKER_SIZE, markerfacecolor=face, markeredgecolor=color, markeredgewidth=0.7,
                )  # fmt: skip
            value = agreement.get(words)
            label = words if value is None else f"{words}: rank correlation {number_text(value, 2)}"
            handles.append(
                Line2D([], [], color=color, linestyle="none", marker=GROUP_MARKERS[group], markersize=3.6, label=label)
            )
        low = min(float(table["screened"].min()), float(table["interval_low"].min()))
        high = max(float(table["screened"].max()), float(table["interval_high"].max()))
        handles.append(Line2D([], [], color=GUIDE_COLOR, linewidth=0.7, linestyle=(0, (3, 2)), label="equal values"))
        axes.plot([low, high], [low, high], color=GUIDE_COLOR, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0.5)
        axes.set_xlabel(f"Screen: {axis_label(_quantity(result, result.screened_by[0]))}")
        axes.set_ylabel(axis_label(_quantity(result, name)))
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.01), ncols=1)
    return axes


def plot_rank_intervals(result: SearchResult, axes: Axes | None = None, *, count: int = SHOWN_RANKS) -> Axes:
    """Draw the ranks of the best candidates with their 95 % intervals under all errors.

    Parameters
    ----------
    result
        The search.
    axes
        Where to draw; a new figure if not given.
    count
        How many candidates.
    """
    table = result.candidates[result.candidates["rank"].notna()].head(count)
    with paper_style():
        axes = new_axes(120.0, 14.0 + 4.0 * len(table))[1][0] if axes is None else axes
        places = np.arange(len(table))
        for place, (_, row) in zip(places, table.iterrows(), strict=True):
            color = GROUP_COLORS[row["group"]]
            axes.hlines(place, row["rank_low"], row["rank_high"], color=color, linewidth=1.2, alpha=0.7)
            axes.plot(
                row["rank"], place, linestyle="none", marker=GROUP_MARKERS[row["group"]], markersize=MARKER_SIZE + 0.6,
                markerfacecolor="white" if row["extrapolated"] else color, markeredgecolor=color,
            )  # fmt: skip
        axes.set_yticks(places, [formula_mathtext(text) for text in table["composition"]])
        axes.tick_params(axis="y", labelsize=5.4, length=0)
        axes.set_ylim(len(table) - 0.4, -0.6)
        axes.set_xlabel("Rank in the second run, with 95 % interval")
        axes.set_xlim(left=0)
    return axes
