"""``entrox md``: JSON keys, run folder, resuming, exit codes and bad input, with the toy force field on ASE."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.io import read, write

from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.structure.perovskite import build_perovskite

KEYS = {
    "n_steps", "mean_temperature_k", "mean_pressure_bar", "lattice_angstrom", "errors", "drift",
    "atom_steps_per_cpu_s", "warnings",
}  # fmt: skip
TOY = ("--model", "toy")
SHORT = ("Ba0.75Ca0.25TiO3", "--shape", "2x2x2", *TOY, "--protocol", "nvt", "--length-ps", "0.3", "--json")


@pytest.fixture
def structure(tmp_path: Path) -> Path:
    """A trajectory whose second frame is a stretched BaTiO3."""
    box = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    plain = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
    plain.rattle(0.02, seed=1)
    wide = plain.copy()
    wide.set_cell(1.02 * wide.cell.array, scale_atoms=True)
    path = tmp_path / "start.extxyz"
    write(path, [plain, wide])
    return path


def test_a_formula_runs_and_its_folder_is_complete(entrox: Callable[..., Any], tmp_path: Path) -> None:
    answer = entrox(*("md", *SHORT), "--length-ps", "0.6", "-o", tmp_path / "run")
    assert answer.code == 0, answer.err
    content = answer.json
    assert set(content) >= KEYS
    assert (content["status"], content["n_steps"], content["n_atoms"]) == ("finished", 300, 40)
    assert content["lattice_angstrom"] == sorted(content["lattice_angstrom"])
    assert all(3.8 < edge < 4.2 for edge in content["lattice_angstrom"])
    assert content["errors"]["mean_temperature_k"] > 0
    assert content["settled_from_ps"] <= 0.32
    written = json.loads((tmp_path / "run" / "result.json").read_text())
    assert written == content
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert (record["status"], record["seed"], record["settings"]["protocol"]) == ("finished", 1, "nvt")
    with (tmp_path / "run" / "md" / "thermo.csv").open() as file:
        rows = list(csv.DictReader(file))
    settled = [float(row["temperature_k"]) for row in rows if float(row["time_ps"]) >= content["settled_from_ps"]]
    assert np.mean(settled) == pytest.approx(content["mean_temperature_k"])
    assert len(read(tmp_path / "run" / "md" / "frames.extxyz", ":")) == 4
    assert (tmp_path / "run" / "figures" / "run.png").stat().st_size > 0


def test_warnings_say_what_the_means_are_worth(entrox: Callable[..., Any]) -> None:
    answer = entrox("md", *SHORT[:-1])
    assert answer.code == 0
    for words in ("box of 40 atoms", "one arrangement", "classical", "150 steps of ase with toy: finished"):
        assert words in answer.out
    assert "atom-steps per CPU-second" in answer.out


def test_the_same_seed_gives_the_same_run_and_another_one_another(entrox: Callable[..., Any]) -> None:
    first, again, other = (entrox("md", *SHORT, "--seed", seed).json for seed in (3, 3, 4))
    assert first["mean_pressure_bar"] == again["mean_pressure_bar"] != other["mean_pressure_bar"]


def test_the_frame_of_a_file_can_be_chosen(entrox: Callable[..., Any], structure: Path) -> None:
    arguments = ("md", structure, *TOY, "--protocol", "nvt", "--length-ps", "0.2", "--shape", "2x2x2", "--json")
    last, first = entrox(*arguments).json, entrox(*arguments, "--frame", "first").json
    assert first["lattice_angstrom"] == pytest.approx([4.0] * 3)
    assert last["lattice_angstrom"] == pytest.approx([4.08] * 3)
    assert not any("arrangement" in words for words in last["warnings"])


def test_a_ladder_has_a_mean_for_each_rung_and_a_ramp_describes_no_state(entrox: Callable[..., Any]) -> None:
    common = ("Ba0.75Ca0.25TiO3", "--shape", "2x2x2", *TOY, "--json", "--temperature-k", "100")
    ladder = entrox("md", *common, "--protocol", "ladder", "--end-temperature-k", "125", "--length-ps", "0.2").json
    assert [stage["target_k"] for stage in ladder["stages"]] == [100, 110, 120, 125]
    ramp = entrox("md", *common, "--protocol", "ramp", "--end-temperature-k", "150", "--rate-k-per-ps", "200").json
    assert ramp["n_steps"] == 125 and ramp["drift"] is None
    assert any("no state" in words for words in ramp["warnings"])


def test_a_field_needs_charges_and_says_that_they_are_fixed(
    entrox: Callable[..., Any], fails: Callable[..., str], structure: Path, tmp_path: Path
) -> None:
    arguments = ("md", structure, *TOY, "--protocol", "field", "--length-ps", "0.2", "--json")
    assert "--field-v-per-m" in fails(*arguments)
    arguments = (*arguments, "--field-v-per-m", "0,0,1e8")
    assert "charges" in fails(*arguments)
    charges = tmp_path / "charges.toml"
    charges.write_text("Ba = 2.75\nTi = 7.3\nO = -3.35\n")
    content = entrox(*arguments, "--born-charges", charges).json
    assert any("fixed charges" in words for words in content["warnings"])
    charges.write_text("Ba = 2.75\nTi = 7.3\nO = -2.0\n")
    assert "sum to zero" in fails(*arguments, "--born-charges", charges)
    assert "period" in fails(*arguments, "--born-charges", charges, "--field-shape", "sine")


def test_a_finished_run_is_read_back_and_others_are_refused(
    entrox: Callable[..., Any], fails: Callable[..., str], tmp_path: Path
) -> None:
    place = ("-o", tmp_path / "run")
    first = entrox("md", *SHORT, *place).json
    assert "not empty" in fails("md", *SHORT, *place)
    assert entrox("md", *SHORT, *place, "--resume").json == first
    assert "seed was 1 and is 2" in fails("md", *SHORT, *place, "--resume", "--seed", 2)
    assert "exclude" in fails("md", *SHORT, *place, "--resume", "--overwrite")
    other = entrox("md", *SHORT, *place, "--overwrite", "--seed", 2)
    assert other.code == 0 and other.json["seed"] == 2
    assert json.loads((tmp_path / "run" / "result.json").read_text())["seed"] == 2


def test_an_interrupted_run_says_how_to_go_on_and_does(
    entrox: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    place = ("-o", tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(AseEngine, "run", interrupted)
        answer = entrox("md", *SHORT, *place)
    assert answer.code == 130 and "--resume" in answer.err
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["status"] == "running"
    answer = entrox("md", *SHORT, *place, "--resume")
    assert answer.code == 0 and answer.json["status"] == "finished"
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert record["status"] == "finished" and len(record["commands"]) == 2


def test_a_run_that_explodes_is_written_and_ends_with_exit_code_4(
    entrox: Callable[..., Any], structure: Path, tmp_path: Path
) -> None:
    atoms = read(structure)
    atoms.positions[1] = atoms.positions[0] + 0.7
    write(structure, atoms)
    answer = entrox("md", structure, *TOY, "--json", "--length-ps", "1", "-o", tmp_path / "run")
    assert answer.code == 4
    content = answer.json
    assert content["status"] == "diverged" and content["reason"] and content["mean_temperature_k"] is None
    assert any("diverged" in words for words in content["warnings"])
    assert (tmp_path / "run" / "result.json").is_file() and (tmp_path / "run" / "md" / "thermo.csv").is_file()
    assert entrox("md", structure, *TOY, "--json", "--length-ps", "1", "-o", tmp_path / "run", "--resume").code == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("BaTiO3", *TOY), "--shape"),
        (("Ba0.7Ca0.3TiO3", "--shape", "2x2x2", *TOY), "rounding"),
        (("BaTiO3", "--shape", "2x2", *TOY), "--shape"),
        (("none.xyz", *TOY), "no such file"),
        (("SrTiO3", "--shape", "2x2x2", *TOY), "Sr"),
        (("BaTiO3", "--shape", "2x2x2", "--model", "none.pb"), "there is no model file none.pb"),
        (("BaTiO3", "--shape", "2x2x2", "--model", "nonsense"), "nonsense"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--model", "chgnet"), "several models"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--engine", "gromacs"), "--engine"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--protocol", "nph"), "--protocol"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--protocol", "ramp"), "--end-temperature-k"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--temperature-k", "-1"), "temperature_k"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--timestep-fs", "0"), "timestep_fs"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--preset", "fast"), "--preset"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--resume"), "need --out"),
        (("BaTiO3", "--shape", "2x2x2", *TOY, "--launcher", "mpiexec -n 2"), "--launcher"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error(
    fails: Callable[..., str], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    message = fails("md", *arguments)
    assert words in message
    assert list(tmp_path.iterdir()) == []


def test_a_model_file_of_unknown_origin_is_not_loaded(fails: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "found.pb").write_bytes(b"graph")
    message = fails("md", "BaTiO3", "--shape", "2x2x2", "--model", tmp_path / "found.pb")
    assert "--trust-model" in message and "run code" in message


def test_a_model_that_was_changed_after_training_is_refused(fails: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "model.pb").write_bytes(b"graph")
    (tmp_path / "model.json").write_text('{"format": "something else"}')
    assert "model.json" in fails("md", "BaTiO3", "--shape", "2x2x2", "--model", tmp_path / "model.pb")
