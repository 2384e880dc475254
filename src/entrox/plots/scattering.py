"""Figures of total scattering: a function of r or Q in one form, and a fit with what it leaves.

Axis labels carry the units of the forms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.plots.labels import number_text, unit_text
from entrox.plots.style import GUIDE_COLOR, legend_above, new_axes, paper_style
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.forms import check_form, form_unit, is_real_space
from entrox.scattering.small_box.result import SmallBoxFit

__all__ = ["form_label", "plot_correlation_functions", "plot_fit_and_residual", "plot_small_box_fit"]

Floats = NDArray[np.float64]

OBSERVED_COLOR = "#000000"
FITTED_COLOR = "#D55E00"
RESIDUAL_COLOR = "#0072B2"
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHADE_COLOR = "#e8eaed"
GAP_SHARE = 0.08
SYMBOLS = {
    "G_keen": "$G(r)$", "D": "$D(r)$", "T": "$T(r)$", "G_pdf": r"$D(r)/\langle b\rangle^2$", "g": "$g(r)$",
    "R": "$R(r)$", "F": "$F(Q)$", "S": "$S(Q)$", "QSm1": "$Q\\,[S(Q) - 1]$", "dcs": r"$d\sigma/d\Omega$",
}  # fmt: skip


def form_label(form: str) -> str:
    """Label of the axis of a form, with its unit.

    Examples
    --------
    >>> form_label("F")
    '$F(Q)$ [barn]'
    """
    unit = unit_text(form_unit(form)).replace("Å2", "Å²")
    return SYMBOLS[form] + (f" [{unit}]" if unit else "")


def _variable_label(form: str) -> str:
    return "r [Å]" if is_real_space(form) else "Q [1/Å]"


def plot_correlation_functions(
    functions: CorrelationData | Sequence[CorrelationData], labels: Sequence[str] = (), axes: Axes | None = None
) -> Axes:
    """Draw functions of one form.

    Parameters
    ----------
    functions
        One or more; their form must be known and the same.
    labels
        What the legend says of each; there is none without.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If the forms differ or one is not known, or the labels are not as many as the functions.
    """
    shown = [functions] if isinstance(functions, CorrelationData) else list(functions)
    forms = {check_form(item.form) for item in shown}
    if len(forms) != 1 or (labels and len(labels) != len(shown)):
        raise InputError(
            f"functions of one form and as many labels are needed; got {sorted(forms)}, {len(labels)} labels."
        )
    form = forms.pop()
    with paper_style():
        own = axes is None
        axes = new_axes(height=58.0)[1][0] if axes is None else axes
        axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
        for number, item in enumerate(shown):
            axes.plot(item.x, item.y, color=COLORS[number % len(COLORS)], linewidth=0.9)
        axes.set_xlim(float(min(item.x[0] for item in shown)), float(max(item.x[-1] for item in shown)))
        axes.set_xlabel(_variable_label(form))
        axes.set_ylabel(form_label(form))
        handles = [Line2D([], [], color=COLORS[n % len(COLORS)], label=text) for n, text in enumerate(labels)]
        if handles:
            legend_above(axes, handles, own=own)
    return axes


def plot_fit_and_residual(
    x: ArrayLike,
    observed: ArrayLike,
    calculated: ArrayLike,
    *,
    form: str,
    rw: float | None = None,
    fitted: ArrayLike | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Draw data, fit, and below them the difference on the same scale.

    Parameters
    ----------
    x, observed, calculated
        Points, shape ``(n,)``.
    form
        Form of the values.
    rw
        Residual for the legend.
    fitted
        Which points were fitted, shape ``(n,)``; the others are shaded.
    axes
        Where to draw; a new figure of one column if not given.
    """
    check_form(form)
    at, data, model = (np.asarray(values, dtype=float) for values in (x, observed, calculated))
    rest = data - model
    low = min(float(data.min()), float(model.min()))
    span = max(float(data.max()), float(model.max())) - low
    shift = low - GAP_SHARE * span - float(rest.max())
    with paper_style():
        own = axes is None
        axes = new_axes(height=66.0)[1][0] if axes is None else axes
        axes.plot(at, data, linestyle="none", marker="o", markersize=1.6, markerfacecolor="none", markeredgewidth=0.4,
                  color=OBSERVED_COLOR)  # fmt: skip
        axes.plot(at, model, color=FITTED_COLOR, linewidth=0.9)
        axes.axhline(shift, color=GUIDE_COLOR, linewidth=0.5)
        axes.plot(at, shift + rest, color=RESIDUAL_COLOR, linewidth=0.8)
        left_out = fitted is not None and not np.asarray(fitted, dtype=bool).all()
        if left_out:
            _shade_left_out(axes, at, np.asarray(fitted, dtype=bool))
        axes.set_xlim(float(at[0]), float(at[-1]))
        axes.set_xlabel(_variable_label(form))
        axes.set_ylabel(form_label(form))
        words = "fit" if rw is None else f"fit, $R_w$ = {number_text(rw, 3)}"
        handles = [
            Line2D([], [], linestyle="none", marker="o", markersize=2.4, markerfacecolor="none", color=OBSERVED_COLOR,
                   label="data"),
            Line2D([], [], color=FITTED_COLOR, label=words),
            Line2D([], [], color=RESIDUAL_COLOR, label="data minus fit, moved down"),
        ]  # fmt: skip
        if left_out:
            handles.append(Line2D([], [], color=SHADE_COLOR, linewidth=4.0, label="left out"))
        legend_above(axes, handles, own=own)
    return axes


def _shade_left_out(axes: Axes, x: Floats, fitted: NDArray[np.bool_]) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], ~fitted, [False]]).astype(int)))
    for start, end in edges.reshape(-1, 2):
        axes.axvspan(float(x[start]), float(x[end - 1]), color=SHADE_COLOR, linewidth=0.0, zorder=0)


def plot_small_box_fit(fit: SmallBoxFit, axes: Axes | None = None) -> Axes:
    """Draw the fit of a small box: data, fit, difference; ranges that were left out are shaded.

    Parameters
    ----------
    fit
        The fit.
    axes
        Where to draw; a new figure of one column if not given.
    """
    return plot_fit_and_residual(
        fit.r, fit.observed, fit.calculated, form="G_pdf", rw=fit.rw, fitted=fit.fitted_point, axes=axes
    )
