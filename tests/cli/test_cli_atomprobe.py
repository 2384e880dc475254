"""``entrox atomprobe``: what each command answers, writes and refuses."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from entrox.cli import main

DATA = Path(__file__).parents[1] / "data" / "apt"
EXAMPLES = Path(__file__).parents[2] / "examples"
QUICK = ("--sizes-nm", "1,2", "--origins", "2", "--relabelings", "39", "--bootstraps", "20")

RANDOM_TIP = """
[tip]
box_nm = [8.0, 8.0, 8.0]

[composition]
Ni = 0.5
Co = 0.3
Cr = 0.2

[sites]
kind = "poisson"
density_per_nm3 = 20.0

[truth]
sizes_nm = [2.0]
"""
CLUSTERED = """
[labels]
kind = "field"
correlation_length_nm = 1.0
amplitude = 0.8
"""


@pytest.fixture(scope="module")
def tips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two small simulated tips, ``random`` and ``clustered``; tests only read it."""
    folder = tmp_path_factory.mktemp("tips")
    for name, text in (("random", RANDOM_TIP), ("clustered", RANDOM_TIP + CLUSTERED)):
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        arguments = ["atomprobe", "simulate", str(folder / f"{name}.toml"), "-o", str(folder / name), "--seed", "3"]
        assert main(arguments) == 0
    return folder


def cloud(tips: Path, name: str) -> tuple[Path, str, Path]:
    return tips / name / "tip.pos", "--ranges", tips / name / "tip.rrng"


def test_a_simulated_tip_is_written_with_its_truth_and_its_record(tips: Path) -> None:
    folder = tips / "clustered"
    names = {path.name for path in folder.iterdir()}
    assert {"tip.pos", "tip.rrng", "truth.json", "truth_labels.npz", "provenance.json"} <= names
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    assert truth["excess_information"][0] > 0.02
    assert (folder / "tip.pos").stat().st_size == 16 * truth["n_recorded"]
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert (record["status"], record["seed"]) == ("finished", 3)
    assert list(record["input_sha256"]) == ["clustered.toml"]


def test_simulate_gives_the_same_tip_for_the_same_seed_and_keeps_what_is_there(
    tips: Path, entrox: Any, fails: Any, tmp_path: Path
) -> None:
    settings, run = tips / "random.toml", tmp_path / "run"
    answer = entrox("atomprobe", "simulate", settings, "-o", run, "--seed", 3, "--json")
    assert answer.code == 0
    assert answer.json["n_ions"] == answer.json["truth"]["n_recorded"]
    first = (run / "tip.pos").read_bytes()
    assert first == (tips / "random" / "tip.pos").read_bytes()
    assert "--overwrite" in fails("atomprobe", "simulate", settings, "-o", run)
    assert (run / "tip.pos").read_bytes() == first
    assert entrox("atomprobe", "simulate", settings, "-o", run, "--seed", 4, "--overwrite").code == 0
    assert (run / "tip.pos").read_bytes() != first


