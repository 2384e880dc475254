from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from numpy.typing import NDArray
from scipy.special import erf, sici, wofz

from entrox.core import InputError
from entrox.order.pair_distribution import partial_rdf
from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.sample import Sample, sample_of
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.build import build_operator
from entrox.scattering.operators.histogram import pair_histogram, total_from_partials, weighted_histogram
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.operators.termination import convolve_with_box, termination_matrix

Floats = NDArray[np.float64]

ELEMENTS = ("Ba", "O", "Ti")
EDGE = 4.0


def perovskite(
    shape: tuple[int, int, int], rng: np.random.Generator, shake: float = 0.1
) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Positions, species and cell of shaken BaTiO3."""
    basis = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]])
    cells = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions = EDGE * (cells + basis).reshape(-1, 3)
    species = np.tile([0, 2, 1, 1, 1], int(np.prod(shape)))
    return positions + rng.normal(0.0, shake, positions.shape), species, EDGE * np.diag(shape).astype(float)


def operator(data: CorrelationData, bins: Bins, sample: Sample, box: Floats, **options: object) -> SetOperator:
    cells = round(np.linalg.det(box) / EDGE**3)
    counts = {"Ba": cells, "Ti": cells, "O": 3 * cells}
    settings = {"counts": counts, "volume_angstrom3": np.linalg.det(box), "name": "set", "sigma": 0.01, **options}
    return build_operator(data, bins, sample, **settings)


def empty(form: str, low: float, high: float, step: float) -> CorrelationData:
    x = np.arange(low, high, step)
    return CorrelationData(x=x, y=np.zeros_like(x), form=form)


def debye(
    positions: Floats, species: NDArray[np.int64], cell: Floats, lengths: Floats, q: Floats, ends: tuple[float, float]
) -> Floats:
    """F [barn] summed over all pairs between two distances, less the sphere of mean density."""
    one, two = np.triu_indices(len(positions), 1)
    apart = positions[one] - positions[two]
    apart -= np.rint(apart @ np.linalg.inv(cell)) @ cell
    r = np.linalg.norm(apart, axis=1)
    near = (r >= ends[0]) & (r < ends[1])
    weight = (2.0 * lengths[species[one]] * lengths[species[two]])[near]
    summed = np.array([weight @ np.sinc(at * r[near] / np.pi) for at in q]) / len(positions) / 100.0
    density = len(positions) / np.linalg.det(cell)
    mean = lengths[species].mean() ** 2 / 100.0
    sphere = np.sin(q * ends[1]) - q * ends[1] * np.cos(q * ends[1])
    return summed - 4 * np.pi * density * mean * sphere / q**3


SAMPLE = sample_of("BaTiO3", 5 / EDGE**3)
LENGTHS = np.array([SAMPLE.lengths_fm[name] for name in ELEMENTS])


def test_f_of_the_operator_is_the_debye_sum_and_nears_it_with_finer_bins() -> None:
    positions, species, cell = perovskite((5, 5, 4), np.random.default_rng(3))
    wrong = []
    for step in (0.04, 0.02, 0.01):
        bins = Bins(step, int(7.9 / step))
        data = empty("F", 1.0, 35.0, 1.0)
        built = operator(data, bins, SAMPLE, cell, convolve=False, cell=cell)
        found = built.matrix @ weighted_histogram(positions, species, cell, bins, LENGTHS) + built.constant
        exact = debye(positions, species, cell, LENGTHS, data.x, (step / 2, bins.radius_angstrom))
        wrong.append(np.sqrt(np.mean((found - exact) ** 2)) / SAMPLE.mean_squared_length)
    # each pair lies by chance somewhere in its bin: what is left is noise that shrinks with the width
    assert wrong[1] < 1e-3
    assert wrong[0] > 1.5 * wrong[1] > 2.25 * wrong[2]


def test_the_bins_take_nothing_off_the_peaks_of_a_cold_crystal() -> None:
    positions, species, cell = perovskite((6, 6, 6), np.random.default_rng(3), shake=0.04)
    bins = Bins(0.04, 197)
    data = empty("F", 5.0, 30.0, 0.8)
    built = operator(data, bins, SAMPLE, cell, convolve=False)
    found = built.matrix @ weighted_histogram(positions, species, cell, bins, LENGTHS) + built.constant
    exact = debye(positions, species, cell, LENGTHS, data.x, (0.02, bins.radius_angstrom))
    off = exact - found
    assert (found @ exact) / (exact @ exact) == pytest.approx(1.0, abs=2e-3)
    assert np.sqrt(np.mean(off**2)) < 2e-3 * SAMPLE.mean_squared_length


def test_the_mean_over_a_bin_is_given_back_to_the_peaks_at_high_q() -> None:
    bins = Bins(0.02, 300)
    data = CorrelationData(x=np.array([1.0, 35.0]), y=np.zeros(2), form="F")
    built = operator(data, bins, SAMPLE, EDGE * np.eye(3), convolve=False)
    seen = built.matrix / (np.sinc(data.x[:, None] * bins.centers_angstrom / np.pi) / 5 / 100.0)
    assert seen[1].mean() == pytest.approx(1.0 / np.sinc(0.35 / np.pi))
    assert seen[1].mean() == pytest.approx(1.02, abs=0.001)
    with pytest.raises(InputError, match="wide at most"):
        operator(data, Bins(0.1, 60), SAMPLE, EDGE * np.eye(3), convolve=False)


@pytest.mark.parametrize("form", ["G_keen", "D", "T", "G_pdf", "g", "R"])
def test_the_total_without_termination_is_the_weighted_partials_in_every_form(form: str) -> None:
    positions, species, cell = perovskite((4, 4, 4), np.random.default_rng(4))
    bins = Bins(0.05, 150)
    data = CorrelationData(x=bins.centers_angstrom, y=np.zeros(150), form=form)
    built = operator(data, bins, SAMPLE, cell)
    found = built.matrix @ weighted_histogram(positions, species, cell, bins, LENGTHS) + built.constant
    atoms = Atoms([ELEMENTS[k] for k in species], positions, cell=cell, pbc=True)
    partials = partial_rdf(atoms, SAMPLE.pairs, bin_edges=bins.edges_angstrom)
    total = total_from_partials(partials.g, SAMPLE)
    expected = convert_correlation(bins.centers_angstrom, total, "G_keen", form, SAMPLE)[1]
    assert found == pytest.approx(expected, abs=1e-9)


def test_pair_channels_of_neutrons_add_up_to_the_total() -> None:
    positions, species, cell = perovskite((3, 3, 3), np.random.default_rng(5))
    bins = Bins(0.05, 110)
    pairs, counts = pair_histogram(positions, species, cell, bins)
    assert [f"{ELEMENTS[a]}-{ELEMENTS[b]}" for a, b in pairs] == [f"{a}-{b}" for a, b in SAMPLE.pairs]
    total = weighted_histogram(positions, species, cell, bins, LENGTHS)
    for data in (empty("F", 1.0, 30.0, 0.5), empty("G_keen", 1.0, 5.0, 0.03)):
        whole = operator(data, bins, SAMPLE, cell)
        split = operator(data, bins, SAMPLE, cell, channels="pairs")
        assert split.channels == ("Ba-Ba", "Ba-O", "Ba-Ti", "O-O", "O-Ti", "Ti-Ti")
        assert split.matrix @ counts.ravel() == pytest.approx(whole.matrix @ total, rel=1e-9)
        assert split.constant == pytest.approx(whole.constant)


def gaussian_in_bins(bins: Bins, center: float, width: float) -> Floats:
    """Mean of a normalized Gaussian over each bin, as a histogram holds it."""
    ends = erf((bins.edges_angstrom - center) / (width * np.sqrt(2))) / 2
    return np.diff(ends) / bins.step_angstrom


def test_termination_of_a_gaussian_is_its_band_limited_form() -> None:
    bins = Bins(0.02, 500)
    r = np.linspace(1.0, 8.0, 141)
    width, center, qmax = 0.07, 4.013, 30.0

    def band_limited(x: Floats) -> Floats:
        # exp(-x^2/2s^2) Re erf((Qmax s - ix/s)/sqrt 2), by Faddeeva's function so that nothing overflows
        reach = (qmax * width - 1j * x / width) / np.sqrt(2)
        missing = np.exp(-((qmax * width) ** 2) / 2 + 1j * qmax * x) * wofz(1j * reach)
        return (np.exp(-(x**2) / (2 * width**2)) - missing.real) / (width * np.sqrt(2 * np.pi))

    expected = band_limited(r - center) - band_limited(r + center)
    found = termination_matrix(r, bins, qmax) @ gaussian_in_bins(bins, center, width)
    assert found == pytest.approx(expected, abs=1e-9 * expected.max())
    assert np.abs(expected).max() < 0.99 / (width * np.sqrt(2 * np.pi))


def test_the_kernel_without_window_is_a_sine_over_its_argument() -> None:
    bins = Bins(0.002, 5000)
    r = np.array([2.0, 3.7, 4.5])
    kernel = termination_matrix(r, bins, 20.0) / 0.002
    x = r[:, None] - bins.centers_angstrom, r[:, None] + bins.centers_angstrom
    expected = 20.0 / np.pi * (np.sinc(20.0 * x[0] / np.pi) - np.sinc(20.0 * x[1] / np.pi))
    assert kernel == pytest.approx(expected, abs=1e-3)


def test_lorchs_kernel_is_a_difference_of_sine_integrals() -> None:
    bins = Bins(0.002, 5000)
    r, delta = np.array([2.0, 3.7, 4.5]), np.pi / 20.0
    kernel = termination_matrix(r, bins, 20.0, "lorch") / 0.002

    def closed(x: Floats) -> Floats:
        return (sici(20.0 * (x + delta))[0] - sici(20.0 * (x - delta))[0]) / (2 * np.pi * delta)

    expected = closed(r[:, None] - bins.centers_angstrom) - closed(r[:, None] + bins.centers_angstrom)
    assert kernel == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("window", ["none", "lorch"])
def test_termination_in_r_equals_cutting_in_q(window: str) -> None:
    bins = Bins(0.02, 500)
    r, q = np.linspace(2.0, 8.0, 31), np.linspace(0.0, 18.0, 1801)
    points = np.arange(0.0, 10.0, 0.01)
    peak = np.exp(-((points - 4.0) ** 2) / (2 * 0.1**2)) / (0.1 * np.sqrt(2 * np.pi))
    _, cut = convert_correlation(points, peak, "D", "F", SAMPLE, x_out=q)
    _, expected = convert_correlation(q, cut, "F", "D", SAMPLE, x_out=r, window=window)
    found = termination_matrix(r, bins, 18.0, window) @ gaussian_in_bins(bins, 4.0, 0.1)
    assert found == pytest.approx(expected, abs=1e-3 * expected.max())


def test_lorch_ripples_are_lower_and_its_peak_wider() -> None:
    bins = Bins(0.02, 500)
    spike = np.zeros(500)
    spike[199] = 1.0
    r = np.linspace(2.0, 6.0, 401)
    plain, smooth = (termination_matrix(r, bins, 20.0, window) @ spike for window in ("none", "lorch"))
    away = np.abs(r - 4.0) > 0.5
    assert np.abs(smooth[away]).max() < 0.2 * np.abs(plain[away]).max()
    assert (smooth > smooth.max() / 2).sum() > 1.3 * (plain > plain.max() / 2).sum()


def test_the_resolution_acts_before_the_termination() -> None:
    bins = Bins(0.02, 500)
    data = empty("D", 2.0, 8.0, 0.05)
    built = operator(data, bins, SAMPLE, EDGE * np.eye(3), qmax=25.0, qdamp=0.05)
    plain = operator(data, bins, SAMPLE, EDGE * np.eye(3), qmax=25.0)
    damping = np.exp(-((bins.centers_angstrom * 0.05) ** 2) / 2)
    assert built.matrix == pytest.approx(plain.matrix * damping, abs=1e-15)


def test_the_convolution_of_a_known_d_is_its_transform_truncated_at_r() -> None:
    r = np.arange(0.0, 30.0, 0.01)
    d = np.exp(-((r - 4.0) ** 2) / 0.02) + 0.5 * np.exp(-((r - 9.0) ** 2) / 0.02)
    q = np.arange(0.0, 60.0, 0.02)
    wanted = np.arange(0.5, 40.0, 0.5)
    _, whole = convert_correlation(r, d, "D", "F", SAMPLE, x_out=q)
    near = r < 6.5
    _, truncated = convert_correlation(r[near], d[near], "D", "F", SAMPLE, x_out=wanted)
    found = convolve_with_box(q, whole, 6.5, q_out=wanted)
    assert found == pytest.approx(truncated, abs=1e-4 * np.abs(whole).max())
    assert np.abs(np.interp(wanted, q, whole) - truncated).max() > 0.01 * np.abs(whole).max()


def test_a_bragg_peak_becomes_as_wide_as_the_box_allows() -> None:
    q = np.arange(8.0, 12.0, 0.005)
    peak = np.exp(-((q - 10.0) ** 2) / (2 * 0.01**2))
    found = convolve_with_box(q, peak, 12.0)
    above = q[found > found.max() / 2]
    assert above[-1] - above[0] == pytest.approx(3.8 / 12.0, rel=0.05)


def test_convolved_data_of_a_box_are_what_the_box_gives() -> None:
    r = np.arange(0.0, 40.0, 0.02)
    far = np.exp(-((r - 4.0) ** 2) / 0.05) + 0.8 * np.exp(-((r - 11.0) ** 2) / 0.05)
    q = np.arange(0.02, 35.0, 0.02)
    _, f = convert_correlation(r, far, "D", "F", SAMPLE, x_out=q)
    bins = Bins(0.02, 400)
    data = CorrelationData(x=q, y=f, form="F")
    built = operator(data, bins, SAMPLE, EDGE * np.eye(3))
    _, near = convert_correlation(r[r < 8.0], far[r < 8.0], "D", "F", SAMPLE, x_out=q)
    assert built.observed[50:] == pytest.approx(near[50:], abs=2e-3 * np.abs(near).max())
    raw = operator(data, bins, SAMPLE, EDGE * np.eye(3), convolve=False)
    assert raw.observed == pytest.approx(f)


def test_x_rays_with_weights_that_hardly_change_are_like_neutrons() -> None:
    positions, species, cell = perovskite((3, 3, 3), np.random.default_rng(6))
    electrons = sample_of("BaTiO3", 5 / EDGE**3, probe="xray")
    heavy = sample_of("BaTiO3", 5 / EDGE**3, lengths_fm={"Ba": 56.0, "Ti": 22.0, "O": 8.0})
    bins = Bins(0.02, 290)
    _, counts = pair_histogram(positions, species, cell, bins)
    data = CorrelationData(x=np.array([0.005, 0.01]), y=np.zeros(2), form="S")
    xray = operator(data, bins, electrons, cell, convolve=False)
    neutron = operator(data, bins, heavy, cell, convolve=False, channels="pairs")
    assert xray.matrix @ counts.ravel() == pytest.approx(neutron.matrix @ counts.ravel(), rel=5e-3)
    assert xray.constant - 1.0 == pytest.approx(neutron.constant - 1.0, rel=1e-6)


def test_x_ray_g_of_r_is_the_transform_of_x_ray_s_of_q() -> None:
    positions, species, cell = perovskite((4, 4, 4), np.random.default_rng(7))
    electrons = sample_of("BaTiO3", 5 / EDGE**3, probe="xray")
    bins = Bins(0.04, 195)
    histogram = pair_histogram(positions, species, cell, bins)[1].ravel()
    r = np.arange(1.5, 6.0, 0.3)
    for window in ("none", "lorch"):
        real = operator(
            CorrelationData(x=r, y=np.zeros_like(r), form="G_pdf"), bins, electrons, cell, qmax=24.0, window=window
        )
        found = real.matrix @ histogram + real.constant
        q = np.linspace(0.012, 24.0, 2000)
        reciprocal = operator(CorrelationData(x=q, y=np.zeros_like(q), form="S"), bins, electrons, cell, convolve=False)
        s = reciprocal.matrix @ histogram + reciprocal.constant
        _, expected = convert_correlation(q, s, "S", "G_pdf", electrons, x_out=r, window=window)
        assert found == pytest.approx(expected, abs=2e-3 * np.abs(expected).max())


def test_x_ray_data_of_r_need_their_qmax_and_the_pairs() -> None:
    electrons = sample_of("BaTiO3", 5 / EDGE**3, probe="xray")
    data = empty("G_pdf", 1.0, 6.0, 0.1)
    with pytest.raises(InputError, match="qmax"):
        operator(data, Bins(0.02, 400), electrons, EDGE * np.eye(3))
    with pytest.raises(InputError, match="pairs"):
        operator(data, Bins(0.02, 400), electrons, EDGE * np.eye(3), qmax=24.0, channels="total")


def test_random_points_have_unit_partials_and_no_structure() -> None:
    rng = np.random.default_rng(8)
    positions, cell = rng.uniform(0.0, 30.0, (3000, 3)), 30.0 * np.eye(3)
    species = np.repeat([0, 2, 1, 1, 1], 600)
    bins = Bins(0.5, 29)
    pairs, counts = pair_histogram(positions, species, cell, bins)
    amounts = np.bincount(species)
    for (one, two), found in zip(pairs, counts, strict=True):
        share = 0.5 if one == two else 1.0
        expected = share * amounts[one] * amounts[two] * bins.volumes_angstrom3 / 30.0**3
        pull = (found - expected)[3:] / np.sqrt(expected[3:])
        assert np.abs(pull).max() < 4.5
        assert pull.std() < 1.5


def test_fcc_has_its_coordination_numbers_in_the_histogram() -> None:
    basis = np.array([[0, 0, 0], [0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
    cells = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    positions, cell = 3.6 * (cells + basis).reshape(-1, 3), 3.6 * 4 * np.eye(3)
    bins = Bins(0.02, 320)
    counts = pair_histogram(positions, np.zeros(len(positions), dtype=int), cell, bins)[1][0]
    filled = np.flatnonzero(counts)
    assert (2 * counts[filled] / len(positions)).tolist() == [12, 6, 24, 12, 24, 8]
    near = 3.6 * np.sqrt(np.array([0.5, 1.0, 1.5, 2.0, 2.5, 3.0]))
    assert bins.centers_angstrom[filled] == pytest.approx(near, abs=0.0101)


def test_a_perovskite_has_2618_neighbors_within_20_angstrom() -> None:
    positions, species, cell = perovskite((3, 3, 3), np.random.default_rng(0), shake=0.0)
    counts = pair_histogram(positions, species, cell, Bins(0.5, 40))[1]
    found = 2 * counts[:, :39].sum() / len(positions)
    inside = 5 / EDGE**3 * 4 / 3 * np.pi * 19.75**3
    assert found == pytest.approx(inside, rel=0.02)
    assert inside * (20 / 19.75) ** 3 == pytest.approx(2618, rel=0.01)


BINS = Bins(0.02, 400)


def test_a_box_of_another_composition_or_density_is_refused_with_both() -> None:
    data = empty("G_keen", 1.0, 6.0, 0.1)
    with pytest.raises(InputError, match=r"Ba: box 0\.2500, sample 0\.2000"):
        operator(data, BINS, SAMPLE, EDGE * np.eye(3), counts={"Ba": 2, "Ti": 1, "O": 5})
    with pytest.raises(InputError, match=r"0\.07353 .* 0\.07812"):
        operator(data, BINS, SAMPLE, EDGE * np.eye(3), volume_angstrom3=68.0)


def test_a_table_beyond_half_the_box_is_refused_with_the_largest_radius() -> None:
    with pytest.raises(InputError, match=r"2\.0000"):
        operator(empty("F", 1.0, 6.0, 0.1), BINS, SAMPLE, EDGE * np.eye(3), cell=EDGE * np.eye(3))


def test_a_range_past_the_data_is_clamped_and_said() -> None:
    built = operator(empty("G_keen", 1.0, 6.0, 0.1), BINS, SAMPLE, EDGE * np.eye(3), x_min=0.5, x_max=7.0)
    assert (built.x[0], built.x[-1]) == pytest.approx((1.0, 5.9))
    assert "clamped to 1 to 5.9" in built.warnings[0]


def test_the_table_reaches_further_than_the_fit_by_six_ripples() -> None:
    data = empty("G_keen", 1.0, 12.0, 0.02)
    built = operator(data, BINS, SAMPLE, EDGE * np.eye(3), qmax=20.0)
    assert built.x[-1] <= BINS.radius_angstrom - 6 * 2 * np.pi / 20.0 < built.x[-1] + 0.02
    assert "short of the end of the table" in built.warnings[0]
    with pytest.raises(InputError, match=r"6\.125"):
        operator(data, BINS, SAMPLE, EDGE * np.eye(3), qmax=20.0, x_max=7.5)


def test_a_loud_end_of_data_of_q_is_left_out_of_the_fit_and_said() -> None:
    q = np.arange(0.5, 10.0, 0.02)
    data = CorrelationData(x=q, y=np.cos(20 * q), form="F")
    built = operator(data, BINS, SAMPLE, EDGE * np.eye(3))
    assert built.x[-1] == pytest.approx(q[-1] - 2 * np.pi / BINS.radius_angstrom, abs=0.021)
    assert "spoiled by the convolution" in built.warnings[0]
    quiet = operator(replace(data, y=np.cos(20 * q) * np.exp(-(q**2) / 9)), BINS, SAMPLE, EDGE * np.eye(3))
    assert quiet.x[-1] == pytest.approx(q[-1])


def test_points_need_an_error() -> None:
    data = empty("G_keen", 1.0, 6.0, 0.1)
    with pytest.raises(InputError, match="sigma"):
        operator(data, BINS, SAMPLE, EDGE * np.eye(3), sigma=None)
    with pytest.raises(InputError, match="> 0"):
        operator(data, BINS, SAMPLE, EDGE * np.eye(3), sigma=0.0)
    own = replace(data, error=np.linspace(0.1, 0.2, len(data.x)))
    built = operator(own, BINS, SAMPLE, EDGE * np.eye(3), sigma=None, x_min=2.0)
    assert built.sigma == pytest.approx(own.error[10:])


@pytest.mark.parametrize(
    "options", [{"qmax": 20.0}, {"window": "lorch"}, {"channels": "both"}, {"qdamp": -1.0}, {"scale": 2.0}]
)
def test_options_that_do_not_fit_the_set_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(InputError):
        operator(empty("F", 1.0, 6.0, 0.1), BINS, SAMPLE, EDGE * np.eye(3), **options)
