"""One quantity of two reports, with the error of its difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["Difference", "difference_of", "drawn_blocks", "drawn_difference"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Difference(Result):
    """One quantity of two reports. Errors and z are None where one of the reports gives no error."""

    first: str
    second: str
    group: str
    quantity_name: str
    unit: str
    first_value: float = quantity("as unit", "value of the first report")
    first_error: float | None = quantity("as unit", "standard error of the first value")
    second_value: float = quantity("as unit", "value of the second report")
    second_error: float | None = quantity("as unit", "standard error of the second value")
    difference: float = quantity("as unit", "first minus second")
    z: float | None = quantity("combined errors", "difference over the combined error")
    low: float | None = quantity("as unit", "lower end of the 95 % interval of the difference, from blocks")
    high: float | None = quantity("as unit", "upper end of the 95 % interval of the difference, from blocks")


def difference_of(
    names: tuple[str, str], group: str, name: str, unit: str, values: Sequence[float], errors: Sequence[float | None],
    low: float | None = None, high: float | None = None,
) -> Difference:  # fmt: skip
    """Difference of two values with their errors."""
    difference = values[0] - values[1]
    z = None
    if errors[0] is not None and errors[1] is not None:
        combined = float(np.hypot(errors[0], errors[1]))
        z = difference / combined if combined > 0.0 else None
    return Difference(
        first=names[0], second=names[1], group=group, quantity_name=name, unit=unit, first_value=values[0],
        first_error=errors[0], second_value=values[1], second_error=errors[1], difference=difference, z=z, low=low,
        high=high,
    )  # fmt: skip


def drawn_difference(
    names: tuple[str, str], group: str, name: str, unit: str, values: Sequence[float], samples: Sequence[Floats]
) -> Difference:
    """Difference of two values with errors and interval from draws of their blocks; draws that are NaN say nothing."""
    kept = [np.asarray(s)[np.isfinite(s)] for s in samples]
    errors = [float(s.std(ddof=1)) if len(s) > 1 else None for s in kept]
    low = high = None
    if all(len(s) > 1 for s in kept):
        count = min(len(s) for s in kept)
        low, high = (float(q) for q in np.quantile(kept[0][:count] - kept[1][:count], [0.025, 0.975]))
    return difference_of(names, group, name, unit, values, errors, low, high)


def drawn_blocks(n_blocks: int, draws: int, rng: np.random.Generator) -> Floats:
    """Weights of the blocks in each draw, shape ``(draw, block)``; a single block says nothing about errors."""
    if n_blocks < 2 or draws < 2:
        return np.empty((0, n_blocks))
    return rng.multinomial(n_blocks, np.full(n_blocks, 1.0 / n_blocks), size=draws).astype(float)
