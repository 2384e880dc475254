r"""Permittivity of a mixture of two phases: bounds, mixing rules, and the share that a measured value asks for.

Inclusion i with the volume fraction f in a matrix m, in d dimensions (3; 2 for columns along the film):

.. math:: \epsilon_{MG} = m \left[ 1 + \frac{d f (i - m)}{i + (d - 1) m - f (i - m)} \right]

and the same with the phases exchanged are the bounds of Hashin and Shtrikman; the Wiener bounds are those of layers.
Bruggeman's rule treats both phases alike. Complex permittivities mix too. Pure functions of arrays. Wiener, Abh.
Saechs. Ges. Wiss. 32, 509 (1912); Hashin and Shtrikman, J. Appl. Phys. 33, 3125 (1962); Bruggeman, Ann. Phys.
416, 636 (1935).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from entrox.core.checks import check_integer
from entrox.core.errors import InputError
from entrox.core.result import Result, quantity

__all__ = [
    "FractionReading",
    "bruggeman",
    "ellipsoid_mixture",
    "inclusion_fraction",
    "inclusion_permittivity",
    "inverse_maxwell_garnett",
    "looyenga",
    "maxwell_garnett",
    "wiener_bounds",
]

Values = NDArray[Any]
RULES = ("maxwell_garnett", "inverse_maxwell_garnett", "bruggeman", "looyenga")


def _checked(
    matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike
) -> tuple[Values, Values, NDArray[np.float64]]:
    m, i = np.asarray(matrix), np.asarray(inclusion)
    f = np.asarray(fraction, dtype=float)
    if not (np.isfinite(f).all() and (f >= 0.0).all() and (f <= 1.0).all()):
        raise InputError(f"fraction must be from 0 to 1; got {f.min():g} to {f.max():g}.")
    for name, value in (("matrix", m), ("inclusion", i)):
        if not np.isfinite(value).all() or (np.real(value) <= 0.0).any() or (np.imag(value) < 0.0).any():
            raise InputError(f"the permittivity of the {name} must be > 0, its loss >= 0; got {value.ravel()[0]}.")
    return m, i, f


def wiener_bounds(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike) -> tuple[Values, Values]:
    """Layers across and along the field: the lowest and highest that any arrangement gives.

    Examples
    --------
    >>> low, high = wiener_bounds(30.0, 120.0, 0.3)
    >>> round(float(low), 4), float(high)
    (38.7097, 57.0)
    """
    m, i, f = _checked(matrix, inclusion, fraction)
    return np.asarray(1.0 / (f / i + (1.0 - f) / m)), np.asarray(f * i + (1.0 - f) * m)


def maxwell_garnett(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike, dimension: int = 3) -> Values:
    """Balls (or columns) of the inclusion in the matrix.

    Examples
    --------
    >>> round(float(maxwell_garnett(30.0, 120.0, 0.3)), 4)
    45.8824
    """
    m, i, f = _checked(matrix, inclusion, fraction)
    d = check_integer(dimension, "dimension", low=1, high=3)
    return np.asarray(m * (1.0 + d * f * (i - m) / (i + (d - 1) * m - f * (i - m))))


def inverse_maxwell_garnett(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike, dimension: int = 3) -> Values:
    """Balls of the matrix in the inclusion: the other bound of Hashin and Shtrikman."""
    return maxwell_garnett(inclusion, matrix, 1.0 - np.asarray(fraction, dtype=float), dimension)


def bruggeman(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike, dimension: int = 3) -> Values:
    """Both phases as balls in the mixture itself.

    Examples
    --------
    >>> round(float(bruggeman(30.0, 120.0, 0.3)), 4), round(float(bruggeman(30.0, 120.0, 0.3, 2)), 4)
    (48.0, 44.6418)
    """
    m, i, f = _checked(matrix, inclusion, fraction)
    d = check_integer(dimension, "dimension", low=2, high=3)
    middle = i * (d * f - 1.0) + m * (d * (1.0 - f) - 1.0)
    # the root with a positive real part is the one with loss >= 0 and goes over into the real one
    return np.asarray((middle + np.sqrt(middle**2 + 4.0 * (d - 1.0) * i * m)) / (2.0 * (d - 1.0)))


def looyenga(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike, dimension: int = 3) -> Values:
    """Cube roots mix, for columns logarithms: grains of no particular shape.

    The power is 1 - 2 / d, the one that is right to second order in the contrast.

    Examples
    --------
    >>> round(float(looyenga(30.0, 120.0, 0.5, 2)), 6)
    60.0
    """
    m, i, f = _checked(matrix, inclusion, fraction)
    if check_integer(dimension, "dimension", low=2, high=3) == 2:
        return np.asarray(np.exp(f * np.log(i) + (1.0 - f) * np.log(m)))
    return np.asarray((f * i ** (1.0 / 3.0) + (1.0 - f) * m ** (1.0 / 3.0)) ** 3)


def ellipsoid_mixture(matrix: ArrayLike, inclusion: ArrayLike, fraction: ArrayLike, depolarization: float) -> Values:
    """Aligned ellipsoids of the inclusion, by their depolarization factor along the field.

    Parameters
    ----------
    matrix, inclusion, fraction
        Permittivities and the share of the inclusion.
    depolarization
        0 needle, 1/3 ball, 1 plate.
    """
    m, i, f = _checked(matrix, inclusion, fraction)
    if not 0.0 <= depolarization <= 1.0:
        raise InputError(f"depolarization must be from 0 to 1; got {depolarization:g}.")
    return np.asarray(m * (1.0 + f * (i - m) / (m + (1.0 - f) * depolarization * (i - m))))


def _rule(name: str, matrix: Any, inclusion: Any, fraction: Any, dimension: int) -> Values:
    rules = {"maxwell_garnett": maxwell_garnett, "inverse_maxwell_garnett": inverse_maxwell_garnett,
             "bruggeman": bruggeman, "looyenga": looyenga}  # fmt: skip
    return rules[name](matrix, inclusion, fraction, dimension)


@dataclass(frozen=True, kw_only=True)
class FractionReading(Result):
    """Share of the inclusion, or its permittivity, that a measured value asks for."""

    verdict: str
    maxwell_garnett: float | None = quantity("1", "by the rule of Maxwell and Garnett; None without a solution")
    inverse_maxwell_garnett: float | None = quantity("1", "the same with the phases exchanged")
    bruggeman: float | None = quantity("1", "by Bruggeman's rule")
    looyenga: float | None = quantity("1", "by Looyenga's rule")
    low: float | None = quantity("1", "smallest over the rules")
    high: float | None = quantity("1", "largest over the rules")
    wiener_low: float | None = quantity("1", "smallest that any arrangement allows")
    wiener_high: float | None = quantity("1", "largest that any arrangement allows")


def inclusion_fraction(matrix: float, inclusion: float, measured: float, dimension: int = 3) -> FractionReading:
    """Share of the inclusion in a mixture of a measured permittivity.

    Parameters
    ----------
    matrix, inclusion
        Permittivities of the phases, real.
    measured
        That of the mixture.
    dimension
        3, or 2 for columns.

    Returns
    -------
    FractionReading
        Without numbers where the value lies outside both phases.

    Examples
    --------
    >>> found = inclusion_fraction(25.0, 120.0, 35.0)
    >>> round(found.maxwell_garnett, 5), round(found.bruggeman, 5)
    (0.21053, 0.19048)
    """
    _checked(matrix, inclusion, 0.5)
    low, high = sorted((float(matrix), float(inclusion)))
    if low == high == measured:
        return _no_mixture("both phases have the measured permittivity: any share gives it")
    if not low <= measured <= high or low == high:
        return _no_mixture()
    roots = {
        name: float(optimize.brentq(
            lambda f, name=name: float(_rule(name, matrix, inclusion, f, dimension)) - measured, 0.0, 1.0, xtol=1e-14
        ))
        for name in RULES
    }  # fmt: skip
    linear = (measured - matrix) / (inclusion - matrix)
    series = (1.0 / measured - 1.0 / matrix) / (1.0 / inclusion - 1.0 / matrix)
    return FractionReading(
        verdict="a mixture of these two", **roots, low=min(roots.values()), high=max(roots.values()),
        wiener_low=min(linear, series), wiener_high=max(linear, series),
    )  # fmt: skip


def _no_mixture(verdict: str = "not a mixture of these two") -> FractionReading:
    return FractionReading(
        verdict=verdict, maxwell_garnett=None, inverse_maxwell_garnett=None, bruggeman=None,
        looyenga=None, low=None, high=None, wiener_low=None, wiener_high=None,
    )  # fmt: skip


def inclusion_permittivity(matrix: float, fraction: float, measured: float, dimension: int = 3) -> FractionReading:
    """Permittivity of the inclusion that makes a mixture of a measured one; rules without a solution give None.

    Parameters
    ----------
    matrix, fraction, measured
        Permittivity of the matrix, share of the inclusion in (0, 1), permittivity of the mixture.
    dimension
        3, or 2 for columns.
    """
    _checked(matrix, matrix, fraction)
    if not 0.0 < fraction < 1.0:
        raise InputError(f"fraction must be between 0 and 1; got {fraction:g}.")
    found: dict[str, float | None] = {}
    for name in RULES:

        def difference(log_value: float, name: str = name) -> float:
            return float(_rule(name, matrix, np.exp(log_value), fraction, dimension)) - measured

        ends = difference(np.log(1e-3)), difference(np.log(1e9))
        found[name] = (
            float(np.exp(optimize.brentq(difference, np.log(1e-3), np.log(1e9)))) if ends[0] * ends[1] < 0 else None
        )
    # a relative permittivity below one is no phase of a film
    found = {name: value if value is not None and value >= 1.0 else None for name, value in found.items()}
    known = [value for value in found.values() if value is not None]
    if not known:
        return _no_mixture("no phase of a permittivity of one or more makes such a mixture")
    along = (measured - (1.0 - fraction) * matrix) / fraction
    across = fraction / (1.0 / measured - (1.0 - fraction) / matrix)
    # layers along the field do most for the mixture, so they ask for the least of the phase
    wiener: tuple[float | None, ...] = (along, across if across > 0.0 else None)
    low, high = (None if end is None or end < 1.0 else end for end in wiener)
    return FractionReading(
        verdict="a mixture with such a phase", **found, low=min(known), high=max(known), wiener_low=low,
        wiener_high=high,
    )  # fmt: skip
