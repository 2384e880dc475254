"""Refined boxes beside their data: fit and residual, pair distributions, the course of a run.

Lines of several runs are drawn over one another: where they differ, the data do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.plots.labels import MINUS, unit_text
from entrox.plots.style import GUIDE_COLOR, SINGLE_WIDTH, family_style, legend_above, new_axes, paper_style
from entrox.scattering.data.forms import form_unit, is_real_space
from entrox.scattering.run.analyze import RmcAnalysis
from entrox.scattering.run.rmc_result import RmcResult, SetFit

__all__ = ["MODE_COLORS", "plot_box_partials", "plot_run_histories", "plot_set_fit"]

Floats = NDArray[np.float64]

MODE_COLORS = {True: "#D55E00", False: "#0072B2"}
"""Runs with the bond valence constraint, and without."""
FORM_WORDS = {
    "G_keen": "G(r)", "D": "D(r)", "T": "T(r)", "G_pdf": "PDF G(r)", "g": "g(r)", "R": "R(r)", "F": "F(Q)", "S": "S(Q)",
    "QSm1": "Q [S(Q) \N{MINUS SIGN} 1]", "dcs": "differential cross section",
}  # fmt: skip
HELD_OUT = "#e8d9a8"
DASH = "\N{EN DASH}"
PARTIAL_END_ANGSTROM = 8.0


def plot_set_fit(
    runs: Sequence[SetFit], *, bond_valence: Sequence[bool] | None = None, axes: Axes | None = None
) -> Axes:
    """Draw one data set, what the boxes of one or more runs give, and below it the residual of each.

    Parameters
    ----------
    runs
        The same set of every run.
    bond_valence
        Whether the constraint was on in each run; it chooses the color.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no run.
    """
    if not runs:
        raise InputError("there is no fit to draw.")
    modes = [True] * len(runs) if bond_valence is None else list(bond_valence)
    first = runs[0]
    with paper_style():
        own = axes is None
        axes = new_axes(width=1.25 * SINGLE_WIDTH, height=66.0)[1][0] if axes is None else axes
        residuals = [item.observed - item.calculated for item in runs]
        low = min(float(first.observed.min()), *(float(item.calculated.min()) for item in runs))
        largest = max(float(np.abs(rest).max()) for rest in residuals)
        base = low - 1.25 * largest - 0.06 * float(np.ptp(first.observed))
        _shade_held_out(axes, first)
        axes.plot(
            first.x, first.observed, linestyle="none", marker="o", markersize=1.7, markerfacecolor="none",
            markeredgecolor="#202124", markeredgewidth=0.4, zorder=2,
        )  # fmt: skip
        for item, rest, on in zip(runs, residuals, modes, strict=True):
            axes.plot(*_broken(item.x, item.calculated), color=MODE_COLORS[on], linewidth=0.8, alpha=0.85, zorder=3)
            axes.plot(*_broken(item.x, base + rest), color=MODE_COLORS[on], linewidth=0.5, alpha=0.85)
        axes.axhline(base, color=GUIDE_COLOR, linewidth=0.4)
        axes.set_xlim(float(first.x[0]), float(first.x[-1]))
        axes.set_xlabel("Distance r [Å]" if is_real_space(first.form) else "Momentum transfer Q [1/Å]")
        unit = unit_text(form_unit(first.form)).replace("Å2", "Å²")
        axes.set_ylabel(f"{FORM_WORDS.get(first.form, first.form)}{f' [{unit}]' if unit else ''}")
        legend_above(axes, _fit_handles(runs, modes), own=own)
    return axes


def _broken(x: Floats, values: Floats) -> tuple[Floats, Floats]:
    """The curve with a gap where points were left out."""
    steps = np.diff(x)
    gaps = np.flatnonzero(steps > 1.5 * np.median(steps)) + 1 if len(steps) else np.empty(0, dtype=int)
    return np.insert(x, gaps, np.nan), np.insert(values, gaps, np.nan)


def _shade_held_out(axes: Axes, item: SetFit) -> None:
    """Bands behind the points that were kept for testing."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], item.held_out, [False]]).astype(int)))
    for start, end in edges.reshape(-1, 2):
        axes.axvspan(item.x[start], item.x[end - 1], color=HELD_OUT, linewidth=0, zorder=0)


