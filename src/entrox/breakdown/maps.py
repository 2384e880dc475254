r"""Maps over a plane: electron density, field of the excited clouds, and applied field, at chosen states of a ramp.

The clouds' field is the superposition :math:`E(r) = \sum_s N_s e_s(r)` of the unit responses of the ions near r, the
same that the bond energies are made of; the density is that of the Gaussian clouds. The applied field with the
distortion by the conducting cluster is known at the ions; between them it is interpolated.
Units: V/m, angstrom, e/angstrom^2.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

from entrox.breakdown.avalanche import advance, advance_to_end
from entrox.breakdown.bonds import BondForms
from entrox.breakdown.calibration import PERMITTIVITY
from entrox.breakdown.field import ChargePattern, unit_response
from entrox.breakdown.lattice import Sample, cell_grid
from entrox.breakdown.settings import AvalancheSettings, SampleProperties
from entrox.breakdown.state import AvalancheState, initial_state
from entrox.core import InputError, Result, check_finite, check_in_range, check_positive, quantity
from entrox.core.units import METER_PER_ANGSTROM

__all__ = ["PlaneGrid", "Snapshot", "density_map", "field_map", "plane_grid", "record_snapshots", "site_map"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_Part = Callable[[Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class PlaneGrid(Result):
    """Regular grid over a plane; maps have the shape ``(..., n_across, n_along)``."""

    across: Floats = quantity("angstrom", "position across the field", axes=("across",))
    along: Floats = quantity("angstrom", "position along the field", axes=("along",))

    @property
    def cell_area(self) -> float:
        """Area of one point of the grid [angstrom^2]."""
        return float((self.across[1] - self.across[0]) * (self.along[1] - self.along[0]))


@dataclass(frozen=True, kw_only=True)
class Snapshot(Result):
    """One state of a ramp."""

    applied_field: float = quantity("V/m", "applied field")
    broken: Ints = quantity("1", "broken bonds in their order", axes=("event",))
    densities: Floats = quantity("e/angstrom^d", "peak density of the excited cloud of every ion", axes=("site",))
    bulk_densities: Floats = quantity("e/angstrom^d", "the same of the ions beyond the electrodes", axes=("basis",))
    local_field: Floats = quantity("V/m", "applied field at every ion, with the cluster's distortion", axes=("site",))
    potential: Floats | None = quantity(
        "1", "potential of the applied field over the voltage; None where the field is not distorted", axes=("site",)
    )


def plane_grid(
    sample: Sample, step: float = 0.2, *, window: tuple[float, float, float, float] | None = None
) -> PlaneGrid:
    """Grid of midpoints over a sample, its whole periodic width and half a bond beyond the outermost ions.

    Parameters
    ----------
    sample
        Sample of a plane.
    step
        Largest distance of the points [angstrom].
    window
        (left, right, bottom, top) [angstrom] instead of the whole sample.
    """
    check_positive(step, "step", "angstrom")
    if window is None:
        left = float(sample.positions[:, 0].min())
        margin = float(np.abs(sample.lattice.bond_vectors[:, -1]).max()) / 2
        low, high = float(sample.positions[:, -1].min()), float(sample.positions[:, -1].max())
        window = (left, left + _width(sample), low - margin, high + margin)
    if not (window[0] < window[1] and window[2] < window[3]):
        raise InputError(f"window must be (left, right, bottom, top) with left < right, bottom < top; got {window}.")
    axes = []
    for start, stop in (window[:2], window[2:]):
        count = max(int(np.ceil((stop - start) / step - 1e-9)), 2)
        axes.append(start + (stop - start) * (np.arange(count) + 0.5) / count)
    return PlaneGrid(across=axes[0], along=axes[1])


def density_map(
    sample: Sample,
    densities: ArrayLike,
    patterns: Mapping[str, ChargePattern],
    grid: PlaneGrid,
    *,
    bulk_densities: ArrayLike | None = None,
) -> Floats:
    """Density of excited electrons over a plane.

    Parameters
    ----------
    sample
        Sample of a plane, periodic across the field.
    densities
        Peak density at every ion, shape ``(..., n_sites)`` [e/angstrom^2], from ``AvalancheState.densities`` or a
        :class:`Snapshot`; leading axes are states.
    patterns
        Patterns by kind of ion.
    grid
        Where.
    bulk_densities
        Peak densities of the ions beyond the electrodes by site of the lattice, shape ``(..., n_basis)``; none of
        them, if not given.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n_across, n_along)`` [e/angstrom^2]; a cloud holds 2 pi width^2 times its peak density electrons.
    """

    def cloud(pattern: ChargePattern) -> _Part:
        width = pattern.cloud_width
        return lambda offset: np.asarray(np.exp(-(offset**2).sum(-1, keepdims=True) / (2.0 * width**2)))

    parts = {kind: (cloud(pattern), 6.0 * pattern.cloud_width) for kind, pattern in patterns.items()}
    return _superpose(sample, densities, bulk_densities, parts, grid, 1)[..., 0]


def field_map(
    sample: Sample,
    densities: ArrayLike,
    patterns: Mapping[str, ChargePattern],
    grid: PlaneGrid,
    *,
    bulk_densities: ArrayLike | None = None,
    permittivity: float = PERMITTIVITY,
) -> Floats:
    """Electric field of the excited clouds and their holes over a plane, without the applied field.

    Parameters
    ----------
    sample, densities, patterns, grid, bulk_densities
        As in :func:`density_map`.
    permittivity
        Relative permittivity, uniform; by default that of the calibration.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n_across, n_along, 2)`` [V/m], components across and along the field.
    """
    kinds = set(sample.lattice.kinds) & set(patterns)
    responses = {kind: unit_response(patterns[kind], permittivity, sample.lattice.spacing) for kind in kinds}
    parts = {kind: (response, response.reach) for kind, response in responses.items()}
    return np.asarray(_superpose(sample, densities, bulk_densities, parts, grid, 2) / METER_PER_ANGSTROM)


def _superpose(
    sample: Sample,
    densities: ArrayLike,
    bulk_densities: ArrayLike | None,
    parts: Mapping[str, tuple[_Part, float]],
    grid: PlaneGrid,
    components: int,
) -> Floats:
    """Sum over ions of density times part, shape ``(..., n_across, n_along, components)``; images across the field."""
    amounts, positions, kinds = _ions(sample, densities, bulk_densities)
    missing = sorted(set(kinds) - set(parts))
    if missing:
        raise InputError(f"patterns must name the kinds {sorted(set(kinds))}; {', '.join(missing)} is missing.")
    width = _width(sample)
    total = np.zeros((*amounts.shape[:-1], len(grid.across), len(grid.along), components))
    for site, (position, kind) in enumerate(zip(positions, kinds, strict=True)):
        part, reach = parts[kind]
        first = int(np.ceil((grid.across[0] - reach - position[0]) / width))
        last = int(np.floor((grid.across[-1] + reach - position[0]) / width))
        rows = slice(*np.searchsorted(grid.along, [position[1] - reach, position[1] + reach]))
        for image in range(first, last + 1):
            place = position[0] + image * width
            columns = slice(*np.searchsorted(grid.across, [place - reach, place + reach]))
            x, y = grid.across[columns] - place, grid.along[rows] - position[1]
            if x.size == 0 or y.size == 0:
                continue
            values = part(np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1))
            total[..., columns, rows, :] += amounts[..., site, None, None, None] * values
    return total


def _ions(
    sample: Sample, densities: ArrayLike, bulk_densities: ArrayLike | None
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Densities, positions and kinds of the sample's ions and of three rows beyond each electrode."""
    lattice = sample.lattice
    if lattice.dimension != 2:
        raise InputError(f"maps are drawn over a plane; the lattice {lattice.label} has dimension {lattice.dimension}.")
    amounts = check_finite(densities, "densities")
    if amounts.shape[-1:] != (len(sample.positions),):
        raise InputError(f"densities must have one value per site, {len(sample.positions)}, last; got {amounts.shape}.")
    kinds = tuple(lattice.kinds[basis] for basis in sample.basis_site)
    if bulk_densities is None:
        return amounts, sample.positions, kinds
    bulk = check_finite(bulk_densities, "bulk_densities")
    if bulk.shape != (*amounts.shape[:-1], len(lattice.kinds)):
        raise InputError(f"bulk_densities must have shape (..., {len(lattice.kinds)}); got {bulk.shape}.")
    across, along = sample.cells
    cells = np.concatenate([cell_grid(range(across), range(-3, 0)), cell_grid(range(across), range(along, along + 3))])
    beyond = (cells @ lattice.cell)[:, None, :] + lattice.positions[None]
    return (
        np.concatenate([amounts, np.tile(bulk, len(cells))], axis=-1),
        np.concatenate([sample.positions, beyond.reshape(-1, 2)]),
        kinds + lattice.kinds * len(cells),
    )


