"""Running sums of a refinement against their definition, and the chain against the ways to compute it."""

from dataclasses import replace

import numpy as np
import pytest

from entrox.scattering.engine import batches
from entrox.scattering.engine.advance import advance, batch_size, initial_state, rebuild, state_of_arrays
from entrox.scattering.engine.cost import cost_terms, running_terms
from entrox.scattering.engine.neighbor_table import SHARES_OF_MARGIN, cell_numbers, table_runs
from entrox.scattering.engine.problem import MoveRules, RmcProblem
from entrox.scattering.engine.state import state_arrays
from entrox.scattering.operators.bins import Bins
from entrox.scattering.terms.bond_valence import bond_valence_term
from entrox.scattering.terms.constraint_terms import CoordinationTerm, DistanceWindowRule
from scattering_problems import LENGTHS, histogram_by_distances, operators, perovskite, problem_of, with_data

WEIGHTS = np.array(list(LENGTHS.values()))
LARGE = pytest.mark.long


def full_problem(**options):
    """Data, bond valence, coordination, windows and swaps at once."""
    options = {
        "moves": MoveRules(dict.fromkeys(LENGTHS, 0.08), swap_share={"A": 0.02, "B": 0.04}),
        "coordination": (
            CoordinationTerm("Ti", "O", 1.0, 2.2, 0.9, 0.02, neighbors=6),
            CoordinationTerm("Ba", "O", 2.0, 3.1, 11.0, 0.1),
        ),
        "windows": (DistanceWindowRule("Ti", "O", 1.5, 2.6),),
    } | options
    problem = problem_of(**options)
    return replace(problem, bond_valence=bond_valence_term(problem.elements))


def chain(problem, moves=1000, seed=5, threads=1):
    state = initial_state(problem, np.random.default_rng(seed), threads=threads)
    return advance(state, problem, moves)


@LARGE
def test_running_cost_is_that_of_the_positions_after_many_moves():
    problem = problem_of((2, 2, 2), step=0.1, fit={"q_points": 60, "q_max": 20.0}, batch=256)
    problem = replace(problem, bond_valence=bond_valence_term(problem.elements))
    state = chain(problem, 100_000)
    running, fresh = running_terms(state, problem), cost_terms(state, problem)
    assert state.counters[0, :, 2].sum() > 5_000
    for name, value in fresh.items():
        assert running[name] == pytest.approx(value, rel=1e-9)
    assert state.data_chi2 == pytest.approx(fresh["G"] + fresh["F"], rel=1e-9)
    expected = histogram_by_distances(state.positions, state.species, problem.cell, problem.bins, WEIGHTS)
    np.testing.assert_allclose(state.histogram, expected, rtol=1e-9, atol=1e-9 * expected.max())
    assert rebuild(state) < 1e-9


def test_all_terms_of_translations_and_swaps_are_those_of_the_positions():
    problem = full_problem()
    state = chain(problem, 3000)
    assert state.counters[0, :, 2].sum() > 100
    assert state.counters[1, :, 2].sum() > 2
    running, fresh = running_terms(state, problem), cost_terms(state, problem)
    assert set(fresh) == {"G", "F", "bond_valence", "coordination:0:Ti-O", "coordination:1:Ba-O", "total"}
    for name, value in fresh.items():
        assert running[name] == pytest.approx(value, rel=1e-9, abs=1e-9)
    expected = histogram_by_distances(state.positions, state.species, problem.cell, problem.bins, WEIGHTS)
    np.testing.assert_allclose(state.histogram, expected, atol=1e-9 * expected.max())


@pytest.mark.parametrize(
    ("change", "threads"),
    [
        pytest.param({"early_rejection": False}, 1, id="without early rejection"),
        pytest.param({"batch": 1}, 1, id="one by one"),
        pytest.param({"batch": 7}, 1, id="odd batches"),
        pytest.param({}, 2, id="two threads", marks=LARGE),
        pytest.param({"margin_angstrom": 0.9}, 1, id="wide table"),
    ],
)
def test_chain_does_not_depend_on_how_it_is_computed(change, threads):
    problem = full_problem()
    expected = chain(problem)
    other = chain(replace(problem, **change), threads=threads)
    np.testing.assert_array_equal(other.positions, expected.positions)
    np.testing.assert_array_equal(other.species, expected.species)
    np.testing.assert_array_equal(other.counters, expected.counters)
    assert other.data_chi2 == pytest.approx(expected.data_chi2, rel=1e-9)
    if not change:  # sums since a base run in the same order, whoever adds
        np.testing.assert_array_equal(other.histogram, expected.histogram)


