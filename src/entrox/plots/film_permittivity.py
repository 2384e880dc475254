"""Permittivity and loss over cycles, temperature or frequency, whichever was varied."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.plots.labels import number_text
from entrox.plots.style import COLORS, FULL_WIDTH, MARKERS, legend_above, new_axes, paper_style

__all__ = ["plot_permittivity"]

LABELS = {"cycles": "Bending cycles", "temperature_k": "Temperature [K]", "frequency_hz": "Frequency [Hz]"}


def _frequency(value: float) -> str:
    for factor, unit in ((1e6, "MHz"), (1e3, "kHz")):
        if value >= factor:
            return f"{number_text(value / factor, 4)} {unit}"
    return f"{number_text(value, 4)} Hz"


def plot_permittivity(columns: Mapping[str, NDArray[np.float64]]) -> list[Axes]:
    """Draw permittivity, and the loss beside it where it was measured.

    Parameters
    ----------
    columns
        ``permittivity``, perhaps ``tan_d``, and what was varied: ``cycles``, ``temperature_k``, ``frequency_hz``, each
        of shape ``(n,)``.

    Returns
    -------
    list
        The panels.
    """
    name = next((key for key in LABELS if key in columns and len(np.unique(columns[key])) > 1), None)
    places = columns[name] if name is not None else np.arange(1.0, len(columns["permittivity"]) + 1.0)
    lines = columns.get("frequency_hz") if name != "frequency_hz" else None
    values = np.unique(lines) if lines is not None else np.array([np.nan])
    both = "tan_d" in columns
    with paper_style():
        _, panels = new_axes(FULL_WIDTH if both else 89.0, 64.0, panels=2 if both else 1)
        handles = []
        for index, value in enumerate(values):
            rows = np.ones(len(places), dtype=bool) if lines is None else lines == value
            order = np.argsort(places[rows], kind="stable")
            color, marker = COLORS[index % len(COLORS)], MARKERS[index % len(MARKERS)]
            for panel, key in zip(panels, ("permittivity", "tan_d"), strict=False):
                panel.plot(places[rows][order], columns[key][rows][order], color=color, marker=marker, markersize=3.0,
                           linewidth=0.8)  # fmt: skip
            if lines is not None:
                handles.append(Line2D([], [], color=color, marker=marker, label=_frequency(float(value))))
        for panel, words in zip(panels, ("Relative permittivity", "Loss tan δ"), strict=False):
            panel.set_ylabel(words)
            panel.set_xlabel(LABELS.get(name or "", "Measurement"))
            if name == "frequency_hz":
                panel.set_xscale("log")
            if name == "cycles":
                panel.set_xscale("symlog", linthresh=1.0)
        if both:
            # a loss that hardly varies would show its rounding
            panels[1].set_ylim(0.0, max(1.25 * float(np.max(columns["tan_d"])), 1e-4))
            if float(np.min(columns["tan_d"])) < 0.0:
                panels[1].set_ylim(bottom=1.25 * float(np.min(columns["tan_d"])))
        panels[0].ticklabel_format(axis="y", useOffset=False)
        if handles:
            legend_above(panels[0], handles, own=False)
    return panels
