"""``entrox diffraction``: what is simulated is found again, and bad input is refused before the work."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from entrox.cli import main
from entrox.microscopy import simulate_scan


@pytest.fixture(scope="module")
def gold(tmp_path_factory):
    """Return a simulated pattern of gold; tests only read it."""
    path = tmp_path_factory.mktemp("diffraction") / "gold.hspy"
    options = ("--center-px", "130.5,124.0", "--axis-ratio", "1.01", "--angle-deg", "40", "--pixel-inverse-nm", "0.1")
    assert main(["diffraction", "simulate", "Au", "-o", str(path), "--size-px", "256", *options]) == 0
    return path


@pytest.fixture(scope="module")
def profile_run(gold):
    """Return the run folder of its profile; tests only read it."""
    folder = gold.parent / "run"
    options = ("--ellipse", "--reference-width-inverse-nm", "0.1", "-o", str(folder), "--quiet")
    assert main(["diffraction", "profile", str(gold), *options]) == 0
    return folder


def test_profile_finds_center_ellipse_and_rings_of_the_simulated_pattern(profile_run):
    found = json.loads((profile_run / "result.json").read_text())
    assert found["center_px"] == pytest.approx([130.5, 124.0], abs=0.05)
    assert found["ellipse"]["axis_ratio"] == pytest.approx(1.01, abs=5e-4)
    assert found["peaks"][0]["s_inverse_nm"] == pytest.approx(10.0 * np.sqrt(3.0) / 4.0782, rel=2e-3)
    first = found["peaks"][0]
    assert first["size_low_nm"] < first["size_nm"] < (first["size_high_nm"] or np.inf)
    for name in ("profile.csv", "rings.csv", "provenance.json", "figures/pattern.png", "figures/rings.svg"):
        assert (profile_run / name).stat().st_size > 100


def test_calibration_gives_the_pixel_back(gold, entrox):
    answer = entrox("diffraction", "profile", gold, "--calibrate", "Au", "--ellipse", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["calibration"]["pixel_inverse_nm"] == pytest.approx(0.1, rel=3e-3)
    assert answer.json["calibration"]["rings"][0]["label"] == "111"
    assert all(peak["size_nm"] is None for peak in answer.json["peaks"])


def test_a_pattern_without_scale_stays_in_pixels(gold, tmp_path, entrox):
    from entrox.microscopy import read_pattern, write_pattern

    write_pattern(tmp_path / "gold.npy", read_pattern(gold))
    answer = entrox("diffraction", "profile", tmp_path / "gold.npy")
    assert answer.code == 0
    assert "--calibrate Au" in answer.out
    assert "1/nm]" not in answer.out


def test_pdf_reads_the_profile_of_the_run_before(profile_run, tmp_path, entrox):
    options = ("--composition", "Au", "--s-min-inverse-angstrom", "0.2", "-o", tmp_path / "pdf", "--json")
    answer = entrox("diffraction", "pdf", profile_run / "profile.csv", *options)
    assert answer.code == 0, answer.err
    assert answer.json["tail_window_inverse_angstrom"][1] <= answer.json["s_range_inverse_angstrom"][1]
    assert {"r_angstrom", "error_angstrom", "width_angstrom"} <= set(answer.json["peaks"][0])
    with (tmp_path / "pdf" / "pdf.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 500
    assert (tmp_path / "pdf" / "figures" / "reduction.png").exists()
    again = entrox("diffraction", "pdf", profile_run / "profile.csv", *options)
    assert again.code == 2
    assert "--overwrite" in again.err


def test_strain_of_a_pattern_against_itself_is_nothing(gold, entrox):
    answer = entrox("diffraction", "strain", gold, gold, "--json")
    assert answer.code == 0, answer.err
    assert abs(answer.json["strain_parallel"]) < 1e-9
    assert answer.json["n_rings"] >= 3


def test_scan_divides_crystal_from_glass_and_counts_independent_patterns(tmp_path, entrox):
    share = np.zeros((8, 10))
    share[:, 6:] = 0.6
    np.save(tmp_path / "scan.npy", simulate_scan(share, np.random.default_rng(1), size_px=48, ring_px=14.0))
    answer = entrox(
        "diffraction", "scan", tmp_path / "scan.npy", "--ring-px", "10-18", "--scan-step-nm", 0.4, "--probe-nm", 1,
        "--glass", "rect:0,0,5,7", "--region", "rect:6,0,9,7", "-o", tmp_path / "run", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json["crystal_share"] == pytest.approx(0.4, abs=0.02)
    assert answer.json["regions"][0]["n_patterns"] == 32
    assert answer.json["regions"][0]["n_independent"] < 16
    assert (tmp_path / "run" / "region_1.hspy").exists()
    assert (tmp_path / "run" / "figures" / "crystallinity.png").exists()


def test_track_follows_a_peak_through_files(tmp_path, entrox):
    r = 0.02 * np.arange(1, 300)
    files = []
    for strain in (0.0, 0.02, 0.04):
        path = tmp_path / f"{strain}.csv"
        values = np.exp(-0.5 * ((r - 2.7 - 0.4 * strain) / 0.2) ** 2)
        lines = [f"{a:.3f},{b:.6f}" for a, b in zip(r, values, strict=True)]
        path.write_text("\n".join(["r_angstrom,g_pdf_per_square_angstrom", *lines]))
        files.append(path)
    answer = entrox(
        "diffraction", "track", *files, "--strain-percent", "0,2,4", "--window-angstrom", "2.0-3.4", "--json"
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.json["slope_angstrom"] == pytest.approx(0.4, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("profile", "missing.tif"), "there is no file"),
        (("profile", "{gold}", "--calibrate", "Unobtainium"), "no standard"),
        (("profile", "{gold}", "--calibrate", "Au", "--pixel-inverse-nm", "0.1"), "not both"),
        (("profile", "{gold}", "--convergence-mrad", "1.2"), "discs need both"),
        (("profile", "{gold}", "--range-px", "50-40"), "must rise"),
        (("profile", "{gold}", "--polygon-px", "1,2,3,4"), "three or more corners"),
        (("pdf", "{gold}", "--composition", "SiO2", "--window", "hann"), "no window"),
        (("pdf", "missing.csv", "--composition", "Md2O3"), "mott-bethe"),
        (("pdf", "missing.csv", "--composition", "SiO2"), "there is no file"),
        (("scan", "missing.npy", "--ring-px", "3-5"), "there is no file"),
        (("simulate", "Au", "-o", "{gold}"), "--overwrite"),
        (("track", "{gold}", "--strain-percent", "0,1", "--window-angstrom", "2-3"), "one number for each"),
    ],
)
def test_bad_input_is_refused_by_name(gold, fails, arguments, text):
    message = fails("diffraction", *(str(item).replace("{gold}", str(gold)) for item in arguments))
    assert text in message


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--rings-px", "42,5000"), "rings must lie where the profile is fitted"),
        (("--shape", "triangular"), "no line shape 'triangular'"),
        (("--center-px", "900,900"), "must begin near the picture of 256 x 256 px; got 900, 900"),
    ],
)
def test_options_that_no_pattern_can_answer_are_refused(gold, fails, options, text):
    assert text in fails("diffraction", "profile", gold, *options)


def test_patterns_of_two_camera_lengths_have_no_strain(gold, tmp_path, fails):
    other = tmp_path / "near.hspy"
    line = ("diffraction", "simulate", "Au", "-o", str(other), "--size-px", "256", "--pixel-inverse-nm", "0.11")
    assert main([*line, "--seed", "2"]) == 0
    assert "one camera length" in fails("diffraction", "strain", gold, other)


def test_a_dead_pixel_of_a_scan_is_named_by_its_pattern(tmp_path, fails):
    scan = simulate_scan(np.zeros((4, 5)), np.random.default_rng(1), size_px=32, ring_px=10.0).astype(float)
    scan[2, 3, 4, 5] = np.nan
    np.save(tmp_path / "scan.npy", scan)
    message = fails("diffraction", "scan", tmp_path / "scan.npy", "--ring-px", "7-13")
    assert "scan row 2, column 3" in message


def test_tracking_says_which_columns_a_table_has(tmp_path, fails):
    (tmp_path / "other.csv").write_text("x,y\n1,2\n3,4\n", encoding="utf-8")
    options = ("--strain-percent", "0", "--window-angstrom", "2-3")
    assert "got x, y" in fails("diffraction", "track", tmp_path / "other.csv", *options)


def test_an_axis_ratio_below_one_has_no_long_axis(tmp_path, fails):
    assert "--axis-ratio" in fails("diffraction", "simulate", "Au", "-o", tmp_path / "x.npy", "--axis-ratio", "0.9")


def test_labels_of_neighboring_rings_do_not_overlap(gold):
    from matplotlib.text import Text

    from entrox.microscopy import analyze_pattern, read_pattern
    from entrox.plots.diffraction import plot_rings

    axes = plot_rings(analyze_pattern(read_pattern(gold)))
    figure = axes.get_figure()
    figure.canvas.draw()
    boxes = [Text.get_window_extent(text) for text in axes.texts]  # without the lines to the rings
    assert len(boxes) > 5
    assert not any(one.overlaps(two) for k, one in enumerate(boxes) for two in boxes[:k])
