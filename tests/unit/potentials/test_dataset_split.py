"""Splits hold whole trajectories or compositions out; selections and unions keep elements and labels."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms

from entrox.core import InputError, generator
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.split import split
from entrox.potentials.label import LabeledFrame


def frames(group, count, symbols=("Ba", "Ti", "O")):
    return [
        LabeledFrame(
            atoms=Atoms(symbols, positions=np.full((len(symbols), 3), 0.1 * k), cell=np.eye(3) * 4, pbc=True),
            energy_ev=float(k), forces_ev_per_angstrom=None, virial_ev=None, source="toy", group=group,
        )
        for k in range(count)
    ]  # fmt: skip


def trajectories():
    return Dataset(tuple(frames("a", 10) + frames("b", 20) + frames("c", 5) + frames("d", 15, ("Ba", "Sn", "O"))))


@pytest.mark.parametrize("seed", range(5))
def test_no_trajectory_is_on_both_sides_of_a_split(seed):
    whole = trajectories()
    training, held = split(whole, 0.2, rng=generator(seed))
    assert not set(training.groups) & set(held.groups)
    assert len(training) + len(held) == len(whole)
    assert len(held) >= 0.2 * len(whole)
    assert training.elements == held.elements == whole.elements


def test_a_composition_is_held_out_as_a_whole():
    training, held = split(trajectories(), 0.1, by="composition", rng=generator(1))
    assert {training.compositions, held.compositions} == {("Ba1Ti1O1",), ("Ba1O1Sn1",)}


def test_blocks_hold_out_the_end_of_every_trajectory():
    training, held = split(trajectories(), 0.2, by="block")
    for group, count in (("a", 10), ("b", 20), ("c", 5), ("d", 15)):
        late = [frame.energy_ev for frame in held if frame.group == group]
        early = [frame.energy_ev for frame in training if frame.group == group]
        assert late == list(range(count - count // 5, count))
        assert max(early) < min(late)


def test_the_same_seed_gives_the_same_split():
    one, two = (split(trajectories(), 0.3, rng=generator(7))[1] for _ in range(2))
    assert one.groups == two.groups


def test_single_frames_can_be_drawn_but_leak():
    training, held = split(trajectories(), 0.2, by="frame", rng=generator(1))
    assert set(training.groups) & set(held.groups)
    assert len(held) == 10


@pytest.mark.parametrize(
    ("dataset", "options", "message"),
    [(Dataset(tuple(frames("a", 4))), {"rng": generator(1)}, "needs at least two of them"),
     (trajectories(), {}, "pass rng="), (trajectories(), {"by": "time", "rng": generator(1)}, "by must be one of"),
     (trajectories(), {"held_out": 1.5, "rng": generator(1)}, "held_out"),
     (Dataset(tuple(frames("a", 1))), {"by": "block"}, "nothing is left")],
)  # fmt: skip
def test_a_split_that_cannot_be_made_is_refused(dataset, options, message):
    with pytest.raises(InputError, match=message):
        split(dataset, **options)


def test_selections_and_unions_keep_frames_and_order_of_elements():
    whole = trajectories()
    tin = whole.select(lambda frame: "Sn" in frame.atoms.get_chemical_symbols())
    assert (len(tin), tin.elements) == (15, ("Ba", "Ti", "O", "Sn"))
    assert whole.select([3, 1]).energies_ev.tolist() == [3.0, 1.0]
    other = Dataset(tuple(frames("e", 2, ("Ca", "Ti", "O"))))
    both = tin.merge(other)
    assert both.elements == ("Ba", "Ti", "O", "Sn", "Ca")
    assert both.groups == ("d", "e")
    assert both.element_counts[-1].tolist() == [0, 1, 1, 0, 1]
    with pytest.raises(InputError, match="Ca is missing"):
        Dataset(tuple(other), ("Ba", "Ti", "O"))
