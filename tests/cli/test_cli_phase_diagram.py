from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from entrox.cli import main

EXAMPLE = Path(__file__).parents[2] / "examples" / "bcts_phase_diagram.toml"
RECIPE = """
title = "Soft modes"
seed = 3
[[line]]
formula = "BaTi(1-x)SnxO3"
x = [0, 0.25]
[box]
shapes = [[2, 2, 2]]
lattice_angstrom = 4.0
[run]
engine = "ase"
low_k = 60
high_k = 540
step_k = 120
hold_ps = 0.3
timestep_fs = 3
thermostat_ps = 0.1
frame_every = 10
[order]
min_run = 1
[potential]
factory = "soft_mode:soft_mode_calculator"
arguments = { shape = [2, 2, 2] }
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small diagram; tests only read it."""
    home = tmp_path_factory.mktemp("diagram")
    (home / "soft.toml").write_text(RECIPE, encoding="utf-8")
    code = main(["phase-diagram", str(home / "soft.toml"), "-o", str(home / "run"), "--workers", "1", "--quiet"])
    assert code == 0
    return home / "run"


def test_the_run_folder_holds_points_curves_figures_and_the_record(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    keys = {"x", "y", "kind", "direction", "t_k", "t_low_k", "t_high_k", "n_arrangements"}
    assert result["points"]
    assert all(keys <= set(point) for point in result["points"])
    assert all(point["t_low_k"] < point["t_k"] < point["t_high_k"] for point in result["points"])
    assert [run["status"] for run in result["runs"]] == ["finished"] * 4
    with (finished / "points.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(result["points"])
    for name in ("curves.nc", "bands.csv", "figures/phase_diagram.png", "figures/runs_01.svg", "figures/runs_02.svg"):
        assert (finished / name).is_file()
    record = json.loads((finished / "provenance.json").read_text(encoding="utf-8"))
    assert (record["status"], record["seed"]) == ("finished", 3)
    assert set(record["input_sha256"]) == {"soft.toml"}
    assert any("anecdote" in text for text in result["warnings"])


def test_curves_can_be_opened_with_their_units(finished: Path) -> None:
    xarray = pytest.importorskip("xarray")
    with xarray.open_dataset(finished / "curves.nc") as data:
        assert data["order_parameter"].shape == (4, 5, 3)
        assert data["temperature_k"].attrs["units"] == "K"


def test_finished_runs_are_read_when_a_diagram_is_continued(finished: Path, entrox, tmp_path: Path) -> None:
    shutil.copytree(finished.parent, tmp_path / "home")
    before = json.loads((finished / "result.json").read_text(encoding="utf-8"))
    run = next((tmp_path / "home/run/runs").glob("*/*/frames.extxyz"))
    stamp = run.stat().st_mtime_ns
    arguments = ("phase-diagram", tmp_path / "home/soft.toml", "-o", tmp_path / "home/run", "--workers", 1)
    answer = entrox(*arguments, "--resume", "--json")
    assert answer.code == 0
    assert answer.json["points"] == before["points"]
    assert run.stat().st_mtime_ns == stamp
    record = json.loads((tmp_path / "home/run/provenance.json").read_text(encoding="utf-8"))
    assert len(record["commands"]) == 2


def test_a_folder_in_use_and_another_recipe_are_refused(
    finished: Path, fails: Callable[..., str], tmp_path: Path
) -> None:
    recipe = finished.parent / "soft.toml"
    assert "not empty" in fails("phase-diagram", recipe, "-o", finished)
    other = tmp_path / "other.toml"
    other.write_text(RECIPE.replace("seed = 3", "seed = 4"), encoding="utf-8")
    assert "other settings: seed was 3 and is 4" in fails("phase-diagram", other, "-o", finished, "--resume")


def test_the_example_is_the_recipe_that_comes_with_the_sources(entrox) -> None:
    answer = entrox("phase-diagram", "--example")
    assert (answer.code, answer.out) == (0, EXAMPLE.read_text(encoding="utf-8"))


def test_mistakes_are_named_with_their_line_and_leave_no_folder(fails: Callable[..., str], tmp_path: Path) -> None:
    recipe = tmp_path / "bad.toml"
    recipe.write_text(RECIPE.replace("low_k = 60", "lowest_k = 60"), encoding="utf-8")
    message = fails("phase-diagram", recipe, "-o", tmp_path / "run")
    assert "line 12: unknown key 'lowest_k'" in message
    recipe.write_text(RECIPE.replace("x = [0, 0.25]", "x = [0, 0.3]").replace("[box]", '[box]\nrounding = "error"'))
    assert "8 sites" in fails("phase-diagram", recipe, "-o", tmp_path / "run")
    recipe.write_text(RECIPE.replace('factory = "soft_mode:soft_mode_calculator"', 'models = ["none.pb"]').replace(
        "arguments = { shape = [2, 2, 2] }", ""))  # fmt: skip
    assert "no model file" in fails("phase-diagram", recipe, "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    assert "give a recipe" in fails("phase-diagram")


def test_a_diagram_without_transitions_says_so_and_ends_with_code_4(entrox, tmp_path: Path) -> None:
    recipe = tmp_path / "cubic.toml"
    text = RECIPE.replace("x = [0, 0.25]", "x = [1]").replace("hold_ps = 0.3", "hold_ps = 0.12")
    recipe.write_text(text, encoding="utf-8")
    answer = entrox("phase-diagram", recipe, "-o", tmp_path / "run", "--workers", 1)
    assert answer.code == 4
    assert "no run shows a transition, and 0 of 2 runs failed" in answer.err
    assert "no order above" in answer.out
    assert (tmp_path / "run/result.json").is_file()
    assert not (tmp_path / "run/figures/phase_diagram.png").exists()


def test_the_table_shows_points_and_remarks(finished: Path, entrox) -> None:
    recipe = finished.parent / "soft.toml"
    answer = entrox("phase-diagram", recipe, "-o", finished, "--workers", 1, "--resume")
    assert answer.code == 0
    assert "4 of 4 runs finished." in answer.out
    assert "quote shifts" in answer.out
