"""Virtual microscopy: what a projection shows of three-dimensional displacements."""

import itertools

import numpy as np
import pytest
from ase.io import read

from entrox.core import InputError
from entrox.microscopy.fit.fitting import fit_columns
from entrox.microscopy.simulation.simulation_settings import SimulationSettings
from entrox.microscopy.simulation.virtual import thickness_series, virtual_micrograph
from entrox.microscopy.simulation.virtual_settings import VirtualSettings
from entrox.microscopy.vectors.displacement import column_displacements
from entrox.order import fit_lattice
from entrox.structure import build_perovskite
from stem_truth import sublattices_of_truth

COARSE = SimulationSettings(pixel_size_pm=20.0)
LENGTH = 0.15
VARIANTS = {
    n: np.array([v for v in itertools.product((-1, 0, 1), repeat=3) if np.abs(v).sum() == n]) / np.sqrt(n)
    for n in (1, 2, 3)
}


def crystal(displacement, shape=(4, 4, 4)):
    """BaTiO3 with every Ti displaced, one vector or one for each cell in C order."""
    atoms = build_perovskite("Ba", "Ti", shape, 4.0)
    atoms.positions[atoms.get_array("site") == "B"] += displacement
    return atoms


def seen(atoms, seed=0, **settings):
    """Virtual micrograph of a box."""
    given = VirtualSettings(**{"thickness_cells": 2, "image": COARSE, **settings})
    return virtual_micrograph(atoms, fit_lattice(atoms), given, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("family", "lengths"),
    [
        (1, {"invisible": (0.0, 2), "<10>": (1.0, 4)}),
        (3, {"<11>": (np.sqrt(2.0 / 3.0), 8)}),
        (2, {"<11>": (1.0, 4), "<10>": (np.sqrt(0.5), 8)}),
    ],
)
def test_uniform_crystals_are_seen_as_the_projection_of_their_variant(family, lengths):
    found = {}
    for variant in VARIANTS[family]:
        atoms = crystal(LENGTH * variant)
        d = seen(atoms).direct_angstrom.reshape(-1, 2)
        np.testing.assert_allclose(d, np.tile(LENGTH * variant[:2], (16, 1)), atol=1e-9)
        length = np.linalg.norm(d[0]) / LENGTH
        folded = abs((np.degrees(np.arctan2(d[0, 1], d[0, 0])) + 45.0) % 90.0 - 45.0)
        name = "invisible" if length < 1e-6 else "<10>" if folded < 22.5 else "<11>"
        found.setdefault(name, []).append(length)
    assert {name: len(values) for name, values in found.items()} == {n: count for n, (_, count) in lengths.items()}
    for name, values in found.items():
        np.testing.assert_allclose(values, lengths[name][0], atol=1e-6)


@pytest.mark.parametrize(("zone", "expected"), [("001", [0.1, 0.06]), ("100", [0.06, 0.03]), ("010", [0.03, 0.1])])
def test_axes_of_the_picture_follow_the_view(zone, expected):
    found = seen(crystal([0.1, 0.06, 0.03]), zone_axis=zone).direct_angstrom
    np.testing.assert_allclose(found.reshape(-1, 2), np.tile(expected, (16, 1)), atol=1e-9)


def test_barium_moves_the_other_way_when_titanium_is_displaced():
    found = seen(crystal([0.1, 0.06, 0.03]))
    np.testing.assert_allclose(found.direct_a_angstrom, -found.direct_angstrom, atol=1e-9)


@pytest.mark.parametrize("zone", ["001", "110"])
def test_the_image_gives_the_direct_displacements_within_their_errors(zone):
    rng = np.random.default_rng(6)
    atoms = crystal(rng.normal(0.0, 0.08, (12 * 12 * 4 if zone == "001" else 6 * 6 * 12, 3)),
                    (12, 12, 4) if zone == "001" else (6, 6, 12))  # fmt: skip
    found = seen(atoms, zone_axis=zone)
    sublattices = sublattices_of_truth(found.truth, 0.2, zone_axis=zone)
    vectors = column_displacements(fit_columns(found.image, sublattices, radius=7.0, threads=1), sublattices)
    truth = np.asarray(found.truth.displacement_angstrom)[vectors.column]
    np.testing.assert_allclose(truth.reshape(found.direct_angstrom.shape), found.direct_angstrom, atol=1e-12)
    assert vectors.good.all()
    rest = vectors.vector_px * 0.2 - truth
    chi2 = np.einsum("ni,nij,nj->n", rest, np.linalg.inv(vectors.covariance_px2 * 0.04), rest)
    # two components of n vectors; neighbors share columns
    assert chi2.mean() == pytest.approx(2.0, rel=0.25)
    slope = (vectors.vector_px * 0.2 * truth).sum() / (truth**2).sum()
    assert slope == pytest.approx(1.0, abs=0.06)


