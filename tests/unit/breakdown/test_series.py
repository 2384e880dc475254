"""Series of ensembles over size, thickness, ramp rate and other conditions."""

from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown import default_settings, mean_parameters, run_ensemble, stored_calibration
from entrox.breakdown.model import AvalancheModel
from entrox.breakdown.series import (
    ramp_rate_series,
    run_series,
    size_series,
    temperature_series,
    thickness_series,
    weakest_link_field,
)
from entrox.breakdown.vacancies import Trap, log_released_density
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.core.weibull import fit_weibull

HOST = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)


def test_weakest_link_law_halves_the_field_after_ten_doublings_at_modulus_ten():
    assert weakest_link_field(100.0, 1024.0, 10.0) == pytest.approx(50.0)
    with pytest.raises(InputError, match="> 0"):
        weakest_link_field(100.0, -1.0, 10.0)


def test_sample_that_obeys_the_weakest_link_gives_its_exponent_back():
    modulus, template = 8.0, run_ensemble(HOST, generator(1), seeds=5)

    def at(edge, rng):
        fields = weakest_link_field(500e6, edge**2, modulus) * rng.weibull(modulus, 200)
        return replace(template, breakdown_fields=fields, mean=float(fields.mean()), weibull=fit_weibull(fields))

    series = run_series("edge", "cells", [1.0, 2.0, 4.0, 8.0], at, generator(2), volume_power=2.0)
    assert series.weakest_link_exponent == pytest.approx(-2.0 / modulus, rel=0.1)
    low, high = series.exponent_interval
    assert low < -2.0 / modulus < high
    assert series.scale == pytest.approx(series.weakest_link_scale, rel=0.1)
    assert (series.modulus_interval[:, 0] < modulus).all()
    assert (series.modulus_interval[:, 1] > modulus).all()


def test_thicker_perfect_crystal_breaks_at_a_higher_field_since_the_ramp_goes_on():
    series = thickness_series(HOST, [5, 15, 45], generator(1), seeds=12)
    assert np.ptp(series.onset) < 1e-6 * series.onset[0]
    assert (np.diff(series.mean) > 0).all()
    assert series.exponent_interval[0] > 0 > series.weakest_link_exponent
    assert series.relative_volume.tolist() == [1.0, 3.0, 9.0]


def test_larger_square_samples_scatter_more_and_break_later():
    series = size_series(HOST, [5, 10, 20], generator(1), seeds=24)
    assert (np.diff(series.std) > 0).all()
    assert (np.diff(series.modulus) < 0).all()
    assert (series.mean_interval[:, 0] < series.mean).all()
    assert (series.mean < series.mean_interval[:, 1]).all()


def test_onset_rises_as_the_root_of_the_ramp_rate():
    rate = stored_calibration().ramp_rate
    series = ramp_rate_series(HOST, [rate / 4, rate, 4 * rate], generator(1), seeds=8)
    assert series.onset / series.onset[0] == pytest.approx([1.0, 2.0, 4.0], rel=1e-6)
    assert series.exponent == pytest.approx(0.5, abs=0.05)
    assert series.exponent > 0.5  # the rise during the propagation grows with the rate itself
    assert series.weakest_link_exponent is None


@pytest.mark.parametrize("release", ["unlimited", "full"])
def test_field_rises_with_temperature_since_the_barrier_of_the_trap_is_gone_before_the_bond_breaks(release):
    # N_c is 8e-6 e/angstrom^3: a density that matters needs a positive exponent, which heat makes smaller
    trap = Trap(depth=0.4, release=release)
    shorter = replace(HOST, mean_free_path=4.0)
    temperatures = [250.0, 300.0, 400.0]
    series = temperature_series(shorter, temperatures, generator(1), model=AvalancheModel(trap=trap), seeds=4)
    assert (np.diff(series.mean) > 0).all()
    assert series.exponent_interval[0] > 0
    assert series.weakest_link_exponent is None
    assert (log_released_density(series.onset, trap) > np.log(trap.density * 1e-30)).all()


def test_temperature_without_vacancies_changes_nothing_and_is_refused():
    with pytest.raises(InputError, match="trap"):
        temperature_series(HOST, [300.0], generator(1), model=AvalancheModel())


def test_cubes_have_the_volume_of_their_edge_cubed():
    series = size_series(HOST, [2, 3], generator(1), seeds=1, model=AvalancheModel(dimensions=3))
    assert series.relative_volume.tolist() == [1.0, 3.375]


def test_members_added_at_the_end_do_not_change_the_first():
    few = size_series(HOST, [5, 10], generator(7), seeds=5)
    more = size_series(HOST, [5, 10, 12], generator(7), seeds=5)
    assert np.array_equal(few.mean, more.mean[:2])
    assert few.exponent is None
    assert more.exponent is not None


def test_member_without_a_channel_is_a_gap_with_a_reason():
    low = default_settings(maximum_field=400e6)
    series = size_series(HOST, [5, 10], generator(1), seeds=5, settings=low)
    assert np.isnan(series.mean).all()
    assert np.isnan(series.modulus).all()
    assert all("5 of 5 seeds" in reason for reason in series.reasons)


def test_any_condition_can_be_a_series():
    def at(energy, rng):
        return run_ensemble(replace(HOST, bond_energy=energy), rng, seeds=5)

    series = run_series("bond energy", "eV", [2.0, 6.0, 10.0], at, generator(1))
    assert (np.diff(series.mean) > 0).all()
    assert series.relative_volume.tolist() == [1.0, 1.0, 1.0]


def test_bad_members_are_named():
    with pytest.raises(InputError, match="thickness"):
        thickness_series(HOST, [1], generator(1))
    with pytest.raises(InputError, match="ramp rate"):
        ramp_rate_series(HOST, [-1.0], generator(1))
    with pytest.raises(InputError, match="at least one"):
        run_series("edge", "cells", [], lambda value, rng: None, generator(1))


def test_series_writes_its_quantities_with_units():
    dataset = size_series(HOST, [5, 10], generator(1), seeds=5).to_dataset()
    assert dataset["mean"].attrs["units"] == "V/m"
    assert dataset["mean"].dims == ("member",)
