import matplotlib
import numpy as np
import pytest
from matplotlib.patches import PathPatch

from entrox.core import InputError
from entrox.plots import (
    new_axes,
    plot_breakdown_against_distortion,
    plot_breakdown_against_entropy,
    plot_breakdown_against_x,
    plot_descriptors,
    plot_family_map,
    plot_parameters,
    plot_quantity,
    plot_weibull_of_best,
    write_figures,
)
from entrox.plots.curves import band_quadrilaterals, family_curves, host_row, interval_columns, stretches
from entrox.plots.style import family_style

FIELD, ENTROPY = "breakdown_field_mv_per_m", "entropy_per_formula_unit_r"


def drawn_points(axes, color):
    """Return x and y of all markers of one color without the large ones, sorted."""
    lines = [line for line in axes.lines if line.get_linestyle() == "None" and line.get_markeredgecolor() == color]
    small = [line.get_xydata() for line in lines if line.get_markersize() < 3]
    return np.array(sorted(map(tuple, np.vstack(small))))


@pytest.mark.parametrize(
    ("plot", "column"),
    [
        (plot_breakdown_against_entropy, ENTROPY),
        (plot_breakdown_against_x, "x"),
        (plot_breakdown_against_distortion, "lattice_distortion"),
    ],
)
def test_every_point_of_the_table_is_drawn_in_the_color_of_its_family(study, plot, column):
    axes = plot(study)
    for index, family in enumerate(study.families):
        rows = study.points[study.points["family"] == family.name]
        expected = np.array(sorted(zip(rows[column], rows[FIELD], strict=True)))
        assert drawn_points(axes, family_style(index).color) == pytest.approx(expected)


def test_axis_labels_carry_the_declared_units(study):
    axes = plot_breakdown_against_entropy(study)
    assert axes.get_xlabel() == "Configurational entropy per formula unit [R]"
    assert axes.get_ylabel().endswith("[MV/m]")
    panels = plot_parameters(study)
    units = [panel.get_ylabel().split("[")[1] for panel in panels]
    assert units == ["Å]", "eV]", "eV]"]
    assert plot_breakdown_against_distortion(study).get_xlabel() == "Lattice distortion"


def test_largest_field_of_each_family_is_marked_where_the_result_puts_it(study):
    axes = plot_breakdown_against_x(study)
    large = [line for line in axes.lines if line.get_markersize() == 5.6]
    marked = {(line.get_xdata()[0], line.get_ydata()[0]) for line in large}
    assert {(best.x, best.value) for best in study.best} <= marked


def test_extrapolated_points_are_open_and_their_lines_dashed(study):
    curves = family_curves(study)
    outside = sum(int(curve.outside.sum()) for curve in curves)
    expected = sum("extrapolated" in text for text in study.points["warnings"])
    assert outside == expected > 0
    axes = plot_breakdown_against_x(study)
    open_points = [
        line
        for line in axes.lines
        if line.get_linestyle() == "None" and line.get_markersize() < 3 and line.get_markerfacecolor() == "white"
    ]
    assert sum(len(line.get_xdata()) for line in open_points) == outside
    assert any(line.get_linestyle() == "--" for line in axes.lines)
    labels = [text.get_text() for text in axes.figure.legends[0].get_texts()]
    assert "outside the calibrated range" in labels


def test_descriptors_are_never_drawn_as_extrapolated(study):
    assert not any(curve.outside.any() for curve in family_curves(study, ENTROPY))
    for panel in plot_descriptors(study):
        assert all(line.get_linestyle() != "--" for line in panel.lines)


def test_band_holds_the_interval_at_every_point(study):
    axes = plot_breakdown_against_x(study)
    bands = [patch for patch in axes.patches if isinstance(patch, PathPatch)]
    assert len(bands) == len(study.families)
    for band, family in zip(bands, study.families, strict=True):
        rows = study.points[study.points["family"] == family.name]
        heights = band.get_path().vertices[:, 1]
        assert heights.min() == pytest.approx(rows["breakdown_field_low_mv_per_m"].min())
        assert heights.max() == pytest.approx(rows["breakdown_field_high_mv_per_m"].max())


