from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from entrox.core.measure import LedgerRow
from entrox.design import ledger

ROW = LedgerRow(
    id="breakdown.fitted",
    room="breakdown",
    quantity="a number that was fitted",
    unit="MV/m",
    published=576.0,
    tolerance=0.02,
    source="a test",
    compute=lambda: 580.0,
    calibration=True,
)
ROWS = {
    "breakdown.fitted": ROW,
    "breakdown.predicted": replace(ROW, id="breakdown.predicted", calibration=False, quantity="a predicted number"),
    "composition.entropy": replace(ROW, id="composition.entropy", room="composition", published=1.5, unit="R",
                                   tolerance=0.005, relative=False, compute=lambda: 1.498, calibration=False),
}  # fmt: skip
ENTRIES = {
    "breakdown.fitted": ledger.LedgerEntry(expected="reproduced", reason="fits the model"),
    "breakdown.predicted": ledger.LedgerEntry(expected="reproduced", reason="follows from the model"),
    "composition.entropy": ledger.LedgerEntry(expected="reproduced", reason="per formula unit"),
    "film.later": ledger.LedgerEntry(expected="pending", quantity="a later number", unit="nm", published=3.0),
}


@pytest.fixture
def small_ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, LedgerRow]]:
    """Put a ledger of four rows in place of that of the rooms."""
    rows = dict(ROWS)
    monkeypatch.setattr(ledger, "_collect_rows", lambda: rows)
    monkeypatch.setattr(ledger, "read_ledger", lambda: ENTRIES)
    yield rows


@pytest.mark.usefixtures("small_ledger")
def test_fitted_numbers_stand_apart_from_predictions(entrox: Callable) -> None:
    answer = entrox("reproduce")
    assert answer.code == 0
    predictions, fitted = answer.out.split("Used to fit the model: agreement is no prediction")
    assert "breakdown.predicted" in predictions
    assert "breakdown.fitted" not in predictions
    assert "breakdown.fitted" in fitted
    assert "No number of ours" in fitted
    assert answer.out.splitlines()[-1] == "3 reproduced, 1 pending"


@pytest.mark.usefixtures("small_ledger")
def test_a_row_shows_both_numbers_difference_tolerance_and_reason(entrox: Callable) -> None:
    out = entrox("reproduce", "composition.entropy").out
    line = next(line for line in out.splitlines() if line.startswith("composition.entropy"))
    words = line.split()
    assert words[:7] == ["composition.entropy", "1.5", "1.498", "-0.002", "0.005", "R", "reproduced"]
    assert line.endswith("per formula unit")
    assert "breakdown" not in out


@pytest.mark.usefixtures("small_ledger")
def test_a_room_can_be_chosen(entrox: Callable) -> None:
    ids = [item["id"] for item in entrox("reproduce", "--room", "breakdown", "--json").json]
    assert ids == ["breakdown.fitted", "breakdown.predicted"]


def test_a_row_that_leaves_its_verdict_ends_with_code_1(entrox: Callable, small_ledger: dict[str, LedgerRow]) -> None:
    small_ledger["breakdown.predicted"] = replace(ROW, id="breakdown.predicted", compute=lambda: 700.0)
    answer = entrox("reproduce")
    assert answer.code == 1
    assert "contradicted (expected: reproduced)" in answer.out
    assert "breakdown.predicted: contradicted, expected: reproduced" in answer.err


def test_a_computation_that_gives_no_number_leaves_its_verdict(
    entrox: Callable, small_ledger: dict[str, LedgerRow]
) -> None:
    small_ledger["breakdown.predicted"] = replace(ROW, id="breakdown.predicted", compute=lambda: math.nan)
    answer = entrox("reproduce", "--json")
    assert answer.code == 1
    moved = [item for item in answer.json if not item["as_expected"]]
    assert [(item["id"], item["ours"]) for item in moved] == [("breakdown.predicted", None)]


@pytest.mark.usefixtures("small_ledger")
def test_the_list_computes_nothing(entrox: Callable, small_ledger: dict[str, LedgerRow]) -> None:
    def never() -> float:
        raise AssertionError("computed")

    small_ledger["breakdown.predicted"] = replace(ROW, id="breakdown.predicted", compute=never)
    answer = entrox("reproduce", "--list")
    assert answer.code == 0
    assert [line.split()[0] for line in answer.out.splitlines()[2:]] == list(ENTRIES)
    listed = entrox("reproduce", "--list", "--room", "film", "--json").json
    assert listed == [{"id": "film.later", "expected": "pending", "reason": ""}]


@pytest.mark.usefixtures("small_ledger")
@pytest.mark.parametrize("more", [(), ("--list",)])
def test_an_unknown_row_or_room_names_the_nearest(fails: Callable, more: tuple[str, ...]) -> None:
    assert "breakdown.fitted" in fails("reproduce", "breakdown.fited", *more)
    assert "did you mean breakdown?" in fails("reproduce", "--room", "brakdown", *more)


@pytest.mark.usefixtures("small_ledger")
def test_a_narrow_terminal_keeps_numbers_and_verdicts(entrox: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    out = entrox("reproduce").out
    assert "follows from the model" not in out
    assert max(map(len, out.splitlines())) <= 90
    assert "-0.002" in out


def test_the_entropies_of_the_literature_are_reproduced(entrox: Callable) -> None:
    answer = entrox("reproduce", "--room", "composition", "--json")
    assert answer.code == 0
    assert len(answer.json) >= 9
    assert all(item["verdict"].startswith("reproduced") for item in answer.json)


@pytest.mark.usefixtures("small_ledger")
def test_a_record_keeps_what_was_not_recomputed(entrox: Callable, tmp_path: Path) -> None:
    record = tmp_path / "ledger.csv"
    assert entrox("reproduce", "--record", record).code == 0
    first = record.read_text().splitlines()
    assert first == ["id,ours", "breakdown.fitted,580", "breakdown.predicted,580", "composition.entropy,1.498"]
    record.write_text("id,ours\nbreakdown.fitted,1\ncomposition.entropy,2\n")
    answer = entrox("reproduce", "breakdown.fitted", "--record", record)
    assert "holds 2 values" in answer.err
    assert record.read_text() == "id,ours\nbreakdown.fitted,580\ncomposition.entropy,2\n"


@pytest.mark.usefixtures("small_ledger")
def test_a_record_that_is_none_is_refused_before_anything_is_computed(fails: Callable, tmp_path: Path) -> None:
    other = tmp_path / "notes.csv"
    other.write_text("a,b,c\n")
    assert "line 1" in fails("reproduce", "--record", other)
    assert other.read_text() == "a,b,c\n"
    assert "there is no folder" in fails("reproduce", "--record", tmp_path / "no" / "ledger.csv")


def test_rows_that_need_something_are_listed_and_are_no_failure(
    entrox: Callable, small_ledger: dict[str, LedgerRow]
) -> None:
    small_ledger["breakdown.predicted"] = replace(ROW, id="breakdown.predicted", slow=True)
    answer = entrox("reproduce")
    assert answer.code == 0
    assert answer.out.splitlines()[-1] == "2 reproduced, 1 not recomputed here, 1 pending"
    assert "not here" in answer.out
    assert "3 reproduced" in entrox("reproduce", "--slow").out.splitlines()[-1]
    assert entrox("reproduce", "breakdown.predicted", "--json").json[0]["verdict"] == "reproduced"
