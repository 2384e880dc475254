"""Figures of local strain: a slice through the box, the distribution beside its noise, and what the bonds do.

Strains are pure numbers, lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError
from entrox.core.student import NORMAL_95
from entrox.order.bonds.bond_rotation import BondRotation
from entrox.order.strain.atomic_strain import AtomicStrain
from entrox.order.strain.noise_floor import noise_density
from entrox.order.strain.strain_measures import strain_measures
from entrox.plots.labels import number_text
from entrox.plots.style import GUIDE_COLOR, SINGLE_WIDTH, legend_above, new_axes, paper_style

__all__ = ["STRAIN_QUANTITIES", "StrainQuantity", "plot_bond_rotation", "plot_shear_histogram", "plot_strain_slice"]

Floats = NDArray[np.float64]

DATA_COLOR = "#0072B2"
NOISE_COLOR = "#D55E00"
BASELINE_COLOR = "#202124"
NOT_KNOWN_COLOR = "#d9dce0"
PLANES = {"x": (1, 2), "y": (0, 2), "z": (0, 1)}
HIGHEST = 0.995
"""Quantile at which the colors and the histogram end."""
ATOM_SHARE = 0.75
"""Diameter of an atom in a slice over the mean distance of the atoms."""
BINS = 60


@dataclass(frozen=True)
class StrainQuantity:
    """How a quantity is drawn: its label, its colors, and whether zero lies in their middle."""

    label: str
    colormap: str
    signed: bool = False


STRAIN_QUANTITIES = {
    "shear": StrainQuantity("Von Mises strain", "viridis"),
    "volumetric": StrainQuantity("Volumetric strain", "RdBu_r", signed=True),
    "d2min_angstrom2": StrainQuantity("$D^2_\\mathrm{min}$ [Å²]", "magma"),
}


def plot_strain_slice(
    strain: AtomicStrain,
    positions: ArrayLike,
    cell: ArrayLike,
    quantity: str = "shear",
    *,
    normal: str = "z",
    thickness_angstrom: float = 5.0,
    axes: Axes | None = None,
) -> Axes:
    """Draw the atoms of a slice through the middle of the box, colored by their strain.

    Parameters
    ----------
    strain
        The strain.
    positions, cell
        Of the reference [angstrom]; atoms are wrapped into the cell.
    quantity
        ``"shear"``, ``"volumetric"`` or ``"d2min_angstrom2"``.
    normal
        Direction through the slice: ``"x"``, ``"y"`` or ``"z"``.
    thickness_angstrom
        Thickness of the slice.
    axes
        Where to draw; a new figure of one column if not given.

    Raises
    ------
    InputError
        If there is no such quantity or direction.
    """
    if quantity not in STRAIN_QUANTITIES or normal not in PLANES:
        raise InputError(f"quantity must be one of {', '.join(STRAIN_QUANTITIES)}, normal x, y or z.")
    kind, values = STRAIN_QUANTITIES[quantity], np.asarray(getattr(strain, quantity))
    places = _wrapped(np.asarray(positions, dtype=float), np.asarray(cell, dtype=float))
    through = places[:, "xyz".index(normal)]
    middle = 0.5 * (through.min() + through.max())
    chosen = np.abs(through - middle) <= 0.5 * thickness_angstrom
    one, two = PLANES[normal]
    low, high = _color_range(values, signed=kind.signed)
    spans = np.maximum(np.ptp(places, axis=0), 1.0)
    diameter = ATOM_SHARE * float((spans.prod() / len(places)) ** (1.0 / 3.0))
    with paper_style():
        axes = new_axes(width=SINGLE_WIDTH, height=76.0)[1][0] if axes is None else axes
        # the most strained lie on top
        order = np.flatnonzero(chosen)[np.argsort(np.nan_to_num(np.abs(values[chosen]), nan=-1.0), kind="stable")]
        size = np.full(len(order), diameter)
        atoms = EllipseCollection(
            size, size, np.zeros(len(order)), units="xy", offsets=places[order][:, [one, two]],
            offset_transform=axes.transData, linewidths=0.2, edgecolors="white",
        )  # fmt: skip
        atoms.set_array(np.ma.masked_invalid(values[order]))
        atoms.set_cmap(colormaps[kind.colormap].with_extremes(bad=NOT_KNOWN_COLOR))
        atoms.set_clim(low, high)
        axes.add_collection(atoms)
        for set_limits, k in ((axes.set_xlim, one), (axes.set_ylim, two)):
            set_limits(float(places[:, k].min()) - diameter, float(places[:, k].max()) + diameter)
        axes.set_aspect("equal")
        axes.set_xlabel(f"{'xyz'[one]} [Å]")
        axes.set_ylabel(f"{'xyz'[two]} [Å]")
        figure = axes.get_figure(root=True)
        assert isinstance(figure, Figure)
        extend = "both" if kind.signed else "max"
        bar = figure.colorbar(atoms, ax=axes, label=kind.label, extend=extend, shrink=0.8, aspect=24)
        bar.outline.set_linewidth(0.0)
        _mark_noise(bar.ax, strain, quantity, high)
    return axes


def _mark_noise(bar: Axes, strain: AtomicStrain, quantity: str, high: float) -> None:
    """Mark on a color bar what noise alone reaches in one atom of twenty."""
    noise = strain.noise_floor
    marks = {"shear": [noise.shear_p95], "volumetric": [NORMAL_95 * noise.volumetric_std * k for k in (-1.0, 1.0)]}
    for mark in marks.get(quantity, []):
        if abs(mark) >= high:
            continue
        bar.axhline(mark, color="white" if quantity == "shear" else BASELINE_COLOR, linewidth=1.0)
        bar.annotate(
            "noise", (0.0, mark), xycoords=("axes fraction", "data"), xytext=(-2, 0), textcoords="offset points",
            ha="right", va="center", fontsize=5.5, color=GUIDE_COLOR,
        )  # fmt: skip


def _wrapped(places: Floats, cell: Floats) -> Floats:
    """Positions inside the cell, where it has a volume."""
    if abs(float(np.linalg.det(cell))) < 1e-9:
        return places
    scaled = places @ np.linalg.inv(cell)
    return np.asarray((scaled - np.floor(scaled)) @ cell)


def _color_range(values: Floats, *, signed: bool) -> tuple[float, float]:
    known = values[np.isfinite(values)]
    if not len(known):
        raise InputError("no atom has a strain: there is nothing to draw. Take a larger cutoff.")
    high = float(np.quantile(np.abs(known), HIGHEST))
    high = high if high > 0.0 else 1.0
    return (-high, high) if signed else (0.0, high)


def plot_shear_histogram(strain: AtomicStrain, axes: Axes | None = None) -> Axes:
    """Draw the distribution of the von Mises strain beside that of noise alone, and the strain of the cell.

    Parameters
    ----------
    strain
        The strain.
    axes
        Where to draw; a new figure of one column if not given.
    """
    shear = strain.shear[np.isfinite(strain.shear)]
    if not len(shear):
        raise InputError("no atom has a strain: there is nothing to draw. Take a larger cutoff.")
    noise, cell = strain.noise_floor, strain_measures(strain.affine.gradient).shear
    end = max(float(np.quantile(shear, HIGHEST)), 1.6 * noise.shear_p95)
    end = end if np.isfinite(end) and end > 0.0 else 1.0
    if not strain.affine_removed:
        end = max(end, 1.1 * cell)
    with paper_style():
        own = axes is None
        axes = new_axes(height=62.0)[1][0] if axes is None else axes
        edges = np.linspace(0.0, end, BINS + 1)
        # over all atoms, not only those inside
        density = np.histogram(shear, edges)[0] / (len(shear) * np.diff(edges))
        axes.stairs(density, edges, fill=True, color=DATA_COLOR, alpha=0.85)
        at = np.linspace(0.0, end, 300)
        axes.plot(
            at,
            noise_density(at, noise.displacement_sigma_angstrom, strain.noise_trace_per_angstrom2),
            color=NOISE_COLOR,
        )
        axes.axvline(noise.shear_p95, color=NOISE_COLOR, linewidth=0.7, linestyle="--")
        above = 100.0 * float(np.mean(strain.above_floor[np.isfinite(strain.shear)]))
        words = "atoms, homogeneous part removed" if strain.affine_removed else "atoms"
        sigma = number_text(noise.displacement_sigma_angstrom, 2)
        handles = [
            Line2D([], [], color=DATA_COLOR, linewidth=4.0, label=words),
            Line2D([], [], color=NOISE_COLOR, label=f"noise, $\\sigma$ = {sigma} Å ({noise.source})"),
            Line2D([], [], color=NOISE_COLOR, linewidth=0.7, linestyle="--",
                   label=f"95 % of noise; above it {number_text(above, 2)} % of atoms"),
        ]  # fmt: skip
        if cell <= end:
            axes.axvline(cell, color=BASELINE_COLOR, linewidth=0.7, linestyle=":")
            handles.append(
                Line2D([], [], color=BASELINE_COLOR, linewidth=0.7, linestyle=":", label="homogeneous strain alone")
            )
        axes.set_xlim(0.0, end)
        axes.set_ylim(bottom=0.0)
        axes.set_xlabel("Von Mises strain")
        axes.set_ylabel("Probability density")
        legend_above(axes, handles, own=own)
    return axes


def plot_bond_rotation(found: BondRotation, axes: Axes | None = None) -> Axes:
    """Draw the share of rotation in the elongation of each kind of bond beside that of bonds that follow the cell.

    Parameters
    ----------
    found
        Stretch and rotation.
    axes
        Where to draw; a new figure of one column if not given.
    """
    known = np.flatnonzero(np.isfinite(found.rotation_share))
    if not len(known):
        raise InputError("no kind of bond gets longer along the axis: there are no shares to draw.")
    with paper_style():
        own = axes is None
        axes = new_axes(height=22.0 + 7.0 * len(known))[1][0] if axes is None else axes
        for place, k in enumerate(known):
            share = 100.0 * found.rotation_share[k]
            low, high = 100.0 * found.rotation_share_interval[k]
            axes.plot([low, high], [place, place], color=DATA_COLOR, linewidth=1.6, solid_capstyle="butt")
            axes.plot(share, place, marker="o", markersize=4.0, color=DATA_COLOR, linestyle="none")
            axes.plot(
                100.0 * found.baseline_rotation_share[k], place, marker="|", markersize=11.0, markeredgewidth=1.4,
                color=BASELINE_COLOR, linestyle="none",
            )  # fmt: skip
        axes.set_yticks(range(len(known)), [found.kinds[k].replace("-", "\N{EN DASH}") for k in known])
        axes.set_ylim(len(known) - 0.4, -0.6)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("Share of rotation in the elongation [%]")
        handles = [
            Line2D([], [], color=DATA_COLOR, marker="o", markersize=4.0, label="found, 95 % interval"),
            Line2D([], [], color=BASELINE_COLOR, marker="|", markersize=9.0, markeredgewidth=1.4, linestyle="none",
                   label="bonds that follow the cell"),
        ]  # fmt: skip
        legend_above(axes, handles, own=own)
    return axes
