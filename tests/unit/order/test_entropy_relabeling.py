from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.order.local_entropy.relabeling import Relabeler, stratum_numbers
from entrox.order.point_set import PointSet


def cloud(labels: list[int] | np.ndarray, event: list[int] | None = None, seed: int = 1) -> PointSet:
    labels = np.asarray(labels, dtype=np.int16)
    return PointSet(
        positions_nm=generator(seed).random((len(labels), 3)),
        labels=labels,
        species=tuple("ABCDEFGH"[: labels.max() + 1]),
        event=None if event is None else np.array(event),
    )


def chi_square(counts: list[int], n_classes: int) -> float:
    expected = sum(counts) / n_classes
    return sum((n - expected) ** 2 for n in counts) / expected + (n_classes - len(counts)) * expected


def test_every_arrangement_of_the_labels_is_equally_likely() -> None:
    relabeler, rng = Relabeler(cloud([0, 0, 1, 1, 2])), generator(2)
    found = Counter(tuple(relabeler.draw(rng).tolist()) for _ in range(15000))
    assert len(found) == 30
    # 99.99 % quantile of chi-square with 29 degrees of freedom
    assert chi_square(list(found.values()), 30) < 67.0


def test_events_trade_places_whole_and_only_with_events_of_their_size() -> None:
    points = cloud([0, 1, 0, 0, 1, 2, 2], event=[5, 5, 3, 3, 9, 1, 0])
    relabeler, rng = Relabeler(points), generator(3)
    assert relabeler.n_units == 5
    assert not relabeler.one_atom_per_unit
    found = Counter(tuple(relabeler.draw(rng).tolist()) for _ in range(6000))
    # two arrangements of the two pairs, three of the single atoms 1, 2, 2
    assert len(found) == 6
    assert {row[:4] for row in found} == {(0, 1, 0, 0), (0, 0, 0, 1)}
    assert chi_square(list(found.values()), 6) < 26.0


def test_the_atoms_of_a_pulse_keep_their_order_wherever_they_stand_in_the_file() -> None:
    points = cloud([0, 2, 1, 2, 1, 0], event=[7, 8, 7, 8, 9, 9])
    rows = {tuple(Relabeler(points).draw(generator(seed)).tolist()) for seed in range(60)}
    pairs = {(row[0], row[2]) for row in rows} | {(row[1], row[3]) for row in rows} | {(row[4], row[5]) for row in rows}
    assert pairs == {(0, 1), (2, 2), (1, 0)}


def test_strata_keep_their_composition() -> None:
    rng = generator(4)
    points = cloud(rng.integers(0, 4, 500))
    strata = rng.integers(0, 5, 500)
    drawn = Relabeler(points, strata).draw(rng)
    for stratum in range(5):
        inside = strata == stratum
        assert (np.bincount(drawn[inside], minlength=4) == np.bincount(points.labels[inside], minlength=4)).all()
    assert (drawn != points.labels).any()


def test_slabs_are_counted_from_the_lowest_point() -> None:
    points = PointSet(
        np.column_stack([np.zeros(5), np.zeros(5), [-3.0, -2.1, -2.0, 0.5, 9.0]]), np.zeros(5, int), ("A",)
    )
    assert stratum_numbers(points, 1.0).tolist() == [0, 0, 1, 2, 3]  # type: ignore[union-attr]
    assert stratum_numbers(points, None) is None


def test_many_kinds_of_large_events_are_shuffled_without_loss() -> None:
    rng = generator(5)
    labels = rng.integers(0, 8, 6000)
    event = np.repeat(np.arange(2000), 3)
    points = PointSet(rng.random((6000, 3)), labels, tuple("ABCDEFGH"), event=event)
    drawn = Relabeler(points).draw(rng)
    before = Counter(map(tuple, labels.reshape(-1, 3).tolist()))
    assert Counter(map(tuple, drawn.reshape(-1, 3).tolist())) == before
    assert len(before) > 32
    # each place is as likely as any other: about one in eight labels stays by chance
    assert (drawn == labels).mean() == pytest.approx(1 / 8, abs=0.03)


def test_a_seed_gives_one_relabeling_and_the_type_of_the_labels_stays() -> None:
    points = cloud(generator(6).integers(0, 3, 300))
    relabeler = Relabeler(points)
    first, second = relabeler.draw(generator(7)), relabeler.draw(generator(7))
    assert (first == second).all()
    assert first.dtype == points.labels.dtype
    assert (relabeler.draw(generator(8)) != first).any()
    assert (np.bincount(first) == points.totals).all()
    assert Relabeler(points, events=False).one_atom_per_unit


def test_strata_that_do_not_fit_are_refused() -> None:
    points = cloud([0, 1, 0, 1])
    with pytest.raises(InputError, match="one whole number per point"):
        Relabeler(points, np.array([0, 1]))
    with pytest.raises(InputError, match="strata"):
        Relabeler(points, -1.0)
