"""Melt and quench: when a crystal has melted, what a run remembers, and that a killed run goes on."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.core.units import GIGAPASCAL_PER_EV_PER_ANGSTROM3
from entrox.dynamics import AseEngine, CalculatorPotential, QuenchSettings, run_melt_quench, run_quench_ensemble
from entrox.dynamics.glass.phases import Phases
from entrox.dynamics.glass.volume_search import run_volume_search
from entrox.dynamics.runs.velocities import draw_momenta
from pair_glass import PairGlass, pair_crystal

FACTORY = f"{Path(__file__).parents[1] / 'pair_glass.py'}:pair_glass"
PAIRS = CalculatorPotential(FACTORY)
HOT = {
    "melt_temperature_k": 6000.0, "melt_ps": 0.2, "quench_rate_k_per_ps": 60000.0, "hold_ps": 0.1, "volume": "fixed",
    "relax_steps": 12, "timestep_fs": 2.0,
}  # fmt: skip
WARM = {**HOT, "melt_temperature_k": 500.0, "longest_melt_ps": 0.2, "quench_rate_k_per_ps": 4000.0}
DEADLY = """
import sys, numpy as np
sys.path.insert(0, sys.argv[3])
from pair_glass import pair_crystal
from entrox.dynamics import AseEngine, CalculatorPotential, QuenchSettings, run_melt_quench
settings = QuenchSettings.model_validate_json(sys.argv[2])
run_melt_quench(pair_crystal(2, 3.9), AseEngine(), CalculatorPotential(sys.argv[4]), settings,
                np.random.default_rng(3), sys.argv[1])
