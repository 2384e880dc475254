from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe import Ions, MassRange, RangeTable
from entrox.atomprobe.background import fit_background
from entrox.atomprobe.formats.spectrum_csv import read_spectrum_csv
from entrox.atomprobe.ionic_composition import atomic_composition, charge_state_ratios, ionic_composition
from entrox.atomprobe.range_counts import RangeCounts, range_counts
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.spectrum import mass_spectrum
from entrox.core import InputError

DATA = Path(__file__).parents[2] / "data" / "apt"
OXIDE = RangeTable(
    (
        MassRange(1.0, 2.0, "Al", {"Al": 1}),
        MassRange(2.0, 3.0, "O", {"O": 1}),
        MassRange(3.0, 4.0, "AlO2", {"Al": 1, "O": 2}),
    )
)


@pytest.fixture(scope="module")
def alumina() -> RangeCounts:
    spectrum = read_spectrum_csv(DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz")
    return range_counts(spectrum, read_ranges(DATA / "nist_al2o3" / "R20_28295.RRNG"))


def counted(numbers: list[int], table: RangeTable = OXIDE) -> RangeCounts:
    masses = np.repeat(np.arange(1, len(numbers) + 1) + 0.5, numbers)
    return range_counts(mass_spectrum(Ions(np.zeros((len(masses), 3)), masses), 0.1, table=table))


def test_alumina_has_the_events_of_every_ion(alumina: RangeCounts) -> None:
    events = dict(zip(ionic_composition(alumina).ions, ionic_composition(alumina).amount.astype(int), strict=True))
    assert events == {
        "Al": 3_291 + 26_419 + 4_205,
        "O": 20_912,
        "AlO": 10_407,
        "AlO2": 953,
        "Al2O": 1_849,
        "O2": 8_595,
        "Al2O2": 727,
        "Al2O3": 333,
    }
    by_charge = {(i, q): n for i, q, n in zip(alumina.ions, alumina.charges, alumina.counts, strict=True)}
    assert [by_charge["Al", q] for q in (3, 2, 1)] == [3_291, 26_419, 4_205]
    assert alumina.n_ranged == 77_691
    assert alumina.to_dataset().counts.attrs["long_name"] == "events"


def test_alumina_shows_the_known_lack_of_oxygen(alumina: RangeCounts) -> None:
    raw = atomic_composition(alumina)
    assert dict(zip(raw.elements, raw.amount.astype(int), strict=True)) == {"Al": 51_093, "O": 54_717}
    assert raw.at_percent["O"] == pytest.approx(51.7, abs=0.05)
    spectrum = read_spectrum_csv(DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz")
    assert spectrum.file_corrected is not None
    theirs = range_counts(replace(spectrum, counts=spectrum.file_corrected), alumina.table).counts
    corrected = atomic_composition(replace(alumina, corrected=theirs))
    assert corrected.at_percent["O"] == pytest.approx(51.1, abs=0.05)
    assert np.rint(corrected.amount).astype(int).tolist() == [48_517, 50_646]


def test_the_sidebands_of_alumina_bring_it_near_the_correction_of_its_file(alumina: RangeCounts) -> None:
    spectrum = read_spectrum_csv(DATA / "nist_al2o3" / "R20_28299_S9_MS.csv.gz")
    counts = range_counts(spectrum, alumina.table, fit_background(spectrum, alumina.table, "sideband"))
    raw, corrected = (atomic_composition(counts, corrected=value).at_percent["O"] for value in (False, True))
    assert corrected < raw
    assert corrected == pytest.approx(51.1, abs=0.5)


def test_alumina_flies_mostly_doubly_charged(alumina: RangeCounts) -> None:
    ratios = charge_state_ratios(alumina)
    place = ratios.numerators.index("Al++")
    # Upper over lower: the pairs are Al+++ over Al++ and Al++ over Al+.
    assert ratios.denominators[place] == "Al+"
    assert ratios.ratio[place] == pytest.approx(6.28, abs=0.005)
    assert ratios.ratio_sd[place] == pytest.approx(6.2828 * np.sqrt(1 / 26_419 + 1 / 4_205), rel=1e-3)


def test_one_atom_ions_have_binomial_errors() -> None:
    found = atomic_composition(counted([300, 700, 0][:2]))
    assert found.fraction.tolist() == [0.3, 0.7]
    assert found.fraction_sd == pytest.approx(np.sqrt(0.3 * 0.7 / 1000) * np.ones(2), rel=1e-9)


def test_the_error_of_molecules_is_that_of_events_not_of_atoms() -> None:
    table = RangeTable((MassRange(1.0, 2.0, "Al", {"Al": 1}), MassRange(2.0, 3.0, "O2", {"O": 2})))
    rng = np.random.default_rng(4)
    events = rng.poisson([400, 300], (400, 2))
    drawn = [atomic_composition(counted(row.tolist(), table)).fraction[1] for row in events]
    stated = atomic_composition(counted([400, 300], table)).fraction_sd[1]
    assert np.std(drawn) == pytest.approx(stated, rel=0.12)
    # Two atoms that arrive together are one draw: 1000 atoms scatter more than 1000 draws would.
    assert stated > 1.15 * np.sqrt(0.6 * 0.4 / 1000)


def test_fractions_sum_to_one_in_both_tables() -> None:
    counts = counted([40, 30, 30])
    assert ionic_composition(counts).fraction.sum() == pytest.approx(1.0)
    assert atomic_composition(counts).fraction.tolist() == pytest.approx([70 / 160, 90 / 160])


def test_labels_have_an_ionic_but_no_atomic_composition() -> None:
    table = RangeTable((MassRange(1.0, 2.0, "X23", None), MassRange(2.0, 3.0, "O", {"O": 1})))
    counts = counted([10, 30], table)
    assert ionic_composition(counts).fraction.tolist() == [0.25, 0.75]
    with pytest.raises(InputError, match="X23"):
        atomic_composition(counts)


def test_repeated_ranges_count_once() -> None:
    table = RangeTable((*OXIDE.ranges, OXIDE.ranges[0]))
    counts = counted([40, 30, 30], table)
    assert counts.counts.tolist() == [40, 30, 30]
    assert counts.range_index.tolist() == [0, 1, 2]


def test_nothing_left_after_the_correction_has_no_composition() -> None:
    counts = counted([40, 30, 30])
    with pytest.raises(InputError, match="must be > 0"):
        ionic_composition(replace(counts, corrected=-counts.counts))