def test_two_threads_give_the_chain_of_one():
    problem = full_problem()
    expected, other = chain(problem, 400), chain(problem, 400, threads=2)
    np.testing.assert_array_equal(other.positions, expected.positions)
    assert other.data_chi2 == pytest.approx(expected.data_chi2, rel=1e-12)


def test_decisions_in_double_precision_are_those_in_single_precision(monkeypatch):
    problem = full_problem(moves=MoveRules(dict.fromkeys(LENGTHS, 0.08)), batch=50)
    expected = chain(problem, 700)
    monkeypatch.setattr(batches, "CERTAINTY", 1e9)  # no sum in single precision is sure
    other = chain(problem, 700)
    np.testing.assert_array_equal(other.positions, expected.positions)
    np.testing.assert_array_equal(other.counters, expected.counters)


def test_an_interrupted_chain_knows_what_it_has_accepted(monkeypatch):
    problem = full_problem(margin_angstrom=0.2, moves=MoveRules(dict.fromkeys(LENGTHS, 0.08)))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("entrox.scattering.engine.advance._widen", interrupted)
    state = initial_state(problem, np.random.default_rng(5), threads=1)
    with pytest.raises(KeyboardInterrupt):
        advance(state, problem, 20_000)
    assert state.counters[0, :, 2].sum() > 100
    running, fresh = running_terms(state, problem), cost_terms(state, problem)
    for name, value in fresh.items():
        assert running[name] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("share", SHARES_OF_MARGIN)
def test_atoms_just_inside_a_margin_find_all_their_neighbors(share):
    problem = problem_of((3, 3, 3), step=0.1, margin_angstrom=0.9)
    rng = np.random.default_rng(3)
    away = rng.normal(size=problem.sites_angstrom.shape)
    away *= (0.999 * share * 0.85) / np.linalg.norm(away, axis=1)[:, None]
    problem = replace(problem, positions_angstrom=problem.sites_angstrom + away, closest_angstrom=np.zeros((5, 5)))
    state = initial_state(problem, rng, threads=1)
    expected = histogram_by_distances(state.positions, state.species, problem.cell, problem.bins, WEIGHTS)
    np.testing.assert_allclose(state.histogram, expected, atol=1e-9 * expected.max())


def test_neighbors_of_a_box_longer_than_the_circle_of_units():
    problem = problem_of((70, 2, 2), step=0.1, fit={"q_points": 20, "q_max": 10.0})
    assert problem.cell[0, 0] > 256.0
    state = chain(problem, 500)
    expected = histogram_by_distances(state.positions, state.species, problem.cell, problem.bins, WEIGHTS)
    np.testing.assert_allclose(state.histogram, expected, atol=1e-9 * expected.max())


@pytest.mark.parametrize(
    ("cells", "radius", "size"),
    [pytest.param((3, 3, 3), 5.9, 64, id="small"), pytest.param((6, 6, 6), 3.0, 256, id="large")],
)
def test_batches_are_as_large_as_neighbors_among_them_allow(cells, radius, size):
    problem = problem_of(cells, step=0.1, radius=radius, fit={"q_points": 20, "q_max": 10.0})
    state = initial_state(problem, np.random.default_rng(0), threads=1)
    assert batch_size(state, problem) == size
    assert batch_size(state, replace(problem, batch=7)) == 7


@LARGE
def test_table_of_sites_gives_the_chain_of_linked_cells():
    problem = replace(full_problem(), bond_valence=None)
    expected = chain(problem)
    other = chain(replace(problem, grid=None))
    np.testing.assert_array_equal(other.positions, expected.positions)
    np.testing.assert_array_equal(other.species, expected.species)
    assert other.data_chi2 == pytest.approx(expected.data_chi2, rel=1e-12)


@LARGE
def test_a_table_widens_before_an_atom_leaves_it():
    problem = replace(problem_of((2, 2, 2), step=0.1), operators=(), margin_angstrom=0.2)
    state = chain(problem, 20_000)
    assert state.margin_angstrom > 0.5
    free = chain(replace(problem, grid=None), 20_000)
    assert state.refused_beyond_margin > 0 or np.array_equal(free.positions, state.positions)


def test_swaps_keep_the_composition_of_each_sublattice():
    problem = full_problem()
    state = chain(problem, 4000)
    for label in ("A", "B", "O"):
        members = np.isin(problem.site_kind, [n for n, name in enumerate(problem.sublattice) if name == label])
        before, after = (np.bincount(s[members], minlength=5) for s in (problem.species, state.species))
        np.testing.assert_array_equal(after, before)
    assert not np.array_equal(state.species, problem.species)
    mean = WEIGHTS[state.species].mean()
    assert mean**2 == pytest.approx(WEIGHTS[problem.species].mean() ** 2, rel=1e-14)


