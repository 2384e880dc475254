"""A stream belongs to a piece of work."""

import numpy as np
import pytest

from entrox.core import InputError, generator, spawn_generators


def test_same_seed_and_key_give_the_same_numbers():
    assert np.array_equal(generator(1, 2, 3).random(4), generator(1, 2, 3).random(4))


def test_other_keys_give_other_numbers():
    assert not np.array_equal(generator(1, 2).random(4), generator(1, 3).random(4))


def test_spawned_streams_do_not_depend_on_how_many_are_spawned():
    few = [g.random() for g in spawn_generators(generator(1), 2)]
    many = [g.random() for g in spawn_generators(generator(1), 5)]
    assert few == many[:2]


def test_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed"):
        generator(-1)
