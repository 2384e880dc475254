"""``entrox film mixture``: rules, shares, phases, voxels, and what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest


def test_rules_and_bounds_of_a_share(entrox: Any, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("film", "mixture", "--matrix", 30, "--inclusion", 120, "--fraction", 0.3, "-o", run, "--json")
    assert answer.code == 0
    assert answer.json["wiener"] == pytest.approx([38.7097, 57.0], rel=1e-5)
    assert answer.json["hashin_shtrikman"] == pytest.approx([45.8824, 51.8919], rel=1e-5)
    assert answer.json["bruggeman"] == pytest.approx(48.0)
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "rules.csv", "figures/mixture.png", "figures/mixture.svg"}
    lossy = entrox("film", "mixture", "--matrix", 30, "--inclusion", 120, "--fraction", 0.3, "--inclusion-loss", 0.1,
                   "--json")  # fmt: skip
    assert 0.0 < lossy.json["bruggeman"]["tan_d"] < 0.1


def test_a_value_outside_both_phases_is_a_verdict_and_no_number(entrox: Any) -> None:
    inside = entrox("film", "mixture", "--matrix", 25, "--inclusion", 120, "--measured", 35, "--json").json
    assert inside["fraction"]["maxwell_garnett"] == pytest.approx(0.21053, abs=1e-4)
    outside = entrox("film", "mixture", "--matrix", 25, "--inclusion", 120, "--measured", 20)
    assert (outside.code, outside.out.strip()) == (0, "not a mixture of these two")
    phase = entrox("film", "mixture", "--matrix", 25, "--fraction", 0.19048, "--measured", 35, "--json").json
    assert phase["inclusion"]["bruggeman"] == pytest.approx(120.0, rel=1e-3)


def test_voxels_lie_between_the_bounds(entrox: Any, fails: Any, tmp_path: Path) -> None:
    path = tmp_path / "mosaic.npy"
    np.save(path, (np.indices((12, 12)).sum(axis=0) % 3 == 0).astype(int))
    found = entrox(
        "film", "mixture", "--matrix", 30, "--inclusion", 120, "--voxels", path, "--dimension", 2, "--json"
    ).json
    low, high = found["wiener"]
    assert low < found["mosaic"]["tensor"][0][0] < high
    np.save(path, np.full((4, 4), 2))
    assert "0 (matrix) and 1" in fails("film", "mixture", "--matrix", 30, "--inclusion", 120, "--voxels", path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--inclusion", 120), "give --inclusion with one of"),
        (("--inclusion", 120, "--fraction", 0.2, "--measured", 35), "give --inclusion with one of"),
        (("--inclusion", -1, "--fraction", 0.2), "--inclusion must be finite and > 0"),
        (("--inclusion", 120, "--fraction", 1.2), "from 0 to 1"),
    ],
)
def test_options_that_do_not_fit_are_refused(fails: Any, options: tuple[Any, ...], message: str) -> None:
    assert message in fails("film", "mixture", "--matrix", 25, *options)
