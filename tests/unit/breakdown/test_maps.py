from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown import (
    AvalancheModel,
    build_sample,
    calibrated_patterns,
    calibrated_plane,
    default_settings,
    mean_parameters,
    perovskite_crystal,
    run_avalanche,
)
from entrox.breakdown.calibration import PERMITTIVITY
from entrox.breakdown.field import closed_form_field
from entrox.breakdown.maps import density_map, field_map, plane_grid, record_snapshots, site_map
from entrox.breakdown.model import model_lattice, model_patterns, sample_properties
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.core.units import METER_PER_ANGSTROM

PATTERNS = calibrated_patterns()


@pytest.fixture(scope="module")
def sample():
    return build_sample(calibrated_plane("AO"), (6, 6))


@pytest.fixture(scope="module")
def ramp():
    """Sample, result and snapshots of one ramp in the distorted field."""
    model = AvalancheModel(cells=6, enhancement=True)
    lattice, forms = model_lattice(model, "AO")
    sample = build_sample(lattice, model.sample_cells)
    material = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
    properties = sample_properties(sample, material, model, generator(0))
    settings = replace(default_settings(), enhancement=True)
    arguments = (sample, forms, properties, model_patterns(2), settings)
    return sample, run_avalanche(*arguments, generator(2)), record_snapshots(*arguments, generator(2))


def one_ion(sample, kind):
    """Densities with a single ion of a kind in the middle, and its position."""
    middle = sample.positions.mean(axis=0)
    of_kind = np.flatnonzero([sample.lattice.kinds[basis] == kind for basis in sample.basis_site])
    site = of_kind[np.argmin(np.linalg.norm(sample.positions[of_kind] - middle, axis=1))]
    densities = np.zeros(len(sample.positions))
    densities[site] = 3.0
    return densities, sample.positions[site]


@pytest.mark.parametrize("kind", ["cation", "anion"])
def test_field_of_one_ion_is_that_of_gauss_law(sample, kind):
    densities, place = one_ion(sample, kind)
    grid = plane_grid(sample)
    field = field_map(sample, densities, PATTERNS, grid)
    offset = np.stack(np.meshgrid(grid.across, grid.along, indexing="ij"), axis=-1) - place
    distance = np.linalg.norm(offset, axis=-1)
    near = (distance > 0.3) & (distance < 4.0)
    outward = (field * offset).sum(-1) / distance
    law = 3.0 * closed_form_field(PATTERNS[kind], distance, PERMITTIVITY, sample.lattice.spacing) / METER_PER_ANGSTROM
    assert outward[near] == pytest.approx(law[near], abs=0.01 * np.abs(law).max())
    assert np.abs(outward) == pytest.approx(np.linalg.norm(field, axis=-1), abs=0.01 * np.abs(law).max())


def test_density_adds_up_to_the_number_of_electrons(sample):
    densities = generator(1).uniform(0.5, 2.0, len(sample.positions))
    kinds = [sample.lattice.kinds[basis] for basis in sample.basis_site]
    area = 2 * np.pi * np.array([PATTERNS[kind].cloud_width for kind in kinds]) ** 2
    # the window holds the clouds of the outermost ions whole
    grid = plane_grid(sample, 0.1, window=(0.0, 24.0, -6.0, 30.0))
    density = density_map(sample, densities, PATTERNS, grid)
    assert density.sum() * grid.cell_area == pytest.approx((densities * area).sum(), rel=1e-6)


def test_maps_are_linear_in_the_densities_and_take_many_states_at_once(sample):
    states = generator(2).uniform(0.1, 1.0, (3, len(sample.positions)))
    grid = plane_grid(sample, 0.5)
    whole = field_map(sample, states, PATTERNS, grid)
    assert whole.shape == (3, len(grid.across), len(grid.along), 2)
    single = field_map(sample, states[1], PATTERNS, grid)
    assert whole[1] == pytest.approx(single)
    assert field_map(sample, 2 * states[1], PATTERNS, grid) == pytest.approx(2 * single)


def test_perfect_crystal_with_its_bulk_beyond_the_electrodes_looks_the_same_in_every_cell(sample):
    values = np.array([0.7, 1.9])
    grid = plane_grid(sample, 0.25, window=(0.0, 24.0, 0.0, 24.0))
    field = field_map(sample, values[sample.basis_site], PATTERNS, grid, bulk_densities=values)
    density = density_map(sample, values[sample.basis_site], PATTERNS, grid, bulk_densities=values)
    for array in (field, density):
        # 16 points per cell: a shift by one cell across or along changes nothing
        assert np.roll(array, 16, axis=0) == pytest.approx(array, abs=1e-6 * np.abs(array).max())
        assert np.roll(array, 16, axis=1) == pytest.approx(array, abs=1e-6 * np.abs(array).max())
    spot = plane_grid(sample, 0.01, window=(11.98, 12.02, 11.98, 12.02))
    at_ion = field_map(sample, values[sample.basis_site], PATTERNS, spot, bulk_densities=values)
    assert np.linalg.norm(at_ion, axis=-1).max() < 0.15 * np.linalg.norm(field, axis=-1).max()


