from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe import Ions, MassRange, RangeTable
from entrox.atomprobe.background import fit_background, flight_weight
from entrox.atomprobe.formats.spectrum_csv import read_spectrum_csv
from entrox.atomprobe.range_counts import range_counts
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.spectrum import MassSpectrum, mass_spectrum
from entrox.atomprobe.spectrum_analysis import analyze_spectrum
from entrox.core import InputError

DATA = Path(__file__).parents[2] / "data" / "apt" / "nist_al2o3"
FILE_B_PER_BIN = 0.1241
RANGES = RangeTable(
    (
        MassRange(13.0, 14.0, "Al", {"Al": 1}),
        MassRange(26.5, 27.5, "Al", {"Al": 1}),
        MassRange(15.5, 16.5, "O", {"O": 1}),
    )
)


@pytest.fixture(scope="module")
def alumina() -> tuple[MassSpectrum, RangeTable]:
    return read_spectrum_csv(DATA / "R20_28299_S9_MS.csv.gz"), read_ranges(DATA / "R20_28295.RRNG")


def drawn(seed: int, background: int, peaks: dict[float, int]) -> Ions:
    """Background uniform in flight time up to 81 Da, and sharp peaks."""
    rng = np.random.default_rng(seed)
    lines = [rng.normal(place, 0.05, rng.poisson(count)) for place, count in peaks.items()]
    masses = np.concatenate([rng.uniform(0.0, 9.0, rng.poisson(background)) ** 2, *lines])
    return Ions(positions_nm=np.zeros((len(masses), 3)), mass_to_charge_da=masses)


def test_the_fit_finds_the_level_of_the_background_that_the_alumina_file_states(
    alumina: tuple[MassSpectrum, RangeTable],
) -> None:
    spectrum, table = alumina
    assert spectrum.file_background is not None
    stated = fit_background(replace(spectrum, counts=spectrum.file_background), table)
    assert stated.b_per_bin == pytest.approx(FILE_B_PER_BIN, rel=0.03)
    # The same as counts: what a measurement of twenty times the length would see of it.
    levels = []
    for seed in range(6):
        counts = np.random.default_rng(seed).poisson(20.0 * spectrum.file_background).astype(float)
        levels.append(fit_background(replace(spectrum, counts=counts), table).b_per_bin)
    assert np.mean([level or 0.0 for level in levels]) / 20.0 == pytest.approx(FILE_B_PER_BIN, rel=0.03)


def test_the_counts_of_alumina_between_the_ranges_are_tails_and_the_fit_says_so(
    alumina: tuple[MassSpectrum, RangeTable],
) -> None:
    spectrum, table = alumina
    fit = fit_background(spectrum, table)
    outside = ~np.any(
        [(spectrum.bin_lower_da >= r.lower_da) & (spectrum.bin_lower_da < r.upper_da) for r in table.ranges], axis=0
    )
    edges = spectrum.edges_da
    mean = spectrum.counts[outside].sum() / flight_weight(edges[:-1], edges[1:])[outside].sum()
    # Six times the file's level lies between the ranges; the fit must stay at the floor of it.
    assert mean * spectrum.bin_da > 5.0 * FILE_B_PER_BIN
    assert fit.b_per_bin is not None
    assert fit.b_per_bin < 1.1 * FILE_B_PER_BIN
    assert any("tails" in notice for notice in fit.notices)


def test_the_fit_is_unbiased_on_pure_background() -> None:
    found = []
    for seed in range(12):
        fit = fit_background(mass_spectrum(drawn(seed, 8_000, {}), 0.01), RANGES)
        assert fit.b_per_sqrt_da is not None
        assert fit.b_sd is not None
        found.append((fit.b_per_sqrt_da - 8_000 / 18.0) / fit.b_sd)
    assert abs(np.mean(found)) < 3.0 / np.sqrt(12)
    assert 0.4 < np.std(found) < 1.8


def test_unranged_peaks_do_not_raise_the_background() -> None:
    peaks = {float(place): 3_000 for place in range(2, 60, 2)}
    fit = fit_background(mass_spectrum(drawn(3, 40_000, peaks), 0.01), RANGES)
    assert fit.b_per_sqrt_da == pytest.approx(40_000 / 18.0, rel=0.04)


@pytest.mark.parametrize("method", ["tof", "sideband"])
def test_corrected_counts_recover_the_peaks_within_their_errors(method: str) -> None:
    truth = np.array([4_000.0, 300.0, 2_000.0])
    scores = []
    for seed in range(20):
        ions = drawn(seed, 60_000, {13.5: 4_000, 27.0: 300, 16.0: 2_000})
        spectrum = mass_spectrum(ions, 0.01, table=RANGES)
        counts = range_counts(spectrum, background=fit_background(spectrum, RANGES, method))  # type: ignore[arg-type]
        scores.append((counts.corrected - truth) / counts.sd)
    assert np.abs(np.mean(scores, axis=0)).max() < 3.5 / np.sqrt(20)
    assert 0.7 < np.std(scores) < 1.3


