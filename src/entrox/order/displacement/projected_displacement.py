r"""Displacements in projection: of a column against the columns around it, from simulations and images alike.

.. math:: d_i = r_i - \frac{1}{n} \sum_{k=1}^{n} r_k, \qquad
          C_d = \sum_{kl} w_k w_l C_{kl}, \; w = (1, -1/n, \dots, -1/n)

Arrays in, arrays out, in any unit of length. Every member of a cage is needed: one that is missing gives NaN, not a
mean over the rest, which would point towards the border.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError

__all__ = ["column_displacements", "displacement_covariance"]

Floats = NDArray[np.float64]


def column_displacements(centers: ArrayLike, cages: ArrayLike) -> Floats:
    """Vectors from the center of each cage of columns to the column inside.

    Parameters
    ----------
    centers
        Positions of the columns, shape ``(..., 2)``.
    cages
        Positions of the columns around each, at the images next to it, shape ``(..., n, 2)``; n is four in [001] view,
        two in [110].

    Returns
    -------
    ndarray
        Shape ``(..., 2)``; NaN where the column or any of its cage is NaN.
    """
    inside, around = np.asarray(centers, dtype=float), np.asarray(cages, dtype=float)
    if around.ndim != inside.ndim + 1 or around.shape[:-2] != inside.shape[:-1] or around.shape[-1] != inside.shape[-1]:
        raise InputError(
            f"cages must have shape (..., n, 2) for centers of shape (..., 2); got {around.shape} and {inside.shape}."
        )
    # differences first: positions far from the origin would lose digits in the mean
    return np.asarray((inside[..., None, :] - around).mean(axis=-2))


def displacement_covariance(covariance: ArrayLike) -> Floats:
    """Covariance of a displacement from that of the column and its cage.

    Parameters
    ----------
    covariance
        Of the positions of the column (first) and the n of its cage, shape ``(..., n + 1, n + 1, 2, 2)``.

    Returns
    -------
    ndarray
        Shape ``(..., 2, 2)``.

    Examples
    --------
    Independent columns of unit variance: the rule of thumb 1 + 1/n.

    >>> blocks = np.eye(5)[:, :, None, None] * np.eye(2)
    >>> float(displacement_covariance(blocks)[0, 0])
    1.25
    """
    blocks = np.asarray(covariance, dtype=float)
    if blocks.ndim < 4 or blocks.shape[-4] != blocks.shape[-3] or blocks.shape[-4] < 2:
        raise InputError(f"covariance must have shape (..., n + 1, n + 1, 2, 2); got {blocks.shape}.")
    members = blocks.shape[-4] - 1
    weights = np.concatenate([[1.0], np.full(members, -1.0 / members)])
    return np.asarray(np.einsum("k,l,...klij->...ij", weights, weights, blocks))
