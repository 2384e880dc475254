"""Figures of pair distributions: totals in one form, powder patterns, and distributions of coordination numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core import InputError, nearest_names
from entrox.order.coordination import Coordination
from entrox.order.pair_distribution import PairDistribution, PowderPattern
from entrox.plots.style import GUIDE_COLOR, family_style, legend_above, new_axes, paper_style

__all__ = ["plot_coordination", "plot_powder_pattern", "plot_total_distribution"]

Floats = NDArray[np.float64]

LABELS = {
    "g": "$g(r)$",
    "G_pdf": "$D(r)/\\langle b\\rangle^2$ [1/Å²]",
    "R": "$R(r)$ [1/Å]",
    "D": "$D(r)$ [barn/Å²]",
    "T": "$T(r)$ [barn/Å²]",
    "S": "$S(Q)$",
    "QSm1": "$Q\\,[S(Q) - 1]$ [1/Å]",
    "F": "$F(Q)$ [barn]",
}
OF_Q = ("S", "QSm1", "F")
PROBE_WORDS = {"neutron": "neutrons", "xray": "x-rays", "electron": "electrons"}


def plot_total_distribution(
    found: PairDistribution | Sequence[PairDistribution],
    form: str = "G_pdf",
    labels: Sequence[str] = (),
    axes: Axes | None = None,
) -> Axes:
    """Draw total distributions or structure factors in one form.

    Parameters
    ----------
    found
        One or more.
    form
        ``"g"``, ``"G_pdf"``, ``"R"``, ``"D"``, ``"T"`` of r; ``"S"``, ``"QSm1"``, ``"F"`` of Q.
    labels
        What the legend says of each; the probe by default.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no such form, it is in barn and the probe has none, or the labels are not as many.
    """
    shown = [found] if isinstance(found, PairDistribution) else list(found)
    if form not in LABELS:
        raise InputError(f"There is no form {form!r}; {nearest_names(form, LABELS)}.")
    if any(getattr(item, form) is None for item in shown):
        raise InputError(f"{form} is in barn, for neutrons only; draw g, G_pdf, R, S or QSm1.")
    names = list(labels) or [PROBE_WORDS[item.probe] for item in shown]
    if not shown or len(names) != len(shown):
        raise InputError(f"as many labels as functions are needed; got {len(names)} and {len(shown)}.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=60.0)[1][0] if axes is None else axes
        axes.axhline(1.0 if form in ("g", "S") else 0.0, color=GUIDE_COLOR, linewidth=0.5)
        handles = []
        for number, (item, name) in enumerate(zip(shown, names, strict=True)):
            color = family_style(number).color
            x = item.q_per_angstrom if form in OF_Q else item.r_angstrom
            axes.plot(x, getattr(item, form), color=color, linewidth=0.9)
            axes.set_xlim(0.0, float(x[-1]))
            handles.append(Line2D([], [], color=color, label=name))
        axes.set_xlabel("Q [1/Å]" if form in OF_Q else "r [Å]")
        axes.set_ylabel(LABELS[form])
        if len(shown) > 1 or labels:
            legend_above(axes, handles, own=own)
    return axes


def plot_powder_pattern(
    found: PowderPattern | Sequence[PowderPattern], labels: Sequence[str] = (), axes: Axes | None = None
) -> Axes:
    """Draw powder patterns, one above the other in the order given.

    Parameters
    ----------
    found
        One or more.
    labels
        What the legend says of each.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the labels are not as many as the patterns.
    """
    shown = [found] if isinstance(found, PowderPattern) else list(found)
    if not shown or (labels and len(labels) != len(shown)):
        raise InputError(f"as many labels as patterns are needed; got {len(labels)} and {len(shown)}.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        base, handles = 0.0, []
        for number, item in enumerate(shown):
            color, top = family_style(number).color, float(item.intensity.max())
            # each pattern on its own scale: a crystal line is tens of times as high as the hump of a glass
            axes.plot(item.two_theta_deg, base + item.intensity / top, color=color, linewidth=0.9)
            axes.axhline(base, color=GUIDE_COLOR, linewidth=0.4)
            base += 1.08
            handles.append(Line2D([], [], color=color, label=labels[number] if labels else f"pattern {number + 1}"))
        axes.set_xlim(float(shown[0].two_theta_deg[0]), float(shown[0].two_theta_deg[-1]))
        axes.set_yticks([])
        axes.set_xlabel("Scattering angle 2θ [°]")
        axes.set_ylabel("Intensity over its maximum")
        if labels:
            legend_above(axes, handles[::-1], own=own)
    return axes


def plot_coordination(found: Coordination, axes: Axes | None = None) -> Axes:
    """Draw the shares of the coordination numbers of every pair of elements.

    Parameters
    ----------
    found
        Coordination numbers.
    axes
        Where to draw; a new figure of one column if not given.
    """
    with paper_style():
        own = axes is None
        axes = new_axes(height=56.0)[1][0] if axes is None else axes
        width = 0.8 / len(found.pairs)
        handles = []
        for number, (one, two) in enumerate(found.pairs):
            color = family_style(number).color
            places = np.arange(found.shares.shape[1]) + width * (number - 0.5 * (len(found.pairs) - 1))
            axes.bar(places, 100.0 * found.shares[number], 0.92 * width, color=color, linewidth=0)
            text = f"{one}\N{EN DASH}{two} below {found.cutoff_angstrom[number]:.2f} Å, mean {found.mean[number]:.2f}"
            handles.append(Line2D([], [], color=color, linewidth=4.0, label=text))
        present = np.flatnonzero(found.shares.max(axis=0) > 0.001)
        axes.set_xlim(float(present[0]) - 0.6, float(present[-1]) + 0.6)
        axes.set_xticks(range(int(present[0]), int(present[-1]) + 1))
        axes.tick_params(axis="x", length=0)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Neighbors")
        axes.set_ylabel("Share of the centers [%]")
        legend_above(axes, handles, own=own)
    return axes
