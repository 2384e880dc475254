r"""How long a vector looks when it is nothing, or something, plus noise.

Noise of principal errors s1, s2 alone gives the length r the density

.. math:: p(r) = \frac{r}{s_1 s_2} e^{-a r^2} I_0(b r^2), \quad
          a = \tfrac14 (s_1^{-2} + s_2^{-2}), \; b = \tfrac14 |s_1^{-2} - s_2^{-2}|

(Hoyt; Rayleigh for s1 = s2, mean s sqrt(pi/2)). A vector of true length v with equal errors s gives Rice's density.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ellipe, i0e

from entrox.core import check_positive

__all__ = ["noise_curve", "noise_mean", "rice_curve"]

Floats = NDArray[np.float64]


def noise_curve(length: ArrayLike, covariance: Floats) -> Floats:
    """Density of the length of vectors of pure noise, averaged over their covariances.

    Parameters
    ----------
    length
        Lengths, shape ``(n,)``, in any unit.
    covariance
        Of each vector, shape ``(vector, 2, 2)``, in the square of that unit.

    Returns
    -------
    ndarray
        Density, shape ``(n,)``, per that unit.

    Examples
    --------
    >>> round(float(noise_curve([1.0], np.eye(2)[None])[0]), 6)  # exp(-1/2)
    0.606531
    """
    r = np.asarray(length, dtype=float)[:, None]
    squares = np.linalg.eigvalsh(covariance)
    a = 0.25 * (1.0 / squares).sum(axis=1)
    b = 0.25 * np.abs(1.0 / squares[:, 0] - 1.0 / squares[:, 1])
    # the scaled Bessel function carries exp(-b r^2) with it
    density = r / np.sqrt(squares.prod(axis=1)) * np.exp(-(a - b) * r**2) * i0e(b * r**2)
    return np.asarray(density.mean(axis=1))


def noise_mean(covariance: Floats) -> float:
    """Mean length of vectors of pure noise, averaged over their covariances, in the unit of their root.

    Examples
    --------
    The mean of equal errors is sqrt(pi/2) times the error:

    >>> round(noise_mean(np.eye(2)[None]), 4)
    1.2533
    """
    squares = np.linalg.eigvalsh(covariance)
    return float((np.sqrt(2.0 * squares[:, 1] / np.pi) * ellipe(1.0 - squares[:, 0] / squares[:, 1])).mean())


def rice_curve(length: ArrayLike, true_length: float, sigma: float) -> Floats:
    """Rice's density of the length of a vector with equal errors.

    Parameters
    ----------
    length
        Lengths, shape ``(n,)``.
    true_length
        Length without noise, >= 0.
    sigma
        Standard error of a component, in the same unit.
    """
    r = np.asarray(length, dtype=float)
    s = check_positive(sigma, "sigma")
    return np.asarray(r / s**2 * np.exp(-((r - true_length) ** 2) / (2.0 * s**2)) * i0e(np.abs(r) * true_length / s**2))
