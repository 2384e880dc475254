"""Comparisons of images vector by vector: intervals from blocks, equal noise, old reports."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.displacement.block_table import direction_centers
from entrox.order.report.distribution_distance import energy_distance
from entrox.order.report.image_comparison import site_ratio
from entrox.order.report.image_report import report_of_vectors
from entrox.order.report.image_site import ImageErrors
from entrox.order.report.polar_report import PolarReport, read_polar_report, write_polar_report
from entrox.order.report.report_comparison import compare_reports


def domains(seed, cells=36, edge=4, length=0.15):
    """Vectors [angstrom] of square domains along the eight axes."""
    rng = np.random.default_rng(seed)
    angle = rng.choice(8, size=(cells // edge, cells // edge)) * np.pi / 4.0
    field = length * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return np.repeat(np.repeat(field, edge, axis=0), edge, axis=1)


def image(seed, sigma=0.02, length=0.15, source="stem", **more) -> PolarReport:
    """Report of an image with known errors."""
    field = domains(seed, length=length)
    field = field + np.random.default_rng(seed + 1000).normal(0.0, sigma, field.shape) if sigma else field
    errors = {"B": ImageErrors(np.broadcast_to(sigma**2 * np.eye(2), (*field.shape, 2)))} if sigma else None
    return report_of_vectors(
        {"B": field}, source=source, edges_angstrom=[4.0, 4.0], thickness_cells=5, errors=errors,
        label=f"{source} {seed}", window_ps=None if source == "stem" else 20.0, **more,
    )  # fmt: skip


def row(found, name):
    return next(item for item in found.differences if item.quantity_name == name)


def distance(found, name):
    return next(item for item in found.distances if item.distribution == name)


def compared(a, b, draws=200):
    return compare_reports([a, b], rng=np.random.default_rng(5), bootstrap=draws)


def test_images_of_one_kind_agree_within_their_errors_and_longer_vectors_do_not():
    same = compared(image(1), image(2))
    for name in ("debiased rms |d|", "mean |d|", "correlation length", "domain area", "mean wall angle"):
        assert row(same, name).first_error > 0.0
        assert abs(row(same, name).z) < 4.0
        assert row(same, name).low <= row(same, name).high
    assert row(same, "debiased rms |d|").first_value == pytest.approx(15.0, abs=0.3)
    assert row(same, "domain area").unit == "angstrom^2"
    longer = compared(image(1), image(3, length=0.18))
    assert row(longer, "debiased rms |d|").difference == pytest.approx(-3.0, abs=0.3)
    assert row(longer, "debiased rms |d|").z < -10.0
    shift = distance(longer, "|d|")
    assert shift.unit == "pm"
    assert shift.wasserstein == pytest.approx(3.0, abs=0.3)
    assert shift.wasserstein_low < shift.wasserstein < shift.wasserstein_high
    assert shift.z > 10.0
    assert distance(same, "|d|").wasserstein < 0.5


def test_a_simulation_without_noise_is_compared_at_the_noise_of_the_image():
    clean, noisy = image(4, sigma=0.0, source="md"), image(4, sigma=0.03)
    found = compared(clean, noisy)
    assert any(text.startswith("equal_noise") and "3 pm" in text for text in found.warnings)
    assert row(found, "debiased rms |d|").difference == pytest.approx(0.0, abs=0.25)
    # without the noise the clean lengths are all alike: 1 to 2 pm from those of the image
    raw = np.abs(np.sort(np.linalg.norm(noisy.vectors[0].vector_pm, axis=1)) - 15.0).mean()
    assert raw > 2.0
    assert distance(found, "|d|").wasserstein < 0.4
    assert abs(row(found, "share <10> at equal noise").difference) < 0.06
    assert not any("equal noise" in item.quantity_name for item in compared(noisy, image(5, sigma=0.03)).differences)


def test_shares_and_directions_at_unlike_noise_are_not_told():
    clean, noisy = image(4, sigma=0.0, source="md"), image(4, sigma=0.06)
    found = compared(clean, noisy)
    shares = [item for item in found.differences if item.quantity_name.startswith("share")]
    assert [item.quantity_name for item in shares] == [f"share {c} at equal noise" for c in ("weak", "<10>", "<11>")]
    assert all(abs(item.z) < 4.0 for item in shares)
    # as they were counted, noise of 6 pm hides vectors of 15 pm
    raw = [report.phases[0].share[0] for report in (clean, noisy)]
    assert raw[1] - raw[0] > 0.3
    blocks = [report.blocks[0].direction_counts.sum(axis=0) for report in (clean, noisy)]
    centers = direction_centers(2)
    turns = np.degrees(np.arccos(np.clip(centers @ centers.T, -1.0, 1.0)))
    assert distance(found, "direction").energy < 0.3 * energy_distance(blocks[0], blocks[1], turns)
    # without noise to add, the shares are those that were counted
    alike = compared(noisy, image(5, sigma=0.06))
    assert row(alike, "share weak").first_value == pytest.approx(raw[1])


def test_choices_of_a_report_are_those_of_the_comparison_and_unlike_ones_are_refused():
    with pytest.raises(InputError, match="--weak-sigma"):
        compared(image(1, significance=2.0), image(2, significance=3.0))
    with pytest.raises(InputError, match="--minimum-domain-cells"):
        compared(image(1, min_domain_cells=4), image(2, min_domain_cells=8))
    strict = compared(image(1, significance=6.0, sigma=0.03), image(2, sigma=0.0, source="md"))
    plain = compared(image(1, sigma=0.03), image(2, sigma=0.0, source="md"))
    # the simulation made no choice and follows the image
    name = "share weak at equal noise"
    assert row(strict, name).first_value > 0.5 > row(plain, name).first_value
    assert row(strict, name).second_value > 0.5 > row(plain, name).second_value
    few, many = (compared(image(1, min_domain_cells=n), image(2, min_domain_cells=n)) for n in (4, 30))
    assert row(many, "domain area").first_value >= 30 * 16.0 > row(few, "domain area").first_value


def test_columns_side_by_side_are_drawn_together_and_others_apart():
    cells = 24
    # the ratio is two everywhere, while the lengths grow across the picture
    length = np.linspace(0.02, 0.3, cells)[:, None, None] * np.ones((cells, cells, 2))
    x, y = np.meshgrid(np.arange(cells), np.arange(cells), indexing="ij")
    place = 4.0 * np.stack([x, y], axis=-1)
    covariance = np.broadcast_to(1e-12 * np.eye(2), (cells, cells, 2, 2))

    def ratio(positions, closed=False):
        errors = None
        if not closed:
            # the grid of A lacks a row, so that its numbers are not those of B
            errors = {"A": ImageErrors(covariance[1:], position_angstrom=place[1:] + 1.0 if positions else None),
                      "B": ImageErrors(covariance, position_angstrom=place if positions else None)}  # fmt: skip
        fields = {"A": 2.0 * (length if closed else length[1:]), "B": length}
        report = report_of_vectors(fields, source="md" if closed else "stem", edges_angstrom=[4, 4], window_ps=None,
                                   thickness_cells=None, errors=errors)  # fmt: skip
        tables = {item.site: item for item in report.vectors}
        return site_ratio((tables, tables), ("one", "two"), 200, np.random.default_rng(5))

    assert ratio(positions=True).first_value == pytest.approx(2.0, abs=0.08)
    together, apart = ratio(positions=True).first_error, ratio(positions=False).first_error
    assert apart > 0.08
    assert together < 0.2 * apart
    assert ratio(positions=False, closed=True).first_error < 1e-9


def test_the_correlation_length_of_square_domains_is_that_of_their_overlap():
    found = compared(image(6), image(7))
    # C falls as (1 - x/n)(1 - y/n): the fit of a decay lies near two thirds of the edge of 16 angstrom
    assert 4.0 < row(found, "correlation length").first_value < 14.0


def test_shared_noise_of_neighbors_is_no_order():
    rng = np.random.default_rng(8)
    cells, n = 40, 41
    a = rng.normal(0.0, 0.04, (n, n, 2))
    noise = -0.25 * (a[1:, 1:] + a[:-1, 1:] + a[1:, :-1] + a[:-1, :-1])
    signal = rng.normal(0.0, 0.03, (cells, cells, 2))
    covariance = np.broadcast_to(0.04**2 / 4.0 * np.eye(2), (cells, cells, 2, 2))
    products = {(1, 0): 2 * 0.04**2 / 8, (0, 1): 2 * 0.04**2 / 8, (1, 1): 2 * 0.04**2 / 16, (1, -1): 2 * 0.04**2 / 16}
    told = report_of_vectors({"B": signal + noise}, source="stem", edges_angstrom=[4, 4], thickness_cells=None,
                             errors={"B": ImageErrors(covariance, products)})  # fmt: skip
    blind = report_of_vectors({"B": signal + noise}, source="stem", edges_angstrom=[4, 4], thickness_cells=None,
                              errors={"B": ImageErrors(covariance)})  # fmt: skip
    assert abs(told.nearest_neighbor_correlation["B"]) < 0.06
    assert blind.nearest_neighbor_correlation["B"] > 0.15


def test_flagged_vectors_stand_in_the_table_and_not_in_the_statistics():
    field, flag = domains(9), np.zeros((36, 36), dtype=np.int64)
    field[3, 4], flag[3, 4] = [5.0, 5.0], 2
    errors = {"B": ImageErrors(np.broadcast_to(1e-4 * np.eye(2), (36, 36, 2, 2)), flag=flag)}
    report = report_of_vectors({"B": field}, source="stem", edges_angstrom=[4, 4], thickness_cells=None, errors=errors)
    assert len(report.vectors[0].vector_pm) == 36 * 36
    assert report.vectors[0].good.sum() == 36 * 36 - 1
    assert report.elements[0].count == 36 * 36 - 1
    assert report.elements[0].rms_angstrom < 0.16


def test_each_vector_has_its_own_threshold_for_weak():
    field = np.full((8, 8, 2), [0.05, 0.0])
    sigma = np.where(np.arange(64).reshape(8, 8) % 2 == 0, 0.01, 0.05)
    covariance = sigma[..., None, None] ** 2 * np.eye(2)
    report = report_of_vectors({"B": field}, source="stem", edges_angstrom=[4, 4], thickness_cells=None,
                               errors={"B": ImageErrors(covariance)})  # fmt: skip
    assert report.phases[0].share[0] == pytest.approx(0.5)
    assert (report.vectors[0].label == 0).sum() == 32


def test_reports_without_vectors_are_still_read_and_compared(tmp_path):
    write_polar_report(image(1), tmp_path / "new.json")
    content = json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))
    del content["vectors"]
    (tmp_path / "old.json").write_text(json.dumps(content), encoding="utf-8")
    old, new = read_polar_report(tmp_path / "old.json"), read_polar_report(tmp_path / "new.json")
    assert old.vectors == ()
    assert len(new.vectors) == 1
    found = compared(old, new)
    assert row(found, "rms |d|").difference == pytest.approx(0.0, abs=1e-12)
    assert distance(found, "|d|").unit == "angstrom"


def test_reports_that_do_not_tell_their_choices_are_still_read_and_compared(tmp_path):
    write_polar_report(image(1, significance=2.0, min_domain_cells=6), tmp_path / "new.json")
    content = json.loads((tmp_path / "new.json").read_text(encoding="utf-8"))
    for table in content["vectors"]:
        del table["significance"], table["min_domain_cells"]
    (tmp_path / "old.json").write_text(json.dumps(content), encoding="utf-8")
    old, new = read_polar_report(tmp_path / "old.json"), read_polar_report(tmp_path / "new.json")
    assert (old.vectors[0].significance, old.vectors[0].min_domain_cells) == (None, None)
    assert (new.vectors[0].significance, new.vectors[0].min_domain_cells) == (2.0, 6)
    assert row(compared(old, new), "domain area").difference == pytest.approx(0.0, abs=1e-9)


def test_both_sites_give_a_ratio_with_an_error():
    field = domains(1)
    reports = [
        report_of_vectors({"A": 0.5 * field, "B": field}, source="stem", edges_angstrom=[4, 4], thickness_cells=None,
                          label=str(k))
        for k in range(2)
    ]  # fmt: skip
    ratio = row(compared(*reports), "ratio of rms |d|")
    assert ratio.first_value == pytest.approx(0.5)
    assert ratio.first_error is not None


def test_images_of_another_reference_or_thickness_are_refused():
    with pytest.raises(InputError, match="cells thick"):
        compared(image(1), dataclasses.replace(image(2), thickness_cells=9))
    with pytest.raises(InputError, match="cage"):
        compared(image(1), dataclasses.replace(image(2), reference="oxygen"))


def test_a_window_that_no_file_tells_is_allowed_with_a_warning_and_a_snapshot_beside_an_image_is_not():
    untold = dataclasses.replace(image(1, source="md"), window_ps=None)
    assert any(text.startswith("window: the time that md 1") for text in compared(untold, image(2)).warnings)
    assert not any(text.startswith("window") for text in compared(image(1, source="md"), image(2)).warnings)
    with pytest.raises(InputError, match="--averaged-over-ps"):
        compared(dataclasses.replace(untold, window_ps=0.0), image(2))
