"""Values under their errors: the scatter of seeds, each candidate's own, and errors that all candidates share.

A draw holds one value for every candidate. What is shared, such as the constants of the calibration, is drawn once per
draw and moves all of them together; a ranking feels only what is left of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core.bootstrap import resampling_counts
from entrox.core.errors import InputError

__all__ = ["SEEDS", "DrawnValues", "draw_values"]

Floats = NDArray[np.float64]
SEEDS = "scatter of seeds"


@dataclass(frozen=True)
class DrawnValues:
    """Values of one quantity under its errors.

    Parameters
    ----------
    nominal
        Shape ``(n,)``.
    sources
        Factors by source of error, shape ``(draws, n)``.
    draws
        How many draws.
    """

    nominal: Floats
    sources: Mapping[str, Floats]
    draws: int

    def values(self, sources: tuple[str, ...] | None = None, without: tuple[str, ...] = ()) -> Floats:
        """Return the values under some sources of error, shape ``(draws, n)``; under all, if none are named."""
        drawn = np.broadcast_to(self.nominal, (self.draws, len(self.nominal))).copy()
        for name, factors in self.sources.items():
            if (sources is None or name in sources) and name not in without:
                drawn *= factors
        return drawn


def draw_values(
    nominal: Floats,
    rng: np.random.Generator,
    draws: int,
    *,
    samples: Floats | None = None,
    shared: Mapping[str, Floats] | None = None,
) -> DrawnValues:
    """Draw the errors of a quantity.

    Parameters
    ----------
    nominal
        Values, shape ``(n,)``; the mean of the samples where there are some.
    rng
        Source of randomness.
    draws
        Number of draws.
    samples
        Repetitions of each candidate, shape ``(n, repetitions)``; drawn with replacement, each candidate for itself.
    shared
        Factors by source, shape ``(draws, n)``.

    Raises
    ------
    InputError
        If shapes do not fit.

    Notes
    -----
    The bootstrap of a mean of r repetitions has the variance (r - 1) / r of the true one; deviations are scaled by the
    root of r / (r - 1).
    """
    sources: dict[str, Floats] = {}
    if samples is not None:
        if samples.ndim != 2 or len(samples) != len(nominal):
            raise InputError(f"samples must have one row for each of {len(nominal)} values; got {samples.shape}.")
        repetitions = samples.shape[1]
        if repetitions > 1:
            widening = np.sqrt(repetitions / (repetitions - 1))
            columns = []
            for row, value in zip(samples, nominal, strict=True):
                means = resampling_counts(rng, repetitions, draws) @ row / repetitions
                columns.append(1.0 + widening * (means / value - 1.0))
            sources[SEEDS] = np.stack(columns, axis=1)
    for name, factors in (shared or {}).items():
        if factors.shape != (draws, len(nominal)):
            raise InputError(f"the factors of {name} must have shape {(draws, len(nominal))}; got {factors.shape}.")
        sources[name] = factors
    return DrawnValues(np.asarray(nominal, dtype=float), sources, draws)
