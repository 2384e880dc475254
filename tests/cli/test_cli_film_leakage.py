"""``entrox film leakage``: the law, its flags, the folder, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.core import generator
from entrox.film.conduction import poole_frenkel_current, schottky_current


def write(path: Path, header: str, *columns: Any) -> Path:
    rows = "\n".join(",".join(str(value) for value in row) for row in zip(*columns, strict=True))
    path.write_text(header + "\n" + rows + "\n", encoding="utf-8")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    field = np.linspace(1e7, 1.2e8, 40)
    current = schottky_current(field, 0.9, 5.0, 300.0) * np.exp(0.05 * generator(2).standard_normal(40))
    return write(tmp_path / "je.csv", "field [MV/cm],current density [A/cm2]", field / 1e8, current / 1e4)


def test_the_law_comes_out_with_its_optical_permittivity_and_a_folder(entrox: Any, table: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("film", "leakage", table, "--thickness-nm", 400, "--static-permittivity", 35, "--refractive-index",
                    2.236, "-o", run, "--json")  # fmt: skip
    assert answer.code == 0
    assert answer.json["selected"] == "schottky"
    best = answer.json["models"][0]
    assert {"name", "aicc", "parameters", "optical_permittivity", "flags"} <= set(best)
    assert best["optical_permittivity"] == pytest.approx(5.0, rel=0.1)
    assert best["parameters"]["barrier_ev"] == pytest.approx(0.9, abs=0.01)
    assert answer.json["regimes"][0]["low_mv_per_m"] == pytest.approx(10.0)
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "branches.csv", "models.csv", "figures/leakage.png",
                     "figures/leakage.svg"}  # fmt: skip
    assert "look alike" in entrox("film", "leakage", table, "--thickness-nm", 400).out


def test_voltages_need_an_area_and_temperatures_are_fitted_together(entrox: Any, fails: Any, tmp_path: Path) -> None:
    voltage = np.tile(np.linspace(4.0, 40.0, 20), 3)
    kelvin = np.repeat([300.0, 340.0, 380.0], 20)
    density = np.concatenate([
        poole_frenkel_current(voltage[kelvin == t] / 400e-9, 1e-3, 0.8, 5.0, t) for t in (300.0, 340.0, 380.0)
    ])  # fmt: skip
    area = np.pi * 75e-6**2
    path = write(tmp_path / "iv.csv", "voltage [V],current [A],temperature [K]", voltage, density * area, kelvin)
    assert "--diameter-um" in fails("film", "leakage", path, "--thickness-nm", 400)
    answer = entrox("film", "leakage", path, "--thickness-nm", 400, "--diameter-um", 150, "--json")
    series = answer.json["temperature_series"]["poole-frenkel"]
    assert series["barrier_ev"] == pytest.approx(0.8, abs=1e-6)
    assert len(answer.json["branches"]) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("field,current density [A/m2]\n1,1\n", "--field-unit"),
        ("field [MV/furlong],j [A/m2]\n1,1\n", "is unknown"),
        ("field [V/m],j [A/m2]\n1e7,1\n", "at least 8 are needed"),
        ("field [V/m],j [A/m2]\n1e7,nan\n", "line 2: current_density must be finite"),
        ("field [V/m],j [A/m2]\n1e7\n", "line 2: 2 cells are needed; got 1"),
        ("", "the table is empty"),
        ("j [A/m2]\n1\n", "field, voltage is needed"),
    ],
)
def test_tables_without_an_answer_are_refused(fails: Any, tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="utf-8")
    run = tmp_path / "run"
    assert message in fails("film", "leakage", path, "--thickness-nm", 400, "-o", run)
    assert not run.exists()
