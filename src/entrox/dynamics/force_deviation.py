"""How far the models of a committee disagree on the force of each atom. Pure functions of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError

__all__ = ["force_deviation"]

Floats = NDArray[np.float64]


def force_deviation(forces: ArrayLike) -> Floats:
    """Deviation of each atom's force.

    Parameters
    ----------
    forces
        Forces of all models, shape ``(n_models, n_atoms, 3)``; NaN gives NaN.

    Returns
    -------
    numpy.ndarray
        Shape ``(n_atoms,)``, in the unit of the forces; zero for a single model.

    Raises
    ------
    InputError
        If the shape is another.

    Examples
    --------
    Two models that differ by 2 along x have their mean in the middle:

    >>> force_deviation([[[1.0, 0, 0]], [[-1.0, 0, 0]]]).tolist()
    [1.0]
    """
    values = np.asarray(forces, dtype=float)
    if values.ndim != 3 or values.shape[0] == 0 or values.shape[2] != 3:
        raise InputError(f"forces must have shape (n_models, n_atoms, 3); got {values.shape}.")
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(np.sqrt(((values - values.mean(axis=0)) ** 2).sum(axis=2).mean(axis=0)))
