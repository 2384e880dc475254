"""Diffusion in melts: random walks of known diffusivity, cages that do not diffuse, elements told apart."""

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError
from entrox.dynamics import diffusivities, diffusivity
from entrox.dynamics.glass.diffusivity import diffusivity_ratio

INTERVAL_PS = 0.05


def _walk(rng, n_frames, n_atoms, value):
    steps = rng.normal(0.0, np.sqrt(2 * value * INTERVAL_PS), (n_frames, n_atoms, 3))
    return np.cumsum(steps, axis=0)


def test_a_random_walk_has_the_diffusivity_of_its_steps_within_the_error():
    pulls = []
    for seed in range(20):
        found = diffusivity(_walk(np.random.default_rng(seed), 300, 30, 0.4), INTERVAL_PS)
        pulls.append((found.value - 0.4) / found.error)
        assert found.exponent == pytest.approx(1.0, abs=0.15)
    # five blocks make a t distribution of four degrees of freedom, whose variance is two
    assert abs(np.mean(pulls)) < 4 * np.sqrt(2 / 20)
    assert 0.5 < np.std(pulls) < 3.0


def test_atoms_in_cages_do_not_diffuse():
    rattle = np.random.default_rng(1).normal(0.0, 0.2, (200, 40, 3))
    found = diffusivity(rattle, INTERVAL_PS)
    assert found.msd == pytest.approx(np.full(len(found.msd), 6 * 0.2**2), rel=0.1)
    assert abs(found.value) < 4 * found.error + 1e-3
    assert found.exponent < 0.2


def test_each_cation_has_its_own_diffusivity_and_the_drift_of_the_box_has_none():
    rng = np.random.default_rng(3)
    slow, fast = _walk(rng, 400, 40, 0.1), _walk(rng, 400, 40, 0.5)
    drift = np.linspace(0.0, 30.0, 400)[:, None, None] * np.array([1.0, 0.5, -1.0])
    places = np.concatenate([slow, fast], axis=1) + drift
    frames = [Atoms("Bi40La40", positions=frame) for frame in places]
    found = diffusivities(frames, INTERVAL_PS)
    assert list(found) == ["Bi", "La"]
    assert found["Bi"].value == pytest.approx(0.1, abs=4 * found["Bi"].error)
    assert found["La"].value == pytest.approx(0.5, abs=4 * found["La"].error)
    ratio, error = diffusivity_ratio(found["La"], found["Bi"])
    assert ratio == pytest.approx(5.0, abs=4 * error)


def test_too_few_frames_and_absent_elements_are_refused():
    with pytest.raises(InputError, match="need 40 frames; got 20"):
        diffusivity(np.zeros((20, 3, 3)), INTERVAL_PS)
    with pytest.raises(InputError, match="have no Ti"):
        diffusivities([Atoms("Bi2", positions=np.zeros((2, 3)))] * 60, INTERVAL_PS, ["Ti"])
