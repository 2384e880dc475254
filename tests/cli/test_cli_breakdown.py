from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

FAMILY = "Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3"
KEYS = {
    "material",
    "onset_field_mv_per_m",
    "breakdown_field_mv_per_m",
    "threshold_law_mv_per_m",
    "ionization_energy_ev",
    "bond_energy_ev",
    "mean_free_path_angstrom",
    "lattice_distortion",
    "n_seeds",
    "warnings",
}
FURTHER_KEYS = {
    "mean_interval_mv_per_m",
    "path_band_mv_per_m",
    "calibration_error",
    "plane",
    "seed",
    "reason",
    "dimensions",
    "cells",
    "alloy",
    "clustering",
    "enhancement",
    "other_enhancement",
    "trap",
    "released_density_e_per_angstrom3",
}
SMALL = ("--seeds", 5, "--cells", 5)


@pytest.fixture
def barium_titanate(tmp_path: Path) -> Path:
    """Return a file with cubic BaTiO3."""
    positions = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]
    atoms = Atoms("BaTiO3", scaled_positions=positions, cell=[4.0, 4.0, 4.0], pbc=True)
    path = tmp_path / "batio3.vasp"
    atoms.write(path, format="vasp")
    return path


def test_barium_titanate_breaks_at_the_calibrated_field(entrox: Callable) -> None:
    answer = entrox(
        "breakdown", "BaTiO3", "--mean-free-path-angstrom", 16, "--ionization-energy-ev", 5.21, "--published-energies",
        "--json",
    )  # fmt: skip
    assert answer.code == 0
    assert set(answer.json) == KEYS | FURTHER_KEYS
    field = answer.json["breakdown_field_mv_per_m"]
    assert set(field) == {"mean", "std", "weibull_modulus", "weibull_scale"}
    assert field["mean"] == pytest.approx(576, rel=0.02)
    assert field["weibull_scale"] == pytest.approx(field["mean"], rel=0.03)
    low, high = answer.json["mean_interval_mv_per_m"]
    assert low < field["mean"] < high
    assert answer.json["onset_field_mv_per_m"] == pytest.approx(answer.json["threshold_law_mv_per_m"], rel=0.005)
    assert answer.json["bond_energy_ev"] == 5.85
    assert answer.json["n_seeds"] == 32
    assert (answer.json["dimensions"], answer.json["cells"]) == (2, [15, 15])
    assert (answer.json["alloy"], answer.json["clustering"]) == ("mean", 0)
    assert (answer.json["trap"], answer.json["released_density_e_per_angstrom3"]) == (None, None)


def test_the_table_says_field_interval_and_assumptions(entrox: Callable) -> None:
    out = entrox("breakdown", FAMILY, "--x", "0.1", *SMALL).out
    assert "breakdown field, mean over seeds" in out
    assert "95 % interval of the mean, calibration included" in out
    assert "mean free path of the host assumed: 16 angstrom, plausible 10-25 angstrom" in out


def test_the_number_of_workers_changes_nothing(entrox: Callable) -> None:
    arguments = ("breakdown", "BaTiO3", "--seeds", 12, "--cells", 5, "--json")
    assert entrox(*arguments).json == entrox(*arguments, "--workers", 2).json


def test_another_seed_gives_another_path(entrox: Callable) -> None:
    first = entrox("breakdown", "BaTiO3", *SMALL, "--json").json
    second = entrox("breakdown", "BaTiO3", *SMALL, "--seed", 2, "--json").json
    assert first["breakdown_field_mv_per_m"]["mean"] != second["breakdown_field_mv_per_m"]["mean"]
    assert first["onset_field_mv_per_m"] == second["onset_field_mv_per_m"], "the onset of a perfect crystal is certain"


def test_the_weight_of_the_energy_ratio_changes_the_path_and_not_the_onset(entrox: Callable) -> None:
    first = entrox("breakdown", "BaTiO3", *SMALL, "--json").json
    second = entrox("breakdown", "BaTiO3", *SMALL, "--exponent", 8, "--json").json
    assert first["onset_field_mv_per_m"] == second["onset_field_mv_per_m"]
    assert first["breakdown_field_mv_per_m"] != second["breakdown_field_mv_per_m"]


