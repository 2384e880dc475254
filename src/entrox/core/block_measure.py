"""The fast form of a measure: many compositions at once as arrays, for screens of millions of candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core.measure import MeasureSettings

__all__ = ["BlockMeasure"]

Floats = NDArray[np.float64]


def _no_notes(settings: Any) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True)
class BlockMeasure:
    """What a room hands up beside a measure so that a search can screen with it.

    Parameters
    ----------
    measure
        Name of the measure whose fast form it is; the settings are those of the measure.
    quantities
        Names of the quantities of the measure that ``evaluate`` returns, equal to those of the measure itself.
    evaluate
        ``evaluate(block, settings)`` returns one array of shape ``(n,)`` per name, NaN where a quantity is undefined.
    stands_for
        Quantity that has no fast form -> the quantity that takes its place in a screen.
    samples
        Quantity -> the array quantity of the measure whose mean over repetitions it is.
    settings
        Class of the settings.
    error_draws
        ``error_draws(block, settings, rng, draws)`` returns, by source of error, factors on the quantities of
        ``scaled``, shape ``(draws, n)``. One row is one draw common to all compositions: what they share moves them
        together. None where no error is known.
    scaled
        Quantities that the factors of ``error_draws`` multiply.
    assumptions
        Sources that are a choice rather than an error, such as a plausible range: they enter ranks, not intervals.
    notes
        ``notes(settings)`` says what the fast form leaves out.
    """

    measure: str
    quantities: tuple[str, ...]
    evaluate: Callable[[Any, Any], Mapping[str, Floats]]
    settings: type[MeasureSettings]
    stands_for: Mapping[str, str] = field(default_factory=dict)
    samples: Mapping[str, str] = field(default_factory=dict)
    error_draws: Callable[[Any, Any, np.random.Generator, int], Mapping[str, Floats]] | None = None
    scaled: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    notes: Callable[[Any], tuple[str, ...]] = _no_notes
