from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.order.sine_transform import lorch_window, sine_transform
from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import REAL_SPACE_FORMS, RECIPROCAL_SPACE_FORMS, CorrelationData
from entrox.scattering.data.length_check import infer_length_table
from entrox.scattering.data.limits import check_limits, infer_form, limits_of
from entrox.scattering.data.sample import sample_of

Floats = NDArray[np.float64]

SAMPLE = sample_of("SrTiO3", 5 / 3.905**3)
ELECTRONS = sample_of("BaTiO3", 5 / 64.3, probe="xray")


def shell(r: Floats, center: float = 3.0, width: float = 0.15) -> Floats:
    """Odd function of r: a Gaussian shell in D."""
    return np.exp(-((r - center) ** 2) / (2 * width**2)) - np.exp(-((r + center) ** 2) / (2 * width**2))


def liquid(r: Floats) -> Floats:
    """G_keen of a toy: nothing below 1.9 angstrom, peaks that die away."""
    wave = np.exp(-((r - 1.95) ** 2) / 0.02) + np.exp(-0.35 * r) * np.sin(2.3 * r) * (r > 1.9)
    edge = 1.0 / (1.0 + np.exp(-(r - 1.75) / 0.02))
    return SAMPLE.mean_length_squared * (edge * (1.0 + wave) - 1.0)


def powder(q: Floats) -> Floats:
    """F of a toy crystal: -<b^2> between Bragg peaks at low Q, peaks that die away."""
    peaks = sum(np.exp(-((q - at) ** 2) / 0.002) * 3 * np.exp(-0.02 * at**2) for at in np.arange(2.2, 20.0, 0.35))
    return SAMPLE.mean_squared_length * (peaks - 0.93 * np.exp(-0.012 * q**2))


def test_a_gaussian_shell_has_the_closed_transform() -> None:
    r = np.arange(0.0, 8.0, 0.01)
    q = np.linspace(0.5, 30.0, 60)
    _, found = convert_correlation(r, shell(r), "D", "F", SAMPLE, x_out=q)
    expected = 0.15 * np.sqrt(2 * np.pi) * np.exp(-((0.15 * q) ** 2) / 2) * np.sin(3.0 * q) / q
    assert found == pytest.approx(expected, abs=1e-9)


def test_going_to_q_and_back_returns_a_band_limited_function() -> None:
    r = np.arange(0.0, 12.0, 0.02)
    start = shell(r, 3.0) - 0.4 * shell(r, 5.5, 0.2)
    q, middle = convert_correlation(r, start, "D", "F", SAMPLE, x_out=np.arange(0.0, 50.0, 0.05))
    _, back = convert_correlation(q, middle, "F", "D", SAMPLE, x_out=r)
    assert back == pytest.approx(start, abs=1e-6)


def test_the_transform_at_zero_is_the_limit_of_its_neighbors() -> None:
    r = np.arange(0.0, 12.0, 0.02)
    _, found = convert_correlation(r, shell(r), "D", "F", SAMPLE, x_out=[0.0, 1e-4])
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_the_lorch_window_of_a_shell_is_its_average_over_the_ripple() -> None:
    q = np.arange(0.0, 25.0, 0.01)
    weighted = np.sin(3.0 * q)
    r = np.linspace(2.0, 4.0, 11)
    smooth = sine_transform(q, weighted, r, window="lorch")
    width = np.pi / q[-1]
    near = np.array([at + width * np.linspace(-1.0, 1.0, 101) for at in r])
    plain = sine_transform(q, weighted, near.ravel()).reshape(near.shape)
    assert smooth == pytest.approx(np.trapezoid(plain, dx=1.0 / 100, axis=1), abs=2e-3 * np.abs(smooth).max())
    assert lorch_window([q[-1] + 1.0], q[-1])[0] == 0.0


def test_an_integral_can_end_between_two_points() -> None:
    x = np.linspace(0.0, 10.0, 2001)
    found = sine_transform(x, np.ones_like(x), [2.0], end=3.3333)
    assert found[0] == pytest.approx((1.0 - np.cos(2.0 * 3.3333)) / 2.0, abs=1e-5)


@pytest.mark.parametrize(
    "pair", [*itertools.permutations(REAL_SPACE_FORMS, 2), *itertools.permutations(RECIPROCAL_SPACE_FORMS, 2)]
)
def test_every_form_returns_through_every_other(pair: tuple[str, str]) -> None:
    source, other = pair
    x = np.linspace(0.02, 20.0, 500)
    y = np.sin(3.0 * x) * np.exp(-0.1 * x)
    _, there = convert_correlation(x, y, source, other, SAMPLE)
    _, back = convert_correlation(x, there, other, source, SAMPLE)
    assert back == pytest.approx(y, abs=1e-10)


