"""``entrox rmc``: boxes are refined, resumed and analyzed; what has not converged says so, bad input is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from entrox.cli import main
from entrox.scattering.data.data_files import write_correlation
from entrox.scattering.data.virtual_data import displaced_box, virtual_data
from entrox.structure.perovskite import build_perovskite

SETTINGS = """
[sample]
formula = "SrTiO3"
cells = [3, 3, 3]
lattice_a_angstrom = 3.9

[[data]]
name = "G"
file = "known.gr"
form = "G_keen"
r_min_angstrom = 1.5
r_max_angstrom = 4.7
sigma = 0.02
qmax_per_angstrom = 35.0

[run]
moves_per_atom = 6
burn_in_moves_per_atom = 2
threads = 1
"""


@pytest.fixture(scope="module")
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the settings of a refinement against the data of a known box; tests only read them."""
    folder = tmp_path_factory.mktemp("rmc")
    rng = np.random.default_rng(4)
    truth = displaced_box(build_perovskite("Sr", "Ti", (3, 3, 3), 3.9), {"Ti": 0.08}, 0.005, rng)
    x = 0.02 * np.arange(1, 237)
    data = virtual_data(truth, x, "G_keen", radius_angstrom=5.84, sigma=0.01, rng=rng, qmax=35.0)
    write_correlation(folder / "known.gr", data)
    (folder / "small.toml").write_text(SETTINGS, encoding="utf-8")
    return folder / "small.toml"


@pytest.fixture(scope="module")
def refined(settings_file: Path) -> Path:
    """Return the folder of a refinement that ended before it converged; tests only read it."""
    folder = settings_file.parent / "run"
    code = main(["rmc", "run", str(settings_file), "--seeds", "2", "-o", str(folder), "--quiet"])
    assert code == 4
    return folder


