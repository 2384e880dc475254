r"""Wilson's score interval of a share, which holds for few trials and for shares of zero and one.

.. math:: \frac{p + z^2 / 2n \pm z \sqrt{p (1 - p) / n + z^2 / 4 n^2}}{1 + z^2 / n}

E. B. Wilson, J. Am. Stat. Assoc. 22, 209 (1927).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core.checks import check_in_range, check_positive
from entrox.core.student import NORMAL_95

__all__ = ["wilson_interval"]


def wilson_interval(share: ArrayLike, trials: ArrayLike, quantile: ArrayLike = NORMAL_95) -> NDArray[np.float64]:
    """Interval of shares.

    Parameters
    ----------
    share
        Shares in [0, 1], any shape.
    trials
        Independent trials behind each, > 0; need not be whole numbers.
    quantile
        Half width in standard deviations: 1.96 for 95 %, or Student's where the number of trials is itself estimated.

    Returns
    -------
    numpy.ndarray
        Lower and upper end along a last axis.

    Examples
    --------
    Nothing seen in ten trials may still be 28 %:

    >>> wilson_interval(0.0, 10).round(3).tolist()
    [0.0, 0.278]
    """
    p = np.asarray(share, dtype=float)
    n, z = np.asarray(trials, dtype=float), np.asarray(quantile, dtype=float)
    check_in_range(float(p.min(initial=0.0)), "share", low=0.0)
    check_in_range(float(p.max(initial=0.0)), "share", high=1.0)
    check_positive(float(n.min(initial=1.0)), "trials")
    middle = (p + z**2 / (2.0 * n)) / (1.0 + z**2 / n)
    half = z * np.sqrt(p * (1.0 - p) / n + z**2 / (4.0 * n**2)) / (1.0 + z**2 / n)
    return np.asarray(np.clip(np.stack([middle - half, middle + half], axis=-1), 0.0, 1.0))
