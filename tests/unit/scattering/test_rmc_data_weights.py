"""Weights of the data: what entropy spreads, what constraints alone give, and the interval of a mean length."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.run import data_weights
from entrox.scattering.run.data_weights import compare_data_weights, with_data_weight
from entrox.scattering.run.length_interval import length_intervals
from entrox.scattering.setup.rmc_settings import RmcSettings

SETTINGS = RmcSettings.model_validate(
    {
        "sample": {"formula": "SrTiO3", "cells": (3, 3, 3), "lattice_a_angstrom": 3.9},
        "data": [{"file": "g.gr", "name": "G", "form": "G_keen", "sigma": 0.01}],
        "run": {"compare_weights": (0.0, 4.0)},
    }
)


def run(weight, lengths, error=0.001, chi2=1.0):
    """A result that knows what it measured: the analysis is replaced below."""
    sets = () if weight == 0.0 else (SimpleNamespace(chi2_per_point=chi2),)
    return SimpleNamespace(
        data_weight=weight or 1.0, sets=sets, bond_valence_on=False, converged=True, lengths=lengths, error=error,
        fit_of=lambda name: sets[0],
    )  # fmt: skip


@pytest.fixture
def comparison(monkeypatch):
    def analyze(results):
        if results[0].lengths is None:
            raise InputError("not a perovskite")
        lengths = np.mean([item.lengths for item in results], axis=0)
        box = SimpleNamespace(mean_modulus_error_angstrom=np.full(len(lengths), results[0].error))
        return SimpleNamespace(elements=("Sn", "Ti"), mean_modulus_angstrom=lengths, boxes=[box])

    monkeypatch.setattr(data_weights, "analyze_rmc", analyze)
    return lambda *runs: compare_data_weights(runs, ("G",))


def test_another_weight_changes_nothing_else():
    heavy = with_data_weight(SETTINGS, 16.0)
    assert (heavy.run.data_weight, heavy.run.compare_weights) == (16.0, ())
    assert heavy.data == SETTINGS.data


def test_weight_zero_is_a_refinement_against_hard_limits_alone():
    free = with_data_weight(SETTINGS, 0.0)
    assert free.data == ()
    assert free.constraints == SETTINGS.constraints


def test_an_element_that_the_weight_moves_is_named(comparison):
    found = comparison(run(1.0, [0.35, 0.14]), run(16.0, [0.19, 0.141]), run(16.0, [0.21, 0.139]))
    np.testing.assert_allclose(found.mean_modulus_angstrom, [[0.35, 0.14], [0.20, 0.14]])
    (note,) = found.warnings
    assert "mean |d| of Sn depends on the weight" in note


def test_an_element_that_the_constraints_alone_explain_is_named(comparison):
    found = comparison(run(0.0, [0.30, 0.33]), run(1.0, [0.31, 0.14]))
    assert np.isnan(found.chi2_per_point[0, 0])
    (note,) = found.warnings
    assert "mean |d| of Sn is that of the constraints alone" in note


def test_a_change_within_its_error_is_none(comparison):
    assert comparison(run(1.0, [0.12, 0.14], error=0.01), run(4.0, [0.14, 0.14], error=0.01)).warnings == ()


def test_atoms_that_nothing_holds_without_data_are_said(comparison):
    found = comparison(run(0.0, None), run(1.0, [0.12, 0.14]))
    assert np.isnan(found.mean_modulus_angstrom[0]).all()
    assert "nothing holds the atoms" in found.warnings[0]


def test_one_weight_is_no_comparison(comparison):
    with pytest.raises(InputError, match="two weights"):
        comparison(run(1.0, [0.12, 0.14]), run(1.0, [0.12, 0.14]))


def boxes(*lengths):
    found = [SimpleNamespace(mean_modulus_angstrom=np.array([value])) for value in lengths]
    return SimpleNamespace(elements=("Ca",), n_boxes=len(found), boxes=found)


def test_the_interval_holds_one_more_box_in_95_percent():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(2000):
        values = rng.normal(0.15, 0.01, 4)
        low, high = length_intervals([boxes(*values[:3])])["Ca"]
        hits += low <= values[3] <= high
    assert hits / 2000 == pytest.approx(0.95, abs=0.015)


def test_the_interval_spans_both_modes_of_the_constraint():
    on, off = boxes(0.22, 0.23, 0.24), boxes(0.13, 0.14, 0.15)
    low, high = length_intervals([on, off])["Ca"]
    assert low == pytest.approx(length_intervals([off])["Ca"][0])
    assert high == pytest.approx(length_intervals([on])["Ca"][1])
    assert length_intervals([boxes(0.14)]) == {}
