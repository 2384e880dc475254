"""The perovskite in space: forms, calibration of its densities, and the avalanche."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from entrox.breakdown import (
    AvalancheModel,
    ChargePattern,
    bond_forms,
    build_sample,
    crystal_of_atoms,
    mean_parameters,
    perovskite_crystal,
    run_ensemble,
    stored_calibration,
)
from entrox.breakdown.bonds import bond_regions
from entrox.breakdown.calibrate import space_densities
from entrox.breakdown.calibration import calibrated_crystal, space_patterns
from entrox.breakdown.field import spherical_response
from entrox.breakdown.model import model_lattice
from entrox.composition import parse_formula
from entrox.core import InputError, generator
from entrox.core.units import VACUUM_PERMITTIVITY_E_PER_V_ANGSTROM as EPSILON_0

HOST = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)


def test_perovskite_has_twelve_long_and_six_short_bonds():
    crystal = perovskite_crystal(4.0)
    lengths = np.sort(np.linalg.norm(crystal.bond_vectors, axis=1))
    assert np.allclose(lengths[:6], 2.0)
    assert np.allclose(lengths[6:], np.sqrt(8.0))
    assert len(lengths) == 18


def test_spherical_field_is_the_gradient_of_its_charge():
    pattern = ChargePattern(0.1, 0.8, 0.4)
    response = spherical_response(pattern, 5.0)

    def charge(r):
        positive = (0.8 / 0.4) ** 3 * np.exp(-(r**2) / (2 * 0.4**2))
        return (positive - np.exp(-(r**2) / (2 * 0.8**2))) * 4 * np.pi * r**2

    for radius in (0.3, 1.0, 2.0):
        enclosed, _ = quad(charge, 0, radius)
        field = response(np.array([[0.0, 0.0, radius]]))[0, 2]
        assert field == pytest.approx(enclosed / (4 * np.pi * EPSILON_0 * 5.0 * radius**2), rel=1e-6)


def test_regions_of_all_bonds_fill_the_cell():
    _, owner, weights = bond_regions(perovskite_crystal(4.0), 0.5)
    assert weights.sum() == pytest.approx(64.0)
    assert len(np.unique(owner)) == 18


def test_equivalent_bonds_have_equal_energies():
    crystal, forms = model_lattice(AvalancheModel(dimensions=3), "AO")
    density = np.array([space_patterns()[kind].density for kind in crystal.kinds])
    energies = np.einsum("bst,s,t->b", forms.by_site(5), density, density)
    for cation in (0, 1):
        mine = energies[crystal.bonds[:, 0] == cation]
        assert np.ptp(mine) < 1e-9 * mine.mean()


def test_stored_densities_give_the_long_bond_the_calibrated_amplitudes():
    fresh = space_densities()
    for kind, pattern in space_patterns().items():
        assert pattern.density == pytest.approx(fresh[kind], rel=1e-3)
    assert fresh["cation"] < stored_calibration().amplitude_cation * 10


def test_onset_in_space_is_near_that_of_the_plane():
    space = run_ensemble(HOST, generator(1), seeds=2, model=AvalancheModel(dimensions=3, cells=4))
    plane = run_ensemble(HOST, generator(1), seeds=2)
    assert space.onset_field == pytest.approx(plane.onset_field, rel=0.05)
    assert space.threshold_law == pytest.approx(space.onset_field, rel=1e-6)


def test_channel_in_space_runs_over_the_weaker_bonds():
    ensemble = run_ensemble(HOST, generator(1), seeds=2, model=AvalancheModel(dimensions=3, cells=5))
    sample = build_sample(calibrated_crystal(), (5, 5, 5))
    cations = sample.basis_site[sample.bonds[ensemble.first.channel, 0]]
    assert (cations == 0).mean() > 0.9


def test_enhanced_growth_in_space_is_the_default():
    assert AvalancheModel(dimensions=3).distorts_field
    assert not AvalancheModel(dimensions=3, enhancement=False).distorts_field
    assert not AvalancheModel().distorts_field


def test_same_seed_same_channel_in_space():
    model = AvalancheModel(dimensions=3, cells=4)
    first, second = (run_ensemble(HOST, generator(2), seeds=2, model=model) for _ in range(2))
    assert np.array_equal(first.first.channel, second.first.channel)


def test_a_crystal_of_atoms_equals_the_preset():
    from ase.spacegroup import crystal

    atoms = crystal(
        ["Ba", "Ti", "O"],
        basis=[(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
        spacegroup=221,
        cellpar=[4, 4, 4, 90, 90, 90],
    )
    lattice = crystal_of_atoms(atoms)
    assert len(lattice.bonds) == 18
    assert np.allclose(
        np.sort(np.linalg.norm(lattice.bond_vectors, axis=1)),
        np.sort(np.linalg.norm(perovskite_crystal(4.0).bond_vectors, axis=1)),
    )


def test_forms_of_space_scale_with_the_inverse_permittivity():
    crystal = perovskite_crystal(4.0)
    patterns = {kind: replace(p, cloud_width=0.6, hole_width=0.9) for kind, p in space_patterns().items()}
    low, high = (bond_forms(crystal, patterns, eps, grid_step=0.5).by_site(5) for eps in (100.0, 200.0))
    assert np.allclose(low, 2 * high, rtol=1e-9)


def test_cells_must_match_the_dimension():
    with pytest.raises(InputError, match="3 numbers"):
        build_sample(perovskite_crystal(4.0), (4, 4))
    with pytest.raises(InputError, match="dimension"):
        run_ensemble(HOST, generator(1), seeds=1, plane=perovskite_crystal(4.0))
