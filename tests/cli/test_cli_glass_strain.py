"""``entrox glass strain`` from files to tables, frames and figures."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from ase.build import bulk
from ase.io import read, write

from entrox.core import generator


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Rock salt at rest, two frames of its thermal motion, and a stretched one."""
    folder = tmp_path_factory.mktemp("frames")
    atoms = bulk("NaCl", "rocksalt", a=5.64, cubic=True).repeat((3, 3, 3))
    atoms.set_array("id", np.arange(1, len(atoms) + 1))
    for number, name in enumerate(("one", "two")):
        moved = atoms.copy()
        moved.positions += generator(number).normal(0.0, 0.05, moved.positions.shape)
        write(folder / f"{name}.extxyz", moved)
    later = atoms.copy()
    later.set_cell(atoms.cell.array * [1.05, 0.99, 0.99], scale_atoms=True)
    later.positions += generator(7).normal(0.0, 0.05, later.positions.shape)
    later.wrap()
    write(folder / "later.extxyz", [atoms, later])
    write(folder / "shuffled.extxyz", later[generator(8).permutation(len(later))])
    write(folder / "short.extxyz", atoms[:-1])
    return folder


def test_the_strain_of_a_stretched_crystal_is_noise_without_its_cell(entrox, frames, tmp_path):
    answer = entrox(
        "glass", "strain", frames / "one.extxyz", frames / "later.extxyz", "--noise", frames / "one.extxyz",
        frames / "two.extxyz", "--bonds", "Na-Cl:3.3", "--json", "-o", tmp_path / "run",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = answer.json
    assert found["affine_gradient"][0][0] == pytest.approx(1.05)
    assert found["elongation"] == pytest.approx(0.05)
    assert found["poisson_ratio"] == pytest.approx(0.2)
    assert found["shear"]["p95"] == pytest.approx(found["shear"]["floor"], rel=0.15)
    assert found["above_floor_share"] < 0.15
    assert found["noise"]["source"] == "two frames"
    share = found["shares"]["Na-Cl"]
    assert share["stretch"] + share["rotation"] == pytest.approx(1.0)
    low, high = share["excess_interval"]
    assert low < share["excess_rotation"] < high
    assert "Na-Cl-Na" in found["shares"]
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == found
    with (tmp_path / "run" / "atoms.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 216
    assert np.mean([float(row["shear"]) for row in rows]) == pytest.approx(found["shear"]["mean"])
    strained = read(tmp_path / "run" / "strained.extxyz")
    assert strained.arrays["shear"].mean() == pytest.approx(found["shear"]["mean"], rel=1e-6)
    assert strained.arrays["id"].tolist() == list(range(1, 217))
    assert {path.name for path in (tmp_path / "run" / "figures").iterdir()} >= {
        "shear.png",
        "shear_slice.svg",
        "bonds.png",
    }
    record = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert set(record["input_sha256"]) == {"one.extxyz", "two.extxyz", "later.extxyz"}
    again = entrox("glass", "strain", frames / "one.extxyz", frames / "later.extxyz", "-o", tmp_path / "run")
    assert again.code == 2
    assert "--overwrite" in again.err


def test_the_table_says_what_the_cell_alone_gives(entrox, frames):
    answer = entrox(
        "glass", "strain", frames / "one.extxyz", frames / "later.extxyz", "--keep-affine", "--noise-angstrom", "0.07"
    )
    assert answer.code == 0, answer.err
    assert "homogeneous part (cell) kept" in answer.out
    assert "von Mises strain" in answer.out
    assert "from given" in answer.out


def test_ids_pair_atoms_that_were_written_in_another_order(entrox, fails, frames):
    error = fails("glass", "strain", frames / "one.extxyz", frames / "shuffled.extxyz")
    assert "--match id" in error
    plain = entrox("glass", "strain", frames / "one.extxyz", frames / "later.extxyz", "--json").json
    paired = entrox(
        "glass", "strain", frames / "one.extxyz", frames / "shuffled.extxyz", "--match", "id", "--json"
    ).json
    assert paired["shear"]["mean"] == pytest.approx(plain["shear"]["mean"], rel=1e-6)


def test_bad_input_of_strain_is_refused_before_any_work(fails, frames):
    one, later = frames / "one.extxyz", frames / "later.extxyz"
    assert "must hold the same atoms; got 216 and 215" in fails("glass", "strain", one, frames / "short.extxyz")
    assert "--cutoff-angstrom must be finite and > 0" in fails("glass", "strain", one, later, "--cutoff-angstrom", "0")
    assert "such as Ti-O:2.6" in fails("glass", "strain", one, later, "--bonds", "NaCl")
    assert "axis must be x, y, z" in fails("glass", "strain", one, later, "--axis", "q")
    assert "half the cell" in fails(
        "glass", "strain", one, later, "--method", "minimum-image", "--cutoff-angstrom", "9"
    )
    assert "not both" in fails("glass", "strain", one, later, "--noise", one, one, "--noise-angstrom", "0.1")
    assert "no such file" in fails("glass", "strain", frames / "none.extxyz", later)
    assert "are the same but for" in fails("glass", "strain", one, later, "--noise", one, one)
    assert "--match must be one of" in fails("glass", "strain", one, later, "--match", "name")


def test_what_is_wrong_with_the_frames_of_the_noise_is_said_of_them(frames, fails):
    one, later = frames / "one.extxyz", frames / "later.extxyz"
    message = fails("glass", "strain", one, later, "--noise", one, frames / "short.extxyz")
    assert "--noise: reference and current must hold the same atoms" in message


def test_the_name_of_the_option_in_the_message_of_the_reader_is_taken(entrox, frames, fails, tmp_path):
    atoms = read(frames / "one.extxyz")
    path = tmp_path / "rest.data"
    write(path, atoms, format="lammps-data")
    kinds = ",".join(sorted(set(atoms.get_chemical_symbols())))
    assert "--type-map" in fails("glass", "strain", path, path)
    answer = entrox("glass", "strain", path, path, "--type-map", kinds, "--noise-angstrom", "0.05", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["shear"]["p95"] == pytest.approx(0.0, abs=1e-9)
