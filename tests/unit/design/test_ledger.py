import math
from collections.abc import Callable

import pytest

from entrox.core.errors import ConvergenceError, InputError
from entrox.core.measure import LedgerRow
from entrox.design import LedgerEntry, Verdict, read_ledger, reproduce
from entrox.design import ledger as ledger_module


def row(compute: Callable[[], float] | None, *, relative: bool = True, calibration: bool = False) -> LedgerRow:
    return LedgerRow(
        "room.number",
        "room",
        "a field",
        "MV/m",
        100.0,
        0.02,
        "a source",
        compute,
        relative=relative,
        calibration=calibration,
    )


def judge(compute: Callable[[], float] | None, expected: str, **options: bool) -> Verdict:
    entry = LedgerEntry(expected=expected, reason="because")
    (verdict,) = reproduce(rows={"room.number": row(compute, **options)}, entries={"room.number": entry})
    return verdict


def raising() -> float:
    raise ConvergenceError("no answer")


@pytest.mark.parametrize(
    ("ours", "relative", "expected", "verdict", "as_expected"),
    [
        (102.0, True, "reproduced", "reproduced", True),
        (97.9, True, "reproduced", "contradicted", False),
        (97.9, True, "contradicted", "contradicted", True),
        (100.0, True, "contradicted", "reproduced", False),
        (100.01, False, "reproduced", "reproduced", True),
        (100.03, False, "reproduced", "contradicted", False),
        (101.0, True, "reproduced under a stated convention", "reproduced under a stated convention", True),
        (200.0, True, "reproduced under a stated convention", "contradicted", False),
        (200.0, True, "not decidable", "not decidable", True),
        (math.nan, True, "reproduced", "contradicted", False),
        (100.0, True, "pending", "reproduced", False),
    ],
)
def test_a_verdict_follows_from_number_and_tolerance(
    ours: float, relative: bool, expected: str, verdict: str, as_expected: bool
) -> None:
    found = judge(lambda: ours, expected, relative=relative)
    assert (found.verdict, found.as_expected) == (verdict, as_expected)
    assert found.published == 100.0
    assert found.reason == "because"


def test_a_verdict_carries_both_values_and_their_difference() -> None:
    found = judge(lambda: 101.5, "reproduced", calibration=True)
    assert (found.ours, found.difference, found.tolerance, found.calibration) == (101.5, 1.5, 0.02, True)


def test_a_computation_that_fails_is_told_and_not_expected() -> None:
    found = judge(raising, "reproduced")
    assert (found.verdict, found.as_expected, found.reason, found.ours) == ("failed", False, "no answer", None)


def test_a_number_without_function_is_pending_or_not_decidable() -> None:
    assert judge(None, "pending").as_expected
    assert judge(None, "not decidable").as_expected
    assert not judge(None, "reproduced").as_expected


def test_a_row_of_a_room_to_come_is_pending_with_its_published_number() -> None:
    (found,) = reproduce(["film.cycling_change"], rows={})
    assert (found.verdict, found.as_expected, found.published, found.unit) == ("pending", True, 2.4, "%")
    assert found.room == "film"


def test_a_row_that_a_room_no_longer_hands_up_is_noticed() -> None:
    (found,) = reproduce(["breakdown.batio3_lambda16"], rows={})
    assert not found.as_expected


def test_ids_and_rooms_choose_rows_and_unknown_ones_are_named() -> None:
    rows = {"room.number": row(lambda: 100.0)}
    entries = {"room.number": LedgerEntry(), "other.number": LedgerEntry(expected="pending", published=1.0)}
    seen: list[str] = []
    found = reproduce(room="other", rows=rows, entries=entries, on_verdict=lambda verdict: seen.append(verdict.id))
    assert [verdict.id for verdict in found] == seen == ["other.number"]
    with pytest.raises(InputError, match=r"did you mean room\.number"):
        reproduce(["room.numbr"], rows=rows, entries=entries)
    with pytest.raises(InputError, match="rows of a room 'rom'"):
        reproduce(room="rom", rows=rows, entries=entries)


def test_every_row_of_the_shipped_ledger_is_complete() -> None:
    for name, entry in read_ledger().items():
        assert name.split(".")[0] == entry.room
        assert entry.expected in ledger_module.EXPECTABLE
        if entry.expected == "pending":
            assert entry.published is not None
            assert entry.quantity
            assert entry.unit
            assert entry.source
        else:
            assert entry.reason


def test_every_row_of_the_rooms_is_known_to_the_ledger_and_as_expected_in_kind() -> None:
    rows = ledger_module._collect_rows()
    entries = read_ledger()
    assert set(rows) <= set(entries)
    built = {name.split(".")[0] for name in rows}
    missing = [
        name
        for name, entry in entries.items()
        if name.split(".")[0] in built and name not in rows and entry.published is None
    ]
    assert missing == []