def test_random_directions_shrink_as_one_over_the_root_of_the_thickness():
    rng = np.random.default_rng(1)
    directions = rng.normal(size=(16**3, 3))
    directions *= LENGTH / np.linalg.norm(directions, axis=1, keepdims=True)
    atoms = crystal(directions, (16, 16, 16))
    found = thickness_series(atoms, fit_lattice(atoms), thicknesses=(1, 2, 4, 8, 16))
    expected = LENGTH * np.sqrt(2.0 / 3.0 / found.thickness_cells)
    # 256 columns at the thickest: two components each, 3 %
    np.testing.assert_allclose(found.rms_b_angstrom, expected, rtol=0.08)
    np.testing.assert_allclose(found.rms_b_angstrom[:3], expected[:3], rtol=0.04)
    # the cage of four columns turns the noise of B into that of A
    np.testing.assert_allclose(found.rms_a_angstrom, 0.5 * found.rms_b_angstrom, rtol=0.08)
    assert found.axis_share == pytest.approx(0.5, abs=0.1)


def test_an_ordered_crystal_does_not_shrink():
    atoms = crystal([0.1, 0.0, 0.0], (4, 4, 8))
    found = thickness_series(atoms, fit_lattice(atoms), thicknesses=(1, 2, 4, 8, 16))
    np.testing.assert_allclose(found.rms_b_angstrom, 0.1, rtol=1e-9)
    assert found.thickness_cells.tolist() == [1, 2, 4, 8]
    assert any("thin_box" in remark for remark in found.warnings)


def test_columns_are_as_bright_as_the_sum_of_their_powers_of_z():
    atoms = crystal([0.0, 0.0, 0.0])
    atoms.symbols[[a.index for a in atoms if a.symbol == "Ba"][::3]] = "Sr"
    found = seen(atoms, thickness_cells=4, a_sigma_angstrom=0.45, b_sigma_angstrom=0.45)
    truth = found.truth
    a, b = truth.peak[truth.site == 0], truth.peak[truth.site == 1]
    assert a.max() == pytest.approx(2000.0)
    assert b == pytest.approx(b[0])
    counts = {n * 56**1.7 + (4 - n) * 38**1.7 for n in range(5)}
    assert all(min(abs(p / b[0] * 4 * 22**1.7 - c) for c in counts) < 1e-6 * 4 * 56**1.7 for p in a)


def test_a_thickness_must_be_given_and_fit_the_box():
    with pytest.raises(ValueError, match="thickness_cells"):
        VirtualSettings()
    with pytest.raises(InputError, match="thickness_cells"):
        seen(crystal([0.0, 0.0, 0.0]), thickness_cells=5)
    atoms = crystal([0.0, 0.0, 0.0])
    with pytest.raises(InputError, match="4 cells deep"):
        thickness_series(atoms, fit_lattice(atoms), thicknesses=(5,))


def test_one_frame_is_called_a_snapshot_and_one_layer_a_layer():
    remarks = " ".join(seen(crystal([0.0, 0.0, 0.0]), thickness_cells=1).warnings)
    assert "one_frame" in remarks
    assert "one_layer" in remarks


def test_lead_titanate_shows_titanium_moved_against_lead(external_data):
    atoms = read(external_data("perovskite/ferrodispcalc-traj/PTO-300K-avg.vasp"))
    found = seen(atoms, zone_axis="100", thickness_cells=5)
    mean = found.direct_angstrom.reshape(-1, 2).mean(axis=0)
    assert mean[1] == pytest.approx(0.113, abs=0.001)
    assert abs(mean[0]) < 0.003


def test_strontium_titanate_shows_next_to_nothing(external_data):
    atoms = read(external_data("perovskite/ferrodispcalc-traj/STO-50K.vasp"))
    found = thickness_series(atoms, fit_lattice(atoms), "100", (1,))
    # 0.003 angstrom in each of the components, of which two are seen
    assert found.rms_b_angstrom[0] == pytest.approx(0.003 * np.sqrt(2.0), rel=0.4)


def test_a_wall_of_180_degrees_shows_two_domains_of_opposite_sign(external_data):
    atoms = read(external_data("perovskite/ferrodispcalc-traj/PTO-180DW.vasp"))
    d = seen(atoms, zone_axis="010").direct_angstrom.reshape(-1, 2)
    assert np.sqrt((d[:, 0] ** 2).mean()) == pytest.approx(0.129, abs=0.001)
    assert abs(d[:, 0].mean()) < 0.002
    assert ((d[:, 0] > 0.1).mean(), (d[:, 0] < -0.1).mean()) == (pytest.approx(0.45, abs=0.051),) * 2
