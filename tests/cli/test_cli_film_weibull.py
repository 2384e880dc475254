"""``entrox film weibull``: intervals, scaling, groups, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entrox.core import generator


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "fields.csv"
    rows = "\n".join(f"{value},0" for value in 250.0 * generator(4).weibull(10.0, 25))
    path.write_text(f"field [MV/m],censored\n{rows}\n260,1\n", encoding="utf-8")
    return path


def test_shape_scale_and_the_strength_of_a_larger_area(entrox: Any, table: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    line = ("film", "weibull", table, "--area-mm2", 1, "--target-area-mm2", 10, "--draws", 500, "-o", run, "--json")
    answer = entrox(*line)
    assert answer.code == 0
    found = answer.json
    assert (found["n"], found["censored"]) == (26, 1)
    assert found["shape"]["low"] < found["shape"]["unbiased"] < found["shape"]["value"] < found["shape"]["high"]
    assert found["scale_mv_per_m"]["low"] < found["scale_mv_per_m"]["value"] < found["scale_mv_per_m"]["high"]
    assert found["scale_mv_per_m"]["value"] == pytest.approx(250.0, rel=0.1)
    assert found["scaled_scale_mv_per_m"]["value"] == pytest.approx(
        found["scale_mv_per_m"]["value"] * 10.0 ** (-1.0 / found["shape"]["value"])
    )
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "groups.csv", "fields.csv", "figures/weibull.png",
                     "figures/weibull.svg"}  # fmt: skip
    assert entrox(*line, "--overwrite").json == found


def test_three_thicknesses_give_a_power_law_that_ends_a_decade_away(entrox: Any, fails: Any, tmp_path: Path) -> None:
    path = tmp_path / "depths.csv"
    draws = generator(5).weibull(10.0, (3, 10))
    rows = "\n".join(
        f"{400.0 * depth**-0.5 * 10.0 * value},{depth}"
        for depth, values in zip((100, 200, 400), draws, strict=True) for value in values
    )  # fmt: skip
    path.write_text(f"field [MV/m],thickness [nm]\n{rows}\n", encoding="utf-8")
    line = ("film", "weibull", path, "--group-by", "thickness", "--draws", 200, "--target-thickness-nm")
    law = entrox(*line, 800, "--json").json["thickness_law"]
    assert law["exponent"]["low"] < 0.5 < law["exponent"]["high"]
    assert law["scale_at_target_mv_per_m"] == pytest.approx(4000.0 * 800.0**-0.5, rel=0.1)
    assert "more than a decade" in fails(*line, 8000)
    assert entrox(*line, 8000, "--extrapolate", "--quiet").code == 0


def test_materials_and_kinds_of_a_collection_are_not_pooled(fails: Any, external_data: Callable[[str], Path]) -> None:
    path = external_data("breakdown/breakdown_measured_shared.csv")
    assert "not pooled" in fails("film", "weibull", path)
    assert "no group has 5 fields" in fails("film", "weibull", path, "--group-by", "material,kind")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("field [MV/m]\n1\n2\n3\n4\n", "at least 5"),
        ("field [MV/m]\n1\n2\n0\n4\n5\n", "line 4: fields must be > 0"),
        ("field\n1\n2\n3\n4\n5\n", "--field-unit"),
        ("voltage [V]\n1\n2\n3\n4\n5\n", "--thickness-nm"),
        ("field [MV/m],censored\n1,maybe\n", "yes or no"),
        ("field [MV/m],material\n1,A\n2,A\n3,B\n4,B\n5,B\n", "--group-by material"),
    ],
)
def test_fields_that_are_no_statistics_are_refused(fails: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    assert message in fails("film", "weibull", path)
