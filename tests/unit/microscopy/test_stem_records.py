"""Settings, record, tables and report of the analysis of an image; what bad images do to them."""

from __future__ import annotations

import csv
import dataclasses
import json

import numpy as np
import pytest
from pydantic import ValidationError

from entrox.core import InputError
from entrox.microscopy.analysis.analysis_dataset import analysis_dataset, write_analysis_dataset
from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.column_table import COLUMN_NAMES, write_column_table
from entrox.microscopy.analysis.stem_record import stem_record
from entrox.microscopy.analysis.stem_report import stem_report
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.analysis.vector_table import VECTOR_NAMES, write_vector_table
from entrox.microscopy.controls.field_detection import detect_field
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.scan.distortion import RowJitter
from entrox.microscopy.simulation.fields import domain_field
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.order.report.polar_report import read_polar_report, write_polar_report
from entrox.order.report.report_comparison import compare_reports

PLAIN = StemSettings(null_fields=0, bootstrap=50)
KEYS = {
    "n_columns", "n_vectors", "n_flagged", "pixel_size_pm", "period_px", "lattice_angle_deg", "rotation_deg",
    "a_site_decision", "sigma_column_pm", "sigma_vector_pm", "rms_d_pm", "mean_abs_d_pm", "field_mean_pm",
    "field_detected", "class_share", "correlation_length_nm", "domains", "row_jitter_pm", "filter", "strain",
    "warnings",
}  # fmt: skip


def picture(cells=12, seed=1, **crystal):
    rng = np.random.default_rng(seed)
    field = domain_field((cells - 1, cells - 1), 0.15, 4, rng)
    truth = perovskite_columns((cells, cells), displacement=field, **crystal)
    return simulate_micrograph(truth, SimulationSettings(), rng)


@pytest.fixture(scope="module")
def image():
    return picture()


@pytest.fixture(scope="module")
def analysis(image):
    settings = StemSettings(null_fields=3, bootstrap=50, displaced="both", thickness_cells=5)
    return analyze_micrograph(image, settings, np.random.default_rng(1), label="picture")


def test_the_record_has_every_key_and_is_plain_data(analysis):
    record = stem_record(analysis)
    assert set(record) >= KEYS
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["n_columns"] == {"A": 144, "B": 121, "O": 0}
    assert record["n_vectors"] == 121
    assert set(record["class_share"]) == {"weak", "<10>", "<11>"}
    assert set(record["class_share"]["<10>"]) == {"value", "interval", "chance", "null", "effective_number"}
    assert record["rms_d_pm"]["debiased"] == pytest.approx(15.0, abs=0.6)
    assert record["rms_d_pm"]["null"] == pytest.approx(2.22 * np.sqrt(2.0), rel=0.1)
    assert record["sites"]["A"]["n_vectors"] == 100
    assert record["field_detected"] is True
    assert record["pixel_size_pm"] == 10.0


def test_without_a_pixel_lengths_are_in_px_and_those_in_pm_are_null(image):
    bare = dataclasses.replace(image, pixel_size_angstrom=None)
    found = analyze_micrograph(bare, PLAIN)
    record = stem_record(found)
    for name in ("pixel_size_pm", "sigma_vector_pm", "correlation_length_nm"):
        assert record[name] is None
    assert record["rms_d_pm"] == dict.fromkeys(("raw", "debiased", "null", "interval"))
    assert record["field_mean_pm"]["x"] is None
    assert record["domains"]["median_area_nm2"] is None
    assert record["rms_d_px"]["debiased"] == pytest.approx(1.5, abs=0.06)
    assert any("--period-angstrom" in text for text in record["warnings"])
    with pytest.raises(InputError, match="pixel_size_pm"):
        stem_report(found)
    absolute = PLAIN.model_copy(update={"reference_a_angstrom": 4.0, "reference_b_angstrom": 4.0})
    refused = analyze_micrograph(bare, absolute).refused
    assert "pixel" in refused["strain"]
    with pytest.raises(InputError, match=r"radius_angstrom .* needs"):
        analyze_micrograph(bare, PLAIN.model_copy(update={"radius_angstrom": 1.4}))


