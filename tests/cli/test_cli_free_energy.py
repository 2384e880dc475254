"""``entrox free-energy``: differences, vibrations, spectra, and the way on to nucleation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase.build import bulk
from ase.io import write

from entrox.dynamics import CalculatorPotential
from entrox.thermo.free_energy_settings import example_free_energy


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.toml"
    path.write_text(example_free_energy(), encoding="utf-8")
    return path


def test_a_difference_is_written_and_taken_up_by_nucleation(
    entrox: Any, fails: Any, settings: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    answer = entrox("free-energy", "difference", settings, "-o", run, "--json")
    assert answer.code == 0
    found = answer.json
    assert found["terms"][0]["name"] == "inherent energy"
    assert len(found["terms"]) == 5
    total = sum(term["value_j_per_m3"] for term in found["terms"])
    assert found["df_j_per_m3"]["value"] == pytest.approx(total)
    assert found["substitutional_surplus"]["surplus_r"] == pytest.approx(4.7804, abs=1e-4)
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert names == {"result.json", "terms.csv", "provenance.json", "figures/terms.png", "figures/terms.svg"}

    onward = entrox("nucleation", "--free-energy", run, "--direction", "crystal-in-amorphous", "--json")
    assert onward.json["df_j_per_m3"] == found["df_j_per_m3"]["value"]
    assert onward.json["temperature_k"] == 300.0
    assert onward.json["barrier_ev"] > 0.0
    assert "hold at 300 K" in fails("nucleation", "--free-energy", run, "--temperature-k", 500)
    (run / "result.json").write_text("{}", encoding="utf-8")
    assert "df_j_per_m3 is missing" in fails("nucleation", "--free-energy", run)


def test_a_difference_prints_its_terms_and_the_size_of_what_cancels(entrox: Any, settings: Path) -> None:
    answer = entrox("free-energy", "difference", settings)
    assert answer.code == 0
    assert "same mixing in both: cancels exactly" in answer.out
    assert "4.7804 R per formula unit" in answer.out
    assert "P(df < 0) < 1e-05" in answer.out
    assert entrox("free-energy", "difference", "--example").out == example_free_energy()


def test_settings_with_two_calculators_exit_with_2(fails: Any, settings: Path) -> None:
    text = settings.read_text(encoding="utf-8").replace('"some model 1.0"\n# quench', '"another"\n# quench')
    settings.write_text(text, encoding="utf-8")
    assert "different calculators" in fails("free-energy", "difference", settings)
    assert "cannot read" in fails("free-energy", "difference", settings.with_name("none.toml"))


@pytest.fixture
def copper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a box of copper that is out of place; its force field runs in this process, which is faster."""
    atoms = bulk("Cu", a=3.6, cubic=True)
    atoms.rattle(0.05, seed=1)
    write(tmp_path / "copper.vasp", atoms)
    field = CalculatorPotential("ase.calculators.emt:EMT")
    monkeypatch.setattr("entrox.cli.md_input.read_models", lambda *_, **__: field)
    return tmp_path / "copper.vasp"


def test_vibrations_of_a_relaxed_box_give_what_a_difference_needs(
    entrox: Any, fails: Any, copper: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    answer = entrox("free-energy", "vibrations", copper, "--model", "emt", "-o", run, "--json")
    assert (answer.code, answer.json["n_modes"], answer.json["n_imaginary"]) == (0, 12, 0)
    assert answer.json["volume_angstrom3_per_atom"] == pytest.approx(3.6**3 / 4.0)
    modes = np.loadtxt(run / "frequencies.csv", skiprows=1)
    assert np.abs(modes[:3]).max() < 0.01
    assert modes[-1] == pytest.approx(answer.json["highest_thz"])
    assert (run / "figures" / "frequencies.png").is_file()
    rough = entrox("free-energy", "vibrations", copper, "--model", "emt", "--no-relax")
    assert rough.code == 4
    assert "at no minimum" in rough.out
    line = ("free-energy", "vibrations", copper, "--model", "emt")
    assert "--imaginary must be one of" in fails(*line, "--imaginary", "drop")
    assert "--displacement-angstrom" in fails(*line, "--displacement-angstrom", 0)


def test_a_spectrum_is_made_of_frames_with_velocities(entrox: Any, fails: Any, tmp_path: Path) -> None:
    box, frames = bulk("Cu", a=3.6, cubic=True), []
    for step in range(128):
        moved = box.copy()
        swing = np.cos(2.0 * np.pi * 5.0 * 4e-3 * step)  # 5 THz, a frame every 4 fs
        moved.set_velocities(swing * np.array([[0.01, 0, 0], [-0.01, 0, 0], [0, 0.01, 0], [0, -0.01, 0]]))
        frames.append(moved)
    write(tmp_path / "moving.extxyz", frames)
    run = tmp_path / "run"
    line = ("free-energy", "spectrum", tmp_path / "moving.extxyz", "--sample-interval-fs", 4, "--segments", 1)
    answer = entrox(*line, "-o", run, "--json")
    assert answer.code == 0
    assert answer.json["mean_thz"] == pytest.approx(5.0, abs=0.2)
    density = np.loadtxt(run / "spectrum.csv", delimiter=",", skiprows=1)
    assert np.trapezoid(density[:, 1], density[:, 0]) == pytest.approx(3.0)
    assert json.loads((run / "provenance.json").read_text(encoding="utf-8"))["status"] == "finished"
    write(tmp_path / "still.extxyz", [box, box])
    assert "without velocities" in fails(
        "free-energy", "spectrum", tmp_path / "still.extxyz", "--sample-interval-fs", 4
    )


def test_imaginary_modes_that_are_refused_are_counted_and_written_with_code_4(
    entrox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a simple cubic crystal of copper is unstable against shear
    write(tmp_path / "cubic.vasp", bulk("Cu", "sc", a=2.4).repeat(2))
    field = CalculatorPotential("ase.calculators.emt:EMT")
    monkeypatch.setattr("entrox.cli.md_input.read_models", lambda *_, **__: field)
    refused = entrox("free-energy", "vibrations", tmp_path / "cubic.vasp", "--model", "emt", "--json")
    assert refused.code == 4
    assert refused.json["n_imaginary"] > 0
    assert refused.json["vibrational_ev_per_atom"] is None
    assert "modes are imaginary" in refused.json["warnings"][0]


def test_frames_with_other_atoms_have_no_common_spectrum(fails: Any, tmp_path: Path) -> None:
    atoms = bulk("Cu", cubic=True)
    atoms.set_momenta(np.ones((4, 3)))
    write(tmp_path / "frames.extxyz", [atoms] * 3 + [atoms[:-1]])
    message = fails("free-energy", "spectrum", tmp_path / "frames.extxyz", "--sample-interval-fs", 4)
    assert "frame 4 holds other atoms" in message
