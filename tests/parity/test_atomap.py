"""Columns and displacements against atomap 0.4.2, which lives in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from stem_truth import sublattices_of_truth, truth_in_pixels

REFINEMENT = Path(__file__).parents[2] / "benchmarks" / "atomap_refinement.py"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Our fit and atomap's of one picture with a rigid shift of B, right and up; and what belongs to it."""
    interpreter = os.environ.get("ENTROX_ATOMAP_PYTHON")
    if not interpreter:
        pytest.skip("set ENTROX_ATOMAP_PYTHON to the interpreter of an environment with atomap 0.4.2")
    truth = perovskite_columns((8, 8), displacement=[0.2, 0.1])
    image = simulate_micrograph(truth, SimulationSettings(), np.random.default_rng(2))
    found, true = sublattices_of_truth(truth, 0.1, start_error_px=0.2), truth_in_pixels(truth, 0.1)
    path = tmp_path_factory.mktemp("atomap") / "picture.npz"
    np.savez(path, image=image.intensity, start=found.position_px, site=found.site, true=true)
    command = [interpreter, str(REFINEMENT), str(path), "vectors"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return fit_columns(image, found), json.loads(done.stdout.splitlines()[-1]), found, true


def test_atomap_finds_the_same_columns_within_the_combined_error(both):
    fit, other, found, true = both
    inner = (found.cage >= 0).all(axis=1)
    theirs = np.array(other["position"])
    ours_rms = np.sqrt(np.mean((fit.position_px - true)[inner] ** 2))
    theirs_rms = np.sqrt(np.mean((theirs - true)[inner] ** 2))
    assert ours_rms <= theirs_rms
    assert np.sqrt(np.mean((fit.position_px - theirs)[inner] ** 2)) < np.hypot(ours_rms, theirs_rms)


def test_the_polarization_vector_of_atomap_is_the_negative_of_the_displacement(both):
    fit, other, found, _ = both
    rows = np.flatnonzero((found.site == 1) & (found.cage >= 0).all(axis=1))
    down = fit.position_px[rows] - fit.position_px[found.cage[rows]].mean(axis=1)
    # Ours points from the cage to the cation; both here with y down, so that only the sign differs.
    theirs = np.array(other["vectors"])[:, 2:]
    np.testing.assert_allclose(np.median(theirs, axis=0), -np.median(down, axis=0), atol=0.15)
    assert np.median(down[:, 0]) == pytest.approx(2.0, abs=0.1)
    assert np.median(down[:, 1]) == pytest.approx(-1.0, abs=0.1)
