"""Figures of polar order: what is drawn follows from the numbers, and nothing is cut off."""

from __future__ import annotations

import re

import numpy as np
import pytest
from ase import Atoms

pytest.importorskip("matplotlib")

from entrox.core import InputError
from entrox.order.report.polar_analysis import analyze_polar
from entrox.order.report.polar_settings import PolarSettings
from entrox.order.response.feram_curve import OrderCurve
from entrox.order.response.hysteresis import hysteresis_loop
from entrox.order.response.transitions import find_transitions
from entrox.plots.polar import (
    plot_displacement_histograms,
    plot_phase_shares,
    plot_polar_map,
    plot_polar_maps,
    wheel_colors,
)
from entrox.plots.polar_curves import plot_bond_environment, plot_hysteresis, plot_transitions
from entrox.plots.polar_figures import polar_figures, write_polar_figures
from entrox.plots.polar_page import write_polar_report_page
from entrox.plots.stereogram import plot_stereogram, plot_stereograms
from entrox.structure.perovskite import build_perovskite


@pytest.fixture(scope="module")
def analysis():
    """Return the analysis of BaTiO3 with a 180-degree wall, shaken."""
    box = build_perovskite("Ba", {"Ti": 0.75, "Sn": 0.25}, (4, 4, 4), 4.0, rng=np.random.default_rng(1))
    frame = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
    moved = np.isin(frame.symbols, ["Ti", "Sn"])
    frame.positions[moved, 2] += np.where(frame.positions[moved, 0] < 8.0, 0.15, -0.15)
    rng = np.random.default_rng(2)
    frames = []
    for _ in range(10):
        other = frame.copy()
        other.positions += rng.normal(0.0, 0.03, other.positions.shape)
        frames.append(other)
    settings = PolarSettings(
        time_step_ps=0.5, environment=("Sn",), born_charges_e={"Ba": 2.75, "Ti": 5.4, "Sn": 5.0, "O": -2.7}
    )
    return analyze_polar(frames, settings)


def test_every_figure_is_written_as_png_and_svg_and_is_not_empty(analysis, tmp_path):
    matplotlib_image = pytest.importorskip("matplotlib.image")
    written = write_polar_figures(analysis, tmp_path)
    names = {path.stem for path in written}
    assert names >= {"displacements", "phases", "map_b", "map_polarization", "stereograms", "correlation", "bonds",
                     "environment", "pair_distributions"}  # fmt: skip
    assert len(written) == 2 * len(names)
    for path in written:
        assert path.stat().st_size > 1000
        if path.suffix == ".png":
            pixels = matplotlib_image.imread(path)[..., :3]
            assert pixels.std() > 0.04, path.name
            for border in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
                assert border.mean() > 0.97, f"{path.name} is cut off"


def test_arrows_of_the_two_domains_point_oppositely(analysis):
    grid = analysis.lattice_map.grid(analysis.cell_means_angstrom["B"] @ analysis.lattice_map.axes.T)
    axes = plot_polar_map(grid, normal=1)
    arrows = next(item for item in axes.collections if hasattr(item, "U"))
    left = arrows.V[np.asarray(arrows.X) < 2]
    right = arrows.V[np.asarray(arrows.X) >= 2]
    assert (np.sign(left) == np.sign(left[0])).all()
    assert (np.sign(right) == -np.sign(left[0])).all()
    assert len(plot_polar_maps(grid, normal=1, layers=(0, 2))) == 2
    with pytest.raises(InputError, match="layer"):
        plot_polar_map(grid, normal=1, layer=9)
    with pytest.raises(InputError, match="shape"):
        plot_polar_map(np.zeros((4, 3)))


def test_opposite_vectors_have_complementary_colors_and_short_ones_are_pale():
    red, cyan, pale = wheel_colors([1.0, -1.0, 0.05], [0.0, 0.0, 0.0], 1.0)
    assert red.argmax() == 0
    assert cyan.argmin() == 0
    assert pale.min() > 0.9
    assert np.isfinite(wheel_colors([np.nan], [0.0], 1.0)).all()


def test_bars_of_the_phases_are_the_shares(analysis):
    axes = plot_phase_shares(analysis.report)
    wide = [bar for bar in axes.patches if bar.get_height() == pytest.approx(0.42)]
    row = next(item for item in analysis.report.phases if item.group == "B")
    total = sum(bar.get_width() for bar in wide)
    assert total == pytest.approx(100.0 * len(axes.get_yticks()))
    assert any(bar.get_width() == pytest.approx(100 * row.share[1]) for bar in wide)


def test_histograms_are_densities(analysis):
    axes = plot_displacement_histograms(analysis.report)
    for steps in (patch.get_data() for patch in axes.patches if hasattr(patch, "get_data")):
        assert (steps.values * np.diff(steps.edges)).sum() == pytest.approx(1.0)


def test_stereogram_has_its_density_at_the_pole_of_the_displacements():
    rng = np.random.default_rng(1)
    vectors = np.array([0.0, 0.0, 1.0]) + rng.normal(0.0, 0.1, (5000, 3))
    upper, lower = plot_stereogram(vectors, bins=20)
    values = upper.collections[0].get_array()
    assert float(np.nanmax(values)) > 20
    assert float(np.nanmax(lower.collections[0].get_array())) == 0.0
    assert len(plot_stereogram(vectors, "equal_angle", axial=True)) == 1
    assert len(plot_stereograms(vectors)) == 4


def test_transitions_are_drawn_for_heating_and_cooling():
    t = np.arange(100.0, 201.0, 10.0)
    order = np.zeros((len(t), 3))
    order[:, 2] = np.where(t < 155, 0.1, 0.0)
    curves = [
        OrderCurve(temperature_k=x, order_parameter=y, susceptibility=None, energy_ev=None)
        for x, y in ((t, order), (t[::-1], order[::-1]))
    ]
    panels = plot_transitions(find_transitions(curves), curves)
    assert len(panels) == 2
    for axes in panels:
        assert any(re.search("T\N{EN DASH}C\n155", text.get_text()) for text in axes.texts)


def test_a_loop_without_reversal_says_so():
    x = np.linspace(0.0, 4.0 * np.pi, 400)
    loop = hysteresis_loop(1e8 * np.sin(x), 0.5 + 0.01 * np.sin(x))
    assert "no reversal" in plot_hysteresis(loop).get_title(loc="left")


def test_bonds_without_named_neighbors_have_no_environment_figure(analysis):
    with pytest.raises(InputError, match="--environment"):
        plot_bond_environment([])
    assert "environment" in [item.name for item in polar_figures(analysis)]


def test_page_needs_nothing_from_elsewhere_and_escapes_its_source(analysis, tmp_path):
    page = write_polar_report_page(analysis, tmp_path, source="<script>run</script>").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert "Local phases" in page
    assert "chance 27" in page or "chance 2" in page
