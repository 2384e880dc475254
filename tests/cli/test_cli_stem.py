"""``entrox stem``: what is simulated is found again, with its error, and bad input is refused by name."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase.io import write

from entrox.cli import main
from entrox.structure.perovskite import build_perovskite

RECIPE = """
[crystal]
cells = [14, 14]
field = "uniform"
magnitude_pm = 20
direction_deg = 30

[image]
pixel_size_pm = 12
"""
CHEAP = ("--null-fields", 2)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a simulated image; tests only read it."""
    folder = tmp_path_factory.mktemp("stem")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    assert main(["stem", "simulate", str(folder / "recipe.toml"), "-o", str(folder / "run"), "--quiet"]) == 0
    return folder / "run"


@pytest.fixture(scope="module")
def analyzed(simulated: Path) -> Path:
    """Return the run folder of its analysis; tests only read it."""
    folder = simulated.parent / "analysis"
    options = ("--null-fields", "2", "--thickness-cells", "4", "-o", str(folder), "--quiet")
    assert main(["stem", "analyze", str(simulated / "image.tif"), *options]) == 0
    return folder


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_simulated_image_comes_with_its_truth_and_settings(simulated, tmp_path, entrox):
    truth = rows_of(simulated / "truth.csv")
    moved = np.array([[float(row["dx_pm"]), float(row["dy_pm"])] for row in truth if row["sublattice"] == "B"])
    assert len(moved) == 13 * 13
    assert moved.mean(axis=0) == pytest.approx(20.0 * np.array([np.cos(np.pi / 6), np.sin(np.pi / 6)]), abs=1e-6)
    again = entrox("stem", "simulate", simulated / "settings.toml", "-o", tmp_path / "again", "--json")
    assert again.code == 0, again.err
    assert np.array_equal(np.load(simulated / "image.npy"), np.load(tmp_path / "again" / "image.npy"))
    assert again.json["rms_d_pm"] == pytest.approx(20.0)
    other = entrox("stem", "simulate", simulated / "settings.toml", "-o", tmp_path / "seed", "--seed", 2, "--json")
    assert not np.array_equal(np.load(simulated / "image.npy"), np.load(tmp_path / "seed" / "image.npy"))
    assert other.json["n_columns"] == {"A": 196, "B": 169, "O": 0}


