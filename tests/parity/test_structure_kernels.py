"""Compiled kernels of structure against plain Python."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import generator
from entrox.structure import _kernels
from entrox.structure.site_shells import site_shells
from entrox.structure.sqs import pair_counts
from entrox.structure.text_stream import POWERS_OF_TEN, pack_word


def plain_anneal(kinds, shells, n_kinds, target, weight, temperatures, steps, rng):
    """Swap by swap as the kernel does, every cost counted anew."""

    def cost(state):
        return float((weight * (pair_counts(state, n_kinds, shells) - target) ** 2).sum())

    n_sites = len(kinds)
    now = best = cost(kinds)
    best_kinds = kinds.copy()
    for temperature in temperatures:
        for _ in range(steps):
            a, b = int(rng.random() * n_sites), int(rng.random() * n_sites)
            if kinds[a] == kinds[b]:
                continue
            kinds[[a, b]] = kinds[[b, a]]
            after = cost(kinds)
            if after - now <= 1e-9 * temperature or rng.random() < np.exp(-(after - now) / temperature):
                now = after
                if now < best - 1e-12:
                    best, best_kinds = now, kinds.copy()
            else:
                kinds[[a, b]] = kinds[[b, a]]
    return best, best_kinds


@pytest.mark.parametrize("shape", [(3, 3, 3), (2, 3, 4)])
def test_annealing_of_pairs_is_that_of_plain_counting(shape):
    sites = np.array(list(np.ndindex(*shape)), dtype=float)
    shells = site_shells(sites, np.diag(shape).astype(float), 3)
    kinds = generator(1).integers(0, 3, len(sites))
    # A target that no state reaches and uneven weights, so that rounding decides nothing.
    target = pair_counts(kinds, 3, shells) * generator(2).uniform(0.5, 1.5, (3, 3, 3))
    weight = generator(3).uniform(0.5, 1.5, (3, 3, 3))
    temperatures = np.array([50.0, 5.0, 0.5])
    slow_best, slow = plain_anneal(kinds.copy(), shells, 3, target, weight, temperatures, 80, generator(4))
    fast, counts = kinds.copy(), pair_counts(kinds, 3, shells)
    fast_best = _kernels.anneal_pairs(
        fast, shells.start, shells.other, shells.shell, counts, target, weight, temperatures, 80, 0.0, generator(4)
    )
    assert np.array_equal(fast, slow)
    assert fast_best == pytest.approx(slow_best, rel=1e-12)


def parse(tokens):
    text = np.frombuffer(("\n".join(tokens) + "\n").encode(), dtype=np.uint8)
    numbers, words = np.full((len(tokens), 1), np.nan), np.empty((len(tokens), 0), dtype=np.int64)
    hard = np.empty((len(tokens), 4), dtype=np.int64)
    _, row, n_hard, wrong = _kernels.parse_rows(text, 0, 0, np.array([0]), POWERS_OF_TEN, numbers, words, hard)
    assert (row, wrong) == (len(tokens), -1)
    easy = np.ones(len(tokens), dtype=bool)
    easy[hard[:n_hard, 0]] = False
    return numbers[:, 0], easy


@pytest.mark.parametrize("form", ["{:.6g}", "{:.15g}", "{:.17g}", "{!r}", "{:.18f}", "{:.10e}", "{:.17E}", "{:+.3f}"])
def test_numbers_are_those_of_python_to_the_last_bit(form):
    rng = generator(5)
    values = np.concatenate([rng.normal(size=20000) * 10.0 ** rng.integers(-6, 6, 20000), rng.uniform(0, 80, 20000)])
    tokens = [form.format(value) for value in values.tolist()]
    numbers, easy = parse(tokens)
    assert easy.mean() > (0.8 if form != "{:.18f}" else 0.3)
    assert np.array_equal(numbers[easy], np.array([float(t) for t in tokens])[easy])


def test_halves_between_two_doubles_round_to_even_as_in_python():
    # 2^53 + odd is a tie in whole numbers; the same digits with a point are ties of small powers of two.
    tokens = [str(2**53 + k) for k in range(1, 400)]
    tokens += [f"{(2**53 + k) / 1:.0f}.5" for k in range(0, 40, 2)]
    tokens += [f"{4503599627370496 + k}.25" for k in range(200)] + [f"{4503599627370496 + k}.75" for k in range(200)]
    numbers, easy = parse(tokens)
    assert easy.all()
    assert np.array_equal(numbers, np.array([float(t) for t in tokens]))


@pytest.mark.parametrize(
    ("token", "value"), [("0", 0.0), ("-0.0", -0.0), (".5", 0.5), ("5.", 5.0), ("+1e3", 1000.0), ("000012", 12.0),
                         ("0.000000000000000000001", 1e-21), ("1E+02", 100.0), ("-7e-03", -0.007)],
)  # fmt: skip
def test_ways_to_write_a_number(token, value):
    numbers, easy = parse([token])
    assert easy.all()
    assert numbers[0] == value
    assert np.signbit(numbers[0]) == np.signbit(value)


@pytest.mark.parametrize(
    "token", ["nan", "inf", "1.2.3", "1e", "e5", "-", "1e400", "12345678901234567890123", "0x1p3", "1_0"]
)
def test_what_is_no_plain_number_is_left_to_python(token):
    _, easy = parse([token])
    assert not easy.any()


def test_rows_are_read_up_to_the_cut_and_wrong_rows_are_named():
    text = np.frombuffer(b"1 Ba 0.5\r\n2\tTi  -1.5 \n3 O 2.", dtype=np.uint8)
    columns = np.array([0, -2, 1])

    def rows(text):
        numbers, words = np.zeros((3, 2)), np.zeros((3, 1), dtype=np.int64)
        hard = np.empty((4, 4), dtype=np.int64)
        return _kernels.parse_rows(text, 0, 0, columns, POWERS_OF_TEN, numbers, words, hard), numbers, words

    (position, row, _, wrong), numbers, words = rows(text)
    assert (position, row, wrong) == (22, 2, -1)
    assert numbers[:2].tolist() == [[1, 0.5], [2, -1.5]]
    assert words[:2, 0].tolist() == [pack_word("Ba"), pack_word("Ti")]
    (_, row, _, wrong), _, _ = rows(np.frombuffer(b"1 Ba 0.5\n2 Ti\n3 O 2\n", dtype=np.uint8))
    assert (row, wrong) == (1, 1)
