"""Checks of numbers and arrays: each returns the checked value or raises :class:`InputError`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.errors import InputError

__all__ = [
    "check_all_positive",
    "check_finite",
    "check_integer",
    "check_in_range",
    "check_positive",
    "check_shape",
    "check_site_fractions",
]

Floats = NDArray[np.float64]
FRACTION_TOLERANCE = 1e-6


def check_in_range(
    value: float,
    name: str,
    *,
    low: float = -math.inf,
    high: float = math.inf,
    low_open: bool = False,
    high_open: bool = False,
    unit: str = "",
) -> float:
    """Return ``value`` as float if it is finite and inside the interval."""
    suffix = f" {unit}" if unit else ""
    allowed = f"{'(' if low_open else '['}{low:g}, {high:g}{')' if high_open else ']'}{suffix}"
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a number in {allowed}; got {value!r}.") from error
    below = number <= low if low_open else number < low
    above = number >= high if high_open else number > high
    if not math.isfinite(number) or below or above:
        raise InputError(f"{name} must be finite and in {allowed}; got {number:g}{suffix}.")
    return number


def check_positive(value: float, name: str, unit: str = "") -> float:
    """Return ``value`` as float if it is finite and > 0."""
    suffix = f" {unit}" if unit else ""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} must be a positive number{suffix and ' [' + unit + ']'}; got {value!r}.") from error
    if not (math.isfinite(number) and number > 0.0):
        raise InputError(f"{name} must be finite and > 0{suffix}; got {number:g}{suffix}.")
    return number


def check_all_positive(values: ArrayLike, name: str, unit: str = "") -> Floats:
    """Return ``values`` as a float array of any shape if every entry is finite and > 0."""
    array = np.asarray(values, dtype=float)
    good = np.isfinite(array) & (array > 0.0)
    if not good.all():
        suffix = f" {unit}" if unit else ""
        raise InputError(f"{name} must be finite and > 0{suffix}; got {array[~good].ravel()[0]:g}{suffix}.")
    return array


def check_integer(value: int, name: str, *, low: int, high: int | None = None) -> int:
    """Return ``value`` as int if it is whole and inside [low, high]."""
    allowed = f"a whole number >= {low}" if high is None else f"a whole number from {low} to {high}"
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < low:
        raise InputError(f"{name} must be {allowed}; got {value!r}.")
    if high is not None and value > high:
        raise InputError(f"{name} must be {allowed}; got {value!r}.")
    return int(value)


def check_finite(values: ArrayLike, name: str) -> Floats:
    """Return ``values`` as a float array if every entry is finite."""
    array = np.asarray(values, dtype=float)
    if not np.isfinite(array).all():
        count = int((~np.isfinite(array)).sum())
        raise InputError(f"{name} must be finite; got {count} NaN or infinite of {array.size} values.")
    return array


def check_shape(values: ArrayLike, shape: Sequence[int | None], name: str) -> Floats:
    """Return ``values`` as a finite float array of the given shape; ``None`` leaves an axis free."""
    array = check_finite(values, name)
    wanted = tuple(shape)
    if array.ndim != len(wanted) or any(w is not None and w != n for w, n in zip(wanted, array.shape, strict=True)):
        text = "(" + ", ".join("any" if w is None else str(w) for w in wanted) + ")"
        raise InputError(f"{name} must have shape {text}; got {array.shape}.")
    return array


def check_site_fractions(site_fractions: Sequence[ArrayLike], name: str = "site_fractions") -> list[Floats]:
    """Return the fractions of each sublattice if they are >= 0 and sum to one along their last axis.

    Parameters
    ----------
    site_fractions
        One array per sublattice, shape ``(..., n_species)``; leading axes (many compositions at once) are free.
    name
        How the message calls the argument.

    Raises
    ------
    InputError
        If a fraction is negative, not finite, or a sublattice does not sum to one within 1e-6.
    """
    checked: list[Floats] = []
    for index, fractions in enumerate(site_fractions):
        array = np.atleast_1d(check_finite(fractions, f"{name}[{index}]"))
        sums = array.sum(axis=-1)
        if (array < -FRACTION_TOLERANCE).any() or (np.abs(sums - 1.0) > FRACTION_TOLERANCE).any():
            shown = array if array.ndim == 1 else "an array"
            worst = float(np.ravel(sums)[np.argmax(np.abs(np.ravel(sums) - 1.0))])
            raise InputError(
                f"{name}[{index}] must be >= 0 and sum to 1 (tolerance {FRACTION_TOLERANCE:g}); "
                f"got {shown!s}, sum {worst:g}. A vacancy counts as a species."
            )
        checked.append(np.clip(array, 0.0, None))
    return checked
