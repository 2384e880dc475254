"""What a small-box fit refuses, and what it says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from entrox.core import FormatError, InputError
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import sample_of
from entrox.scattering.small_box.fit import fit_small_box
from small_boxes import cubic_perovskite, made_data, nickel

R = np.arange(1.5, 6.0, 0.05)


@pytest.fixture(scope="module")
def data() -> CorrelationData:
    return made_data(nickel(), {"u_Ni": 0.005}, R)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"free": ("scale", "lattic")}, "lattice"),
        ({"free": ("positions",)}, "no free number"),
        ({"free": ("u", "u_aniso")}, "one way"),
        ({"start": {"u_Fe": 0.1}}, "u_Fe"),
        ({"start": {"u_Ni": -0.1}}, "start of u_Ni"),
        ({"peak_in": "G"}, "peak_in"),
        ({"weights": "errors"}, "uniform"),
        ({"weights": "best"}, "weights"),
        ({"window": "hann"}, "window"),
        ({"form": "S"}, "function of r"),
        ({"r_min_angstrom": 5.0, "r_max_angstrom": 4.0}, "must rise"),
        ({"r_min_angstrom": 7.0}, "no data between"),
        ({"excluded_angstrom": [(3.0, 2.0)]}, "excluded"),
        ({"qmax_per_angstrom": 2.0}, "independent"),
        ({"tilt": "a0a0c-"}, "without an angle"),
        ({"shared": {"Co": {"Co": 1.0}}}, "Co"),
        ({"shared": {"Ni": {"Ni": 0.8, "Co": 0.4}}}, "at most one"),
    ],
)
def test_bad_input_is_named(data: CorrelationData, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_small_box(data, nickel(), **settings)


def test_a_sample_of_another_composition_is_refused(data: CorrelationData) -> None:
    with pytest.raises(InputError, match="shared"):
        fit_small_box(data, nickel(), sample_of("Ni0.9Co0.1", 0.09))


def test_a_qmax_in_the_header_that_is_no_number_is_a_format_error(data: CorrelationData) -> None:
    odd = CorrelationData(x=data.x, y=data.y, form="G_pdf", header={"qmax": "large"})
    with pytest.raises(FormatError, match="large"):
        fit_small_box(odd, nickel())


def test_a_range_beyond_the_data_is_clamped_and_said(data: CorrelationData) -> None:
    fit = fit_small_box(data, nickel(), free=("scale",))
    assert any("clamped" in text for text in fit.warnings)
    assert fit.r[-1] == pytest.approx(data.x[-1])


def test_excluded_points_do_not_enter_the_fit(data: CorrelationData) -> None:
    spoiled = data.y.copy()
    spoiled[(data.x > 3.0) & (data.x < 3.3)] += 5.0
    fit = fit_small_box(CorrelationData(x=data.x, y=spoiled, form="G_pdf"), nickel(), excluded_angstrom=[(3.0, 3.3)])
    assert fit.rw < 1e-4
    assert fit.n_points == fit.fitted_point.sum() < len(fit.r)


def test_errors_as_weights_make_the_fit_blind_to_points_that_are_not_known(data: CorrelationData) -> None:
    spoiled, error = data.y.copy(), np.full(len(data.x), 0.01)
    spoiled[data.x > 5.0] += 5.0
    error[data.x > 5.0] = 1e3
    noisy = CorrelationData(x=data.x, y=spoiled, error=error, form="G_pdf")
    assert fit_small_box(noisy, nickel(), weights="errors").value("a") == pytest.approx(3.52, abs=1e-4)
    assert fit_small_box(noisy, nickel()).rw > 0.1


def test_a_number_at_its_bound_is_remarked_on(data: CorrelationData) -> None:
    tripled = CorrelationData(x=data.x, y=20.0 * data.y, form="G_pdf")
    fit = fit_small_box(tripled, nickel(), free=("scale",))
    assert any("scale ended at its bound" in text for text in fit.warnings)


def test_forms_with_a_density_of_their_own_are_compared_with_that_of_the_fitted_cell() -> None:
    true = made_data(cubic_perovskite(3.9), {}, R)
    sample = sample_of("SrTiO3", 5.0 / 3.9**3 * 1.03)
    keen = CorrelationData(
        x=true.x, y=true.y * sample.mean_length_squared / (4.0 * np.pi * true.x * sample.number_density), form="G_keen"
    )
    fit = fit_small_box(keen, cubic_perovskite(3.9), sample)
    assert any("give this density" in text for text in fit.warnings)
    assert fit_small_box(true, cubic_perovskite(3.9), sample).warnings == fit.warnings[:1]


def test_values_and_errors_are_found_by_name(data: CorrelationData) -> None:
    fit = fit_small_box(data, nickel(), free=("scale", "lattice"), start={"u_Ni": 0.006})
    assert fit.value("u_Ni") == 0.006
    assert fit.error("u_Ni") is None
    assert fit.error("a") == fit.errors[fit.names.index("a")]
    with pytest.raises(InputError, match="u_Ni"):
        fit.value("u_Co")
    np.testing.assert_allclose(fit.structure.cell, fit.lattice)


def test_a_fitted_cell_keeps_the_shares_of_its_sites() -> None:
    shared = {"Ba": {"Ba": 0.9, "Ca": 0.1}}
    made = made_data(cubic_perovskite(4.0, "BaTi"), {}, R, shared=shared)
    fit = fit_small_box(made, cubic_perovskite(4.0, "BaTi"), shared=shared)
    again = fit_small_box(made, fit.structure)
    assert fit.shares["Ba"] == shared["Ba"]
    assert again.rw == pytest.approx(fit.rw, abs=1e-6)
