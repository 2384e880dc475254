from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from entrox.atomprobe.formats.epos import write_epos
from entrox.atomprobe.formats.pos import write_pos
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.readers import read_ions
from entrox.atomprobe.streaming import iter_ranged, read_ranged
from entrox.core import InputError
from entrox.order.point_set import PointSet

DATA = Path(__file__).parents[2] / "data" / "apt"
REAL = DATA / "cocrni_csro" / "cocrni_real.pos"
CHOICES = ("first", "center", "exclude", "probability")


def cloud(masses: object, dtype: type = np.float64) -> Ions:
    values = np.asarray(masses, dtype=dtype)
    return Ions(np.arange(3.0 * len(values)).reshape(-1, 3), values)


def table(*ranges: tuple[float, float, str, dict[str, int] | None]) -> RangeTable:
    return RangeTable(tuple(MassRange(*item) for item in ranges))


OXIDE = table(
    (10, 11, "Al", {"Al": 1}), (20, 21, "AlO2", {"Al": 1, "O": 2}), (30, 31, "O2", {"O": 2}), (40, 41, "Mg", {"Mg": 1})
)


@pytest.fixture(scope="module")
def cocrni() -> RangeTable:
    return read_ranges(DATA / "cocrni_csro" / "cocrni.rrng")


def test_the_real_alloy_has_the_known_ions(cocrni: RangeTable) -> None:
    ranged = apply_ranges(read_ions(REAL), cocrni)
    assert ranged.n_ranged == 33_831
    assert dict(zip(ranged.ion_names, ranged.ion_counts.tolist(), strict=True)) == {
        "Cr": 12_282,
        "Co": 11_172,
        "Ni": 10_377,
    }
    points = ranged.points()
    assert points.species == ("Cr", "Co", "Ni")
    assert points.totals.tolist() == [12_282, 11_172, 10_377]
    assert points.event is None
    assert points.positions_nm.dtype == np.float32
    share = points.totals / points.totals.sum()
    assert -(share * np.log(share)).sum() == pytest.approx(1.09622, abs=5e-6)


def test_the_ion_on_an_edge_depends_on_precision_and_edge_rule(cocrni: RangeTable) -> None:
    text = read_ions(DATA / "cocrni_csro" / "cocrni_real.csv.gz")
    half_open, closed = apply_ranges(text, cocrni), apply_ranges(text, cocrni, on_edge="closed")
    assert (half_open.n_ranged, closed.n_ranged) == (33_832, 33_834)
    assert half_open.ion_counts.tolist() == [12_282, 11_172, 10_378]
    other = apply_ranges(read_ions(REAL), cocrni)
    differing = np.flatnonzero(half_open.ion_index != other.ion_index)
    assert text.mass_to_charge_da[differing].tolist() == [29.88]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_range_holds_its_lower_edge_and_not_its_upper(dtype: type) -> None:
    ions = cloud([10, np.nextafter(dtype(10), dtype(0)), 11, np.nextafter(dtype(11), dtype(0)), 0, 500], dtype)
    assert apply_ranges(ions, OXIDE).ion_index.tolist() == [0, -1, -1, 0, -1, -1]
    assert apply_ranges(ions, OXIDE, on_edge="closed").ion_index.tolist() == [0, -1, 0, 0, -1, -1]


def test_a_shared_closed_edge_belongs_to_the_range_listed_first() -> None:
    touching = table((11, 12, "B", None), (10, 11, "A", None))
    assert apply_ranges(cloud([10.5, 11, 11.5]), touching).ion_index.tolist() == [1, 0, 0]
    assert apply_ranges(cloud([10.5, 11, 12]), touching, on_edge="closed").ion_index.tolist() == [1, 0, 0]


