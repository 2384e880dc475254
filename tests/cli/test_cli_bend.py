"""``entrox bend``: what it answers, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

FILM = ("--length-um", 50, "--width-um", 8, "--thickness-um", 0.4, "--modulus-gpa", 70, "--poisson", 0.24)


def test_a_fold_has_the_keys_and_numbers_of_the_answer(entrox: Any) -> None:
    answer = entrox("bend", "plates", *FILM, "--strain-percent", 4.8, "--json")
    assert answer.code == 0
    found = answer.json
    assert set(found["strain_percent"]) == {"mid_line", "nominal", "logarithmic", "green", "gauss_point"}
    assert found["strain_percent"]["mid_line"] == pytest.approx(4.8)
    assert found["gap_um"] == pytest.approx(9.9845, rel=1e-5)
    assert found["plate_spacing_um"] == pytest.approx(10.3845, rel=1e-5)
    assert (found["fold_angle_deg"], found["reachable"]) == (pytest.approx(180.0), True)
    assert found["force_n_per_m"] == pytest.approx(11.4092, rel=1e-5)
    assert found["leg_length_um"] == pytest.approx(14.07476, rel=1e-5)


def test_elements_show_the_trap_of_the_integration_points(entrox: Any) -> None:
    answer = entrox(
        "bend", "plates", *FILM, "--gap-um", 12, "--fe", "--elements", "40x1", "--law", "neo-hooke", "--json"
    )
    fe = answer.json["fe"]
    assert fe["strain_percent"]["gauss_point"] < 0.8 * fe["strain_percent"]["nominal"]
    assert any("integration points" in warning for warning in answer.json["warnings"])
    assert fe["dofs"] == 486


def test_a_strain_out_of_reach_is_an_answer(entrox: Any) -> None:
    answer = entrox("bend", "hinged", *FILM, "--strain-percent", 4.8, "--json")
    assert answer.code == 0
    assert answer.json["reachable"] is False
    assert answer.json["largest_percent"] == pytest.approx(3.3754, abs=1e-4)
    assert "3.375 %" in entrox("bend", "hinged", *FILM, "--strain-percent", 4.8).out


def test_the_verdict_names_the_ways_that_can_give_a_strain(entrox: Any) -> None:
    rows = entrox("bend", "verdict", *FILM, "--strain-percent", 4.8, "--json").json["readings"]
    possible = {row["case"] for row in rows if row["reachable"]}
    assert possible == {"plates", "clamped"}
    assert next(row for row in rows if row["case"] == "arc")["reason"]
    assert "out of reach" not in entrox("bend", "verdict", *FILM, "--strain-percent", 1.5).out


def test_a_needle_that_slipped_off_says_released(entrox: Any) -> None:
    answer = entrox("bend", "needle", *FILM, "--needle-um=-20,40", "--json")
    assert (answer.code, answer.json["verdict"]) == (0, "released")


def test_a_run_folder_holds_result_tables_figures_and_record(entrox: Any, tmp_path: Path) -> None:
    loads = tmp_path / "path.csv"
    loads.write_text("end_distance_um\n40\n20\n", encoding="utf-8")
    run = tmp_path / "run"
    answer = entrox("bend", "hinged", *FILM, "--path", loads, "-o", run, "--json")
    assert answer.code == 0
    found = json.loads((run / "result.json").read_text(encoding="utf-8"))
    assert [step["strain_percent"]["mid_line"] for step in found["steps"]] == pytest.approx([1.1699, 2.2419], abs=1e-4)
    with (run / "path.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[1]["gap_um"]) == pytest.approx(20.0)
    assert (run / "figures" / "film.png").stat().st_size > 10_000
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert "path.csv" in record["input_sha256"]
    assert entrox("bend", "hinged", *FILM, "--path", loads, "-o", run).code == 2


def test_a_movie_is_written(entrox: Any, tmp_path: Path) -> None:
    movie = tmp_path / "film.gif"
    answer = entrox("bend", "clamped", *FILM, "--force-direction-deg", 90, "--tip-angle-deg", 60, "--animate", movie,
                    "--frames", 3, "--quiet")  # fmt: skip
    assert answer.code == 0
    assert movie.read_bytes()[:6] == b"GIF89a"


def test_layers_on_a_radius_show_the_strain_of_each(entrox: Any, tmp_path: Path) -> None:
    layers = tmp_path / "sheet.csv"
    layers.write_text("name,thickness_um,modulus_gpa,poisson\nsheet,20,60,0.25\nfilm,0.4,70,0.24\n", encoding="utf-8")
    found = entrox("bend", "arc", "--length-um", 1000, "--layers", layers, "--mandrel-radius-um", 3000, "--json").json
    assert found["layers"][1]["top_percent"] == pytest.approx(0.33780, rel=1e-4)
    assert found["force_un"] is None


def test_no_equilibrium_ends_with_code_4_and_keeps_the_last_state(
    entrox: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("entrox.mechanics.fe.ITERATIONS", 1)
    run = tmp_path / "run"
    answer = entrox("bend", "hinged", *FILM, "--end-distance-um", 0, "--fe", "--elements", "2x1", "-o", run)
    assert (answer.code, answer.out) == (4, "")
    assert "more elements" in answer.err
    assert (run / "last_state.csv").is_file()
    assert not (run / "result.json").exists()


@pytest.mark.parametrize(("arguments", "words"), [
    (("plates", *FILM), "takes one load: --gap-um, --strain-percent, --path; got none"),
    (("plates", *FILM, "--gap-um", 10, "--strain-percent", 4), "got --gap-um and --strain-percent"),
    (("clamped", *FILM, "--tip-angle-deg", 60), "--force-direction-deg"),
    (("arc", *FILM, "--radius-um", 3000), "0.0067 %"),
    (("plates", "--length-um", 50, "--gap-um", 10), "--thickness-um, --modulus-gpa, --poisson missing"),
    (("plates", "--length-um", 1, *FILM[2:], "--gap-um", 10), "a fifth of the length"),
    (("plates", *FILM[:-1], 0.5, "--gap-um", 10), "Poisson"),
    (("plates", *FILM, "--strain-percent", 21), "theory of thin films"),
    (("plates", *FILM, "--strain-percent", 4, "--measure", "true"), "--measure must be one of"),
    (("plates", *FILM, "--gap-um", 10, "--fe", "--elements", "250"), "250x1"),
    (("plates", *FILM, "--gap-um", 10, "--law", "ogden"), "--law must be one of"),
    (("plates", *FILM, "--gap-um", 10, "--animate", "film.mp4"), ".gif"),
    (("needle", *FILM, "--needle-um", "30"), "30,25"),
    (("needle", *FILM, "--needle-um", "30,25", "--contact-um", 20), "follows from"),
    (("hinged", *FILM, "--end-distance-um=-1"), "end distance"),
    (("needle", *FILM, "--tip-angle-deg", 30, "--needle-radius-um", 1), "goes with --needle-um"),
    (("needle", *FILM, "--needle-um", "30,25", "--needle-radius-um=-1"), "--needle-radius-um"),
    (("plates", *FILM, "--gap-um", 10, "--thickness-error-um", 0.5), "in (0, 0.4) um"),
    (("plates", *FILM, "--gap-um", 10, "--thickness-error-um=-0.1"), "--thickness-error-um"),
])  # fmt: skip
def test_bad_input_is_refused_in_words(fails: Any, arguments: tuple[object, ...], words: str) -> None:
    assert words in fails("bend", *arguments)


def test_the_error_of_the_thickness_is_carried_to_the_answer(entrox: Any) -> None:
    asked = ("bend", "plates", *FILM, "--gap-um", 9.9845, "--thickness-error-um", 0.02)
    error = entrox(*asked, "--json").json["thickness_error"]
    assert error["strain_percent"] == pytest.approx(0.24, rel=1e-4)
    assert error["force_n_per_m"] == pytest.approx(0.15 * 11.4092, rel=5e-3)
    assert "Error by the thickness: nominal strain [%]" in entrox(*asked).out
    inverse = entrox("bend", "plates", *FILM, "--strain-percent", 4.8, "--thickness-error-um", 0.02, "--json").json
    assert inverse["thickness_error"]["gap_um"] == pytest.approx(0.05 * 9.9845, rel=1e-4)


def test_a_round_needle_is_at_its_place_and_the_film_beside_it(entrox: Any) -> None:
    found = entrox("bend", "needle", *FILM, "--needle-um", "30,25", "--needle-radius-um", 1, "--json").json
    assert found["needle_um"] == pytest.approx([30.0, 25.0])
    apart = [film - needle for film, needle in zip(found["loaded_point_um"], found["needle_um"], strict=True)]
    assert (apart[0] ** 2 + apart[1] ** 2) ** 0.5 == pytest.approx(1.2)


def test_a_path_says_the_trap_of_the_integration_points_once(entrox: Any, tmp_path: Path) -> None:
    loads = tmp_path / "gaps.csv"
    loads.write_text("gap_um\n20\n15\n12\n", encoding="utf-8")
    found = entrox("bend", "plates", *FILM, "--path", loads, "--fe", "--elements", "60x1", "--json").json
    assert sum("integration points" in words for words in found["warnings"]) == 1


def test_a_modulus_with_saddle_lies_between_narrow_and_wide_and_needs_a_width(entrox: Any) -> None:
    found = entrox("bend", "plates", *FILM, "--gap-um", 12, "--json").json
    assert 70.0 < found["modulus_with_saddle_gpa"] < found["modulus_gpa"]
    bare = [*FILM[:2], *FILM[4:]]
    assert entrox("bend", "plates", *bare, "--gap-um", 12, "--json").json["modulus_with_saddle_gpa"] is None
