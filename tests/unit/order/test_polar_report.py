"""Reports of polar order: round trip, one pass like the separate measures, comparisons that know their errors."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ase import Atoms

from entrox.core import FormatError, InputError, generator
from entrox.order.displacement.block_table import block_counts, direction_centers, folded_angle_deg, table_of_counts
from entrox.order.displacement.displacement import displacements
from entrox.order.displacement.element_means import element_means
from entrox.order.displacement.projection import project_columns
from entrox.order.lattice import fit_lattice
from entrox.order.phases.phases import classify
from entrox.order.report.distribution_distance import energy_distance
from entrox.order.report.image_report import report_of_vectors
from entrox.order.report.polar_analysis import analyze_polar
from entrox.order.report.polar_report import PolarReport, read_polar_report, write_polar_report
from entrox.order.report.polar_rows import RowWindow, ThinnedRows
from entrox.order.report.polar_settings import PolarSettings
from entrox.order.report.report_comparison import compare_reports
from entrox.order.response.dielectric import dielectric_tensor
from entrox.structure.perovskite import build_perovskite

CHEAP = PolarSettings(measures=("displacement", "phases", "bonds"), window_ps=0.0)


def frames_of(shift, count=24, spread=0.05, seed=1, shape=(3, 3, 3)):
    """Frames of a box whose B moved by ``shift``, with noise on every atom."""
    box = build_perovskite("Ba", "Ti", shape, 4.0)
    plain = Atoms(box.symbols, positions=box.positions, cell=box.cell, pbc=True)
    plain.positions[plain.symbols == "Ti"] += shift
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(count):
        frame = plain.copy()
        frame.positions += rng.normal(0.0, spread, frame.positions.shape)
        frames.append(frame)
    return frames


def test_one_pass_gives_the_numbers_of_the_separate_measures():
    frames = frames_of((0.0, 0.0, 0.2))
    lattice_map = fit_lattice(frames[0])
    settings = PolarSettings(measures=("displacement", "phases"), time_step_ps=0.25, window_ps=1.0, chunk_frames=5)
    found = analyze_polar(frames, settings, lattice_map=lattice_map)
    d = displacements(frames, lattice_map, "B", window_ps=1.0, time_step_ps=0.25)
    means = element_means(d)
    row = next(item for item in found.report.elements if item.symbol == "Ti")
    assert row.taid_angstrom == pytest.approx(float(means.taid_angstrom[0]), abs=1e-12)
    assert row.taid_error_angstrom == pytest.approx(float(means.taid_error_angstrom[0]), abs=1e-12)
    assert row.mean_modulus_angstrom == pytest.approx(float(means.mean_modulus_angstrom[0]), abs=1e-12)
    phases = classify(d)
    shares = next(item for item in found.report.phases if item.group == "Ti")
    np.testing.assert_allclose(shares.share, phases.fractions, atol=1e-12)
    np.testing.assert_allclose(shares.excess[1:], phases.excess[1:], atol=1e-12)


def test_chunks_do_not_change_a_number():
    frames = frames_of((0.1, 0.1, 0.1), count=21)
    settings = PolarSettings(measures=("displacement", "phases", "bonds", "relaxor"), time_step_ps=0.5)
    reports = [
        analyze_polar(frames, settings.model_copy(update={"chunk_frames": n})).report.to_dict() for n in (1, 8, 64)
    ]
    for other in reports[1:]:
        for first, second in zip(reports[0]["elements"], other["elements"], strict=True):
            assert second["mean_modulus_angstrom"] == pytest.approx(first["mean_modulus_angstrom"], abs=1e-12)
        np.testing.assert_allclose(reports[0]["blocks"][0]["n_vectors"], other["blocks"][0]["n_vectors"])


def test_what_a_pass_keeps_does_not_grow_with_the_frames():
    kept = ThinnedRows(8)
    for k in range(1000):
        kept.add(np.full((1, 2), float(k)))
    values = [row[0] for row in kept.rows]
    assert 4 <= len(values) <= 8
    assert len(set(np.diff(values))) == 1


def test_a_run_shorter_than_its_window_is_one_row():
    window = RowWindow((2,), 10)
    assert len(window.add(np.ones((4, 2)))) == 0
    np.testing.assert_allclose(window.rest(), [[1.0, 1.0]])
    found = analyze_polar(
        frames_of((0.0, 0.0, 0.1), count=3), CHEAP.model_copy(update={"window_ps": 5.0, "time_step_ps": 1.0})
    )
    assert any("short_run" in text for text in found.warnings)
    assert found.report.elements[0].taid_error_angstrom is None


def test_report_survives_its_file(tmp_path):
    report = analyze_polar(frames_of((0.0, 0.0, 0.2)), CHEAP, label="box").report
    write_polar_report(report, tmp_path / "report.json")
    again = read_polar_report(tmp_path)
    assert again.to_dict() == report.to_dict()
    assert again.table("B").n_blocks == report.table("B").n_blocks


@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"format": "entrox polar report 1"}'])
def test_a_file_that_is_no_report_is_refused(text, tmp_path):
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    with pytest.raises(FormatError):
        read_polar_report(tmp_path / "report.json")


def test_bins_of_direction_have_equal_solid_angle_and_their_centers_fall_into_them():
    vectors = np.random.default_rng(1).normal(size=(1, 360_000, 3)) * 0.1
    counts = table_of_counts("B", "B", "time", block_counts(vectors, None)).direction_counts[0]
    assert np.abs(counts / 10_000 - 1.0).max() < 0.05
    for dimension in (2, 3):
        centers = direction_centers(dimension)[None]
        table = table_of_counts("B", "B", "time", block_counts(centers, None))
        np.testing.assert_array_equal(table.direction_counts[0], np.ones(36))


def test_folded_angle_of_random_directions_is_flat():
    angles = folded_angle_deg(np.random.default_rng(1).normal(size=(90_000, 2)))
    counts = np.histogram(angles, bins=45, range=(0, 45))[0]
    assert np.abs(counts / 2000 - 1).max() < 0.12


def test_noise_is_taken_off_the_square_of_an_image():
    rng = np.random.default_rng(2)
    field = np.array([0.03, 0.04]) + rng.normal(0.0, 0.02, (40, 40, 2))
    report = report_of_vectors({"B": field}, source="stem", edges_angstrom=[4.0, 4.0], thickness_cells=None,
                               noise_angstrom=0.02)  # fmt: skip
    assert report.elements[0].rms_angstrom == pytest.approx(0.05, abs=0.001)
    assert report.dimension == 2
    assert report.phases[0].chance[1] == pytest.approx(0.5 * (1 - report.phases[0].share[0]))


def test_two_samples_of_one_crystal_do_not_differ_and_of_two_crystals_do():
    p_values, z_values = [], []
    for seed in range(6):
        a = analyze_polar(frames_of((0.0, 0.0, 0.15), seed=10 + seed, count=32), CHEAP).report
        b = analyze_polar(frames_of((0.0, 0.0, 0.15), seed=50 + seed, count=32), CHEAP).report
        same = compare_reports([a, b], rng=generator(seed), bootstrap=99, names=("a", "b"))
        p_values += [row.p_value for row in same.distances if row.distribution == "|d|"]
        z_values += [row.z for row in same.differences if row.quantity_name == "mean |d|"]
    assert min(p_values) > 0.01
    assert np.mean(p_values) > 0.25
    assert max(abs(z) for z in z_values) < 4.5
    other = analyze_polar(frames_of((0.0, 0.0, 0.18), seed=99, count=32), CHEAP).report
    unlike = compare_reports([a, other], rng=generator(1), bootstrap=99)
    row = next(item for item in unlike.distances if (item.group, item.distribution) == ("B", "|d|"))
    assert row.p_value == pytest.approx(0.01)
    assert row.wasserstein == pytest.approx(0.03, abs=0.008)
    difference = next(item for item in unlike.differences if (item.group, item.quantity_name) == ("B", "mean |d|"))
    assert difference.z < -8
    assert difference.low < difference.difference < difference.high < 0


def test_energy_distance_of_two_points_is_twice_their_distance():
    spacing = np.abs(np.arange(4.0)[:, None] - np.arange(4.0))
    assert energy_distance(np.array([1.0, 0, 0, 0]), np.array([0, 0, 0, 5.0]), spacing) == pytest.approx(6.0)
    assert energy_distance(np.array([1.0, 2, 0, 0]), np.array([2.0, 4, 0, 0]), spacing) == 0.0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"dimension": 2}, "as_image"),
        ({"reference": "cation"}, "--reference cation"),
        ({"window_ps": 1.0}, "--window-ps"),
    ],
)
def test_unlike_reports_are_refused_with_the_conversion_to_call(change, said):
    report = analyze_polar(frames_of((0.0, 0.0, 0.2), count=8), CHEAP).report
    with pytest.raises(InputError, match=said):
        compare_reports([report, dataclasses.replace(report, **change)], rng=generator(1))


def test_columns_of_unlike_thickness_are_refused_and_equal_ones_compare():
    frames = frames_of((0.1, 0.0, 0.1), count=4, shape=(3, 3, 4))
    lattice_map = fit_lattice(frames[0])
    thin, thick = (
        PolarReport.as_image(project_columns(frames, lattice_map, "001", n), window_ps=20.0, label=str(n))
        for n in (2, 4)
    )
    assert (thin.dimension, thin.reference, thin.thickness_cells) == (2, "cation", 2)
    with pytest.raises(InputError, match="thickness"):
        compare_reports([thin, thick], rng=generator(1))
    b = next(row for row in thin.elements if row.site == "B")
    assert b.mean_vector_angstrom == pytest.approx([0.1, 0.0], abs=0.02)
    found = compare_reports([thin, thin], rng=generator(1), bootstrap=20)
    assert {row.distribution for row in found.distances} == {"|d|", "direction", "folded angle"}
    assert all(row.energy == 0.0 for row in found.distances)
    image = dataclasses.replace(thin, source="stem", window_ps=None, thickness_cells=None, label="image")
    assert any("thickness" in text for text in compare_reports([thin, image], rng=generator(1)).warnings)
    with pytest.raises(InputError, match="window"):
        compare_reports([dataclasses.replace(thin, window_ps=1.0), image], rng=generator(1))


def test_composition_that_changes_within_a_run_is_refused():
    frames = frames_of((0.0, 0.0, 0.1), count=2)
    other = frames[1].copy()
    other.symbols[0] = "Sr"
    with pytest.raises(InputError, match="--arrangements"):
        analyze_polar([frames[0], other], CHEAP)


def test_frames_in_another_order_of_atoms_give_the_same_pair_distributions_and_tilts():
    frames = frames_of((0.0, 0.0, 0.1), count=8, shape=(4, 4, 4))
    mixed = [frames[0]] + [f[np.random.default_rng(k).permutation(len(f))] for k, f in enumerate(frames[1:])]
    settings = PolarSettings(measures=("rdf", "tilts"), window_ps=0.0)
    plain, shuffled = analyze_polar(frames, settings), analyze_polar(mixed, settings)
    assert np.abs(plain.rdf.g - shuffled.rdf.g).max() < 1e-9
    assert np.nanmax(np.abs(plain.tilts.staggered_deg - shuffled.tilts.staggered_deg)) < 1e-9


def test_the_susceptibility_of_a_film_takes_the_volume_of_its_cells_without_the_vacuum():
    frames = frames_of((0.0, 0.0, 0.1), count=32, shape=(4, 4, 4))
    for frame in frames:
        frame.cell[2, 2] += 20.0
        frame.pbc = [True, True, False]
    settings = PolarSettings(
        measures=("polarization", "dielectric"), window_ps=0.0, temperature_k=300.0,
        born_charges_e={"Ba": 2.75, "Ti": 5.25, "O": -8.0 / 3.0},
    )  # fmt: skip
    found = analyze_polar(frames, settings)
    # three of the four layers of B have all their A
    volume = 48 * 64.0
    by_hand = dielectric_tensor(found.polarization_series_c_per_m2, volume, 300.0).chi_ionic
    assert found.dielectric.chi_ionic == pytest.approx(by_hand, rel=0.02)


@pytest.mark.parametrize("options", [{"window_ps": 0.0}, {"window_ps": 1.0, "time_step_ps": 5.0}, {"window_ps": 1.0}])
def test_single_frames_never_pass_for_a_window(options):
    found = analyze_polar(frames_of((0.0, 0.0, 0.2), count=4), PolarSettings(measures=("phases",), **options))
    assert found.report.window_ps == 0.0
    assert any(text.startswith("instantaneous") for text in found.warnings)


def test_a_run_shorter_than_its_window_tells_the_time_it_averaged():
    settings = PolarSettings(measures=("phases",), window_ps=1.0, time_step_ps=0.1)
    found = analyze_polar(frames_of((0.0, 0.0, 0.2), count=4), settings)
    assert found.report.window_ps == pytest.approx(0.4)
    assert any(text.startswith("short_run: 4 frames do not fill a window of 1 ps") for text in found.warnings)


@pytest.mark.parametrize(
    ("count", "step", "window", "expected"), [(1, None, 1.0, 30.0), (4, None, 1.0, 30.0), (4, 2.0, 8.0, 36.0)]
)
def test_frames_that_are_averages_tell_the_time_that_went_into_them(count, step, window, expected):
    settings = PolarSettings(
        measures=("phases",), averaged_over_ps=30.0, time_step_ps=step, window_ps=window, zone_axis="001"
    )
    found = analyze_polar(frames_of((0.0, 0.0, 0.2), count=count), settings)
    assert found.report.window_ps == pytest.approx(expected)
    # all frames make up the columns of the image
    assert found.image.window_ps == pytest.approx(expected)
    assert not any(text.startswith("instantaneous") for text in found.warnings)
