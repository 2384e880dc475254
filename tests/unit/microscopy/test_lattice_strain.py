from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from entrox.core import InputError
from entrox.microscopy.fit.column_fit import ColumnFit
from entrox.microscopy.lattice.sublattices import Sublattices
from entrox.microscopy.scan.affine_fit import fit_affine
from entrox.microscopy.scan.scan_drift import scan_drift
from entrox.microscopy.simulation.perovskite_columns import perovskite_columns
from entrox.microscopy.strain.lattice_strain import c_over_a_map, local_lattice
from entrox.microscopy.strain.strain_map import strain_map
from stem_fits import fit_at, fit_of_truth

PIXEL = 0.1
SIGMA = (0.117, 0.213, 0.2)


def crystal(
    affine: object = None, seed: int | None = 1, turn: float = 0.0, cells: int = 30, known_pixel: bool = True
) -> tuple[ColumnFit, Sublattices]:
    truth = perovskite_columns((cells, cells), affine=affine, rotation_deg=turn)
    return fit_of_truth(truth, PIXEL, SIGMA, seed, known_pixel=known_pixel)


@pytest.mark.parametrize("seed", range(3))
def test_a_tetragonal_image_returns_its_ratio_within_the_error(seed: int) -> None:
    fit, sublattices = crystal([[1.0, 0.0], [0.0, 1.01]], seed)
    lattice = local_lattice(fit, sublattices)
    found = c_over_a_map(lattice, fit)
    assert found.long_axis == 2
    assert found.mean == pytest.approx(1.010, abs=4 * found.mean_error)
    assert found.mean_error < 1e-4
    assert found.spread == pytest.approx(found.error.mean(), rel=0.1)
    assert c_over_a_map(lattice, fit, long_axis=1).mean == pytest.approx(1 / found.mean)


def test_errors_of_cells_are_their_scatter() -> None:
    fit, sublattices = crystal(cells=60)
    lattice = local_lattice(fit, sublattices)
    # 1 pm of column error is 0.25 % of an edge of 4 angstrom; four corners of weight one half keep it
    assert lattice.length_error_px == pytest.approx(SIGMA[0], rel=1e-3)
    assert lattice.length_px.std(axis=0) == pytest.approx([SIGMA[0]] * 2, rel=0.06)
    assert lattice.angle_deg.std() == pytest.approx(lattice.angle_error_deg.mean(), rel=0.06)
    assert lattice.area_px2.std() == pytest.approx(lattice.area_error_px2.mean(), rel=0.06)
    assert lattice.length_angstrom().mean() == pytest.approx(4.0, rel=1e-3)
    assert lattice.area_angstrom2().mean() == pytest.approx(16.0, rel=1e-3)
    assert lattice.on_grid(lattice.length_px).shape == (59, 59, 2)


def test_the_longer_axis_chosen_per_cell_would_invent_a_tetragonal_crystal() -> None:
    fit, sublattices = crystal(cells=60)
    lattice = local_lattice(fit, sublattices)
    found = c_over_a_map(lattice, fit)
    assert found.mean == pytest.approx(1.0, abs=4 * found.mean_error)
    per_cell = (lattice.length_px.max(axis=1) / lattice.length_px.min(axis=1)).mean()
    assert per_cell - 1 > 20 * abs(found.mean - 1)


def test_a_region_as_reference_shows_the_strain_of_the_rest() -> None:
    truth = perovskite_columns((40, 20))
    fit, sublattices = fit_of_truth(truth, PIXEL)
    position = np.array(fit.position_px)
    middle = position[:, 0].mean()
    right = position[:, 0] > middle
    bend = np.array([[1.02, 0.004], [0.012, 0.99]])
    shown = position * [1, -1] - [middle, 0]
    shown[right] = shown[right] @ bend.T
    back = (shown + np.array([middle, 0])) * [1, -1]
    moved = fit_at(back, truth, sublattices, PIXEL, SIGMA, None)
    found = strain_map(moved, sublattices, region=(0, 15, 0, 19))
    far = found.cell[:, 0] >= 22
    np.testing.assert_allclose(found.strain[found.cell[:, 0] < 18], 0.0, atol=1e-9)
    np.testing.assert_allclose(
        found.strain[far], np.tile([[0.02, 0.008], [0.008, -0.01]], (far.sum(), 1, 1)), atol=1e-9
    )
    assert np.degrees(0.004) == pytest.approx(found.rotation_deg[far].mean(), abs=1e-9)
    assert found.reference == "median of cells 0..15, 0..19"


