"""Compiled kernels of site occupation and of reading tables of numbers: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _like_neighbors(species, start, other, site, kind, without):
    """Number of neighbors of ``site``, other than ``without``, that hold ``kind``."""
    count = 0
    for k in range(start[site], start[site + 1]):
        if other[k] != without and species[other[k]] == kind:
            count += 1
    return count


@njit(cache=True)
def exchange(species, start, other, coupling, attempts, rng):
    """Swap species of random pairs of sites with the Metropolis probability; changes ``species``."""
    n_sites = species.shape[0]
    for _ in range(attempts):
        a = int(rng.random() * n_sites)
        b = int(rng.random() * n_sites)
        if species[a] == species[b]:
            continue
        before = _like_neighbors(species, start, other, a, species[a], b) + _like_neighbors(
            species, start, other, b, species[b], a
        )
        after = _like_neighbors(species, start, other, a, species[b], b) + _like_neighbors(
            species, start, other, b, species[a], a
        )
        gain = coupling * (after - before)
        if gain >= 0.0 or rng.random() < np.exp(gain):
            species[a], species[b] = species[b], species[a]


@njit(cache=True)
def anneal_pairs(kinds, start, other, shell, counts, target, weight, temperatures, steps, floor, rng):
    """Swap sites so that the pair counts come near ``target``; returns the best cost and leaves its kinds.

    ``counts[s, k, l]`` are ordered pairs of shell s; the cost is sum weight * (counts - target)^2. ``steps`` swaps are
    tried at each temperature; the search ends at a cost of ``floor``.
    """
    n_sites = kinds.shape[0]
    cost = 0.0
    for s in range(counts.shape[0]):
        for k in range(counts.shape[1]):
            for m in range(counts.shape[2]):
                cost += weight[s, k, m] * (counts[s, k, m] - target[s, k, m]) ** 2
    best = cost
    best_kinds = kinds.copy()
    for t in range(temperatures.shape[0]):
        for _ in range(steps):
            if best <= floor:
                break
            a = int(rng.random() * n_sites)
            b = int(rng.random() * n_sites)
            if kinds[a] == kinds[b]:
                continue
            change = _swap_pairs(kinds, start, other, shell, counts, target, weight, a, b)
            # A change that is zero but for rounding is taken without a draw.
            if change <= 1e-9 * temperatures[t] or rng.random() < np.exp(-change / temperatures[t]):
                cost += change
                if cost < best - 1e-12:
                    best = cost
                    for site in range(n_sites):
                        best_kinds[site] = kinds[site]
            else:
                _swap_pairs(kinds, start, other, shell, counts, target, weight, a, b)
    for site in range(n_sites):
        kinds[site] = best_kinds[site]
    return best


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _swap_pairs(kinds, start, other, shell, counts, target, weight, a, b):
    """Exchange two sites, keep the pair counts in step and return the change of the cost."""
    change = _recount(kinds, start, other, shell, counts, target, weight, a, kinds[b])
    old = kinds[a]
    kinds[a] = kinds[b]
    change += _recount(kinds, start, other, shell, counts, target, weight, b, old)
    kinds[b] = old
    return change


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _recount(kinds, start, other, shell, counts, target, weight, site, new):
    """Update the counts for one site that turns into ``new`` while all others stay; returns the change of the cost."""
    old = kinds[site]
    change = 0.0
    for e in range(start[site], start[site + 1]):
        s, k = shell[e], kinds[other[e]]
        change += _step(counts, target, weight, s, old, k, -1)
        change += _step(counts, target, weight, s, k, old, -1)
        change += _step(counts, target, weight, s, new, k, 1)
        change += _step(counts, target, weight, s, k, new, 1)
    return change


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _step(counts, target, weight, s, k, m, sign):
    """Add one ordered pair to a cell or take it away; returns the change of the cost."""
    off = counts[s, k, m] - target[s, k, m]
    counts[s, k, m] += sign
    return weight[s, k, m] * (2.0 * sign * off + 1.0)


@njit(cache=True)
def skip_lines(text, position, n_lines):
    """Place after ``n_lines`` further line ends, and the number of lines that the text still lacks."""
    size = text.shape[0]
    while n_lines > 0 and position < size:
        if text[position] == 10:
            n_lines -= 1
        position += 1
    return position, n_lines


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _two_product(a, b):
    """Product of two floats and its rounding error (T. J. Dekker, Numer. Math. 18, 224 (1971))."""
    product = a * b
    t = 134217729.0 * a
    a_high = t - (t - a)
    a_low = a - a_high
    t = 134217729.0 * b
    b_high = t - (t - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _scaled(digits, exponent, powers):
    """``digits`` times a power of ten, |exponent| <= 22, rounded once from a value with twice the precision."""
    high = np.float64(digits)
    if digits <= 9007199254740992:
        return high * powers[exponent] if exponent >= 0 else high / powers[-exponent]
    low = np.float64(np.int64(digits - np.uint64(high)))
    if exponent >= 0:
        product, error = _two_product(high, powers[exponent])
        return product + (error + low * powers[exponent])
    power = powers[-exponent]
    quotient = high / power
    product, error = _two_product(quotient, power)
    return quotient + (((high - product) - error) + low) / power


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _written_exponent(text, p, end):
    """Value of the exponent that starts with its letter, and whether it was understood."""
    if text[p] != 101 and text[p] != 69:
        return 0, False
    p += 1
    down = p < end and text[p] == 45
    if p < end and (text[p] == 45 or text[p] == 43):
        p += 1
    if p >= end or end - p > 4:
        return 0, False
    written = 0
    while p < end:
        if text[p] < 48 or text[p] > 57:
            return 0, False
        written = 10 * written + (text[p] - 48)
        p += 1
    return (-written if down else written), True


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _packed(text, begin, end):
    """First eight bytes of a word as one number."""
    packed = np.int64(0)
    for k in range(begin, min(end, begin + 8)):
        packed = (packed << 8) | np.int64(text[k])
    return packed


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def parse_number(text, begin, end, powers):
    """Value of a decimal number, and whether it was understood; what is not is left to a slower reader."""
    p = begin
    negative = text[p] == 45
    if negative or text[p] == 43:
        p += 1
    digits = np.uint64(0)
    n_digits, n_seen, exponent = 0, 0, 0
    point = False
    while p < end:
        c = text[p]
        if 48 <= c <= 57:
            n_seen += 1
            if n_digits > 0 or c != 48:
                n_digits += 1
            if n_digits <= 19:
                digits = digits * np.uint64(10) + np.uint64(c - 48)
            if point:
                exponent -= 1
        elif c == 46 and not point:
            point = True
        else:
            break
        p += 1
    if n_seen == 0 or n_digits > 19:
        return 0.0, False
    if p < end:
        written, understood = _written_exponent(text, p, end)
        if not understood:
            return 0.0, False
        exponent += written
    if digits == 0:
        return (-0.0 if negative else 0.0), True
    if exponent < -22 or exponent > 22:
        return 0.0, False
    value = _scaled(digits, exponent, powers)
    return (-value if negative else value), True


@njit(cache=True)
def parse_rows(text, position, row, columns, powers, numbers, words, hard):
    """Read rows of blank-separated tokens from ``row`` on, until the table is full or the text ends.

    ``columns[c]`` says where token c goes: k >= 0 into ``numbers[:, k]``, -1 nowhere, -2 - k into ``words[:, k]`` (its
    first eight bytes). Tokens that need a slower reader are listed in ``hard`` as row, column, begin, end.
    Returns the place after the last whole row, the next row, the number of hard tokens and a row of wrong length or -1.
    """
    size = text.shape[0]
    n_rows, n_columns, n_hard = numbers.shape[0], columns.shape[0], 0
    while row < n_rows:
        p = position
        c = 0
        before = n_hard
        while p < size:
            while p < size and (text[p] == 32 or text[p] == 9 or text[p] == 13):
                p += 1
            if p == size or text[p] == 10:
                break
            begin = p
            while p < size and text[p] > 32:
                p += 1
            if p == size:
                break
            if c < n_columns:
                goal = columns[c]
                if goal >= 0:
                    value, understood = parse_number(text, begin, p, powers)
                    numbers[row, goal] = value
                    if not understood:
                        if n_hard == hard.shape[0]:
                            return position, row, before, -1
                        hard[n_hard, 0], hard[n_hard, 1], hard[n_hard, 2], hard[n_hard, 3] = row, goal, begin, p
                        n_hard += 1
                elif goal < -1:
                    words[row, -2 - goal] = _packed(text, begin, p)
            c += 1
        if p >= size:
            return position, row, before, -1
        if c != n_columns:
            return position, row, n_hard, row
        position = p + 1
        row += 1
    return position, row, n_hard, -1
