r"""Whether an image shows displacements at all: its mean square against those of images without any.

.. math:: t = \frac{q - \bar q_0}{s_0 \sqrt{1 + 1/n}}, \qquad q = \langle |d|^2 \rangle

A field is detected where t exceeds the quantile 0.99 of Student's distribution with n - 1 degrees of freedom: the image
is then one more draw of the null fields with a probability of 1 % or less, whatever n is. Where the errors of the
vectors stand for more than the null fields show, their mean square is the level and the scatter grows with it. Mean
squares of hundreds of vectors are nearly normal. A rank among twenty null fields could not reach 1 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from entrox.core import InputError, Result, check_finite, check_in_range, quantity
from entrox.microscopy.vectors.displacement_map import DisplacementMap

__all__ = ["DETECTION_LEVEL", "FieldDetection", "detect_field"]

DETECTION_LEVEL = 0.01


@dataclass(frozen=True, kw_only=True)
class FieldDetection(Result):
    """Test of the raw mean square of the vectors against null fields."""

    detected: bool
    mean_square_px2: float = quantity("px^2", "mean square length of the good vectors")
    null_mean_square_px2: float = quantity("px^2", "mean over the null fields, or that of the errors if larger")
    null_spread_px2: float = quantity("px^2", "its standard deviation from null field to null field")
    t: float = quantity("1", "excess over the null fields in errors of a prediction")
    critical_t: float = quantity("1", "t from which a field is detected")
    p_value: float = quantity("1", "probability of such a t without a field")
    level: float = quantity("1", "level of the test")
    n_null: int = quantity("1", "null fields")


def detect_field(
    vectors: DisplacementMap, null_mean_square_px2: ArrayLike, level: float = DETECTION_LEVEL
) -> FieldDetection:
    """Test whether the vectors are longer than without any field.

    Parameters
    ----------
    vectors
        Displacements of the image.
    null_mean_square_px2
        Mean square length of the good vectors of each null field, shape ``(n,)`` with n of at least 2 [px^2].
    level
        Probability of a false detection.

    Raises
    ------
    InputError
        If no vector is good, or there are fewer than two null fields or all are alike.

    Notes
    -----
    Null fields know the noise, the jitter and the filter, not what else differs between a column and its model: a bad
    fit looks like a field.
    """
    from scipy.stats import t as student

    check_in_range(level, "level", low=0.0, high=1.0, low_open=True, high_open=True)
    nulls = check_finite(null_mean_square_px2, "null_mean_square_px2")
    if nulls.ndim != 1 or len(nulls) < 2 or not nulls.std() > 0.0:
        raise InputError(f"a test needs the mean squares of at least two null fields; got {nulls.shape}.")
    if not vectors.good.any():
        raise InputError("no vector enters the test: all cages are incomplete or flagged.")
    square = float((vectors.vector_px[vectors.good] ** 2).sum(axis=1).mean())
    n = len(nulls)
    predicted = float(np.trace(vectors.noise_covariance_px2[vectors.good], axis1=1, axis2=2).mean())
    level_px2 = max(float(nulls.mean()), predicted)
    spread = float(nulls.std(ddof=1)) * level_px2 / float(nulls.mean())
    value = (square - level_px2) / (spread * float(np.sqrt(1.0 + 1.0 / n)))
    critical = float(student.ppf(1.0 - level, n - 1))
    return FieldDetection(
        detected=value > critical, mean_square_px2=square, null_mean_square_px2=level_px2,
        null_spread_px2=spread, t=value, critical_t=critical, p_value=float(student.sf(value, n - 1)), level=level,
        n_null=n,
    )  # fmt: skip
