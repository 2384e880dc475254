"""Bismuth titanate: cell, density, bonds, reflections, and exact counts of the lanthanides."""

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from entrox.core import InputError
from entrox.dynamics.glass.density import mass_density
from entrox.order import reflection_order
from entrox.structure import build_bismuth_titanate
from entrox.structure.aurivillius import LANTHANIDES, substitution_of


@pytest.fixture(scope="module")
def crystal():
    return build_bismuth_titanate()


def test_the_cell_of_76_atoms_has_the_published_edges_volume_and_density(crystal):
    assert crystal.cell.lengths() == pytest.approx([5.46353, 5.46353, 33.294], rel=1e-5)
    assert crystal.get_volume() / 4 == pytest.approx(248.458, rel=1e-5)
    assert mass_density(crystal) == pytest.approx(7.8297, rel=1e-4)


@pytest.mark.parametrize(
    ("site", "lengths"),
    [
        ("Ti1", [1.932] * 4 + [1.978] * 2),
        ("Ti2", [1.781] + [1.965] * 4 + [2.304]),
        ("Bi1", [2.313] * 4 + [2.905] * 4),
    ],
)
def test_every_cation_has_the_published_bond_lengths(crystal, site, lengths):
    first, second, distance = neighbor_list("ijd", crystal, 2.95)
    oxygen = np.array(crystal.get_chemical_symbols()) == "O"
    for atom in np.flatnonzero(crystal.get_array("site") == site):
        assert np.sort(distance[(first == atom) & oxygen[second]]) == pytest.approx(lengths, abs=1e-3)


def test_reflections_of_the_cations_have_the_published_strength(crystal):
    cations = crystal[np.array(crystal.get_chemical_symbols()) != "O"]
    strength = reflection_order(cations.get_scaled_positions(), [[1, 1, 7], [2, 0, 0], [0, 0, 14]])
    assert strength == pytest.approx([0.938, 1.000, 0.773], abs=1e-3)


@pytest.mark.parametrize(("size", "n_sites"), [("76", 16), ("684", 144)])
@pytest.mark.parametrize("x", [0.25, 0.5, 0.75])
def test_lanthanides_are_exact_at_every_published_substitution(size, n_sites, x):
    box = build_bismuth_titanate(x, size=size, rng=np.random.default_rng(1))
    symbols = box.get_chemical_symbols()
    assert [symbols.count(name) for name in LANTHANIDES] == [round(x * n_sites / 4)] * 4
    assert symbols.count("Bi") == round((1 - x) * n_sites)
    on_a = set(np.array(symbols)[np.isin(box.get_array("site"), ("Bi1", "Bi2"))])
    assert on_a == {"Bi", *LANTHANIDES}


def test_a_fraction_without_whole_counts_names_the_smallest_box_that_works():
    with pytest.raises(InputError, match=r"gives 1.2 sites for each.*5 x 76 = 380 atoms"):
        build_bismuth_titanate(0.3, rng=np.random.default_rng(1))
    box = build_bismuth_titanate(0.3, size=(5, 1, 1), rng=np.random.default_rng(1))
    assert box.get_chemical_symbols().count("La") == 6


def test_the_misprinted_formula_is_refused_by_its_sites():
    with pytest.raises(InputError, match=r"hold 4 ions; got 3.25"):
        substitution_of({"Bi": 3.0, "La": 0.25, "Ti": 3, "O": 12})
    assert substitution_of({"Bi": 1, "La": 1.5, "Sm": 1.5, "Ti": 3, "O": 12}) == (0.75, ("La", "Sm"))


@pytest.mark.parametrize(("share", "on_first"), [(0.0, 0), (0.5, 2), (1.0, 4), (None, None)])
def test_a_preference_puts_lanthanides_on_its_layer(share, on_first):
    box = build_bismuth_titanate(0.25, bi1_share=share, rng=np.random.default_rng(3))
    foreign = np.isin(box.get_chemical_symbols(), LANTHANIDES)
    assert foreign.sum() == 4
    if on_first is not None:
        assert (box.get_array("site")[foreign] == "Bi1").sum() == on_first


def test_more_lanthanides_than_a_layer_holds_are_refused():
    with pytest.raises(InputError, match="there is no room"):
        build_bismuth_titanate(0.75, bi1_share=1.0, rng=np.random.default_rng(1))


def test_the_quasirandom_box_is_nearer_to_chance_than_most_random_ones():
    from entrox.structure import site_shells
    from entrox.structure.sqs import warren_cowley

    def distance_from_chance(box):
        on_a = np.isin(box.get_array("site"), ("Bi1", "Bi2"))
        names = np.array(box.get_chemical_symbols())[on_a]
        shells = site_shells(box.positions[on_a], box.cell.array, 4)
        species = np.unique(names, return_inverse=True)[1].astype(np.int64)
        return np.nansum(warren_cowley(species, 5, shells) ** 2)

    ordered = distance_from_chance(build_bismuth_titanate(0.5, order="sqs", rng=np.random.default_rng(1)))
    random = [distance_from_chance(build_bismuth_titanate(0.5, rng=np.random.default_rng(k))) for k in range(10)]
    assert ordered < np.quantile(random, 0.2)


def test_the_same_generator_gives_the_same_box_and_another_one_another():
    first, again, other = (build_bismuth_titanate(0.75, rng=np.random.default_rng(k)) for k in (1, 1, 2))
    assert (first.numbers == again.numbers).all()
    assert (first.numbers != other.numbers).any()
