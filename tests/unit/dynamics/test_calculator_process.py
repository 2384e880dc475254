"""Calculators in processes of their own: same numbers, one clear error for each way to fail, nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from numpy.testing import assert_array_equal

from entrox.core import EngineError, InputError, generator
from entrox.dynamics.calculators._worker import pack_message, unpack_header, unpack_message
from entrox.dynamics.calculators.process import CalculatorProcess, EvaluationTimeoutError, open_process_calculator
from entrox.dynamics.calculators.sources import DeepmdSource, FactorySource, call_factory
from entrox.potentials.teachers.toy import toy_answer
from odd_calculators import FILE

TOY = FactorySource("entrox.potentials.teachers.toy:toy_calculator")


def odd(kind: str, **arguments: object) -> FactorySource:
    return FactorySource(f"{FILE}:{kind}", arguments)


def shaken(seed: int, symbols: str = "BaTiO3") -> Atoms:
    corners = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    atoms = Atoms(symbols, scaled_positions=corners[: len(Atoms(symbols))], cell=4 * np.eye(3), pbc=True)
    atoms.positions += generator(seed).normal(0, 0.05, atoms.positions.shape)
    return atoms


def is_running(pid: int) -> bool:
    """Return whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def gone_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def test_message_keeps_header_and_every_bit_of_its_arrays():
    arrays = [np.array([1.5, np.nan, -0.0]), np.arange(6).reshape(2, 3), np.array([True, False]), np.empty((0, 3))]
    message = pack_message({"text": "Å"}, arrays)
    n_text, n_body = unpack_header(message[:16])
    header, found = unpack_message(message[16 : 16 + n_text], message[16 + n_text :])
    assert (header, n_body) == ({"text": "Å"}, len(message) - 16 - n_text)
    for one, other in zip(found, arrays, strict=True):
        assert (one.shape, one.tobytes()) == (other.shape, other.tobytes())


def test_process_gives_the_numbers_of_this_process_and_a_batch_those_of_single_questions():
    frames = [shaken(seed) for seed in range(3)] + [shaken(9, "CaSnO3")]
    before = [atoms.copy() for atoms in frames]
    with CalculatorProcess(TOY) as process:
        together = process.evaluate(frames)
        single = [process.evaluate([atoms])[0] for atoms in frames]
    for atoms, kept, one, other in zip(frames, before, together, single, strict=True):
        expected = toy_answer(atoms)
        assert one.first.energy_ev == other.first.energy_ev == expected.energy_ev
        assert_array_equal(one.first.forces_ev_per_angstrom, expected.forces_ev_per_angstrom)
        assert_array_equal(other.first.stress_ev_per_angstrom3, expected.stress_ev_per_angstrom3)
        assert atoms == kept


def test_calculator_of_ase_over_a_process_counts_its_processor_time():
    atoms = shaken(1)
    with open_process_calculator(TOY) as calculator:
        atoms.calc = calculator
        assert atoms.get_potential_energy() == toy_answer(atoms).energy_ev
        assert_array_equal(atoms.get_stress(), toy_answer(atoms).stress_ev_per_angstrom3)
        assert calculator.committee_forces is None
        assert calculator.cpu_s >= 0.0
        atoms.calc = None


def test_noise_of_a_calculator_harms_nothing():
    with CalculatorProcess(odd("noisy")) as process:
        for _ in range(3):
            assert process.evaluate([shaken(1)])[0].first.energy_ev > 0.0


def test_hanging_calculator_is_ended_with_its_helpers_after_the_time_limit(tmp_path):
    notes = tmp_path / "pids"
    with CalculatorProcess(odd("hanging", path=str(notes))) as process:
        with pytest.raises(EvaluationTimeoutError, match=r"gave no answer within 0\.5 s"):
            process.evaluate([shaken(1)], timeout_s=0.5)
        assert not process.alive
    own, helper = map(int, notes.read_text().split())
    assert gone_within(own, 2.0)
    assert gone_within(helper, 2.0)


