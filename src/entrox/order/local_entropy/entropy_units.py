"""Units in which mixing entropies are quoted. Inside the package they are R per mole, which is k_B per atom."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_integer
from entrox.core.units import GAS_CONSTANT

__all__ = ["EntropyUnit", "entropy_in_unit"]

EntropyUnit = Literal["R", "J/(mol K)", "bit", "S/S_max"]


def entropy_in_unit(entropy: ArrayLike, unit: EntropyUnit, n_species: int | None = None) -> NDArray[np.float64]:
    """Return entropies in another unit.

    Parameters
    ----------
    entropy
        Entropies [R per mole of atoms].
    unit
        ``"J/(mol K)"``, ``"bit"`` per atom, ``"S/S_max"`` over the largest value of so many species, or ``"R"``.
    n_species
        Number of species, at least 2; needed for ``"S/S_max"``.

    Raises
    ------
    InputError
        If the unit is unknown or the number of species is missing.

    Examples
    --------
    >>> float(entropy_in_unit(np.log(4.0), "bit")), float(entropy_in_unit(np.log(4.0), "S/S_max", 4))
    (2.0, 1.0)
    """
    values: NDArray[np.float64] = np.asarray(entropy, dtype=np.float64)
    if unit == "R":
        return values
    if unit == "J/(mol K)":
        return values * GAS_CONSTANT
    if unit == "bit":
        return values / float(np.log(2.0))
    if unit == "S/S_max":
        if n_species is None:
            raise InputError("S/S_max needs the number of species: pass n_species=...")
        return values / float(np.log(check_integer(n_species, "n_species", low=2)))
    raise InputError(f"unit must be one of {', '.join(get_args(EntropyUnit))}; got {unit!r}.")
