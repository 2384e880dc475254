r"""Laws of a positive quantity, such as a barrier, over another, such as an entropy, with the health of the fit.

power :math:`y = a x^b` (allometric), exponential :math:`y = a e^{bx}`, linear :math:`y = a + b x`, constant
:math:`y = a`, and monotone: the rising or falling sequence nearest to the points. Power and exponential are fitted by
least squares in y and in ln y, which weigh the points differently and disagree where the law does not hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from entrox.core import ConvergenceError, InputError, Result, check_all_positive, check_shape, quantity
from entrox.core.information_criterion import corrected_akaike
from entrox.core.student import NORMAL_95

__all__ = ["CURVED", "LAWS", "PARAMETERS", "LawFit", "design_matrix", "fit_law", "outer_function"]

Floats = NDArray[np.float64]

LAWS = ("power", "exponential", "linear", "constant", "monotone")
CURVED = ("power", "exponential")
PARAMETERS = {"power": ("a", "b"), "exponential": ("a", "b"), "linear": ("a", "b"), "constant": ("a",)}
STEPS, SMALL_STEP = 200, 1e-12
HIGH_QUANTILE = 0.975


@dataclass(frozen=True, kw_only=True)
class LawFit(Result):
    """One law fitted to points.

    Intervals are 95 %: normal where errors of the points are known, Student's where their scatter is all there is, and
    None where there is no spare point to estimate it from. ``aicc`` compares fits to the same points.
    """

    law: str
    target: Literal["y", "log y"]
    names: tuple[str, ...]
    parameters: Floats = quantity("of y, and of y per x", "parameters", axes=("parameter",))
    interval_low: Floats | None = quantity("as the parameters", "lower ends of the intervals", axes=("parameter",))
    interval_high: Floats | None = quantity("as the parameters", "upper ends of the intervals", axes=("parameter",))
    x: Floats = quantity("of x", "fitted points", axes=("point",))
    y: Floats = quantity("of y", "fitted values", axes=("point",))
    fitted: Floats = quantity("of y", "the law at the points", axes=("point",))
    covariance: Floats | None = quantity("1", "covariance of the parameters of the fit", axes=("row", "column"))
    half_width_factor: float | None = quantity("1", "half width of an interval in standard errors")
    n_parameters: int = quantity("1", "parameters of the law")
    degrees_of_freedom: int = quantity("1", "points minus parameters")
    chi_squared: float | None = quantity("1", "squared deviations in units of the known errors")
    rms_deviation: float = quantity("of y", "root mean square deviation of the points")
    aicc: float | None = quantity("1", "corrected Akaike criterion; None where the points are too few for it")
    warnings: tuple[str, ...] = ()

    @property
    def has_spare_point(self) -> bool:
        """Whether the points could have contradicted the law."""
        return self.degrees_of_freedom > 0


def fit_law(
    x: ArrayLike,
    y: ArrayLike,
    law: str = "power",
    *,
    relative_errors: ArrayLike | None = None,
    target: Literal["y", "log y"] = "y",
) -> LawFit:
    """Fit one law.

    Parameters
    ----------
    x
        Places, shape ``(n,)``; a power law leaves out x = 0, where it has no value, and says so.
    y
        Positive values, shape ``(n,)``.
    law
        One of :data:`LAWS`.
    relative_errors
        Standard errors over y, shape ``(n,)``; equal and unknown if not given.
    target
        Whether deviations of y or of ln y (power and exponential only) are made small.

    Raises
    ------
    InputError
        If there are fewer points than parameters, x is negative for a power, or y is not positive.
    ConvergenceError
        If the least squares in y do not end.

    Examples
    --------
    >>> fit = fit_law([0.5, 1.0, 2.0, 4.0], [4.0, 2.0, 1.0, 0.5])
    >>> fit.parameters.round(6).tolist(), fit.degrees_of_freedom
    ([2.0, -1.0], 2)
    """
    places, values, errors, notes = _checked(x, y, relative_errors, law, target)
    if law == "monotone":
        return _monotone(places, values, errors, notes)
    design = design_matrix(law, places)
    n, k = design.shape
    if n < k or np.linalg.matrix_rank(design) < k:
        raise InputError(f"a {law} law has {k} parameters; got {n} points at {len(set(places.tolist()))} places.")
    known = errors is not None
    relative = np.ones(n) if errors is None else errors
    found, covariance = _solve(law, design, values, relative if known else None, target)
    fitted = _law(law, design, found)
    deviation = np.log(values / fitted) if target == "log y" else (values - fitted) / (values if known else 1.0)
    squares = float(((deviation / relative) ** 2).sum())
    factor = NORMAL_95 if known else (float(stdtrit(n - k, HIGH_QUANTILE)) if n > k else None)
    if not known:
        covariance = covariance * (squares / (n - k)) if n > k else covariance
    if n == k:
        notes.append(f"the fit has no spare point: {n} points, {k} parameters; nothing could have contradicted it")
    ends = None if factor is None else factor * np.sqrt(np.diag(covariance))
    return LawFit(
        law=law,
        target=target,
        names=PARAMETERS[law],
        parameters=_shown(law, found),
        interval_low=None if ends is None else _shown(law, found - ends),
        interval_high=None if ends is None else _shown(law, found + ends),
        x=places,
        y=values,
        fitted=fitted,
        covariance=None if factor is None else covariance,
        half_width_factor=factor,
        n_parameters=k,
        degrees_of_freedom=n - k,
        chi_squared=squares if known else None,
        rms_deviation=float(np.sqrt(np.mean((values - fitted) ** 2))),
        aicc=_criterion(squares, values, k, target, known=known),
        warnings=tuple(notes),
    )


def _checked(
    x: ArrayLike, y: ArrayLike, relative_errors: ArrayLike | None, law: str, target: str
) -> tuple[Floats, Floats, Floats | None, list[str]]:
    if law not in LAWS or target not in ("y", "log y") or (target == "log y" and law not in CURVED):
        raise InputError(f"law must be one of {', '.join(LAWS)} (log y: {', '.join(CURVED)}); got {law!r}, {target!r}.")
    places = check_shape(x, (None,), "x")
    values = check_all_positive(check_shape(y, (len(places),), "y"), "y")
    errors = None
    if relative_errors is not None:
        errors = check_all_positive(check_shape(relative_errors, (len(places),), "relative_errors"), "relative_errors")
    notes: list[str] = []
    if law == "power":
        if (places < 0.0).any():
            raise InputError(f"a power law needs x >= 0; got {places.min():g}.")
        used = places > 0.0
        if not used.all():
            notes.append(f"a power law has no value at x = 0: {int((~used).sum())} of {len(used)} points left out")
        places, values, errors = places[used], values[used], None if errors is None else errors[used]
    if len(places) == 0:
        raise InputError("a law needs points; got none that can be used.")
    return places, values, errors, notes


def design_matrix(law: str, places: Floats) -> Floats:
    """Columns of which a law, or its logarithm if it is curved, is a linear combination, shape ``(n, parameters)``."""
    one = np.ones_like(places)
    if law == "constant":
        return one[:, None]
    return np.column_stack([one, np.log(places) if law == "power" else places])


def outer_function(law: str, linear: Floats) -> Floats:
    """Value of a law of that linear combination."""
    return np.exp(linear) if law in CURVED else linear


def _law(law: str, design: Floats, parameters: Floats) -> Floats:
    return outer_function(law, design @ parameters)


def _shown(law: str, parameters: Floats) -> Floats:
    """Parameters as the law is written: a itself, which curved laws are fitted by its logarithm."""
    return np.concatenate([np.exp(parameters[:1]), parameters[1:]]) if law in CURVED else parameters


def _solve(law: str, design: Floats, values: Floats, relative: Floats | None, target: str) -> tuple[Floats, Floats]:
    """Parameters and their covariance at unit variance of the weighted deviations."""
    if law not in CURVED:
        weight = np.ones_like(values) if relative is None else 1.0 / (relative * values)
        return _linear(design * weight[:, None], values * weight)
    weight = np.ones_like(values) if relative is None else 1.0 / relative
    found, covariance = _linear(design * weight[:, None], np.log(values) * weight)
    if target == "log y":
        return found, covariance
    weight = np.ones_like(values) if relative is None else 1.0 / (relative * values)
    return _gauss_newton(design, values, weight, found)


def _linear(matrix: Floats, target: Floats) -> tuple[Floats, Floats]:
    found = np.linalg.lstsq(matrix, target, rcond=None)[0]
    return np.asarray(found), np.asarray(np.linalg.inv(matrix.T @ matrix))


def _gauss_newton(design: Floats, values: Floats, weight: Floats, start: Floats) -> tuple[Floats, Floats]:
    """Least squares of exp(design p), with halved steps where the sum of squares would rise."""
    found, model = start, np.exp(design @ start)
    squares = float(((weight * (values - model)) ** 2).sum())
    for _ in range(STEPS):
        slope = design * (weight * model)[:, None]
        step = np.linalg.lstsq(slope, weight * (values - model), rcond=None)[0]
        for _ in range(60):
            trial = np.exp(design @ (found + step))
            new = float(((weight * (values - trial)) ** 2).sum())
            if new <= squares:
                break
            step = 0.5 * step
        found, model, squares = found + step, trial, new
        if np.abs(step).max() <= SMALL_STEP * (1.0 + np.abs(found).max()):
            slope = design * (weight * model)[:, None]
            return found, np.asarray(np.linalg.inv(slope.T @ slope))
    raise ConvergenceError(f"the least squares in y did not end in {STEPS} steps; fit in log y.", found)


def _criterion(squares: float, values: Floats, k: int, target: str, *, known: bool) -> float | None:
    """AICc in y: normal errors in y, or the log-normal ones that least squares in ln y stand for."""
    n = len(values)
    if known:
        return corrected_akaike(squares, n, k)
    if squares <= n * (1e-14 * float(np.abs(values).max())) ** 2:  # the law passes through the points
        return None
    jacobian = 2.0 * float(np.log(values).sum()) if target == "log y" else 0.0
    return corrected_akaike(n * math.log(squares / n) + jacobian, n, k + 1)


def _monotone(places: Floats, values: Floats, errors: Floats | None, notes: list[str]) -> LawFit:
    from scipy.optimize import isotonic_regression

    order = np.argsort(places, kind="stable")
    weights = np.ones(len(values)) if errors is None else (errors * values) ** -2.0
    best, squares = values, math.inf
    for increasing in (True, False):
        level = np.asarray(isotonic_regression(values[order], weights=weights[order], increasing=increasing).x)
        sum_of_squares = float((weights[order] * (values[order] - level) ** 2).sum())
        if sum_of_squares < squares:
            best, squares, direction = level, sum_of_squares, "rising" if increasing else "falling"
    fitted = np.empty_like(values)
    fitted[order] = best
    levels = 1 + int((np.diff(best) != 0.0).sum())
    notes = [*notes, f"{direction} with {levels} levels at {len(values)} points"]
    return LawFit(
        law="monotone", target="y", names=(), parameters=np.empty(0), interval_low=None, interval_high=None,
        x=places, y=values, fitted=fitted, covariance=None, half_width_factor=None, n_parameters=levels,
        degrees_of_freedom=len(values) - levels, chi_squared=None if errors is None else squares,
        rms_deviation=float(np.sqrt(np.mean((values - fitted) ** 2))),
        aicc=_criterion(squares, values, levels, "y", known=errors is not None), warnings=tuple(notes),
    )  # fmt: skip
