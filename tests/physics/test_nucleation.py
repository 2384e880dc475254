"""Nucleation: extrema of the work, closed forms, the sign of the driving force, draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import constants
from scipy.optimize import minimize_scalar

from entrox.core import InputError, generator
from entrox.thermo import (
    Kinetics,
    barrier,
    critical_radius,
    driving_force,
    driving_force_of_barrier,
    growth_velocity,
    log10_kinetic_factor,
    nucleation_result,
    nucleation_work,
    wetting_factor,
)
from entrox.thermo.ledger import LEDGER


@pytest.mark.parametrize(
    ("df", "radius", "height", "height_kt"),
    [(-1e9, 2.0, 104.577, 4045.24), (-2e9, 1.0, 26.144, 1011.31), (-5e9, 0.4, 4.183, 161.81)],
)
def test_barriers_are_those_of_the_closed_form(df: float, radius: float, height: float, height_kt: float) -> None:
    found = nucleation_result(df, 300.0, gamma_j_per_m2=1.0)
    assert found.critical_radius_nm == pytest.approx(radius, rel=1e-12)
    assert found.barrier_ev == pytest.approx(height, rel=1e-4)
    assert found.barrier_kt == pytest.approx(height_kt, rel=1e-5)
    assert found.log10_rate == pytest.approx(-height_kt / np.log(10.0), rel=1e-5)


def test_the_work_has_its_top_at_the_critical_radius_and_the_barrier_is_its_height() -> None:
    for df, gamma, wetting in ((-7e8, 0.4, 1.0), (-3e9, 1.2, 0.3)):
        top = minimize_scalar(
            lambda r, a=df, b=gamma, c=wetting: -float(nucleation_work(r, a, b, c)),
            bounds=(0.0, 30.0),
            method="bounded",
            options={"xatol": 1e-9},
        )
        assert top.x == pytest.approx(critical_radius(df, gamma), rel=1e-6)
        assert -top.fun == pytest.approx(barrier(df, gamma, wetting), rel=1e-10)
        radius = critical_radius(df, gamma)
        step = 1e-4 * radius
        slope = (nucleation_work(radius + step, df, gamma) - nucleation_work(radius - step, df, gamma)) / (2.0 * step)
        assert abs(slope) < 1e-6 * barrier(df, gamma) / radius


def test_the_work_of_a_ball_in_joules_is_its_volume_and_its_surface() -> None:
    radius_m, df, gamma = 3e-9, -4e8, 0.7
    joules = 4.0 / 3.0 * np.pi * radius_m**3 * df + 4.0 * np.pi * radius_m**2 * gamma
    assert nucleation_work(3.0, df, gamma) == pytest.approx(joules / constants.e, rel=1e-12)


def test_without_a_driving_force_the_work_rises_without_bound_and_there_is_no_barrier() -> None:
    for df in (0.0, 1e-3, 1e9):
        found = nucleation_result(df, 300.0, gamma_j_per_m2=1.0)
        assert (found.barrier_ev, found.critical_radius_nm, found.log10_rate) == (None, None, None)
        assert found.p_no_barrier == 1.0
        assert found.verdict == "no barrier: W rises without bound"
        work = nucleation_work(np.linspace(0.0, 100.0, 400), df, 1.0)
        assert (np.diff(work) > 0.0).all()


def test_the_two_directions_exchange_their_answers_when_the_sign_of_the_driving_force_changes() -> None:
    one = nucleation_result(-1.3e9, 500.0, gamma_j_per_m2=0.6, direction="amorphous-in-crystal")
    other = nucleation_result(1.3e9, 500.0, gamma_j_per_m2=0.6, direction="crystal-in-amorphous")
    assert (one.barrier_ev, one.critical_radius_nm) == (other.barrier_ev, other.critical_radius_nm)
    assert driving_force(-1.3e9, "crystal-in-amorphous") == -driving_force(-1.3e9)
    assert nucleation_result(-1.3e9, 500.0, direction="crystal-in-amorphous").barrier_ev is None


def test_the_logarithm_of_a_rate_is_finite_where_the_rate_itself_underflows() -> None:
    found = nucleation_result(-2e8, 300.0, gamma_j_per_m2=1.0)
    assert found.barrier_kt > 1e5
    assert np.isfinite(found.log10_rate)
    assert 10.0**found.log10_rate == 0.0


def test_barrier_goes_as_the_cube_of_gamma_and_the_inverse_square_of_the_driving_force() -> None:
    base = barrier(-1e9, 1.0)
    small = 1e-6
    assert np.log(barrier(-1e9, 1.0 + small) / base) / np.log1p(small) == pytest.approx(3.0, rel=1e-6)
    assert np.log(barrier(-1e9 * (1.0 + small), 1.0) / base) / np.log1p(small) == pytest.approx(-2.0, rel=1e-6)


def test_driving_force_of_a_barrier_is_the_inverse_of_the_barrier() -> None:
    df = driving_force_of_barrier(60.0, 1.0, 300.0)
    assert df == pytest.approx(-8.2e9, rel=0.01)
    assert nucleation_result(df, 300.0, gamma_j_per_m2=1.0).barrier_kt == pytest.approx(60.0, rel=1e-12)
    for direction in ("amorphous-in-crystal", "crystal-in-amorphous"):
        options = {"gamma_j_per_m2": 0.7, "direction": direction, "contact_angle_deg": 70.0}
        there = nucleation_result(-1e9, 400.0, **options).df_of_reached_barrier_j_per_m3
        assert nucleation_result(there, 400.0, **options).barrier_kt == pytest.approx(60.0, rel=1e-12)


def test_a_wall_at_right_angles_halves_the_barrier_and_keeps_the_radius() -> None:
    free = nucleation_result(-1e9, 300.0, gamma_j_per_m2=1.0)
    wall = nucleation_result(-1e9, 300.0, gamma_j_per_m2=1.0, contact_angle_deg=90.0)
    assert wall.barrier_ev == pytest.approx(0.5 * free.barrier_ev, rel=1e-12)
    assert wall.critical_radius_nm == free.critical_radius_nm
    # a cap of the sphere: its share of the volume of the ball is the same factor
    angle = np.radians(50.0)
    cap = (2.0 - 3.0 * np.cos(angle) + np.cos(angle) ** 3) / 4.0
    assert wetting_factor(50.0) == pytest.approx(cap, rel=1e-12)
    with pytest.raises(InputError, match="complete wetting"):
        nucleation_result(-1e9, 300.0, contact_angle_deg=0.0)


def test_draws_without_driving_force_are_counted_by_the_normal_distribution() -> None:
    found = nucleation_result(-1e9, 300.0, gamma_j_per_m2=1.0, df_error_j_per_m3=1e9, rng=generator(3))
    # one standard deviation below zero: 15.87 %, and its counting error is 0.12 %
    assert found.p_no_barrier == pytest.approx(0.158655, abs=0.005)
    assert found.barrier_ev is not None
    assert found.log10_rate_p05 < found.log10_rate < found.log10_rate_p95
    assert any("have no barrier" in note for note in found.warnings)
    surer = nucleation_result(-1e9, 300.0, gamma_j_per_m2=1.0, df_error_j_per_m3=2e8, rng=generator(3))
    assert surer.p_no_barrier < 1e-3 < found.p_no_barrier


def test_quantiles_of_the_barrier_are_those_of_its_closed_form() -> None:
    # of a monotone function the quantile is the function of the quantile
    found = nucleation_result(-2e9, 300.0, gamma_j_per_m2=1.0, gamma_error_j_per_m2=0.1, rng=generator(5))
    for value, sign in ((found.barrier_p05_ev, -1.0), (found.barrier_p95_ev, 1.0)):
        assert value == pytest.approx(barrier(-2e9, 1.0 + sign * 0.1 * 1.6448536), rel=0.01)
    assert found.gamma_share == 1.0
    both = nucleation_result(
        -2e9, 300.0, gamma_j_per_m2=1.0, gamma_error_j_per_m2=0.02, df_error_j_per_m3=6e7, rng=generator(5)
    )
    assert both.gamma_share == pytest.approx(0.5, rel=1e-12)


def test_draws_of_the_interface_energy_stay_above_zero() -> None:
    found = nucleation_result(-1e9, 300.0, gamma_j_per_m2=0.3, gamma_error_j_per_m2=0.4, rng=generator(2))
    assert 0.0 < found.barrier_p05_ev < found.barrier_p95_ev
    assert any("below zero" in note for note in found.warnings)


def test_the_kinetic_factor_is_that_of_attachment_zeldovich_and_sites() -> None:
    gamma, temperature, diffusivity, density, df = 0.8, 900.0, 1e-18, 4e27, -6e8
    thermal = constants.k * temperature
    units = 4.0 / 3.0 * np.pi * (2.0 * gamma / -df) ** 3 * density
    attachment = 24.0 * diffusivity * units ** (2.0 / 3.0) / density ** (-2.0 / 3.0)
    zeldovich = np.sqrt(-df / density / (6.0 * np.pi * thermal * units))
    found = log10_kinetic_factor(gamma, temperature, diffusivity_m2_per_s=diffusivity, site_density_per_m3=density)
    assert found == pytest.approx(np.log10(attachment * zeldovich * density), abs=1e-9)


def test_growth_is_linear_in_a_small_driving_force_odd_and_bounded_by_diffusion() -> None:
    place = {"diffusivity_m2_per_s": 1e-18, "site_density_per_m3": 4e27}
    small = growth_velocity(-1e3, 900.0, **place)
    assert small == pytest.approx(1e-18 * 4e27 ** (1.0 / 3.0) * 1e3 / 4e27 / (constants.k * 900.0), rel=1e-6)
    assert growth_velocity(1e3, 900.0, **place) == pytest.approx(-small, rel=1e-9)
    assert growth_velocity(-1e12, 900.0, **place) == pytest.approx(1e-18 * 4e27 ** (1.0 / 3.0), rel=1e-12)


def test_nuclei_at_a_wall_are_told_to_be_an_upper_bound_and_those_of_the_volume_are_not() -> None:
    place = Kinetics(diffusivity_m2_per_s=1e-18, site_density_per_m3=4e27)
    wall = nucleation_result(-1e9, 873.0, gamma_j_per_m2=0.5, kinetics=place, contact_angle_deg=60.0)
    free = nucleation_result(-1e9, 873.0, gamma_j_per_m2=0.5, kinetics=place)
    assert any("upper bound" in note for note in wall.warnings)
    assert not any("upper bound" in note for note in free.warnings)
    assert wall.log10_nuclei > free.log10_nuclei


def test_slower_atoms_shift_rate_and_growth_by_the_same_decades() -> None:
    place = {"site_density_per_m3": 4e27}
    fast, slow = (
        nucleation_result(
            -1e9, 873.0, gamma_j_per_m2=0.5, kinetics=Kinetics(diffusivity_m2_per_s=d, **place), diffusivity_ratio=ratio
        )
        for d, ratio in ((1e-18, 1.0), (1e-20, 0.01))
    )
    assert slow.kinetic_shift == pytest.approx(-2.0)
    assert slow.log10_nuclei - fast.log10_nuclei == pytest.approx(slow.kinetic_shift)
    assert np.log10(slow.growth_m_per_s / fast.growth_m_per_s) == pytest.approx(slow.kinetic_shift)
    assert slow.log10_rate == fast.log10_rate


@pytest.mark.parametrize("row", [row for row in LEDGER if row.compute is not None], ids=lambda row: row.id)
def test_every_number_of_the_series_comes_out(row) -> None:
    allowed = row.tolerance * (abs(row.published) if row.relative else 1.0)
    assert row.compute() == pytest.approx(row.published, abs=allowed)
