"""``entrox film permittivity``: cycles, leads, temperature, thickness, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.film.permittivity import disk_capacitance

LINE = ("--thickness-nm", 400, "--diameter-um", 150)


def write(path: Path, header: str, *columns: Any) -> Path:
    rows = "\n".join(",".join(str(value) for value in row) for row in zip(*columns, strict=True))
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return path


def test_the_leads_are_taken_out_and_the_cycles_judged(entrox: Any, fails: Any, tmp_path: Path) -> None:
    frequency = np.tile([1e4, 1e5, 1e6, 1e7], 4)
    cycles = np.repeat([0, 10, 100, 1000], 4)
    true = disk_capacitance(35.0, 400e-9, 150e-6) * np.repeat([1.0, 0.999, 0.995, 0.99], 4)
    omega = 2.0 * np.pi * frequency
    admittance = 1.0 / (300.0 + 1.0 / (1j * omega * true * (1.0 - 0.01j)))
    path = write(tmp_path / "c.csv", "capacitance [pF],tan_d,frequency [Hz],cycles", 1e12 * admittance.imag / omega,
                 admittance.real / admittance.imag, frequency, cycles)  # fmt: skip
    run = tmp_path / "run"
    answer = entrox("film", "permittivity", path, *LINE, "--cycles", "-o", run, "--json")
    assert answer.code == 0
    assert answer.json["permittivity"]["high"] == pytest.approx(35.0, rel=1e-4)
    assert answer.json["loss"]["high"] == pytest.approx(0.01, rel=1e-3)
    assert [item["verdict"] for item in answer.json["cycles"]] == ["stable within 2.4 %"] * 4
    assert answer.json["series_resistance"][0]["resistance_ohm"] == pytest.approx(300.0, rel=1e-3)
    assert "taken out" in answer.json["warnings"][0]
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "permittivity.csv", "figures/permittivity.png",
                     "figures/permittivity.svg"}  # fmt: skip
    kept = entrox("film", "permittivity", path, *LINE, "--keep-resistance", "--json").json
    assert kept["permittivity"]["low"] < 33.0


def test_temperature_and_thickness(entrox: Any, tmp_path: Path) -> None:
    kelvin = np.arange(173.0, 474.0, 20.0)
    value = 1e12 * disk_capacitance(35.0, 400e-9, 150e-6) * (1.0 + 1e-4 * (kelvin - 300.0))
    loss = np.where(kelvin > 450.0, 0.2, 0.03)
    path = write(tmp_path / "t.csv", "capacitance [pF],loss,temperature [K]", value, loss, kelvin)
    found = entrox("film", "permittivity", path, *LINE, "--json").json["temperature"]
    assert found["low_loss_window_k"] == [173.0, 433.0]
    assert found["coefficient_per_k"] == pytest.approx(1e-4, rel=0.01)
    depth = np.array([100.0, 200.0, 400.0])
    series = [
        1e12 / (1.0 / disk_capacitance(35.0, t * 1e-9, 150e-6) + 1.0 / disk_capacitance(10.0, 4e-9, 150e-6))
        for t in depth
    ]
    path = write(tmp_path / "d.csv", "capacitance [pF],thickness [nm]", series, depth)
    layer = entrox("film", "permittivity", path, *LINE, "--json").json["dead_layer"]
    assert layer["layer_nm_over_permittivity"] == pytest.approx(0.4, rel=1e-6)
    assert layer["seen"]


def test_what_is_missing_is_named(fails: Any, tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", "capacitance [pF]", [13.7, 13.6])
    assert "--cycles needs a column" in fails("film", "permittivity", path, *LINE, "--cycles")
    assert "--diameter-um" in fails("film", "permittivity", path, "--thickness-nm", 400, "--diameter-um", -1)
    bare = write(tmp_path / "b.csv", "capacitance", [13.7, 13.6])
    assert "states no unit" in fails("film", "permittivity", bare, *LINE)