def _width(sample: Sample) -> float:
    """Periodic width of a plane [angstrom]."""
    return float(sample.cells[0] * np.linalg.norm(sample.lattice.cell[0]))


def site_map(sample: Sample, values: ArrayLike, grid: PlaneGrid) -> Floats:
    """Interpolate what is known at the bonded ions linearly over a plane; constant beyond the outermost ions.

    Parameters
    ----------
    sample
        Sample of a plane.
    values
        One value per site, shape ``(n_sites,)``, such as local field or potential.
    grid
        Where.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_across, n_along)``, in the unit of the values.
    """
    known = check_finite(values, "values")
    if known.shape != (len(sample.positions),):
        raise InputError(f"values must have shape ({len(sample.positions)},), one per site; got {known.shape}.")
    bonded = np.unique(sample.bonds)
    shift = np.array([_width(sample), 0.0])
    places = np.concatenate([sample.positions[bonded] + turn * shift for turn in (-1, 0, 1)])
    repeated = np.tile(known[bonded], 3)
    points = np.stack(np.meshgrid(grid.across, grid.along, indexing="ij"), axis=-1)
    inside = np.asarray(LinearNDInterpolator(places, repeated)(points))
    nearest = np.asarray(NearestNDInterpolator(places, repeated)(points))
    return np.where(np.isfinite(inside), inside, nearest)


