"""Which columns are A, whether there are two kinds at all, and which view the image shows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.lattice.a_site import decide_a_site, expected_ratio
from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
from entrox.microscopy.lattice.column_lattice import LatticeIndex, index_lattice
from entrox.microscopy.lattice.columns import Columns, find_columns
from entrox.microscopy.lattice.oxygen_columns import find_oxygen_columns
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.simulation.column_truth import ColumnTruth
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.simulation.simulate import simulate_micrograph, truth_position_px
from entrox.microscopy.simulation.simulation_settings import SimulationSettings

PIXELS = SimulationSettings(pixel_size_pm=20.0)
NEAR = 2.0


def found_in(
    truth: ColumnTruth, settings: SimulationSettings = PIXELS, *, pixel_known: bool = True
) -> tuple[Columns, LatticeIndex]:
    micrograph = simulate_micrograph(truth, settings, np.random.default_rng(11))
    if not pixel_known:
        micrograph = dataclasses.replace(micrograph, pixel_size_angstrom=None)
    columns = find_columns(micrograph)
    return columns, index_lattice(columns)


def true_sites(found: Sublattices, truth: ColumnTruth) -> NDArray[np.int64]:
    distance = np.linalg.norm(found.position_px[:, None] - truth_position_px(truth, PIXELS), axis=2)
    assert distance.min(axis=1).max() < NEAR
    return np.asarray(truth.site[distance.argmin(axis=1)])


def cations(zone_axis: str = "001", ratio: float = 0.42, **choices: object) -> ColumnTruth:
    return perovskite_columns(**({"cells": (12, 12), "zone_axis": zone_axis, "b_peak_ratio": ratio} | choices))  # type: ignore[arg-type]


def only_a(zone_axis: str) -> ColumnTruth:
    truth = cations(zone_axis)
    a = truth.site == 0
    names = ("position_angstrom", "displacement_angstrom", "site", "cell", "peak", "sigma_angstrom")
    return dataclasses.replace(truth, **{name: getattr(truth, name)[a] for name in names})


@pytest.mark.parametrize(("ratio", "choice", "as_true"), [
    (0.42, "auto", True), (0.42, "brighter", True), (0.42, "dimmer", False), (1.8, "auto", False),
    (1.8, "dimmer", True),
])  # fmt: skip
def test_the_brighter_set_is_a_unless_the_user_says_otherwise(ratio: float, choice: str, as_true: bool) -> None:
    truth = cations(ratio=ratio)
    columns, index = found_in(truth)
    found = assign_sublattices(columns, index, a_site=choice)
    true = true_sites(found, truth)
    np.testing.assert_array_equal(found.site, true if as_true else 1 - true)
    assert found.decision["method"] == ("intensity" if choice == "auto" else "user")
    assert not found.decision["ambiguous"]
    assert found.contrast is not None
    assert found.contrast > 2.0


def test_first_takes_the_set_of_the_first_column() -> None:
    columns, index = found_in(cations())
    assert assign_sublattices(columns, index, a_site="first").site[0] == 0


@pytest.mark.parametrize("zone_axis", ["001", "110"])
def test_a_heavier_b_is_recognized_by_the_formula(zone_axis: str) -> None:
    truth = cations(zone_axis, ratio=1.8)
    columns, index = found_in(truth)
    found = assign_sublattices(columns, index, zone_axis=zone_axis, formula="CaHfO3")
    np.testing.assert_array_equal(found.site, true_sites(found, truth))
    ratios = found.decision["expected_ratio"]
    assert ratios["brighter"] == pytest.approx((20 / 72) ** 1.7)
    assert ratios["dimmer"] == pytest.approx((72 / 20) ** 1.7)
    assert not found.decision["ambiguous"]


def test_equal_intensities_leave_a_to_the_user() -> None:
    columns, index = found_in(cations(ratio=1.0, b_sigma=0.47))
    found = assign_sublattices(columns, index)
    assert found.decision["method"] == "geometry"
    assert found.decision["ambiguous"]
    assert (found.site == 0).sum() == 144 or (found.site == 1).sum() == 144
    assert any("ambiguous" in text for text in found.warnings)
    named = assign_sublattices(columns, index, a_site="first")
    assert named.decision["method"] == "user"
    assert not named.decision["ambiguous"]


def test_a_formula_of_equal_weights_decides_nothing() -> None:
    low, _, high = expected_ratio("SrTi0.8Ta0.2O3")
    assert (low < 1.0 < high) or (high < 1.0 < low)
    found = assign_sublattices(*found_in(cations()), formula="SrTi0.8Ta0.2O3")
    assert found.decision["ambiguous"]
    assert any("leaves open" in text for text in found.warnings)


def test_the_expected_ratio_is_the_mean_power_of_shared_sites() -> None:
    ba, ca, ti, sn = (56.0, 20.0, 22.0, 50.0)
    for exponent, ratio in zip((1.6, 1.7, 2.0), expected_ratio("Ba0.926Ca0.074Ti0.892Sn0.108O3"), strict=True):
        a = 0.926 * ba**exponent + 0.074 * ca**exponent
        b = 0.892 * ti**exponent + 0.108 * sn**exponent
        assert ratio == pytest.approx(a / b)
    with pytest.raises(InputError, match="A and B"):
        expected_ratio("MgO")


def test_a_wedge_of_thickness_does_not_hide_the_contrast() -> None:
    micrograph = simulate_micrograph(cations(ratio=0.7), PIXELS, np.random.default_rng(4))
    wedge = np.linspace(0.5, 2.0, micrograph.intensity.shape[1])
    columns = find_columns(dataclasses.replace(micrograph, intensity=micrograph.intensity * wedge))
    found = assign_sublattices(columns, index_lattice(columns))
    plain = np.abs(columns.peak[found.site == 0].mean() - columns.peak[found.site == 1].mean()) / columns.peak.std()
    assert found.contrast is not None
    assert found.contrast > 2.0 > plain
    np.testing.assert_array_equal(found.site, true_sites(found, cations(ratio=0.7)))


@pytest.mark.parametrize("zone_axis", ["001", "110"])
def test_integrated_intensities_can_exchange_the_sublattices(zone_axis: str) -> None:
    columns, index = found_in(cations(zone_axis))
    before = assign_sublattices(columns, index, zone_axis=zone_axis)
    rng = np.random.default_rng(8)
    reversed_intensity = np.where(before.site == 0, 1.0, 3.0) * rng.normal(1.0, 0.05, len(before.site))
    after = decide_a_site(before, reversed_intensity)
    np.testing.assert_array_equal(after.site, 1 - before.site)
    named = assign_sublattices(columns, index, zone_axis=zone_axis, a_site="dimmer")
    np.testing.assert_array_equal(after.cell, named.cell)
    np.testing.assert_array_equal(after.cage, before.cage)
    assert after.decision["intensity"] == "integrated"
    same = decide_a_site(before, 1.0 / reversed_intensity)
    np.testing.assert_array_equal(same.site, before.site)
    kept = decide_a_site(before, reversed_intensity, a_site="dimmer")
    np.testing.assert_array_equal(kept.site, before.site)
    with pytest.raises(InputError, match="integrated_intensity"):
        decide_a_site(before, [1.0, 2.0])


@pytest.mark.parametrize("zone_axis", ["001", "110"])
@pytest.mark.parametrize("pixel_known", [True, False])
def test_one_visible_sublattice_gives_positions_and_no_cages(zone_axis: str, pixel_known: bool) -> None:
    columns, index = found_in(only_a(zone_axis), pixel_known=pixel_known)
    found = assign_sublattices(columns, index, zone_axis=zone_axis)
    assert len(found.site) == 144
    np.testing.assert_array_equal(found.site, np.zeros(144))
    assert (found.cage == -1).all()
    assert any("second sublattice not found" in text for text in found.warnings)
    expected = (20.0, 20.0) if zone_axis == "001" else (20.0 / np.sqrt(2.0), 20.0)
    np.testing.assert_allclose(np.sort(np.linalg.norm(found.basis_px, axis=1)), expected, atol=0.1)
    np.testing.assert_array_equal(found.cell.max(axis=0), [11, 11])
    assert decide_a_site(found, np.ones(144)) is found


def test_two_alike_sublattices_are_told_by_the_pixel_alone() -> None:
    truth = cations(ratio=1.0, b_sigma=0.47)
    unknown = assign_sublattices(*found_in(truth, pixel_known=False))
    assert (unknown.site == 0).all()
    known = assign_sublattices(*found_in(truth))
    assert set(known.site) == {0, 1}


def test_the_wrong_view_is_refused_with_the_aspect_ratio() -> None:
    with pytest.raises(InputError, match=r"\[001\] does not fit.*aspect ratio 1\.4[0-3].*zone axis 110"):
        assign_sublattices(*found_in(cations("110")), zone_axis="001")
    with pytest.raises(InputError, match=r"\[110\] does not fit.*aspect ratio 1\.00.*zone axis 001"):
        assign_sublattices(*found_in(cations("001")), zone_axis="110")


def test_unknown_words_are_refused() -> None:
    columns, index = found_in(cations())
    with pytest.raises(InputError, match="zone_axis"):
        assign_sublattices(columns, index, zone_axis="111")
    with pytest.raises(InputError, match="brighter"):
        assign_sublattices(columns, index, a_site="brightest")


def test_few_cages_are_insufficient() -> None:
    small = assign_sublattices(*found_in(cations(cells=(7, 7))))
    assert any(text.startswith("insufficient: 36 complete cages") for text in small.warnings)
    large = assign_sublattices(*found_in(cations(cells=(9, 9))))
    assert not any("insufficient" in text for text in large.warnings)


@pytest.mark.parametrize("zone_axis", ["001", "110"])
def test_oxygen_is_found_between_the_cations_of_a_dark_image(zone_axis: str) -> None:
    truth = cations(zone_axis, o_peak_ratio=0.3)
    bright = perovskite_columns(cells=(12, 12), zone_axis=zone_axis)
    found = assign_sublattices(*found_in(bright), zone_axis=zone_axis)
    settings = SimulationSettings(pixel_size_pm=20.0, contrast="dark", background=1.5)
    shadow = simulate_micrograph(truth, settings, np.random.default_rng(2))
    with_oxygen = find_oxygen_columns(shadow, found)
    oxygen = with_oxygen.position_px[with_oxygen.site == 2]
    true = truth_position_px(truth, settings)[truth.site == 2]
    distance = np.linalg.norm(oxygen[:, None] - true, axis=2).min(axis=1)
    assert len(oxygen) > 0.8 * len(true)
    assert np.sqrt((distance**2).mean()) < 1.0
    assert (with_oxygen.cage[with_oxygen.site == 2] == -1).all()
    assert with_oxygen.dark
    np.testing.assert_array_equal(with_oxygen.site[: len(found.site)], found.site)


def test_oxygen_needs_two_kinds_of_cations_and_an_image_that_shows_it() -> None:
    columns, index = found_in(only_a("001"))
    alone = assign_sublattices(columns, index)
    even = Micrograph(intensity=np.ones((300, 300)))
    with pytest.raises(InputError, match="second sublattice"):
        find_oxygen_columns(even, alone)
    with pytest.raises(InputError, match="no column of oxygen"):
        find_oxygen_columns(even, assign_sublattices(*found_in(cations())))
