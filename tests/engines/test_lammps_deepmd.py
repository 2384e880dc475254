"""LAMMPS with Deep Potentials: the numbers of the model in any orientation, deviations, interruptions, the command."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError
from entrox.dynamics.lammps.batch import Start
from entrox.dynamics.lammps.lammps_engine import LammpsEngine
from entrox.dynamics.potential import DeepmdPotential
from entrox.dynamics.protocols import Npt, Nve
from entrox.structure import build_perovskite

pytestmark = pytest.mark.engine

TYPE_MAP = ("Ba", "Pb", "Ca", "Sr", "Bi", "K", "Na", "Hf", "Ti", "Zr", "Nb", "Mg", "In", "Zn", "O")


@pytest.fixture
def universal(external_data: Callable[[str], Path]) -> Path:
    """The universal model of perovskites."""
    return external_data("perovskite/models/UniPero.pb")


def turned_box() -> Atoms:
    """A distorted cell of (Ba,Ca)TiO3 in a tilted and turned orientation, elements interleaved."""
    box = build_perovskite("Ba", "Ti", (2, 1, 1), 4.0)
    atoms = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
    atoms.symbols[0] = "Ca"
    atoms = atoms[np.random.default_rng(1).permutation(len(atoms))]
    atoms.set_cell(atoms.cell.array @ [[1.01, 0.02, 0], [0, 0.99, 0.03], [0, 0, 1.02]], scale_atoms=True)
    atoms.rattle(0.05, seed=2)
    atoms.rotate(70.0, (1, -2, 3), rotate_cell=True)
    return atoms


def test_energy_and_stress_in_a_turned_cell_are_those_of_the_model(universal: Path, tmp_path: Path) -> None:
    potential = DeepmdPotential((universal,), TYPE_MAP)
    atoms = turned_box()
    protocol = Nve(temperature_k=300, length_ps=0.01, timestep_fs=1, thermo_every=1, frame_every=1)
    trajectory = LammpsEngine().run(atoms, protocol, potential, tmp_path / "run", seed=1)
    frames = list(trajectory.frames())
    with potential.open_calculator() as calculator:
        for number in (0, 10):
            frame = frames[number]
            frame.calc = calculator
            assert frame.get_potential_energy() == pytest.approx(trajectory.potential_energy_ev[number], abs=1e-6)
            stress = frame.get_stress(include_ideal_gas=True)
            np.testing.assert_allclose(trajectory.stress_ev_per_angstrom3[number], stress, atol=2e-6)
        # velocity Verlet: the change of momenta over a step is the mean force
        forces = [frame.get_forces() for frame in _with(frames[:2], calculator)]
    from ase.units import fs

    change = (frames[1].get_momenta() - frames[0].get_momenta()) / fs
    np.testing.assert_allclose(change, 0.5 * (forces[0] + forces[1]), atol=1e-4)


def _with(frames: list[Atoms], calculator: Any) -> list[Atoms]:
    for frame in frames:
        frame.calc = calculator
    return frames


def test_runs_of_one_process_have_each_their_deviations(universal: Path, tmp_path: Path) -> None:
    potential = DeepmdPotential((universal, universal), TYPE_MAP)
    protocol = Npt(temperature_k=300, length_ps=0.02, thermo_every=5, frame_every=5, deviation_every=5)
    starts = [Start(atoms=turned_box(), protocol=protocol, seed=seed) for seed in (1, 2)]
    together = LammpsEngine().run_many(starts, potential, tmp_path / "together")
    for trajectory in together:
        assert trajectory.deviation_step.tolist() == [0, 5, 10]
        np.testing.assert_allclose(trajectory.force_deviation_ev_per_angstrom, 0.0, atol=1e-12)
    alone = LammpsEngine().run(turned_box(), protocol, potential, tmp_path / "alone", seed=2)
    np.testing.assert_allclose(together[1].conserved_energy_ev, alone.conserved_energy_ev, atol=1e-8)
    np.testing.assert_allclose(together[1].cell_angstrom, alone.cell_angstrom, atol=1e-8)


def test_a_killed_run_of_a_model_goes_on_as_if_nothing_had_been(universal: Path, tmp_path: Path) -> None:
    potential = DeepmdPotential((universal,), TYPE_MAP)
    protocol = Npt(temperature_k=300, length_ps=0.2, thermo_every=5, frame_every=10, checkpoint_every=15)
    whole = LammpsEngine().run(turned_box(), protocol, potential, tmp_path / "whole", seed=1)
    code = (
        "import sys; from pathlib import Path; from test_lammps_deepmd import *\n"
        f"LammpsEngine().run(turned_box(), {protocol!r}, DeepmdPotential((Path(sys.argv[2]),), TYPE_MAP),"
        " Path(sys.argv[1]), seed=1)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "pieces"), str(universal)], cwd=Path(__file__).parent
    )
    end = time.monotonic() + 120
    while not list((tmp_path / "pieces").glob("part_000/*.restart")) and time.monotonic() < end:
        time.sleep(0.005)
    process.kill()
    process.wait()
    time.sleep(0.3)
    pieces = LammpsEngine().run(turned_box(), protocol, potential, tmp_path / "pieces", seed=1)
    assert (tmp_path / "pieces" / "part_001").is_dir()
    np.testing.assert_array_equal(pieces.step, whole.step)
    np.testing.assert_allclose(pieces.conserved_energy_ev, whole.conserved_energy_ev, atol=1e-6)
    for mine, other in zip(pieces.frames(), whole.frames(), strict=True):
        np.testing.assert_allclose(mine.positions, other.positions, atol=1e-6)


def test_an_element_that_the_model_lacks_is_named_with_its_type_map(universal: Path, tmp_path: Path) -> None:
    potential = DeepmdPotential((universal,), TYPE_MAP)
    atoms = turned_box()
    atoms.symbols[0] = "Sn"
    with pytest.raises(InputError, match=r"knows Ba, Pb, .*; the structure also has Sn"):
        LammpsEngine().run(atoms, Nve(temperature_k=1, length_ps=1), potential, tmp_path / "run", seed=1)
    assert not (tmp_path / "run").exists()


def test_the_command_runs_a_trusted_model_and_its_committee(
    universal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from entrox.cli import main

    arguments = ["md", "BaTiO3", "--shape", "2x1x1", "--model", str(universal), "--model", str(universal)]
    arguments += ["--length-ps", "0.2", "--json", "-o", str(tmp_path / "run")]
    assert main(arguments) == 2
    assert "--trust-model" in capsys.readouterr().err
    assert main([*arguments, "--trust-model"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["engine"], content["n_steps"], content["potential"]) == ("lammps", 100, "deepmd:UniPero.pb")
    assert content["largest_deviation_ev_per_angstrom"] == pytest.approx(0.0, abs=1e-12)
    assert any("short-ranged" in words for words in content["warnings"])
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert "UniPero.pb" in str(record["input_sha256"])
