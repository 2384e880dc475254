"""The ASE engine driven by Deep Potentials in a process: a run at constant pressure with the committee's deviation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_allclose

from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.potential import DeepmdPotential
from entrox.dynamics.protocols import Npt, Nve
from entrox.structure import build_perovskite

pytestmark = pytest.mark.engine

ELEMENTS = ("Ba", "Pb", "Ca", "Sr", "Bi", "K", "Na", "Hf", "Ti", "Zr", "Nb", "Mg", "In", "Zn", "O")


@pytest.fixture
def model(external_data) -> Path:
    path: Path = external_data("perovskite/models/UniPero.pb")
    return path


def cells(shape: tuple[int, int, int]) -> Atoms:
    found = build_perovskite("Ba", "Ti", shape, 4.0)
    return Atoms(found.symbols, positions=found.positions, cell=found.cell, pbc=True)


def test_committee_of_one_model_twice_has_no_deviation(model, tmp_path):
    protocol = Npt(temperature_k=300, length_ps=0.06, thermo_every=10, deviation_every=10, frame_every=15)
    potential = DeepmdPotential((model, model), ELEMENTS)
    found = AseEngine().run(cells((1, 1, 2)), protocol, potential, tmp_path, seed=1)
    assert found.finished
    assert found.deviation_step.tolist() == [0, 10, 20, 30]
    assert_allclose(found.force_deviation_ev_per_angstrom, 0.0, atol=1e-12)
    assert found.frame_step.tolist() == [0, 15, 30]
    assert found.cpu_s > 0.0


def test_energy_is_conserved_by_the_forces_of_the_process(model, tmp_path):
    protocol = Nve(temperature_k=300, length_ps=0.1, timestep_fs=1, thermo_every=5)
    found = AseEngine().run(cells((1, 1, 2)), protocol, DeepmdPotential((model,), ELEMENTS), tmp_path, seed=1)
    change = (found.conserved_energy_ev - found.conserved_energy_ev[0]) / 10
    assert np.abs(change).max() < 2e-4
    assert len(found.deviation_step) == 0
