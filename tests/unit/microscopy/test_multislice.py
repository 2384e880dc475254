"""Multislice: wavelengths and angles always, images where the engine is installed."""

import importlib.util

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError, MissingExtraError
from entrox.microscopy.simulation.multislice import (
    MultisliceSettings,
    electron_wavelength,
    largest_angle_mrad,
    needed_sampling,
    simulate_multislice,
)

COARSE = MultisliceSettings(inner_mrad=40.0, outer_mrad=100.0, sampling_angstrom=0.064, scan_step_angstrom=0.5)


def cube():
    """One cell of a perovskite with the heavy column in the lower left corner."""
    places = [[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.0], [0.5, 0.0, 0.5], [0.0, 0.5, 0.5]]
    return Atoms("BaTiO3", scaled_positions=places, cell=[4.0] * 3, pbc=True)


def test_electrons_of_300_kv_have_their_wavelength():
    assert electron_wavelength(300.0) == pytest.approx(0.01969, abs=5e-6)
    assert electron_wavelength(200.0) == pytest.approx(0.02508, abs=5e-6)


def test_slow_electrons_follow_de_broglie():
    # sqrt(150.4 / V) angstrom
    assert electron_wavelength(0.01) == pytest.approx(12.2643 / np.sqrt(10.0), rel=1e-4)


def test_the_grid_sets_the_largest_angle():
    assert largest_angle_mrad(300.0, 0.06) == pytest.approx(164.1, abs=0.1)
    assert largest_angle_mrad(300.0, 0.045) > 200.0 > largest_angle_mrad(300.0, 0.05)


def test_the_band_limit_asks_for_a_finer_grid_than_the_largest_angle():
    assert needed_sampling(300.0, 200.0) == pytest.approx(2.0 / 3.0 * 0.0196875 / 0.4, rel=1e-3)
    assert MultisliceSettings().sampling_angstrom < needed_sampling(300.0, MultisliceSettings().outer_mrad)


@pytest.mark.parametrize("sampling", [0.06, 0.045])
def test_a_detector_that_would_count_nothing_is_refused(sampling):
    settings = MultisliceSettings(sampling_angstrom=sampling)
    with pytest.raises(InputError, match=r"at most 0\.0328"):
        simulate_multislice(cube(), settings, np.random.default_rng(0))


def test_impossible_boxes_and_detectors_are_refused():
    tilted = cube()
    tilted.set_cell([[4.0, 0.0, 0.0], [1.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
    with pytest.raises(InputError, match="rectangular"):
        simulate_multislice(tilted, COARSE, np.random.default_rng(0))
    with pytest.raises(InputError, match="above inner_mrad"):
        simulate_multislice(cube(), COARSE.model_copy(update={"inner_mrad": 120.0}), np.random.default_rng(0))
    with pytest.raises(InputError, match="smaller than a pixel"):
        simulate_multislice(cube(), COARSE.model_copy(update={"scan_step_angstrom": 5.0}), np.random.default_rng(0))


@pytest.mark.skipif(importlib.util.find_spec("abtem") is not None, reason="abTEM is installed")
def test_without_the_engine_its_extra_is_named():
    with pytest.raises(MissingExtraError, match="microscopy"):
        simulate_multislice(cube(), COARSE, np.random.default_rng(0))


def test_the_heavy_column_is_brightest_and_lies_where_its_atoms_are():
    pytest.importorskip("abtem", reason="multislice needs abTEM (extra microscopy)")
    atoms = cube() * (2, 2, 2)
    atoms.positions += [0.75, 0.75, 0.0]
    atoms.wrap()
    image = simulate_multislice(
        atoms, COARSE.model_copy(update={"scan_angstrom": (4.0, 4.0)}), np.random.default_rng(0)
    )
    assert image.intensity.shape == (8, 8)
    # Ba at 0.75 angstrom from the lower left corner: second pixel from the left, second row from below; Ti 2 away
    assert np.unravel_index(image.intensity.argmax(), (8, 8)) == (6, 1)
    assert image.intensity[2, 5] == image.intensity[1:4, 4:7].max()
    assert image.intensity[6, 1] > 2.0 * image.intensity[2, 5] > 0.0
    assert image.intensity.max() < 1.0
