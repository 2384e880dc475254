"""Intervals of a mean, Student's and the normal one, without the slow import of ``scipy.stats``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

__all__ = ["NORMAL_95", "student_half_width"]

NORMAL_95 = 1.959963984540054
"""Half width of the 95 % interval of a normal distribution, in standard deviations."""


def student_half_width(sample: NDArray[np.float64], confidence: float = 0.95) -> float:
    """Half width of Student's interval of the mean, in the unit of the sample.

    Parameters
    ----------
    sample
        Shape ``(n,)``, n >= 2.
    confidence
        In (0, 1).

    Examples
    --------
    >>> round(student_half_width(np.array([1.0, 2.0, 3.0])), 3)
    2.484
    """
    quantile = float(stdtrit(sample.size - 1, 0.5 + 0.5 * confidence))
    return quantile * float(sample.std(ddof=1)) / float(np.sqrt(sample.size))