def test_a_point_at_zero_survives_the_forms_that_vanish_there() -> None:
    r = np.linspace(0.0, 10.0, 501)
    start = -4 * np.pi * SAMPLE.number_density * r
    _, g = convert_correlation(r, start, "G_pdf", "g", SAMPLE)
    _, back = convert_correlation(r, g, "g", "G_pdf", SAMPLE)
    assert g == pytest.approx(np.zeros(501), abs=1e-12)
    assert back == pytest.approx(start, abs=1e-12)
    with pytest.raises(InputError, match="vanishes"):
        convert_correlation(r, start + 1.0, "G_pdf", "g", SAMPLE)


def test_limits_of_each_form_of_r() -> None:
    r = np.arange(0.02, 60.0, 0.02)
    forms = {name: convert_correlation(r, liquid(r), "G_keen", name, SAMPLE)[1] for name in REAL_SPACE_FORMS}
    density, coherent = SAMPLE.number_density, SAMPLE.mean_length_squared
    assert forms["G_keen"][0] == pytest.approx(-coherent)
    assert forms["G_keen"][-1] == pytest.approx(0.0, abs=1e-8)
    assert forms["D"][0] / r[0] == pytest.approx(-4 * np.pi * density * coherent)
    assert forms["T"][:50] == pytest.approx(np.zeros(50), abs=1e-10)
    assert forms["G_pdf"][0] / r[0] == pytest.approx(-4 * np.pi * density)
    assert forms["g"][-1] == pytest.approx(1.0, abs=1e-7)
    assert forms["R"][-1] / r[-1] ** 2 == pytest.approx(4 * np.pi * density)


def test_limits_of_each_form_of_q() -> None:
    q = np.arange(0.02, 40.0, 0.02)
    forms = {name: convert_correlation(q, powder(q), "F", name, SAMPLE)[1] for name in RECIPROCAL_SPACE_FORMS}
    assert forms["F"][-1] == pytest.approx(0.0, abs=1e-6)
    assert (forms["F"] >= -SAMPLE.mean_squared_length).all()
    assert forms["S"][-1] == pytest.approx(1.0, abs=1e-6)
    assert forms["QSm1"] == pytest.approx(q * (forms["S"] - 1.0))
    assert (forms["dcs"] >= 0.0).all()
    assert forms["dcs"][-1] == pytest.approx(SAMPLE.mean_squared_length, abs=1e-6)


@pytest.mark.parametrize("form", [*REAL_SPACE_FORMS, *RECIPROCAL_SPACE_FORMS])
def test_every_form_betrays_itself_by_its_limits(form: str) -> None:
    x = np.arange(0.02, 20.0, 0.02)
    base, values = ("G_keen", liquid(x)) if form in REAL_SPACE_FORMS else ("F", powder(x))
    data = CorrelationData(x=x, y=convert_correlation(x, values, base, form, SAMPLE)[1])
    ending = ".gr" if form in REAL_SPACE_FORMS else ".fq"
    assert infer_form(replace(data, source=f"some{ending}"), SAMPLE).form == form


@pytest.mark.parametrize("form", ["G_keen", "D", "G_pdf", "F", "S"])
def test_a_wrong_scale_does_not_hide_the_form(form: str) -> None:
    x = np.arange(0.02, 20.0, 0.02)
    base, values = ("G_keen", liquid(x)) if form in REAL_SPACE_FORMS else ("F", powder(x))
    y = convert_correlation(x, 0.8 * values, base, form, SAMPLE)[1]
    source = "x.gr" if form in REAL_SPACE_FORMS else "x.fq"
    assert infer_form(CorrelationData(x=x, y=y, source=source), SAMPLE).form == form


def test_limits_that_match_nothing_are_shown_and_nothing_is_guessed() -> None:
    x = np.arange(0.02, 20.0, 0.02)
    with pytest.raises(InputError, match="match no form") as caught:
        infer_form(CorrelationData(x=x, y=5.0 + np.sin(x)), SAMPLE)
    assert "G_keen: plateau" in str(caught.value)
    assert "expected -0.1762" in str(caught.value)


def test_forms_that_differ_by_a_barn_cannot_be_told_apart_for_nickel() -> None:
    nickel = sample_of({"Ni": 1.0}, 4 / 3.524**3)
    r = np.arange(0.02, 20.0, 0.02)
    y = np.where(r < 2.2, -4 * np.pi * nickel.number_density * r, 0.0)
    with pytest.raises(InputError, match="D, G_pdf alike"):
        infer_form(CorrelationData(x=r, y=y, source="ni.gr"), nickel)


def plateau_data(level: float) -> CorrelationData:
    r = np.arange(0.02, 10.0, 0.02)
    return CorrelationData(x=r, y=np.where(r < 1.8, level, 0.0), form="G_keen")


