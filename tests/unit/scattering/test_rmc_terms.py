"""Bond valence, coordination, closest approach, gradient and sensitivities of a refinement."""

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.data.virtual_data import displaced_box
from entrox.scattering.engine.advance import advance, initial_state
from entrox.scattering.engine.cost import running_terms
from entrox.scattering.engine.element_sensitivity import element_sensitivity
from entrox.scattering.engine.gradient import _placed, _spline, cost_gradient, descent
from entrox.scattering.engine.pair_gradient._kernels import pair_energy
from entrox.scattering.operators.bins import Bins
from entrox.scattering.run.box_valence import sums_of_box
from entrox.scattering.terms.bond_valence import bond_valence_sums, bond_valence_term, instability_index
from entrox.scattering.terms.bond_valence_sets import BOND_VALENCE_SETS, BOND_VALENCE_SOURCES, FORMAL_CHARGES
from entrox.scattering.terms.closest_approach import check_closest_approach, repair, too_close_pairs
from entrox.scattering.terms.constraint_terms import CoordinationTerm
from entrox.scattering.terms.coordination import coordination_numbers
from entrox.structure.perovskite import build_perovskite
from scattering_problems import LENGTHS, perovskite, problem_of

ELEMENTS = tuple(LENGTHS)
NO_LIMITS = np.zeros((5, 5))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("classic", {"Ba": 2.763, "Ca": 1.170, "Ti": 3.639, "Sn": 4.641}),
        ("refit", {"Ba": 2.701, "Ca": 1.261, "Ti": 3.534, "Sn": 4.927}),
    ],
)
@pytest.mark.parametrize("shells", [True, False], ids=["shells", "cut-off"])
def test_valences_of_a_rigid_cube(name, expected, shells):
    sites, species, kind, cell = perovskite((3, 3, 3), ca=0.3, sn=0.3)
    options = {"grid": (3, 3, 3), "site_kind": kind} if shells else {}
    term = bond_valence_term(ELEMENTS, parameters=name)
    if not shells:
        term = replace(term, cutoff_factor=1.2)
    sums = bond_valence_sums(sites, species, cell, ELEMENTS, term, **options)
    for element, value in expected.items():
        np.testing.assert_allclose(sums[species == ELEMENTS.index(element)], value, atol=0.001)


def test_valences_of_anions_are_those_of_the_cations_they_bind():
    sites, species, kind, cell = perovskite((3, 3, 3))
    rng = np.random.default_rng(1)
    places = sites + rng.normal(0.0, 0.1, sites.shape)
    term = bond_valence_term(ELEMENTS)
    sums = bond_valence_sums(places, species, cell, ELEMENTS, term, sites=sites, grid=(3, 3, 3), site_kind=kind)
    assert sums[species == 4].sum() == pytest.approx(sums[species != 4].sum(), rel=1e-12)


def test_sums_of_a_box_from_a_file_do_not_depend_on_where_it_is_cut():
    rng = np.random.default_rng(6)
    box = displaced_box(build_perovskite("Ba", "Ti", (3, 3, 3), 4.0), {"Ti": 0.1}, 0.004, rng)
    sums, index = sums_of_box(box, {})
    cut = box.copy()
    cut.positions += [1.3, 2.1, 0.4]
    cut.wrap()
    moved, same = sums_of_box(cut, {})
    np.testing.assert_allclose(moved, sums, rtol=1e-9)
    assert same == pytest.approx(index)
    # by hand: the six nearest anions of the first titanium
    titanium = box.symbols.search("Ti")[0]
    oxygen = box.symbols.search("O")
    bonds = np.sort(box.get_distances(titanium, oxygen, mic=True))[:6]
    assert sums[titanium] == pytest.approx(np.exp((1.815 - bonds) / 0.37).sum(), rel=1e-9)


@pytest.mark.parametrize("name", ["classic", "refit"])
def test_every_parameter_of_a_bond_has_its_source_and_charge(name):
    assert set(BOND_VALENCE_SETS[name]) == set(BOND_VALENCE_SOURCES[name])
    assert set(BOND_VALENCE_SETS[name]) <= set(FORMAL_CHARGES)
    for element, (r0, b) in BOND_VALENCE_SETS[name].items():
        assert 1.5 < r0 < 2.4, element
        assert 0.2 < b < 0.5, element


@pytest.mark.parametrize(("element", "anions"), [("Ba", 12), ("Sr", 12), ("Pb", 12), ("Ti", 6), ("Zr", 6), ("Nb", 6)])
def test_both_sets_give_an_ion_nearly_the_same_mean_bond(element, anions):
    """Where every bond has an equal part of the charge; sums of the same length differ much more."""
    lengths = [
        r0 - b * np.log(FORMAL_CHARGES[element] / anions)
        for r0, b in (BOND_VALENCE_SETS[name][element] for name in ("classic", "refit"))
    ]
    assert lengths[0] == pytest.approx(lengths[1], abs=0.06)