def test_the_edge_of_the_cell_gives_the_pixel_in_both_views(image):
    bare = dataclasses.replace(image, pixel_size_angstrom=None)
    found = analyze_micrograph(bare, PLAIN.model_copy(update={"period_angstrom": 4.0}))
    assert found.pixel_size_pm == pytest.approx(10.0, rel=2e-3)
    assert not any("unknown_pixel" in text for text in found.warnings)
    rng = np.random.default_rng(3)
    side = simulate_micrograph(perovskite_columns((14, 10), zone_axis="110"), SimulationSettings(), rng)
    side = dataclasses.replace(side, pixel_size_angstrom=None)
    seen = analyze_micrograph(side, PLAIN.model_copy(update={"period_angstrom": 4.0, "zone_axis": "110"}))
    assert seen.pixel_size_pm == pytest.approx(10.0, rel=5e-3)
    assert seen.main.vectors.members.shape[1] == 2
    with pytest.raises(InputError, match="zone axis"):
        analyze_micrograph(side, PLAIN)


def test_tables_hold_every_column_and_every_vector(analysis, tmp_path):
    with write_column_table(analysis, tmp_path / "columns.csv").open(encoding="utf-8") as file:
        columns = list(csv.DictReader(file))
    assert tuple(columns[0]) == COLUMN_NAMES
    assert len(columns) == 265
    assert float(columns[7]["x_angstrom"]) == pytest.approx(0.1 * float(columns[7]["x_px"]))
    with write_vector_table(analysis, tmp_path / "vectors.csv").open(encoding="utf-8") as file:
        vectors = list(csv.DictReader(file))
    assert tuple(vectors[0]) == VECTOR_NAMES
    assert len(vectors) == 265
    edges = [row for row in vectors if row["flag"] == "edge"]
    assert edges
    assert all(row["dx_pm"] == "" and row["class"] == "" for row in edges)
    row = next(row for row in vectors if row["flag"] == "ok")
    assert float(row["dx_pm"]) == pytest.approx(10.0 * float(row["dx_px"]))
    assert float(row["var_x_pm2"]) == pytest.approx(100.0 * float(row["var_x_px2"]))


def test_the_data_set_keeps_arrays_and_units(analysis, tmp_path):
    import xarray as xr

    written = write_analysis_dataset(analysis, tmp_path / "analysis.nc")
    with xr.open_dataset(written, engine="h5netcdf") as found:
        np.testing.assert_array_equal(found["fit_position_px"], analysis.fit.position_px)
        np.testing.assert_array_equal(found["b_vectors_covariance_px2"], analysis.main.vectors.covariance_px2)
        assert found["b_null_rms_px"].attrs["units"] == "px"
    assert analysis_dataset(analysis).attrs["source"] == "picture"


def test_the_report_of_an_image_carries_each_vector_and_survives_its_file(analysis, tmp_path):
    report = stem_report(analysis, {"Sr": 1.0, "Ti": 1.0, "O": 3.0})
    assert (report.source, report.dimension, report.thickness_cells, report.reference) == ("stem", 2, 5, "cation")
    table = next(item for item in report.vectors if item.site == "B")
    vectors = analysis.main.vectors
    assert len(table.vector_pm) == 121
    np.testing.assert_allclose(
        np.sort(np.linalg.norm(table.vector_pm, axis=1)), np.sort(np.linalg.norm(vectors.vector_px * 10.0, axis=1))
    )
    assert np.trace(table.covariance_pm2.mean(axis=0)) == pytest.approx(2.0 * (10.0 * analysis.main.sigma_px) ** 2)
    assert table.noise_products_pm2[0] == pytest.approx(2.0 * (10.0 * analysis.sigma_column_px["A"]) ** 2 / 8, rel=0.25)
    assert report.extra["noise_floor_pm"]["B"] == pytest.approx(2.2, abs=0.2)
    assert report.extra["null"]["n"] == 3
    write_polar_report(report, tmp_path / "report.json")
    assert read_polar_report(tmp_path / "report.json").to_dict() == report.to_dict()


def test_two_images_of_one_crystal_compare_as_alike(analysis):
    other = analyze_micrograph(picture(seed=2), PLAIN.model_copy(update={"displaced": "both"}), label="other")
    found = compare_reports([stem_report(analysis), stem_report(other)], rng=np.random.default_rng(1), bootstrap=100)
    row = next(d for d in found.differences if (d.group, d.quantity_name) == ("B", "debiased rms |d|"))
    assert row.unit == "pm"
    assert abs(row.z) < 4.0
    assert {d.distribution for d in found.distances} >= {"|d|", "folded angle", "direction"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"pixel_size_pm": 10.0, "period_angstrom": 4.0}, "not both"),
        ({"radius_px": 8.0, "radius_angstrom": 1.0}, "not both"),
        ({"read_noise_counts": 1.0}, "gain_counts_per_electron"),
        ({"zone_axis": "111"}, "zone_axis"),
        ({"mask_radius_rlu": 0.0}, "mask_radius_rlu"),
        ({"seed": 3}, "seed"),
    ],
)
def test_settings_that_contradict_or_are_unknown_are_refused(options, said):
    with pytest.raises(ValidationError, match=said):
        StemSettings(**options)


