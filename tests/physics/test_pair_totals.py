"""Total pair distributions and powder patterns of boxes, through r and through Q."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk

from entrox.composition.scattering_factors import x_ray_form_factors
from entrox.core import InputError, generator
from entrox.order import pair_distribution, partial_rdf, powder_pattern
from entrox.order.pair_distribution import pair_weights, scattering_strengths
from entrox.order.pair_distribution.waves import wave_sums


def salt(sigma=0.0, repeat=1):
    atoms = bulk("NaCl", "rocksalt", a=5.63, cubic=True).repeat(repeat)
    atoms.positions += generator(1).normal(0.0, sigma, atoms.positions.shape) if sigma else 0.0
    return atoms


def test_the_way_through_q_is_the_direct_one_for_weights_without_q():
    options = {"r_max_angstrom": 10.0, "r_step_angstrom": 0.01, "peak_width_angstrom": 0.12}
    direct = pair_distribution(salt(), "neutron", **options).G_pdf
    through = pair_distribution(salt(), "neutron", q_max_per_angstrom=70.0, **options).G_pdf
    # the direct one is the mean over each bin; that of the other from its neighbors
    mean = through[1:-1] + np.diff(through, 2) / 24.0
    assert np.abs(mean - direct[1:-1]).max() < 1e-6 * np.abs(direct).max()


def test_random_points_scatter_like_single_atoms():
    rng = generator(2)
    frames = [Atoms(["O", "Ti"] * 250, positions=rng.uniform(0.0, 20.0, (500, 3)), cell=[20.0] * 3, pbc=True)
              for _ in range(6)]  # fmt: skip
    found = pair_distribution(frames, "xray", 9.0, 0.05, q_max_per_angstrom=12.0, window="lorch")
    assert np.abs(found.g[found.r_angstrom > 3.0] - 1.0).max() < 0.25
    assert np.abs(found.g[found.r_angstrom > 3.0].mean() - 1.0) < 0.01
    assert np.abs(found.S[found.q_per_angstrom > 3.0].mean() - 1.0) < 0.02


def test_a_repeated_cell_scatters_like_the_cell():
    one = pair_distribution(salt(), "xray", 12.0, q_max_per_angstrom=20.0, peak_width_angstrom=0.1)
    two = pair_distribution(salt(repeat=2), "xray", 12.0, q_max_per_angstrom=20.0, peak_width_angstrom=0.1)
    assert np.abs(one.G_pdf - two.G_pdf).max() < 1e-9 * np.abs(one.G_pdf).max()
    assert "beyond_half_box" in one.warnings[0]


def test_forms_hold_together_and_their_limits():
    found = pair_distribution(salt(), "neutron", 8.0, peak_width_angstrom=0.1)
    shell = 4.0 * np.pi * found.density_per_angstrom3 * found.r_angstrom
    square = ((3.63 + 9.577) / 2.0) ** 2 / 100.0
    assert found.G_pdf == pytest.approx(shell * (found.g - 1.0))
    assert found.R == pytest.approx(shell * found.r_angstrom * found.g)
    assert found.D == pytest.approx(square * found.G_pdf, rel=1e-3)
    assert np.abs(found.T[found.r_angstrom < 2.0]).max() < 1e-12
    assert found.F == pytest.approx(square * (found.S - 1.0), rel=1e-3, abs=1e-9)
    assert found.QSm1 == pytest.approx(found.q_per_angstrom * (found.S - 1.0))
    # 6 neighbors of the other kind, 12 of the own: coordination from R
    first = (found.r_angstrom > 2.4) & (found.r_angstrom < 3.3)
    lengths = np.array([3.63, 9.577])
    expected = 6.0 * lengths.prod() / (lengths.mean() ** 2)
    assert found.R[first].sum() * 0.02 == pytest.approx(expected, rel=2e-3)


def test_weights_sum_to_one_and_may_be_negative():
    manganite = scattering_strengths("neutron", ["La", "Mn", "O"], [0.0])
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    found = pair_weights(manganite, [0.2, 0.2, 0.6], pairs)
    assert found.sum() == pytest.approx(1.0)
    assert found[4, 0] < 0.0 < found[3, 0]
    x = scattering_strengths("xray", ["Na", "Cl"], [0.0, 10.0])
    assert x == pytest.approx(x_ray_form_factors(["Na", "Cl"], [0.0, 10.0]))
    electrons = scattering_strengths("electron", ["O"], [np.pi])
    assert electrons[0, 0] == pytest.approx(1.23176, abs=2e-5)
    with pytest.raises(InputError, match="mean scattering length is zero"):
        pair_weights([[1.0], [-1.0]], [0.5, 0.5], pairs[:1])


def test_a_negative_length_turns_the_first_peak_over(external_data):
    at = external_data("amorphous/LaMnO3.stru").read_text().split("atoms")[1].splitlines()
    rows = [line.split() for line in at if line[:2].strip().isalpha() and len(line.split()) == 5]
    atoms = Atoms([row[0].capitalize() for row in rows], cell=[5.486341, 5.619215, 7.628206], pbc=True,
                  scaled_positions=[[float(x) for x in row[1:4]] for row in rows])  # fmt: skip
    found = pair_distribution(atoms, "neutron", 4.0, q_max_per_angstrom=32.0, peak_width_angstrom=0.08)
    first = (found.r_angstrom > 1.7) & (found.r_angstrom < 2.3)
    assert found.G_pdf[first].min() < -3.0
    assert found.r_angstrom[first][found.G_pdf[first].argmin()] == pytest.approx(1.97, abs=0.03)


def test_an_end_in_q_makes_ripples_that_lorch_takes_away():
    plain = pair_distribution(salt(0.1, 2), "neutron", 5.0, q_max_per_angstrom=15.0)
    damped = pair_distribution(salt(0.1, 2), "neutron", 5.0, q_max_per_angstrom=15.0, window="lorch")
    gauss = pair_distribution(
        salt(0.1, 2), "neutron", 5.0, q_max_per_angstrom=15.0, window="gaussian", damping_angstrom2=0.0127
    )
    empty = (plain.r_angstrom > 0.5) & (plain.r_angstrom < 2.2)
    line = -4.0 * np.pi * plain.density_per_angstrom3 * plain.r_angstrom
    ripples = [np.abs((item.G_pdf - line)[empty]).max() for item in (plain, damped, gauss)]
    assert ripples[1] < 0.25 * ripples[0]
    assert ripples[2] < 0.25 * ripples[0]
    assert damped.G_pdf.max() < plain.G_pdf.max()


def test_the_gaussian_window_widens_a_peak_by_the_variance_it_says():
    def width(damping):
        options = {} if damping == 0.0 else {"window": "gaussian", "damping_angstrom2": damping}
        found = pair_distribution(
            bulk("Cu", cubic=True), "neutron", 3.4, q_max_per_angstrom=60.0, peak_width_angstrom=0.08, **options
        )
        shell = found.r_angstrom * found.G_pdf + 4.0 * np.pi * found.density_per_angstrom3 * found.r_angstrom**2
        near = np.abs(found.r_angstrom - 2.5527) < 0.6
        r, weight = found.r_angstrom[near], shell[near] / found.r_angstrom[near]
        middle = np.average(r, weights=weight)
        return np.average((r - middle) ** 2, weights=weight)

    assert width(0.003) - width(0.0) == pytest.approx(2.0 * 0.003, rel=0.03)


def test_resolution_damps_and_broadens():
    sharp = pair_distribution(salt(), "neutron", 20.0, peak_width_angstrom=0.1)
    damped = pair_distribution(salt(), "neutron", 20.0, peak_width_angstrom=0.1, qdamp_per_angstrom=0.05)
    ratio = damped.G_pdf / sharp.G_pdf
    assert ratio == pytest.approx(np.exp(-0.5 * (0.05 * sharp.r_angstrom) ** 2))
    broad = pair_distribution(salt(), "neutron", 20.0, peak_width_angstrom=0.1, qbroad_per_angstrom=0.1)
    far = sharp.r_angstrom > 15.0
    assert broad.G_pdf[far].std() < 0.8 * sharp.G_pdf[far].std()
    with pytest.raises(InputError, match="give peak_width_angstrom too"):
        pair_distribution(salt(), qbroad_per_angstrom=0.1)


def test_lines_of_a_crystal_lie_at_their_angles_and_a_glass_has_a_hump(external_data):
    from entrox.structure import read_frames

    angle = np.arange(10.0, 60.0, 0.1)
    pattern = powder_pattern(salt(), angle, r_max_angstrom=60.0)
    spacings = 5.63 / np.sqrt([4.0, 8.0])
    for expected in 2.0 * np.degrees(np.arcsin(1.5418 / 2.0 / spacings)):
        near = np.abs(angle - expected) < 1.5
        assert angle[near][pattern.intensity[near].argmax()] == pytest.approx(expected, abs=0.1)
        assert pattern.intensity[near].max() > 5.0 * pattern.self_scattering[near].max()
    silica = next(read_frames(external_data("glass/aSiO2_300_atoms.xyz"), notices=[]))
    hump = powder_pattern(silica, angle, r_max_angstrom=16.0, lorentz_polarization=False)
    # the first sharp diffraction peak of silica
    assert hump.q_per_angstrom[hump.intensity.argmax()] == pytest.approx(1.55, abs=0.15)
    assert hump.intensity.max() < 6.0 * hump.self_scattering.mean()


def test_a_finite_cluster_scatters_as_the_sum_over_its_pairs():
    # far from its images a cluster is what Debye's formula sums
    cluster = bulk("Ni", cubic=True).repeat(2)
    cluster.set_cell([60.0] * 3)
    q = np.arange(1.0, 12.0, 0.05)
    r = np.linalg.norm(cluster.positions[:, None] - cluster.positions, axis=-1)
    square = x_ray_form_factors(["Ni"], q)[0] ** 2
    debye = square * np.sinc(q[:, None, None] * r / np.pi).sum(axis=(1, 2)) / len(r)
    partials = partial_rdf(cluster, None, 12.0, 0.0005)
    shells = 4.0 * np.pi * partials.density_per_angstrom3 * partials.r_angstrom * partials.g
    sums = wave_sums(np.array(partials.r_angstrom), 0.0005, shells, q)[0] / q
    # distances are moved to the middle of their bins, by a quarter of a thousandth of an angstrom at most
    assert np.abs(1.0 + sums - debye / square).max() < 2e-3


def test_what_cannot_be_computed_is_refused():
    with pytest.raises(InputError, match="give q_max_per_angstrom, such as 25"):
        pair_distribution(salt(), "xray")
    with pytest.raises(InputError, match="no probe 'muon'"):
        pair_distribution(salt(), "muon")
    with pytest.raises(InputError, match="no window 'hann'"):
        pair_distribution(salt(), q_max_per_angstrom=20.0, window="hann")
    with pytest.raises(InputError, match="belong to an integral over Q"):
        pair_distribution(salt(), window="lorch")
    with pytest.raises(InputError, match="belongs to window='gaussian'"):
        pair_distribution(salt(), q_max_per_angstrom=20.0, damping_angstrom2=0.02)
    with pytest.raises(InputError, match="is > 0 there"):
        pair_distribution(salt(), q_max_per_angstrom=20.0, window="gaussian")
    with pytest.raises(InputError, match="cannot hold waves"):
        pair_distribution(salt(), r_step_angstrom=0.2, q_max_per_angstrom=30.0)
    with pytest.raises(InputError, match="one composition"):
        pair_distribution([salt(), bulk("Cu", cubic=True)], r_max_angstrom=3.0)
    with pytest.raises(InputError, match="between 0 and 180"):
        powder_pattern(salt(), [0.0, 10.0])
