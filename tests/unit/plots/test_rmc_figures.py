"""Figures of refined boxes draw what the boxes hold, each beside what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.plots.report_figure import figure_of
from entrox.plots.rmc import plot_box_partials, plot_set_fit
from entrox.plots.rmc_course import plot_data_weights
from entrox.plots.rmc_figures import BoxView, analysis_figures
from entrox.plots.rmc_local import plot_angles, plot_mean_lengths, plot_site_classes, plot_valences
from entrox.plots.rmc_maps import plot_box_in_space, plot_box_slice, plot_box_stereograms, site_vectors
from entrox.scattering.data.virtual_data import displaced_box
from entrox.scattering.run.analyze import RmcAnalysis, analyze_rmc
from entrox.scattering.run.data_weights import WeightComparison
from entrox.scattering.run.rmc_result import SetFit
from entrox.structure.perovskite import build_perovskite


@pytest.fixture(scope="module")
def analysis() -> RmcAnalysis:
    """Return the analysis of two boxes whose B cations sit off center."""
    rng = np.random.default_rng(2)
    still = build_perovskite("Ba", "Ti", (4, 4, 4), 4.0)
    boxes = [displaced_box(still, {"Ti": 0.15}, 0.001, rng, directions="100") for _ in range(2)]
    return analyze_rmc(boxes, labels=["first", "second"])


def fit_of(x: np.ndarray, held: slice | None = None) -> SetFit:
    values = np.cos(x)
    held_out = np.zeros(len(x), dtype=bool)
    if held is not None:
        held_out[held] = True
    return SetFit(
        name="G", form="G_keen", measurement="m", x=x, observed=values, calculated=values + 0.1,
        sigma=np.full(len(x), 0.1), held_out=held_out, scale=1.0, offset=0.0, n_points=int((~held_out).sum()), chi2=1.0,
        chi2_per_point=1.0, rw=0.1, n_held_out=int(held_out.sum()),
        hold_out_chi2_per_point=2.5 if held_out.any() else None,
    )  # fmt: skip


def test_fit_breaks_where_points_are_left_out_and_shades_what_is_held_out():
    x = np.concatenate([np.arange(1.0, 2.0, 0.1), np.arange(3.0, 4.0, 0.1)])
    axes = plot_set_fit([fit_of(x, slice(12, 15)), fit_of(x, slice(12, 15))], bond_valence=[True, False])
    curve = axes.get_lines()[1].get_ydata()
    assert np.isnan(curve).sum() == 1
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((x[12], x[14]))
    words = [text.get_text() for text in figure_of(axes).legends[0].get_texts()]
    assert any("bond valence off" in text for text in words)
    assert any("held out" in text and "2.50" in text for text in words)
    with pytest.raises(InputError, match="no fit"):
        plot_set_fit([])


def test_lengths_stand_beside_their_thermal_floor(analysis):
    axes = plot_mean_lengths(analysis, analysis, bond_valence=True)
    heights = [patch.get_height() for patch in axes.patches]
    assert heights == pytest.approx([*analysis.thermal_floor_angstrom, *analysis.thermal_floor_angstrom])
    # Ti off center along <100> is seen along <100>
    shares = [patch.get_height() for patch in plot_site_classes(analysis).patches]
    assert shares[3] > 2.0 * 27.5


def test_angles_of_random_directions_lie_at_one(analysis):
    edges = plot_angles(analysis).patches[0].get_data()
    weights = np.diff(-np.cos(np.radians(edges.edges))) / 2.0
    assert float(edges.values @ weights) == pytest.approx(1.0, abs=0.05)


def test_unseen_pairs_are_named_with_their_weight(analysis):
    axes = plot_box_partials(analysis, {"Ba-Ti": -7.2, "O-O": 75.0}, unseen=("Ba-Ti",))
    labels = [item.get_text() for item in axes.get_yticklabels()]
    assert any(text.startswith("Ba\N{EN DASH}Ti") and "\N{MINUS SIGN}7.2 %" in text for text in labels)


def test_boxes_of_files_have_their_bond_valences(analysis):
    assert len(plot_valences(analysis)) == 3
    found = analysis.valence
    assert found.elements == ("Ba", "O", "Ti")
    # 2.763 and 3.639 in the rigid cube of 4.0 angstrom; the convex exponential adds to both once atoms move
    assert 2.76 < found.mean_e[0] < 2.85
    assert 3.7 < found.mean_e[2] < 4.1


def test_elements_without_parameters_leave_no_bond_valences_to_draw():
    found = analyze_rmc(build_perovskite("Ba", "Ru", (3, 3, 3), 4.0))
    assert any("no bond valence sums" in note and "Ru" in note for note in found.warnings)
    with pytest.raises(InputError, match="no bond valence"):
        plot_valences(found)


def weights(*, on: bool) -> WeightComparison:
    return WeightComparison(
        bond_valence_on=on, elements=("Sn", "Ti"), set_names=("G",), weights=np.array([0.0, 1.0, 16.0]),
        mean_modulus_angstrom=np.array([[0.31, 0.33], [0.35, 0.19], [0.19, 0.15]]),
        mean_modulus_error_angstrom=np.full((3, 2), 0.005), chi2_per_point=np.array([[np.nan], [1.03], [0.98]]),
        converged=(True, True, True),
    )  # fmt: skip


def test_lengths_by_weight_join_those_with_data_alone():
    axes = plot_data_weights([weights(on=True), weights(on=False)])
    assert [item.get_text() for item in axes.get_xticklabels()] == ["no data", "1", "16"]
    joined = [line for line in axes.get_lines() if line.get_linestyle() != "None" and len(line.get_xdata()) == 2]
    assert [list(line.get_ydata()) for line in joined[:2]] == [[0.35, 0.19], [0.19, 0.15]]
    with pytest.raises(InputError, match="nothing to compare"):
        plot_data_weights([])


def test_slice_holds_the_cations_of_one_layer(analysis):
    box = analysis.boxes[0]
    axes = plot_box_slice(box, normal=0, layer=2)
    assert sum(len(line.get_xdata()) for line in axes.get_lines()) == 2 * 16
    with pytest.raises(InputError, match="x = 0 to 3"):
        plot_box_slice(box, normal=0, layer=4)
    places, vectors, elements = site_vectors(box, "B")
    assert len(places) == len(vectors) == 64
    assert set(elements) == {"Ti"}


def test_maps_in_space_color_every_cation(analysis):
    for options in ({}, {"zone_axis": (0, 0, 1)}):
        panels = plot_box_in_space(analysis.boxes[0], **options)
        assert [len(panel.collections[0].get_array()) for panel in panels] == [64, 64]
    assert len(plot_box_stereograms(analysis.boxes)) == 4


@pytest.mark.parametrize("zone", [(0, 0, 1), (1, 1, 0), (1, -1, 1), (2, 1, 0)])
def test_pole_of_a_view_is_its_zone_axis_in_a_right_handed_frame(zone):
    axes = BoxView(zone_axis=zone).pole_axes
    assert axes @ axes.T == pytest.approx(np.eye(3), abs=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[2] == pytest.approx(np.array(zone) / np.linalg.norm(zone))


def test_figures_of_boxes_have_names_of_their_own(analysis):
    names = [item.name for item in analysis_figures(analysis)]
    assert len(set(names)) == len(names)
    assert {"lengths", "classes", "angles", "partials", "stereograms", "slice", "map_lengths"} <= set(names)
