"""``entrox film transmittance``: keys, units by the header only, substrate, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.film.film_optics import film_transmittance

WAVELENGTH = np.arange(300.0, 1101.0, 2.0)


def write(path: Path, header: str, values: Any, wavelength: Any = WAVELENGTH) -> Path:
    rows = "\n".join(f"{a},{b}" for a, b in zip(wavelength, values, strict=True))
    path.write_text(f"{header}\n{rows}\n", encoding="utf-8")
    return path


def spectrum() -> Any:
    energy = 1239.842 / WAVELENGTH
    absorption = 1.2e7 * np.sqrt(np.maximum(energy - 3.3, 0.0)) / energy
    return film_transmittance(WAVELENGTH * 1e-9, 2.3, 400e-9, 1.52, absorption)


def test_gap_index_and_thickness_of_a_known_film(entrox: Any, tmp_path: Path) -> None:
    percent = write(tmp_path / "t.csv", "wavelength [nm],transmittance [%]", 100.0 * spectrum())
    run = tmp_path / "run"
    answer = entrox("film", "transmittance", percent, "-o", run, "--json")
    assert answer.code == 0
    assert answer.json["gap_ev"]["direct"] == pytest.approx(3.3, abs=0.03)
    assert answer.json["fringes"]["thickness_nm"] == pytest.approx(400.0, rel=0.01)
    assert np.mean(answer.json["fringes"]["n"]) == pytest.approx(2.3, rel=0.01)
    assert set(answer.json["edge_nm"]) == {"t10", "t50", "t90"}
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "provenance.json", "absorption.csv", "figures/transmittance.png",
                     "figures/transmittance.svg"}  # fmt: skip
    fraction = write(tmp_path / "f.csv", "wavelength [um],transmittance [1]", spectrum()[::-1], WAVELENGTH[::-1] / 1e3)
    other = entrox("film", "transmittance", fraction, "--json").json
    assert other["gap_ev"]["direct"] == pytest.approx(answer.json["gap_ev"]["direct"], rel=1e-6)


def test_the_edge_of_the_substrate_is_not_that_of_the_film(entrox: Any, tmp_path: Path) -> None:
    film = write(tmp_path / "t.csv", "wavelength [nm],transmittance [1]", spectrum())
    bare = 0.91832 / (1.0 + np.exp(-(WAVELENGTH - 330.0) / 3.0))
    glass = write(tmp_path / "s.csv", "wavelength [nm],transmittance [1]", bare)
    found = entrox("film", "transmittance", film, "--substrate", glass, "--thickness-nm", 400, "--json").json
    assert found["substrate_index"] == pytest.approx(1.52, abs=0.001)
    assert any("substrate absorbs" in text for text in found["warnings"])


@pytest.mark.parametrize(
    ("header", "factor", "message"),
    [
        ("wavelength [nm],transmittance [1]", 100.0, "is above one"),
        ("wavelength [nm],transmittance", 1.0, "states no unit"),
        ("wavelength,transmittance [1]", 1.0, "states no unit"),
        ("wavelength [nm],reflectance [1]", 1.0, "transmittance is missing"),
    ],
)
def test_units_are_taken_from_the_header_and_nowhere_else(
    fails: Any, tmp_path: Path, header: str, factor: float, message: str
) -> None:
    assert message in fails("film", "transmittance", write(tmp_path / "t.csv", header, factor * spectrum()))


def test_wavelengths_are_sorted_only_on_request(entrox: Any, fails: Any, tmp_path: Path) -> None:
    order = np.argsort(np.sin(np.arange(len(WAVELENGTH))))
    path = write(tmp_path / "t.csv", "wavelength [nm],transmittance [1]", spectrum()[order], WAVELENGTH[order])
    assert "--sort" in fails("film", "transmittance", path)
    assert entrox("film", "transmittance", path, "--sort", "--quiet").code == 0
    flat = write(tmp_path / "flat.csv", "wavelength [nm],transmittance [1]", np.linspace(0.1, 0.9, len(WAVELENGTH)))
    assert "--thickness-nm" in fails("film", "transmittance", flat)
