"""Explicit alloys: limits, statistics of the local parameters, and what arrangement does to the field."""

from dataclasses import replace

import numpy as np
import pytest
from ase.build import bulk, make_supercell
from ase.spacegroup import crystal

from entrox.breakdown import (
    AvalancheModel,
    build_sample,
    calibrated_forms,
    calibrated_patterns,
    calibrated_plane,
    crystal_of_atoms,
    default_settings,
    explicit_alloy,
    linear_mean_free_path,
    mean_parameters,
    mie_factor,
    plane_parameters,
    planes_of_atoms,
    run_avalanche,
    run_ensemble,
    snapshot_properties,
)
from entrox.breakdown.calibration import calibrated_crystal
from entrox.composition import elements, lattice_distortion, parse_formula
from entrox.core import InputError, generator

FAMILY = parse_formula("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3")
SAMPLE = build_sample(calibrated_plane(), (40, 40))


def ensemble(x, seeds=12, **model):
    parameters = mean_parameters(FAMILY.at(x), host_path=16.0)
    return run_ensemble(parameters, generator(1), seeds=seeds, model=AvalancheModel(**model))


def test_one_species_is_the_perfect_crystal():
    mean = ensemble(0.0, seeds=4, enhancement=True)
    explicit = ensemble(0.0, seeds=4, alloy="explicit")
    assert explicit.onset_field == pytest.approx(mean.onset_field, rel=1e-9)
    assert explicit.mean == pytest.approx(mean.mean, rel=0.01)
    alloy = explicit_alloy(FAMILY.at(0.0), SAMPLE, generator(1), host_path=16.0)
    assert np.ptp(alloy.properties.bond_energy) < 1e-12
    assert (alloy.properties.mean_free_path == 16.0).all()


def test_every_cation_has_its_own_ionization_energy():
    alloy = explicit_alloy(FAMILY.at(0.2), SAMPLE, generator(1), host_path=16.0)
    for symbol in ("Ba", "Sr", "Na", "Sm", "O"):
        energies = alloy.properties.ionization_energy[alloy.species == symbol]
        assert np.allclose(energies, elements.first_ionization_energy(symbol).value)


def test_composition_of_the_sample_is_that_of_the_formula():
    alloy = explicit_alloy(FAMILY.at(0.2), SAMPLE, generator(1), host_path=16.0)
    cations = alloy.species[alloy.species != "O"]
    assert {s: int((cations == s).sum()) for s in ("Ba", "Sr", "Na", "Sm")} == {
        "Ba": 640,
        "Sr": 320,
        "Na": 320,
        "Sm": 320,
    }


def test_local_distortion_has_the_distortion_of_the_composition_as_its_mean_square():
    composition = FAMILY.at(0.1)
    slope = 1e-3
    alloy = explicit_alloy(
        composition,
        SAMPLE,
        generator(1),
        host_path=16.0,
        mean_free_path_law=lambda host, delta: (host * (1 - slope * delta**2), False),
    )
    cations = np.flatnonzero(alloy.species != "O")
    squares = (1 - alloy.properties.mean_free_path[cations] / 16.0) / slope
    assert squares.mean() == pytest.approx(lattice_distortion(composition).total ** 2, rel=0.05)


def test_bonds_of_a_cation_share_its_energy_reduced_by_its_stretch():
    alloy = explicit_alloy(FAMILY.at(0.2), SAMPLE, generator(1), host_path=16.0)
    sodium = alloy.properties.bond_energy[alloy.species[SAMPLE.bonds[:, 0]] == "Na"]
    assert np.ptp(sodium) < 1e-12
    assert 0.9 * 2.798 < sodium[0] <= 2.7985


def test_random_arrangement_breaks_below_the_alloy_of_mean_parameters():
    mean, explicit = ensemble(0.2, enhancement=True), ensemble(0.2, alloy="explicit")
    error = explicit.std / np.sqrt(12)
    assert explicit.mean < mean.mean - 4 * error
    assert explicit.onset_field < mean.onset_field


def test_clustering_lowers_and_ordering_raises_the_field():
    ordered, random, clustered = (ensemble(0.2, alloy="explicit", clustering=c) for c in (-0.5, 0.0, 1.0))
    assert clustered.mean + 2 * clustered.std / np.sqrt(12) < random.mean
    assert random.mean < ordered.mean


def test_arrangement_follows_the_seed_alone():
    first, second = (ensemble(0.1, seeds=3, alloy="explicit") for _ in range(2))
    assert np.array_equal(first.breakdown_fields, second.breakdown_fields)


def test_floor_of_the_mean_free_path_is_reported():
    alloy = explicit_alloy(FAMILY.at(0.2), SAMPLE, generator(1), host_path=16.0)
    cations = alloy.species != "O"
    assert alloy.floor_share == pytest.approx((alloy.properties.mean_free_path[cations] == 1.0).mean())
    assert 0.2 < alloy.floor_share < 0.8
    warnings = ensemble(0.2, seeds=1, alloy="explicit").warnings
    assert any(w.startswith("mean_free_path_floor: active at") for w in warnings)


