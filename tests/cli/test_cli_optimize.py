from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from entrox.cli import main
from entrox.design.search import example_search, parse_search

TEXT = """
[search]
title = "Small search"
rerun = 10
control = 4
draws = 60

[space]
host = "BaTiO3"
denominator = 4
[space.dopants]
A = ["Sr", "Na", "Sm"]
B = ["Zr"]

[[objective]]
quantity = "breakdown_field_mv_per_m"

[[objective]]
quantity = "lattice_distortion"
direction = "minimize"

[measures]
breakdown = { seeds = 4, cells = 4, mean_free_path_angstrom = 16 }

[[compare]]
name = "half strontium"
formula = "Ba0.5Sr0.5TiO3"
"""
RUN_FILES = {
    "candidates.csv",
    "figures",
    "front.csv",
    "provenance.json",
    "published.csv",
    "report.html",
    "result.json",
    "run.sqlite",
    "screened_front.csv",
    "screened_sample.csv",
}


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a finished search; tests only read it."""
    folder = tmp_path_factory.mktemp("optimize")
    (folder / "small.toml").write_text(TEXT, encoding="utf-8")
    command = ["optimize", str(folder / "small.toml"), "-o", str(folder / "run"), "--workers", "1", "--quiet"]
    assert main(command) == 0
    return folder / "run"


@pytest.fixture
def search_file(tmp_path: Path) -> Path:
    path = tmp_path / "small.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.cli.optimize._write_report", lambda result: None)


def test_the_example_of_a_search_is_a_search_file(entrox: Callable) -> None:
    answer = entrox("optimize", "--example")
    assert (answer.code, answer.out) == (0, example_search())
    assert parse_search(answer.out).search.rerun == 200
    examples = Path(__file__).parents[2] / "examples"
    assert (examples / "optimize_batio3.toml").read_text(encoding="utf-8") == answer.out


def test_a_run_folder_holds_everything_of_the_search(done: Path) -> None:
    assert {path.name for path in done.iterdir()} == RUN_FILES
    assert {path.name for path in (done / "figures").iterdir()} == {
        f"{name}.{ending}" for name in ("pareto", "ranking", "ranks") for ending in ("png", "svg")
    }
    record = json.loads((done / "provenance.json").read_text())
    assert (record["status"], record["seed"]) == ("finished", 1)
    assert list(record["input_sha256"]) == ["small.toml"]
    page = (done / "report.html").read_text(encoding="utf-8")
    assert "How much of the ranking survives" in page
    assert "half strontium" in page
    assert page.count("<figure") == 3


def test_show_prints_a_search_as_the_command_itself_did(entrox: Callable, done: Path) -> None:
    answer = entrox("show", done)
    assert answer.code == 0
    for words in ("45 charge-balanced candidates", "Pareto set of the second run", "half strontium", "Spearman"):
        assert words in answer.out
    summary = entrox("show", done, "--json").json
    assert summary["counts"]["balanced"] == 45
    assert len(summary["best"]) == 10
    assert summary["best"][0]["rank"] == 1
    assert summary["report"] == str(done / "report.html")


@pytest.mark.usefixtures("without_report")
def test_a_resumed_search_gives_the_same_result_and_prints_one_document(
    entrox: Callable, search_file: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    first = entrox("optimize", search_file, "-o", run, "--workers", 1, "--json", "--quiet")
    again = entrox("optimize", search_file, "-o", run, "--workers", 1, "--json", "--quiet", "--resume")
    assert (first.code, again.code) == (0, 0)
    assert first.json == again.json
    assert len(json.loads((run / "provenance.json").read_text())["commands"]) == 2


@pytest.mark.usefixtures("without_report")
def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(
    entrox: Callable, search_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("entrox.design.search.run.summarize", interrupted)
    answer = entrox("optimize", search_file, "-o", tmp_path / "run", "--workers", 1, "--quiet")
    assert (answer.code, answer.out) == (130, "")
    assert answer.err.splitlines()[-1].strip().endswith("--resume")
    assert json.loads((tmp_path / "run" / "provenance.json").read_text())["status"] == "interrupted"
    assert "not finished" in entrox("show", tmp_path / "run").err


def test_bad_input_is_refused_before_anything_is_computed(
    fails: Callable, search_file: Path, tmp_path: Path, done: Path
) -> None:
    assert "exists and is not empty" in fails("optimize", search_file, "-o", done)
    assert "exclude each other" in fails("optimize", search_file, "-o", done, "--resume", "--overwrite")
    assert "other settings" in fails("optimize", search_file, "-o", done, "--resume", "--seed", 5)
    assert "must be an address" in fails("optimize", search_file, "-o", tmp_path / "a", "--scheduler", "nowhere")
    assert "give a search file" in fails("optimize")
    search_file.write_text(TEXT.replace("rerun", "rerum"))
    assert "line 4: unknown key 'rerum'; did you mean rerun" in fails("optimize", search_file, "-o", tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_without_pymoo_a_genetic_search_names_the_extra(
    entrox: Callable, search_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_file.write_text(TEXT.replace("rerun = 10", 'rerun = 10\nmethod = "nsga2"'))
    monkeypatch.setattr("entrox.design.search.evolution.importlib.util.find_spec", lambda name: None)
    answer = entrox("optimize", search_file, "-o", tmp_path / "run")
    assert answer.code == 3
    assert "entrox[search]" in answer.err
