"""``entrox film loop``: energies with their keys, series, leakage on request, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

LINEAR = 35.0 * 8.8541878188e-12


def write(path: Path, header: str, *columns: Any) -> Path:
    rows = "\n".join(";".join(str(value).replace(".", ",") for value in row) for row in zip(*columns, strict=True))
    path.write_text(f"\ufeff{header}\n{rows}\n", encoding="utf-8")
    return path


def test_a_linear_loop_with_decimal_commas_and_a_byte_order_mark(entrox: Any, tmp_path: Path) -> None:
    field = 1e8 * (1.0 - np.abs(np.linspace(-1.0, 1.0, 101)))
    path = write(tmp_path / "pe.csv", "field [kV/cm];polarization [uC/cm2]", field / 1e5, 100.0 * LINEAR * field)
    run = tmp_path / "run"
    answer = entrox("film", "loop", path, "-o", run, "--json")
    assert answer.code == 0
    keys = {"recoverable_j_per_cm3", "total_j_per_cm3", "efficiency", "p_max_c_per_m2", "p_r_c_per_m2",
            "closure_gap_c_per_m2"}  # fmt: skip
    assert keys <= set(answer.json)
    assert answer.json["recoverable_j_per_cm3"] == pytest.approx(1.54948, rel=1e-4)
    assert answer.json["efficiency"] == pytest.approx(1.0)
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "loops.csv", "points.csv", "figures/loops.png",
                     "figures/loops.svg"}  # fmt: skip


def test_loops_of_several_cycles_are_told_apart_and_leakage_goes_on_request(
    entrox: Any, fails: Any, tmp_path: Path
) -> None:
    time = np.linspace(0.0, 0.1, 201)
    field = 1e8 * np.sin(20.0 * np.pi * time)
    leak = 3e-8 * 1e8 * (1.0 - np.cos(20.0 * np.pi * time)) / (20.0 * np.pi)
    both = np.concatenate([LINEAR * field, LINEAR * field + leak])
    path = write(tmp_path / "pe.csv", "cycle;voltage [V];polarization [C/m2]", np.repeat([1, 1000], 201),
                 np.tile(field, 2) * 400e-9, both)  # fmt: skip
    line = ("film", "loop", path, "--thickness-nm", 400, "--cycles-column", "cycle")
    loops = entrox(*line, "--json").json["loops"]
    assert [item["label"] for item in loops] == ["1", "1000"]
    assert loops[0]["area_j_per_cm3"] < 1e-6 < 0.1 < loops[1]["area_j_per_cm3"]
    assert "--frequency-hz" in fails(*line, "--remove-leakage")
    assert "--conductivity-s-per-m" in fails(*line, "--remove-leakage", "--frequency-hz", 10)
    clean = entrox(*line, "--remove-leakage", "--conductivity-s-per-m", "3e-8", "--frequency-hz", 10, "--json")
    assert clean.json["loops"][1]["area_j_per_cm3"] < 1e-3 * loops[1]["area_j_per_cm3"]


def test_the_energy_that_the_breakdown_field_allows_is_an_upper_bound(entrox: Any, tmp_path: Path) -> None:
    field = 1e8 * (1.0 - np.abs(np.linspace(-1.0, 1.0, 101)))
    path = write(tmp_path / "pe.csv", "field [V/m];polarization [C/m2]", field, LINEAR * field)
    strengths = tmp_path / "eb.csv"
    strengths.write_text("field [MV/m]\n190\n195\n200\n203\n207\n210\n", encoding="utf-8")
    found = entrox("film", "loop", path, "--breakdown", strengths, "--json").json["at_breakdown"]
    assert found["low"] < found["recoverable_j_per_cm3"] < found["high"]
    assert found["extrapolated"]
    assert found["recoverable_j_per_cm3"] == pytest.approx(1.54948 * (found["field_mv_per_m"] / 100.0) ** 2, rel=1e-4)


@pytest.mark.parametrize(
    ("field", "header", "message"),
    [
        (np.linspace(0.0, 1e8, 30), "field [V/m];polarization [C/m2]", "one branch"),
        (np.linspace(0.0, 1e8, 30), "field;polarization [C/m2]", "--field-unit"),
        (np.linspace(0.0, 1e8, 30), "voltage [V];polarization [C/m2]", "--thickness-nm"),
        (np.linspace(0.0, 1e8, 30), "field [V/m];charge [C/m2]", "polarization is missing"),
    ],
)
def test_tables_that_hold_no_loop_are_refused(
    fails: Any, tmp_path: Path, field: Any, header: str, message: str
) -> None:
    assert message in fails("film", "loop", write(tmp_path / "pe.csv", header, field, LINEAR * field))
