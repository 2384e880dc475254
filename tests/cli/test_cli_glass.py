"""``entrox glass quench`` and ``stretch``: from a file or formula to a verdict, and what stops them before they run."""

import json
from pathlib import Path

import numpy as np
import pytest
from ase.io import read

from pair_glass import pair_crystal

FORCES = f"{Path(__file__).parents[1] / 'pair_glass.py'}:pair_glass"
HOT = (
    "--melt-temperature-k", "6000", "--melt-ps", "0.2", "--quench-rate-k-per-ps", "60000", "--hold-ps", "0.1",
    "--volume", "fixed",
)  # fmt: skip
PROTOCOL = "relax_steps = 8\nforce_tolerance_ev_per_angstrom = 0.5\n"


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    path = tmp_path_factory.mktemp("start") / "crystal.extxyz"
    pair_crystal(2, 3.9).write(path)
    return path


@pytest.fixture
def protocol(tmp_path):
    path = tmp_path / "protocol.toml"
    path.write_text(PROTOCOL, encoding="utf-8")
    return path


def test_a_crystal_becomes_glasses_with_a_record_and_goes_on_where_it_was(entrox, start, protocol, tmp_path):
    command = (
        "glass", "quench", start, "--calculator", FORCES, *HOT, "--protocol", protocol, "--seeds", "1", "--rates", "2",
        "-o", tmp_path / "run", "--json",
    )  # fmt: skip
    answer = entrox(*command)
    assert answer.code == 0, answer.err
    found = answer.json
    assert set(found) >= {"verdict", "members", "energy_difference_ev_per_atom", "extrapolated"}
    first, second = found["members"]
    assert set(first) >= {
        "seed", "rate_k_per_ps", "energy_ev_per_atom", "density_g_per_cm3", "crystallinity", "verdict",
    }  # fmt: skip
    assert first["seed"] == second["seed"]
    assert second["rate_k_per_ps"] > first["rate_k_per_ps"]
    assert found["energy_difference_ev_per_atom"]["error"] is None
    folder = tmp_path / "run"
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert record["settings"]["relax_steps"] == 8
    assert record["status"] == "finished"
    glasses = sorted((folder / "glasses").glob("*.extxyz"))
    assert len(glasses) == 2
    assert read(glasses[0]).info["verdict"] == first["verdict"]
    assert (folder / "figures" / "history.png").stat().st_size > 10_000
    assert (folder / "members.csv").read_text(encoding="utf-8").count("\n") == 3
    again = entrox(*command, "--resume")
    assert again.code == 0, again.err
    assert again.json["members"][0]["energy_ev_per_atom"] == first["energy_ev_per_atom"]
    refused = entrox(*command)
    assert refused.code == 2
    assert "--overwrite" in refused.err
    other = entrox(*command[:-1], "--hold-ps", "0.3", "--resume")
    assert other.code == 2
    assert "hold_ps" in other.err


def test_a_failed_ensemble_is_written_and_ends_with_4(entrox, start, tmp_path):
    protocol = tmp_path / "protocol.toml"
    protocol.write_text(PROTOCOL + "closest_angstrom = 2.9\n", encoding="utf-8")
    answer = entrox(
        "glass", "quench", start, "--calculator", FORCES, *HOT, "--protocol", protocol, "--seeds", "1", "--rates", "1",
        "-o", tmp_path / "run",
    )  # fmt: skip
    assert answer.code == 4
    assert "every run failed" in answer.out
    content = json.loads((tmp_path / "run" / "result.json").read_text(encoding="utf-8"))
    assert content["members"][0]["verdict"] == "failed"
    assert "angstrom apart at step 0" in content["members"][0]["reason"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Bi4Ti3O12", "--x", "0.3"), "5 x 76 = 380 atoms"),
        (("Bi3Ti3O12",), "the A sites of Bi4Ti3O12 hold 4 ions; got 3"),
        (("Bi(4-4x)La(x)Ti3O12", "--x", "0.25"), "sum 3.25"),
        (("BiLa0.75Nd0.75Pr0.75Sm0.75Ti3O12", "--x", "0.5"), "has its lanthanides already"),
        (("SiO2",), "has no crystal here"),
        (("SiO2", "--atoms", "100", "--density-g-per-cm3", "2.2"), "take 99 or 102"),
        (("nowhere.xyz",), "no such file"),
        (("Bi4Ti3O12", "--calculator", "magic"), "--calculator must be"),
        (("Bi4Ti3O12", "--calculator", "emt"), "knows Al, Ni"),
        (("Bi4Ti3O12", "--melt-temperature-k", "200"), "must lie above"),
        (("Bi4Ti3O12", "--preset", "secret"), "--preset must be published"),
        (("Bi4Ti3O12", "--resume"), "need --out"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_written(entrox, tmp_path, arguments, message):
    out = () if "--resume" in arguments else ("-o", tmp_path / "run")
    calculator = () if "--calculator" in arguments else ("--calculator", "ase.calculators.lj:LennardJones")
    answer = entrox("glass", "quench", *arguments, *calculator, *out)
    assert answer.code == 2, answer.err
    assert message in answer.err
    assert not (tmp_path / "run").exists()


def test_a_crystal_stretched_from_minimum_to_minimum_has_a_modulus(entrox, tmp_path):
    path = tmp_path / "crystal.extxyz"
    pair_crystal(2, 3.5).write(path)
    answer = entrox(
        "glass", "stretch", path, "--mode", "athermal", "--max-strain-percent", "1.5", "--calculator", FORCES, "-o",
        tmp_path / "run", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    found = answer.json
    assert set(found) >= {"modulus_gpa", "peak_stress_gpa", "transit_ratio", "warnings"}
    assert found["modulus_gpa"] > 50.0
    assert found["transit_ratio"] is None
    assert len(found["curve"]["strain"]) == 7
    assert np.isclose(read(tmp_path / "run" / "stretched.extxyz").cell[0, 0], 7.0 * 1.015)
    assert (tmp_path / "run" / "figures" / "tension.png").stat().st_size > 10_000


def test_a_fast_pull_says_that_it_is_not_quasi_static(entrox, tmp_path):
    path = tmp_path / "crystal.extxyz"
    pair_crystal(2, 3.5).write(path)
    answer = entrox(
        "glass", "stretch", path, "--calculator", FORCES, "--rate-per-ps", "1", "--max-strain-percent", "4",
        "--settle-ps", "0",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert "not quasi-static" in answer.out
    assert "longitudinal modulus" in answer.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--volumetric",), "athermal"),
        (("--axis", "q"), "--axis must be x, y or z"),
        (("--max-strain-percent", "0"), "max_strain"),
        (("--mode", "shear"), "mode must be one of"),
    ],
)
def test_an_impossible_pull_is_refused(entrox, start, arguments, message):
    answer = entrox("glass", "stretch", start, "--calculator", FORCES, *arguments)
    assert answer.code == 2
    assert message in answer.err