def _fit_handles(runs: Sequence[SetFit], modes: Sequence[bool]) -> list[Line2D]:
    handles = [
        Line2D(
            [], [], linestyle="none", marker="o", markersize=2.4, markerfacecolor="none", markeredgecolor="#202124",
            label="data",
        )
    ]  # fmt: skip
    for on in dict.fromkeys(modes):
        chosen = [item for item, mode in zip(runs, modes, strict=True) if mode == on]
        words = "" if len(set(modes)) == 1 else f", bond valence {'on' if on else 'off'}"
        rw, chi2 = (np.mean([getattr(item, name) for item in chosen]) for name in ("rw", "chi2_per_point"))
        text = f"boxes{words}: Rw {rw:.3f}, $\\chi^2$/point {chi2:.2f}"
        handles.append(Line2D([], [], color=MODE_COLORS[on], label=text))
    if runs[0].n_held_out:
        values = [item.hold_out_chi2_per_point for item in runs if item.hold_out_chi2_per_point is not None]
        text = f"held out: $\\chi^2$/point {np.mean(values):.2f}"
        handles.append(Line2D([], [], color=HELD_OUT, linewidth=5.0, label=text))
    return handles


def plot_box_partials(
    found: RmcAnalysis,
    weights_percent: Mapping[str, float] | None = None,
    *,
    unseen: Sequence[str] = (),
    axes: Axes | None = None,
) -> Axes:
    """Draw the partial pair distributions, one above the other, with their spread over boxes.

    Parameters
    ----------
    found
        Analysis of the boxes.
    weights_percent
        Faber-Ziman weights by pair [%], written beside each.
    unseen
        Pairs that the data practically do not see; they are gray.
    axes
        Where to draw; a new figure of one column if not given.
    """
    rdf = found.partials
    names = ["-".join(pair) for pair in rdf.pairs]
    shown = rdf.r_angstrom <= PARTIAL_END_ANGSTROM
    with paper_style():
        axes = new_axes(height=min(24.0 + 8.0 * len(names), 170.0))[1][0] if axes is None else axes
        r = rdf.r_angstrom[shown]
        for place, name in enumerate(names):
            base = float(len(names) - 1 - place)
            g = rdf.g[place][shown]
            scale = 0.9 / max(float(g.max()), 1e-12)
            color = "#9aa0a6" if _named(unseen, name) else family_style(place).color
            axes.fill_between(r, base, base + scale * g, color=color, alpha=0.2, linewidth=0)
            axes.plot(r, base + scale * g, color=color, linewidth=0.7)
            if found.partials_spread is not None:
                spread = scale * found.partials_spread[place][shown]
                axes.fill_between(
                    r, base + scale * g - spread, base + scale * g + spread, color=color, alpha=0.5, linewidth=0
                )
        axes.set_yticks(
            [len(names) - 1 - k + 0.3 for k in range(len(names))],
            [_pair_label(name, weights_percent) for name in names],
        )
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.set_ylim(-0.05, len(names))
        axes.set_xlim(1.0, float(r[-1]))
        axes.set_xlabel("Distance [Å]; each curve over its maximum")
    return axes


def _named(names: Sequence[str], pair: str) -> bool:
    return pair in names or "-".join(reversed(pair.split("-"))) in names


def _pair_label(name: str, weights: Mapping[str, float] | None) -> str:
    pair = name.replace("-", DASH)
    if weights is None:
        return pair
    value = weights.get(name, weights.get("-".join(reversed(name.split("-")))))
    return pair if value is None else f"{pair}  {value:.1f} %".replace("-", MINUS)


def plot_run_histories(runs: Sequence[RmcResult], axes: Axes | None = None) -> Axes:
    """Draw chi^2 per point of each run over its moves per atom; steps are tuned in the gray part.

    Raises
    ------
    InputError
        If there is no run, or the runs have no data.
    """
    if not runs or not runs[0].sets:
        raise InputError("there is no chi^2 to draw: the runs have no data.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=54.0)[1][0] if axes is None else axes
        axes.axvspan(0.0, float(runs[0].history.sampling_start), color="#eceef0", linewidth=0)
        handles: dict[bool, Line2D] = {}
        for item in runs:
            points = sum(each.n_points for each in item.sets)
            values = item.history.cost[:, : len(item.sets)].sum(axis=1) / points
            color = MODE_COLORS[item.bond_valence_on]
            axes.plot(item.history.moves_per_atom, values, color=color, linewidth=0.8)
            words = f"bond valence {'on' if item.bond_valence_on else 'off'}"
            handles.setdefault(item.bond_valence_on, Line2D([], [], color=color, label=words))
        axes.axhline(1.0, color=GUIDE_COLOR, linewidth=0.6, linestyle="--")
        axes.set_yscale("log")
        axes.set_xlim(0.0, float(max(item.history.moves_per_atom[-1] for item in runs)))
        axes.set_xlabel("Moves per atom")
        axes.set_ylabel("$\\chi^2$ per point")
        tuned = Patch(color="#eceef0", label="steps are tuned")
        legend_above(axes, [*handles.values(), tuned], own=own)  # type: ignore[list-item]
    return axes