def test_options_overrule_the_recipe(simulated, tmp_path, entrox):
    answer = entrox(
        "stem", "simulate", simulated / "settings.toml", "--pixel-size-pm", 20, "--dose-per-square-angstrom", 500, "-o",
        tmp_path / "run", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json["shape_px"] == [280, 280]
    record = json.loads((tmp_path / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert record["settings"]["image"]["dose_per_square_angstrom"] == 500
    assert record["status"] == "finished"


def test_uniform_field_is_found_with_its_sign_and_error(analyzed):
    content = json.loads((analyzed / "result.json").read_text(encoding="utf-8"))
    assert content["n_columns"]["A"] == 196
    assert content["n_vectors"] == 169
    assert content["field_detected"] is True
    mean, sigma = content["field_mean_pm"], content["sigma_vector_pm"]
    assert mean["x"] == pytest.approx(17.32, abs=4.0 * sigma / 13.0 + 0.1)
    assert mean["y"] == pytest.approx(10.0, abs=4.0 * sigma / 13.0 + 0.1)
    assert content["class_share"]["<11>"]["value"] > 0.7
    weak = content["class_share"]["weak"]["value"]
    assert content["class_share"]["<10>"]["chance"] == pytest.approx(0.5 * (1.0 - weak))


def test_run_folder_holds_report_tables_figures_and_provenance(simulated, analyzed, entrox):
    for name in (
        "result.json", "report.json", "columns.csv", "vectors.csv", "analysis.nc", "report.html", "provenance.json",
        "figures/vectors.png", "figures/wheel.svg", "figures/magnitudes.png", "figures/residual.png",
    ):  # fmt: skip
        assert (analyzed / name).stat().st_size > 0, name
    assert len(rows_of(analyzed / "vectors.csv")) == 169
    record = json.loads((analyzed / "provenance.json").read_text(encoding="utf-8"))
    assert record["status"] == "finished"
    assert set(record["input_sha256"]) == {"image.tif"}
    page = (analyzed / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "null field" in page
    assert "These are no phases" in page
    fails = entrox("stem", "analyze", simulated / "image.tif", *CHEAP, "-o", analyzed)
    assert fails.code == 2
    assert "--overwrite" in fails.err


def test_image_without_the_size_of_a_pixel_is_measured_in_pixels(simulated, entrox):
    answer = entrox("stem", "analyze", simulated / "image.npy", "--null-fields", 0, "--json")
    assert answer.code == 0, answer.err
    assert answer.json["pixel_size_pm"] is None
    assert answer.json["sigma_vector_pm"] is None
    assert 0.0 < answer.json["sigma_vector_px"] < 0.5
    assert answer.json["field_detected"] is None


def test_known_period_gives_the_size_of_a_pixel_and_the_tables_their_unit(simulated, entrox):
    answer = entrox("stem", "analyze", simulated / "image.npy", *CHEAP, "--period-angstrom", 4.0)
    assert answer.code == 0, answer.err
    assert "rms |d| [pm]" in answer.out
    assert "Null field" in answer.out
    pixel = next(line for line in answer.out.splitlines() if line.startswith("Pixel"))
    assert float(pixel.split()[-1]) == pytest.approx(12.0, rel=2e-3)


def test_masked_filter_prints_the_gain_that_it_leaves(simulated, entrox):
    options = ("--filter", "lattice-mask", "--mask-radius-rlu", 0.2)
    answer = entrox("stem", "analyze", simulated / "image.tif", *CHEAP, *options, "--json")
    assert answer.code == 0, answer.err
    gain = answer.json["filter"]
    assert gain["kind"] == "lattice-mask"
    assert gain["gain_by_domain"]["1"] == pytest.approx(0.245, abs=1e-3)
    assert gain["empirical_gain"]["1"]["value"] == pytest.approx(0.245, abs=0.1)


def test_frames_are_projected_through_a_stated_thickness(tmp_path, entrox, fails):
    box = build_perovskite("Ba", "Ti", (5, 5, 4), 4.0)
    box.positions[box.symbols == "Ti", 0] += 0.15
    write(tmp_path / "frame.extxyz", box)
    answer = entrox(
        "stem", "simulate", tmp_path / "frame.extxyz", "--thickness-cells", 4, "-o", tmp_path / "run", "--json"
    )
    assert answer.code == 0, answer.err
    assert answer.json["n_columns"] == {"A": 36, "B": 25, "O": 0}
    assert answer.json["mean_d_pm"]["x"] == pytest.approx(15.0, abs=0.01)
    assert "thickness" in fails("stem", "simulate", tmp_path / "frame.extxyz", "-o", tmp_path / "other")
    assert fails("stem", "simulate", tmp_path / "frame.extxyz", "--thickness-cells", 9, "-o", tmp_path / "third")


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a stack of four frames whose rows drift and jitter; tests only read it."""
    folder = tmp_path_factory.mktemp("stack")
    recipe = RECIPE.replace("[14, 14]", "[11, 11]").replace("= 12", "= 20") + "dose_per_square_angstrom = 600\n"
    (folder / "recipe.toml").write_text(recipe, encoding="utf-8")
    moves = ("--row-jitter-pm", "10", "--drift-pm-per-row", "0.2")
    frames = []
    for seed in range(4):
        run = folder / str(seed)
        options = (*moves, "--seed", str(seed), "-o", str(run), "--quiet")
        assert main(["stem", "simulate", str(folder / "recipe.toml"), *options]) == 0
        frames.append(np.load(run / "image.npy"))
    np.save(folder / "stack.npy", np.array(frames))
    return folder / "stack.npy"


def test_all_frames_of_a_stack_tell_the_errors_from_their_halves(stack, tmp_path, entrox):
    pixel = ("--pixel-size-pm", 20, "--null-fields", 0)
    whole = entrox("stem", "analyze", stack, *pixel, "--frame", "all", "--json")
    assert whole.code == 0, whole.err
    halves = whole.json["split_halves"]
    assert halves["frames_per_half"] == 2
    for site in "AB":
        row = halves["sites"][site]
        # every frame has its own row jitter: along the rows it is in the scatter, and in no covariance
        assert row["error_pm"]["y"] == pytest.approx(row["predicted_pm"]["y"], rel=0.25)
        assert row["error_pm"]["x"] > 1.3 * row["predicted_pm"]["x"]
    assert any(text.startswith("split_halves: A") for text in whole.json["warnings"])
    assert abs(whole.json["lattice_angle_deg"] - 90.0) == pytest.approx(0.57, abs=0.15)
    mask = np.zeros(np.load(stack).shape[1:], dtype=np.uint8)
    mask[-60:, :80] = 1
    np.save(tmp_path / "bar.npy", mask)
    masked = entrox("stem", "analyze", stack, *pixel, "--frame", "all", "--mask", tmp_path / "bar.npy")
    assert masked.code == 0, masked.err
    assert "Error of A from halves" in masked.out
    one = entrox("stem", "analyze", stack, *pixel, "--frame", 2, "--json")
    assert one.json["split_halves"] is None
    assert one.json["sigma_vector_pm"] > 1.6 * whole.json["sigma_vector_pm"]


def test_seed_draws_the_null_fields_and_workers_change_no_number(stack, entrox):
    options = ("--frame", 0, "--pixel-size-pm", 20, "--null-fields", 3, "--json")
    first, same, other = (
        entrox("stem", "analyze", stack, *options, *more)
        for more in (("--seed", 3), ("--seed", 3, "--workers", 2), ("--seed", 4))
    )
    assert first.code == 0, first.err
    assert first.out == same.out
    assert first.json["rms_d_pm"]["null"] != other.json["rms_d_pm"]["null"]
    assert first.json["rms_d_pm"]["raw"] == other.json["rms_d_pm"]["raw"]


def test_a_mask_leaves_a_burnt_in_bar_out_of_a_filtered_image(simulated, tmp_path, entrox):
    image = np.load(simulated / "image.npy")
    image[-40:, :160] = 10.0 * image.max()
    mask = np.zeros(image.shape, dtype=np.uint8)
    mask[-40:, :160] = 1
    np.save(tmp_path / "image.npy", image)
    np.save(tmp_path / "mask.npy", mask)
    options = ("--pixel-size-pm", 12, "--filter", "lattice-mask", "--mask-radius-rlu", 0.5, "--null-fields", 2)
    answer = entrox("stem", "analyze", tmp_path / "image.npy", *options, "--mask", tmp_path / "mask.npy", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["n_vectors"] > 60
    assert answer.json["rms_d_pm"]["raw"] == pytest.approx(20.0, rel=0.1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("--fit", "fast"), "--fit"),
        (("--frame", "-1"), "--frame"),
        (("--pixel-size-pm", "10", "--period-angstrom", "4"), "--period-angstrom"),
        (("--subtract-mean", "--subtract-plane"), "--subtract-plane"),
        (("--read-noise-counts", "3"), "--read-noise-counts"),
        (("--mask-radius-rlu", "-0.1"), "--mask-radius-rlu"),
        (("--mask", "absent.tif"), "absent.tif"),
        (("--positions", "absent.csv"), "absent.csv"),
        (("--zone-axis", "110"), "110"),
        (("--formula", "MgO"), "--formula: MgO"),
        (("--reference-a-angstrom", "4"), "--reference-b-angstrom"),
        (("--minimum-domain-cells", "0"), "--minimum-domain-cells"),
        (("--weak-sigma", "-1"), "--weak-sigma must be > 0"),
        (("--formula", "BaTiO3", "--pixel-size-pm", "20"), "BaTiO3 has about"),
        (("--displaced", "C"), "--displaced must be 'A', 'B' or 'both'"),
    ],
)
def test_a_wrong_option_is_named(change, said, simulated, fails):
    assert said in fails("stem", "analyze", simulated / "image.tif", *change)


def test_a_wrong_simulation_is_refused(simulated, tmp_path, fails):
    settings = simulated / "settings.toml"
    assert "--engine" in fails("stem", "simulate", settings, "--engine", "magic", "-o", tmp_path / "a")
    assert "--pixel-size-pm" in fails("stem", "simulate", settings, "--pixel-size-pm", -1, "-o", tmp_path / "b")
    assert "absent" in fails("stem", "simulate", tmp_path / "absent.toml", "-o", tmp_path / "c")
    (tmp_path / "wrong.toml").write_text("[crystal]\ncell = 5\n", encoding="utf-8")
    assert "cell" in fails("stem", "simulate", tmp_path / "wrong.toml", "-o", tmp_path / "d")
    assert not (tmp_path / "d").exists()


def test_noise_and_files_that_are_no_images_are_refused(tmp_path, fails):
    np.save(tmp_path / "noise.npy", np.random.default_rng(1).normal(size=(256, 256)))
    assert "period" in fails("stem", "analyze", tmp_path / "noise.npy")
    (tmp_path / "cut.tif").write_bytes(b"II*\x00\x08")
    assert "cut.tif" in fails("stem", "analyze", tmp_path / "cut.tif")
    assert "absent.tif" in fails("stem", "analyze", tmp_path / "absent.tif")
    np.save(tmp_path / "color.npy", np.zeros((64, 64, 3), dtype=np.uint8))
    assert "color" in fails("stem", "analyze", tmp_path / "color.npy")


def test_files_of_a_vendor_need_an_extra_that_the_message_names(tmp_path, entrox, monkeypatch):
    import sys

    (tmp_path / "image.dm4").write_bytes(b"\x00" * 64)
    for name in list(sys.modules):
        if name.split(".")[0] == "rsciio":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rsciio", None)
    answer = entrox("stem", "analyze", tmp_path / "image.dm4")
    assert answer.code == 3
    assert "microscopy" in answer.err


def test_multislice_needs_atoms_and_an_extra_that_the_message_names(simulated, tmp_path, entrox, fails, monkeypatch):
    import sys

    engine = ("--engine", "multislice", "-o", tmp_path / "run")
    assert "frames" in fails("stem", "simulate", simulated / "settings.toml", *engine)
    write(tmp_path / "frame.extxyz", build_perovskite("Ba", "Ti", (3, 3, 2), 4.0))
    assert "--thickness-cells" in fails("stem", "simulate", tmp_path / "frame.extxyz", "--thickness-cells", 2, *engine)
    monkeypatch.setitem(sys.modules, "abtem", None)
    answer = entrox("stem", "simulate", tmp_path / "frame.extxyz", *engine)
    assert answer.code == 3, answer.err
    assert "microscopy" in answer.err
    assert not (tmp_path / "run").exists()


def test_image_and_simulation_compare_through_their_reports(analyzed, tmp_path, entrox, fails):
    box = build_perovskite("Ba", "Ti", (6, 6, 4), 4.0)
    box.positions[box.symbols == "Ti", :2] += [0.1732, 0.1]
    rng, frames = np.random.default_rng(1), []
    for _ in range(2):
        frame = box.copy()
        frame.positions += rng.normal(0.0, 0.02, box.positions.shape)
        frames.append(frame)
    write(tmp_path / "md.extxyz", frames)
    view = (
        "--timestep-ps",
        10,
        "--window-ps",
        20,
        "--zone-axis",
        "001",
        "--measures",
        "displacement,phases",
        "--quiet",
    )
    for depth in (4, 2):
        options = (*view, "--thickness-cells", depth, "-o", tmp_path / f"md{depth}")
        assert entrox("polar", tmp_path / "md.extxyz", *options).code == 0
    answer = entrox("polar-compare", analyzed, tmp_path / "md4" / "image_report.json", "--bootstrap", 50, "--json")
    assert answer.code == 0, answer.err
    rows = [row for row in answer.json["differences"] if row["group"] == "B" and "rms" in row["quantity_name"]]
    assert rows
    assert all(row["first_value"] == pytest.approx(row["second_value"], rel=0.1) for row in rows)
    assert "thickness" in fails("polar-compare", analyzed, tmp_path / "md2" / "image_report.json")


@pytest.fixture(scope="module")
def bright_field(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a dark field, and a bright field of the same crystal with its oxygen; tests only read them."""
    folder = tmp_path_factory.mktemp("detectors")
    crystal = (
        RECIPE.replace("[14, 14]", "[10, 10]")
        .replace("= 20", "= 10")
        .replace("\n[image]", 'o_peak_ratio = 0.3\nzone_axis = "110"\n\n[image]')
    )
    lines = {"adf": "oxygen = false\n", "abf": 'contrast = "dark"\nbackground = 1.5\ndose_per_square_angstrom = 8000\n'}
    for name, more in lines.items():
        (folder / f"{name}.toml").write_text(crystal + more, encoding="utf-8")
        assert main(["stem", "simulate", str(folder / f"{name}.toml"), "-o", str(folder / name), "--quiet"]) == 0
    return folder / "adf" / "image.tif", folder / "abf" / "image.tif"


def test_bright_field_gives_displacements_off_oxygen_with_the_cations_of_the_dark_field(
    bright_field, tmp_path, entrox, fails
):
    adf, abf = bright_field
    view = ("--zone-axis", "110", "--reference", "oxygen", "--cations", adf, *CHEAP)
    answer = entrox("stem", "analyze", abf, *view, "--dark", "-o", tmp_path / "run", "--json")
    assert answer.code == 0, answer.err
    content = answer.json
    assert content["reference"] == "oxygen"
    assert [content["n_columns"][site] for site in "AB"] == [100, 90]
    # a column in the shoulder of a bright or dark neighbor may be overlooked, and is then missing in two cages
    assert 74 < content["n_columns"]["O"] <= 81
    assert content["n_vectors"] > 54
    mean = content["field_mean_pm"]
    assert [mean["x"], mean["y"]] == pytest.approx([8.66, 5.0], abs=5.0 * max(mean["sigma"]) + 0.1)
    record = json.loads((tmp_path / "run" / "provenance.json").read_text(encoding="utf-8"))
    assert record["settings"]["cations"] == str(adf)
    assert (tmp_path / "run" / "report.html").stat().st_size > 0
    assert "--dark" in fails("stem", "analyze", abf, *view)
    assert "--cations" in fails("stem", "analyze", abf, "--cations", "absent.tif")
    assert "oxygen" in fails("stem", "analyze", adf, "--zone-axis", "110", "--reference", "oxygen", *CHEAP)


def test_real_image_is_indexed_and_lies_above_its_null_field(entrox, external_data: Callable[[str], Path]):
    path = external_data("stem/NSMO_110_cryo_HAADF_registered_898x963_f32.tif")
    answer = entrox("stem", "analyze", path, "--period-angstrom", 3.86, "--null-fields", 3, "--json")
    assert answer.code == 0, answer.err
    content = answer.json
    assert sorted(content["period_px"]) == pytest.approx([21.1, 21.3], abs=0.1)
    assert content["noise"]["correlation_px"] > 1.5
    assert content["field_detected"] is True
