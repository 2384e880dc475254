"""Akaike's criterion for few points."""

from __future__ import annotations

from entrox.core.checks import check_in_range, check_integer

__all__ = ["DISTINGUISHABLE", "corrected_akaike"]

DISTINGUISHABLE = 4.0
"""A law whose value is larger by less than this cannot be told from the best."""


def corrected_akaike(minus_two_log_likelihood: float, n_points: int, n_parameters: int) -> float | None:
    r"""Akaike's criterion with its correction for few points; smaller is better.

    .. math:: \mathrm{AICc} = -2 \ln L + 2 k + \frac{2 k (k + 1)}{n - k - 1}

    Parameters
    ----------
    minus_two_log_likelihood
        At its largest, up to a constant that all laws share.
    n_points
        Number of points n.
    n_parameters
        Number of parameters k, the variance included where it is fitted.

    Returns
    -------
    float or None
        None where n <= k + 1: so few points say nothing about so many parameters.

    Notes
    -----
    Hurvich and Tsai, Biometrika 76, 297 (1989).

    Examples
    --------
    >>> corrected_akaike(3.0, 6, 2), corrected_akaike(0.0, 4, 3)
    (11.0, None)
    """
    value = check_in_range(minus_two_log_likelihood, "minus_two_log_likelihood")
    n, k = check_integer(n_points, "n_points", low=1), check_integer(n_parameters, "n_parameters", low=0)
    return None if n <= k + 1 else value + 2.0 * k + 2.0 * k * (k + 1) / (n - k - 1)
