"""Columns of measured images: a film of Nd0.5Sr0.5MnO3 along [001], and a film along [110] in two detectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.images.micrograph import Micrograph
from entrox.microscopy.images.micrograph_files import read_micrograph
from entrox.microscopy.lattice.assign_sublattices import assign_sublattices
from entrox.microscopy.lattice.column_lattice import index_lattice
from entrox.microscopy.lattice.columns import find_columns
from entrox.microscopy.lattice.oxygen_columns import find_oxygen_columns
from entrox.microscopy.lattice.sublattices import Sublattices

Find = Callable[[str], Path]
FILM = "stem/NSMO_110_cryo_HAADF_registered_898x963_f32.tif"
ADF, ABF = (f"stem/perovskite_110_{name}_cropped_400x380.hspy" for name in ("ADF", "ABF"))


def assigned(micrograph: Micrograph, zone_axis: str) -> Sublattices:
    columns = find_columns(micrograph)
    return assign_sublattices(columns, index_lattice(columns), zone_axis=zone_axis)


def angle_between(basis: np.ndarray) -> float:
    a, b = basis
    return float(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))


def test_the_film_along_001_has_its_periods_and_both_cations(external_data: Find) -> None:
    micrograph = read_micrograph(external_data(FILM))
    assert micrograph.intensity.shape == (898, 963)
    assert micrograph.pixel_size_angstrom is None
    found = assigned(micrograph, "001")
    np.testing.assert_allclose(np.linalg.norm(found.basis_px, axis=1), [21.1, 21.3], atol=0.1)
    assert min(angle_between(found.basis_px), 180.0 - angle_between(found.basis_px)) == pytest.approx(89.0, abs=0.5)
    assert np.linalg.norm(found.basis_px.sum(axis=0) / 2) == pytest.approx(15.1, abs=0.3)
    cell = abs(np.linalg.det(found.basis_px))
    rows, columns = micrograph.intensity.shape
    for site in (0, 1):
        # all columns but those cut by the border, which is about the width of a column
        assert (found.site == site).sum() == pytest.approx((rows - 6) * (columns - 6) / cell, abs=20)
    assert found.n_gaps == 0
    assert (found.site >= 0).all()
    assert found.contrast is not None
    assert found.contrast > 2.0


def test_cages_of_the_film_are_whole_but_at_its_border(external_data: Find) -> None:
    found = assigned(read_micrograph(external_data(FILM)), "001")
    whole = (found.cage >= 0).all(axis=1) & (found.site == 1)
    steps = np.linalg.norm(found.position_px[found.cage[whole]] - found.position_px[whole, None], axis=2)
    assert steps.mean() == pytest.approx(15.0, abs=0.1)
    border = np.minimum(found.position_px, np.array([962.0, 897.0]) - found.position_px).min(axis=1)
    assert (whole | (border < 21.3) | (found.site == 0)).all()


def test_the_film_along_110_has_the_periods_of_its_view(external_data: Find) -> None:
    micrograph = read_micrograph(external_data(ADF))
    assert micrograph.axis_scale == pytest.approx(0.009326, abs=1e-6)
    assert micrograph.axis_unit is None
    found = assigned(micrograph, "110")
    np.testing.assert_allclose(np.sort(np.linalg.norm(found.basis_px, axis=1)), [29.0, 42.0], atol=0.5)
    cells = micrograph.intensity.size / abs(np.linalg.det(found.basis_px))
    assert cells == pytest.approx(125.0, abs=3.0)
    assert (found.site == 0).sum() == 9 * 13  # as counted by eye
    assert (found.site == 1).sum() == 8 * 13
    assert found.n_gaps == 0


def test_the_view_along_110_is_not_taken_for_001(external_data: Find) -> None:
    with pytest.raises(InputError, match=r"aspect ratio 1\.4[1-5]"):
        assigned(read_micrograph(external_data(ADF)), "001")
    with pytest.raises(InputError, match=r"aspect ratio 1\.0"):
        assigned(read_micrograph(external_data(FILM)), "110")


def test_oxygen_is_dark_between_the_b_columns_of_the_other_detector(external_data: Find) -> None:
    cations = assigned(read_micrograph(external_data(ADF)), "110")
    bright_field = read_micrograph(external_data(ABF))
    found = find_oxygen_columns(bright_field, cations)
    oxygen = found.position_px[found.site == 2]
    assert len(oxygen) == 8 * 12
    rows = np.rint(oxygen[:, ::-1]).astype(int)
    middle = np.median(bright_field.intensity)
    assert (bright_field.intensity[rows[:, 0], rows[:, 1]] < middle).mean() > 0.95


def test_the_dark_columns_of_that_detector_include_oxygen_and_say_so(external_data: Find) -> None:
    columns = find_columns(read_micrograph(external_data(ABF)), dark=True)
    with pytest.raises(InputError, match="oxygen"):
        assign_sublattices(columns, index_lattice(columns), zone_axis="110")
