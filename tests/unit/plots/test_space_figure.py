import numpy as np
import pytest
from matplotlib.collections import LineCollection
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from entrox.breakdown import AvalancheModel, build_sample, calibrated_plane, run_ensemble
from entrox.breakdown.alloy import given_parameters
from entrox.breakdown.calibration import calibrated_crystal
from entrox.core import InputError, generator
from entrox.plots import plot_channel, plot_channel_in_space, write_movie


@pytest.fixture(scope="module")
def sample():
    return build_sample(calibrated_crystal(), (4, 4, 4))


@pytest.fixture(scope="module")
def ramp():
    model = AvalancheModel(dimensions=3, cells=4)
    return run_ensemble(given_parameters(5.21, 16.0, 5.85), generator(3), seeds=1, model=model).first


def test_every_broken_bond_is_drawn_once_in_space_and_in_both_projections(sample, ramp):
    figure = plot_channel_in_space(sample, ramp)
    space, first, second, *_ = figure.axes
    (lines,) = [item for item in space.collections if isinstance(item, Line3DCollection)]
    assert len(lines.get_array()) == len(ramp.channel)
    assert lines.get_array().max() == pytest.approx(ramp.channel_field[-1] / 1e6)
    for panel in (first, second):
        (flat,) = [item for item in panel.collections if isinstance(item, LineCollection)]
        assert len(flat.get_segments()) == len(ramp.channel)


def test_moved_channel_keeps_its_bonds_and_its_heights(sample, ramp):
    from entrox.plots.channel_in_space import _centered_bonds

    segments = _centered_bonds(sample, ramp.channel)
    vectors = sample.lattice.bond_vectors[sample.basis_bond[ramp.channel]]
    assert segments[:, 1] - segments[:, 0] == pytest.approx(vectors)
    starts = sample.positions[sample.bonds[ramp.channel, 0]]
    shift = (segments[:, 0] - starts) / 4.0
    assert shift == pytest.approx(np.rint(shift), abs=1e-9)
    assert segments[:, 0, 2] == pytest.approx(starts[:, 2])
    middles = segments.mean(axis=1)[:, :2]
    assert (middles >= -1e-9).all()
    assert (middles <= 16.0 + 1e-9).all()


def test_figures_of_plane_and_space_refuse_each_other(sample, ramp, tmp_path):
    with pytest.raises(InputError, match="plot_channel_in_space"):
        plot_channel(sample, ramp)
    with pytest.raises(InputError, match="plot_channel_in_space"):
        write_movie(sample, ramp, tmp_path / "growth.gif")
    plane = build_sample(calibrated_plane("AO"), (15, 15))
    flat = run_ensemble(given_parameters(5.21, 16.0, 5.85), generator(3), seeds=1).first
    with pytest.raises(InputError, match="use plot_channel"):
        plot_channel_in_space(plane, flat)