def test_cloud_at_the_border_reaches_over_to_the_other_side(sample):
    densities = np.zeros(len(sample.positions))
    densities[0] = 1.0
    grid = plane_grid(sample, 0.2)
    density = density_map(sample, densities, PATTERNS, grid)
    assert density[0] == pytest.approx(density[-1], rel=1e-9)
    assert density[0].max() > 0.9


def test_energy_of_the_mapped_field_is_that_of_the_bond_forms(ramp):
    from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

    sample, _, snapshots = ramp
    state = snapshots[0]
    grid = plane_grid(sample, 0.1, window=(0.0, 24.0, 8.0, 12.0))
    field = field_map(sample, state.densities, model_patterns(2), grid, bulk_densities=state.bulk_densities)
    squares = ((field * METER_PER_ANGSTROM) ** 2).sum()
    energy = 0.5 * EPSILON_0 * PERMITTIVITY * sample.lattice.spacing * squares * grid.cell_area
    model = AvalancheModel(cells=6)
    _, forms = model_lattice(model, "AO")
    cell = forms.by_site(2) @ np.asarray(state.bulk_densities) @ np.asarray(state.bulk_densities)
    # six cells of a perfect crystal; the densities before the onset are those of the bulk
    assert energy == pytest.approx(6 * cell.sum(), rel=0.005)


def test_interpolation_gives_back_linear_values_and_wraps_around(sample):
    grid = plane_grid(sample, 0.4)
    rising = site_map(sample, 3.0 * sample.positions[:, 1], grid)
    inside = (grid.along > 0) & (grid.along < sample.positions[:, 1].max())
    assert rising[:, inside] == pytest.approx(np.broadcast_to(3.0 * grid.along[inside], rising[:, inside].shape))
    wave = np.cos(2 * np.pi * sample.positions[:, 0] / 24.0)
    found = site_map(sample, wave, grid)
    # equal squares are cut along either diagonal
    assert found[0] == pytest.approx(found[-1], abs=0.03)


def test_snapshots_are_states_of_the_ramp_in_their_order(ramp):
    _, result, snapshots = ramp
    before, onset, *_, last = snapshots
    fields = [state.applied_field for state in snapshots]
    assert fields == sorted(fields)
    assert onset.applied_field == pytest.approx(result.onset_field)
    assert before.applied_field == pytest.approx(0.9 * result.onset_field)
    assert [len(state.broken) for state in snapshots][:2] == [0, 1]
    for state in snapshots:
        assert list(state.broken) == list(result.channel[: len(state.broken)])
    assert len(last.broken) == len(result.channel) - 1


def test_tip_of_the_cluster_sees_more_than_the_applied_field(ramp):
    _, result, snapshots = ramp
    assert np.asarray(snapshots[0].local_field) == pytest.approx(snapshots[0].applied_field)
    assert snapshots[-1].local_field.max() > 2 * snapshots[-1].applied_field
    # the potential of a shorted sample is that of the moment before, at a field one attempt higher
    ratio = np.asarray(snapshots[-1].local_field) / snapshots[-1].applied_field
    assert ratio == pytest.approx(np.asarray(result.local_field) / result.breakdown_field)


def test_maps_refuse_what_they_cannot_draw(sample):
    grid = plane_grid(sample, 1.0)
    with pytest.raises(InputError, match="one value per site"):
        density_map(sample, [1.0, 2.0], PATTERNS, grid)
    with pytest.raises(InputError, match="bulk_densities"):
        density_map(sample, np.ones(len(sample.positions)), PATTERNS, grid, bulk_densities=[1.0])
    with pytest.raises(InputError, match="anion is missing"):
        density_map(sample, np.ones(len(sample.positions)), {"cation": PATTERNS["cation"]}, grid)
    with pytest.raises(InputError, match="left < right"):
        plane_grid(sample, window=(1.0, 0.0, 0.0, 1.0))
    with pytest.raises(InputError, match="one per site"):
        site_map(sample, [1.0], grid)
    space = build_sample(perovskite_crystal(4.0), (2, 2, 2))
    with pytest.raises(InputError, match="dimension 3"):
        density_map(space, np.ones(len(space.positions)), PATTERNS, grid)
