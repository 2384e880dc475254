r"""Oxygen vacancies as traps that a field empties (Poole-Frenkel), and where they sit.

A vacancy releases electrons of the density

.. math:: n_V = N_c \exp\left(-\frac{W_t - \sqrt{q^3 E / (\pi K \varepsilon_0)}}{k_B T}\right)

with the trap depth :math:`W_t`, the density of states :math:`N_c`, and the *optical* permittivity K: the lattice has no
time to follow an escaping electron. The released electrons act at the vacancy like excited ones, with the amplitude of
the cation's cloud: :math:`n_V` in e/angstrom^3 counts as peak density. The trapped cloud is compact and its
compensation shared with the neighbors, as on the anion that is missing.

``release="unlimited"`` is the published form. Mind what it says: at a trap depth of 0.2 eV the bond breaks at
:math:`n_V` of order 10 e/angstrom^3, far more electrons than any trap holds. ``release="full"`` stops at two electrons
per vacancy and lets them multiply like all others. Compare the two; never mix them. Where a field lowers the barrier
below zero, as it does at breakdown, the law is used beyond its meaning: there heat *lowers* the released density, and
the breakdown field rises with temperature.
Units: V/m, eV, K, densities in e/angstrom^3 unless named otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import constants

from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.breakdown.lattice import Sample, nearest_pairs
from entrox.core import InputError, check_in_range, check_positive
from entrox.core.units import BOLTZMANN_EV_PER_K, METER_PER_ANGSTROM
from entrox.structure import species_on_sites

__all__ = ["Trap", "full_release_density", "log_released_density", "place_vacancies", "release_table"]

Floats = NDArray[np.float64]

ELECTRONS_PER_VACANCY = 2.0


@dataclass(frozen=True, kw_only=True)
class Trap:
    """Oxygen vacancy as an electron trap.

    Parameters
    ----------
    depth
        Trap depth W_t [eV].
    density
        Density of states N_c [1/m^3].
    optical_permittivity
        K, of the electrons alone; by default the calibrated one.
    temperature
        [K].
    release
        ``"unlimited"`` (the published form) or ``"full"`` (at most two electrons per vacancy, which multiply).
    """

    depth: float
    density: float = 8e24
    optical_permittivity: float = field(default_factory=stored_optical_permittivity)
    temperature: float = 300.0
    release: Literal["unlimited", "full"] = "unlimited"

    def __post_init__(self) -> None:
        check_positive(self.depth, "trap depth", "eV")
        check_positive(self.density, "trap density", "1/m^3")
        check_positive(self.temperature, "temperature", "K")
        check_in_range(self.optical_permittivity, "optical permittivity", low=1.0)
        if self.release not in ("unlimited", "full"):
            raise InputError(f"release must be 'unlimited' or 'full'; got {self.release!r}.")


def log_released_density(applied_field: ArrayLike, trap: Trap) -> Floats:
    """Natural logarithm of the released density n_V in e/angstrom^3, without any cap.

    Parameters
    ----------
    applied_field
        [V/m], >= 0.
    trap
        The trap.
    """
    fields = np.asarray(applied_field, dtype=float)
    lowering = np.sqrt(constants.e * fields / (np.pi * trap.optical_permittivity * constants.epsilon_0))
    return np.asarray(
        np.log(trap.density * METER_PER_ANGSTROM**3) - (trap.depth - lowering) / (BOLTZMANN_EV_PER_K * trap.temperature)
    )


def release_table(trap: Trap, growth: float, cloud_width: float, fields: Floats, dimension: int = 2) -> Floats:
    """Logarithm of the peak density at a vacancy on a grid of fields.

    Parameters
    ----------
    trap
        The trap.
    growth
        Coefficient of the growth exponent of electrons at the vacancy [(m/V)^2]; used by ``release="full"``.
    cloud_width
        Width of the trapped cloud [angstrom]; it turns two electrons into a peak density.
    fields
        Rising fields from zero [V/m], shape ``(n,)``.
    dimension
        Of the cloud: 2 in a plane, 3 in space.
    """
    log_density = log_released_density(fields, trap)
    if trap.release == "unlimited":
        return log_density
    cap = full_release_density(cloud_width, dimension)
    released = np.minimum(np.exp(np.minimum(log_density, np.log(cap))), cap)
    # Electrons released at E' have multiplied by exp(g(E) - g(E')) at E: sum them with the growth taken out.
    discount = np.exp(-growth * fields**2)
    middle = 0.5 * (discount[1:] + discount[:-1])
    seeds = released[0] + np.concatenate([[0.0], np.cumsum(np.diff(released) * middle)])
    # A deep or cold trap gives nothing that a float can hold: keep its logarithm finite.
    return np.asarray(np.log(np.maximum(seeds, 1e-300)) + growth * fields**2)


def full_release_density(cloud_width: float, dimension: int = 2) -> float:
    """Peak density of the two electrons that a vacancy holds [e/angstrom^d], where ``release="full"`` stops.

    Parameters
    ----------
    cloud_width
        Width of the trapped cloud [angstrom].
    dimension
        Of the cloud: 2 in a plane, 3 in space.
    """
    return float(ELECTRONS_PER_VACANCY / (2.0 * np.pi * cloud_width**2) ** (dimension / 2))


def place_vacancies(
    sample: Sample,
    fraction: float,
    rng: np.random.Generator | None = None,
    *,
    clustering: float = 0.0,
    profile: Literal["uniform", "bottom", "top"] = "uniform",
    decay_length: float = 10.0,
) -> Floats:
    """Presence of a vacancy on each vacancy site of a sample, shape ``(n_sites,)``; zero on ions.

    Parameters
    ----------
    sample
        Sample of a lattice with vacancy sites.
    fraction
        Fraction of anion sites that are vacant; 1 puts the released density on every anion site, as published.
    rng
        Draws the sites; not needed where ``fraction`` is 0 or 1.
    clustering
        As for ``structure.species_on_sites``: 0 random, 1 gathered.
    profile
        ``uniform``, or decaying from one electrode with ``decay_length``; the fraction stays the mean.
    decay_length
        [angstrom].

    Raises
    ------
    InputError
        If the sample has no vacancy sites, the fraction is outside [0, 1], or a generator is missing.
    """
    check_in_range(fraction, "vacancy fraction", low=0.0, high=1.0)
    sites = np.flatnonzero(np.array([kind == "vacancy" for kind in sample.lattice.kinds])[sample.basis_site])
    if len(sites) == 0:
        raise InputError("the sample's lattice has no vacancy sites; build it from with_vacancy_sites(lattice).")
    presence = np.zeros(len(sample.positions))
    if fraction in (0.0, 1.0):
        presence[sites] = fraction
        return presence
    if rng is None:
        raise InputError("a vacancy fraction between 0 and 1 is drawn at random: pass rng=...")
    if profile == "uniform":
        neighbors = nearest_pairs(sample, sites) if clustering else None
        names, species = species_on_sites(
            {"V": fraction, "O": 1.0 - fraction}, len(sites), rng, clustering=clustering, neighbors=neighbors
        )
        presence[sites] = species == names.index("V")
        return presence
    if clustering:
        raise InputError("clustering goes with profile='uniform' only.")
    if profile not in ("bottom", "top"):
        raise InputError(f"profile must be 'uniform', 'bottom' or 'top'; got {profile!r}.")
    check_positive(decay_length, "decay_length", "angstrom")
    height = sample.positions[sites, -1]
    distance = height - height.min() if profile == "bottom" else height.max() - height
    weight = np.exp(-distance / decay_length)
    count = round(fraction * len(sites))
    presence[rng.choice(sites, size=count, replace=False, p=weight / weight.sum())] = 1.0
    return presence
