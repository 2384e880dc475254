from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown.dielectric_fields import run_dielectrics
from entrox.breakdown.materials import LOWER_BOUND_KIND, measured_fields
from entrox.core import InputError, generator
from entrox.design.parameter_map import parameter_grid, run_parameter_map
from entrox.design.regression import compare_map
from entrox.plots import (
    new_axes,
    plot_coefficients,
    plot_dielectrics,
    plot_map_agreement,
    plot_map_regression,
    plot_map_slices,
)
from entrox.plots.dielectrics import shown_measurements
from entrox.plots.labels import number_text


@pytest.fixture(scope="module")
def dataset():
    return run_parameter_map(parameter_grid((4, 4, 3)), seeds=2, cells=8)


@pytest.fixture(scope="module")
def comparison(dataset):
    return compare_map(dataset, generator(1), draws=200)


@pytest.fixture(scope="module")
def fields():
    return run_dielectrics(generator(1), seeds=2, draws=200)


def test_slices_show_the_map_at_the_nearest_bond_energies(dataset):
    panels = plot_map_slices(dataset, (2.1, 9.0))
    for panel, energy in zip(panels, (2.0, 10.0), strict=True):
        shown = np.asarray(panel.collections[0].get_array())
        field = dataset["breakdown_field_mv_per_m"].sel(bond_energy=energy)
        assert shown == pytest.approx(field.to_numpy())
        assert f"{energy:g} eV" in panel.get_title(loc="right")
    assert panels[0].get_ylabel() == "Ionization energy [eV]"
    with pytest.raises(InputError, match="one per slice"):
        plot_map_slices(dataset, (2.0,), new_axes(panels=2)[1])


def test_agreement_figure_puts_every_point_of_the_map_against_each_formula(dataset, comparison):
    top, bottom = plot_map_agreement(dataset, comparison)
    simulated = dataset["breakdown_field_mv_per_m"].to_numpy().ravel()
    agreements = (comparison.published_agreement, comparison.regression_agreement, comparison.law_agreement)
    for parity, rest, agreement in zip(top, bottom, agreements, strict=True):
        formula = simulated - np.asarray(agreement.residuals)
        dots, remainders = (np.asarray(panel.collections[0].get_offsets()) for panel in (parity, rest))
        assert dots == pytest.approx(np.stack([simulated, formula], axis=1))
        assert remainders == pytest.approx(np.stack([simulated, 100 * (simulated / formula - 1)], axis=1))
        assert f"R² = {agreement.r_squared:.3f}" in parity.texts[0].get_text()
    other = run_parameter_map(parameter_grid((2, 2, 2)), seeds=1, cells=4)
    with pytest.raises(InputError, match="Give its map"):
        plot_map_agreement(other, comparison)


def test_coefficient_figure_prints_ours_beside_the_published_ones(comparison):
    axes = plot_coefficients(comparison)
    texts = [text.get_text() for text in axes.texts]
    for ours, published in zip(comparison.ours.coefficients, comparison.published_coefficients, strict=True):
        assert any(f"{number_text(ours, 3)} ({number_text(published, 3)})" in text for text in texts)
    dots = [line for line in axes.lines if line.get_marker() == "o"]
    ratios = np.asarray(comparison.ours.coefficients) / np.array(comparison.published_coefficients)
    assert [line.get_xdata()[0] for line in dots] == pytest.approx(ratios)


def test_regression_figure_has_three_rows(dataset, comparison):
    figure = plot_map_regression(dataset, comparison)
    assert [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")] == ["a", "b", "c"]


def test_every_prediction_is_drawn_with_its_range_and_its_name(fields):
    axes = plot_dielectrics(fields, measured_fields())
    drawn = np.concatenate([container.lines[0].get_ydata() for container in axes.containers])
    assert np.sort(drawn) == pytest.approx(np.sort(fields.field) / 1e6)
    names = {text.get_text().replace("$_\\mathregular{", "").replace("}$", "") for text in axes.texts}
    assert names == set(fields.names)
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert any("McPherson 3500" in label for label in labels)
    assert any(f"{fields.exponent_interval[1]:.2f}" in label for label in labels)


def test_mcpherson_line_is_the_published_trend(fields):
    axes = plot_dielectrics(fields)
    (line,) = [line for line in axes.lines if line.get_linestyle() == ":"]
    assert line.get_ydata() == pytest.approx(3500 * np.asarray(line.get_xdata()) ** -0.64)


def test_measured_fields_keep_their_kind_and_the_ones_without_permittivity_are_named(fields):
    shown, left_out = shown_measurements(fields, measured_fields())
    assert len(shown) + len(left_out) == len(measured_fields())
    assert {row.material for row in left_out}.isdisjoint(fields.names)
    known = dict(zip(fields.names, fields.permittivity, strict=True))
    for place, row in shown:
        assert place == (row.permittivity or known[row.material])


def test_field_without_breakdown_is_drawn_as_a_lower_bound(fields):
    bound = replace(measured_fields()[0], kind=LOWER_BOUND_KIND, field=100e6, low=None, high=None)
    plain, arrows = plot_dielectrics(fields), plot_dielectrics(fields, [bound])
    extra = len(arrows.texts) - len(plain.texts)
    # the arrow is an annotation without text, upward from the field
    assert extra == 1
    (arrow,) = [text for text in arrows.texts if hasattr(text, "xyann")]
    assert arrow.xy[1] > arrow.xyann[1] == pytest.approx(100.0)
    with pytest.raises(InputError, match="no marker"):
        plot_dielectrics(fields, [replace(bound, kind="soup")])
