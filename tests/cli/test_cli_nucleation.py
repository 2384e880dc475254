"""``entrox nucleation``: what it answers, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

TABLE = (
    "label,s_config_r,df_j_per_m3,df_error_j_per_m3\na,0.0,1e8,1e8\nb,0.9,-1e9,1e8\nc,1.4,-1.6e9,1e8\nd,1.6,-2e9,1e8\n"
)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "barriers.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_one_driving_force_has_the_keys_of_the_answer_and_its_numbers(entrox: Any) -> None:
    answer = entrox("nucleation", "--df-j-per-m3", "-1e9", "--temperature-k", 300, "--json")
    assert answer.code == 0
    found = answer.json
    keys = {"direction", "df_j_per_m3", "critical_radius_nm", "barrier_ev", "barrier_kt", "p_no_barrier", "verdict"}
    assert keys <= set(found)
    assert found["critical_radius_nm"] == pytest.approx(2.0)
    assert found["barrier_ev"] == pytest.approx(104.577, rel=1e-4)
    assert found["barrier_kt"] == pytest.approx(4045, rel=1e-3)
    assert set(found["log10_rate"]) == {"value", "p05", "p95"}
    assert found["gamma_assumed"] is True
    assert "assumed" in found["warnings"][0]


def test_no_barrier_is_an_answer(entrox: Any) -> None:
    answer = entrox("nucleation", "--df-j-per-m3", "1e9", "--temperature-k", 300, "--json")
    assert (answer.code, answer.json["barrier_ev"], answer.json["critical_radius_nm"]) == (0, None, None)
    assert answer.json["verdict"] == "no barrier: W rises without bound"
    turned = entrox("nucleation", "--df-j-per-m3", "1e9", "--temperature-k", 300, "--direction", "crystal-in-amorphous")
    assert turned.code == 0
    assert "crystal-in-amorphous: barrier of 4045 kT" in turned.out


def test_the_same_seed_gives_the_same_draws(entrox: Any) -> None:
    line = ("nucleation", "--df-j-per-m3", "-1e9", "--df-error-j-per-m3", "6e8", "--temperature-k", 300, "--json")
    first, again, other = (entrox(*line, "--seed", seed).json for seed in (1, 1, 2))
    assert first == again
    assert first["p_no_barrier"] > 0.0
    assert first["log10_rate"] != other["log10_rate"]


def test_a_run_folder_holds_tables_figure_and_record_and_is_not_replaced_unasked(
    entrox: Any, fails: Any, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    line = ("nucleation", "--df-j-per-m3", "-1e9", "--temperature-k", 300, "--diffusivity-m2-per-s", "1e-20",
            "--site-density-per-m3", "4e27", "-o", run)  # fmt: skip
    assert entrox(*line).code == 0
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "work.csv", "provenance.json", "figures/work.png", "figures/work.svg"}
    with (run / "work.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    highest = max(rows, key=lambda row: float(row["work_ev"]))
    assert float(highest["radius_nm"]) == pytest.approx(2.0)
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert (record["status"], record["seed"], record["settings"]["temperature_k"]) == ("finished", 1, 300.0)
    assert json.loads((run / "result.json").read_text(encoding="utf-8"))["log10_nuclei_per_m3_s"] < -1000
    assert "--overwrite" in fails(*line)
    assert entrox(*line, "--overwrite", "--quiet").out == ""


def test_a_table_gives_barriers_laws_and_what_they_leave_open(entrox: Any, table: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("nucleation", "--table", table, "--temperature-k", 300, "--entropy-per", "A-site", "--predict-at-r",
                    "1.2,1.7", "-o", run, "--json")  # fmt: skip
    assert answer.code == 0
    assert [point["barrier_ev"] is None for point in answer.json["points"]] == [True, False, False, False]
    power = next(fit for fit in answer.json["fits"] if (fit["law"], fit["least_squares_in"]) == ("power", "y"))
    assert (power["n_points"], power["degrees_of_freedom"]) == (3, 1)
    assert power["parameters"]["b"]["low"] < power["parameters"]["b"]["value"] < 0.0
    assert answer.json["prediction"]["extrapolated"] == [False, True]
    assert answer.json["law_verdict"].startswith("not distinguishable")
    names = {path.name for path in run.rglob("*") if path.is_file()}
    assert {"barriers.csv", "laws.csv", "barriers.png", "result.json", "provenance.json"} <= names
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert list(record["input_sha256"]) == ["barriers.csv"]
    printed = entrox("nucleation", "--table", table, "--temperature-k", 300)
    assert "Entropy [R]" in printed.out
    assert "normalization of the entropy is not stated" in printed.out


def test_a_fit_without_a_spare_point_is_not_extrapolated(entrox: Any, fails: Any, tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text("s_config,df,error\n0.9,-1e9,1e8\n1.4,-1.6e9,1e8\n", encoding="utf-8")
    line = ("nucleation", "--table", path, "--temperature-k", 300)
    assert "no spare point" in fails(*line, "--predict-at-r", "1.6")
    assert entrox(*line, "--predict-at-r", "1.1", "--json").json["fits"][0]["has_spare_point"] is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--df-j-per-m3", "-1e9"), "--temperature-k is missing"),
        (("--temperature-k", 300), "give one of --df-j-per-m3"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", -3), "must be finite and > 0 K"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", 300, "--gamma-j-per-m2", 0), "--gamma-j-per-m2"),
        (("--df-j-per-m3", "nan", "--temperature-k", 300), "--df-j-per-m3 must be a finite number; got nan"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", 300, "--direction", "up"), "--direction must be one of"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", 300, "--contact-angle-deg", 0), "--contact-angle-deg"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", 300, "--fit", "linear"), "are for --table"),
        (("--df-j-per-m3", "-1e9", "--temperature-k", 300, "--site-density-per-m3", "4e27"), "go together"),
        (("--table", "no.csv", "--temperature-k", 300), "cannot read the table"),
        (("--table", "no.csv", "--temperature-k", 300, "--predict-at-r", "a"), "takes numbers"),
    ],
)
def test_bad_input_exits_with_2_and_says_what_is_allowed(fails: Any, options: tuple[Any, ...], message: str) -> None:
    assert message in fails("nucleation", *options)


def test_a_law_beyond_its_points_is_said_to_be_an_assumption_and_a_negative_barrier_to_be_none(
    entrox: Any, table: Path
) -> None:
    line = ("nucleation", "--table", table, "--temperature-k", 300, "--fit", "linear", "--predict-at-r")
    answer = entrox(*line, "3", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["prediction"]["barrier_ev"][0] < 0.0
    words = " ".join(answer.json["warnings"])
    assert "extrapolated to 3 R" in words
    assert "no positive barrier at 3 R" in words
    assert not any("extrapolated" in text for text in entrox(*line, "1.2", "--json").json["warnings"])
