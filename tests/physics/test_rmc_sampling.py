"""Detailed balance of single moves and of Langevin moves on toys whose distribution is known."""

from dataclasses import replace

import numpy as np
import pytest

from entrox.scattering.engine.advance import advance, initial_state
from entrox.scattering.engine.gradient import mala
from entrox.scattering.engine.problem import MoveRules, RmcProblem
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.set_operator import SetOperator

EDGE = 6.0
BINS = Bins(0.5, 5)
COSTS = np.array([3.0, 0.5, 2.0, 0.0, 1.0])


def pair_problem(closest=0.0, radius=1.5, weight=1.0):
    """Two atoms whose chi^2 is COSTS[k] + constant with their distance in bin k, and the constant beyond."""
    # One point per bin: (h_k a_k - 1)^2 is 1 without the pair, and 1 + COSTS[k] with it.
    scale = (1.0 + np.sqrt(1.0 + weight * COSTS)) / 2.0
    item = SetOperator(
        name="toy",
        form="G_keen",
        channels=("total",),
        x=BINS.centers_angstrom,
        observed=np.ones(5),
        sigma=np.ones(5),
        held_out=np.zeros(5, dtype=bool),
        matrix=np.diag(scale),
        constant=np.zeros(5),
    )
    return RmcProblem(
        cell=EDGE * np.eye(3),
        sites_angstrom=np.array([[1.0, 1.0, 1.0], [3.4, 1.0, 1.0]]),
        species=np.zeros(2, dtype=np.int64),
        elements=("X",),
        lengths_fm={"X": 1.0},
        bins=BINS,
        operators=(item,) if weight > 0.0 else (),
        moves=MoveRules({"X": radius}),
        closest_angstrom=np.array([[closest]]),
        batch=8,
    )


def bin_of_pair(state):
    apart = state.positions[1] - state.positions[0]
    apart -= EDGE * np.rint(apart / EDGE)
    number = int(np.linalg.norm(apart) / BINS.step_angstrom + 0.5)
    return number if number <= BINS.count else BINS.count + 1


def expected_shares(costs, closest=0.0):
    """Shares of bins 0..5 and of all beyond."""
    edges = np.concatenate([[0.0], BINS.edges_angstrom])
    low = np.maximum(edges[:-1], closest)
    volumes = 4.0 / 3.0 * np.pi * np.maximum(edges[1:] ** 3 - low**3, 0.0)
    rest = EDGE**3 - 4.0 / 3.0 * np.pi * edges[-1] ** 3
    weights = np.concatenate([volumes * np.exp(-0.5 * np.concatenate([[0.0], costs])), [rest]])
    return weights / weights.sum()


def spread_of_means(found, blocks=40):
    """Mean shares and their standard errors from blocks."""
    hits = np.eye(BINS.count + 2)[found]
    means = hits[: len(hits) // blocks * blocks].reshape(blocks, -1, BINS.count + 2).mean(axis=1)
    return means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(blocks)


def sampled(problem, samples, stride, seed=2):
    state = initial_state(problem, np.random.default_rng(seed), threads=1)
    advance(state, problem, 200)
    found = []
    for _ in range(samples):
        advance(state, problem, stride)
        found.append(bin_of_pair(state))
    return np.array(found)


def assert_shares(found, expected):
    mean, error = spread_of_means(found)
    assert np.all(np.abs(mean - expected) < 4.0 * np.maximum(error, 1e-3)), (mean, expected, error)


def test_chi2_of_the_toy_is_the_known_cost():
    problem = pair_problem()
    for number, cost in enumerate(COSTS):
        place = np.array([[1.0, 1.0, 1.0], [1.0 + 0.5 * (number + 1), 1.0, 1.0]])
        state = initial_state(replace(problem, sites_angstrom=place), np.random.default_rng(0), threads=1)
        assert state.data_chi2 == pytest.approx(5.0 + cost, abs=1e-10)


def test_two_particles_sample_the_exponential_of_half_their_cost():
    assert_shares(sampled(pair_problem(), 4000, 20), expected_shares(COSTS))


def test_without_data_positions_are_uniform_inside_the_hard_limits():
    found = sampled(pair_problem(closest=1.5, weight=0.0), 4000, 20)
    assert_shares(found, expected_shares(np.zeros(5), closest=1.5))


def test_langevin_moves_sample_the_same_distribution():
    problem = pair_problem()
    state = initial_state(problem, np.random.default_rng(4), threads=1)
    found, accepted = [], 0
    for _ in range(1500):
        accepted += mala(state, problem, 1, width_angstrom=0.9)[1]
        found.append(bin_of_pair(state))
    assert 0.2 < accepted / 1500 < 0.99
    assert_shares(np.array(found), expected_shares(COSTS))
