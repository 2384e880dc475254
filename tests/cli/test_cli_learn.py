from __future__ import annotations

import csv
import json
import sqlite3
from pathlib import Path

import pytest

from entrox.cli import main
from entrox.potentials.datasets.dataset import read_dataset

RECIPE = """\
title = "Toy"
seed = 3

[[compositions]]
formula = "Ba(1-x)CaxTiO3"
x = [0, "1/4"]
lattice_angstrom = 4.0

[teacher]
name = "toy"

[student]
kind = "linear"

[start]
frames = 8

[explore]
engine = "ase"
temperatures_k = [300]
first_ps = 0.04
longest_ps = 0.08
deviation_every = 2

[trust]
sigma_low_ev_per_angstrom = 0.005
sigma_high_ev_per_angstrom = 0.5

[select]
labels_per_generation = 6

[stop]
generations = 1
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "toy.toml"
    path.write_text(RECIPE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """Return the folder of a loop that ended without convergence; tests only read it."""
    folder = tmp_path_factory.mktemp("learn")
    (folder / "toy.toml").write_text(RECIPE, encoding="utf-8")
    assert main(["learn", str(folder / "toy.toml"), "-o", str(folder / "run"), "--workers", "1", "--quiet"]) == 4
    return folder / "run"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_folder_holds_all_that_a_loop_leaves(finished: Path) -> None:
    names = {path.name for path in finished.iterdir()}
    assert {"journal.sqlite", "models", "runs", "data", "result.json", "generations.csv", "cells.csv",
            "calibration.csv", "figures", "provenance.json"} <= names  # fmt: skip
    assert not [name for name in names if name.endswith(".tmp")]


def test_the_tables_say_what_the_result_says(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    generations = rows(finished / "generations.csv")
    assert [int(row["generation"]) for row in generations] == [0, 1]
    for name in ("accurate", "candidate", "failed", "labeled"):
        assert int(generations[-1][name]) == result[name]
    cells = rows(finished / "cells.csv")
    assert [row["composition"] for row in cells] == ["BaTiO3", "Ba0.75Ca0.25TiO3"]
    assert sum(int(row["accurate"]) for row in cells) == result["accurate"]
    assert len(rows(finished / "calibration.csv")) == result["labeled"]


def test_the_labels_are_written_as_data_sets(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    assert len(read_dataset(finished / "data" / "training")) == result["n_training"]
    assert len(read_dataset(finished / "data" / "held_out")) == result["n_held_out"]


def test_the_record_has_recipe_versions_and_state(finished: Path) -> None:
    record = json.loads((finished / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert record["settings"]["teacher"]["name"] == "toy"
    assert set(record["input_sha256"]) == {"toy.toml"}
    assert record["seed"] == 3
    assert "potentials" in record["code_versions"]


def test_the_json_has_the_agreed_keys_and_code_4_says_not_converged(entrox, recipe: Path, tmp_path: Path) -> None:
    answer = entrox("learn", recipe, "-o", tmp_path / "run", "--json", "--workers", 1)
    assert answer.code == 4
    assert {"generation", "accurate", "candidate", "failed", "labeled", "life_ps", "per_cell", "converged", "reasons",
            "calibration"} <= set(answer.json)  # fmt: skip
    assert {"rho", "slope"} <= set(answer.json["calibration"])
    assert answer.json["converged"] is False
    assert answer.json["reasons"]
    assert "the loop has not converged" in answer.err


def test_a_loop_goes_on_with_more_generations(entrox, recipe: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    entrox("learn", recipe, "-o", run, "--quiet", "--workers", 1)
    answer = entrox("learn", recipe, "-o", run, "--resume", "--generations", 2, "--json", "--workers", 1)
    assert answer.json["generation"] == 2
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert len(record["commands"]) == 2
    connection = sqlite3.connect(run / "journal.sqlite")
    labels = connection.execute("SELECT count(*), count(DISTINCT frame) FROM labels").fetchone()
    connection.close()
    assert labels[0] == labels[1] == len(read_dataset(run / "data" / "training")) + answer.json["n_held_out"]


def test_the_screen_shows_generations_reasons_and_limits(entrox, recipe: Path, tmp_path: Path) -> None:
    answer = entrox("learn", recipe, "-o", tmp_path / "run", "--workers", 1)
    assert answer.out.startswith("Toy\n")
    assert "Not converged:" in answer.out
    assert "A student copies its teacher: agreement with it is no evidence about the material." in answer.out
    assert "--generations 2" in answer.err


def test_a_folder_in_use_is_not_overwritten(fails, recipe: Path, finished: Path) -> None:
    before = (finished / "result.json").read_bytes()
    assert "Go on with its loop by --resume" in fails("learn", recipe, "-o", finished)
    assert "was started with other settings" in fails(
        "learn", recipe, "-o", finished, "--resume", "--labels-per-generation", 9
    )
    assert (finished / "result.json").read_bytes() == before


def test_a_mistake_in_the_recipe_names_its_line(fails, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace("frames = 8", "fames = 8"), encoding="utf-8")
    message = fails("learn", recipe, "-o", tmp_path / "run")
    assert "toy.toml, line 16: unknown key 'fames'; did you mean frames?" in message
    assert not (tmp_path / "run").exists()


def test_trust_levels_of_the_command_line_must_be_in_order(fails, recipe: Path, tmp_path: Path) -> None:
    message = fails("learn", recipe, "-o", tmp_path / "run", "--sigma-low-ev-per-angstrom", 0.7)
    assert "sigma_low_ev_per_angstrom must lie below sigma_high_ev_per_angstrom" in message


def test_an_unknown_teacher_is_named(fails, recipe: Path, tmp_path: Path) -> None:
    recipe.write_text(RECIPE.replace('"toy"\n\n[student]', '"tutor"\n\n[student]'), encoding="utf-8")
    assert "a teacher is" in fails("learn", recipe, "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_interrupted_loop_says_how_to_go_on(entrox, recipe: Path, tmp_path: Path, monkeypatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("entrox.potentials.learning.learn.learn", interrupted)
    answer = entrox("learn", recipe, "-o", tmp_path / "run")
    assert answer.code == 130
    assert "--resume" in answer.err


def test_a_teacher_that_always_fails_ends_in_code_4_with_its_reasons(entrox, recipe: Path, tmp_path: Path) -> None:
    module = tmp_path / "broken_teacher.py"
    module.write_text(
        "from ase.calculators.calculator import Calculator\n"
        "class Broken(Calculator):\n"
        "    implemented_properties = ['energy', 'forces', 'stress']\n"
        "    def calculate(self, *arguments, **options):\n"
        "        raise RuntimeError('no self-consistent field today')\n"
        "def make():\n"
        "    return Broken()\n",
        encoding="utf-8",
    )
    text = RECIPE.replace('"toy"\n\n[student]', '"ase:broken_teacher:make"\nretries = 0\n\n[student]')
    recipe.write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path))
        patch.syspath_prepend(tmp_path)
        answer = entrox("learn", recipe, "-o", tmp_path / "run", "--workers", 1)
    assert answer.code == 4
    assert "none of the 10 labels of generation 0 succeeded" in answer.err
    assert "no self-consistent field today" in answer.err


def test_the_example_is_a_recipe(entrox, tmp_path: Path) -> None:
    from entrox.potentials.learning.learn_recipe import read_recipe

    answer = entrox("learn", "--example")
    assert answer.code == 0
    (tmp_path / "mini.toml").write_text(answer.out, encoding="utf-8")
    assert read_recipe(tmp_path / "mini.toml").student.models == 4


def test_without_a_recipe_the_command_says_what_to_do(entrox) -> None:
    answer = entrox("learn")
    assert answer.code == 2
    assert "entrox learn --example" in answer.err


def test_a_recipe_that_is_not_there_is_bad_input(fails, tmp_path: Path) -> None:
    assert "cannot read the recipe" in fails("learn", tmp_path / "absent.toml")