def test_a_faster_ramp_breaks_at_a_higher_field(entrox: Callable) -> None:
    onset = [
        entrox("breakdown", "BaTiO3", "--ramp-mv-per-m-per-ps", ramp, *SMALL, "--json").json["onset_field_mv_per_m"]
        for ramp in (5, 20)
    ]
    assert onset[1] == pytest.approx(2 * onset[0], rel=1e-6), "the exponent of the growth depends on E^2 / k alone"


def test_the_plane_of_a_structure_file_equals_the_model_plane(entrox: Callable, barium_titanate: Path) -> None:
    common = ("--mean-free-path-angstrom", 16, *SMALL, "--json")
    model = entrox("breakdown", "BaTiO3", *common).json
    crystal = entrox("breakdown", "--structure", barium_titanate, "--plane", "0,0,1", *common).json
    assert crystal["material"] == "BaTiO3"
    assert crystal["plane"] == "(0 0 1) BaO"
    assert crystal["threshold_law_mv_per_m"] == pytest.approx(model["threshold_law_mv_per_m"], rel=1e-6)
    assert any("of 2 with these indices the one of lowest threshold" in text for text in crystal["warnings"])


def test_without_a_mean_free_path_the_band_of_a_structure_is_that_of_its_class(
    entrox: Callable, barium_titanate: Path
) -> None:
    answer = entrox("breakdown", "BaTiO3", "--structure", barium_titanate, "--plane", "0,0,1", *SMALL, "--json").json
    low, high = answer["path_band_mv_per_m"]
    assert low < answer["threshold_law_mv_per_m"] < high
    assert any(text.startswith("mean free path assumed: 16 angstrom") for text in answer["warnings"])


def test_a_run_folder_holds_tables_figures_and_the_record(
    entrox: Callable, tmp_path: Path, barium_titanate: Path
) -> None:
    run = tmp_path / "run"
    arguments = ("breakdown", "--structure", barium_titanate, "--plane", "0,0,1", *SMALL, "-o", run)
    answer = entrox(*arguments)
    assert answer.code == 0
    assert f"Written to {run}" in answer.out
    result = json.loads((run / "result.json").read_text())
    assert set(result) == KEYS | FURTHER_KEYS
    record = json.loads((run / "provenance.json").read_text())
    assert (record["program"], record["status"], record["seed"]) == ("entrox", "finished", 1)
    assert record["command"] == ["entrox", *map(str, arguments)]
    assert record["settings"]["plane"] == "0,0,1"
    assert record["input_sha256"] == {barium_titanate.name: hashlib.sha256(barium_titanate.read_bytes()).hexdigest()}
    names = sorted(path.name for path in (run / "figures").iterdir())
    stems = ("conductivity", "path", "weibull")
    assert names == sorted(f"{name}.{ending}" for name in stems for ending in ("png", "svg"))
    assert all((run / "figures" / name).stat().st_size > 2000 for name in names)


def test_the_channel_table_grows_with_field_and_time_until_it_spans(entrox: Callable, tmp_path: Path) -> None:
    entrox("breakdown", "BaTiO3", *SMALL, "-o", tmp_path / "run")
    with (tmp_path / "run" / "channel.csv").open() as file:
        rows = list(csv.DictReader(file))
    field = np.array([float(row["applied_field_mv_per_m"]) for row in rows])
    time = np.array([float(row["time_ps"]) for row in rows])
    assert (np.diff(field) > 0).all()
    np.testing.assert_allclose(field / time, field[0] / time[0], rtol=1e-9)
    heights = [float(row[f"{ion}_y_angstrom"]) for row in rows for ion in ("cation", "anion")]
    assert max(heights) - min(heights) >= 4 * 4.0, "five cells of 4 angstrom are spanned"
    with (tmp_path / "run" / "conductivity.csv").open() as file:
        conductivity = [float(row["conductivity_relative"]) for row in csv.DictReader(file)]
    assert conductivity[-1] > 1e3 * conductivity[0]


