"""Settings of a ramp, and what a sample is made of.

Units: V/m, angstrom, eV; ramp rates in V/(m s), attempt rates in 1/s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.breakdown.lattice import Sample
from entrox.breakdown.vacancies import Trap
from entrox.core import InputError, check_in_range, check_integer, check_positive
from entrox.core.units import SECOND_PER_PICOSECOND, VOLT_PER_METER_PER_MEGAVOLT_PER_METER

__all__ = ["AvalancheSettings", "SampleProperties", "uniform_properties"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AvalancheSettings:
    """Settings of the ramp and of the front.

    Parameters
    ----------
    ramp_rate
        k = dE/dt [V/(m s)].
    attempt_rate
        nu_b, attempts of the front per second.
    exponent
        xi, weight of the energy ratio in the choice of the next bond.
    damage_quadratic, damage_linear
        A and B of the damage law [1].
    released_electrons
        Electrons that a broken bond hands to its neighbors.
    maximum_field
        The ramp ends here [V/m].
    conductivity_states
        Number of states at which the network's conductivity is solved; 0 for none.
    enhancement
        Whether the conducting cluster distorts the applied field.
    refresh_attempts
        With enhancement the energies of known candidates are computed anew after so many attempts (their growth in
        between is a few percent and common to all).
    """

    ramp_rate: float
    attempt_rate: float = 100.0 / SECOND_PER_PICOSECOND
    exponent: float = 1.0
    damage_quadratic: float = 0.0
    damage_linear: float = 0.0
    released_electrons: float = 2.0
    maximum_field: float = 20_000.0 * VOLT_PER_METER_PER_MEGAVOLT_PER_METER
    conductivity_states: int = 0
    enhancement: bool = False
    refresh_attempts: int = 8

    def __post_init__(self) -> None:
        check_positive(self.ramp_rate, "ramp_rate", "V/(m s)")
        check_positive(self.attempt_rate, "attempt_rate", "1/s")
        check_positive(self.maximum_field, "maximum_field", "V/m")
        for name in ("exponent", "damage_quadratic", "damage_linear", "released_electrons"):
            check_in_range(getattr(self, name), name, low=0.0)
        check_integer(self.conductivity_states, "conductivity_states", low=0)
        check_integer(self.refresh_attempts, "refresh_attempts", low=1)
        if self.enhancement and (self.damage_quadratic or self.damage_linear):
            raise InputError("field enhancement goes with the default damage law only: A = B = 0.")

    @property
    def field_step(self) -> float:
        """Rise of the applied field from one attempt to the next [V/m]."""
        return self.ramp_rate / self.attempt_rate


@dataclass(frozen=True, kw_only=True, eq=False)
class SampleProperties:
    """What each ion and each bond of a sample is made of.

    Parameters
    ----------
    ionization_energy, mean_free_path
        Shape ``(n_sites,)`` [eV], [angstrom].
    bond_energy
        Shape ``(n_bonds,)`` [eV].
    trap
        What the vacancies release; None where there are none.
    vacancies
        Presence of a vacancy on each site, shape ``(n_sites,)``, from ``place_vacancies``; None where there are none.
    """

    ionization_energy: Floats
    mean_free_path: Floats
    bond_energy: Floats
    trap: Trap | None = None
    vacancies: Floats | None = None


def uniform_properties(
    sample: Sample,
    *,
    ionization_energy: float,
    anion_ionization_energy: float,
    mean_free_path: float,
    bond_energy: float,
) -> SampleProperties:
    """Return the same properties for all cations, anions and bonds: a perfect crystal, or an alloy of mean parameters.

    Raises
    ------
    InputError
        If a value is not positive.
    """
    check_positive(ionization_energy, "ionization_energy", "eV")
    check_positive(anion_ionization_energy, "anion_ionization_energy", "eV")
    check_positive(mean_free_path, "mean_free_path", "angstrom")
    check_positive(bond_energy, "bond_energy", "eV")
    anion = sample.lattice.is_anion[sample.basis_site]
    return SampleProperties(
        ionization_energy=np.where(anion, anion_ionization_energy, ionization_energy),
        mean_free_path=np.full(len(anion), mean_free_path),
        bond_energy=np.full(len(sample.bonds), bond_energy),
    )