def test_instability_is_the_root_mean_square_of_the_valence_error():
    assert instability_index([2.2, 3.8, 2.0], [2, 4, -2]) == pytest.approx(np.sqrt(0.08 / 3.0))


def test_an_element_without_parameters_is_named():
    with pytest.raises(InputError, match=r"r0_angstrom for Eu"):
        bond_valence_term(("Eu", "O"))
    own = bond_valence_term(("Eu", "O"), r0_angstrom={"Eu": 2.1}, b_angstrom={"Eu": 0.37}, charges_e={"Eu": 2})
    assert own.r0_angstrom["Eu"] == 2.1


def test_cations_of_a_perfect_cube_have_their_anions():
    sites, species, _, cell = perovskite((3, 3, 3))
    for center, high, expected in (("Ti", 2.4, 6), ("Ba", 3.2, 12)):
        term = CoordinationTerm(center, "O", 0.5, high, 1.0, 1.0)
        assert set(coordination_numbers(sites, species, cell, ELEMENTS, term)) == {expected}


def test_repair_pushes_atoms_to_their_closest_approach():
    rng = np.random.default_rng(0)
    cell = 9.0 * np.eye(3)
    places, species = rng.random((60, 3)) @ cell, np.zeros(60, dtype=np.int64)
    limits = np.array([[1.4]])
    assert len(too_close_pairs(places, species, cell, limits)[0]) > 5
    with pytest.raises(InputError, match=r"nearer than the closest approach .* X \d+ - X \d+"):
        check_closest_approach(places, species, cell, ("X",), limits)
    pushed = repair(places, species, cell, limits)
    apart = pushed[:, None] - pushed[None]
    apart -= 9.0 * np.rint(apart / 9.0)
    distance = np.linalg.norm(apart, axis=2) + 10.0 * np.eye(60)
    assert distance.min() >= 1.4
    check_closest_approach(pushed, species, cell, ("X",), limits)


def test_a_start_box_that_breaks_the_limits_is_refused():
    with pytest.raises(InputError, match="pairs of the start box"):
        initial_state(problem_of(closest=2.1), np.random.default_rng(0))


def test_a_table_beyond_half_the_box_is_refused():
    problem = problem_of()
    with pytest.raises(InputError, match="at most"):
        initial_state(replace(problem, bins=Bins(0.05, 200)), np.random.default_rng(0))


def moved_state(**options):
    problem = problem_of((4, 4, 4), **options)
    problem = replace(problem, bond_valence=bond_valence_term(problem.elements))
    return problem, advance(initial_state(problem, np.random.default_rng(3), threads=1), problem, 2000)


def test_gradient_of_the_pair_potential_is_its_finite_difference():
    problem, state = moved_state()
    problem = replace(problem, bond_valence=None)
    state.rules = replace(state.rules, bonds=state.rules.bonds._replace(active=False))
    gradient, spline = cost_gradient(state, problem), _spline(state, problem)
    pairs = state.rules.pairs
    scale = np.abs(gradient).max()
    for atom, axis in ((0, 0), (7, 1), (33, 2)):
        energies = []
        for step in (-1e-5, 1e-5):
            places = state.positions.copy()
            places[atom, axis] += step
            other = _placed(state, problem, places)
            arguments = (pairs.total, pairs.lengths, pairs.base, spline, problem.bins.step_angstrom)
            energies.append(pair_energy(other.box, other.far, other.species, *arguments))
        assert gradient[atom, axis] == pytest.approx((energies[1] - energies[0]) / 2e-5, abs=1e-6 * scale)


def test_gradient_of_bond_valence_is_its_finite_difference():
    problem, _ = moved_state()
    problem = replace(problem, operators=())
    state = initial_state(problem, np.random.default_rng(3), threads=1)
    advance(state, problem, 2000)
    gradient = cost_gradient(state, problem)
    for atom, axis in ((0, 0), (1, 1), (12, 2)):
        costs = []
        for step in (-1e-4, 1e-4):
            places = state.positions.copy()
            places[atom, axis] += step
            costs.append(running_terms(_placed(state, problem, places), problem)["bond_valence"])
        scale = np.abs(gradient).max()
        assert gradient[atom, axis] == pytest.approx((costs[1] - costs[0]) / 2e-4, abs=1e-6 * scale)


def test_descent_lowers_the_cost():
    problem, state = moved_state()
    costs = descent(state, problem, 3)
    assert len(costs) == 4
    assert np.all(np.diff(costs) < 0.0)
    assert running_terms(state, problem)["total"] == pytest.approx(costs[-1], rel=1e-9)


def test_sensitivity_of_data_follows_the_scattering_length():
    problem, state = moved_state(thermal=0.05)
    before = state.positions.copy()
    found = element_sensitivity(state, problem, np.random.default_rng(0), atoms_per_element=40)
    np.testing.assert_array_equal(state.positions, before)
    assert found.terms == ("G", "F", "bond_valence")
    assert found.rms_change.shape == (5, 3)
    assert np.all(found.rms_change > 0.0)
    order = dict(zip(found.elements, found.rms_data_change, strict=True))
    assert order["O"] > order["Ti"]
