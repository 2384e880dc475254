"""Leakage of a film: which law of conduction its current over field follows, and whether that can be told.

Fits on ln J for each polarity and direction of the sweep; the laws are compared by AICc, and what their parameters
mean is held against physics afterwards. A law outside physics keeps its flag and is selected, with it, only if no other
describes the points.
Fields in V/m, current densities in A/m2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_in_range, check_shape
from entrox.core.errors import InputError
from entrox.core.information_criterion import DISTINGUISHABLE, corrected_akaike
from entrox.core.linear_fit import LinearFit, fit_linear
from entrox.core.result import Result, quantity
from entrox.film.leakage_models import LINES, MODELS, Capacitor, FittedLine, Line
from entrox.film.leakage_regimes import SMALLEST_STRETCH, find_partitions

__all__ = ["LeakageBranch", "LeakageModel", "LeakageRegime", "fit_leakage", "leakage_branches"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
_NEIGHBORS = 2
_ROUNDING = 1e-24
POOR_SCATTER = 2.0
"""A law around which ln J scatters by more than this times the least scatter does not describe the points."""
ROUNDED_SCATTER = 1e-9


@dataclass(frozen=True, kw_only=True)
class LeakageModel(Result):
    """One law fitted to one stretch of fields."""

    name: str
    aicc: float = quantity("1", "corrected criterion of Akaike, smaller is better")
    parameters: Mapping[str, float]
    errors: Mapping[str, float]
    standard_errors: tuple[float, ...] = quantity("1", "standard errors of constant and slope of the line")
    coefficients: tuple[float, ...] = quantity("1", "constant and slope of the line in ln J")
    optical_permittivity: float | None = quantity("1", "optical permittivity of the slope")
    optical_permittivity_error: float | None = quantity("1", "its standard error")
    optical_permittivity_range: tuple[float, float] | None = quantity("1", "the same over the compensation of 2 to 1")
    scatter: float = quantity("1", "root mean square of ln J around the law")
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LeakageRegime(Result):
    """A stretch of fields with its law."""

    low_v_per_m: float = quantity("V/m", "lowest field")
    high_v_per_m: float = quantity("V/m", "highest field")
    n_points: int = quantity("1", "number of points")
    model: LeakageModel


@dataclass(frozen=True, kw_only=True)
class LeakageBranch(Result):
    """One polarity and direction of a curve: laws over the whole of it, and its regimes."""

    name: str
    field: Floats = quantity("V/m", "size of the field", axes=("point",))
    current_density: Floats = quantity("A/m2", "size of the current density", axes=("point",))
    exponent: Floats = quantity("1", "local exponent d ln J / d ln E", axes=("point",))
    models: tuple[LeakageModel, ...]
    selected: str
    distinguishable: bool
    verdict: str
    regimes: tuple[LeakageRegime, ...]
    regimes_aicc: float = quantity("1", "criterion of the regimes together")
    n_masked: int = quantity("1", "points left out: no current, wrong sign, or below the floor")


def leakage_branches(field_v_per_m: ArrayLike) -> list[tuple[str, NDArray[np.intp]]]:
    """Split a sweep at its turning points and sign changes; names are like ``positive up``.

    Parameters
    ----------
    field_v_per_m
        Fields in the order in which they were applied, shape ``(n,)``.

    Returns
    -------
    list
        Names and the indices of their points; equal names of later cycles are joined. Fields of zero are left out.
    """
    field = check_shape(field_v_per_m, (None,), "field_v_per_m")
    size = np.abs(field)
    steps = np.sign(np.diff(size))
    rising = np.ones(len(field))
    if len(steps):
        known = steps[steps != 0.0]
        last = float(known[0]) if len(known) else 1.0
        for index, step in enumerate(steps):
            last = float(step) if step != 0.0 and field[index] * field[index + 1] >= 0.0 else last
            rising[index + 1] = last if field[index] * field[index + 1] > 0.0 or step > 0.0 else 1.0
        rising[0] = rising[1]
    found = []
    for polarity, sign in (("positive", 1.0), ("negative", -1.0)):
        for direction, way in (("up", 1.0), ("down", -1.0)):
            points = np.flatnonzero((np.sign(field) == sign) & (rising == way))
            if len(points):
                found.append((f"{polarity} {direction}", points))
    return found


def fit_leakage(
    field_v_per_m: ArrayLike,
    current_density_a_per_m2: ArrayLike,
    capacitor: Capacitor,
    *,
    models: Sequence[str] = MODELS,
    floor_a_per_m2: float = 0.0,
    relative_error: ArrayLike | None = None,
    name: str = "all",
) -> LeakageBranch:
    """Fit the laws to one branch, over all of it and in regimes.

    Parameters
    ----------
    field_v_per_m, current_density_a_per_m2
        Shape ``(n,)``; both of one sign.
    capacitor
        Thickness, temperature, and what opens the gates.
    models
        Names of :data:`~entrox.film.leakage_models.LINES`.
    floor_a_per_m2
        Smaller currents are noise of the instrument and left out.
    relative_error
        Of each current, shape ``(n,)``; without it the scatter is fitted.
    name
        Of the branch.

    Raises
    ------
    InputError
        If a model is unknown, or fewer than eight points are left.

    Examples
    --------
    >>> field = np.linspace(1e7, 1e8, 30)
    >>> found = fit_leakage(field, 1e-9 * field, Capacitor(400e-9, 300.0), models=["ohmic", "space-charge"])
    >>> found.selected, found.distinguishable
    ('ohmic', True)
    """
    unknown = [item for item in models if item not in LINES]
    if unknown or not models:
        raise InputError(f"models must be among {', '.join(LINES)}; got {', '.join(unknown) or 'none'}.")
    field, current, weights, masked = _usable(
        field_v_per_m, current_density_a_per_m2, relative_error, check_in_range(floor_a_per_m2, "floor_a_per_m2", low=0)
    )
    if np.ptp(field) <= 0.0:
        raise InputError(f"all points have one field, {field[0]:g} V/m: no law can be told. Sweep the field.")
    known = relative_error is not None
    logs = np.log(current)
    fitted = [_fit_model(item, field, logs, weights, capacitor, known=known) for item in dict.fromkeys(models)]
    fitted.sort(key=lambda item: item.aicc)
    selected, distinguishable, verdict = _choose(fitted)
    partitions = find_partitions(field, logs, weights, tuple(dict.fromkeys(models)), known_scatter=known)
    best = min(partitions, key=lambda item: item.aicc)
    simpler = [item for item in partitions if item.aicc - best.aicc < DISTINGUISHABLE]
    best = min(simpler, key=lambda item: len(item.stretches))
    regimes = tuple(
        LeakageRegime(
            low_v_per_m=float(field[first]), high_v_per_m=float(field[end - 1]), n_points=end - first,
            model=_fit_model(law, field[first:end], logs[first:end], weights[first:end], capacitor, known=known),
        )
        for first, end, law in best.stretches
    )  # fmt: skip
    return LeakageBranch(
        name=name, field=field, current_density=current, exponent=local_exponent(field, logs), models=tuple(fitted),
        selected=selected, distinguishable=distinguishable, verdict=verdict, regimes=regimes, regimes_aicc=best.aicc,
        n_masked=masked,
    )  # fmt: skip


def _usable(
    field_v_per_m: ArrayLike, current: ArrayLike, relative_error: ArrayLike | None, floor: float
) -> tuple[Floats, Floats, Floats, int]:
    field = check_shape(field_v_per_m, (None,), "field_v_per_m")
    density = check_shape(current, (len(field),), "current_density_a_per_m2")
    error = (
        np.ones_like(field) if relative_error is None else check_shape(relative_error, field.shape, "relative_error")
    )
    if (error <= 0.0).any():
        raise InputError(f"relative_error must be > 0; got {error.min():g}. Leave it out to have the scatter fitted.")
    size = np.abs(density)
    good = (field * density > 0.0) & (size > floor)
    if int(good.sum()) < SMALLEST_STRETCH:
        raise InputError(
            f"only {int(good.sum())} of {len(field)} points have a current in the direction of the field above the "
            f"floor of {floor:g} A/m2; at least {SMALLEST_STRETCH} are needed. Lower the floor, or check the signs."
        )
    order = np.argsort(np.abs(field[good]), kind="stable")
    return np.abs(field[good])[order], size[good][order], error[good][order] ** -2.0, int((~good).sum())


def local_exponent(field: Floats, log_current: Floats) -> Floats:
    """Slope d ln J / d ln E at each point, from a line through five neighbors; NaN where they share one field."""
    logs = np.log(field)
    found = np.full(len(field), np.nan)
    for index in range(len(field)):
        first = min(max(index - _NEIGHBORS, 0), max(len(field) - 2 * _NEIGHBORS - 1, 0))
        part = slice(first, first + 2 * _NEIGHBORS + 1)
        x = logs[part] - logs[part].mean()
        if float(x @ x) > 1e-18:
            found[index] = float(x @ log_current[part]) / float(x @ x)
    return found


def line_columns(line: Line, field: Floats) -> Floats:
    """Columns of the linear fit of a law, shape ``(n, n_parameters)``."""
    ones = np.ones_like(field)
    return ones[:, None] if line.slope is None else np.column_stack([ones, line.slope(field)])


def _fit_model(
    name: str, field: Floats, logs: Floats, weights: Floats, capacitor: Capacitor, *, known: bool
) -> LeakageModel:
    line = LINES[name]
    root = np.sqrt(weights)
    found: LinearFit = fit_linear(root[:, None] * line_columns(line, field), root * (logs - line.power * np.log(field)))
    n, k = len(field), line.n_parameters
    chi2 = float(found.residuals @ found.residuals)
    variance = max(chi2 / n, _ROUNDING)
    aicc = corrected_akaike(chi2, n, k) if known else corrected_akaike(n * float(np.log(variance)), n, k + 1)
    assert aicc is not None  # at least eight points
    constant = float(found.coefficients[0])
    slope = (float(found.coefficients[1]), float(found.standard_errors[1])) if k == 2 else (0.0, 0.0)
    reading = line.read(FittedLine(constant, float(found.standard_errors[0]), *slope), capacitor)
    optical = reading.optical_permittivity
    # the permittivity goes as one over the square of the slope
    optical_error = None if optical is None else 2.0 * optical[1] * slope[1] / slope[0]
    return LeakageModel(
        name=name, aicc=aicc, parameters=dict(reading.parameters), errors=dict(reading.errors),
        standard_errors=tuple(float(item) for item in found.standard_errors),
        coefficients=tuple(float(item) for item in found.coefficients),
        optical_permittivity=None if optical is None else optical[1], optical_permittivity_error=optical_error,
        optical_permittivity_range=optical,
        scatter=float(np.sqrt(np.mean((found.residuals / root) ** 2))), flags=reading.flags,
    )  # fmt: skip


def _choose(fitted: Sequence[LeakageModel]) -> tuple[str, bool, str]:
    """Selected law, whether it can be told from the next one of its kind, and the verdict in words.

    A law outside physics is taken, with its flag, only where those within physics do not describe the points at all:
    that a straight line through a bent curve has sound parameters does not make it the mechanism.
    """
    closest = min(item.scatter for item in fitted)
    allowed = [item for item in fitted if not item.flags and item.scatter <= POOR_SCATTER * closest + ROUNDED_SCATTER]
    ranked = allowed or list(fitted)
    first = ranked[0]
    others = [item.name for item in ranked[1:] if item.aicc - first.aicc < DISTINGUISHABLE]
    words = f"not distinguishable: {', '.join([first.name, *others])}" if others else first.name
    if not allowed:
        words += f"; flagged: {'; '.join(first.flags)}"
    better = [item for item in fitted if item.flags and first.aicc - item.aicc >= DISTINGUISHABLE]
    if allowed and better:
        words += f"; {better[0].name} lies closer to the points, but: {'; '.join(better[0].flags)}"
    return first.name, not others, words
