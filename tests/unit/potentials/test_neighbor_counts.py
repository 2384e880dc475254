"""Neighbors within the cutoff: counts of ideal crystals, room for other arrangements, and what is too small."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.label import LabeledFrame
from entrox.potentials.training.neighbor_counts import check_sel, choose_sel, count_neighbors, interchangeable_elements
from entrox.structure.perovskite import build_perovskite


def dataset(*boxes):
    frames = [
        LabeledFrame(
            atoms=box, energy_ev=0.0, forces_ev_per_angstrom=None, virial_ev=None, source="s", group="g"
        )
        for box in boxes
    ]  # fmt: skip
    return Dataset(tuple(frames))


def test_an_ideal_perovskite_has_the_neighbors_of_its_shells():
    # the edge a = 4.02 angstrom keeps all shells away from the cutoff
    seen, possible = count_neighbors(dataset(build_perovskite("Ba", "Ti", (1, 1, 1), 4.02)), 6.0)
    # around A and around Ti: 6 of their kind at a and 12 at a sqrt(2)
    assert seen["Ba"] == seen["Ti"] == 6 + 12
    # around O: 8 O at a / sqrt(2), 6 at a, 16 at a sqrt(3/2), 12 at a sqrt(2); A sees only 12 + 24 of them
    assert seen["O"] == 8 + 6 + 16 + 12
    assert possible == seen


def test_counts_do_not_depend_on_the_box_that_repeats_the_crystal():
    small = count_neighbors(dataset(build_perovskite("Ba", "Ti", (1, 1, 1), 4.0)), 6.0)
    large = count_neighbors(dataset(build_perovskite("Ba", "Ti", (3, 2, 2), 4.0)), 6.0)
    assert small == large


def test_elements_that_replace_one_another_get_room_for_a_whole_neighborhood():
    def box(calcium, tin):
        return build_perovskite(
            {"Ba": 1 - calcium / 8, "Ca": calcium / 8},
            {"Ti": 1 - tin / 8, "Sn": tin / 8},
            (2, 2, 2),
            4.02,
            rng=generator(1),
        )

    several = dataset(box(0, 0), box(1, 0), box(0, 1))
    seen, possible = count_neighbors(several, 6.0)
    assert seen["Ca"] < 18
    assert possible["Ca"] == possible["Ba"] == 18
    assert possible["Sn"] == possible["Ti"] == 18
    assert possible["O"] == seen["O"]


def test_elements_are_grouped_by_what_changes_between_compositions():
    perovskites = np.array([[8, 0, 8, 0, 24], [6, 2, 8, 0, 24], [8, 0, 7, 1, 24]])
    assert interchangeable_elements(perovskites).tolist() == [0, 0, 2, 2, 4]
    # boxes of another size change nothing
    assert interchangeable_elements(perovskites * np.array([[1], [2], [1]])).tolist() == [0, 0, 2, 2, 4]
    # one composition says nothing
    assert interchangeable_elements(perovskites[:1]).tolist() == [0, 1, 2, 3, 4]


def test_more_neighbors_than_sel_holds_are_an_error_with_the_needed_value():
    sel = choose_sel({"Ba": 18, "O": 46}, 1.2)
    assert sel == {"Ba": 22, "O": 56}
    check_sel(sel, {"Ba": 22, "O": 56})
    with pytest.raises(InputError, match=r"O = 57 \(has 56\)"):
        check_sel(sel, {"Ba": 18, "O": 57})
