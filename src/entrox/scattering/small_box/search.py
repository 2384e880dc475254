"""The search of a small-box fit: least squares from the near shells outward, and what the fitted numbers are worth.

Units: angstrom, 1/angstrom, deg.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from entrox.core import InputError
from entrox.scattering.small_box.cell import SmallBoxCell, pairs_within
from entrox.scattering.small_box.model import SmallBoxModel, moved_cell
from entrox.scattering.small_box.parameters import LATTICE_SHARE, Parameter, box_parameters
from entrox.scattering.small_box.points import Points, Resolution
from entrox.scattering.small_box.result import SmallBoxFit
from entrox.scattering.small_box.symmetry import cell_symmetry, lattice_numbers

__all__ = ["fitted_box"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

APPROACH = (0.2, 0.45)
"""Parts of the range that are fitted first when the lattice is free."""
EARLY_GROUPS = ("scale", "lattice", "u", "u_site")
DERIVATIVE_SHARE = 1e-3
"""Step of numerical derivatives in units of the typical change of a number."""
STRONG_CORRELATION = 0.9
MOST_ITERATIONS = 200
NEAR_BOUND = 1e-3
LARGEST_RW = 0.4
"""Fits of the right structure to data of usual quality end below 0.3."""
CLOSE_ANGSTROM = 1.5
"""Atoms of an oxide or a metal are not nearer."""


@dataclass(frozen=True)
class _Search:
    """End of a search: values of all parameters, derivatives of the free ones, and how it went."""

    values: Floats
    slopes: Floats
    converged: bool
    n_evaluations: int
    message: str


def fitted_box(
    cell: SmallBoxCell,
    tilts: Sequence[tuple[str, Floats]],
    points: Points,
    resolution: Resolution,
    free: tuple[str, ...],
    start: Mapping[str, float],
    peak_in: str,
) -> SmallBoxFit:
    """Fit the cell to the points.

    Raises
    ------
    InputError
        If more is fitted than the points hold, or a name is unknown.
    """
    every = np.arange(len(cell.positions))
    reach = float(np.linalg.norm(cell.lattice, axis=1).max()) + 1.0
    shortest = pairs_within(cell.lattice, cell.positions, every, reach).shortest
    parameters = box_parameters(cell, free, start, shortest, tilts)
    orbits = _lasting_orbits(cell, parameters)
    worth = _independent(points, resolution)
    n_free = sum(one.free for one in parameters)
    if worth <= n_free:
        raise InputError(
            f"{n_free} numbers cannot be fitted to {worth:.1f} independent ones (range of r times Qmax / pi). Free "
            "less, or fit a wider range."
        )
    evaluations = 0
    if any(one.free and one.group == "lattice" for one in parameters):
        for share in APPROACH:
            near = _near(points, share)
            early = [replace(one, free=one.free and one.group in EARLY_GROUPS) for one in parameters]
            if _independent(near, resolution) > 2 * sum(one.free for one in early):
                found = _searched(_model(cell, early, orbits, near, resolution, peak_in), near)
                evaluations += found.n_evaluations
                parameters = tuple(
                    replace(one, start=float(value)) for one, value in zip(parameters, found.values, strict=True)
                )
    model = _model(cell, parameters, orbits, points, resolution, peak_in)
    found = _searched(model, points)
    return _result(model, points, resolution, replace(found, n_evaluations=evaluations + found.n_evaluations))


def _independent(points: Points, resolution: Resolution) -> float:
    """Independent numbers among the points: R Qmax / pi of what is left of the range."""
    count = int(points.used.sum())
    if resolution.qmax is None:
        return float(count)
    step = np.gradient(points.r)[points.used].sum()
    return min(float(count), float(step) * resolution.qmax / np.pi)


def _near(points: Points, share: float) -> Points:
    end = points.r[0] + share * (points.r[-1] - points.r[0])
    keep = points.r <= end
    return replace(points, r=points.r[keep], y=points.y[keep], weight=points.weight[keep], used=points.used[keep])


def _lasting_orbits(cell: SmallBoxCell, parameters: Sequence[Parameter]) -> Ints:
    """First of the sites that stay equivalent whatever the free numbers become: one of them is enough in the sum."""
    values = np.array([one.start for one in parameters])
    # A different push for every number, so that no two undo each other.
    pushes = {"lattice": 2.0, "positions": 10.0, "tilt": 8.0}
    for number, one in enumerate(parameters):
        if one.free and one.group in pushes:
            values[number] += pushes[one.group] * one.step * (1.0 + 0.37 * number % 1.0)
    lattice, positions = moved_cell(cell, parameters, values)
    return cell_symmetry(lattice, positions, cell.kinds).orbits


def _model(
    cell: SmallBoxCell,
    parameters: Sequence[Parameter],
    orbits: Ints,
    points: Points,
    resolution: Resolution,
    peak_in: str,
) -> SmallBoxModel:
    top = float(points.r[-1]) + resolution.margin()
    # Pairs that come into range when the cell shrinks are in the list from the beginning.
    stretch = 1.0 + LATTICE_SHARE if any(one.free and one.group == "lattice" for one in parameters) else 1.0
    lattice, positions = moved_cell(cell, parameters, np.array([one.start for one in parameters]))
    pairs = pairs_within(lattice, positions, orbits, stretch * top + 1.0)
    return SmallBoxModel(
        cell, parameters, pairs,
        top_angstrom=top, qmax_per_angstrom=resolution.qmax, window=resolution.window, peak_in=peak_in,
    )  # fmt: skip


def _searched(model: SmallBoxModel, points: Points) -> _Search:
    parameters = model.parameters
    values = np.array([one.start for one in parameters])
    free = np.flatnonzero([one.free for one in parameters])
    steps = np.array([parameters[i].step for i in free])
    low = np.array([parameters[i].low for i in free]) / steps
    high = np.array([parameters[i].high for i in free]) / steps
    root = np.sqrt(points.weight[points.used])
    r, y = points.r[points.used], points.y[points.used]
    evaluations = 0

    def residual(scaled: Floats) -> Floats:
        nonlocal evaluations
        evaluations += 1
        return np.asarray(root * (model(_with(values, free, scaled * steps), r) - y))

    def slopes(scaled: Floats) -> Floats:
        return _derivatives(residual, scaled, high)

    if not len(free):
        return _Search(values, np.zeros((len(r), 0)), True, evaluations, "nothing is free")
    first = np.clip(values[free] / steps, low, high)
    found = least_squares(
        residual, first, jac=slopes, bounds=(low, high), method="trf", x_scale=1.0, ftol=1e-8, xtol=1e-8, gtol=1e-8,
        max_nfev=MOST_ITERATIONS,
    )  # fmt: skip
    return _Search(
        values=_with(values, free, found.x * steps),
        slopes=np.asarray(found.jac) / steps,
        converged=bool(found.status > 0),
        n_evaluations=evaluations,
        message=str(found.message),
    )


def _with(values: Floats, free: NDArray[np.int64], new: Floats) -> Floats:
    changed = values.copy()
    changed[free] = new
    return changed


def _derivatives(function: Callable[[Floats], Floats], at: Floats, high: Floats) -> Floats:
    here = function(at)
    columns = []
    for number in range(len(at)):
        moved = at.copy()
        moved[number] += DERIVATIVE_SHARE if at[number] + DERIVATIVE_SHARE < high[number] else -DERIVATIVE_SHARE
        columns.append((function(moved) - here) / (moved[number] - at[number]))
    return np.stack(columns, axis=1)


def _result(model: SmallBoxModel, points: Points, resolution: Resolution, found: _Search) -> SmallBoxFit:
    parameters, values = model.parameters, found.values
    free = [number for number, one in enumerate(parameters) if one.free]
    calculated = model(values, points.r)
    off = np.sqrt(points.weight) * (points.y - calculated) * points.used
    norm = float((points.weight * points.y**2)[points.used].sum())
    rw, worth = float(np.sqrt(off @ off / norm)), _independent(points, resolution)
    names = tuple(parameters[i].name for i in free)
    covariance = _covariance(found.slopes, float(off @ off) / (worth - len(free)))
    errors = np.sqrt(np.diag(covariance)) if len(free) else np.empty(0)
    lattice = model.lattice(values)
    cell = model.cell
    return SmallBoxFit(
        names=names,
        units=tuple(parameters[i].unit for i in free),
        values=values[free],
        errors=errors,
        covariance=covariance,
        correlations=_strong(names, covariance, errors),
        derived={
            f"shift{one.name.removeprefix('tilt')}": float(0.5 * np.tan(np.radians(value)))
            for one, value in zip(parameters, values, strict=True)
            if one.group == "tilt"
        },
        fixed={one.name: float(v) for one, v in zip(parameters, values, strict=True) if not one.free},
        r=points.r,
        observed=points.y,
        calculated=calculated,
        fitted_point=points.used,
        rw=rw,
        n_points=int(points.used.sum()),
        n_independent=worth,
        qmax_per_angstrom=resolution.qmax,
        weighted=points.weighted,
        lattice=lattice,
        lattice_parameters=lattice_numbers(lattice),
        positions=model.positions(values),
        tensors=model.tensors(values),
        symbols=cell.symbols,
        labels=cell.labels,
        cells_per_edge=cell.repeats,
        number_density=cell.n_atoms / abs(float(np.linalg.det(lattice))),
        converged=found.converged,
        n_evaluations=found.n_evaluations,
        message=found.message,
        faults=_faults(model, values, rw),
        warnings=_warnings(model, values, errors, found),
    )


def _faults(model: SmallBoxModel, values: Floats, rw: float) -> tuple[str, ...]:
    """Say why the fit cannot be believed, if so."""
    found = []
    first = model.shortest(np.array([one.start for one in model.parameters]))
    shortest = model.shortest(values)
    if shortest < CLOSE_ANGSTROM:
        where = "of the structure that was given" if first < CLOSE_ANGSTROM else "of the fitted cell"
        found.append(f"two atoms {where} are {min(first, shortest):.3g} angstrom apart: check its coordinates")
    # a scale alone asks how well a structure fits as it is
    if rw > LARGEST_RW and any(one.free and one.group != "scale" for one in model.parameters):
        found.append(
            f"Rw {rw:.2g}: the curve is not that of the data. The structure is another one, or the search stopped "
            "beside the best fit: check coordinates and lattice, or begin nearer (start)"
        )
    return tuple(found)


def _covariance(slopes: Floats, variance: float) -> Floats:
    """Covariance of the free numbers; NaN for those that the data do not determine."""
    if not slopes.shape[1]:
        return np.zeros((0, 0))
    size = np.linalg.norm(slopes, axis=0)
    size[size == 0.0] = 1.0
    _, singular, directions = np.linalg.svd(slopes / size, full_matrices=False)
    good = singular > 1e-7 * singular[0]
    inverse = directions[good].T @ (directions[good] / singular[good, None] ** 2)
    covariance = variance * inverse / np.outer(size, size)
    lost = (np.abs(directions[~good]) > 1e-3).any(axis=0)
    covariance[lost] = np.nan
    covariance[:, lost] = np.nan
    return np.asarray(covariance)


def _strong(names: Sequence[str], covariance: Floats, errors: Floats) -> dict[tuple[str, str], float]:
    found = {}
    for i, one in enumerate(names):
        for j in range(i):
            value = covariance[i, j] / (errors[i] * errors[j]) if errors[i] * errors[j] > 0.0 else np.nan
            if abs(value) > STRONG_CORRELATION:
                found[names[j], one] = float(value)
    return found


def _warnings(model: SmallBoxModel, values: Floats, errors: Floats, found: _Search) -> tuple[str, ...]:
    notes = []
    if not found.converged:
        notes.append(f"the fit did not converge: {found.message}")
    fitted = [(one, value) for one, value in zip(model.parameters, values, strict=True) if one.free]
    for (one, value), error in zip(fitted, errors, strict=True):
        if min(value - one.low, one.high - value) < NEAR_BOUND * one.step:
            notes.append(f"{one.name} ended at its bound, {value:.4g} {one.unit}")
        if np.isnan(error):
            notes.append(f"{one.name} is not determined by the data")
    if model.narrowed(values):
        notes.append("a peak came out narrower than 0.01 angstrom and was drawn with that width: check U and delta")
    return tuple(notes)
