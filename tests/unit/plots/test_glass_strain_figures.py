"""Figures of local strain and pair distributions show what their results hold."""

from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk

from entrox.core import InputError, generator
from entrox.order import atomic_strain, coordination, pair_distribution, powder_pattern, stretch_rotation
from entrox.plots.glass_strain import plot_bond_rotation, plot_shear_histogram, plot_strain_slice
from entrox.plots.pair_distribution import plot_coordination, plot_powder_pattern, plot_total_distribution


@pytest.fixture(scope="module")
def frames():
    atoms = bulk("NaCl", "rocksalt", a=5.63, cubic=True).repeat(3)
    later = atoms.copy()
    later.set_cell(atoms.cell.array * [1.05, 0.99, 0.99], scale_atoms=True)
    later.positions += generator(1).normal(0.0, 0.05, later.positions.shape)
    return atoms, later


def texts(axes):
    figure = axes.get_figure(root=True)
    legends = [*figure.legends, *([axes.get_legend()] if axes.get_legend() else [])]
    return [item.get_text() for legend in legends for item in legend.get_texts()]


def test_a_slice_shows_the_atoms_inside_it_and_the_noise(frames):
    atoms, later = frames
    strain = atomic_strain(atoms, later, 5.0, noise=0.02)
    axes = plot_strain_slice(strain, atoms.positions, atoms.cell.array, thickness_angstrom=3.0)
    drawn = axes.collections[0]
    through = atoms.positions[:, 2]
    middle = 0.5 * (through.min() + through.max())
    assert len(drawn.get_offsets()) == (np.abs(through - middle) <= 1.5).sum() > 0
    assert np.sort(drawn.get_array().filled()) == pytest.approx(np.sort(strain.shear[np.abs(through - middle) <= 1.5]))
    assert axes.get_xlabel() == "x [Å]"
    bar = drawn.colorbar.ax
    assert [text.get_text() for text in bar.texts] == ["noise"]
    signed = plot_strain_slice(strain, atoms.positions, atoms.cell.array, "volumetric", normal="x")
    low, high = signed.collections[0].get_clim()
    assert low == -high
    with pytest.raises(InputError, match="quantity must be one of"):
        plot_strain_slice(strain, atoms.positions, atoms.cell.array, "stress")


def test_the_histogram_says_how_many_atoms_are_above_the_noise(frames):
    strain = atomic_strain(*frames, 5.0, noise=0.05)
    axes = plot_shear_histogram(strain)
    share = 100.0 * strain.above_floor.mean()
    assert any(f"above it {share:.2g} %" in text for text in texts(axes))
    noise = axes.lines[0]
    # the density of noise is one over all strains
    assert np.trapezoid(noise.get_ydata(), noise.get_xdata()) == pytest.approx(1.0, abs=0.02)
    kept = plot_shear_histogram(atomic_strain(*frames, 5.0, remove_affine=False, noise=0.05))
    assert "homogeneous strain alone" in texts(kept)


def test_bonds_stand_beside_those_that_follow_the_cell(frames):
    found = stretch_rotation(*frames, {("Na", "Cl"): 3.3})
    axes = plot_bond_rotation(found)
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        kind.replace("-", "\N{EN DASH}") for kind in found.kinds
    ]
    assert axes.lines[1].get_xdata()[0] == pytest.approx(100.0 * found.rotation_share[0])
    assert axes.lines[2].get_xdata()[0] == pytest.approx(100.0 * found.baseline_rotation_share[0])
    with pytest.raises(InputError, match="no shares"):
        plot_bond_rotation(stretch_rotation(frames[0], frames[0], {("Na", "Cl"): 3.3}))


def test_totals_carry_the_name_of_their_form(frames):
    atoms, later = frames
    neutrons = pair_distribution(later, "neutron", 6.0)
    electrons = pair_distribution(later, "electron", 6.0, q_max_per_angstrom=12.0)
    axes = plot_total_distribution([neutrons, electrons], "G_pdf")
    assert "1/Å²" in axes.get_ylabel()
    assert texts(axes) == ["neutrons", "electrons"]
    assert plot_total_distribution(electrons, "S").get_xlabel() == "Q [1/Å]"
    with pytest.raises(InputError, match="for neutrons only"):
        plot_total_distribution(electrons, "D")
    with pytest.raises(InputError, match="no form 'h'"):
        plot_total_distribution(neutrons, "h")
    pattern = powder_pattern(atoms, np.arange(20.0, 60.0, 0.2), r_max_angstrom=20.0)
    stacked = plot_powder_pattern([pattern, pattern], ["one", "two"])
    assert stacked.lines[2].get_ydata().max() == pytest.approx(2.08)
    assert texts(stacked) == ["two", "one"]


def test_coordination_bars_add_up_to_all_centers(frames):
    found = coordination(frames[1], [("Na", "Cl"), ("Na", "Na")], {("Na", "Cl"): 3.4, ("Na", "Na"): 4.8})
    axes = plot_coordination(found)
    heights = [bar.get_height() for bar in axes.patches]
    assert sum(heights) == pytest.approx(200.0)
    assert any("below 3.40 Å, mean 6.00" in text for text in texts(axes))
