from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe import Ions, MassRange, RangeTable
from entrox.atomprobe.formats.spectrum_csv import read_spectrum_csv
from entrox.atomprobe.peaks import spectrum_peaks
from entrox.atomprobe.spectrum import MassSpectrum, mass_spectrum
from entrox.core import FormatError, InputError

DATA = Path(__file__).parents[2] / "data" / "apt"


def cloud(masses: np.ndarray) -> Ions:
    return Ions(positions_nm=np.zeros((len(masses), 3), dtype=np.float32), mass_to_charge_da=masses)


@pytest.fixture(scope="module")
def alumina() -> MassSpectrum:
    return read_spectrum_csv(DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz")


def test_the_alumina_spectrum_holds_the_events_of_its_file(alumina: MassSpectrum) -> None:
    assert len(alumina.counts) == 99_999
    assert alumina.bin_da == pytest.approx(0.001, rel=1e-4)
    assert alumina.n_events == 90_156
    assert alumina.file_corrected is not None
    assert alumina.file_background is not None
    assert alumina.file_corrected.sum() == pytest.approx(84_967.6, abs=0.05)
    assert alumina.file_background.sum() == pytest.approx(5_188.4, abs=0.05)
    assert int((alumina.file_corrected < 0).sum()) == 81_677


def test_every_event_is_in_the_bin_whose_edges_hold_it() -> None:
    rng = np.random.default_rng(1)
    # Values on the edges themselves are the hard ones: quotients such as 0.29 / 0.01 round across them.
    edges = np.arange(3000) * 0.01
    masses = np.concatenate([edges, np.nextafter(edges[1:], 0.0), rng.uniform(0.0, 30.0, 5000)])
    found = mass_spectrum(cloud(masses), 0.01)
    expected, _ = np.histogram(masses, bins=np.append(found.bin_lower_da, np.inf))
    assert np.array_equal(found.counts, expected)
    assert found.counts.sum() == found.n_events == len(masses)


def test_a_stream_of_chunks_gives_the_spectrum_of_the_whole() -> None:
    masses = np.random.default_rng(2).gamma(3.0, 10.0, 20_000).astype(np.float32)
    table = RangeTable((MassRange(20.0, 30.0, "Al", {"Al": 1}), MassRange(30.0, 31.005, "O", {"O": 1})))
    whole = mass_spectrum(cloud(masses), 0.02, table=table)
    parts = mass_spectrum((cloud(masses[i : i + 777]) for i in range(0, len(masses), 777)), 0.02, table=table)
    assert np.array_equal(whole.counts, parts.counts)
    assert whole.range_events is not None
    assert parts.range_events is not None
    assert np.array_equal(whole.range_events, parts.range_events)
    exact = [int(((masses >= lo) & (masses.astype(float) < hi)).sum()) for lo, hi in ((20.0, 30.0), (30.0, 31.005))]
    assert whole.range_events.tolist() == exact


def test_a_stream_needs_the_memory_of_a_chunk_not_of_the_file() -> None:
    def chunks(count: int) -> Iterator[Ions]:
        for number in range(count):
            yield cloud(np.random.default_rng(number).uniform(0.0, 100.0, 200_000).astype(np.float32))

    peaks = []
    for count in (2, 10):
        tracemalloc.start()
        mass_spectrum(chunks(count), 0.01)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 30e6


def test_events_outside_the_bins_are_counted_and_said() -> None:
    found = mass_spectrum(cloud(np.array([-1.0, 0.0, 5.0, 399.999, 400.0, 1000.0])), 1.0)
    assert (found.n_below, found.n_above, found.counts.sum()) == (1, 2, 3)
    assert len(found.notices) == 2


@pytest.mark.parametrize("width", [0.0, -0.01, float("nan")])
def test_a_bin_width_must_be_positive(width: float) -> None:
    with pytest.raises(InputError, match="bin_da"):
        mass_spectrum(cloud(np.ones(3)), width)


def test_masses_that_are_no_numbers_are_refused_with_their_place() -> None:
    with pytest.raises(InputError, match=r"1 NaN or infinite, the first with index 2"):
        mass_spectrum(cloud(np.array([1.0, 2.0, np.nan])))
    with pytest.raises(InputError, match="at least one ion"):
        mass_spectrum(cloud(np.empty(0)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n2,3\n", "column of m/q"),
        ("mass,intens\n1,2\n2,3\n", "no column of counts"),
        ("1,2,3,4\n2,3,4,5\n", "ion table"),
        ("mass,count\n1,2\n2,x\n", "line 3.*expected numbers"),
        ("mass,count\n1,2\n2\n", "line 3.*columns"),
        ("mass,count\n1,2\n2,-1\n", "line 3.*>= 0"),
        ("mass,count\n1,2\n2,1\n4,1\n5,1\n", "equal steps"),
        ("mass,count\n1,2\n2,nan\n", "finite"),
        ("", "empty"),
        ("mass,count\n1,2\n", "two bins"),
    ],
)
def test_a_table_that_is_no_spectrum_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "spectrum.csv"
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        read_spectrum_csv(path)


def test_a_spectrum_without_header_has_two_columns(tmp_path: Path) -> None:
    path = tmp_path / "spectrum.csv"
    path.write_text("0.0,4\n0.5,0\n1.0,7\n")
    found = read_spectrum_csv(path)
    assert (found.bin_da, found.counts.tolist()) == (0.5, [4.0, 0.0, 7.0])


def test_peaks_of_known_place_and_size_are_found() -> None:
    rng = np.random.default_rng(5)
    truth = {13.0: 20_000, 26.0: 800, 27.0: 5_000}
    lines = [rng.normal(place, 0.03, count) for place, count in truth.items()]
    found = mass_spectrum(cloud(np.concatenate([*lines, rng.uniform(0.0, 6.0, 3_000) ** 2])), 0.01)
    peaks = spectrum_peaks(found)
    assert len(peaks) == 3
    assert peaks.position_da == pytest.approx(list(truth), abs=0.01)
    assert np.all(np.abs(peaks.counts - list(truth.values())) < 4.0 * peaks.counts_sd + 0.02 * peaks.counts)
    assert peaks.width_da == pytest.approx(2.355 * np.hypot(0.03, 0.02), rel=0.15)


def test_the_main_peaks_of_alumina_are_those_of_its_ions(alumina: MassSpectrum) -> None:
    peaks = spectrum_peaks(alumina)
    for mass in (8.994, 13.491, 15.995, 21.488, 26.98, 31.99, 42.98, 58.97):
        assert np.abs(peaks.position_da - mass).min() < 0.05


def test_pure_background_has_no_peaks() -> None:
    masses = np.random.default_rng(6).uniform(0.0, 10.0, 100_000) ** 2
    assert len(spectrum_peaks(mass_spectrum(cloud(masses), 0.01))) == 0