def test_no_channel_is_an_answer_that_is_written_and_ends_with_code_4(entrox: Callable, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("breakdown", "BaTiO3", "--maximum-field-mv-per-m", 100, *SMALL, "--json", "-o", run)
    assert answer.code == 4
    assert answer.json["breakdown_field_mv_per_m"]["mean"] is None
    assert answer.json["onset_field_mv_per_m"] is None
    assert "no bond reached its threshold up to the maximum field, 100 MV/m" in answer.json["reason"]
    assert "--maximum-field-mv-per-m" in answer.err
    assert json.loads((run / "result.json").read_text()) == answer.json
    assert (run / "provenance.json").is_file()
    table = entrox("breakdown", "BaTiO3", "--maximum-field-mv-per-m", 100, *SMALL)
    assert table.code == 4
    assert "onset field by the threshold law" in table.out


def test_an_existing_run_folder_is_refused_and_kept(entrox: Callable, fails: Callable, tmp_path: Path) -> None:
    run = tmp_path / "run"
    entrox("breakdown", "BaTiO3", *SMALL, "-o", run)
    before = (run / "result.json").read_bytes()
    message = fails("breakdown", "SrTiO3", *SMALL, "-o", run)
    assert "--overwrite" in message
    assert "--resume" not in message
    assert (run / "result.json").read_bytes() == before
    assert entrox("breakdown", "SrTiO3", *SMALL, "-o", run, "--overwrite").code == 0
    assert json.loads((run / "result.json").read_text())["material"] == "SrTiO3"


def test_files_of_other_origin_are_not_overwritten(fails: Callable, tmp_path: Path) -> None:
    (tmp_path / "result.json").write_text("mine")
    assert "not replaced" in fails("breakdown", "BaTiO3", *SMALL, "-o", tmp_path, "--overwrite")
    assert (tmp_path / "result.json").read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "value", "unit"),
    [
        ("--mean-free-path-angstrom", -4, "angstrom"),
        ("--mean-free-path-angstrom", 0, "angstrom"),
        ("--ionization-energy-ev", 0, "eV"),
        ("--ionization-energy-ev", -5.2, "eV"),
        ("--bond-energy-ev", 0, "eV"),
        ("--bond-energy-ev", -2.5, "eV"),
        ("--ramp-mv-per-m-per-ps", 0, "MV/m per ps"),
        ("--maximum-field-mv-per-m", -1, "MV/m"),
        ("--ionization-energy-ev", "nan", "eV"),
        ("--bond-energy-ev", "inf", "eV"),
    ],
)
def test_a_quantity_that_is_not_positive_is_named_with_value_and_range(
    fails: Callable, option: str, value: object, unit: str
) -> None:
    assert f"{option} must be finite and > 0 {unit}; got {value} {unit}." in fails("breakdown", "BaTiO3", option, value)


@pytest.mark.parametrize("arguments", [("--seeds", 0), ("--cells", 1), ("--workers", 0), ("--seed", -1)])
def test_a_count_below_its_minimum_is_refused(fails: Callable, arguments: tuple[str, int]) -> None:
    assert arguments[0] in fails("breakdown", "BaTiO3", *arguments)


def test_a_negative_exponent_is_refused(fails: Callable) -> None:
    assert "--exponent must be finite and in [0, inf]; got -1" in fails("breakdown", "BaTiO3", "--exponent", -1)


def test_an_element_without_bond_energy_lists_what_is_known_and_the_option(fails: Callable, entrox: Callable) -> None:
    message = fails("breakdown", "CsBiO3")
    assert "no M-O bond energy for 'Cs'" in message
    assert "Known: Ag, Al, Ba" in message
    assert "--bond-energy-ev" in message
    assert entrox("breakdown", "CsBiO3", "--bond-energy-ev", 3.0, *SMALL).code == 0


def test_an_unknown_element_is_refused(fails: Callable) -> None:
    assert "'Xx' is not an element symbol" in fails("breakdown", "XxTiO3")


def test_an_oxynitride_asks_for_a_bond_energy(fails: Callable) -> None:
    message = fails("breakdown", "BaTaO2N")
    assert "M-O only" in message
    assert "--bond-energy-ev" in message


