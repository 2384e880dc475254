"""One phase as its simulations give it: inherent energies, volumes and vibrations of its members.

A member is a decoration of the crystal, or a quenched glass. Units: eV and angstrom3 per atom, K/ps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_all_positive, check_shape

__all__ = ["FEWEST_DECORATIONS", "PhaseSample", "mean_and_error"]

Floats = NDArray[np.float64]

FEWEST_DECORATIONS = 3


@dataclass(frozen=True, kw_only=True)
class PhaseSample:
    """Members of one phase.

    Parameters
    ----------
    name
        ``crystal`` or ``amorphous``, for messages.
    calculator
        What gave the energies: model and version. Both phases must have the same.
    energies_ev_per_atom
        Inherent-structure energy of each member.
    volumes_angstrom3_per_atom
        Volume of each member, or one for all.
    vibrational_ev_per_atom
        Vibrational free energy of members at the temperature of the difference; empty where there is none.
    rates_k_per_ps
        Cooling rate of each member; empty where there is none.
    ordered
        Whether the crystal has one decoration only, so that a single member is exact.
    """

    name: str
    calculator: str
    energies_ev_per_atom: Sequence[float]
    volumes_angstrom3_per_atom: Sequence[float]
    vibrational_ev_per_atom: Sequence[float] = ()
    rates_k_per_ps: Sequence[float] = ()
    ordered: bool = False

    def checked(self) -> PhaseSample:
        """Return the sample; InputError if lengths differ, numbers are wrong or members are too few for an error."""
        count = len(check_shape(self.energies_ev_per_atom, (None,), f"{self.name} energies_ev_per_atom"))
        volumes = check_all_positive(self.volumes_angstrom3_per_atom, f"{self.name} volumes_angstrom3_per_atom")
        check_shape(self.vibrational_ev_per_atom, (None,), f"{self.name} vibrational_ev_per_atom")
        if volumes.ndim != 1 or len(volumes) not in (1, count):
            raise InputError(f"{self.name}: give one volume, or one for each of the {count} energies.")
        if self.rates_k_per_ps:
            rates = check_all_positive(self.rates_k_per_ps, f"{self.name} rates_k_per_ps", "K/ps")
            check_shape(rates, (count,), f"{self.name} rates_k_per_ps")
        fewest = 1 if self.ordered else FEWEST_DECORATIONS
        if count < fewest:
            hint = " A crystal with one decoration only: ordered = true." if self.name == "crystal" else ""
            raise InputError(
                f"{self.name}: an ensemble mean with its error needs at least {fewest} energies; got {count}.{hint}"
            )
        return self

    @property
    def slowest(self) -> NDArray[np.bool_]:
        """Members of the slowest cooling rate; all where there are no rates."""
        if not self.rates_k_per_ps:
            return np.ones(len(self.energies_ev_per_atom), dtype=bool)
        rates = np.asarray(self.rates_k_per_ps, dtype=float)
        return np.asarray(rates <= rates.min() * (1.0 + 1e-9))

    def volume(self) -> tuple[float, float, int | None]:
        """Mean volume, its standard error and degrees of freedom, of the slowest members [angstrom3 per atom]."""
        volumes = np.asarray(self.volumes_angstrom3_per_atom, dtype=float)
        return mean_and_error(volumes if len(volumes) == 1 else volumes[self.slowest])


def mean_and_error(values: Floats) -> tuple[float, float, int | None]:
    """Mean, standard error and degrees of freedom; no error, and None, for a single value.

    Examples
    --------
    >>> mean_and_error(np.array([1.0, 3.0]))
    (2.0, 1.0, 1)
    """
    if len(values) == 1:
        return float(values[0]), 0.0, None
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))), len(values) - 1
