from __future__ import annotations

import numpy as np
import pytest

from entrox.atomprobe import Ions, MassRange, RangeTable
from entrox.atomprobe.imputation import impute_labels, with_label_probabilities
from entrox.atomprobe.ion_names import parse_ion_formula
from entrox.atomprobe.ionic_composition import atomic_composition
from entrox.atomprobe.isotopes import infer_charge, isotopologues, parse_ion_species, window_fractions
from entrox.atomprobe.overlaps import OverlapSolution, solve_overlaps
from entrox.atomprobe.range_counts import RangeCounts, range_counts
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.spectrum import mass_spectrum
from entrox.core import InputError


def ranges(*rows: tuple[float, str]) -> RangeTable:
    return RangeTable(tuple(MassRange(mass - 0.1, mass + 0.1, ion, parse_ion_formula(ion)) for mass, ion in rows))


def drawn(seed: int, amounts: dict[str, int]) -> tuple[Ions, np.ndarray]:
    """Ions with the natural abundances of their isotopes, and which species each is."""
    rng = np.random.default_rng(seed)
    masses, which = [], []
    for number, (label, mean) in enumerate(amounts.items()):
        species = parse_ion_species(label)
        mass, share = isotopologues(species.composition, species.charge)
        masses.append(rng.choice(mass, size=rng.poisson(mean), p=share))
        which.append(np.full(len(masses[-1]), number))
    joined = np.concatenate(masses)
    return Ions(np.zeros((len(joined), 3)), joined), np.concatenate(which)


def counted(ions: Ions, table: RangeTable) -> RangeCounts:
    return range_counts(mass_spectrum(ions, 0.01, table=table))


def amount(solution: OverlapSolution, label: str) -> tuple[float, float]:
    place = solution.species.index(label)
    return float(solution.amount[place]), float(solution.amount_sd[place])


NICKEL = ranges((53.94, "Fe"), (55.93, "Fe"), (56.94, "Fe"), (57.93, "Ni"), (59.93, "Ni"), (60.93, "Ni"), (61.93, "Ni"))
CHROMIUM = ranges((49.95, "Cr"), (51.94, "Cr"), (52.94, "Cr"), (53.94, "Fe"), (55.93, "Fe"), (56.94, "Fe"))
OXYGEN = ranges((15.99, "O"), (16.99, "O"), (17.99, "O"))
TWENTY_EIGHT = ranges((26.97, "Fe"), (27.98, "Si"), (28.47, "Fe"), (28.98, "Si"), (29.98, "Si"))

CASES = {
    "58Fe and 58Ni": (NICKEL, {"Fe+": 90_000, "Ni+": 3_000}, ()),
    "54Fe and 54Cr": (CHROMIUM, {"Fe+": 20_000, "Cr+": 5_000}, ()),
    "O+ and O2++": (OXYGEN, {"O+": 50_000, "O2++": 200_000}, ("O2++",)),
    "28 Da": (TWENTY_EIGHT, {"Fe++": 40_000, "Si+": 60_000, "CO+": 90_000}, ("CO+",)),
}


@pytest.mark.parametrize("case", CASES)
def test_amounts_of_overlapping_ions_come_out_within_their_poisson_errors(case: str) -> None:
    table, truth, candidates = CASES[case]
    scores = []
    for seed in range(24):
        solution = solve_overlaps(counted(drawn(seed, truth)[0], table), candidates)
        assert solution.degenerate == ()
        found = {label: amount(solution, label) for label in truth}
        scores.append([(found[label][0] - truth[label]) / found[label][1] for label in truth])
    assert np.abs(np.mean(scores, axis=0)).max() < 3.5 / np.sqrt(24)
    assert np.all((np.std(scores, axis=0) > 0.6) & (np.std(scores, axis=0) < 1.5))


def test_the_label_of_the_overlapping_peak_is_shared_out_as_it_was_drawn() -> None:
    table, truth, _ = CASES["58Fe and 58Ni"]
    ions, which = drawn(0, truth)
    solution = solve_overlaps(counted(ions, table))
    peak = np.abs(ions.mass_to_charge_da - 57.93) < 0.1
    iron = float((which[peak] == 0).mean())
    assert solution.probabilities[3, solution.ions.index("Fe")] == pytest.approx(iron, abs=0.03)
    assert solution.probabilities.sum(axis=1) == pytest.approx(1.0)
    # The naive labels call it all nickel.
    naive = atomic_composition(counted(ions, table)).at_percent["Ni"]
    solved = atomic_composition(counted(ions, table), shares=solution.shares).at_percent["Ni"]
    true = 100.0 * truth["Ni+"] / sum(truth.values())
    assert abs(solved - true) < 0.2 < naive - true


def test_ions_of_one_peak_cannot_be_told_apart_and_are_named() -> None:
    table = ranges((27.98, "Si"))
    solution = solve_overlaps(counted(drawn(0, {"Si+": 9_000, "N2+": 4_000})[0], table), ["N2+"])
    assert solution.degenerate == (("Si+", "N2+"),)
    assert solution.condition_number == np.inf
    assert not solution.determined.any()
    assert np.isinf(solution.amount_sd).all()
    assert any("cannot tell Si+, N2+ apart" in notice for notice in solution.notices)
    # Their sum is still that of the peak.
    assert solution.expected[0] == pytest.approx(counted(drawn(0, {"Si+": 9_000, "N2+": 4_000})[0], table).counts[0])


