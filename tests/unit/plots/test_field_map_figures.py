from dataclasses import replace

import numpy as np
import pytest
from matplotlib.collections import LineCollection, QuadMesh

from entrox.breakdown import AvalancheModel, build_sample, default_settings, mean_parameters
from entrox.breakdown.maps import density_map, plane_grid, record_snapshots
from entrox.breakdown.model import model_lattice, model_patterns, sample_properties
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.plots import new_axes, plot_applied_field, plot_cloud_field, plot_electron_density, plot_local_field

PATTERNS = model_patterns(2)


@pytest.fixture(scope="module")
def ramp():
    model = AvalancheModel(cells=6, enhancement=True)
    lattice, forms = model_lattice(model, "AO")
    sample = build_sample(lattice, model.sample_cells)
    material = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
    properties = sample_properties(sample, material, model, generator(0))
    settings = replace(default_settings(), enhancement=True)
    return sample, record_snapshots(sample, forms, properties, PATTERNS, settings, generator(2))


@pytest.fixture(scope="module")
def grid(ramp):
    return plane_grid(ramp[0], 0.5)


def mesh(panel):
    (found,) = [item for item in panel.collections if isinstance(item, QuadMesh)]
    return found


def test_density_figure_shows_the_map_on_one_scale_for_all_states(ramp, grid):
    sample, states = ramp
    panels = plot_electron_density(sample, states, PATTERNS, grid=grid)
    values = density_map(sample, states[1].densities, PATTERNS, grid, bulk_densities=states[1].bulk_densities)
    assert np.asarray(mesh(panels[1]).get_array()).ravel() == pytest.approx(values.T.ravel())
    assert {id(mesh(panel).norm) for panel in panels} == {id(mesh(panels[0]).norm)}
    assert panels[0].get_ylabel() == "Along the field [Å]"


def test_every_map_carries_the_broken_bonds_of_its_state(ramp, grid):
    sample, states = ramp
    panels = plot_cloud_field(sample, states, PATTERNS, grid=grid)
    for panel, state in zip(panels, states, strict=True):
        (lines,) = [item for item in panel.collections if isinstance(item, LineCollection)]
        assert len(lines.get_segments()) >= len(state.broken)
        assert f"{state.applied_field / 1e6:.1f} MV/m" in panel.get_title(loc="right")
    assert lines.get_segments()[0].shape == (2, 2)


def test_applied_field_figure_is_uniform_before_the_onset_and_strong_at_the_tip(ramp, grid):
    panels = plot_applied_field(*ramp, grid=grid)
    first, last = (np.asarray(mesh(panels[index]).get_array()) for index in (0, -1))
    assert first == pytest.approx(np.ones_like(first))
    assert last.max() > 2
    assert last.min() < 0.5


def test_figure_of_the_local_field_has_a_row_per_quantity(ramp, grid):
    figure = plot_local_field(*ramp, PATTERNS, grid=grid)
    maps = [axes for axes in figure.axes if any(isinstance(item, QuadMesh) for item in axes.collections)]
    letters = [axes.get_title(loc="left") for axes in maps if axes.get_title(loc="left")]
    assert letters == ["a", "b", "c"]
    assert len([axes for axes in maps if axes.get_xlim()[1] == pytest.approx(24.0)]) == 3 * len(ramp[1])


def test_map_figures_say_what_is_missing(ramp, grid):
    sample, states = ramp
    with pytest.raises(InputError, match="at least one state"):
        plot_electron_density(sample, [], PATTERNS)
    with pytest.raises(InputError, match="axes, one per state"):
        plot_cloud_field(sample, states, PATTERNS, new_axes(panels=2)[1])
    with pytest.raises(InputError, match="with enhancement"):
        plot_applied_field(sample, [replace(states[0], potential=None)], grid=grid)
