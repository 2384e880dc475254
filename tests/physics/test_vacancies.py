"""Oxygen vacancies: the release law, its limits, and what it does to the breakdown field."""

import numpy as np
import pytest
from scipy import constants

from entrox.breakdown import (
    AvalancheModel,
    Trap,
    build_sample,
    calibrated_plane,
    log_released_density,
    place_vacancies,
    run_ensemble,
    with_vacancy_sites,
)
from entrox.breakdown.alloy import given_parameters
from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.breakdown.vacancies import release_table
from entrox.core import InputError, generator

POINT = given_parameters(5.21, 4.0, 5.85)
K = stored_optical_permittivity()


def field(depth=0.2, seeds=8, fraction=1.0, model=None, **trap):
    options = {"optical_permittivity": K, **trap}
    model = {"trap": Trap(depth=depth, **options), "vacancy_fraction": fraction, **(model or {})}
    return run_ensemble(POINT, generator(1), seeds=seeds, model=AvalancheModel(**model)).mean / 1e6


def test_release_law_is_the_published_formula():
    trap = Trap(depth=0.5, density=8e24, optical_permittivity=6.5, temperature=300.0)
    field = 4e8
    lowering = np.sqrt(constants.e**3 * field / (np.pi * 6.5 * constants.epsilon_0))
    expected = 8e24 * 1e-30 * np.exp(-(0.5 * constants.e - lowering) / (constants.k * 300.0))
    assert np.exp(log_released_density(field, trap)) == pytest.approx(expected, rel=1e-9)


def test_published_fields_of_barium_titanate_with_vacancies():
    assert field(0.2, seeds=32) == pytest.approx(381, rel=0.01)
    assert field(0.8, seeds=32) == pytest.approx(1126, rel=0.01)


def test_breakdown_rises_with_trap_depth_and_saturates_at_the_intrinsic_value():
    intrinsic = run_ensemble(POINT, generator(1), seeds=8).mean / 1e6
    fields = [field(depth) for depth in (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)]
    assert (np.diff(fields) > 0).all()
    assert field(1.2) == pytest.approx(intrinsic, rel=1e-3)


def test_breakdown_falls_with_the_density_of_traps():
    fields = [field(0.4, density=density) for density in (1e22, 1e23, 1e24, 1e25, 1e26)]
    assert (np.diff(fields) < 0).all()


def test_heat_releases_more_electrons_while_there_is_a_barrier():
    densities = [log_released_density(1e8, Trap(depth=0.5, temperature=t)) for t in (250.0, 300.0, 400.0)]
    assert (np.diff(densities) > 0).all()


def test_published_form_is_used_beyond_its_barrier():
    # At breakdown the field has lowered the barrier below zero: from there on heat makes the exponential smaller, and
    # the breakdown field rises with temperature. A property of the published form that a user must know.
    fields = [field(0.5, temperature=temperature) for temperature in (250.0, 300.0, 400.0, 500.0)]
    assert (np.diff(fields) > 0).all()
    lowering = np.sqrt(constants.e * fields[1] * 1e6 / (np.pi * K * constants.epsilon_0))
    assert lowering > 0.5


def test_capped_release_is_far_weaker_than_the_published_form():
    assert field(0.2, release="full") > 2 * field(0.2)


def test_capped_release_holds_two_electrons_per_vacancy():
    trap = Trap(depth=0.2, release="full")
    fields = np.linspace(0, 1e9, 2001)
    table = release_table(trap, 0.0, 0.8, fields)
    assert np.exp(table[-1]) * 2 * np.pi * 0.8**2 == pytest.approx(2.0, rel=1e-6)
    assert (np.diff(table) >= 0).all()


def test_electrons_released_at_once_multiply_like_all_others():
    # A very shallow trap gives all it has before the field grows: the density is the cap times exp(g).
    trap = Trap(depth=1e-3, density=1e40, release="full")
    growth = 1e-17
    fields = np.linspace(0, 8e8, 4001)
    table = release_table(trap, growth, 0.8, fields)
    cap = 2.0 / (2 * np.pi * 0.8**2)
    assert np.allclose(table, np.log(cap) + growth * fields**2, atol=1e-9)


def test_no_vacancies_is_the_perfect_crystal():
    plain = run_ensemble(POINT, generator(1), seeds=4)
    empty = run_ensemble(POINT, generator(1), seeds=4, model=AvalancheModel(trap=Trap(depth=0.2), vacancy_fraction=0.0))
    assert np.allclose(plain.breakdown_fields, empty.breakdown_fields, rtol=1e-6)