def test_crash_is_an_error_with_exit_code_and_last_words():
    with CalculatorProcess(odd("crashing")) as process, pytest.raises(EngineError) as caught:
        process.evaluate([shaken(1)])
    assert "exit code 7" in str(caught.value)
    assert "last words" in caught.value.log_tail


def test_killed_process_says_that_memory_may_have_run_out():
    with CalculatorProcess(TOY) as process:
        process.evaluate([shaken(1)])
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(EngineError, match=r"SIGKILL \(perhaps it ran out of memory\)"):
            process.evaluate([shaken(1)])


def test_failing_calculator_is_an_error_and_the_process_goes_on():
    with CalculatorProcess(odd("failing")) as process:
        for _ in range(2):
            with pytest.raises(EngineError, match="RuntimeError: matrix is singular"):
                process.evaluate([shaken(1)])
        assert process.alive


def test_bad_structure_in_a_batch_names_its_problem_and_the_process_answers_the_next_question():
    with CalculatorProcess(TOY) as process:
        with pytest.raises(InputError, match="also has Zr"):
            process.evaluate([shaken(1), shaken(1, "BaZrO3"), shaken(2)])
        assert process.evaluate([shaken(2)])[0].first.energy_ev == toy_answer(shaken(2)).energy_ev


@pytest.mark.parametrize(
    "factory", ["nonsense.module:make", "entrox.potentials.teachers.toy:nothing", "no_colon", "missing.py:make"]
)
def test_calculator_that_cannot_be_made_is_bad_input(factory):
    with CalculatorProcess(FactorySource(factory)) as process, pytest.raises(InputError, match="cannot make"):
        process.evaluate([shaken(1)])
    with pytest.raises(InputError, match="cannot make the calculator"):
        call_factory(factory, {})


def test_python_that_does_not_exist_is_bad_input():
    with pytest.raises(InputError, match="cannot start /nowhere/python"):
        CalculatorProcess(TOY, python="/nowhere/python")


def test_threads_are_set_before_the_calculator_is_made(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    with CalculatorProcess(TOY, threads=2) as process:
        process.wait_until_ready()
        variables = Path(f"/proc/{process.pid}/environ").read_bytes().split(b"\0")
    assert b"OMP_NUM_THREADS=2" in variables
    assert b"DP_INTRA_OP_PARALLELISM_THREADS=2" in variables


def test_process_ends_with_its_parent_even_in_the_middle_of_a_calculation(tmp_path):
    notes = tmp_path / "pids"
    program = f"""
from odd_calculators import FILE
from ase import Atoms
from entrox.dynamics.calculators.process import CalculatorProcess
from entrox.dynamics.calculators.sources import FactorySource
process = CalculatorProcess(FactorySource(f"{{FILE}}:hanging", {{"path": {str(notes)!r}}}))
process.evaluate([Atoms("O", cell=[3, 3, 3], pbc=True)])
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(FILE).parent)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment)
    deadline = time.monotonic() + 30.0
    while (not notes.exists() or len(notes.read_text().split()) < 2) and time.monotonic() < deadline:
        time.sleep(0.05)
    own, helper = map(int, notes.read_text().split())
    parent.kill()
    parent.wait()
    assert gone_within(own, 5.0)
    assert gone_within(helper, 5.0)


def test_closed_process_is_gone():
    process = CalculatorProcess(TOY)
    process.wait_until_ready()
    process.close()
    assert gone_within(process.pid, 2.0)


def test_no_structures_no_answers():
    with CalculatorProcess(TOY) as process:
        assert process.evaluate([]) == []


def test_deepmd_source_names_its_files_absolutely(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert DeepmdSource(("model.pb",)).to_message() == {"kind": "deepmd", "models": [str(tmp_path / "model.pb")]}
