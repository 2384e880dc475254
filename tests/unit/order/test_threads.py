"""Rows shared among threads."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from entrox.order.neighbors.threads import side_by_side


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 7, 1000])
@pytest.mark.parametrize("least", [1, 64])
def test_every_row_is_done_once(threads, count, least):
    done = np.zeros(count, dtype=int)

    def work(first, last):
        assert first < last
        done[first:last] += 1

    side_by_side(work, count, threads, most=100, least=least)
    np.testing.assert_array_equal(done, 1)


def test_pieces_become_smaller_down_to_the_least():
    lengths = []
    side_by_side(lambda first, last: lengths.append((first, last - first)), 1000, 2, most=1000, least=20)
    ordered = [length for _, length in sorted(lengths)]
    assert ordered[0] == 250
    assert all(later <= earlier for earlier, later in pairwise(ordered))
    assert min(ordered[:-1]) >= 20


def test_a_slow_thread_leaves_its_share_to_the_others():
    taken = {}
    slow = threading.current_thread()

    def work(first, last):
        me = threading.current_thread()
        time.sleep(0.2 if me is slow else 0.001)
        taken[me] = taken.get(me, 0) + last - first

    side_by_side(work, 400, 2, most=400, least=10)
    assert sum(taken.values()) == 400
    assert taken[slow] <= 200


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_in_a_piece_comes_out_and_ends_the_work(threads):
    done = []

    def work(first, last):
        if first == 0:
            raise ValueError("the first piece")
        time.sleep(0.01)
        done.append(first)

    with pytest.raises(ValueError, match="the first piece"):
        side_by_side(work, 1000, threads, most=100, least=1)
    assert all(first < 300 for first in done)
