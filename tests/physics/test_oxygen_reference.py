"""Displacements off the columns of oxygen: a bright field whose cations come from the dark field of the same area."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.analysis.analyze import analyze_micrograph
from entrox.microscopy.analysis.stem_settings import StemSettings
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.images.micrograph_files import read_micrograph
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from stem_truth import sublattices_of_truth

PIXEL = 0.1
SHIFT_PX = (1.3, -0.6)
ADF, ABF = (f"stem/perovskite_110_{name}_cropped_400x380.hspy" for name in ("ADF", "ABF"))


def crystal(zone_axis: str, rotation_deg: float = 0.0) -> ColumnTruth:
    return perovskite_columns(
        (10, 10), zone_axis=zone_axis, displacement=[0.1, 0.05], o_peak_ratio=0.3, rotation_deg=rotation_deg
    )


def pair(truth: ColumnTruth, seed: int = 1, dose: float = 8000.0) -> tuple[Micrograph, Micrograph]:
    """Dark field without oxygen, and bright field with it, shifted to the right and down [px]."""
    rng = np.random.default_rng(seed)
    dark_field = simulate_micrograph(truth, SimulationSettings(oxygen=False), rng)
    away = np.array(SHIFT_PX) * [1.0, -1.0] * PIXEL
    moved = replace(truth, position_angstrom=truth.position_angstrom + away)
    bright_field = SimulationSettings(contrast="dark", background=1.5, dose_per_square_angstrom=dose)
    return dark_field, simulate_micrograph(moved, bright_field, rng)


def settings(zone_axis: str, **changes: object) -> StemSettings:
    base = {"zone_axis": zone_axis, "reference": "oxygen", "dark": True, "null_fields": 0, "bootstrap": 50}
    return StemSettings(**{**base, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def side_view() -> tuple[Micrograph, Micrograph]:
    return pair(crystal("110"))


def half_chi2(vectors: DisplacementMap, true: np.ndarray) -> float:
    """Mean of the squared error in units of its covariance, per component."""
    error, covariance = (vectors.vector_px - true)[vectors.good], vectors.covariance_px2[vectors.good]
    return float(np.einsum("ni,nij,nj->n", error, np.linalg.inv(covariance), error).mean() / 2.0)


@pytest.mark.parametrize(("zone_axis", "rotation_deg"), [("110", 0.0), ("110", 15.0), ("110", 90.0), ("001", 15.0)])
def test_b_moves_off_oxygen_however_the_crystal_lies_in_the_picture(zone_axis: str, rotation_deg: float) -> None:
    truth = crystal(zone_axis, rotation_deg)
    dark_field, bright_field = pair(truth)
    found = analyze_micrograph(bright_field, settings(zone_axis, displaced="both"), cations=dark_field)
    b, a = (found.site(name).vectors for name in ("B", "A"))
    true = truth.displacement_angstrom[truth.site == 1][0] / PIXEL
    assert b.reference == "oxygen"
    assert b.members.shape[1] == (4 if zone_axis == "001" else 2)
    # in [110] view 72 of 90 B have oxygen on both sides, and a few columns of it are overlooked
    assert b.n_good > 0.65 * (truth.site == 1).sum()
    for vectors, mean in ((b, true), (a, np.zeros(2))):
        error = np.sqrt(np.trace(vectors.covariance_px2[vectors.good], axis1=1, axis2=2).mean() / 2 / vectors.n_good)
        np.testing.assert_allclose(vectors.vector_px[vectors.good].mean(axis=0), mean, atol=5 * error)
        assert 0.75 < half_chi2(vectors, mean) < 1.35


def test_bright_field_is_shifted_onto_the_cations_of_the_dark_field(side_view: tuple[Micrograph, Micrograph]) -> None:
    dark_field, bright_field = side_view
    found = analyze_micrograph(bright_field, settings("110"), cations=dark_field)
    said = next(text for text in found.warnings if text.startswith("cations:"))
    right, up = (float(part) for part in said.split("(")[1].split(")")[0].split(","))
    assert (right, -up) == pytest.approx(SHIFT_PX, abs=0.1)
    assert not any(text.startswith("unequal_shift") for text in found.warnings)


def test_overlapping_columns_need_more_sweeps_than_lone_ones() -> None:
    truth = crystal("110")
    picture = simulate_micrograph(truth, SimulationSettings(dose_per_square_angstrom=2e5), np.random.default_rng(0))
    sublattices = sublattices_of_truth(truth, PIXEL, zone_axis="110", start_error_px=0.2)
    bias = {}
    for settled in (False, True):
        fit = fit_columns(picture, sublattices, until_settled=settled, threads=1)
        vectors = column_displacements(fit, sublattices, reference="oxygen")
        bias[settled] = np.abs(vectors.vector_px[vectors.good].mean(axis=0) - [1.0, 0.5]).max()
    assert bias[False] > 0.03
    assert bias[True] < 0.02


def test_errors_of_cations_and_oxygen_are_nearer_to_independent_than_to_those_of_a_common_fit() -> None:
    truth, chi2 = crystal("110"), {"independent": [], "common": []}
    for seed in range(3):
        picture = simulate_micrograph(truth, SimulationSettings(), np.random.default_rng(seed))
        sublattices = sublattices_of_truth(truth, PIXEL, zone_axis="110", start_error_px=0.2)
        fit = fit_columns(picture, sublattices, until_settled=True, threads=1)
        for site in ("A", "B"):
            true = np.array([1.0, 0.5]) if site == "B" else np.zeros(2)
            for name, image in (("independent", None), ("common", picture)):
                vectors = column_displacements(fit, sublattices, displaced=site, reference="oxygen", micrograph=image)
                chi2[name].append(half_chi2(vectors, true))
    assert np.mean(chi2["independent"]) == pytest.approx(1.0, abs=0.1)
    assert np.mean(chi2["common"]) > np.mean(chi2["independent"])


def test_null_fields_of_an_oxygen_reference_are_as_long_as_the_errors_say(
    side_view: tuple[Micrograph, Micrograph],
) -> None:
    dark_field, bright_field = side_view
    found = analyze_micrograph(bright_field, settings("110", null_fields=3), cations=dark_field)
    assert found.main.null_error_ratio == pytest.approx(1.0, abs=0.12)
    assert found.main.detection.detected


def test_what_cannot_give_an_oxygen_reference_is_refused(side_view: tuple[Micrograph, Micrograph]) -> None:
    dark_field, bright_field = side_view
    with pytest.raises(InputError, match="oxygen"):
        analyze_micrograph(dark_field, settings("110", dark=False))
    with pytest.raises(InputError, match="give dark"):
        analyze_micrograph(bright_field, settings("110", dark=False), cations=dark_field)
    with pytest.raises(InputError, match="leave out dark"):
        analyze_micrograph(dark_field, settings("110"), cations=dark_field)
    cut = replace(dark_field, intensity=dark_field.intensity[:-5])
    with pytest.raises(InputError, match="same area"):
        analyze_micrograph(bright_field, settings("110"), cations=cut)
    with pytest.raises(InputError, match="not both"):
        analyze_micrograph(
            bright_field, settings("110"), cations=dark_field, sublattices=sublattices_of_truth(crystal("110"), PIXEL)
        )


def test_a_measured_bright_field_gives_the_vectors_off_its_oxygen(external_data: Callable[[str], Path]) -> None:
    dark_field, bright_field = (read_micrograph(external_data(name)) for name in (ADF, ABF))
    # c lies along x in these images
    found = analyze_micrograph(bright_field, settings("110", displaced="both"), cations=dark_field)
    assert [(found.sublattices.site == site).sum() for site in (0, 1, 2)] == [9 * 13, 8 * 13, 8 * 12]
    b, a = (found.site(name).vectors for name in ("B", "A"))
    # rows at the upper and lower border have oxygen on one side only
    assert b.n_good > 80
    assert a.n_good > 70
    for vectors in (a, b):
        scatter = vectors.vector_px[vectors.good].std(axis=0)
        sigma = np.sqrt(np.trace(vectors.covariance_px2[vectors.good], axis1=1, axis2=2).mean() / 2)
        assert (scatter < 1.5 * sigma).all()
    # cations are where the dark field has them, after one shift of A and one of B
    other = analyze_micrograph(dark_field, StemSettings(zone_axis="110", null_fields=0, bootstrap=50))
    steps = found.fit.position_px[: len(other.fit.flag)] - other.fit.position_px
    for site in (0, 1):
        rows = np.flatnonzero((other.sublattices.site == site) & (other.fit.flag == 0))
        rows = rows[found.fit.flag[rows] == 0]
        both = other.fit.covariance_px2[rows] + found.fit.covariance_px2[rows]
        assert (steps[rows].std(axis=0) < 1.3 * np.sqrt(both[:, [0, 1], [0, 1]].mean(axis=0))).all()
    # mistilt: the two detectors see A and B apart by another step
    assert any(text.startswith("unequal_shift") for text in found.warnings)
