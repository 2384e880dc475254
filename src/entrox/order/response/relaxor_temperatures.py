r"""Characteristic temperatures of relaxors: the Burns temperature by named estimators, the Vogel-Fulcher law.

.. math:: \tau = \tau_0 \exp \frac{E_a}{k_\mathrm{B} (T - T_f)}

Units: K, eV, s.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar

from entrox.core import InputError, Result, check_all_positive, check_integer, check_shape, quantity
from entrox.core.units import BOLTZMANN_EV_PER_K

__all__ = ["BurnsTemperature", "VogelFulcher", "burns_temperature", "vogel_fulcher"]

Floats = NDArray[np.float64]
Estimator = Literal["curie_weiss", "local"]

ERRORS = 3.0
"""Standard errors that count as a difference."""
FEWEST_TEMPERATURES = 4
"""Of a Vogel-Fulcher fit, which has three parameters."""


@dataclass(frozen=True, kw_only=True)
class BurnsTemperature(Result):
    """Temperature below which local polarization appears; what that means is the estimator's."""

    estimator: str
    temperature_k: float | None = quantity("K", "Burns temperature; None if the rows show none")
    next_k: float | None = quantity("K", "next hotter row, which does not show it yet; None at the end of the rows")
    curie_weiss_k: float | None = quantity("K", "temperature where the fitted line is zero")
    curie_constant_k: float | None = quantity("K", "inverse slope of the fitted line")
    n_hot: int | None = quantity("1", "hottest rows that the line was fitted to")
    deviations: Floats = quantity("standard errors", "distance from the line, or q in its errors", axes=("row",))
    warnings: tuple[str, ...] = ()