def test_band_of_a_path_that_turns_back_keeps_one_orientation():
    x = np.array([0.0, 1.0, 2.0, 1.5, 0.5])
    pieces = band_quadrilaterals(x, np.arange(5.0), np.arange(5.0) + 1)
    areas = [0.5 * np.sum(p[:, 0] * np.roll(p[:, 1], -1) - np.roll(p[:, 0], -1) * p[:, 1]) for p in pieces]
    assert len(pieces) == 4
    assert min(areas) > 0
    assert len(band_quadrilaterals(x, np.array([0, 1, np.nan, 3, 4]), np.arange(5.0) + 1)) == 2


def test_stretches_cover_the_curve_once_and_share_their_ends():
    outside = np.array([False, False, True, True, False])
    found = list(stretches(outside))
    assert found == [(slice(0, 2), False), (slice(1, 5), True)]
    assert list(stretches(np.array([True]))) == []


def test_interval_of_a_quantity_is_found_by_its_name():
    names = ["threshold_law_mv_per_m", "threshold_law_low_mv_per_m", "threshold_law_high_mv_per_m", "x_low"]
    assert interval_columns("threshold_law_mv_per_m", names) == (names[1], names[2])
    assert interval_columns("x", names) is None


def test_host_is_found_by_its_composition(study, descriptors_only):
    assert host_row(study)["composition"] == "BaTiO3"
    elsewhere = descriptors_only.points.assign(host="SrTiO3")
    assert host_row(type("Study", (), {"points": elsewhere})()) is None


def test_figures_leave_the_global_style_alone(study, tmp_path):
    before = dict(matplotlib.rcParams)
    plot_breakdown_against_entropy(study)
    plot_family_map(study)
    plot_weibull_of_best(study)
    write_figures(study, tmp_path, formats=("svg",))
    assert dict(matplotlib.rcParams) == before


def test_figures_do_not_enter_pyplot(study):
    import matplotlib.pyplot as plt

    plot_parameters(study)
    assert plt.get_fignums() == []


def test_given_axes_are_used_and_returned(study):
    figure, (axes,) = new_axes()
    assert plot_breakdown_against_entropy(study, axes) is axes
    assert axes.get_legend() is not None
    size = tuple(figure.get_size_inches())
    assert plot_family_map(study, axes=axes) is axes
    assert tuple(figure.get_size_inches()) == size


def test_map_shows_the_values_of_the_table_in_the_row_of_their_family(study):
    axes = plot_family_map(study)
    meshes = [item for item in axes.collections if item.get_array() is not None]
    assert len(meshes) == len(study.families)
    for mesh, family in zip(meshes, study.families, strict=True):
        rows = study.points[study.points["family"] == family.name].sort_values("x")
        assert np.ma.filled(mesh.get_array(), np.nan).ravel() == pytest.approx(rows[FIELD].to_numpy())
    assert [label.get_text() for label in axes.get_yticklabels()] == [family.name for family in study.families]


def test_weibull_figure_shows_one_mark_per_seed_of_the_best_points(study):
    axes = plot_weibull_of_best(study)
    marks = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert [len(line.get_xdata()) for line in marks] == [8] * 5
    assert all(0.9 < line.get_xdata().mean() < 1.05 for line in marks)


def test_unknown_quantity_names_the_nearest_one(study):
    with pytest.raises(InputError, match="did you mean bond_energy_ev"):
        plot_quantity(study, "bond_energy")


def test_breakdown_figure_of_a_study_without_breakdown_says_what_to_add(descriptors_only):
    with pytest.raises(InputError, match="measures"):
        plot_breakdown_against_entropy(descriptors_only)
    with pytest.raises(InputError, match="Weibull"):
        plot_weibull_of_best(descriptors_only)


def test_number_of_axes_must_fit_the_panels(study):
    with pytest.raises(InputError, match="3 axes"):
        plot_parameters(study, new_axes(panels=2)[1])


def test_hostile_names_are_drawn_as_text(hostile_study, tmp_path):
    files = write_figures(hostile_study, tmp_path, formats=("png",))
    assert all(path.stat().st_size > 10_000 for path in files)


def test_written_figures_are_the_same_bytes_twice(study, tmp_path):
    first = write_figures(study, tmp_path / "a")
    second = write_figures(study, tmp_path / "b")
    assert [path.name for path in first] == [path.name for path in second]
    assert len(first) == 14
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, second, strict=True))


def test_study_without_breakdown_gives_the_figure_of_its_descriptors(descriptors_only, tmp_path):
    assert [path.name for path in write_figures(descriptors_only, tmp_path)] == ["descriptors.png", "descriptors.svg"]
