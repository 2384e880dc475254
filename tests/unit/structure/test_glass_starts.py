"""Random starts and mosaics: densities, distances, whole formula units, orientations."""

from collections import Counter

import numpy as np
import pytest
from ase.build import bulk
from ase.neighborlist import neighbor_list

from entrox.core import ConvergenceError, InputError
from entrox.dynamics.glass.density import mass_density
from entrox.structure import build_amorphous_start, build_mosaic


def _glass(n_atoms=1200, seed=1):
    return build_amorphous_start({"Mg": 1, "O": 1}, n_atoms, 3.2, 1.6, rng=np.random.default_rng(seed))


def test_a_random_start_has_its_density_and_no_two_atoms_too_close():
    box = build_amorphous_start({"Si": 1, "O": 2}, 600, 2.2, 1.55, rng=np.random.default_rng(2))
    assert mass_density(box) == pytest.approx(2.2, rel=1e-10)
    assert neighbor_list("d", box, 2.0).min() >= 1.55
    assert Counter(box.get_chemical_symbols()) == {"Si": 200, "O": 400}


def test_atoms_that_are_no_whole_formula_units_are_refused_with_the_nearest_numbers():
    with pytest.raises(InputError, match="take 99 or 102"):
        build_amorphous_start({"Si": 1, "O": 2}, 100, 2.2, rng=np.random.default_rng(2))


def test_a_distance_that_the_density_forbids_is_told():
    with pytest.raises(ConvergenceError, match="smaller"):
        build_amorphous_start({"Si": 1, "O": 2}, 60, 2.6, 3.2, rng=np.random.default_rng(2))


@pytest.mark.parametrize("shape", ["sphere", "voronoi"])
def test_a_mosaic_keeps_the_composition_and_no_contact_between_regions(shape):
    mosaic = build_mosaic(
        bulk("MgO", "rocksalt", a=4.21, cubic=True), _glass(), 0.3, 12.0, rng=np.random.default_rng(1),
        min_distance=1.5, shape=shape,
    )  # fmt: skip
    counts = Counter(mosaic.get_chemical_symbols())
    assert counts["Mg"] == counts["O"]
    grain, phase = mosaic.get_array("grain"), mosaic.get_array("phase")
    assert ((grain > 0) == (phase == 1)).all()
    first, second = neighbor_list("ij", mosaic, 1.5)
    assert (grain[first] == grain[second]).all()
    assert phase.mean() == pytest.approx(0.3, abs=0.1)
    assert mosaic.info["mosaic"]["crystal_atoms"] == phase.mean()


def test_a_grain_is_a_turned_piece_of_the_crystal():
    crystal = bulk("MgO", "rocksalt", a=4.21, cubic=True)
    mosaic = build_mosaic(crystal, _glass(), 0.15, 14.0, rng=np.random.default_rng(4))
    inside = mosaic[mosaic.get_array("grain") == 1]
    distance = neighbor_list("d", inside, 3.1)
    # nearest neighbors at a/2 and a/sqrt 2 only, whatever the orientation
    shells = np.unique(distance.round(6))
    assert shells == pytest.approx([4.21 / 2, 4.21 / np.sqrt(2)], abs=1e-6)
    first, _, vectors = neighbor_list("ijD", inside, 2.2)
    tilt = np.abs(vectors / np.linalg.norm(vectors, axis=1)[:, None]).max(axis=1)
    assert len(first) > 100
    assert tilt.max() < 0.9999


def test_no_crystal_is_the_glass_itself():
    glass = _glass(120)
    mosaic = build_mosaic(bulk("MgO", "rocksalt", a=4.21), glass, 0.0, 5.0, rng=np.random.default_rng(1))
    assert len(mosaic) == len(glass)
    assert mosaic.get_array("phase").sum() == 0


def test_grains_that_find_no_room_and_other_compositions_are_refused():
    crystal, rng = bulk("MgO", "rocksalt", a=4.21), np.random.default_rng(1)
    with pytest.raises(InputError, match="does not fit"):
        build_mosaic(crystal, _glass(120), 0.3, 40.0, rng=rng)
    with pytest.raises(InputError, match="one composition"):
        build_mosaic(bulk("NaCl", "rocksalt", a=5.6), _glass(120), 0.3, 5.0, rng=rng)
