"""Transmittance of a film with its edge and extrema, and Tauc's lines beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from entrox.core.units import METER_PER_NANOMETER
from entrox.film.transmittance import FAINTEST, OPAQUE, POWERS, Gap
from entrox.plots.labels import number_text
from entrox.plots.style import COLORS, FULL_WIDTH, GUIDE_COLOR, legend_above, new_axes, paper_style

__all__ = ["plot_transmittance"]

Floats = NDArray[np.float64]


def plot_transmittance(
    wavelength: Floats,
    transmittance: Floats,
    energy: Floats,
    absorption: Floats,
    gaps: Mapping[str, Gap],
    content: Mapping[str, Any],
) -> list[Axes]:
    """Draw a spectrum and Tauc's lines.

    Parameters
    ----------
    wavelength, transmittance
        [m] and as a fraction, shape ``(n,)``.
    energy, absorption
        [eV] and [1/m], shape ``(n,)``.
    gaps
        Gaps by kind.
    content
        ``edge_nm``, ``fringes`` and ``thickness_nm`` of the command.

    Returns
    -------
    list
        Both panels.
    """
    with paper_style():
        _, panels = new_axes(FULL_WIDTH, 68.0, panels=2)
        panels[0].plot(wavelength / METER_PER_NANOMETER, 100.0 * transmittance, color="black", linewidth=1.0)
        edge = content["edge_nm"]["t50"]
        handles = [Line2D([], [], color="black", label="measured")]
        if edge is not None:
            panels[0].axvline(edge, color=COLORS[1], linewidth=0.8, linestyle="--")
            handles.append(Line2D([], [], color=COLORS[1], linestyle="--", label=f"edge, {number_text(edge, 4)} nm"))
        if content["fringes"] is not None:
            places = np.array(content["fringes"]["wavelength_nm"])
            heights = 100.0 * np.interp(places, wavelength / METER_PER_NANOMETER, transmittance)
            panels[0].plot(places, heights, "o", color=COLORS[0], markersize=3.0)
            words = f"extrema: {number_text(content['fringes']['thickness_nm'], 4)} nm"
            handles.append(Line2D([], [], color=COLORS[0], marker="o", linestyle="none", label=words))
        panels[0].set_xlabel("Wavelength [nm]")
        panels[0].set_ylabel("Transmittance [%]")
        panels[0].set_ylim(0.0, 100.0)
        legend_above(panels[0], handles, own=False)
        _tauc(panels[1], energy, absorption, gaps, METER_PER_NANOMETER * content["thickness_nm"])
    return panels


def _tauc(axes: Axes, energy: Floats, absorption: Floats, gaps: Mapping[str, Gap], thickness: float) -> None:
    depth = np.where(np.isfinite(absorption), absorption, np.inf) * thickness
    seen = (depth > FAINTEST) & (depth < OPAQUE)
    handles = []
    for index, (kind, gap) in enumerate(gaps.items()):
        values = (absorption[seen] * energy[seen]) ** POWERS[kind]
        top = float(values.max())
        axes.plot(energy[seen], values / top, "o", color=COLORS[index], markersize=2.2, markerfacecolor="none",
                  markeredgewidth=0.6)  # fmt: skip
        ends = np.array([gap.gap_ev, gap.high_ev])
        axes.plot(ends, gap.slope * (ends - gap.gap_ev) / top, color=COLORS[index], linewidth=1.0)
        power = "2" if kind == "direct" else "1/2"
        words = (
            rf"{kind}, $(\alpha h\nu)^{{{power}}}$: {number_text(gap.gap_ev, 4)} ± {number_text(gap.error_ev, 2)} eV"
        )
        handles.append(Line2D([], [], color=COLORS[index], marker="o", markerfacecolor="none", label=words))
    axes.axhline(0.0, color=GUIDE_COLOR, linewidth=0.5)
    axes.set_xlabel("Photon energy [eV]")
    axes.set_ylabel(r"Power of $\alpha h\nu$ over its largest")
    if handles:
        legend_above(axes, handles, own=False)
