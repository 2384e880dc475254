"""Bond splitting in three schemes, its noise floor, and the slopes with the neighbors."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.bonds.bond_groups import group_means, sorting_split
from entrox.order.bonds.bonds import bond_splitting
from entrox.order.bonds.environment import environment_counts
from entrox.order.displacement.block_sums import BlockSums
from entrox.order.lattice import fit_lattice
from perovskite_boxes import make_box


def cage(displacement):
    """Bonds of one B cation moved off the center of a 2 angstrom octahedron, shape (1, 6, 3)."""
    return (2.0 * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]) - displacement)[None]


def test_the_three_schemes_see_the_three_phases():
    t, o, r = cage([0, 0, 0.2]), cage([0, 0.2, 0.2]), cage([0.2, 0.2, 0.2])
    assert group_means(t, "sorted")[0][0] == pytest.approx([1.8, np.hypot(2.0, 0.2), 2.2])
    assert group_means(t, "by_phase", np.array(["T"]))[0][0] == pytest.approx([1.8, np.hypot(2.0, 0.2), 2.2])
    middle = np.sqrt(4.0 + 0.08)
    assert group_means(o, "by_phase", np.array(["O"]))[0][0] == pytest.approx(
        [np.hypot(1.8, 0.2), middle, np.hypot(2.2, 0.2)]
    )
    in_r = group_means(r, "by_phase", np.array(["R"]))[0][0]
    assert in_r[0] == pytest.approx(np.sqrt(1.8**2 + 0.08))
    assert np.isnan(in_r[1])
    for bonds in (t, o, r):
        short, _, long = group_means(bonds, "projected")[0][0]
        assert long - short > 0.3
    assert np.isnan(group_means(t, "by_phase", np.array(["C"]))[0]).all()


def test_sorting_noise_splits_equal_bonds_by_the_known_factors():
    rng = np.random.default_rng(0)
    for count, short in ((6, 1), (6, 2), (6, 3), (12, 4), (12, 5), (12, 3)):
        drawn = np.sort(rng.normal(size=(200_000, count)), axis=1)
        seen = drawn[:, count - short :].mean() - drawn[:, :short].mean()
        assert sorting_split(count, short, short) == pytest.approx(seen, abs=0.01)
    assert sorting_split(6, 1, 1) == pytest.approx(2.534, abs=5e-4)
    assert sorting_split(12, 4, 4) == pytest.approx(2.037, abs=5e-4)


def test_the_splitting_of_a_cubic_crystal_is_its_noise_floor():
    rng = np.random.default_rng(1)
    box = make_box((4, 4, 4), b_elements=("Ti",))
    frames = []
    for _ in range(160):
        frame = box.atoms.copy()
        frame.positions += rng.normal(0.0, 0.05, frame.positions.shape)
        frames.append(frame)
    found = fit_lattice(box.atoms)
    by_frame = bond_splitting(frames, found, "Ti", average="frame")
    assert by_frame.scatter_angstrom == pytest.approx(0.05 * np.sqrt(2.0), rel=0.02)
    assert by_frame.splitting_angstrom == pytest.approx(by_frame.noise_floor_angstrom, rel=0.05)
    by_time = bond_splitting(frames, found, "Ti")
    assert by_time.splitting_angstrom == pytest.approx(by_time.noise_floor_angstrom, rel=0.15)
    assert by_time.splitting_angstrom < 0.15 * by_frame.splitting_angstrom
    again = bond_splitting(iter(frames), found, "Ti", chunk_frames=7)
    assert again.splitting_angstrom == by_time.splitting_angstrom


def test_neighbors_that_pull_the_oxygen_give_their_slopes_back():
    rng = np.random.default_rng(2)
    box = make_box((6, 6, 6), rng, b_elements=("Ti", "Ti", "Sn"), a_elements=("Ba", "Ba", "Ca"))
    found = fit_lattice(box.atoms)
    positions, is_sn = box.atoms.positions, np.array(found.b_symbols) == "Sn"
    for k in range(3):
        here, there = is_sn, is_sn[found.neighbors[:, 2 * k]]
        # a larger Sn pushes the X between it and a Ti by 0.06 A, so that the mean of six bonds falls by 0.01
        push = 0.06 * (here.astype(float) - there.astype(float))
        positions[found.x[:, k], k] += push
    frames = []
    for _ in range(40):
        frame = box.atoms.copy()
        frame.positions += rng.normal(0.0, 0.02, positions.shape)
        frames.append(frame)
    result = bond_splitting(frames, found, "Ti", by=("Sn", "Ca"))
    bonds = result.environment[0]
    assert bonds.subject == "mean bond length"
    assert bonds.terms == ("Sn on B", "Ca on A")
    assert bonds.slopes_angstrom[0] == pytest.approx(-0.01, abs=max(4 * bonds.slope_errors_angstrom[0], 2e-4))
    assert abs(bonds.slopes_angstrom[1]) < 4 * bonds.slope_errors_angstrom[1]
    assert bonds.intercept_angstrom == pytest.approx(2.0, abs=2e-3)
    assert bonds.slope_errors_angstrom[0] < 1e-3


def test_environment_errors_are_those_of_repeated_samples():
    from entrox.order.bonds.environment import fit_environment

    rng = np.random.default_rng(3)
    slopes, errors = [], []
    for _ in range(200):
        counts = rng.integers(0, 5, (120, 2))
        own = rng.uniform(0.5, 2.0, 120) * 1e-3
        y = 2.0 + counts @ [0.02, -0.03] + rng.normal(0.0, 0.03, 120) + rng.normal(0.0, np.sqrt(own))
        fit = fit_environment("y", y, own, ("one", "two"), counts)
        slopes.append(fit.slopes_angstrom)
        errors.append(fit.slope_errors_angstrom)
    assert np.mean(slopes, axis=0) == pytest.approx([0.02, -0.03], abs=1e-3)
    assert np.std(slopes, axis=0) == pytest.approx(np.mean(errors, axis=0), rel=0.15)


def test_counts_of_neighbors_follow_the_elements():
    box = make_box((4, 4, 4), np.random.default_rng(4))
    found = fit_lattice(box.atoms)
    terms, counts = environment_counts(found, "B", ("Sn", "Ca"))
    assert terms == ("Sn on B", "Ca on A")
    lengths = box.atoms.get_all_distances(mic=True)
    symbols = np.array(box.atoms.get_chemical_symbols())
    near = (lengths[found.b] < 4.1) & (lengths[found.b] > 0.1)
    assert (counts[:, 0] == (near & (symbols == "Sn")).sum(axis=1)).all()
    assert (counts[:, 1] == ((lengths[found.b] < 3.6) & (symbols == "Ca")).sum(axis=1)).all()
    with pytest.raises(InputError, match="Zr: not on a cation site"):
        environment_counts(found, "B", ("Zr",))


def test_one_frame_has_no_errors_and_no_floor():
    box = make_box((3, 3, 3), shift_b=(0.0, 0.0, 0.2), b_elements=("Ti",))
    result = bond_splitting(box.atoms, fit_lattice(box.atoms), "Ti", "projected")
    assert result.errors_angstrom is None
    assert result.scatter_angstrom is None
    assert result.noise_floor_angstrom is None
    assert result.splitting_angstrom == pytest.approx(0.4)


def test_what_cannot_be_grouped_is_refused_or_reported():
    box = make_box((2, 2, 2), b_elements=("Ti",))
    found = fit_lattice(box.atoms)
    with pytest.raises(InputError, match="needs labels"):
        bond_splitting(box.atoms, found, "Ti", "by_phase")
    cubic = bond_splitting(box.atoms, found, "Ti", "by_phase", labels=["C"] * 8)
    assert cubic.count == 0
    assert cubic.splitting_angstrom is None
    assert cubic.mean_angstrom == pytest.approx(2.0)
    with pytest.raises(InputError, match="Zr: not on a cation site"):
        bond_splitting(box.atoms, found, "Zr")
    with pytest.raises(InputError, match="scheme"):
        bond_splitting(box.atoms, found, "Ti", "best")


def test_blocks_join_and_lose_nothing():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(100, 3))
    sums = BlockSums((3,))
    for start in range(0, 100, 9):
        sums.add(values[start : start + 9])
    assert sums.mean() == pytest.approx(values.mean(axis=0))
    blocks = sums.block_means()
    assert blocks == pytest.approx(values.reshape(25, 4, 3).mean(axis=1))
    assert sums.leave_one_out()[2] == pytest.approx(np.delete(values, np.s_[8:12], axis=0).mean(axis=0))


def test_cages_that_lose_an_anion_on_the_way_leave_the_means_of_the_others():
    box = make_box((4, 4, 4), a_elements=("Ba",), b_elements=("Ti",))
    frames = [box.atoms.copy() for _ in range(4)]
    # an anion hops along the edge of an octahedron into the empty site
    for frame in frames[2:]:
        frame.positions[box.x[0, 1]] = box.atoms.positions[box.x[0, 0]]
    for frame in frames:
        del frame[int(box.x[0, 0])]
    found = bond_splitting(frames, fit_lattice(frames[0], allow_vacancies=True), "Ti")
    assert found.mean_angstrom == pytest.approx(2.0)
    assert found.splitting_angstrom == pytest.approx(0.0, abs=1e-12)
    assert found.count == 61
    assert any(text.startswith("broken_cages: 1 Ti") for text in found.warnings)
