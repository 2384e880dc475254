from __future__ import annotations

import numpy as np
import pytest

from entrox.composition import parse_formula
from entrox.potentials.learning.sieve import Sieve, ionic_radii
from entrox.structure import build_perovskite


@pytest.fixture
def crystal():
    return build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)


@pytest.fixture
def sieve(crystal) -> Sieve:
    return Sieve(
        radii_angstrom=ionic_radii(parse_formula("BaTiO3").at()),
        volume_per_atom_angstrom3=crystal.get_volume() / len(crystal),
    )


def no_forces(atoms) -> np.ndarray:
    return np.zeros((len(atoms), 3))


def test_radii_are_those_of_shannon_on_their_sites() -> None:
    radii = ionic_radii(parse_formula("Ba(1-y)CayTi(1-x)SnxO3").at(x=0.125, y=0.25))
    assert radii == {"Ba": 1.61, "Ca": 1.34, "Ti": 0.605, "Sn": 0.69, "O": 1.40}


def test_the_crystal_passes(sieve, crystal) -> None:
    assert sieve.objection(crystal, no_forces(crystal)) == ""


def test_atoms_nearer_than_a_share_of_their_radii_are_objected_to(sieve, crystal) -> None:
    """The limit for Ti and O is 0.6 (0.605 + 1.40) = 1.203 angstrom; their bond is 2 angstrom long."""
    ti, oxygen = 8, 16
    bond = crystal.get_distance(ti, oxygen, mic=True, vector=True)
    direction = bond / np.linalg.norm(bond)
    for length, passes in ((1.22, True), (1.19, False)):
        squeezed = crystal.copy()
        squeezed.positions[oxygen] = squeezed.positions[ti] + length * direction
        objection = sieve.objection(squeezed, no_forces(squeezed))
        assert (objection == "") is passes
    assert objection == "Ti and O are 1.19 angstrom apart" or objection == "O and Ti are 1.19 angstrom apart"


@pytest.mark.parametrize(("strain", "objection"), [(0.04, ""), (0.05, "the volume differs by +16 %"), (-0.06, "-17 %")])
def test_the_volume_may_differ_by_fifteen_percent(sieve, crystal, strain: float, objection: str) -> None:
    crystal.set_cell(crystal.cell * (1.0 + strain), scale_atoms=True)
    found = sieve.objection(crystal, no_forces(crystal))
    assert objection in found
    assert bool(found) is bool(objection)


@pytest.mark.parametrize("force", [15.1, float("nan"), float("inf")])
def test_a_force_beyond_the_limit_or_none_at_all_is_objected_to(sieve, crystal, force: float) -> None:
    forces = no_forces(crystal)
    forces[3] = (0.0, force, 0.0)
    assert "a force is" in sieve.objection(crystal, forces)
    forces[3] = (9.0, 9.0, 0.0)
    assert sieve.objection(crystal, forces) == ""


def test_positions_that_are_no_numbers_are_objected_to(sieve, crystal) -> None:
    crystal.positions[0, 0] = float("nan")
    assert sieve.objection(crystal, no_forces(crystal)) == "positions are not finite"
