"""Options of ``entrox breakdown`` beyond the published mode: vacancies, explicit alloys, three dimensions, movie."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ase import Atoms
from PIL import Image

FAMILY = ("Ba(1-3x)SrxNaxSmxTi(1-2x)ZrxHfxO3", "--x", "0.2", "--mean-free-path-angstrom", 16)
TRAP = ("BaTiO3", "--mean-free-path-angstrom", 4, "--trap-depth-ev", 0.2)
SMALL = ("--seeds", 5, "--cells", 5)
PEROVSKITE = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)]


def field(answer: object) -> float:
    return answer.json["breakdown_field_mv_per_m"]["mean"]  # type: ignore[attr-defined]


@pytest.fixture
def barium_titanate(tmp_path: Path) -> Path:
    """Return a file with cubic BaTiO3."""
    path = tmp_path / "batio3.vasp"
    Atoms("BaTiO3", scaled_positions=PEROVSKITE, cell=[4.0] * 3, pbc=True).write(path, format="vasp")
    return path


# vacancies


def test_shallow_vacancies_lower_the_field_to_the_published_value(entrox: Callable) -> None:
    answer = entrox("breakdown", *TRAP, "--published-energies", "--ionization-energy-ev", 5.21, "--json")
    assert answer.code == 0
    assert field(answer) == pytest.approx(381, rel=0.05)
    trap = answer.json["trap"]
    assert (trap["depth_ev"], trap["density_per_m3"], trap["temperature_k"]) == (0.2, 8e24, 300)
    assert trap["release"] == "unlimited"
    assert trap["vacancy_fraction"] == 1
    assert 6.0 < trap["optical_permittivity"] < 6.6, "the stored calibration"


def test_deep_vacancies_leave_the_intrinsic_field(entrox: Callable) -> None:
    common = ("--mean-free-path-angstrom", 4, *SMALL, "--json")
    assert field(entrox("breakdown", "BaTiO3", "--trap-depth-ev", 2.0, *common)) == pytest.approx(
        field(entrox("breakdown", "BaTiO3", *common)), rel=0.01
    )


@pytest.mark.parametrize(
    ("option", "low", "high", "rises"),
    [
        ("--trap-depth-ev", 0.2, 0.4, True),
        ("--trap-density-per-m3", 1e22, 1e25, False),
        ("--optical-permittivity", 4, 8, True),
    ],
)
def test_the_field_rises_with_trap_depth_and_permittivity_and_falls_with_density(
    entrox: Callable, option: str, low: float, high: float, rises: bool
) -> None:
    first, second = (field(entrox("breakdown", *TRAP, option, value, *SMALL, "--json")) for value in (low, high))
    assert (second > first) == rises


def test_more_electrons_than_a_vacancy_holds_are_said_and_the_full_release_stops_there(entrox: Callable) -> None:
    unlimited = entrox("breakdown", *TRAP, *SMALL, "--json").json
    warning = next(text for text in unlimited["warnings"] if text.startswith("released density"))
    assert "exceeds two electrons per vacancy" in warning
    assert "--trap-release full" in warning
    full = entrox("breakdown", *TRAP, *SMALL, "--trap-release", "full", "--json").json
    assert not any("exceeds two electrons" in text for text in full["warnings"])
    assert full["released_density_e_per_angstrom3"] < unlimited["released_density_e_per_angstrom3"]
    assert full["breakdown_field_mv_per_m"]["mean"] > unlimited["breakdown_field_mv_per_m"]["mean"]


def test_fewer_vacancies_raise_the_field_and_their_arrangement_is_recorded(entrox: Callable) -> None:
    partial = entrox("breakdown", *TRAP, "--vacancy-fraction", 0.2, "--vacancy-clustering", 1, *SMALL, "--json")
    assert field(partial) > field(entrox("breakdown", *TRAP, *SMALL, "--json"))
    assert partial.json["trap"]["vacancy_clustering"] == 1
    profile = entrox("breakdown", *TRAP, "--vacancy-fraction", 0.2, "--vacancy-profile", "bottom", *SMALL, "--json")
    assert profile.json["trap"]["vacancy_profile"] == "bottom"


def test_the_table_names_trap_and_released_density(entrox: Callable) -> None:
    out = entrox("breakdown", *TRAP, *SMALL).out
    assert "trap depth of oxygen vacancies" in out
    assert "released density at breakdown" in out


# explicit alloys and field enhancement


def test_an_explicit_alloy_breaks_below_its_mean_parameters(entrox: Callable) -> None:
    mean = entrox("breakdown", *FAMILY, "--seeds", 8, "--json")
    explicit = entrox("breakdown", *FAMILY, "--seeds", 8, "--alloy", "explicit", "--json")
    assert explicit.json["alloy"] == "explicit"
    assert field(explicit) < 0.8 * field(mean), "the weakest surroundings decide"
    assert explicit.json["threshold_law_mv_per_m"] == pytest.approx(mean.json["threshold_law_mv_per_m"], rel=1e-3)


def test_an_explicit_alloy_of_one_species_per_site_is_the_perfect_crystal(entrox: Callable) -> None:
    common = ("breakdown", "BaTiO3", "--mean-free-path-angstrom", 16, *SMALL, "--enhancement", "--json")
    explicit, mean = entrox(*common, "--alloy", "explicit").json, entrox(*common).json
    assert explicit["onset_field_mv_per_m"] == pytest.approx(mean["onset_field_mv_per_m"], rel=1e-9)
    fields = [item["breakdown_field_mv_per_m"]["mean"] for item in (explicit, mean)]
    assert fields[0] == pytest.approx(fields[1], rel=2e-3), "the paths differ, the crystal does not"


@pytest.mark.parametrize("clustering", [1, -0.5])
def test_clustering_and_ordering_change_the_field_at_equal_composition(entrox: Callable, clustering: float) -> None:
    common = ("breakdown", *FAMILY, *SMALL, "--alloy", "explicit", "--json")
    arranged = entrox(*common, "--clustering", clustering)
    assert arranged.json["clustering"] == clustering
    assert field(arranged) != field(entrox(*common))
    assert arranged.json["mean_free_path_angstrom"] == entrox(*common).json["mean_free_path_angstrom"]


def test_both_choices_of_field_enhancement_are_reported(entrox: Callable) -> None:
    common = ("breakdown", "BaTiO3", "--mean-free-path-angstrom", 16, "--json")
    off = entrox(*common).json
    on = entrox(*common, "--enhancement").json
    assert (off["enhancement"], on["enhancement"]) == (False, True), "off in the published mode"
    assert off["other_enhancement"]["enhancement"] is True
    assert off["other_enhancement"]["mean"] == on["breakdown_field_mv_per_m"]["mean"]
    assert on["other_enhancement"]["mean"] == off["breakdown_field_mv_per_m"]["mean"]
    assert off["other_enhancement"]["beyond_seed_scatter"] is True
    assert on["breakdown_field_mv_per_m"]["mean"] < off["breakdown_field_mv_per_m"]["mean"]
    table = entrox(*common[:-1]).out
    assert "breakdown field with field enhancement" in table


def test_a_choice_within_the_scatter_of_the_seeds_stays_out_of_the_table(entrox: Callable) -> None:
    arguments = ("breakdown", *FAMILY, "--alloy", "explicit", "--cells", 4, "--seeds", 8)
    assert entrox(*arguments, "--json").json["other_enhancement"]["beyond_seed_scatter"] is False
    assert "field enhancement" not in entrox(*arguments).out


def test_a_large_plane_runs_one_choice_only(entrox: Callable) -> None:
    answer = entrox("breakdown", "BaTiO3", "--cells", 60, "--seeds", 1, "--json").json
    assert answer["other_enhancement"] is None


def test_a_thicker_sample_needs_a_higher_field(entrox: Callable) -> None:
    common = ("breakdown", "BaTiO3", "--cells", 6, "--seeds", 5, "--json")
    thin, thick = entrox(*common, "--thickness", 4), entrox(*common, "--thickness", 20)
    assert (thin.json["cells"], thick.json["cells"]) == ([6, 4], [6, 20])
    assert field(thin) < field(thick), "the channel takes longer, while the field rises"


# three dimensions


def test_three_dimensions_give_the_field_of_the_whole_crystal(entrox: Callable) -> None:
    common = ("breakdown", "BaTiO3", "--mean-free-path-angstrom", 16, "--seeds", 5, "--cells", 4)
    answer = entrox(*common, "--dimensions", 3, "--json")
    assert answer.code == 0
    assert (answer.json["dimensions"], answer.json["cells"], answer.json["plane"]) == (3, [4, 4, 4], "ABO3")
    assert answer.json["enhancement"] is True, "on by default in space"
    assert answer.json["other_enhancement"] is None, "not cheap"
    assert field(answer) == pytest.approx(560, rel=0.03)
    assert answer.err.startswith("0 of 5 ramps")
    assert "crystal ABO3" in entrox(*common, "--dimensions", 3, "--quiet").err + entrox(*common, "--dimensions", 3).out


def test_an_explicit_alloy_in_space_runs_with_workers_as_without(entrox: Callable) -> None:
    common = ("breakdown", *FAMILY, "--alloy", "explicit", "--dimensions", 3, "--cells", 3, "--seeds", 9, "--json")
    assert entrox(*common).json == entrox(*common, "--workers", 2).json


def test_a_structure_in_space_takes_its_indices_as_electrodes(entrox: Callable, barium_titanate: Path) -> None:
    common = ("breakdown", "--structure", barium_titanate, "--dimensions", 3, "--cells", 3, "--seeds", 2, "--json")
    answer = entrox(*common)
    assert answer.code == 0
    assert answer.json["plane"] == "BaTiO3 (0 0 1)"
    assert any("smallest ionization energy" in text for text in answer.json["warnings"])
    tilted = entrox(*common, "--plane", "1,1,0")
    assert tilted.code == 0
    assert tilted.json["plane"] == "BaTiO3 (1 1 0)"


def test_a_value_given_in_space_is_said_to_be_that_of_the_a_site(entrox: Callable) -> None:
    answer = entrox(
        "breakdown", "BaTiO3", "--dimensions", 3, "--cells", 3, "--seeds", 1, "--bond-energy-ev", 4, "--json"
    )
    assert any(
        text == "the bond energy given is that of the A site; B is from tables" for text in answer.json["warnings"]
    )


def test_an_interrupted_run_ends_with_code_130_and_no_traceback() -> None:
    command = [sys.executable, "-m", "entrox", "breakdown", "BaTiO3", "--dimensions", "3", "--cells", "8"]
    process = subprocess.Popen([*command, "--seeds", "400"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline().startswith("0 of 400 ramps")
    assert "left" in process.stderr.readline(), "the remaining time is shown"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert (out, err.splitlines()[-1]) == ("", "Interrupted.")
    assert "Traceback" not in err


# run folder


def test_a_movie_of_the_growth_goes_into_the_run_folder(entrox: Callable, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("breakdown", *TRAP, "--vacancy-fraction", 0.5, *SMALL, "-o", run, "--movie")
    assert answer.code == 0, answer.err
    with Image.open(run / "growth.gif") as picture:
        assert picture.format == "GIF"
        assert picture.n_frames > 10
    record = json.loads((run / "provenance.json").read_text())
    assert record["settings"]["model"]["trap"]["depth"] == 0.2
    assert record["settings"]["model"]["vacancy_fraction"] == 0.5
    shown = entrox("show", run)
    assert shown.code == 0
    assert "trap depth of oxygen vacancies" in shown.out


def test_a_run_folder_of_an_explicit_alloy_in_space_lists_three_coordinates(entrox: Callable, tmp_path: Path) -> None:
    run = tmp_path / "run"
    arguments = ("--dimensions", 3, "--alloy", "explicit", "--cells", 3, "--seeds", 5, "-o", run)
    assert entrox("breakdown", *FAMILY, *arguments).code == 0
    with (run / "channel.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {f"{ion}_{axis}_angstrom" for ion in ("cation", "anion") for axis in "xyz"} <= set(rows[0])
    assert {path.name for path in (run / "figures").iterdir()} >= {"path.png", "conductivity.png", "weibull.png"}


@pytest.mark.parametrize("mode", [("--dimensions", 3), ("--trap-depth-ev", 2.0, "--movie"), ("--alloy", "explicit")])
def test_no_channel_ends_with_code_4_in_every_mode_and_is_written(
    entrox: Callable, tmp_path: Path, mode: tuple[object, ...]
) -> None:
    small = ("--cells", 3, "--seeds", 2, "--maximum-field-mv-per-m", 50)
    answer = entrox("breakdown", "BaTiO3", *mode, *small, "--json", "-o", tmp_path / "run")
    assert answer.code == 4, answer.err
    assert answer.json["breakdown_field_mv_per_m"]["mean"] is None
    assert "no bond reached its threshold" in answer.json["reason"]
    assert answer.json["released_density_e_per_angstrom3"] is None
    assert json.loads((tmp_path / "run" / "result.json").read_text()) == answer.json
    assert not (tmp_path / "run" / "growth.gif").exists()


# bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--trap-depth-ev", 0), "--trap-depth-ev must be finite and > 0 eV; got 0 eV."),
        (("--trap-depth-ev", -0.2), "--trap-depth-ev must be finite and > 0 eV; got -0.2 eV."),
        (("--trap-depth-ev", 0.2, "--temperature-k", 0), "--temperature-k must be finite and > 0 K; got 0 K."),
        (("--trap-depth-ev", 0.2, "--temperature-k", -300), "--temperature-k must be finite and > 0 K; got -300 K."),
        (("--trap-depth-ev", 0.2, "--trap-density-per-m3", 0), "--trap-density-per-m3 must be finite and > 0 1/m3"),
        (("--trap-depth-ev", 0.2, "--optical-permittivity", 0.5), "--optical-permittivity must be finite and in [1,"),
        (("--trap-depth-ev", 0.2, "--vacancy-fraction", 1.5), "--vacancy-fraction must be finite and in [0, 1]"),
        (("--trap-depth-ev", 0.2, "--vacancy-clustering", 2), "--vacancy-clustering must be finite and in [-1, 1]"),
        (("--trap-depth-ev", 0.2, "--vacancy-profile", "left"), "--vacancy-profile must be uniform or bottom or top"),
        (("--trap-depth-ev", 0.2, "--trap-release", "some"), "--trap-release must be unlimited or full; got 'some'"),
        (("--alloy", "random"), "--alloy must be mean or explicit; got 'random'"),
        (("--alloy", "explicit", "--clustering", 1.5), "--clustering must be finite and in [-1, 1]"),
        (("--dimensions", 4), "--dimensions must be 2, one plane, or 3, the whole crystal; got 4"),
        (("--thickness", 0), "--thickness"),
        (("--ramp-mv-per-m-per-ps", -11.5), "--ramp-mv-per-m-per-ps must be finite and > 0 MV/m per ps; got -11.5"),
    ],
)
def test_a_value_out_of_range_is_named_with_what_is_allowed(
    fails: Callable, arguments: tuple[object, ...], words: str
) -> None:
    assert words in fails("breakdown", "BaTiO3", *arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("BaTiO3", "--trap-density-per-m3", 1e24), "--trap-density-per-m3 describes vacancies"),
        (("BaTiO3", "--temperature-k", 400, "--vacancy-fraction", 0.5), "give --trap-depth-ev"),
        (("BaTiO3", "--trap-depth-ev", 0.2, "--dimensions", 3), "--trap-depth-ev goes with --dimensions 2"),
        (("BaTiO3", "--trap-depth-ev", 0.2, "--vacancy-clustering", 1), "give --vacancy-fraction between 0 and 1"),
        (("BaTiO3", "--trap-depth-ev", 0.2, "--vacancy-profile", "top"), "give --vacancy-fraction between 0 and 1"),
        (
            (*TRAP, "--vacancy-fraction", 0.5, "--vacancy-profile", "top", "--vacancy-clustering", 1),
            "goes with --vacancy-profile uniform",
        ),
        (("BaTiO3", "--clustering", 0.5), "--clustering arranges the cations of --alloy explicit"),
        (("BaTiO3", "--alloy", "explicit", "--ionization-energy-ev", 5), "--ionization-energy-ev sets one value"),
        (("BaTiO3", "--alloy", "explicit", "--bond-energy-ev", 5), "--bond-energy-ev sets one value"),
        (("BaTiO3", "--alloy", "explicit", "--published-energies"), "--published-energies sets one value"),
        (
            ("--structure", "{file}", "--plane", "0,0,1", "--alloy", "explicit"),
            "a --structure has them in their places",
        ),
        (("MgO", "--alloy", "explicit"), "MgO (rock salt) has M. Use --alloy mean."),
        (("MgO", "--dimensions", 3), "MgO was read as rock salt. Give its crystal with --structure"),
        (("BaTiO3", "--dimensions", 3, "--plane", "BO2"), "--plane BO2 is a single plane"),
        (("BaTiO3", "--dimensions", 3, "--published-energies"), "--published-energies belongs to the plane"),
        (("BaTiO3", "--movie"), "--movie writes a file into the run folder: give --out RUN."),
        (("BaTiO3", "--movie", "-o", "{file}.run", "--dimensions", 3), "--movie shows a plane"),
    ],
)
def test_options_that_exclude_one_another_give_one_clear_error(
    fails: Callable, barium_titanate: Path, arguments: tuple[object, ...], words: str
) -> None:
    message = fails("breakdown", *(str(item).replace("{file}", str(barium_titanate)) for item in arguments))
    assert words in message
    assert len(message.strip().splitlines()) == 1
    assert not Path(f"{barium_titanate}.run").exists(), "nothing is written before the options are checked"


def test_a_crystal_without_anions_is_no_oxide(fails: Callable, tmp_path: Path) -> None:
    path = tmp_path / "iron.vasp"
    Atoms("Fe", cell=[2.9] * 3, pbc=True).write(path, format="vasp")
    message = fails("breakdown", "--structure", path, "--plane", "0,0,1", "--mean-free-path-angstrom", 5)
    assert "no anion" in message


# what the calibration does not cover


def test_warnings_name_an_uncalibrated_sample_and_the_floor_of_an_explicit_alloy(entrox: Callable) -> None:
    answer = entrox("breakdown", *FAMILY, "--alloy", "explicit", *SMALL, "--json")
    tokens = {warning.split(":")[0] for warning in answer.json["warnings"]}
    assert {"extrapolated", "uncalibrated_sample_size", "mean_free_path_floor"} <= tokens


def test_inclined_planes_of_a_structure_keep_its_bonds(entrox: Callable, barium_titanate: Path) -> None:
    common = ("--structure", barium_titanate, "--dimensions", 3, "--cells", 3, "--seeds", 2, "--json")
    straight, inclined = (
        entrox("breakdown", *common, "--mean-free-path-angstrom", 16, "--plane", plane) for plane in ("0,0,1", "1,1,1")
    )
    assert straight.code == inclined.code == 0
    onsets = [answer.json["onset_field_mv_per_m"] for answer in (straight, inclined)]
    # The energy forms are sampled on the cell at hand: another cell, another grid of 0.25 angstrom.
    assert onsets[0] == pytest.approx(onsets[1], rel=5e-3)
