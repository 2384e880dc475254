from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from entrox.cli.progress import progress_shown
from entrox.core.errors import EngineError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.result import Quantity
from entrox.design import collect_measures, example_study, parse_study

RUN_FILES = {
    "result.json",
    "points.csv",
    "maps.nc",
    "figures",
    "report.html",
    "provenance.json",
    "run.sqlite",
}


@pytest.fixture
def without_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the figures and the report out where a test is about something else: they take seconds."""
    monkeypatch.setattr("entrox.cli.study._write_report", lambda result: None)


def test_the_example_is_a_study_file(entrox: Callable) -> None:
    answer = entrox("study", "--example")
    assert (answer.code, answer.out) == (0, example_study())
    assert len(parse_study(answer.out).families) == 5


def test_a_run_folder_holds_everything_of_the_study(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == RUN_FILES
    record = json.loads((finished / "provenance.json").read_text())
    assert (record["status"], record["seed"]) == ("finished", 1)
    assert record["command"][:2] == ["entrox", "study"]
    assert list(record["input_sha256"]) == ["small.toml"]
    points = pd.read_csv(finished / "points.csv")
    assert len(points) == 4
    assert points["breakdown_field_mv_per_m"].notna().all()


@pytest.mark.usefixtures("without_report")
def test_a_study_says_how_far_it_is_and_ends_with_the_best_point_and_the_folder(
    entrox: Callable, study_file: Path, tmp_path: Path
) -> None:
    answer = entrox("study", study_file, "--out", tmp_path / "run", "--workers", 1)
    assert answer.code == 0
    assert "8 of 8 evaluations" in answer.err
    assert "Small study" in answer.out
    assert "Best x" in answer.out
    assert str(tmp_path / "run") in answer.out.splitlines()[-1]


@pytest.mark.usefixtures("without_report")
def test_quiet_prints_nothing_and_json_prints_json_alone(entrox: Callable, study_file: Path, tmp_path: Path) -> None:
    quiet = entrox("study", study_file, "-o", tmp_path / "quiet", "--workers", 1, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    answer = entrox("study", study_file, "-o", tmp_path / "json", "--workers", 1, "--json")
    assert answer.json["n_points"] == 4
    assert answer.json["run"] == str(tmp_path / "json")
    assert answer.json["best"][0]["family"] == "Sr"


@pytest.mark.usefixtures("without_report")
def test_the_run_folder_is_named_after_the_study_file(
    entrox: Callable, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert entrox("study", study_file, "--workers", 1, "--quiet").code == 0
    assert (tmp_path / "runs" / "small" / "points.csv").is_file()


def test_show_repeats_the_summary_of_a_study(entrox: Callable, finished: Path) -> None:
    answer = entrox("show", finished)
    assert answer.code == 0
    assert "4 points in 1 family" in answer.out
    assert "Not told apart" in answer.out
    assert answer.out.splitlines()[-1] == f"Report: {finished / 'report.html'}"
    summary = entrox("show", finished, "--json").json
    assert summary["report"] == str(finished / "report.html")
    field = pd.read_csv(finished / "points.csv")["breakdown_field_mv_per_m"]
    assert summary["best"][0]["value"] == pytest.approx(field.max(), rel=1e-12)


def test_a_narrow_terminal_loses_columns_and_no_family(
    entrox: Callable, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = entrox("show", finished).out
    assert "Composition" not in out
    assert "Breakdown field" in out
    assert max(len(line) for line in out.splitlines() if not line.startswith("Report")) <= 80


def test_show_opens_the_report_in_the_browser(
    entrox: Callable, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda url: not opened.append(url))
    assert entrox("show", finished, "--open").code == 0
    assert opened == [(finished / "report.html").as_uri()]
    monkeypatch.setattr("webbrowser.open", lambda url: False)
    assert "report.html" in entrox("show", finished, "--open").err


def test_show_knows_a_run_of_breakdown(entrox: Callable, fails: Callable, tmp_path: Path) -> None:
    run = tmp_path / "run"
    told = entrox("breakdown", "BaTiO3", "--seeds", 5, "--cells", 5, "-o", run)
    assert entrox("show", run).out.strip() in told.out
    assert entrox("show", run, "--json").json == json.loads((run / "result.json").read_text())


def test_show_says_what_a_folder_is_instead_of_a_finished_run(fails: Callable, tmp_path: Path) -> None:
    assert "no run folder" in fails("show", tmp_path / "absent")
    assert "holds no result.json" in fails("show", tmp_path)
    (tmp_path / "provenance.json").write_text('{"program": "entrox", "status": "interrupted"}')
    assert "--resume" in fails("show", tmp_path)
    (tmp_path / "provenance.json").write_text('{"program": "entrox", "status": "finished"}')
    (tmp_path / "result.json").write_text("{")
    assert "not valid JSON" in fails("show", tmp_path)
    (tmp_path / "result.json").write_text("[]")
    assert "an object was expected" in fails("show", tmp_path)
    (tmp_path / "result.json").write_text("{}")
    assert "not the result of a study" in fails("show", tmp_path)


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[family]]", "[[famly]]", ("line 5", "'famly'", "did you mean family?")),
        ("host =", "hst =", ("line 8", "'hst'", "did you mean host?")),
        ("steps = 4", "step = 4", ("line 9", "'step'", "steps")),
        ("breakdown =", "brakdown =", ("line 12", "'brakdown'", "did you mean breakdown?")),
        ("seeds = 5", "seds = 5", ("line 12", "'seds'", "did you mean seeds?")),
        ("seeds = 5", "seeds = 0", ("line 12", "seeds", "greater than or equal to 1")),
        ("mean_free_path_angstrom = 16", "mean_free_path_angstrom = -1", ("line 12", "greater than 0")),
        ("Ba(1-x)", "Ba(1-x", ("line 7", "^", "close the bracket")),
        ("Ba(1-x)", "Xx(1-x)", ("line 7", "'Xx'")),
        ("stop = 1,", "stop = 1.5,", ("line 7", "x must be in [0, 1]")),
        ("TiO3", "Ti0.98O3", ("line 7", "sum 0.98", "Va")),
        ("title =", "title", ("line 3", "not a valid TOML file")),
        ("steps = 4", "steps = 0", ("line 9", "greater than or equal to 1")),
    ],
)
def test_a_mistake_in_the_study_file_is_named_with_its_line(
    fails: Callable, study_file: Path, tmp_path: Path, old: str, new: str, words: tuple[str, ...]
) -> None:
    message = fails("study", change(study_file, old, new), "-o", tmp_path / "run")
    assert all(word in message for word in words), message
    assert str(study_file) in message
    assert not (tmp_path / "run").exists(), "nothing is written for a study that cannot run"


def test_a_missing_study_file_is_named(fails: Callable, tmp_path: Path) -> None:
    assert "cannot read the study file" in fails("study", tmp_path / "absent.toml")
    assert "--example" in fails("study")


def test_an_existing_run_folder_is_refused_and_not_touched(fails: Callable, study_file: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "notes.txt").write_text("mine")
    message = fails("study", study_file, "-o", run)
    assert "--resume" in message
    assert "--overwrite" in message
    assert [path.name for path in run.iterdir()] == ["notes.txt"]
    assert "is not a run folder of entrox" in fails("study", study_file, "-o", run, "--resume")
    assert "exclude each other" in fails("study", study_file, "-o", run, "--resume", "--overwrite")


@pytest.mark.usefixtures("without_report")
def test_resume_refuses_a_changed_study_and_overwrite_replaces_it(
    entrox: Callable, fails: Callable, study_file: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    entrox("study", study_file, "-o", run, "--workers", 1)
    change(study_file, "steps = 4", "steps = 3")
    assert "other settings" in fails("study", study_file, "-o", run, "--resume")
    assert entrox("study", study_file, "-o", run, "--overwrite", "--workers", 1).code == 0
    assert len(pd.read_csv(run / "points.csv")) == 3


@pytest.mark.usefixtures("without_report")
def test_a_damaged_store_is_refused_and_not_touched(
    entrox: Callable, fails: Callable, study_file: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    entrox("study", study_file, "-o", run, "--workers", 1)
    (run / "run.sqlite").write_bytes(b"not a database" * 100)
    assert "run.sqlite" in fails("study", study_file, "-o", run, "--resume", "--quiet")
    assert (run / "run.sqlite").read_bytes() == b"not a database" * 100


def absent_measure() -> dict[str, Measure]:
    """Return the known measures and one whose package is not installed."""
    measure = Measure(
        name="nucleation",
        description="needs a package that is not there",
        quantities=(Quantity("barrier_ev", "eV", "barrier"),),
        settings=MeasureSettings,
        evaluate=lambda composition, settings, rng: {},
        required_package="a_package_that_is_not_there",
        extra="potentials",
    )
    return {**collect_measures(), "nucleation": measure}


def test_a_measure_without_its_extra_stops_before_computing(
    entrox: Callable, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrox.design.run.collect_measures", absent_measure)
    change(study_file, "[measures]", "[measures]\nnucleation = {}")
    answer = entrox("study", study_file, "-o", tmp_path / "run")
    assert answer.code == 3
    assert "pip install 'entrox[potentials]'" in answer.err
    assert not (tmp_path / "run").exists()


@pytest.mark.usefixtures("without_report")
def test_a_full_disk_keeps_finished_rows_and_resume_continues(
    entrox: Callable, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(dataset: Any, path: Path) -> None:
        raise OSError(28, "No space left on device")

    arguments = ("study", study_file, "-o", tmp_path / "run", "--workers", 1)
    with monkeypatch.context() as patched:
        patched.setattr("entrox.design.run.write_maps", full)
        answer = entrox(*arguments)
    assert answer.code == 4
    assert "disk is full" in answer.err
    assert "--resume" in answer.err
    with sqlite3.connect(tmp_path / "run" / "run.sqlite") as store:
        assert store.execute("SELECT COUNT(*) FROM entrox_rows").fetchone() == (8,)
    store.close()
    resumed = entrox(*arguments, "--resume")
    assert resumed.code == 0
    assert "8 from the earlier run" in resumed.err


def test_an_interrupt_says_how_to_continue_and_ends_with_code_130(
    entrox: Callable, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any, **settings: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("entrox.design.run.run_study", interrupted)
    monkeypatch.setattr("entrox.design.run_study", interrupted, raising=False)
    answer = entrox("study", study_file, "-o", tmp_path / "my run", "--overwrite")
    assert answer.code == 130
    assert "Finished points are kept" in answer.err
    assert answer.err.splitlines()[-1].strip() == f"entrox study {study_file} -o '{tmp_path / 'my run'}' --resume"


def test_a_scheduler_that_does_not_answer_ends_with_code_4(
    entrox: Callable, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def silent(*arguments: Any, **settings: Any) -> Iterator[None]:
        raise EngineError("no Dask scheduler answers at tcp://absent:1")
        yield

    monkeypatch.setattr("entrox.design.execution.open_executor", silent)
    answer = entrox("study", study_file, "-o", tmp_path / "run", "--scheduler", "tcp://absent:1")
    assert answer.code == 4
    assert "no Dask scheduler answers" in answer.err


@pytest.mark.usefixtures("without_report")
def test_a_study_without_any_answer_is_written_and_ends_with_code_4(
    entrox: Callable, study_file: Path, tmp_path: Path
) -> None:
    change(study_file, "seeds = 5", "maximum_field_mv_per_m = 50, seeds = 5")
    answer = entrox("study", study_file, "-o", tmp_path / "run", "--workers", 1)
    assert answer.code == 4
    assert "no point has a breakdown field" in answer.err
    assert np.isnan(pd.read_csv(tmp_path / "run" / "points.csv")["breakdown_field_mv_per_m"]).all()


def test_progress_in_a_pipe_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_shown(quiet=False) as show:
        assert show is not None
        for done in range(101):
            left = (100 - done) / 5.0
            show(SimpleNamespace(done=done, total=100, restored=0, rate=5.0, remaining_s=left, remark=""))  # type: ignore[arg-type]
    lines = capsys.readouterr().err.splitlines()
    assert lines == [
        "0 of 100 evaluations, 5/s, 20 s left",
        "1 of 100 evaluations, 5/s, 20 s left",  # the first estimate is shown at once
        "100 of 100 evaluations, 5/s",
    ]