def record_snapshots(
    sample: Sample,
    forms: BondForms,
    properties: SampleProperties,
    patterns: Mapping[str, ChargePattern],
    settings: AvalancheSettings,
    rng: np.random.Generator,
    *,
    before: float = 0.9,
    shares: Sequence[float] = (0.5,),
) -> tuple[Snapshot, ...]:
    """Record a ramp before the onset, at the onset, while the front grows, and one attempt before the channel spans.

    Parameters
    ----------
    sample, forms, properties, patterns, settings, rng
        As for ``run_avalanche``, whose path these are the states of.
    before
        The first state, at this part of the onset field.
    shares
        States at these parts of the rise from onset to breakdown, in (0, 1).

    Raises
    ------
    InputError
        If a share is out of range, or no bond breaks below the maximum field.
    """
    check_in_range(before, "before", low=0.0, high=1.0)
    for share in shares:
        check_in_range(share, "share of the rise", low=0.0, high=1.0, low_open=True, high_open=True)

    def begin() -> AvalancheState:
        return initial_state(sample, forms, properties, patterns, settings, copy.deepcopy(rng))

    state = begin()
    if state.n_broken == 0:
        raise InputError(f"no bond breaks below the maximum field, {settings.maximum_field / 1e6:g} MV/m. Raise it.")
    onset = state.applied_field
    # One run tells how long the front travels, a second one stops on its way.
    total = round((advance_to_end(begin(), settings).applied_field - onset) / settings.field_step)
    early = _untouched(state, before), _snapshot(state)
    stops = [*(max(round(share * total), 1) for share in shares), max(total - 1, 0)]
    reached, found = 0, {}
    for stop in sorted(set(stops)):
        found[stop] = _snapshot(advance(state, settings, stop - reached))
        reached = stop
    return *early, *(found[stop] for stop in stops)


def _snapshot(state: AvalancheState) -> Snapshot:
    return Snapshot(
        applied_field=state.applied_field,
        broken=state.order,
        densities=state.densities(),
        bulk_densities=state.bulk_densities(),
        local_field=state.local_fields(),
        potential=None if state.laplace is None else state.laplace.potential,
    )


def _untouched(start: AvalancheState, part: float) -> Snapshot:
    """Return the ramp at ``part`` of its onset field, before anything broke."""
    medium = start.medium._replace(seeds=start.initial_seeds, surplus=np.zeros_like(start.medium.surplus))
    laplace = None if start.laplace is None else start.laplace._replace(
        potential=start.laplace.bare, factor=np.ones_like(start.laplace.factor)
    )  # fmt: skip
    untouched = copy.copy(start)
    untouched.medium, untouched.laplace = medium, laplace
    untouched.applied_field = part * start.onset_field
    found = _snapshot(untouched)
    return replace(found, broken=np.zeros(0, dtype=np.int64))