@pytest.mark.parametrize(
    ("material", "words"),
    [
        ("Ba0.9Na0.1TiO3", ("not charge balanced: -0.1 e per formula unit", "0.05 oxygen vacancies")),
        ("Ba0.9Sm0.1TiO3", ("not charge balanced: +0.1 e per formula unit", "cation vacancies")),
    ],
)
def test_an_unbalanced_formula_warns_with_what_would_balance_it(
    entrox: Callable, material: str, words: tuple[str, ...]
) -> None:
    answer = entrox("breakdown", material, *SMALL, "--json")
    assert answer.code == 0
    assert any(all(word in text for word in words) for text in answer.json["warnings"])


@pytest.mark.parametrize(
    "option", [("--mean-free-path-angstrom", 2), ("--ionization-energy-ev", 12), ("--bond-energy-ev", 1)]
)
def test_outside_the_calibrated_box_the_result_says_extrapolated(entrox: Callable, option: tuple[str, float]) -> None:
    answer = entrox("breakdown", "BaTiO3", "--mean-free-path-angstrom", 16, *option, *SMALL, "--json")
    assert answer.code == 0
    assert any(text.startswith("extrapolated: ") for text in answer.json["warnings"])


def test_a_mean_free_path_at_its_floor_is_said(entrox: Callable) -> None:
    answer = entrox("breakdown", FAMILY, "--x", "0.21", "--mean-free-path-angstrom", 10, *SMALL, "--json")
    assert any(text.startswith("mean_free_path_floor") for text in answer.json["warnings"])
    assert answer.json["mean_free_path_angstrom"] == 1.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a formula"),
        (("BaTiO3", "--plane", "0,0,1"), "--structure FILE"),
        (("BaTiO3", "--plane", "1,1"), "three whole Miller indices"),
        (("BaTiO3", "--plane", "A1"), "must be AO, BO2"),
        (("BaTiO3", "--plane", "0,0,0"), "at least one Miller index"),
        (("BaTiO3", "--published-energies", "--bond-energy-ev", 5), "exclude each other"),
        (("BaTiO3", "--structure", "{file}"), "needs --plane h,k,l"),
        (("BaTiO3", "--structure", "{file}", "--plane", "BO2"), "a plane of the model crystal"),
        (("--structure", "{file}", "--plane", "0,0,1", "--prototype", "perovskite"), "belong to a formula"),
        (("SrTiO3", "--structure", "{file}", "--plane", "0,0,1"), "holds BaTiO3, not SrTiO3"),
        (("--structure", "{file}", "--plane", "0,0,1", "--x", "0.1"), "--x belongs to a formula"),
        (("--structure", "{file}", "--plane", "0,0,1", "--published-energies"), "--published-energies belongs"),
        (("--structure", "{file}", "--plane", "0,0,1", "--charge", "Ti=3"), "belong to a formula"),
        (("--structure", "absent.cif", "--plane", "0,0,1"), "no structure file absent.cif"),
        (("--structure", __file__, "--plane", "0,0,1"), "ase cannot read a structure"),
    ],
)
def test_a_contradiction_of_options_says_what_to_give(
    fails: Callable, barium_titanate: Path, arguments: tuple[object, ...], words: str
) -> None:
    assert words in fails("breakdown", *(str(item).replace("{file}", str(barium_titanate)) for item in arguments))


def test_a_plane_of_cations_alone_reminds_of_the_cell_of_the_file(fails: Callable, tmp_path: Path) -> None:
    path = tmp_path / "mgo.vasp"
    bulk("MgO", "rocksalt", a=4.21).write(path, format="vasp")  # (001) of the primitive cell is (111) of the cube
    message = fails("breakdown", "--structure", path, "--plane", "0,0,1")
    assert "found Mg, O" in message
    assert "Miller indices refer to the cell in the file" in message


def test_quiet_prints_nothing(entrox: Callable) -> None:
    answer = entrox("breakdown", "BaTiO3", *SMALL, "--quiet")
    assert (answer.code, answer.out, answer.err) == (0, "", "")
