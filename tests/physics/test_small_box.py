"""Small-box fits of made data: sum rules, and numbers that come back."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import sample_of
from entrox.scattering.small_box.fit import fit_small_box
from entrox.scattering.small_box.symmetry import lattice_numbers
from small_boxes import cubic_perovskite, made_data, nickel, polar_perovskite

R = np.arange(1.5, 8.0, 0.02)
QMAX = 30.0


def test_the_first_shell_of_fcc_holds_twelve_atoms_and_the_origin_has_the_slope_of_the_density() -> None:
    r = np.arange(0.01, 6.0, 0.01)
    data = made_data(nickel(3.52), {"u_Ni": 0.004}, r)
    density = 4.0 / 3.52**3
    radial = data.x * (data.y + 4.0 * np.pi * density * data.x)
    shell = (data.x > 2.0) & (data.x < 3.0)
    assert np.trapezoid(radial[shell], data.x[shell]) == pytest.approx(12.0, abs=1e-3)
    low = data.x < 1.5
    assert np.polyfit(data.x[low], data.y[low], 1)[0] == pytest.approx(-4.0 * np.pi * density, rel=1e-6)


def test_a_crystal_gives_back_its_own_numbers_from_lattices_on_both_sides() -> None:
    truth = {"u_Ni": 0.006, "delta2": 2.5, "scale": 0.8, "qdamp": 0.02}
    data = made_data(nickel(3.523), truth, np.arange(1.8, 15.0, 0.02), qmax_per_angstrom=QMAX)
    for start in (3.46, 3.51, 3.54, 3.58):
        fit = fit_small_box(
            data, nickel(start), free=("scale", "lattice", "u", "delta2"), start={"qdamp": 0.02}, r_min_angstrom=1.8,
            r_max_angstrom=15.0, qmax_per_angstrom=QMAX,
        )  # fmt: skip
        assert fit.converged
        assert fit.rw < 1e-4
        assert fit.value("a") == pytest.approx(3.523, abs=1e-5)
        for name in ("u_Ni", "delta2", "scale"):
            assert fit.value(name) == pytest.approx(truth[name], rel=1e-3)


def test_labels_of_r_that_are_too_small_come_back_as_a_positive_offset() -> None:
    true = made_data(nickel(3.52), {"u_Ni": 0.005}, R + 0.008)
    data = CorrelationData(x=true.x - 0.008, y=true.y, form="G_pdf")
    fit = fit_small_box(data, nickel(3.52), free=("scale", "lattice", "u", "r_offset"))
    assert fit.value("r_offset") == pytest.approx(0.008, abs=1e-5)
    assert fit.value("a") == pytest.approx(3.52, abs=1e-5)
    assert list(fit.correlations) == [("r_offset", "a")]


def test_coordinates_of_a_polar_cell_come_back_with_the_first_cation_as_origin() -> None:
    u = {"u_Pb": 0.006, "u_Ti": 0.004, "u_O": 0.005}
    data = made_data(polar_perovskite(3.90, 4.15), u, R, qmax_per_angstrom=QMAX)
    fit = fit_small_box(
        data, polar_perovskite(3.92, 4.12, titanium=0.53, apex=0.10, equator=0.61), start=u,
        free=("lattice", "positions"), qmax_per_angstrom=QMAX,
    )  # fmt: skip
    assert fit.names == ("a", "c", "Ti.z", "O1.z", "O2.z")
    np.testing.assert_allclose(fit.values, [3.90, 4.15, 0.54, 0.11, 0.62], atol=2e-4)


def test_flat_thermal_motion_of_oxygen_is_told_from_isotropic_motion() -> None:
    truth = {"u11_Sr": 0.004, "u11_Ti": 0.003, "u11_O": 0.003, "u22_O": 0.010}
    data = made_data(cubic_perovskite(3.905), truth, R, qmax_per_angstrom=QMAX)
    flat = fit_small_box(data, cubic_perovskite(3.9), free=("scale", "lattice", "u_aniso"), qmax_per_angstrom=QMAX)
    round_ = fit_small_box(data, cubic_perovskite(3.9), free=("scale", "lattice", "u"), qmax_per_angstrom=QMAX)
    for name, value in truth.items():
        assert flat.value(name) == pytest.approx(value, rel=5e-3)
    assert round_.rw > 20.0 * flat.rw


def test_an_antiphase_tilt_is_recovered_and_an_in_phase_one_fits_worse() -> None:
    u = {"u_Sr": 0.002, "u_Ti": 0.002, "u_O": 0.003}
    cell = cubic_perovskite(3.9)
    data = made_data(cell, {**u, "tilt_c": 4.0}, R[:250], qmax_per_angstrom=QMAX)
    against = fit_small_box(data, cell, free=("scale", "lattice", "u", "tilt"), qmax_per_angstrom=QMAX)
    alike = fit_small_box(data, cell, free=("scale", "lattice", "u", "tilt"), tilt="a0a0c+", qmax_per_angstrom=QMAX)
    assert against.value("tilt_c") == pytest.approx(4.0, abs=0.02)
    assert against.derived["shift_c"] == pytest.approx(0.5 * np.tan(np.radians(against.value("tilt_c"))))
    assert against.value("a") == pytest.approx(3.9, abs=1e-4)
    assert lattice_numbers(against.lattice)[0] == pytest.approx(7.8, abs=2e-4)
    assert alike.rw > 5.0 * against.rw


def test_barium_and_calcium_on_one_site_scatter_as_their_mean() -> None:
    cell = cubic_perovskite(4.0, "BaTi")
    shared = {"Ba": {"Ba": 0.7, "Ca": 0.3}}
    mixed = made_data(cell, {}, R, shared=shared)
    mean = 0.7 * 5.07 + 0.3 * 4.70
    lengths = {"Ba": mean, "Ti": -3.438, "O": 5.803}
    plain = made_data(cell, {}, R, sample_of(cell, lengths_fm=lengths))
    np.testing.assert_allclose(mixed.y, plain.y, rtol=1e-10)


def test_x_ray_peaks_have_the_weights_of_the_electron_numbers() -> None:
    cell = cubic_perovskite(4.0, "BaTi")
    data = made_data(cell, {}, np.arange(1.5, 2.4, 0.01), sample_of(cell, probe="xray"))
    radial = data.x * (data.y + 4.0 * np.pi * 5.0 / 64.0 * data.x)
    # six anions around each of one titanium in five atoms, counted from both ends
    expected = 2.0 * 6.0 / 5.0 * 22.0 * 8.0 / ((56.0 + 22.0 + 24.0) / 5.0) ** 2
    assert np.trapezoid(radial, data.x) == pytest.approx(expected, rel=2e-3)


def test_quoted_errors_are_the_spread_of_fits_to_noise_that_is_limited_to_qmax() -> None:
    rng = np.random.default_rng(5)
    r = np.arange(1.8, 6.5, 0.03)
    truth = made_data(nickel(3.52), {"u_Ni": 0.005}, r, qmax_per_angstrom=QMAX)
    nodes = np.arange(-20.0, 30.0, np.pi / QMAX)
    bridge = np.sinc((r[:, None] - nodes) * QMAX / np.pi)
    values, errors = [], []
    for _ in range(24):
        data = CorrelationData(x=r, y=truth.y + bridge @ rng.normal(0.0, 0.4, len(nodes)), form="G_pdf")
        fit = fit_small_box(data, nickel(3.52), qmax_per_angstrom=QMAX)
        values.append(fit.values)
        errors.append(fit.errors)
    ratio = np.std(values, axis=0, ddof=1) / np.mean(errors, axis=0)
    assert (ratio > 0.65).all()
    assert (ratio < 1.5).all()