def test_windows_and_closest_approach_hold_along_the_chain():
    problem = full_problem(closest=1.7)
    state = chain(problem, 3000)
    apart = state.positions[:, None] - state.positions[None]
    apart -= np.rint(apart @ np.linalg.inv(problem.cell)) @ problem.cell
    distance = np.linalg.norm(apart, axis=2) + 10.0 * np.eye(len(apart))
    assert distance.min() >= 1.7
    assert state.counters[0, :, 1].sum() < state.counters[0, :, 0].sum()


@pytest.mark.parametrize("table", [True, pytest.param(False, marks=LARGE)])
def test_saved_arrays_go_on_as_the_chain_itself(table):
    problem = full_problem(table=table)
    state = chain(problem, 600)
    saved = state_arrays(state)
    other = state_of_arrays(saved, problem, threads=1)
    for each in (state, other):
        advance(each, problem, 600)
    np.testing.assert_array_equal(other.positions, state.positions)
    np.testing.assert_array_equal(other.histogram, state.histogram)
    assert other.data_chi2 == state.data_chi2


@LARGE
def test_scale_and_offset_are_those_of_least_squares():
    problem = problem_of(fit={"fit_scale": True, "fit_offset": True}, solve_every=200)
    problem = replace(
        problem, operators=tuple(replace(item, observed=0.8 * item.observed + 0.003) for item in problem.operators)
    )
    state = chain(problem, 8_000)
    assert np.all(np.abs(state.scales - 0.8) < 0.05)
    serial = chain(replace(problem, batch=1), 8_000)
    np.testing.assert_array_equal(serial.positions, state.positions)
    running, fresh = running_terms(state, problem), cost_terms(state, problem)
    assert state.data_chi2 == pytest.approx(running["total"], rel=1e-9)
    assert fresh["total"] == pytest.approx(running["total"], rel=1e-9)


def glass(seed=3, n=120):
    """Atoms at random in a slanted box."""
    rng = np.random.default_rng(seed)
    cell = np.array([[11.0, 0.0, 0.0], [2.0, 10.5, 0.0], [-1.0, 1.5, 12.0]])
    species = rng.integers(0, 5, n)
    bins = Bins(0.1, 45)
    sets = operators(bins, n, float(np.linalg.det(cell)), WEIGHTS[species].mean(), q_max=20.0, q_points=80)
    sites = rng.random((n, 3)) @ cell
    target = histogram_by_distances(sites + rng.normal(0.0, 0.1, sites.shape), species, cell, bins, WEIGHTS)
    return RmcProblem(
        cell=cell,
        sites_angstrom=sites,
        species=species,
        elements=tuple(LENGTHS),
        lengths_fm=LENGTHS,
        bins=bins,
        operators=with_data(sets, target, noise=1.0),
        moves=MoveRules(dict.fromkeys(LENGTHS, 0.5)),
        closest_angstrom=np.zeros((5, 5)),
    )


@LARGE
def test_atoms_of_a_slanted_box_wander_through_the_cells():
    problem = glass()
    state = chain(problem, 8_000)
    expected = histogram_by_distances(state.positions, state.species, problem.cell, problem.bins, WEIGHTS)
    np.testing.assert_allclose(state.histogram, expected, atol=1e-9 * expected.max())
    assert np.abs(state.positions - problem.sites_angstrom).max() > 1.0
    serial = chain(replace(problem, batch=1, early_rejection=False), 8_000)
    np.testing.assert_array_equal(serial.positions, state.positions)


@LARGE
def test_partial_channels_with_the_lengths_in_the_matrix_give_the_chain_of_the_total():
    problem = problem_of()
    pairs = [f"{a}-{b}" for i, a in enumerate(sorted(LENGTHS)) for b in sorted(LENGTHS)[i:]]
    weights = [2.0 * LENGTHS[pair.split("-")[0]] * LENGTHS[pair.split("-")[1]] for pair in pairs]
    sets = tuple(
        replace(item, channels=tuple(pairs), matrix=np.hstack([w * item.matrix for w in weights]))
        for item in problem.operators
    )
    expected = chain(problem, 2000)
    other = chain(replace(problem, operators=sets, lengths_fm={}), 2000)
    np.testing.assert_array_equal(other.positions, expected.positions)
    assert other.data_chi2 == pytest.approx(expected.data_chi2, rel=1e-9)


def test_a_perovskite_box_has_the_neighbors_of_its_density():
    sites, _, kind, cell = perovskite((11, 11, 11))
    _, basis = cell_numbers(sites, cell, (11, 11, 11), kind)
    runs, _ = table_runs(cell, (11, 11, 11), basis, [20.0])
    expected = 4.0 / 3.0 * np.pi * 20.0**3 * 5.0 / 64.0
    assert expected == pytest.approx(2618, abs=1)
    assert np.all(runs.total - 1 >= 0.99 * expected)