def test_strain_is_along_the_axes_of_the_crystal_and_its_errors_are_its_scatter() -> None:
    turn = np.radians(25.0)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    affine = axes.T @ np.diag([1.005, 0.99]) @ axes
    fit, sublattices = crystal(affine, 5, 25.0, 50)
    found = strain_map(fit, sublattices, reference_angstrom=(4.0, 4.0))
    inner = ((found.cell > 0) & (found.cell < 49)).all(axis=1)
    strain = found.strain[inner]
    assert strain.mean(axis=0) == pytest.approx(np.array([[0.005, 0.0], [0.0, -0.01]]), abs=2e-4)
    np.testing.assert_allclose(strain.std(axis=0), found.strain_error[inner].mean(axis=0), rtol=0.07)
    assert found.rotation_deg[inner].std() == pytest.approx(found.rotation_error_deg[inner].mean(), rel=0.07)
    # one side only has twice the error
    assert found.strain_error[~inner].max() > 1.5 * found.strain_error[inner].max()
    assert np.isfinite(found.on_grid(found.rotation_deg)).all()


def test_absolute_lengths_are_refused_without_the_pixel() -> None:
    fit, sublattices = crystal(known_pixel=False, cells=5)
    lattice = local_lattice(fit, sublattices)
    with pytest.raises(InputError, match="pixel"):
        lattice.length_angstrom()
    with pytest.raises(InputError, match="pixel"):
        lattice.area_angstrom2()
    with pytest.raises(InputError, match="pixel"):
        strain_map(fit, sublattices, reference_angstrom=(4.0, 4.0))
    assert np.abs(strain_map(fit, sublattices).strain).max() < 0.03


def test_flagged_columns_and_gaps_leave_their_cells_out() -> None:
    fit, sublattices = crystal(cells=6)
    flag = np.array(fit.flag)
    hole = int(np.flatnonzero((sublattices.site == 0) & (sublattices.cell == 2).all(axis=1))[0])
    flag[hole] = 1
    lattice = local_lattice(replace(fit, flag=flag), sublattices)
    assert len(lattice.cell) == 25 - 4
    assert not (lattice.corners == hole).any()
    assert hole not in strain_map(replace(fit, flag=flag), sublattices).column
    with pytest.raises(InputError, match="without a flag"):
        local_lattice(replace(fit, flag=np.ones_like(flag)), sublattices)
    with pytest.raises(InputError, match="long_axis"):
        c_over_a_map(lattice, fit, long_axis=3)


def test_the_square_constraint_warns_because_it_hides_strain() -> None:
    affine = np.array([[1.0, 0.01], [0.0, 1.02]])
    fit, sublattices = crystal(affine, None, 10.0)
    free = fit_affine(fit, sublattices)
    assert free.constraint == "none"
    assert free.warnings == ()
    np.testing.assert_allclose(free.corrected(fit.position_px), fit.position_px)
    with pytest.warns(UserWarning, match="hides real strain"):
        square = fit_affine(fit, sublattices, constraint="square")
    assert square.warnings
    assert abs(np.linalg.det(square.deformation)) == pytest.approx(1.0)
    lattice = local_lattice(replace(fit, position_px=square.corrected(fit.position_px)), sublattices)
    assert lattice.mean_angle_deg == pytest.approx(90.0, abs=1e-6)
    assert lattice.length_px == pytest.approx(square.square_px, rel=1e-9)
    # the strain that was there has gone
    assert local_lattice(fit, sublattices).mean_angle_deg != pytest.approx(90.0, abs=0.1)


def test_slow_drift_is_seen_band_by_band() -> None:
    truth = perovskite_columns((40, 40))
    fit, sublattices = fit_of_truth(truth, PIXEL, SIGMA, 3)
    assert scan_drift(fit, sublattices).rms_px.max() < 0.02
    position = np.array(fit.position_px)
    wave = 0.5 * np.sin(2 * np.pi * position[:, 1] / 800.0)
    drifted = scan_drift(replace(fit, position_px=position + np.stack([wave, 0 * wave], axis=1)), sublattices)
    # the straight part of the wave counts as shear: 0.5 / sqrt(2) is its upper limit
    assert 0.25 < drifted.rms_px[0] < 0.5 / np.sqrt(2)
    assert drifted.rms_px[1] < 0.02