def burns_temperature(
    temperature_k: ArrayLike,
    values: ArrayLike,
    errors: ArrayLike,
    estimator: Estimator,
    n_hot: int | None = None,
) -> BurnsTemperature:
    """Burns temperature by a named estimator; the two do not agree in general and must not share a column.

    Parameters
    ----------
    temperature_k
        Shape ``(n,)``, in any order, each once.
    values
        ``"curie_weiss"``: the inverse susceptibility; ``"local"``: the Edwards-Anderson q of local vectors.
    errors
        Standard errors of the values, shape ``(n,)``, > 0.
    estimator
        ``"curie_weiss"``: highest temperature at which 1/chi leaves the line through the hottest rows by more than
        three errors, there and at the next colder row. The error of the line counts. ``"local"``: highest temperature
        with q above three errors.
    n_hot
        Rows that the line is fitted to; by default a third of them, at least four.

    Raises
    ------
    InputError
        If shapes disagree, an error is not positive, the estimator is unknown, or too few rows are left below the line.
    """
    t = check_shape(temperature_k, (None,), "temperature_k")
    y = check_shape(values, t.shape, "values")
    e = check_all_positive(check_shape(errors, t.shape, "errors"), "errors")
    if len(np.unique(t)) != len(t):
        raise InputError("each temperature may occur once; average rows of one temperature first.")
    order = np.argsort(-t)
    t, y, e = t[order], y[order], e[order]
    if estimator == "local":
        return _local(t, y / e)
    if estimator != "curie_weiss":
        raise InputError(f'estimator must be "curie_weiss" or "local"; got {estimator!r}.')
    hot = max(4, len(t) // 3) if n_hot is None else check_integer(n_hot, "n_hot", low=3)
    if len(t) < hot + 2:
        raise InputError(f"a line through {hot} rows needs at least two colder ones; got {len(t)} rows in all.")
    return _curie_weiss(t, y, e, hot)


def _local(t: Floats, deviations: Floats) -> BurnsTemperature:
    """Rows from hot to cold."""
    above = np.flatnonzero(deviations > ERRORS)
    first = int(above[0]) if len(above) else None
    warnings = []
    if first is None:
        warnings.append("q is nowhere above three errors: no Burns temperature in these rows.")
    elif first == 0:
        warnings.append("q is above three errors in the hottest row: the Burns temperature lies higher.")
    elif first + 1 < len(t) and deviations[first + 1] <= ERRORS:
        warnings.append("the next colder row is within three errors again: the temperature rests on one row.")
    return BurnsTemperature(
        estimator="local",
        temperature_k=None if first is None else float(t[first]),
        next_k=float(t[first - 1]) if first else None,
        curie_weiss_k=None,
        curie_constant_k=None,
        n_hot=None,
        deviations=deviations,
        warnings=tuple(warnings),
    )


def _curie_weiss(t: Floats, y: Floats, e: Floats, hot: int) -> BurnsTemperature:
    """Rows from hot to cold; weighted line through the first ``hot``."""
    center = float(t[:hot].mean())
    columns = np.stack([np.ones_like(t), t - center], axis=1)
    weighted = columns[:hot] / e[:hot, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    offset, slope = covariance @ weighted.T @ (y[:hot] / e[:hot])
    line_error = np.sqrt(np.einsum("ni,ij,nj->n", columns, covariance, columns))
    deviations = (y - columns @ np.array([offset, slope])) / np.hypot(e, line_error)
    leaves = np.abs(deviations) > ERRORS
    pairs = np.flatnonzero(leaves[hot:-1] & leaves[hot + 1 :]) + hot
    first = int(pairs[0]) if len(pairs) else None
    warnings = []
    if first is None:
        warnings.append("1/chi stays within three errors of its line: no Burns temperature in these rows.")
    elif first == hot:
        warnings.append("the first row below the fitted ones leaves the line: it may leave it higher. Add hotter rows.")
    if slope <= 0:
        warnings.append("1/chi does not rise with temperature in the hottest rows: there is no Curie-Weiss law.")
    return BurnsTemperature(
        estimator="curie_weiss",
        temperature_k=None if first is None else float(t[first]),
        next_k=None if first is None else float(t[first - 1]),
        curie_weiss_k=center - float(offset / slope) if slope > 0 else None,
        curie_constant_k=1.0 / float(slope) if slope > 0 else None,
        n_hot=hot,
        deviations=deviations,
        warnings=tuple(warnings),
    )


@dataclass(frozen=True, kw_only=True)
class VogelFulcher(Result):
    """Fit of relaxation times that grow faster than by activation."""

    freezing_k: float = quantity("K", "freezing temperature T_f")
    activation_ev: float = quantity("eV", "activation energy")
    attempt_s: float = quantity("s", "attempt time tau_0")
    freezing_error_k: float = quantity("K", "standard error of T_f")
    activation_error_ev: float = quantity("eV", "standard error of the activation energy")
    rms_log: float = quantity("1", "root mean square residual of ln tau")
    rms_log_arrhenius: float = quantity("1", "the same for the plain Arrhenius law, T_f = 0")
    n_temperatures: int = quantity("1", "temperatures")
    at_bound: bool
    warnings: tuple[str, ...] = ()


def vogel_fulcher(temperature_k: ArrayLike, tau_s: ArrayLike) -> VogelFulcher:
    """Fit the Vogel-Fulcher law to relaxation times by least squares of their logarithms.

    Parameters
    ----------
    temperature_k
        At least four different temperatures, shape ``(n,)``.
    tau_s
        Relaxation times, shape ``(n,)``, > 0.

    Raises
    ------
    InputError
        If there are fewer than four temperatures, or a value is not positive.
    """
    t = check_all_positive(check_shape(temperature_k, (None,), "temperature_k"), "temperature_k", "K")
    y = np.log(check_all_positive(check_shape(tau_s, t.shape, "tau_s"), "tau_s", "s"))
    if len(np.unique(t)) < FEWEST_TEMPERATURES:
        raise InputError(
            f"a Vogel-Fulcher fit has three parameters and needs {FEWEST_TEMPERATURES} temperatures; got "
            f"{len(np.unique(t))}."
        )
    freezing = _best_freezing(t, y)
    intercept, energy, square = _activated(t, y, freezing)
    jacobian = np.stack(
        [
            np.ones_like(t),
            1.0 / (BOLTZMANN_EV_PER_K * (t - freezing)),
            energy / (BOLTZMANN_EV_PER_K * (t - freezing) ** 2),
        ],
        axis=1,
    )
    spare = len(t) - 3
    scale = np.linalg.norm(jacobian, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    variances = np.diag(np.linalg.pinv((jacobian / scale).T @ (jacobian / scale))) / scale**2 * square / spare
    span = float(np.ptp(t))
    at_bound = bool(freezing < 1e-3 * float(t.min()) or t.min() - freezing < 1e-3 * span)
    warnings = []
    if at_bound:
        warnings.append("T_f ran to a bound: the times do not show a freezing temperature between 0 and the coldest.")
    if energy <= 0:
        warnings.append("the times do not grow on cooling: the activation energy is not positive.")
    return VogelFulcher(
        freezing_k=freezing,
        activation_ev=energy,
        attempt_s=float(np.exp(intercept)),
        freezing_error_k=float(np.sqrt(variances[2])),
        activation_error_ev=float(np.sqrt(variances[1])),
        rms_log=float(np.sqrt(square / len(t))),
        rms_log_arrhenius=float(np.sqrt(_activated(t, y, 0.0)[2] / len(t))),
        n_temperatures=len(t),
        at_bound=at_bound,
        warnings=tuple(warnings),
    )


def _activated(t: Floats, y: Floats, freezing: float) -> tuple[float, float, float]:
    """Logarithm of tau_0, E_a [eV] and the sum of squares of the best law at a given T_f."""
    x = 1.0 / (BOLTZMANN_EV_PER_K * (t - freezing))
    x_mean, y_mean = float(x.mean()), float(y.mean())
    energy = float(((x - x_mean) * (y - y_mean)).sum() / ((x - x_mean) ** 2).sum())
    intercept = y_mean - energy * x_mean
    return intercept, energy, float(((y - intercept - energy * x) ** 2).sum())


def _best_freezing(t: Floats, y: Floats) -> float:
    """T_f of the least sum of squares: a scan over (0, coldest), then a refinement around its best point."""
    coldest, span = float(t.min()), float(np.ptp(t))
    # dense near the coldest temperature, where the law is steep
    grid = np.concatenate([np.linspace(0.0, coldest, 200)[:-1], coldest - span * np.geomspace(1.0, 1e-4, 60)])
    grid = np.unique(grid[grid >= 0.0])
    best = int(np.argmin([_activated(t, y, item)[2] for item in grid]))
    low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda item: _activated(t, y, item)[2], bounds=(low, high), method="bounded", options={"xatol": 1e-9 * coldest}
    )
    return float(found.x)
