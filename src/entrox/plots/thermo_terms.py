"""Figures of free energies: the terms of a difference, and the vibrations behind one of them.

Units on the axes: meV/atom, GJ/m3, THz.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from entrox.core import check_finite
from entrox.core.units import J_PER_M3_PER_EV_PER_ANGSTROM3
from entrox.plots.labels import number_text
from entrox.plots.style import GUIDE_COLOR, legend_above, new_axes, paper_style
from entrox.thermo.free_energy import FreeEnergyDifference
from entrox.thermo.vibration_runs import VibrationalSpectrum

__all__ = ["plot_free_energy_terms", "plot_frequencies", "plot_spectrum"]

MEV, GIGA = 1000.0, 1e9
TERM_COLOR, SUM_COLOR, BRACKET_COLOR = "#56B4E9", "#0072B2", "#D55E00"
IMAGINARY_COLOR = "#D55E00"
BINS = 40


def plot_free_energy_terms(found: FreeEnergyDifference, axes: Axes | None = None) -> Axes:
    """Draw the five terms of a free-energy difference and their sum, with both kinds of error.

    Parameters
    ----------
    found
        The difference.
    axes
        Where to draw; a new figure of one column if not given.
    """
    names = [*(term.name for term in found.terms), "sum"]
    values = MEV * np.array([*(term.value_ev_per_atom for term in found.terms), found.df_ev_per_atom])
    statistical = MEV * np.array(
        [*(term.statistical_ev_per_atom for term in found.terms), found.statistical_ev_per_atom]
    )
    systematic = MEV * np.array([*(term.systematic_ev_per_atom for term in found.terms), found.systematic_ev_per_atom])
    places = np.arange(len(names), dtype=float)
    places[-1] += 0.4
    with paper_style():
        own = axes is None
        axes = new_axes(height=58.0)[1][0] if axes is None else axes
        axes.axvline(0.0, color=GUIDE_COLOR, linewidth=0.6)
        axes.barh(places, values, 0.6, color=[*[TERM_COLOR] * len(found.terms), SUM_COLOR], linewidth=0.0)
        for errors, shift, color, width, cap in (
            (systematic, 0.12, BRACKET_COLOR, 2.2, 0.0), (statistical, -0.12, "black", 0.9, 1.6),
        ):  # fmt: skip
            some = errors > 0.0
            axes.errorbar(values[some], places[some] + shift, xerr=errors[some], linestyle="none", color=color,
                          elinewidth=width, capsize=cap)  # fmt: skip
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlabel("Amorphous minus crystal [meV/atom]")
        _add_density_axis(axes, found)
        handles = [
            Line2D([], [], color="black", linewidth=0.9, label="standard error"),
            Line2D([], [], color=BRACKET_COLOR, linewidth=2.2, label="systematic bracket"),
            Line2D([], [], linestyle="none",
                   label=f"{number_text(found.temperature_k)} K, P(df < 0) {_probability(found)}"),
        ]  # fmt: skip
        legend_above(axes, handles, own=own)
    return axes


def _probability(found: FreeEnergyDifference) -> str:
    if found.p_below_zero > 0.0:
        return f"= {number_text(found.p_below_zero, 2)}"
    return f"< {1.0 / found.n_draws:.0e}"


def _add_density_axis(axes: Axes, found: FreeEnergyDifference) -> None:
    """Put J/m3 on a second axis above; the volume is one number, so both scales are proportional."""
    scale = J_PER_M3_PER_EV_PER_ANGSTROM3 / (found.volume_angstrom3_per_atom * MEV * GIGA)

    def density(energy: Any) -> Any:
        return energy * scale

    def energy(density: Any) -> Any:
        return density / scale

    above = axes.secondary_xaxis("top", functions=(density, energy))
    above.set_xlabel("[GJ/m³]")


def plot_frequencies(frequencies_thz: ArrayLike, axes: Axes | None = None) -> Axes:
    """Draw how many modes of a box lie where; imaginary ones stand left of zero in another color.

    Parameters
    ----------
    frequencies_thz
        Frequencies, imaginary ones negative, shape ``(n_modes,)``.
    axes
        Where to draw; a new figure of one column if not given.
    """
    values = check_finite(frequencies_thz, "frequencies_thz").ravel()
    edges = np.linspace(min(float(values.min()), 0.0), float(values.max()), BINS + 1)
    with paper_style():
        axes = new_axes(height=52.0)[1][0] if axes is None else axes
        counts, _ = np.histogram(values, edges)
        middle = 0.5 * (edges[1:] + edges[:-1])
        colors = [IMAGINARY_COLOR if place < -0.1 else SUM_COLOR for place in middle]
        axes.bar(middle, counts, edges[1] - edges[0], color=colors, linewidth=0.0)
        axes.axvline(0.0, color=GUIDE_COLOR, linewidth=0.6)
        axes.set_xlim(float(edges[0]), float(edges[-1]))
        axes.set_xlabel("Frequency [THz]")
        axes.set_ylabel("Modes")
    return axes


def plot_spectrum(found: VibrationalSpectrum, axes: Axes | None = None) -> Axes:
    """Draw the density of vibrational states of a run.

    Parameters
    ----------
    found
        The spectrum.
    axes
        Where to draw; a new figure of one column if not given.
    """
    filled = np.flatnonzero(np.cumsum(found.density_per_thz) < 0.9995 * found.density_per_thz.sum())
    end = found.frequency_thz[min(int(filled[-1]) + 3, len(found.frequency_thz) - 1)] if len(filled) else 1.0
    with paper_style():
        axes = new_axes(height=52.0)[1][0] if axes is None else axes
        axes.fill_between(found.frequency_thz, found.density_per_thz, color=TERM_COLOR, alpha=0.3, linewidth=0.0)
        axes.plot(found.frequency_thz, found.density_per_thz, color=SUM_COLOR, linewidth=1.0)
        axes.set_xlim(0.0, float(end))
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Frequency [THz]")
        axes.set_ylabel("Density of states [1/THz per atom]")
    return axes
