"""Exact interval of a probability from a count; unlike Wilson's it covers at least as often as it says.

C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934).
"""

from __future__ import annotations

from entrox.core.checks import check_in_range, check_integer

__all__ = ["binomial_interval"]


def binomial_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Exact interval of a probability.

    Parameters
    ----------
    successes, trials
        Counts.
    confidence
        Coverage, which is at least this.

    Returns
    -------
    tuple
        Lower and upper end.

    Raises
    ------
    InputError
        If the counts are impossible.

    Examples
    --------
    >>> [round(value, 2) for value in binomial_interval(3, 10)]
    [0.07, 0.65]
    """
    from scipy.special import betaincinv

    n = check_integer(trials, "trials", low=1)
    k = check_integer(successes, "successes", low=0, high=n)
    half = 0.5 * (1.0 - check_in_range(confidence, "confidence", low=0.0, high=1.0, low_open=True, high_open=True))
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, half))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1.0 - half))
    return low, high