def test_ions_that_hardly_differ_are_called_poorly_determined() -> None:
    truth = {"CO+": 20_000, "Si+": 10_000, "N2+": 15_000, "Fe++": 30_000}
    solution = solve_overlaps(counted(drawn(0, truth)[0], TWENTY_EIGHT), ["CO+", "N2+"])
    assert solution.degenerate == ()
    assert solution.condition_number > 100.0
    known = dict(zip(solution.species, solution.determined.tolist(), strict=True))
    assert (known["CO+"], known["N2+"], known["Fe++"]) == (False, False, True)
    assert any("poorly determined" in notice for notice in solution.notices)


def test_a_missing_ion_shows_in_the_deviance() -> None:
    table, truth, _ = CASES["28 Da"]
    counts = counted(drawn(0, truth)[0], table)
    with_it, without = solve_overlaps(counts, ["CO+"]), solve_overlaps(counts)
    assert with_it.deviance < with_it.degrees_of_freedom + 5.0 * np.sqrt(2.0 * with_it.degrees_of_freedom)
    assert without.deviance > 100.0 * without.degrees_of_freedom
    assert any("do not describe" in notice for notice in without.notices)


def test_an_absent_ion_gets_nothing_and_never_less() -> None:
    solution = solve_overlaps(counted(drawn(1, {"O+": 500_000})[0], OXYGEN), ["O2++"])
    found, error = amount(solution, "O2++")
    assert 0.0 <= found < 4.0 * error


def test_imputed_labels_have_the_solved_frequencies_and_the_seed_decides() -> None:
    table, truth, candidates = CASES["O+ and O2++"]
    ions, _ = drawn(2, truth)
    ranged = apply_ranges(ions, table)
    solution = solve_overlaps(counted(ions, table), candidates)
    one, same, other = (impute_labels(ranged, solution, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert np.array_equal(one.ion_index, same.ion_index)
    assert not np.array_equal(one.ion_index, other.ion_index)
    assert one.ion_names == ("O", "O2")
    assert dict(one.compositions[1] or {}) == {"O": 2}
    at_16 = ranged.range_index == 0
    share = float((one.ion_index[at_16] == 1).mean())
    assert share == pytest.approx(solution.probabilities[0, 1], abs=4.0 * np.sqrt(0.25 / at_16.sum()))
    assert any("dilutes order" in notice for notice in one.notices)


def test_ranges_with_a_certain_label_keep_it() -> None:
    table, truth, _ = CASES["54Fe and 54Cr"]
    ions, _ = drawn(3, truth)
    ranged = apply_ranges(ions, table)
    named = with_label_probabilities(ranged, solve_overlaps(counted(ions, table)))
    certain = (ranged.range_index >= 0) & (ranged.range_index != 3)
    assert named.claim is not None
    assert (named.claim[certain] == -1).all()
    assert (named.claim[ranged.range_index == 3] == 0).all()
    assert np.array_equal(named.ion_index[certain], ranged.ion_index[certain])


def test_patterns_are_normalized_and_convolved() -> None:
    mass, share = isotopologues({"C": 1, "O": 1})
    assert share.sum() == pytest.approx(1.0)
    carbon, oxygen = isotopologues({"C": 1})[1], isotopologues({"O": 1})[1]
    assert share.max() == pytest.approx(carbon[0] * oxygen[0], rel=1e-12)
    assert mass[np.argmax(share)] == pytest.approx(27.9949 - 0.00055, abs=1e-4)
    doubly = isotopologues({"O": 2}, 2)[0]
    assert doubly[0] == pytest.approx(isotopologues({"O": 1})[0][0], abs=1e-9)
    assert window_fractions({"Fe": 1}, 1, [50.0], [60.0]) == pytest.approx(1.0)


def test_the_charge_of_a_range_is_read_from_its_mass() -> None:
    assert infer_charge({"Al": 2, "O": 3}, 33.85, 34.74) == 3
    assert infer_charge({"Cr": 1}, 26.88, 27.12) == 2
    assert infer_charge({"Al": 1}, 200.0, 201.0) is None


@pytest.mark.parametrize("text", ["O2", "2O++", "Xx+", "++", "Al2 +"])
def test_a_candidate_is_a_formula_with_its_charge(text: str) -> None:
    counts = counted(drawn(0, {"O+": 1_000})[0], OXYGEN)
    with pytest.raises(InputError, match="formula and its charge"):
        solve_overlaps(counts, [text])


def test_a_candidate_outside_all_ranges_is_refused() -> None:
    counts = counted(drawn(0, {"O+": 1_000})[0], OXYGEN)
    with pytest.raises(InputError, match=r"no range holds an isotopologue of Fe\+"):
        solve_overlaps(counts, ["Fe+"])


def test_an_element_without_tabulated_isotopes_has_no_charge_and_no_pattern() -> None:
    assert infer_charge({"U": 1}, 118.9, 119.2) is None
    assert infer_charge({"Tc": 1, "O": 1}, 57.0, 58.0) is None
    with pytest.raises(InputError, match="no natural isotope"):
        isotopologues({"Tc": 1})
