"""``entrox film tensile``: modulus, fracture, the folder, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

LINE = ("--length-um", 50, "--width-um", 8, "--thickness-um", 0.4)
PULL = Path(__file__).parents[2] / "examples" / "film" / "pull.csv"


def test_a_pull_has_its_modulus_and_its_fracture(entrox: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("film", "tensile", PULL, *LINE, "-o", run, "--json")
    assert answer.code == 0
    found = answer.json["modulus_gpa"]
    assert found["low"] < found["value"] < found["high"]
    assert found["value"] == pytest.approx(70.0, rel=0.01)
    assert answer.json["fracture_strain_percent"] == pytest.approx(5.29, abs=0.05)
    assert answer.json["fracture_stress_gpa"] == pytest.approx(3.703, abs=0.3)
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "stress_strain.csv", "figures/tensile.png",
                     "figures/tensile.svg"}  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--window-percent", "2"), "takes two numbers"),
        (("--window-percent", "2,1"), "must rise"),
        (("--compliance-um-per-un", "-1"), "--compliance-um-per-un"),
        (("--compliance-um-per-un", "9"), "Check the compliance"),
    ],
)
def test_options_out_of_range_are_refused(fails: Any, options: tuple[str, ...], message: str) -> None:
    assert message in fails("film", "tensile", PULL, *LINE, *options)