def test_noise_alone_has_no_periods_and_nothing_is_guessed():
    noise = np.random.default_rng(1).poisson(100.0, (200, 200)).astype(float)
    with pytest.raises(InputError, match=r"(?i)period|spot"):
        analyze_micrograph(Micrograph(intensity=noise), PLAIN)


def test_one_sublattice_gives_positions_and_strain_but_no_displacement():
    rng = np.random.default_rng(2)
    truth = perovskite_columns((16, 16), b_peak_ratio=1e-6)
    found = analyze_micrograph(simulate_micrograph(truth, SimulationSettings(), rng), PLAIN)
    assert found.sites == ()
    assert found.refused["displacement"].startswith("second sublattice not found")
    assert found.strain.lattice.mean_length_px == pytest.approx([40.0, 40.0], abs=0.1)
    record = stem_record(found)
    assert record["n_vectors"] == 0
    assert record["class_share"] is None
    with pytest.raises(InputError, match="second sublattice"):
        stem_report(found)


def test_too_few_cages_give_numbers_but_no_domains():
    found = analyze_micrograph(picture(cells=7), PLAIN)
    record = stem_record(found)
    assert record["n_vectors"] == 36
    assert record["insufficient"] is True
    assert record["domains"] is None
    assert any(text.startswith("insufficient") for text in record["warnings"])


def test_masked_and_saturated_pixels_and_negative_counts_are_told_apart(image):
    intensity = np.array(image.intensity) - 500.0
    base = analyze_micrograph(dataclasses.replace(image, intensity=intensity.copy()), PLAIN)
    assert base.main.vectors.n_good == 121
    intensity[200:240, 200:240] = np.nan
    saturated = np.zeros(intensity.shape, dtype=bool)
    saturated[95:106, 95:106] = True
    hurt = analyze_micrograph(dataclasses.replace(image, intensity=intensity, saturated=saturated), PLAIN)
    record = stem_record(hurt)
    assert record["n_flagged"]["saturated"] >= 1
    assert hurt.main.vectors.n_good < 121
    assert hurt.main.vectors.n_good > 105


def test_a_missing_column_is_a_gap_and_its_cages_have_no_vector():
    rng = np.random.default_rng(5)
    truth = perovskite_columns((12, 12))
    gone = np.flatnonzero((truth.site == 0) & (truth.cell == 6).all(axis=1))[0]
    peak = np.array(truth.peak)
    peak[gone] = 1e-6
    found = analyze_micrograph(
        simulate_micrograph(dataclasses.replace(truth, peak=peak), SimulationSettings(), rng), PLAIN
    )
    record = stem_record(found)
    assert record["n_flagged"]["gaps"] == 1
    assert record["n_flagged"]["vectors_edge"] == 4
    assert record["n_vectors"] == 117


def test_jitter_below_its_error_is_unknown_and_has_an_upper_bound(analysis):
    lost = RowJitter(
        shift_px=np.zeros(3), sigma_px=0.0, variance_px2=-0.1, variance_error_px2=0.34, noise_factor=3878.0,
        row_noise_px=0.1, fast_axis="x",
    )  # fmt: skip
    record = stem_record(dataclasses.replace(analysis, jitter=lost))
    assert record["row_jitter_px"] is None
    assert record["row_jitter_pm"] is None
    assert record["row_jitter_upper_pm"] == pytest.approx(10.0 * np.sqrt(3 * 0.34))
    seen = dataclasses.replace(lost, sigma_px=0.5, variance_px2=0.25, variance_error_px2=0.01)
    record = stem_record(dataclasses.replace(analysis, jitter=seen))
    assert record["row_jitter_px"] == 0.5
    assert record["row_jitter_upper_px"] == pytest.approx(np.sqrt(0.28))


def test_detection_keeps_its_level_and_needs_two_null_fields(analysis):
    vectors = analysis.main.vectors
    square = float((vectors.vector_px[vectors.good] ** 2).sum(axis=1).mean())
    rng = np.random.default_rng(4)
    hits = sum(
        detect_field(vectors, square + rng.normal() * 0.1 + rng.normal(0.0, 0.1, 20)).detected for _ in range(2000)
    )
    assert hits / 2000 == pytest.approx(0.01, abs=0.006)
    with pytest.raises(InputError, match="two null fields"):
        detect_field(vectors, [0.1])