@pytest.fixture
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the figures: they take longer than a run of this size."""
    monkeypatch.setattr("entrox.plots.rmc_figures.run_figures", lambda _: ())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_short_run_writes_its_result_and_says_that_it_has_not_converged(refined):
    content = json.loads((refined / "result.json").read_text(encoding="utf-8"))
    assert content["converged"] is False
    assert content["seeds"] == [1, 2]
    assert content["n_atoms"] == 135
    assert [row["mode"] for row in content["bond_valence"]] == ["on", "off"]
    assert set(content["mean_modulus_angstrom"]) == {"Sr", "Ti"}
    for row in content["mean_modulus_angstrom"].values():
        assert all(row[key] > 0.0 for key in ("mean", "spread", "thermal_floor", "shuffled", "bond_valence_off"))
    assert sum(content["faber_ziman_percent"].values()) == pytest.approx(100.0)
    assert content["moves"]["generated"] == 4 * 6 * 135
    assert any("not converged" in note for note in content["warnings"])


def test_run_folder_holds_boxes_tables_figures_and_provenance(refined):
    names = [
        f"boxes/seed-{seed}-{mode}.{ending}" for seed in (1, 2) for mode in ("on", "off") for ending in ("rmc6f", "xyz")
    ]
    names += ["report.json", "report_2.json", "report.html", "settings.json", "inputs/known.gr"]
    figures = ("fit_G", "history", "lengths", "classes", "angles", "partials", "valences", "slice", "stereograms",
               "map_lengths", "map_angles")  # fmt: skip
    names += [f"figures/{name}.png" for name in figures]
    for name in names:
        assert (refined / name).stat().st_size > 0, name
    fit = rows_of(refined / "fit_G.csv")
    assert len(fit) == json.loads((refined / "result.json").read_text(encoding="utf-8"))["sets"][0]["n_points"]
    assert {"calculated_seed-1-on", "calculated_seed-2-off"} <= set(fit[0])
    assert len(rows_of(refined / "history.csv")) == 4 * 6
    assert len(rows_of(refined / "displacements.csv")) == 4 * 2 * 27
    record = json.loads((refined / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert set(record["input_sha256"]) == {"small.toml", "known.gr"}
    page = (refined / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "thermal floor" in page


def test_folder_with_checkpoints_is_replaced_only_when_asked(settings_file, refined, fails):
    before = (refined / "result.json").read_bytes()
    message = fails("rmc", "run", settings_file, "-o", refined)
    assert "entrox rmc resume" in message
    assert "--overwrite" in message
    bad = settings_file.with_name("bad.toml")
    bad.write_text(SETTINGS.replace("[3, 3, 3]", "[2, 2, 2]"), encoding="utf-8")
    assert "half the shortest width" in fails("rmc", "run", bad, "-o", refined, "--overwrite")
    assert (refined / "result.json").read_bytes() == before


def test_resumed_run_gives_the_numbers_of_the_uninterrupted_one(settings_file, tmp_path, entrox, without_figures):
    options = ("--bond-valence", "off", "--json")
    entrox("rmc", "run", settings_file, *options, "--moves-per-atom", 4, "-o", tmp_path / "parts")
    resumed = entrox("rmc", "resume", tmp_path / "parts", "--moves-per-atom", 6, "--json")
    whole = entrox("rmc", "run", settings_file, *options, "-o", tmp_path / "whole")
    assert (resumed.code, whole.code) == (4, 4)
    assert resumed.json["sets"] == whole.json["sets"]
    boxes = [(tmp_path / name / "boxes" / "seed-1-off.rmc6f").read_bytes() for name in ("parts", "whole")]
    assert boxes[0] == boxes[1]
    record = json.loads((tmp_path / "parts" / "provenance.json").read_text(encoding="utf-8"))
    assert [command[2] for command in record["commands"]] == ["run", "resume"]


def test_boxes_at_other_weights_stand_beside_those_of_the_settings(settings_file, tmp_path, entrox, fails):
    options = ("--bond-valence", "off", "--moves-per-atom", 4, "--data-weight", 2, "--compare-weights", "0,8")
    answer = entrox("rmc", "run", settings_file, *options, "-o", tmp_path / "run", "--json")
    assert answer.code == 4, answer.err
    (table,) = answer.json["data_weights"]
    assert table["weights"] == [0.0, 2.0, 8.0]
    assert table["chi2_per_point"]["G"][0] is None
    assert table["mean_modulus_angstrom"]["Ti"][1] == pytest.approx(answer.json["mean_modulus_angstrom"]["Ti"]["mean"])
    assert answer.json["data_weight"] == 2.0
    assert (tmp_path / "run" / "figures" / "data_weights.png").stat().st_size > 0
    assert "--compare-weights" in fails("rmc", "run", settings_file, "--compare-weights", "0,x", "-o", tmp_path / "no")
    assert "--data-weight" in fails("rmc", "run", settings_file, "--data-weight", 0, "-o", tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_settled_run_ends_with_code_zero(settings_file, tmp_path, entrox, without_figures):
    options = ("--bond-valence", "on", "--moves-per-atom", 1500)
    answer = entrox("rmc", "run", settings_file, *options, "-o", tmp_path / "run", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["converged"] is True
    assert answer.json["sets"][0]["rw"] < 0.2
    assert answer.json["bond_valence"][0]["mean_by_element"]["Ti"] == pytest.approx(4.0, abs=0.3)


def test_blocks_held_out_are_named_by_their_set(settings_file, tmp_path, entrox, fails, without_figures):
    answer = entrox(
        "rmc", "run", settings_file, "--hold-out", "G:3.9-4.2", "--bond-valence", "on", "-o", tmp_path / "run", "--json"
    )
    assert answer.code == 4, answer.err
    assert answer.json["sets"][0]["hold_out_chi2_per_point"] > 0.0
    assert answer.json["sets"][0]["n_points"] < 161
    assert "SET:LO-HI" in fails("rmc", "run", settings_file, "--hold-out", "G", "-o", tmp_path / "a")
    assert "the sets are G" in fails("rmc", "run", settings_file, "--hold-out", "S:1-2", "-o", tmp_path / "a")
    # narrower than 2 pi over Qmax: a test of interpolation
    assert "interpolation" in fails("rmc", "run", settings_file, "--hold-out", "G:4-4.1", "-o", tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_missing_files_and_wrong_options_are_refused_before_anything_is_written(settings_file, tmp_path, fails):
    text = SETTINGS.replace("known.gr", "absent.gr")
    (tmp_path / "absent.toml").write_text(text, encoding="utf-8")
    assert "absent.gr" in fails("rmc", "run", tmp_path / "absent.toml", "-o", tmp_path / "run")
    assert "--rmcprofile" in fails("rmc", "run", "-o", tmp_path / "run")
    assert "--bond-valence" in fails("rmc", "run", settings_file, "--bond-valence", "maybe", "-o", tmp_path / "run")
    assert "not the folder of a refinement" in fails("rmc", "resume", tmp_path)
    assert not (tmp_path / "run").exists()


def test_control_file_of_rmcprofile_names_all_missing_files(tmp_path, fails):
    (tmp_path / "old.dat").write_text(
        "TITLE :: old\nNEUTRON_REAL_SPACE_DATA :: 1\n > FILENAME :: old.gr\n > DATA_TYPE :: G(r)\nEND ::\n",
        encoding="utf-8",
    )
    message = fails("rmc", "run", "--rmcprofile", tmp_path / "old.dat", "-o", tmp_path / "run")
    assert "old.gr" in message
    assert "old.rmc6f" in message


def test_interrupt_keeps_the_checkpoints_and_tells_how_to_go_on(settings_file, tmp_path, entrox, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("entrox.scattering.run.ensemble.run_ensemble", interrupted)
    answer = entrox("rmc", "run", settings_file, "-o", tmp_path / "run")
    assert answer.code == 130
    assert f"entrox rmc resume {tmp_path / 'run'}" in answer.err


def test_boxes_of_a_run_are_analyzed_beside_chance(refined, tmp_path, entrox, fails):
    answer = entrox(
        "rmc", "analyze", refined, "--slice", "x=2", "--zone-axis", "110", "--null", "-o", tmp_path / "order", "--json"
    )
    assert answer.code == 0, answer.err
    run = json.loads((refined / "result.json").read_text(encoding="utf-8"))
    assert answer.json["bond_valence_mode"] == "on"
    assert answer.json["n_boxes"] == 2
    for name, row in answer.json["mean_modulus_angstrom"].items():
        assert row["mean"] == pytest.approx(run["mean_modulus_angstrom"][name]["mean"], abs=1e-6)
        assert row["bond_valence_off"] == pytest.approx(
            run["mean_modulus_angstrom"][name]["bond_valence_off"], abs=1e-6
        )
    assert answer.json["bond_valence"]["gii"] == pytest.approx(run["bond_valence"][0]["gii"], rel=1e-6)
    assert answer.json["class_share_by_site"]["B"]["T"]["chance"] == pytest.approx(0.2747, abs=1e-3)
    assert (tmp_path / "order" / "figures" / "slice.png").stat().st_size > 0
    assert "x = 0 to 2" in fails("rmc", "analyze", refined, "--slice", "x=3", "-o", tmp_path / "other")
    assert "--zone-axis" in fails("rmc", "analyze", refined, "--zone-axis", "01")
    assert "--slice" in fails("rmc", "analyze", refined, "--slice", "5")


def test_single_boxes_are_analyzed_and_printed(refined, entrox, fails, tmp_path):
    answer = entrox("rmc", "analyze", refined / "boxes" / "seed-1-on.rmc6f", refined / "boxes" / "seed-2-off.xyz")
    assert answer.code == 0, answer.err
    assert "2 boxes" in answer.out
    assert "Thermal floor" in answer.out
    assert "there is no file" in fails("rmc", "analyze", tmp_path / "absent.rmc6f")
    assert "not the folder of a finished refinement" in fails("rmc", "analyze", tmp_path)


def test_runs_side_by_side_give_the_same_boxes(settings_file, refined, tmp_path, without_figures):
    code = main(["rmc", "run", str(settings_file), "--bond-valence", "on", "--workers", "2", "--seeds", "2", "-o",
                 str(tmp_path / "run"), "--quiet"])  # fmt: skip
    assert code == 4
    for seed in (1, 2):
        name = f"boxes/seed-{seed}-on.rmc6f"
        assert (tmp_path / "run" / name).read_bytes() == (refined / name).read_bytes()