def test_the_variance_of_a_sideband_correction_is_that_of_the_law() -> None:
    spectrum = mass_spectrum(drawn(1, 60_000, {27.0: 500}), 0.01, table=RANGES)
    counts = range_counts(spectrum, background=fit_background(spectrum, RANGES, "sideband"))
    masses, row = spectrum.bin_lower_da + 0.005, 1
    beside = ((masses > 26.35) & (masses < 26.5)) | ((masses > 27.5) & (masses < 27.65))
    events = spectrum.counts[beside].sum()
    share = float(
        flight_weight(np.array(26.5), np.array(27.5))
        / (flight_weight(np.array(26.35), np.array(26.5)) + flight_weight(np.array(27.5), np.array(27.65)))
    )
    assert counts.background[row] == pytest.approx(events * share, rel=1e-9)
    assert counts.sd[row] ** 2 == pytest.approx(counts.counts[row] + events * share**2, rel=1e-9)


def test_ranges_that_share_a_sideband_have_correlated_corrections() -> None:
    table = RangeTable((MassRange(26.0, 26.9, "Al", {"Al": 1}), MassRange(27.0, 28.0, "CO", {"C": 1, "O": 1})))
    spectrum = mass_spectrum(drawn(1, 60_000, {}), 0.01, table=table)
    counts = range_counts(spectrum, background=fit_background(spectrum, table, "sideband"))
    shared = spectrum.counts[2690:2700].sum()
    edges = [(26.0 - 0.15, 26.0, 26.9, 27.0), (26.9, 27.0, 28.0, 28.15)]
    shares = [
        float(
            flight_weight(np.array(item.lower_da), np.array(item.upper_da))
            / (flight_weight(np.array(a), np.array(b)) + flight_weight(np.array(c), np.array(d)))
        )
        for item, (a, b, c, d) in zip(table.ranges, edges, strict=True)
    ]
    assert counts.covariance[0, 1] == pytest.approx(shared * shares[0] * shares[1], rel=1e-9)


def test_a_range_between_others_falls_back_on_the_fit_and_says_so() -> None:
    table = RangeTable(
        (
            MassRange(26.0, 27.0, "Al", {"Al": 1}),
            MassRange(27.0, 28.0, "CO", {"C": 1, "O": 1}),
            MassRange(28.0, 29.0, "Si", {"Si": 1}),
        )
    )
    spectrum = mass_spectrum(drawn(1, 60_000, {}), 0.01, table=table)
    counts = range_counts(spectrum, background=fit_background(spectrum, table, "sideband"))
    fit = fit_background(spectrum, table, "tof")
    assert fit.b_per_sqrt_da is not None
    expected = fit.b_per_sqrt_da * 2.0 * (np.sqrt(28.0) - np.sqrt(27.0))
    assert counts.background[1] == pytest.approx(expected, rel=1e-12)
    assert any("CO 27-28" in notice for notice in counts.notices)


def test_a_correction_may_be_negative() -> None:
    spectrum = mass_spectrum(drawn(1, 60_000, {}), 0.01, table=RANGES)
    counts = range_counts(spectrum, background=fit_background(spectrum, RANGES, "tof"))
    assert (counts.corrected < 0.0).any()
    assert np.abs(counts.corrected / counts.sd).max() < 4.0


def test_without_a_free_window_there_is_no_fit() -> None:
    table = RangeTable((MassRange(0.0, 100.0, "Al", {"Al": 1}),))
    spectrum = mass_spectrum(drawn(1, 1_000, {}), 0.01, table=table)
    with pytest.raises(InputError, match="no bin of the spectrum free"):
        fit_background(spectrum, table, "tof")
    counts = range_counts(spectrum, background=fit_background(spectrum, table, "sideband"))
    assert counts.background.tolist() == [0.0]
    assert any("uncorrected" in notice for notice in counts.notices)


def test_unknown_methods_and_widths_are_refused() -> None:
    spectrum = mass_spectrum(drawn(1, 1_000, {}), 0.01)
    with pytest.raises(InputError, match="method must be one of none, tof, sideband"):
        fit_background(spectrum, RANGES, "linear")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="sideband_da"):
        fit_background(spectrum, RANGES, "sideband", sideband_da=0.0)


def test_ranges_of_other_data_are_refused_with_both_extents() -> None:
    table = RangeTable((MassRange(200.0, 210.0, "Au", {"Au": 1}),))
    with pytest.raises(InputError, match=r"200 to.*210"):
        range_counts(mass_spectrum(drawn(1, 1_000, {}), 0.01), table)


def test_a_background_above_all_events_leaves_the_ranges_without_composition() -> None:
    spectrum = mass_spectrum(drawn(3, 8_000, {}), 0.01)
    table = RangeTable((MassRange(13.0, 14.0, "Al", {"Al": 1}),))
    counts = np.where(np.arange(len(spectrum.counts)) // 100 == 13, 0.0, spectrum.counts)
    counts[1305] = 100.0
    found = analyze_spectrum(replace(spectrum, counts=counts), table)
    assert found.counts is not None
    assert found.counts.corrected.sum() < 0.0
    assert found.ionic is None
    assert found.atomic is None
    assert any("no composition" in notice for notice in found.notices)