def test_the_synthetic_groups_are_all_ranged() -> None:
    ranged = apply_ranges(
        read_ions(DATA / "pnnl_synthetic" / "test_simple_syn.pos"),
        read_ranges(DATA / "pnnl_synthetic" / "test_simple_syn.rrng"),
    )
    assert ranged.ion_counts.tolist() == [231, 74, 74, 54, 107, 79]
    assert ranged.n_ranged == len(ranged) == 619
    points = ranged.points()
    assert points.species == tuple(f"Cluster{i}" for i in range(1, 7))
    assert points.totals.tolist() == [231, 74, 74, 54, 107, 79]
    with pytest.raises(InputError, match=r"Cluster1.* no composition"):
        ranged.events()


@pytest.mark.parametrize("name", ["VAlN_film_plan-view_700C.rrng", "ErMnO.env", "SeHoKim_R5076_44076_v02.rng"])
def test_ranging_with_a_real_table_is_a_search_through_all_ranges(name: str) -> None:
    ranges = read_ranges(DATA / "range_files" / name)
    rng = np.random.default_rng(7)
    edges = np.array([edge for item in ranges.ranges[:200] for edge in (item.lower_da, item.upper_da)])
    masses = np.concatenate([rng.uniform(0, 210, 3000), edges, np.nextafter(edges, 0)])
    ranged = apply_ranges(cloud(masses), ranges)
    index = {ion: number for number, ion in enumerate(ranges.ions)}
    for mass, ion, place in zip(masses, ranged.ion_index, ranged.range_index, strict=True):
        holding = [k for k, item in enumerate(ranges.ranges) if item.lower_da <= mass < item.upper_da]
        assert {index[ranges.ranges[k].ion] for k in holding} == ({int(ion)} if holding else set())
        assert place == (holding[0] if holding else -1)
        assert (ion >= 0) == bool(holding)


def test_repetitions_and_overlaps_of_one_ion_are_merged_and_told() -> None:
    valn = apply_ranges(
        cloud(np.linspace(5, 130, 999)), read_ranges(DATA / "range_files" / "VAlN_film_plan-view_700C.rrng")
    )
    assert any("1392 ranges repeat" in note for note in valn.notices)
    assert any("17 pairs of ranges of the same ion" in note for note in valn.notices)
    er = apply_ranges(cloud([55.2, 55.545, 55.7, 55.878, 56]), read_ranges(DATA / "range_files" / "ErMnO.env"))
    assert set(er.ion_index.tolist()) == {er.ion_names.index("Er")}
    assert any("2 pairs of ranges of the same ion" in note for note in er.notices)


CROSSING = table((10, 13, "Fe", {"Fe": 1}), (12, 14, "Ni", {"Ni": 1}))


def test_overlapping_ranges_of_different_ions_are_refused_with_pairs_widths_and_the_choices() -> None:
    with pytest.raises(InputError) as caught:
        apply_ranges(cloud([11, 12.5]), CROSSING)
    message = str(caught.value)
    assert "Fe 10.0000-13.0000 and Ni 12.0000-14.0000 Da share 12.0000-13.0000, 1 Da" in message
    assert all(choice in message for choice in CHOICES)


def test_each_overlap_rule_decides_the_shared_piece() -> None:
    ions = cloud([11, 12.0, 12.2, 12.25, 12.9, 13.0, 13.5])
    assert apply_ranges(ions, CROSSING, "first").ion_index.tolist() == [0, 0, 0, 0, 0, 1, 1]
    # The centers are 11.5 and 13: half way is 12.25.
    assert apply_ranges(ions, CROSSING, "center").ion_index.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert apply_ranges(ions, CROSSING, "exclude").ion_index.tolist() == [0, -1, -1, -1, -1, 1, 1]