def test_order_of_the_arrangements_does_not_depend_on_the_floor():
    composition = FAMILY.at(0.2)
    sample = build_sample(calibrated_plane(), (15, 15))

    def mean(clustering, floor):
        fields = []
        for k in range(10):
            rng = generator(6, k)
            alloy = explicit_alloy(
                composition,
                sample,
                rng,
                host_path=16.0,
                clustering=clustering,
                mean_free_path_law=lambda host, delta: linear_mean_free_path(host, delta, floor=floor),
            )
            settings = replace(default_settings(), enhancement=True)
            result = run_avalanche(sample, calibrated_forms(), alloy.properties, calibrated_patterns(), settings, rng)
            fields.append(result.breakdown_field)
        return np.mean(fields)

    for floor in (0.5, 1.0, 2.0):
        assert mean(1.0, floor) < mean(0.0, floor)


def test_a_structure_gives_every_ion_and_bond_its_own_values():
    atoms = crystal(
        ["Ba", "Ti", "O"],
        basis=[(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
        spacegroup=221,
        cellpar=[4, 4, 4, 90, 90, 90],
    )
    lattice = crystal_of_atoms(atoms)
    parameters = plane_parameters(lattice, mean_free_path=16.0)
    model = AvalancheModel(dimensions=3, cells=4)
    own = run_ensemble(parameters, generator(1), seeds=2, model=model, plane=lattice)
    preset = mean_parameters(parse_formula("BaTiO3").at(), host_path=16.0)
    assert own.onset_field == pytest.approx(
        run_ensemble(preset, generator(1), seeds=2, model=model).onset_field, rel=1e-3
    )
    assert own.threshold_law == pytest.approx(own.onset_field, rel=1e-6)


def test_lattice_and_composition_must_name_the_same_sites():
    with pytest.raises(InputError, match="cation sites"):
        explicit_alloy(parse_formula("MgO").at(), SAMPLE, generator(1), host_path=5.0)


def test_vacant_cation_sites_are_refused():
    with pytest.raises(InputError, match="occupied"):
        explicit_alloy(
            parse_formula("Ba0.9La0.0666666667Va0.0333333333TiO3").at(), SAMPLE, generator(1), host_path=16.0
        )


def test_given_energies_and_missing_compositions_are_refused():
    given = mean_parameters(FAMILY.at(0.1), host_path=16.0, bond_energy=5.0)
    with pytest.raises(InputError, match="bond_energy"):
        run_ensemble(given, generator(1), seeds=1, model=AvalancheModel(alloy="explicit"))
    with pytest.raises(InputError, match="explicit"):
        AvalancheModel(alloy="mean", clustering=0.5)


def test_bonds_of_a_snapshot_take_the_mie_law_at_their_own_length():
    atoms = crystal(
        ["Ba", "Ti", "O"],
        basis=[(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)],
        spacegroup=221,
        cellpar=[4, 4, 4, 90, 90, 90],
    )
    atoms = make_supercell(atoms, np.diag([4, 4, 1]))
    atoms.positions[atoms.symbols == "O"] += np.random.default_rng(1).normal(
        scale=(0.05, 0.05, 0.0), size=((atoms.symbols == "O").sum(), 3)
    )
    plane = next(p for p in planes_of_atoms(atoms, (0, 0, 1), reach=1.3) if "Ba" in p.species)
    sample = build_sample(plane, (1, 1))
    properties = snapshot_properties(sample, mean_free_path=16.0)
    lengths = np.linalg.norm(plane.bond_vectors, axis=1)[sample.basis_bond]
    expected = 5.8247 * mie_factor(lengths / lengths.mean())
    assert np.allclose(properties.bond_energy, expected, rtol=2e-3)
    assert np.ptp(properties.bond_energy) > 0


def test_perfect_snapshot_equals_the_preset():
    plane = planes_of_atoms(bulk("MgO", "rocksalt", a=4.21, cubic=True), (0, 0, 1))[0]
    properties = snapshot_properties(build_sample(plane, (3, 3)), mean_free_path=5.0)
    assert np.allclose(properties.bond_energy, 3.7125, atol=1e-3)


def test_explicit_alloy_in_space_places_both_sublattices():
    sample = build_sample(calibrated_crystal(), (4, 4, 4))
    alloy = explicit_alloy(FAMILY.at(0.2), sample, generator(1), host_path=16.0)
    counts = {symbol: int((alloy.species == symbol).sum()) for symbol in ("Ba", "Na", "Ti", "Zr", "O")}
    assert counts["O"] == 192
    assert counts["Ti"] == pytest.approx(0.6 * 64, abs=1)
    assert counts["Ba"] == pytest.approx(0.4 * 64, abs=1)