def test_sparse_vacancies_start_the_channel_but_cannot_carry_it():
    sparse = run_ensemble(
        POINT,
        generator(1),
        seeds=6,
        model=AvalancheModel(trap=Trap(depth=0.2, optical_permittivity=K), vacancy_fraction=0.03),
    )
    assert sparse.onset_field < 0.5 * sparse.mean
    assert field(0.2) < sparse.mean / 1e6


def test_law_with_vacancies_equals_the_simulated_onset():
    ensemble = run_ensemble(POINT, generator(1), seeds=2, model=AvalancheModel(trap=Trap(depth=0.3)))
    assert ensemble.threshold_law == pytest.approx(ensemble.onset_field, rel=1e-6)


SAMPLE = build_sample(with_vacancy_sites(calibrated_plane()), (12, 12))


def test_placed_vacancies_are_exact_in_number_and_lie_on_anions():
    presence = place_vacancies(SAMPLE, 0.25, generator(1))
    kinds = np.array(SAMPLE.lattice.kinds)[SAMPLE.basis_site]
    assert presence.sum() == 36
    assert (presence[kinds != "vacancy"] == 0).all()


def test_profiles_gather_vacancies_at_their_electrode():
    bottom = place_vacancies(SAMPLE, 0.2, generator(1), profile="bottom", decay_length=8.0)
    top = place_vacancies(SAMPLE, 0.2, generator(1), profile="top", decay_length=8.0)
    height = SAMPLE.positions[:, 1]
    assert bottom.sum() == top.sum() == 29
    assert height[bottom > 0].mean() < 16 < 32 < height[top > 0].mean()


def test_clustered_vacancies_have_more_vacant_neighbors():
    from entrox.breakdown.lattice import nearest_pairs

    sites = np.flatnonzero(np.array(SAMPLE.lattice.kinds)[SAMPLE.basis_site] == "vacancy")
    pairs = nearest_pairs(SAMPLE, sites)

    def both(clustering):
        counts = [
            place_vacancies(SAMPLE, 0.2, generator(1, k), clustering=clustering)[sites][pairs].all(axis=1).mean()
            for k in range(5)
        ]
        return np.mean(counts)

    assert both(1.0) > 3 * both(0.0)


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ({"depth": 0.0}, "trap depth"),
        ({"depth": 0.2, "density": -1.0}, "trap density"),
        ({"depth": 0.2, "temperature": 0.0}, "temperature"),
        ({"depth": 0.2, "optical_permittivity": 0.5}, "optical permittivity"),
        ({"depth": 0.2, "release": "some"}, "release"),
    ],
)
def test_impossible_traps_are_refused_by_name(bad, name):
    with pytest.raises(InputError, match=name):
        Trap(**bad)


def test_vacancies_need_their_sites_and_a_generator():
    with pytest.raises(InputError, match="with_vacancy_sites"):
        place_vacancies(build_sample(calibrated_plane(), (3, 3)), 0.5, generator(1))
    with pytest.raises(InputError, match="rng"):
        place_vacancies(SAMPLE, 0.5)
    with pytest.raises(InputError, match="vacancy fraction"):
        place_vacancies(SAMPLE, 1.5, generator(1))


def test_vacancies_in_space_are_refused():
    with pytest.raises(InputError, match="two dimensions"):
        AvalancheModel(dimensions=3, trap=Trap(depth=0.2))


@pytest.mark.parametrize("temperature", [10.0, 30.0, 77.0, 150.0])
@pytest.mark.parametrize("release", ["unlimited", "full"])
def test_cold_traps_have_an_answer(temperature, release):
    trap = Trap(depth=0.2, temperature=temperature, release=release)
    ensemble = run_ensemble(POINT, generator(1), seeds=2, model=AvalancheModel(trap=trap))
    assert ensemble.mean is not None
    assert ensemble.mean < 1.02 * run_ensemble(POINT, generator(1), seeds=2).mean


def test_hopelessly_deep_traps_leave_the_intrinsic_field():
    intrinsic = run_ensemble(POINT, generator(1), seeds=2).mean
    trap = Trap(depth=5.0, temperature=50.0, release="full")
    ensemble = run_ensemble(POINT, generator(1), seeds=2, model=AvalancheModel(trap=trap))
    assert ensemble.mean == pytest.approx(intrinsic, rel=1e-6)