def test_probabilities_follow_the_counts_beside_the_overlap() -> None:
    # Fe alone: 2 Da with 80 ions; Ni alone: 1 Da with 120: 40 to 120 per dalton.
    ions = cloud([11.0] * 80 + [13.5] * 120 + [12.5] * 1000 + [99.0])
    ranged = apply_ranges(ions, CROSSING, "probability")
    assert ranged.claim_probabilities is not None
    assert ranged.claim_probabilities.tolist() == [[0.25, 0.75]]
    assert ranged.ion_counts.tolist() == [80, 1120]
    dense = ranged.probabilities
    assert dense is not None
    assert dense.sum(axis=0) == pytest.approx([80 + 250, 120 + 750])
    assert dense.sum(axis=1).tolist() == [1.0] * 1200 + [0.0]
    assert any("1000 ions lie where" in note for note in ranged.notices)
    drawn = np.array([ranged.impute(np.random.default_rng(seed)).ion_counts for seed in range(40)])
    assert drawn.sum(axis=1).tolist() == [1200] * 40
    # 250 +- 13.7 by the binomial law; the mean of 40 draws within 4 standard errors
    assert drawn[:, 0].mean() == pytest.approx(330, abs=4 * 13.7 / 40**0.5)
    assert drawn[:, 0].std() == pytest.approx(13.7, rel=0.4)
    assert "dilutes order" in ranged.impute(np.random.default_rng(1)).notices[-1]


def test_given_weights_decide_and_are_checked() -> None:
    ions = cloud([11.0, 12.5, 13.5])
    ranged = apply_ranges(ions, CROSSING, "probability", overlap_weights={"Fe": 3, "Ni": 1})
    assert ranged.claim_probabilities is not None
    assert ranged.claim_probabilities.tolist() == [[0.75, 0.25]]
    for weights in ({"Fe": 1}, {"Fe": -1, "Ni": 2}, {"Fe": 0, "Ni": 0}, {"Fe": np.nan, "Ni": 1}):
        with pytest.raises(InputError, match="overlap_weights"):
            apply_ranges(ions, CROSSING, "probability", overlap_weights=weights)


def test_a_range_inside_another_gets_equal_probabilities() -> None:
    nested = table((10, 14, "Fe", {"Fe": 1}), (12, 13, "Ni", {"Ni": 1}))
    ranged = apply_ranges(cloud([11, 11, 12.5]), nested, "probability")
    assert ranged.claim_probabilities is not None
    assert ranged.claim_probabilities.tolist() == [[0.5, 0.5]]


def test_without_overlaps_every_name_is_certain() -> None:
    ranged = apply_ranges(cloud([10.5]), OXIDE, "probability")
    assert ranged.claim is None
    assert ranged.probabilities is None
    assert ranged.impute(np.random.default_rng(1)) is ranged


def test_the_atoms_of_a_molecular_ion_are_one_event() -> None:
    ranged = apply_ranges(cloud([20.5, 99, 10.5, 30.5, 40.5, 20.5]), OXIDE)
    atoms = ranged.events()
    assert atoms.elements == ("Al", "O", "Mg")
    assert atoms.ion.tolist() == [0, 0, 0, 2, 3, 3, 4, 5, 5, 5]
    assert [atoms.elements[k] for k in atoms.element] == ["Al", "O", "O", "Al", "O", "O", "Mg", "Al", "O", "O"]
    points = ranged.points()
    assert points.event is not None
    assert points.event.tolist() == atoms.ion.tolist()
    assert np.array_equal(points.positions_nm, ranged.ions.positions_nm[atoms.ion])
    assert PointSet.from_ions(ranged).totals.tolist() == points.totals.tolist()


def test_atoms_that_do_not_count_never_enter() -> None:
    ranged = apply_ranges(cloud([20.5, 99, 10.5, 30.5, 40.5, 20.5]), OXIDE)
    cations = ranged.points(sublattice=["Mg", "Al"])
    assert cations.species == ("Mg", "Al")
    assert cations.labels.tolist() == [1, 1, 0, 1]
    assert cations.event is None  # every ion carries one cation at most
    anions = ranged.points(["O"])
    assert anions.event is not None
    assert anions.event.tolist() == [0, 0, 3, 3, 5, 5]


def test_ions_may_count_instead_of_atoms() -> None:
    ranged = apply_ranges(cloud([20.5, 99, 10.5, 30.5, 20.5]), OXIDE)
    points = ranged.points(["AlO2", "O2"])
    assert points.species == ("AlO2", "O2")
    assert points.labels.tolist() == [0, 1, 0]
    assert points.event is None


