"""CHGNet and a published Deep Potential as teachers: the contract of force fields, energies, processes side by side."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from numpy.testing import assert_allclose

from entrox.core import InputError
from entrox.dynamics.calculators.process import CalculatorProcess, model_type_map, open_process_calculator
from entrox.dynamics.calculators.sources import DeepmdSource
from entrox.potentials.teachers.labeling import label_many
from entrox.potentials.teachers.teacher import chgnet_teacher, deepmd_teacher
from entrox.structure import build_perovskite
from force_contract import CONTRACT, Precision, shaken_titanate

pytestmark = pytest.mark.engine

SINGLE = Precision(step_angstrom=0.01, strain=0.002, relative=1e-2, exact=1e-4, n_checked=4)
DOUBLE = Precision(step_angstrom=1e-5, strain=1e-5, relative=1e-4, exact=1e-8, n_checked=4)


@pytest.fixture(scope="module")
def chgnet() -> Iterator[Calculator]:
    with open_process_calculator(chgnet_teacher().source) as calculator:
        yield calculator


@pytest.fixture(scope="module")
def published(external_data) -> Path:
    path: Path = external_data("perovskite/models/UniPero.pb")
    return path


@pytest.fixture(scope="module")
def deepmd(published: Path) -> Iterator[Calculator]:
    with open_process_calculator(DeepmdSource((str(published),))) as calculator:
        yield calculator


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_chgnet_keeps_the_contract_to_float32(chgnet, clause):
    clause(chgnet, shaken_titanate(), SINGLE)


@pytest.mark.parametrize("clause", CONTRACT, ids=lambda clause: clause.__name__)
def test_deep_potential_keeps_the_contract_to_float64(deepmd, clause):
    clause(deepmd, shaken_titanate(), DOUBLE)


def test_lattice_of_chgnet_is_larger_than_that_of_the_universal_model(chgnet, deepmd):
    """Edges of least energy among 0.01 angstrom: 4.036 and 3.985 angstrom as published for these models."""

    def best_edge(calculator: Calculator) -> float:
        edges, energies = np.arange(3.95, 4.08, 0.01), []
        for edge in edges:
            atoms = build_perovskite("Ba", "Ti", (1, 1, 1), edge)
            atoms.calc = calculator
            energies.append(atoms.get_potential_energy())
        square, linear, _ = np.polyfit(edges, energies, 2)
        return float(-linear / (2 * square))

    assert best_edge(chgnet) == pytest.approx(4.036, abs=0.005)
    assert best_edge(deepmd) == pytest.approx(3.985, abs=0.005)


def test_labels_of_two_processes_are_those_of_one():
    frames = []
    for seed in range(4):
        atoms = build_perovskite("Ba", "Sn", (1, 1, 1), 4.1)
        atoms.rattle(0.05, seed=seed)
        frames.append(atoms)
    one = dict(label_many(chgnet_teacher(), frames))
    two = dict(label_many(chgnet_teacher(), frames, workers=2))
    assert [one[index].state for index in range(4)] == ["done"] * 4
    for index in range(4):
        assert two[index].energy_ev == pytest.approx(one[index].energy_ev, abs=1e-5 * 5)
        assert_allclose(two[index].forces_ev_per_angstrom, one[index].forces_ev_per_angstrom, atol=1e-4)
    assert one[0].provenance["weights"] == "0.3.0"


def test_model_lists_its_elements_and_refuses_others(published):
    elements = model_type_map(published)
    assert {"Ba", "Ca", "Ti", "Zr", "O"} <= set(elements)
    assert "Sn" not in elements
    with CalculatorProcess(DeepmdSource((str(published),))) as process, pytest.raises(InputError, match="also has Sn"):
        process.evaluate([build_perovskite("Ba", "Sn", (1, 1, 1), 4.1)])


def test_models_of_one_process_answer_together_and_batches_as_single_structures(published):
    frames = [shaken_titanate(), shaken_titanate(edge=4.1), shaken_titanate("PbTiO3")]
    with CalculatorProcess(DeepmdSource((str(published),) * 2)) as process:
        together = process.evaluate(frames)
        single = [process.evaluate([atoms], n_models=1)[0] for atoms in frames]
    for one, other in zip(together, single, strict=True):
        assert one.forces_ev_per_angstrom.shape == (2, 5, 3)
        assert_allclose(one.forces_ev_per_angstrom[0], one.forces_ev_per_angstrom[1], atol=1e-12)
        assert other.forces_ev_per_angstrom.shape == (1, 5, 3)
        assert_allclose(one.forces_ev_per_angstrom[0], other.forces_ev_per_angstrom[0], atol=1e-9)


def test_label_of_a_trusted_model_has_its_checksum(published):
    label = deepmd_teacher(published, trust_model=True).label(shaken_titanate())
    assert label.state == "done"
    assert len(label.provenance["sha256"]) == 64


def test_deep_potential_takes_no_structure_with_two_periods(published):
    atoms = Atoms("BaO", positions=[[0, 0, 0], [0, 0, 2.7]], cell=[6, 6, 6], pbc=(True, True, False))
    label = deepmd_teacher(published, trust_model=True).label(atoms)
    assert label.state == "failed"
    assert "all periods or with none" in label.reason


def test_damaged_model_file_is_bad_input(tmp_path):
    (tmp_path / "bad.pb").write_bytes(b"no graph")
    with pytest.raises(InputError, match=r"cannot make the Deep Potential bad\.pb"):
        model_type_map(tmp_path / "bad.pb")