"""


def _run(folder, edge=3.9, seed=3, **settings):
    return run_melt_quench(
        pair_crystal(2, edge), AseEngine(), PAIRS, QuenchSettings(**{**HOT, **settings}), np.random.default_rng(seed),
        folder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def glass(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glass")
    return _run(folder / "run"), folder / "run"


def test_a_melt_loses_its_places_and_its_reflections_and_becomes_a_glass(glass):
    found, _ = glass
    assert found.verdict == "glass"
    assert found.melt.melted
    assert found.melt.cation_msd > found.melt.msd_limit == pytest.approx((3.9 / np.sqrt(2)) ** 2)
    assert found.melt.start_order[0] == pytest.approx(1.0)
    assert found.melt.largest_order < found.melt.order_limit == pytest.approx(np.sqrt(6.9 / 32))
    assert found.crystallinity < found.melt.order_limit
    # a box that was melted expanded is torn, and lies in another minimum than the crystal
    assert found.energy_ev_per_atom != pytest.approx(found.crystal_energy_ev_per_atom, abs=1e-3)


def test_elements_of_a_melt_have_diffusivities_where_there_are_frames_for_blocks(glass, tmp_path):
    assert glass[0].melt_diffusivities == {}
    found = _run(tmp_path / "run", melt_ps=0.6, frame_fs=14.0, hold_ps=0.02)
    assert found.melt.melted
    assert list(found.melt_diffusivities) == ["Al"]
    diffusivity = found.melt_diffusivities["Al"]
    # a light atom at 6000 K flies some angstrom2 in a picosecond
    assert 0.3 < diffusivity.value < 30.0
    assert diffusivity.error < diffusivity.value


def test_its_history_is_one_line_of_time_that_ends_cold(glass):
    history = glass[0].history
    assert (np.diff(history.time_ps) >= 0).all()
    assert history.phases[-1][1] == pytest.approx(history.time_ps[-1])
    assert [name for name, _ in history.phases][:1] == ["melt_0"]
    melt = (history.time_ps > 0.1) & (history.time_ps < 0.2)
    assert history.temperature_k[melt].mean() == pytest.approx(6000.0, rel=0.3)
    assert history.temperature_k[-10:].mean() < 900.0
    assert history.cation_msd[0] == 0.0
    assert history.largest_order[0] == pytest.approx(1.0)


def test_a_crystal_that_is_only_warm_is_crystal_memory_and_stops_before_the_quench(tmp_path):
    found = _run(tmp_path / "run", 3.5, **WARM)
    assert found.verdict == "crystal memory"
    assert found.energy_ev_per_atom is None
    assert "not melted after 0.2 ps" in found.reason
    assert not found.melt.displaced
    assert not found.melt.disordered


def test_a_crystal_that_is_quenched_all_the_same_keeps_the_verdict(tmp_path):
    found = _run(tmp_path / "run", 3.5, **{**WARM, "if_not_melted": "quench"})
    assert found.verdict == "crystal memory"
    assert found.energy_ev_per_atom == pytest.approx(found.crystal_energy_ev_per_atom, abs=2e-3)
    assert found.crystallinity == pytest.approx(1.0, abs=0.02)


def test_a_run_killed_by_the_system_goes_on_bit_by_bit(glass, tmp_path):
    whole, _ = glass
    settings = QuenchSettings(**{**HOT, "checkpoint_every": 7})
    arguments = [str(tmp_path / "run"), settings.model_dump_json(), str(Path(__file__).parents[1]), FACTORY]
    killed = subprocess.run(
        [sys.executable, "-c", DEADLY, *arguments], env={**os.environ, "PAIR_GLASS_DIES_AT": "190"}, check=False
    )
    assert killed.returncode == -9
    assert (tmp_path / "run" / "melt_0" / "checkpoint.npz").is_file()
    assert not (tmp_path / "run" / "quench").exists()
    resumed = _run(tmp_path / "run", checkpoint_every=7)
    # another interval of checkpoints must not matter either
    assert resumed.atoms.positions.tobytes() == whole.atoms.positions.tobytes()
    assert resumed.history.energy_ev_per_atom.tobytes() == whole.history.energy_ev_per_atom.tobytes()
    assert resumed.energy_ev_per_atom == whole.energy_ev_per_atom


def test_a_folder_of_another_protocol_is_refused_with_the_keys_that_differ(glass):
    _, folder = glass
    with pytest.raises(InputError, match=r"melt_ps: there 0.2, asked 0.3; hold_ps: there 0.1, asked 5.0"):
        _run(folder, melt_ps=0.3, hold_ps=5.0)
    with pytest.raises(InputError, match="seed: there"):
        _run(folder, seed=4)


def test_atoms_that_come_too_close_end_a_member_and_not_the_others(tmp_path):
    settings = QuenchSettings(**{**WARM, "closest_angstrom": 1.7})
    crystals = [pair_crystal(2, 3.5), pair_crystal(2, 3.5)]
    crystals[0].positions[0] += (0.6, 0.6, 0.0)
    found = run_quench_ensemble(crystals, AseEngine(), PAIRS, settings, [4000.0], generator(1), tmp_path / "run")
    first, second = found.members
    assert first.verdict == "failed"
    assert "angstrom apart at step 0" in first.reason
    assert second.verdict == "crystal memory"
    assert found.verdict == "crystal memory"
    assert found.difference.value is None


def test_a_structure_is_brought_to_the_volume_of_its_pressure(tmp_path):
    settings = QuenchSettings(**{**HOT, "volume": "eos", "eos_ps": 0.1, "pressure_gpa": 15.0})
    crystal = pair_crystal(2, 3.5)
    crystal.set_momenta(draw_momenta(crystal.get_masses(), 50.0, generator(1)))
    phases = Phases(AseEngine(), PAIRS, tmp_path, seed=1)
    # the solution lies outside the first volumes
    settled, fit = run_volume_search(phases, "search", crystal, settings, 50.0, (-0.01, -0.005, 0.0, 0.005, 0.01))
    assert (tmp_path / "search" / "round_1_0").is_dir()
    assert not fit.extrapolated
    assert settled.atoms.get_volume() == pytest.approx(fit.solution_angstrom3, rel=1e-9)
    assert settled.mean_pressure_gpa() == pytest.approx(15.0, abs=0.6)
    at_rest = settled.atoms.copy()
    at_rest.calc = PairGlass()
    still = -np.trace(at_rest.get_stress(voigt=False)) / 3 * GIGAPASCAL_PER_EV_PER_ANGSTROM3
    assert still == pytest.approx(15.0, abs=1.0)
