"""``entrox label``: run folder, JSON keys, continuation, what fails, bad input, exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from entrox.potentials.datasets.dataset import read_dataset
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure import build_perovskite
from odd_calculators import FILE

KEYS = {"n", "done", "unconverged", "failed", "quarantined", "cpu_s_per_label"}


def plain(b_site: str, seed: int) -> Atoms:
    found = build_perovskite("Ba", b_site, (1, 1, 1), 4.0)
    atoms = Atoms(found.symbols, positions=found.positions, cell=found.cell, pbc=True)
    atoms.rattle(0.05, seed=seed)
    return atoms


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    path = tmp_path / "frames.xyz"
    write(path, [plain("Sn" if seed == 2 else "Ti", seed) for seed in range(5)], format="extxyz")
    return path


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return frames of which the toy does not know one."""
    path = tmp_path / "mixed.xyz"
    write(path, [plain("Ti", 0), plain("Zr", 1)], format="extxyz")
    return path


def test_labels_become_a_data_set_with_the_numbers_of_the_teacher(entrox, frames, tmp_path):
    out = tmp_path / "labels"
    answer = entrox("label", frames, "--teacher", "toy", "--workers", 2, "-o", out, "--json")
    assert answer.code == 0
    assert set(answer.json) >= KEYS
    assert (answer.json["n"], answer.json["done"], answer.json["failed"]) == (5, 5, 0)
    assert json.loads((out / "result.json").read_text()) == answer.json
    dataset = read_dataset(out)
    assert set(dataset.compositions) == {"Ba1Ti1O3", "Ba1O3Sn1"}
    assert dataset.sources == ("toy",)
    expected = sorted(toy_answer(plain("Sn" if seed == 2 else "Ti", seed)).energy_ev for seed in range(5))
    np.testing.assert_allclose(sorted(dataset.energies_ev), expected, rtol=1e-9)


def test_record_has_teacher_command_and_checksum(entrox, frames, tmp_path):
    out = tmp_path / "labels"
    entrox("label", frames, "--teacher", "toy", "-o", out, "--quiet")
    record = json.loads((out / "provenance.json").read_text())
    assert (record["status"], record["settings"]["teacher"]) == ("finished", "toy")
    assert list(record["input_sha256"]) == ["frames.xyz"]
    assert len(record["settings"]["fingerprint"]) == 64


def test_extended_xyz_is_written_where_asked(entrox, frames, tmp_path):
    out = tmp_path / "labels"
    entrox("label", frames, "--teacher", "toy", "-o", out, "--format", "extxyz", "--quiet")
    assert len(read_dataset(out / "data.extxyz")) == 5


def test_structure_that_fails_is_listed_and_the_others_are_labeled(entrox, mixed, tmp_path):
    out = tmp_path / "labels"
    answer = entrox("label", mixed, "--teacher", "toy", "-o", out)
    assert answer.code == 0
    assert "also has Zr" in answer.out
    with (out / "problems.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["structure"], row["state"]) for row in rows] == [("2", "quarantined")]


def test_no_label_at_all_ends_with_code_four_and_the_reasons(entrox, frames, tmp_path):
    out = tmp_path / "labels"
    answer = entrox("label", frames, "--teacher", f"ase:{FILE}:failing", "--retries", 0, "-o", out, "--json")
    assert answer.code == 4
    assert (answer.json["done"], answer.json["quarantined"]) == (0, 5)
    assert "matrix is singular" in answer.err
    assert (out / "result.json").is_file()


def test_hanging_teacher_ends_after_the_time_limit(entrox, tmp_path):
    path = tmp_path / "one.xyz"
    write(path, plain("Ti", 0), format="extxyz")
    asked = ("--teacher", f"ase:{FILE}:hanging", "--timeout-s", 0.3, "--retries", 0, "-o", tmp_path / "labels")
    answer = entrox("label", path, *asked)
    assert answer.code == 4
    assert "gave no answer within 0.3 s" in answer.err


def test_finished_labels_are_not_asked_for_again(entrox, frames, tmp_path):
    teacher, out = tmp_path / "counting.py", tmp_path / "labels"
    teacher.write_text(
        "from pathlib import Path\nfrom odd_calculators import springs\n\n\ndef make():\n"
        f"    with Path({str(tmp_path / 'starts')!r}).open('a') as file:\n        file.write('x')\n"
        "    return springs()\n"
    )
    first = entrox("label", frames, "--teacher", f"ase:{teacher}:make", "-o", out, "--json")
    again = entrox("label", frames, "--teacher", f"ase:{teacher}:make", "-o", out, "--json", "--resume")
    assert (first.code, again.code) == (0, 0)
    assert first.json == again.json
    assert (tmp_path / "starts").read_text() == "x"


def test_folder_with_other_settings_is_not_continued(fails, entrox, frames, tmp_path):
    out = tmp_path / "labels"
    entrox("label", frames, "--teacher", "toy", "-o", out, "--quiet")
    assert "--resume" in fails("label", frames, "--teacher", "toy", "-o", out)
    message = fails("label", frames, "--teacher", "shell", "-o", out, "--resume")
    assert "other settings" in message


def test_overwrite_starts_anew(entrox, frames, mixed, tmp_path):
    out = tmp_path / "labels"
    entrox("label", frames, "--teacher", "toy", "-o", out, "--quiet")
    answer = entrox("label", mixed, "--teacher", "toy", "-o", out, "--json", "--overwrite")
    assert (answer.code, answer.json["n"]) == (0, 2)
    assert len(read_dataset(out)) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--teacher", "chgnett"), "did you mean chgnet"),
        (("--teacher", "deepmd:nowhere.pb"), "there is no model file"),
        (("--teacher", "toy", "--format", "csv"), "--format must be deepmd or extxyz"),
        (("--teacher", "toy", "--device", "tpu"), "--device must be cpu or auto"),
        (("--teacher", "toy", "--timeout-s", "-1"), "timeout_s"),
    ],
)
def test_bad_option_is_one_clear_error(fails: Callable[..., str], frames, tmp_path, options, message):
    assert message in fails("label", frames, "-o", tmp_path / "labels", *options)


def test_missing_file_is_named(fails, tmp_path):
    message = fails("label", tmp_path / "none.xyz", "--teacher", "toy", "-o", tmp_path / "labels")
    assert "no such file" in message
    assert not (tmp_path / "labels").exists()
