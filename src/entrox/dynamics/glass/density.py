"""Density of a box of atoms [g/cm3]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy import constants

from entrox.core.units import METER_PER_ANGSTROM

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["mass_density"]

GRAM_PER_U = constants.atomic_mass / constants.gram
CM3_PER_ANGSTROM3 = (METER_PER_ANGSTROM / constants.centi) ** 3


def mass_density(atoms: Atoms) -> float:
    """Mass over volume [g/cm3].

    Examples
    --------
    >>> from ase.build import bulk
    >>> round(mass_density(bulk("Cu", a=3.615)), 2)
    8.93
    """
    return float(atoms.get_masses().sum() * GRAM_PER_U / (atoms.get_volume() * CM3_PER_ANGSTROM3))