def test_elements_that_were_not_detected_count_only_if_named() -> None:
    ranged = apply_ranges(cloud([20.5, 30.5]), OXIDE)
    assert ranged.points().species == ("Al", "O")
    assert ranged.points(["Al", "Mg"]).totals.tolist() == [1, 0]


@pytest.mark.parametrize("species", [["O", "AlO2"], ["Xx"], [], ["Al", "Al"], ["Mg"]])
def test_species_that_are_mixed_unknown_or_absent_are_refused(species: list[str]) -> None:
    ranged = apply_ranges(cloud([20.5, 30.5]), OXIDE)
    with pytest.raises(InputError):
        ranged.points(species)
    with pytest.raises(InputError, match="not both"):
        ranged.points(["Al"], ["Al"])


def test_labels_beside_compositions_make_ions_the_species() -> None:
    ranged = apply_ranges(cloud([10.5, 20.5, 50.5]), table(
        (10, 11, "Al", {"Al": 1}), (20, 21, "Al2O", {"Al": 2, "O": 1}), (50, 51, "Hyd", None)
    ))  # fmt: skip
    assert ranged.points().species == ("Al", "Al2O", "Hyd")
    assert ranged.unlabeled == ("Hyd",)
    assert ranged.points(["Al", "O"]).totals.tolist() == [3, 1]


def test_ions_of_one_pulse_or_one_position_make_one_event() -> None:
    positions = np.array([[0.0, 0, 0], [0.0, 0, 0], [1, 0, 0], [-0.0, 0, 0], [1, 0, 0]], np.float32)
    since = np.array([3, 0, 2, 0, 1], np.uint32)
    ions = Ions(positions, np.full(5, 10.5, np.float32), pulses_since_last=since, ions_in_pulse=since)
    ranged = apply_ranges(ions, OXIDE)
    assert ranged.points(events="pulse").event.tolist() == [0, 0, 1, 1, 2]
    assert ranged.points(events="by-position").event.tolist() == [0, 0, 1, 0, 1]
    assert ranged.points(events=None).event is None
    with pytest.raises(InputError, match="multi-hit"):
        apply_ranges(cloud([10.5]), OXIDE).points(events="pulse")
    with pytest.raises(InputError, match="events must be"):
        ranged.points(events="atom")  # type: ignore[arg-type]


def test_ranges_and_positions_that_disagree_are_refused_with_both_extents(cocrni: RangeTable) -> None:
    with pytest.raises(InputError, match=r"0 of 10 ions.*m/q from 1 to 10 Da.*cocrni.rrng go from 24.9 to 32.15 Da"):
        apply_ranges(read_ions(DATA / "minimal_formats" / "example.pos"), cocrni)
    barely = cloud([10.5] + [99.0] * 100)
    with pytest.raises(InputError, match="1 of 101 ions"):
        apply_ranges(barely, OXIDE)
    assert apply_ranges(cloud([10.5] + [99.0] * 99), OXIDE).n_ranged == 1
    with pytest.raises(InputError, match="0 of 0 ions"):
        apply_ranges(cloud([]), OXIDE)


def test_rules_and_names_that_contradict_are_refused() -> None:
    for options in ({"on_overlap": "last"}, {"on_edge": "open"}):
        with pytest.raises(InputError, match="must be one of"):
            apply_ranges(cloud([10.5]), OXIDE, **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="two compositions"):
        apply_ranges(cloud([10.5]), table((10, 11, "A", {"Al": 1}), (12, 13, "A", {"O": 1})))