def test_simulate_refuses_settings_that_are_no_tip(fails: Any, tmp_path: Path) -> None:
    path = tmp_path / "tip.toml"
    path.write_text(RANDOM_TIP.replace("Cr = 0.2", "Cr = 0.3"), encoding="utf-8")
    assert "sum to 1" in fails("atomprobe", "simulate", path, "-o", tmp_path / "run")
    path.write_text("[tip\n", encoding="utf-8")
    assert "tip.toml" in fails("atomprobe", "simulate", path, "-o", tmp_path / "run")
    fails("atomprobe", "simulate", tmp_path / "absent.toml", "-o", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_info_counts_ranges_and_composes_a_real_alloy(entrox: Any) -> None:
    files = (EXAMPLES / "cocrni" / "cocrni.pos", "--ranges", EXAMPLES / "cocrni" / "cocrni.rrng")
    found = entrox("atomprobe", "info", *files, "--json").json
    assert (found["n_ions"], found["ranged_ions"], found["n_duplicate_positions"]) == (39944, 33831, 0)
    stored = np.fromfile(files[0], dtype=">f4").reshape(-1, 4).astype(float)
    assert found["extent_nm"] == pytest.approx(np.ptp(stored[:, :3], axis=0).tolist())
    assert found["atomic_composition"]["Cr"]["count"] == 12282
    assert sum(item["percent"] for item in found["atomic_composition"].values()) == pytest.approx(100.0)
    assert found["format"] == "pos"
    text = entrox("atomprobe", "info", *files).out
    for words in ("39,944", "33,831 (84.7 %)", "Ion cloud", "12,282"):
        assert words in text


def test_info_without_ranges_says_nothing_of_composition(entrox: Any, tips: Path) -> None:
    found = entrox("atomprobe", "info", tips / "random" / "tip.pos", "--json").json
    assert found["ranged_ions"] is None
    assert found["atomic_composition"] is None


def test_spectrum_of_a_table_gives_ranges_composition_and_charge_states(entrox: Any, tmp_path: Path) -> None:
    files = (DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz", "--ranges", DATA / "nist_al2o3" / "R20_28295.RRNG")
    answer = entrox("atomprobe", "spectrum", *files, "--background", "none", "-o", tmp_path / "run", "--json")
    found = answer.json
    counts: dict[str, float] = {}
    for item in found["ranges"]:
        name = f"{item['ion']}{'+' * item['charge']}"
        counts[name] = counts.get(name, 0.0) + item["counts"]
    assert (counts["Al+++"], counts["Al++"], counts["Al+"]) == (3291, 26419, 4205)
    assert found["n_ranged"] == 77691
    assert found["composition_at_percent"]["O"] == pytest.approx(51.7, abs=0.05)
    assert found["charge_state_ratios"][0]["ratio"] > 0
    names = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    figures = {"figures/spectrum.png", "figures/spectrum.svg"}
    assert names == {"result.json", "spectrum.csv", "provenance.json", *figures}
    with (tmp_path / "run" / "spectrum.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(float(row["events"]) for row in rows) == 90156
    assert "--overwrite" in entrox("atomprobe", "spectrum", *files, "-o", tmp_path / "run").err


def test_spectrum_of_a_cloud_takes_off_its_background(entrox: Any, tips: Path) -> None:
    found = entrox("atomprobe", "spectrum", *cloud(tips, "random"), "--background", "sideband", "--json").json
    assert found["background_method"] == "sideband"
    assert {item["ion"] for item in found["ranges"]} == {"Ni", "Co", "Cr"}
    assert all(item["corrected"] <= item["counts"] for item in found["ranges"])
    assert found["composition_at_percent"]["Ni"] == pytest.approx(50.0, abs=2.0)
    peaks = entrox("atomprobe", "spectrum", tips / "random" / "tip.pos")
    assert peaks.code == 0
    assert "Peak [Da]" in peaks.out


def test_spectrum_refuses_what_it_cannot_do(fails: Any, tips: Path) -> None:
    assert "sideband" in fails("atomprobe", "spectrum", *cloud(tips, "random"), "--background", "guess")
    assert "range" in fails("atomprobe", "spectrum", tips / "random" / "tip.pos", "--solve-overlaps")
    assert "bin_da" in fails("atomprobe", "spectrum", *cloud(tips, "random"), "--bin-da", 0)


def test_entropy_tells_a_random_tip_from_a_clustered_one(entrox: Any, tips: Path) -> None:
    many = ("--sizes-nm", "1,2", "--relabelings", "99", "--bootstraps", "50")
    random, clustered = (
        entrox("atomprobe", "entropy", *cloud(tips, n), *many, "--json").json for n in ("random", "clustered")
    )
    assert random["verdict"] == "consistent_with_random"
    assert random["sume"]["sume_bc_nm"] is None
    assert clustered["verdict"] in ("not_reached", "resolved")
    assert clustered["family_p"] == pytest.approx(0.01)
    truth = json.loads((tips / "clustered" / "truth.json").read_text(encoding="utf-8"))
    assert clustered["scan"]["excess_information"][1] == pytest.approx(truth["excess_information"][0], rel=0.25)


def test_json_of_entropy_has_every_part_under_its_key(entrox: Any, tips: Path) -> None:
    asked = (
        "--radii-nm", "0.5,1", "--neighbors-k", "8", "--shells-nm", "0,0.4,0.8", "--paper-mode", "--efficiency", "0.5",
        "--cell-volume-nm3", "0.05", "--species", "Ni,Co",
    )  # fmt: skip
    found = entrox("atomprobe", "entropy", *cloud(tips, "clustered"), *QUICK, *asked, "--json").json
    parts = {"scan", "sume", "detectable", "neighborhoods", "nearest_neighbors", "pairs", "paper_mode"}
    other = {"verdict", "verdict_text", "family_p", "sublattice_entropy", "sublattices", "settings", "notices"}
    assert set(found) == parts | other
    assert found["scan"]["species"] == ["Ni", "Co"]
    assert "excess_bootstrap" not in found["scan"]
    assert found["neighborhoods"]["radius_nm"] == [0.5, 1.0]
    assert found["nearest_neighbors"]["n_per_area_mean"] == [9.0]
    assert found["pairs"]["shell_upper_nm"] == [0.4, 0.8]
    assert found["paper_mode"]["warning"]
    assert found["settings"]["efficiency"] == 0.5
    text = entrox("atomprobe", "entropy", *cloud(tips, "clustered"), *QUICK, *asked).out
    for words in ("Ions per cube", "Null [R]", "Ions per area", "Warren-Cowley", "Published construction", "family p"):
        assert words in text


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(entrox: Any, tips: Path) -> None:
    first, again, other = (
        entrox("atomprobe", "entropy", *cloud(tips, "random"), *QUICK, "--seed", seed, "--json").json
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first["scan"]["entropy_weighted"] == other["scan"]["entropy_weighted"]
    assert first["scan"]["sd_null"] != other["scan"]["sd_null"]


def test_run_folder_of_entropy_holds_report_figures_tables_and_record(entrox: Any, tips: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("atomprobe", "entropy", *cloud(tips, "clustered"), *QUICK, "--radii-nm", "0.5,1", "-o", run)
    assert answer.code == 0
    assert "report.html" in answer.err
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    figures = {f"figures/{name}.{kind}" for name in ("entropy_scan", "neighborhoods") for kind in ("png", "svg")}
    assert names == {"result.json", "scan.csv", "scan.nc", "report.html", "provenance.json", *figures}
    with (run / "scan.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    content = json.loads((run / "result.json").read_text(encoding="utf-8"))
    for name in ("size_nm", "n_per_area_mean", "entropy_weighted", "excess_information"):
        assert [float(row[name]) for row in rows] == content["scan"][name]
    record = json.loads((run / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert set(record["input_sha256"]) == {"tip.pos", "tip.rrng"}
    report = (run / "report.html").read_text(encoding="utf-8")
    assert content["verdict_text"].startswith("Segregated")
    assert "Segregated" in report
    assert record["input_sha256"]["tip.pos"] in report


def test_a_map_is_written_where_it_is_asked_for(entrox: Any, tips: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    answer = entrox("atomprobe", "entropy", *cloud(tips, "random"), *QUICK, "--map-spacing-nm", 1, "-o", run, "--quiet")
    assert (answer.code, answer.out) == (0, "")
    assert (run / "map.nc").is_file()
    assert (run / "figures" / "entropy_map.png").is_file()
    again = entrox("atomprobe", "entropy", *cloud(tips, "random"), *QUICK, "-o", run, "--overwrite", "--quiet")
    assert again.code == 0
    assert not (run / "map.nc").exists()


def test_a_run_folder_is_replaced_only_when_asked_and_only_if_ours(
    entrox: Any, fails: Any, tips: Path, tmp_path: Path
) -> None:
    run, foreign = tmp_path / "run", tmp_path / "foreign"
    files = cloud(tips, "random")
    assert entrox("atomprobe", "entropy", *files, *QUICK, "-o", run, "--quiet").code == 0
    before = (run / "result.json").read_bytes()
    assert "--overwrite" in fails("atomprobe", "entropy", *files, *QUICK, "-o", run)
    assert (run / "result.json").read_bytes() == before
    assert entrox("atomprobe", "entropy", *files, *QUICK, "--seed", 9, "-o", run, "--overwrite", "--quiet").code == 0
    assert (run / "result.json").read_bytes() != before
    foreign.mkdir()
    (foreign / "scan.csv").write_text("mine\n", encoding="utf-8")
    assert "scan.csv" in fails("atomprobe", "entropy", *files, *QUICK, "-o", foreign, "--overwrite")
    assert (foreign / "scan.csv").read_text(encoding="utf-8") == "mine\n"


def test_sublattices_are_scanned_apart_and_anions_never_enter(entrox: Any, tmp_path: Path) -> None:
    rocksalt = (EXAMPLES / "tip_rocksalt.toml").read_text(encoding="utf-8")
    (tmp_path / "tip.toml").write_text(rocksalt.replace("[16.0, 16.0, 30.0]", "[8.0, 8.0, 8.0]"), encoding="utf-8")
    assert entrox("atomprobe", "simulate", tmp_path / "tip.toml", "-o", tmp_path / "tip").code == 0
    sites = tmp_path / "sites.toml"
    sites.write_text(
        '[cations]\nspecies = ["Co", "Cu", "Mg", "Ni", "Zn"]\nsites = 1\n[anions]\nspecies = ["O"]\nsites = 1\n',
        encoding="utf-8",
    )
    files = (tmp_path / "tip" / "tip.epos", "--ranges", tmp_path / "tip" / "tip.rrng")
    found = entrox("atomprobe", "entropy", *files, "--sublattices", sites, *QUICK, "--json").json
    assert found["scan"]["species"] == ["Co", "Cu", "Mg", "Ni", "Zn"]
    assert set(found["sublattices"]) == {"cations"}
    per_cation = found["sublattice_entropy"]["per_cation"]
    assert per_cation == pytest.approx(np.log(5), abs=0.01)
    assert found["sublattice_entropy"]["per_atom"] == pytest.approx(per_cation / 2)
    # a molecular ion puts atoms at one point: relabeling whole events finds nothing
    assert found["verdict"] == "consistent_with_random"
    pulses = entrox("atomprobe", "entropy", *files, "--sublattices", sites, *QUICK, "--events", "pulse", "--json").json
    assert pulses["scan"]["n_events"] < found["scan"]["n_events"]


def test_a_structure_that_ase_reads_needs_no_ranges(entrox: Any, fails: Any, tmp_path: Path, tips: Path) -> None:
    from ase.build import bulk

    atoms = bulk("Cu", "fcc", a=3.6, cubic=True).repeat(7)
    atoms.symbols[:] = np.random.default_rng(1).permutation(["Cu", "Ni"] * (len(atoms) // 2))
    atoms.write(tmp_path / "alloy.xyz", format="extxyz")
    found = entrox("atomprobe", "entropy", tmp_path / "alloy.xyz", "--sizes-nm", "0.6,1.2", *QUICK[2:], "--json").json
    assert found["scan"]["n_atoms"] == len(atoms)
    assert found["scan"]["entropy_bulk"] == pytest.approx(np.log(2))
    ranges = tips / "random" / "tip.rrng"
    assert "--ranges" in fails("atomprobe", "entropy", tmp_path / "alloy.xyz", "--ranges", ranges)


def test_a_box_and_a_text_table_are_read_as_the_cloud_itself(entrox: Any, tips: Path, tmp_path: Path) -> None:
    ions = np.fromfile(tips / "random" / "tip.pos", dtype=">f4").reshape(-1, 4).astype(float)
    np.savetxt(tmp_path / "tip.csv", ions, delimiter=",", fmt="%.9g")
    ranges = ("--ranges", tips / "random" / "tip.rrng")
    binary, text = (
        entrox("atomprobe", "entropy", path, *ranges, *QUICK, "--json").json
        for path in (tips / "random" / "tip.pos", tmp_path / "tip.csv")
    )
    for name in ("n_areas", "entropy_weighted", "excess_information", "p"):
        assert text["scan"][name] == binary["scan"][name]
    half = entrox(
        "atomprobe", "entropy", tips / "random" / "tip.pos", *ranges, *QUICK, "--box-nm", "0,8,0,8,0,4", "--json"
    ).json
    assert half["scan"]["n_atoms"] == int((ions[:, 2] < 4).sum())


def test_a_spectrum_has_no_local_entropy(fails: Any) -> None:
    folder = DATA / "nist_al2o3"
    message = fails("atomprobe", "entropy", folder / "R20_28299_S9_MS.csv.gz", "--ranges", folder / "R20_28295.RRNG")
    assert "no positions" in message
    assert "entrox atomprobe spectrum" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--species", "Ni,Fe"), "Fe"),
        (("--species", "Ni"), "two species"),
        (("--box-nm", "50,60,0,8,0,8"), "no counted point"),
        (("--box-nm", "0,8,0,8"), "6 numbers"),
        (("--box-nm", "8,0,0,8,0,8"), "lower"),
        (("--sizes-nm", "1,two"), "--sizes-nm"),
        (("--sizes-nm", "-1"), "--sizes-nm"),
        (("--radii-nm", "0"), "--radii-nm"),
        (("--cell-aspect", "1,1"), "3 numbers"),
        (("--alpha", "1"), "--alpha"),
        (("--tolerance", "0"), "--tolerance"),
        (("--efficiency", "37"), "--efficiency"),
        (("--events", "atom"), "--events"),
        (("--events", "pulse"), "pulse"),
        (("--alternative", "both"), "--alternative"),
        (("--strata-nm", "0"), "--strata-nm"),
        (("--map-spacing-nm", "-1"), "--map-spacing-nm"),
        (("--shells-nm", "0.5,0.3"), "shells"),
    ],
)
def test_entropy_refuses_bad_options_by_their_name(
    options: tuple[str, ...], words: str, fails: Any, tips: Path, tmp_path: Path
) -> None:
    arguments = [*QUICK, *options]
    assert words in fails("atomprobe", "entropy", *cloud(tips, "random"), *arguments, "-o", tmp_path / "run")


def test_entropy_needs_files_that_are_there_and_ranges_for_a_cloud(fails: Any, tips: Path, tmp_path: Path) -> None:
    file, _, ranges = cloud(tips, "random")
    assert "--ranges" in fails("atomprobe", "entropy", file)
    assert "no file" in fails("atomprobe", "entropy", tmp_path / "absent.pos", "--ranges", ranges)
    assert "no file" in fails("atomprobe", "entropy", file, "--ranges", tmp_path / "absent.rrng")
    assert "no file" in fails("atomprobe", "entropy", file, "--ranges", ranges, "--sublattices", tmp_path / "s.toml")
    assert "no file" in fails("atomprobe", "info", tmp_path / "absent.pos")


def test_files_cut_short_or_of_the_wrong_kind_are_refused_with_their_sizes(
    fails: Any, tips: Path, tmp_path: Path
) -> None:
    file, _, ranges = cloud(tips, "random")
    content = file.read_bytes()
    cut, empty, little = (tmp_path / name for name in ("cut.pos", "empty.pos", "little.pos"))
    cut.write_bytes(content[:-7])
    empty.write_bytes(b"")
    little.write_bytes(np.frombuffer(content, ">f4").astype("<f4").tobytes())
    assert "16" in fails("atomprobe", "info", cut)
    assert "empty" in fails("atomprobe", "info", empty)
    assert "little" in fails("atomprobe", "info", little)
    assert "16" in fails("atomprobe", "entropy", cut, "--ranges", ranges)
    text = tmp_path / "note.xyz"
    text.write_text("no structure\n", encoding="utf-8")
    assert "structure" in fails("atomprobe", "entropy", text)


def test_little_endian_and_invalid_ions_are_read_when_asked(
    entrox: Any, fails: Any, tips: Path, tmp_path: Path
) -> None:
    ions = np.fromfile(tips / "random" / "tip.pos", dtype=">f4").reshape(-1, 4)
    ions.astype("<f4").tofile(tmp_path / "little.pos")
    found = entrox("atomprobe", "info", tmp_path / "little.pos", "--byte-order", "little", "--json").json
    assert found["n_ions"] == len(ions)
    ions[5, 0] = np.nan
    ions.tofile(tmp_path / "holes.pos")
    assert "drop" in fails("atomprobe", "info", tmp_path / "holes.pos")
    answer = entrox("atomprobe", "info", tmp_path / "holes.pos", "--drop-invalid", "--json")
    assert answer.json["n_ions"] == len(ions) - 1


def test_ranges_that_are_malformed_overlap_or_miss_the_ions_are_refused(fails: Any, tips: Path, tmp_path: Path) -> None:
    file, _, ranges = cloud(tips, "random")
    text = ranges.read_text(encoding="utf-8")
    broken = tmp_path / "broken.rrng"
    line = next(line for line in text.splitlines() if line.startswith("Range1="))
    upper = float(line.split("=")[1].split()[1])
    broken.write_text(text.replace(line, line.replace(line.split()[1], f"{upper - 50:.4f}")), encoding="utf-8")
    assert "broken.rrng" in fails("atomprobe", "info", file, "--ranges", broken)
    far = tmp_path / "far.rrng"
    far.write_text(
        "[Ions]\nNumber=1\nIon1=U\n[Ranges]\nNumber=1\nRange1=237.5 238.5 Vol:0 U:1 Color:FF0000\n", encoding="utf-8"
    )
    assert "Da" in fails("atomprobe", "entropy", file, "--ranges", far)
    mixed = tmp_path / "mixed.rrng"
    mixed.write_text(
        "[Ions]\nNumber=2\nIon1=Ni\nIon2=Co\n[Ranges]\nNumber=2\nRange1=50 62 Vol:0 Ni:1 Color:FF0000\n"
        "Range2=58.5 62 Vol:0 Co:1 Color:00FF00\n",
        encoding="utf-8",
    )
    assert "overlap" in fails("atomprobe", "entropy", file, "--ranges", mixed)


def test_sublattice_files_are_checked(fails: Any, tips: Path, tmp_path: Path) -> None:
    path = tmp_path / "sites.toml"
    for text, words in (
        ("", "no sublattice"),
        ("[a\n", "TOML"),
        ('[a]\nspecies = ["Ni", "Co"]\nsites = 0\n', "sites"),
        ("[a]\nsites = 1\n", "species"),
        ('[a]\nspecies = ["Ni"]\nsites = 1\n', "two species"),
    ):
        path.write_text(text, encoding="utf-8")
        assert words in fails("atomprobe", "entropy", *cloud(tips, "random"), *QUICK, "--sublattices", path)


def test_too_few_ions_say_so(fails: Any, tips: Path, tmp_path: Path) -> None:
    file, _, ranges = cloud(tips, "random")
    (tmp_path / "few.pos").write_bytes(file.read_bytes()[: 16 * 60])
    assert "100" in fails("atomprobe", "entropy", tmp_path / "few.pos", "--ranges", ranges, *QUICK)


def test_sizes_that_cannot_be_tested_end_without_an_answer_but_with_what_there_is(
    entrox: Any, tips: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    answer = entrox("atomprobe", "entropy", *cloud(tips, "random"), "--sizes-nm", "100", *QUICK[2:], "-o", run)
    assert answer.code == 4
    assert json.loads((run / "result.json").read_text(encoding="utf-8"))["verdict"] == "not_informative"
    assert "No answer" in (run / "report.html").read_text(encoding="utf-8")


def test_help_names_every_command_and_option_once(entrox: Any) -> None:
    text = entrox("atomprobe", "--help").out
    for command in ("info", "spectrum", "entropy", "simulate"):
        assert command in text
    options = entrox("atomprobe", "entropy", "--help").out
    for option in ("--ranges", "--sizes-nm", "--relabelings", "--paper-mode", "--sublattices", "--map-spacing-nm"):
        assert options.count(f"{option} ") >= 1
    assert "Example:" in options