def test_the_plateau_chooses_the_table() -> None:
    for table in ("sears1992", "periodictable"):
        expected = -sample_of("SrTiO3", 0.084, table=table).mean_length_squared
        check = infer_length_table(plateau_data(expected), SAMPLE)
        assert (check.table, check.sample.table) == (table, table)
        assert check.ratio[check.tables.index(table)] == pytest.approx(1.0)
        assert check.warnings == ()


def test_a_plateau_one_percent_off_warns_and_ten_percent_off_needs_a_free_scale() -> None:
    level = -SAMPLE.mean_length_squared
    assert "0.3 %" in infer_length_table(plateau_data(0.99 * level), SAMPLE).warnings[0]
    with pytest.raises(InputError, match=r"0\.9"):
        infer_length_table(plateau_data(0.9 * level), SAMPLE)
    check = infer_length_table(plateau_data(0.9 * level), SAMPLE, scale_free=True)
    assert check.plateau_barn == pytest.approx(0.9 * level)
    assert "fit the scale" in check.warnings[0]


def test_own_lengths_are_the_only_table_tried() -> None:
    own = sample_of("SrTiO3", 0.084, lengths_fm={"Ti": -3.3})
    check = infer_length_table(plateau_data(-own.mean_length_squared), own)
    assert (check.tables, check.table) == (("own",), "own")


def test_f_below_minus_the_mean_square_is_refused_with_its_value() -> None:
    q = np.arange(0.5, 30.0, 0.02)
    data = CorrelationData(x=q, y=1.2 * -SAMPLE.mean_squared_length * np.exp(-0.1 * q), form="F")
    with pytest.raises(InputError, match=r"least F -0\.37"):
        check_limits(data, SAMPLE)
    assert "least F" in check_limits(data, SAMPLE, scale_free=True)[1][0]


def test_an_s_that_does_not_go_to_one_is_refused() -> None:
    q = np.arange(0.5, 30.0, 0.02)
    y = convert_correlation(q, powder(q), "F", "S", SAMPLE)[1]
    check_limits(CorrelationData(x=q, y=y, form="S"), SAMPLE)
    with pytest.raises(InputError, match="far end"):
        check_limits(CorrelationData(x=q, y=y + 0.8, form="S"), SAMPLE)


def test_a_plateau_against_the_formula_is_refused() -> None:
    with pytest.raises(InputError, match="plateau"):
        check_limits(plateau_data(-0.9 * SAMPLE.mean_length_squared), SAMPLE)
    limits, notes = check_limits(plateau_data(-SAMPLE.mean_length_squared), SAMPLE)
    assert notes == ()
    assert limits[0].found == pytest.approx(-SAMPLE.mean_length_squared)


def test_x_rays_have_no_forms_in_barn() -> None:
    with pytest.raises(InputError, match="does not exist for x-rays"):
        convert_correlation([1.0, 2.0], [0.0, 0.0], "S", "F", ELECTRONS)
    _, g = convert_correlation([1.0, 2.0], [0.0, 0.0], "G_pdf", "g", ELECTRONS)
    assert g.tolist() == [1.0, 1.0]


def test_x_ray_limits_use_the_form_factors() -> None:
    q = np.arange(0.5, 25.0, 0.05)
    found = limits_of(CorrelationData(x=q, y=np.ones_like(q)), "S", ELECTRONS)
    factors = np.array([56.0, 8.0, 22.0])
    fractions = np.array([0.2, 0.6, 0.2])
    expected = -(fractions @ factors**2) / (fractions @ factors) ** 2
    assert found[2].expected == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(
    ("x", "y", "source", "options"),
    [
        ([1.0, 1.0], [0.0, 0.0], "D", {}),
        ([-1.0, 1.0], [0.0, 0.0], "D", {}),
        ([1.0, np.nan], [0.0, 0.0], "D", {}),
        ([1.0, 2.0], [0.0], "D", {}),
        ([1.0, 2.0], [0.0, 0.0], "G(r)", {}),
        ([1.0, 2.0], [0.0, 0.0], "D", {"x_out": [1.0]}),
        ([1.0, 2.0], [0.0, 0.0], "F", {"window": "hann"}),
        ([1.0, 2.0], [0.0, 0.0], "F", {"below": "line"}),
        ([1.0, 2.0], [0.0, 0.0], "F", {"end": 3.0}),
    ],
)
def test_points_and_options_that_make_no_sense_are_refused(
    x: list[float], y: list[float], source: str, options: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        convert_correlation(x, y, source, "G_keen", SAMPLE, **options)


def test_a_transform_goes_as_far_as_the_step_of_its_source_resolves() -> None:
    q = np.arange(0.5, 20.0, 0.1)
    r, _ = convert_correlation(q, powder(q), "F", "G_keen", SAMPLE)
    assert r[-1] == pytest.approx(np.pi / 0.1, abs=0.03)
