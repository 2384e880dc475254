"""Figures of micrographs: what is drawn follows from the vectors, as displayed, and nothing is cut off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.vector_statistics import magnitude_distribution
from entrox.plots.stem import plot_beside_null, plot_close_up, plot_column_vectors, plot_vector_wheel
from entrox.plots.stem_curves import plot_angle_rose, plot_gain, plot_image_correlation, plot_magnitudes
from entrox.plots.stem_maps import plot_cell_values, plot_class_map, plot_domain_map, plot_residual
from entrox.plots.stem_picture import cell_outlines, full_length, nice_length

PERIOD, CELLS, SIGMA = 20.0, 12, 0.1


def made_map(turn_deg: float = 0.0, amplitude: float = 1.0, seed: int = 1) -> DisplacementMap:
    """Return two domains: the left half displaced along a1, the right half along a2; edge cells have no cage."""
    rng = np.random.default_rng(seed)
    turn = np.radians(turn_deg)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    cell = np.stack(np.meshgrid(np.arange(CELLS), np.arange(CELLS), indexing="ij"), axis=-1).reshape(-1, 2)
    up = cell @ (PERIOD * axes)
    up = up - up.min(axis=0) + PERIOD
    position = up * [1.0, -1.0] + [0.0, up[:, 1].max() + PERIOD]
    along = amplitude * np.where(cell[:, :1] < CELLS // 2, [1.0, 0.0], [0.0, 1.0])
    vector = (along + rng.normal(0.0, SIGMA, (len(cell), 2))) @ axes
    flag = ((cell == 0) | (cell == CELLS - 1)).any(axis=1).astype(int)
    position = position + vector * [1.0, -1.0]
    vector[flag == 1] = np.nan
    return DisplacementMap(
        site="B", reference="cation", column=np.arange(len(cell)), cell=cell, position_px=position, vector_px=vector,
        covariance_px2=np.tile(SIGMA**2 * np.eye(2), (len(cell), 1, 1)), flag=flag, axes=axes, scale_pm=10.0,
        period_px=np.full(2, PERIOD),
    )  # fmt: skip


def made_image(found: DisplacementMap) -> Micrograph:
    size = int(found.position_px.max() + PERIOD)
    pixels = np.random.default_rng(2).poisson(20.0, (size, size)).astype(float)
    return Micrograph(intensity=pixels, pixel_size_angstrom=0.1)


def arrows_of(axes):
    return next(item for item in axes.collections if hasattr(item, "U"))


def test_arrow_of_an_upward_displacement_points_up_in_the_picture():
    found = made_map()
    axes = plot_column_vectors(found, made_image(found))
    bottom, top = axes.get_ylim()
    assert bottom > top  # rows run downwards
    arrows = arrows_of(axes)
    right = np.asarray(arrows.X) > np.median(found.position_px[:, 0])
    assert len(arrows.U) == int(found.good.sum())
    assert (np.asarray(arrows.V)[right] < 0).all()
    assert (np.asarray(arrows.U)[~right] > 0.5).all()


def test_hues_follow_the_lattice_and_not_the_turn_of_the_picture():
    colors = []
    for turn in (0.0, 30.0):
        axes = plot_vector_wheel(made_map(turn), full=1.5)
        colors.append(axes.collections[0].get_facecolor())
    assert colors[0] == pytest.approx(colors[1], abs=1e-9)


def test_cells_tile_the_picture_without_gaps():
    found = made_map(15.0)
    outlines = cell_outlines(found)
    edges = np.roll(outlines, -1, axis=1) - outlines
    area = 0.5 * np.abs((outlines[..., 0] * np.roll(outlines[..., 1], -1, axis=1)).sum(axis=1)
                        - (np.roll(outlines[..., 0], -1, axis=1) * outlines[..., 1]).sum(axis=1))  # fmt: skip
    assert area == pytest.approx(np.full(len(area), PERIOD**2))
    first = int(np.flatnonzero((found.cell == [3, 3]).all(axis=1))[0])
    beside = int(np.flatnonzero((found.cell == [4, 3]).all(axis=1))[0])
    assert outlines[first][[1, 2]] == pytest.approx(outlines[beside][[0, 3]])
    assert np.linalg.norm(edges, axis=-1) == pytest.approx(np.full(edges.shape[:2], PERIOD))


def test_null_field_stands_beside_the_map_on_the_same_scale():
    found, null = made_map(), made_map(amplitude=0.0, seed=3)
    full = full_length(found)
    panels = plot_beside_null(
        lambda item, axes, key: plot_vector_wheel(item, full=full, key=key, axes=axes), found, null
    )
    assert [panel.get_title() for panel in panels] == ["measured", "null field"]
    measured, noise = (panel.collections[0].get_facecolor()[found.good, :3] for panel in panels)
    assert np.ptp(measured, axis=1).mean() > 3.0 * np.ptp(noise, axis=1).mean()
    assert len(plot_beside_null(lambda item, axes, _: plot_vector_wheel(item, axes=axes), found, null=None)) == 1


def test_weak_vectors_are_gray():
    found = made_map()
    weak = found.cell[:, 0] < CELLS // 2
    colors = arrows_of(plot_column_vectors(found, weak=weak)).get_facecolor()
    gray = np.ptp(colors[:, :3], axis=1) < 1e-6
    assert gray.sum() == (weak & found.good).sum()


def test_error_ellipses_are_those_of_the_covariance():
    found = made_map()
    covariance = np.tile(np.diag([4.0, 1.0]) * SIGMA**2, (len(found.cell), 1, 1))
    axes = plot_close_up(replace(found, covariance_px2=covariance), made_image(found), cells=6)
    ellipses = next(item for item in axes.collections if type(item).__name__ == "EllipseCollection")
    assert ellipses._widths == pytest.approx(2.0 * ellipses._heights)
    magnified = 0.7 * PERIOD / full_length(found)
    assert 2.0 * ellipses._heights[0] == pytest.approx(2.0 * 1.515 * SIGMA * magnified, rel=1e-6)


def test_classes_are_named_by_projected_axes_with_their_shares():
    found = made_map()
    labels = np.where(found.good, np.where(found.cell[:, 0] < CELLS // 2, 1, 2), -1)
    texts = [text.get_text() for text in plot_class_map(found, labels).get_legend().get_texts()]
    assert texts == ["weak 0 %", "⟨10⟩ 50 %", "⟨11⟩ 50 %"]
    with pytest.raises(InputError, match="class"):
        plot_class_map(found, np.full(len(labels), -1))


def test_wall_is_drawn_between_domains_and_nowhere_else():
    found = made_map()
    labels = np.where(found.good, (found.cell[:, 0] >= CELLS // 2).astype(int), -1)
    lines = next(item for item in plot_domain_map(found, labels).collections if type(item).__name__ == "LineCollection")
    segments = np.array(lines.get_segments())
    assert len(segments) == CELLS - 2
    assert np.ptp(segments[..., 0]) == pytest.approx(0.0, abs=1e-9)


def test_rose_counts_directions_over_chance():
    axes = plot_angle_rose(np.concatenate([np.zeros(50), np.full(50, 90.0)]))
    heights = np.array([bar.get_height() for bar in axes.patches])
    assert heights.sum() == pytest.approx(32.0)
    assert heights[0] == heights[8] == pytest.approx(16.0)
    even = plot_angle_rose(np.arange(0.0, 360.0, 0.5))
    assert [bar.get_height() for bar in even.patches] == pytest.approx(np.ones(32), abs=0.05)
    with pytest.raises(InputError, match="weak"):
        plot_angle_rose([np.nan])


def test_histogram_is_a_density_in_picometers_beside_the_curve_of_noise():
    found = magnitude_distribution(made_map(amplitude=0.0), np.random.default_rng(1), draws=20)
    axes = plot_magnitudes(found, [0.1, 0.2, 0.2])
    dashed = next(line for line in axes.lines if line.get_linestyle() == "--")
    x, y = np.asarray(dashed.get_xdata()), np.asarray(dashed.get_ydata())
    assert np.trapezoid(y, x) == pytest.approx(1.0, abs=0.02)
    steps = axes.patches[1].get_data()
    mean = float((0.5 * (steps.edges[1:] + steps.edges[:-1]) * steps.values * np.diff(steps.edges)).sum())
    assert mean == pytest.approx(10.0 * found.mean_raw_px, rel=0.03)
    assert (y * x).sum() / y.sum() == pytest.approx(10.0 * SIGMA * np.sqrt(np.pi / 2.0), rel=0.01)
    texts = [text.get_text() for text in axes.get_figure().legends[0].get_texts()]
    assert texts[1] == "null fields, mean 1.67 pm"


def test_gain_points_have_the_color_of_their_curve():
    axes = plot_gain({"0.1": ([1, 2, 4], [0.1, 0.3, 0.6])}, {"0.1": ([1, 4], [0.1, 0.6], [0.01, 0.01])})
    assert axes.lines[0].get_color() == axes.containers[0].lines[0].get_color()


def test_one_over_e_length_is_marked():
    r = np.arange(1.0, 6.0)
    axes = plot_image_correlation(r, np.exp(-r / 2.0), np.full(5, 0.02), length=2.0, others=((r, np.zeros(5)),))
    assert any(list(line.get_xdata()) == [2.0, 2.0] for line in axes.lines)


def test_maps_of_numbers_around_zero_have_zero_in_the_middle_of_their_colors():
    found = made_map()
    strain = np.random.default_rng(1).normal(0.3, 0.1, len(found.cell))
    edges = found.period_px[:, None] * found.axes * [1.0, -1.0]
    panels = plot_cell_values(
        found.position_px, edges, {"Strain [%]": strain, "c/a": strain}, around_zero=["Strain [%]"]
    )
    low, high = panels[0].collections[0].get_clim()
    assert low == -high
    assert panels[1].collections[0].get_clim()[0] > 0.0
    with pytest.raises(InputError, match="no cell"):
        plot_cell_values(found.position_px, edges, {"c/a": np.full(len(strain), np.nan)})


def test_figures_fill_their_page_and_are_not_cut_off(tmp_path):
    image = pytest.importorskip("matplotlib.image")
    from entrox.plots.report_figure import figure_of
    from entrox.plots.style import save_figure

    found = made_map(15.0)
    micrograph = made_image(found)
    drawn = {
        "vectors": plot_column_vectors(found, micrograph),
        "wheel": plot_vector_wheel(replace(found, scale_pm=None)),
        "close_up": plot_close_up(found, micrograph, columns_px=found.position_px),
        "residual": plot_residual(micrograph.intensity - 20.0, np.sqrt(20.0), scale_pm=10.0),
    }
    for name, axes in drawn.items():
        pixels = image.imread(save_figure(figure_of(axes), tmp_path / f"{name}.png", dpi=100))[..., :3]
        assert pixels.std() > 0.04, name
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert border.mean() > 0.97, f"{name} is cut off"


def test_scale_bars_have_round_lengths():
    assert [nice_length(x) for x in (0.0123, 0.7, 5.0, 49.0)] == [0.01, 0.5, 5.0, 20.0]
