"""Columns and their displacements in projection."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.displacement.displacement import displacements
from entrox.order.displacement.projected_displacement import column_displacements, displacement_covariance
from entrox.order.displacement.projection import project_columns, projected_displacements
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box

ZONES = ("001", "100", "010", "110", "011", "101")


@pytest.mark.parametrize("zone", ZONES)
def test_the_mean_of_the_columns_is_the_projection_of_the_mean(zone):
    box = make_box((4, 4, 4), np.random.default_rng(0), noise=0.1, shift_b=(0.05, 0.1, -0.2), strain=0.02)
    found = fit_lattice(box.atoms)
    columns = project_columns(box.atoms, found, zone, weight="uniform")
    full = displacements(box.atoms, found, "B", "cation").vectors_angstrom[0].mean(axis=0)
    assert projected_displacements(columns, "B").mean(axis=(0, 1, 2)) == pytest.approx(
        columns.picture_axes[:2] @ full, abs=1e-10
    )
    assert np.linalg.det(columns.picture_axes) == pytest.approx(1.0)


def test_a_column_in_001_view_is_the_mean_over_its_cells():
    box = make_box((4, 3, 5), np.random.default_rng(1), noise=0.1)
    found = fit_lattice(box.atoms)
    three = found.grid(displacements(box.atoms, found, "B", "cation").vectors_angstrom[0])
    columns = project_columns(box.atoms, found, "001", weight="uniform")
    # cages of eight above each other share their layers, so that the column sees the same mean
    seen = projected_displacements(columns, "B")
    assert seen.shape == (1, 4, 3, 2)
    assert seen[0] == pytest.approx(three.mean(axis=2) @ columns.picture_axes[:2].T, abs=1e-10)


def test_in_the_picture_columns_lie_where_the_axes_say():
    box = make_box((4, 4, 4))
    found = fit_lattice(box.atoms)
    flat = project_columns(box.atoms, found, "001")
    assert flat.a_angstrom[0, 2, 3] - flat.a_angstrom[0, 0, 0] == pytest.approx([8.0, 12.0])
    assert flat.b_angstrom[0, 0, 0] - flat.a_angstrom[0, 0, 0] == pytest.approx([2.0, 2.0])
    steep = project_columns(box.atoms, found, "110")
    assert steep.a_angstrom[0, 1, 0] - steep.a_angstrom[0, 0, 0] == pytest.approx([4.0 / np.sqrt(2.0), 0.0])
    assert steep.b_angstrom[0, 0, 0] - steep.a_angstrom[0, 0, 0] == pytest.approx([0.0, 2.0])
    for columns in (flat, steep):
        assert np.abs(projected_displacements(columns, "B")).max() < 1e-10
        assert np.abs(projected_displacements(columns, "A")).max() < 1e-10


def test_random_directions_shrink_with_the_thickness():
    rng = np.random.default_rng(2)
    box = make_box((8, 8, 8), b_elements=("Ti",), a_elements=("Ba",))
    angle = rng.uniform(0, 2 * np.pi, 512)
    box.atoms.positions[box.b] += 0.1 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    found = fit_lattice(box.atoms)
    sizes = []
    for thickness in (1, 2, 4, 8):
        columns = project_columns(box.atoms, found, "001", thickness)
        d = projected_displacements(columns, "B")
        assert len(d) == 8 // thickness
        sizes.append(np.sqrt((d**2).sum(axis=-1).mean()))
    assert sizes[0] == pytest.approx(0.1)
    assert sizes / sizes[0] == pytest.approx(1.0 / np.sqrt([1, 2, 4, 8]), rel=0.15)


def test_heavy_atoms_weigh_more():
    box = make_box((2, 2, 2), a_elements=("Ba",), b_elements=("Ti",))
    found = fit_lattice(box.atoms)
    moved = found.grid(found.b)[0, 0, 0]
    box.atoms.symbols[moved] = "Sn"
    box.atoms.positions[moved] += [0.3, 0.0, 0.0]
    found = fit_lattice(box.atoms)
    share = 50.0**1.7 / (50.0**1.7 + 22.0**1.7)
    seen = projected_displacements(project_columns(box.atoms, found, "001"), "B")[0, 0, 0]
    assert seen == pytest.approx([0.3 * share, 0.0], abs=1e-10)
    plain = projected_displacements(project_columns(box.atoms, found, "001", weight="uniform"), "B")[0, 0, 0]
    assert plain == pytest.approx([0.15, 0.0], abs=1e-10)


def test_drift_does_not_smear_columns():
    box = make_box((3, 3, 3), shift_b=(0.1, 0.0, 0.0))
    found = fit_lattice(box.atoms)
    frames = []
    for k in range(5):
        frame = box.atoms.copy()
        frame.positions += k * np.array([0.9, 0.4, 0.0])
        frames.append(frame)
    still, drifting = (project_columns(item, found) for item in (box.atoms, frames))
    assert drifting.b_angstrom == pytest.approx(still.b_angstrom, abs=1e-10)


def test_every_member_of_a_cage_is_needed():
    centers = np.zeros((2, 2))
    cages = np.array([[[1, 1], [-1, 1], [1, -1], [-1, -1]]] * 2, dtype=float)
    cages[1, 2] = np.nan
    found = column_displacements(centers, cages)
    assert found[0] == pytest.approx([0.0, 0.0])
    assert np.isnan(found[1]).all()
    with pytest.raises(InputError, match="shape"):
        column_displacements(centers, cages[0])


def test_the_covariance_of_a_displacement_holds_its_shared_noise():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(10, 10))
    covariance = root @ root.T
    blocks = covariance.reshape(5, 2, 5, 2).transpose(0, 2, 1, 3)
    draws = rng.multivariate_normal(np.zeros(10), covariance, 200_000).reshape(-1, 5, 2)
    d = column_displacements(draws[:, 0], draws[:, 1:])
    assert displacement_covariance(blocks) == pytest.approx(np.cov(d.T), rel=0.03, abs=0.03)


def test_what_cannot_be_projected_is_refused():
    box = make_box((2, 3, 2))
    found = fit_lattice(box.atoms)
    with pytest.raises(InputError, match="p x p"):
        project_columns(box.atoms, found, "110")
    with pytest.raises(InputError, match="zone_axis"):
        project_columns(box.atoms, found, "111")
    with pytest.raises(InputError, match="weight"):
        project_columns(box.atoms, found, weight="mass")
    with pytest.raises(InputError, match="thickness_cells"):
        project_columns(box.atoms, found, thickness_cells=3)
    slanted = make_box([[1, 1, 0], [-1, 1, 0], [0, 0, 2]])
    with pytest.raises(InputError, match="diagonal"):
        project_columns(slanted.atoms, fit_lattice(slanted.atoms))