@pytest.mark.parametrize("chunk", [1000, 33_333, 100_000])
def test_a_streamed_cloud_has_the_names_of_the_whole(chunk: int, cocrni: RangeTable) -> None:
    whole = apply_ranges(read_ions(REAL), cocrni)
    pieces = list(iter_ranged(REAL, cocrni, chunk))
    assert np.array_equal(np.concatenate([piece.ion_index for piece in pieces]), whole.ion_index)
    assert np.array_equal(np.concatenate([piece.range_index for piece in pieces]), whole.range_index)
    kept = read_ranged(REAL, cocrni, chunk)
    inside = whole.ion_index >= 0
    assert len(kept) == kept.n_ranged == 33_831
    assert np.array_equal(kept.ions.positions_nm, whole.ions.positions_nm[inside])
    assert np.array_equal(kept.points().labels, whole.points().labels)
    assert np.array_equal(kept.points().positions_nm, whole.points().positions_nm)
    assert kept.notices[-1] == "6113 of 39944 ions lie in no range and were left out."


def test_a_streamed_cloud_that_disagrees_is_refused_after_its_last_piece(cocrni: RangeTable) -> None:
    pieces = iter_ranged(DATA / "minimal_formats" / "example.pos", cocrni, 4)
    assert [len(next(pieces)) for _ in range(3)] == [4, 4, 2]
    with pytest.raises(InputError, match=r"0 of 10 ions.*m/q from 1 to 10 Da"):
        next(pieces)


def test_streamed_probabilities_need_weights_and_then_equal_the_whole(tmp_path: Path) -> None:
    ions = cloud([11.0, 12.5, 12.5, 13.5, 99], np.float32)
    write_pos(tmp_path / "a.pos", Ions(ions.positions_nm.astype(np.float32) + 1, ions.mass_to_charge_da))
    with pytest.raises(InputError, match="needs overlap_weights"):
        next(iter_ranged(tmp_path / "a.pos", CROSSING, 2, "probability"))
    kept = read_ranged(tmp_path / "a.pos", CROSSING, 2, on_overlap="probability", overlap_weights={"Fe": 3, "Ni": 1})
    assert kept.probabilities is not None
    assert kept.probabilities.tolist() == [[1, 0], [0.75, 0.25], [0.75, 0.25], [0, 1]]


def test_probabilities_without_weights_come_from_the_whole_cloud(tmp_path: Path) -> None:
    ions = cloud([11.0, 11.5, 11.7, 12.5, 12.5, 13.5, 99], np.float32)
    write_pos(tmp_path / "a.pos", Ions(ions.positions_nm.astype(np.float32) + 1, ions.mass_to_charge_da))
    whole = apply_ranges(read_ions(tmp_path / "a.pos"), CROSSING, "probability")
    kept = read_ranged(tmp_path / "a.pos", CROSSING, 2, on_overlap="probability")
    assert len(kept) == kept.n_ranged == 6
    assert kept.probabilities is not None
    assert whole.probabilities is not None
    assert kept.probabilities.tolist() == whole.probabilities[whole.ion_index >= 0].tolist()
    # Three ions on the two dalton of iron alone, one on the dalton of nickel alone.
    assert kept.probabilities[3].tolist() == pytest.approx([0.6, 0.4])
    assert kept.notices[-1] == "1 of 7 ions lie in no range and were left out."


def test_pulses_survive_when_unranged_ions_are_left_out(tmp_path: Path) -> None:
    since = np.array([3, 0, 2, 0, 0, 1], np.uint32)
    inside = np.array([2, 0, 3, 0, 0, 1], np.uint32)
    column = np.ones(6, np.float32)
    masses = np.array([99, 10.5, 10.5, 99, 30.5, 40.5], np.float32)
    ions = Ions(
        np.ones((6, 3), np.float32), masses, column, column, column, np.ones((6, 2), np.float32), since, inside, "epos"
    )
    write_epos(tmp_path / "a.epos", ions)
    kept = read_ranged(tmp_path / "a.epos", OXIDE, 4)
    assert kept.ions.pulse is not None
    assert kept.ions.pulse.tolist() == [0, 1, 1, 2]
    assert kept.points(["Al", "Mg", "O"], events="pulse").event.tolist() == [0, 1, 1, 1, 2]
