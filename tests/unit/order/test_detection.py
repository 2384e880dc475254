from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.order import PointSet, entropy_in_unit, smear_points, thin_points


def cloud(n: int, event: np.ndarray | None = None) -> PointSet:
    rng = generator(4)
    return PointSet(rng.random((n, 3)) * 10.0, rng.integers(0, 2, n).astype(np.int8), ("A", "B"), event=event)


def test_a_detector_keeps_its_efficiency_of_the_points_and_their_composition() -> None:
    points = cloud(40_000)
    kept = thin_points(points, 0.37, generator(1))
    assert len(kept) == pytest.approx(0.37 * 40_000, abs=4 * np.sqrt(40_000 * 0.37 * 0.63))
    assert kept.totals[0] / len(kept) == pytest.approx(points.totals[0] / len(points), abs=0.02)


def test_events_are_kept_or_lost_as_a_whole() -> None:
    kept = thin_points(cloud(3000, event=np.repeat(np.arange(1000), 3)), 0.5, generator(2))
    assert kept.event is not None
    assert set(np.unique(kept.event, return_counts=True)[1].tolist()) == {3}
    assert 400 < len(kept) / 3 < 600


def test_smear_has_its_widths_and_moves_events_together() -> None:
    points = cloud(30_000, event=np.repeat(np.arange(15_000), 2))
    moves = smear_points(points, 0.8, 0.1, generator(3)).positions_nm - points.positions_nm
    assert moves.std(axis=0) == pytest.approx([0.8, 0.8, 0.1], rel=0.03)
    assert moves[::2] == pytest.approx(moves[1::2], abs=1e-12)


def test_an_efficiency_above_one_is_refused() -> None:
    with pytest.raises(InputError, match="efficiency"):
        thin_points(cloud(10), 1.2, generator(1))


def test_entropies_convert_to_the_units_in_use() -> None:
    assert float(entropy_in_unit(np.log(4.0), "J/(mol K)")) == pytest.approx(11.526, abs=1e-3)
    assert entropy_in_unit([np.log(2.0), 0.0], "bit").tolist() == [1.0, 0.0]
    with pytest.raises(InputError, match="n_species"):
        entropy_in_unit(1.0, "S/S_max")
