"""What a second run teaches the screen: how much of the screened value is left, as a smooth function of distortions.

A screen by mean parameters misses what an arrangement does. The ratio of second run and screen is fitted over the
candidates that were run, and the next look at the space takes the corrected value.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core.errors import InputError

__all__ = ["Correction", "fit_correction"]

Floats = NDArray[np.float64]
RIDGE = 1e-2
MINIMUM_CANDIDATES = 20
PREFIXES = ("lattice_distortion_", "entropy_")
SUFFIX_OF_SITE = "_site_r"


@dataclass(frozen=True)
class Correction:
    """A fitted ratio of second run and screen.

    Parameters
    ----------
    names
        Quantities that it is a quadratic function of.
    center, scale
        Mean and standard deviation of each over the candidates of the fit.
    coefficients
        Of the constant, the quantities, and their products.
    range
        Smallest and largest ratio of the fit; nothing beyond them is predicted.
    explained
        Share of the variance of the logarithm of the ratio that is predicted for candidates left out of the fit.
    """

    names: tuple[str, ...]
    center: Floats
    scale: Floats
    coefficients: Floats
    range: tuple[float, float]
    explained: float

    def factor(self, values: Mapping[str, Floats]) -> Floats:
        """Return the predicted ratio of candidates whose quantities are ``values``, shape ``(n,)``."""
        rows = (np.stack([values[name] for name in self.names], axis=1) - self.center) / self.scale
        return np.asarray(np.clip(np.exp(_quadratic(rows) @ self.coefficients), *self.range))


def _quadratic(rows: Floats) -> Floats:
    """Columns 1, x_i and x_i x_j."""
    pairs = itertools.combinations_with_replacement(range(rows.shape[1]), 2)
    return np.stack([np.ones(len(rows)), *rows.T, *(rows[:, i] * rows[:, j] for i, j in pairs)], axis=1)


def fit_correction(values: Mapping[str, Floats], ratio: Floats) -> Correction:
    """Fit the logarithm of a ratio as a quadratic function of the distortions and entropies of the sites, by ridge.

    Parameters
    ----------
    values
        Quantities of the screen, shape ``(n,)`` each.
    ratio
        Second run over screen, > 0, shape ``(n,)``.

    Raises
    ------
    InputError
        If there are fewer than 20 candidates, or a ratio is not positive.
    """
    if len(ratio) < MINIMUM_CANDIDATES or not (np.isfinite(ratio) & (ratio > 0.0)).all():
        raise InputError(
            f"a further look needs at least {MINIMUM_CANDIDATES} candidates of positive first objective; got "
            f"{len(ratio)}. Raise rerun or control, or set looks = 1."
        )
    chosen = [
        name
        for name, numbers in values.items()
        if name.startswith(PREFIXES[0]) or (name.startswith(PREFIXES[1]) and name.endswith(SUFFIX_OF_SITE))
        if np.isfinite(numbers).all() and np.ptp(numbers) > 1e-9
    ]
    rows = np.stack([values[name] for name in chosen], axis=1) if chosen else np.zeros((len(ratio), 0))
    center, scale = rows.mean(axis=0), rows.std(axis=0)
    design, target = _quadratic((rows - center) / scale), np.log(ratio)
    penalty = RIDGE * len(ratio) * np.eye(design.shape[1])
    penalty[0, 0] = 0.0  # the mean is free
    inverse = np.linalg.inv(design.T @ design + penalty) @ design.T
    coefficients = inverse @ target
    leverage = np.einsum("ij,ji->i", design, inverse)
    left_out = (target - design @ coefficients) / np.maximum(1.0 - leverage, 1e-6)
    spread = float(((target - target.mean()) ** 2).sum())
    explained = 1.0 - float((left_out**2).sum()) / spread if spread > 0.0 else 0.0
    return Correction(tuple(chosen), center, scale, coefficients, (float(ratio.min()), float(ratio.max())), explained)
