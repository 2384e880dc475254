import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from entrox.core.errors import ConvergenceError, FormatError, InputError
from entrox.core.measure import LedgerRow
from entrox.core.measured_files import measured_file
from entrox.design import LedgerEntry, Verdict, read_ledger, read_ledger_record, reproduce, write_ledger_record
from entrox.design import ledger as ledger_module

ROOT = Path(__file__).parents[3]
QUICK = (
    "composition.entropy_sm_family_x020", "composition.electron_bi_050", "breakdown.mcpherson_25",
    "breakdown.law_map_wb2",
    "atomprobe.count_25_mean", "atomprobe.tangent_30_32_log", "mechanics.hinged_20um", "mechanics.plates_arc_number",
    "film.bruggeman", "film.modulus_bias_20", "order.chance_cone_r", "order.stretch_shear", "potentials.ti_o_srtio3_c",
    "microscopy.mask_10_6", "microscopy.size_at_half", "scattering.weight_ti_o", "scattering.valence_ti_refit",
    "thermo.barrier_2e9", "structure.bismuth_titanate_density", "dynamics.order_117",
)  # fmt: skip


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
    entry = LedgerEntry(
        expected="pending", room="cellar", quantity="depth", unit="%", published=2.4, source="a source"
    )  # fmt: skip
    (found,) = reproduce(["cellar.depth"], rows={}, entries={"cellar.depth": entry})
    assert (found.verdict, found.as_expected, found.published, found.unit) == ("pending", True, 2.4, "%")
    assert found.room == "cellar"


def test_no_number_of_a_built_room_is_pending() -> None:
    assert [name for name, entry in read_ledger().items() if entry.expected == "pending"] == []


@pytest.mark.parametrize(
    ("needs", "reason"),
    [({"files": ("no/such.csv",)}, "needs no/such.csv below"), ({"packages": ("no_such_package",)}, "no_such_package"),
     ({"slow": True}, "takes minutes")],
)  # fmt: skip
def test_what_needs_something_that_is_not_here_is_not_recomputed_and_says_so(
    needs: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENTROX_DATA", raising=False)
    rows = {"room.number": replace(row(lambda: 1e9), **needs)}
    (found,) = reproduce(rows=rows, entries={"room.number": LedgerEntry(reason="because")})
    assert (found.verdict, found.as_expected, found.ours) == ("not recomputed here", True, None)
    assert reason in found.reason


def test_a_file_in_the_named_folder_is_enough_and_a_slow_row_is_run_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here.csv").write_text("100")
    monkeypatch.setenv("ENTROX_DATA", str(tmp_path))
    there = replace(row(lambda: float(measured_file("here.csv").read_text())), files=("here.csv",), slow=True)
    entries = {"room.number": LedgerEntry(reason="because")}
    for choice in ({"ids": ["room.number"]}, {"slow": True}):
        (found,) = reproduce(rows={"room.number": there}, entries=entries, **choice)
        assert (found.verdict, found.ours) == ("reproduced", 100.0)
    with pytest.raises(InputError, match="set ENTROX_DATA"):
        measured_file("gone.csv")


def test_recorded_values_are_judged_and_nothing_is_computed(tmp_path: Path) -> None:
    rows = {"room.number": row(raising), "room.other": replace(row(raising), id="room.other")}
    entries = {name: LedgerEntry(reason="because") for name in rows}
    verdicts = reproduce(rows=rows, entries=entries, recorded={"room.number": 101.0})
    assert [verdict.verdict for verdict in verdicts] == ["reproduced", "not recomputed here"]
    record = tmp_path / "record.csv"
    record.write_text("id,ours\nroom.other,7\nroom.gone,8\n")
    assert write_ledger_record(record, verdicts, rows) == 2
    assert read_ledger_record(record) == {"room.number": 101.0, "room.other": 7.0}
    record.write_text("id,ours\nroom.other\n")
    with pytest.raises(FormatError, match="line 2"):
        read_ledger_record(record)


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


def test_a_number_without_function_is_said_to_be_undecidable_and_others_have_one() -> None:
    entries = read_ledger()
    for name, found in ledger_module._collect_rows().items():
        assert found.tolerance > 0, name
        if found.compute is None:
            assert entries[name].expected == "not decidable", name


def test_the_first_key_that_fits_an_id_holds_for_it() -> None:
    entries = read_ledger()
    assert entries["atomprobe.count_10_mean"].reason == entries["atomprobe.count_87_mean"].reason
    assert entries["atomprobe.alumina_alo2"].expected == "reproduced"
    assert entries["atomprobe.alumina_stoichiometry"].expected == "contradicted"
    assert entries["atomprobe.tip_random_excess_1"].reason != entries["atomprobe.tip_short_excess_1"].reason


def test_the_record_of_the_page_holds_every_number_and_quick_ones_come_out_again() -> None:
    record = read_ledger_record(ROOT / "docs" / "ledger.csv")
    rows = ledger_module._collect_rows()
    assert set(record) == {name for name, found in rows.items() if found.compute is not None}
    verdicts = reproduce(recorded=record)
    assert [v.id for v in verdicts if not v.as_expected or v.verdict == "not recomputed here"] == []
    for found in reproduce(QUICK):
        assert found.ours == pytest.approx(record[found.id], rel=1e-6), found.id
