"""Compiled kernels of the atomic strain: arrays and scalars only."""

from __future__ import annotations

import numpy as np
from numba import njit

FLAT = 1e-10
"""Neighbors whose second moment has a determinant below this share of its mean cubed lie in a plane."""
FEWEST = 4


@njit(cache=True)
def add_moments(first, second, images, positions, cell, scaled_moves, periodic, later_cell, moments):
    """Add what the pairs give to both of their atoms; ``moments`` has shape ``(n, 20)``.

    Columns: V = sum d0 d0 (xx, yy, zz, xy, xz, yz), U = sum d0 (d - d0 F) in nine, the sum of |d - d0 F|^2, S = sum d0,
    and the number of neighbors; F is the gradient of the cell, ``later_cell`` over ``cell``.
    """
    part = np.empty(19)
    m = np.empty(3)
    for pair in range(first.shape[0]):
        i, j = first[pair], second[pair]
        n0, n1, n2 = images[pair, 0], images[pair, 1], images[pair, 2]
        x = positions[j, 0] - positions[i, 0] + n0 * cell[0, 0] + n1 * cell[1, 0] + n2 * cell[2, 0]
        y = positions[j, 1] - positions[i, 1] + n0 * cell[0, 1] + n1 * cell[1, 1] + n2 * cell[2, 1]
        z = positions[j, 2] - positions[i, 2] + n0 * cell[0, 2] + n1 * cell[1, 2] + n2 * cell[2, 2]
        for c in range(3):
            move = scaled_moves[j, c] - scaled_moves[i, c]
            # the pair keeps its image; only an atom wrapped since then is brought back
            m[c] = move - np.rint(move) if periodic[c] else move
        u = m[0] * later_cell[0, 0] + m[1] * later_cell[1, 0] + m[2] * later_cell[2, 0]
        v = m[0] * later_cell[0, 1] + m[1] * later_cell[1, 1] + m[2] * later_cell[2, 1]
        w = m[0] * later_cell[0, 2] + m[1] * later_cell[1, 2] + m[2] * later_cell[2, 2]
        part[0], part[1], part[2], part[3], part[4], part[5] = x * x, y * y, z * z, x * y, x * z, y * z
        part[6], part[7], part[8] = x * u, x * v, x * w
        part[9], part[10], part[11] = y * u, y * v, y * w
        part[12], part[13], part[14] = z * u, z * v, z * w
        part[15] = u * u + v * v + w * w
        for k in range(16):
            moments[i, k] += part[k]
            moments[j, k] += part[k]
        moments[i, 16] += x
        moments[i, 17] += y
        moments[i, 18] += z
        moments[j, 16] -= x
        moments[j, 17] -= y
        moments[j, 18] -= z
        moments[i, 19] += 1.0
        moments[j, 19] += 1.0


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _invert(a, out):
    """Inverse of a 3 x 3 matrix; returns its determinant."""
    c0 = a[1, 1] * a[2, 2] - a[1, 2] * a[2, 1]
    c1 = a[1, 2] * a[2, 0] - a[1, 0] * a[2, 2]
    c2 = a[1, 0] * a[2, 1] - a[1, 1] * a[2, 0]
    determinant = a[0, 0] * c0 + a[0, 1] * c1 + a[0, 2] * c2
    if determinant == 0.0:
        return 0.0
    out[0, 0], out[1, 0], out[2, 0] = c0 / determinant, c1 / determinant, c2 / determinant
    out[0, 1] = (a[0, 2] * a[2, 1] - a[0, 1] * a[2, 2]) / determinant
    out[1, 1] = (a[0, 0] * a[2, 2] - a[0, 2] * a[2, 0]) / determinant
    out[2, 1] = (a[0, 1] * a[2, 0] - a[0, 0] * a[2, 1]) / determinant
    out[0, 2] = (a[0, 1] * a[1, 2] - a[0, 2] * a[1, 1]) / determinant
    out[1, 2] = (a[0, 2] * a[1, 0] - a[0, 0] * a[1, 2]) / determinant
    out[2, 2] = (a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]) / determinant
    return determinant


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _rotation_vector(gradient, r, inverse, out):
    """Rotation vector of the orthogonal part of a gradient of row vectors, by Newton's iteration; NaN for a mirror."""
    for a in range(3):
        for b in range(3):
            r[a, b] = gradient[a, b]
    for _ in range(60):
        if _invert(r, inverse) <= 0.0:
            out[:] = np.nan
            return
        change = 0.0
        for a in range(3):
            for b in range(3):
                change = max(change, abs(inverse[b, a] - r[a, b]))
        for a in range(3):
            for b in range(a, 3):
                one, two = 0.5 * (r[a, b] + inverse[b, a]), 0.5 * (r[b, a] + inverse[a, b])
                r[a, b], r[b, a] = one, two
        if change < 1e-14:
            break
    # row vectors turn by the transpose
    x, y, z = 0.5 * (r[1, 2] - r[2, 1]), 0.5 * (r[2, 0] - r[0, 2]), 0.5 * (r[0, 1] - r[1, 0])
    sine, cosine = np.sqrt(x * x + y * y + z * z), 0.5 * (r[0, 0] + r[1, 1] + r[2, 2] - 1.0)
    factor = np.arctan2(sine, cosine) / sine if sine > 0.0 else 1.0
    out[0], out[1], out[2] = factor * x, factor * y, factor * z


@njit(cache=True)
def strain_of_moments(moments, cell_gradient, affine, kept, gradient, measures, rotation):
    """Gradient, measures and rotation vector of every atom out of its moments; NaN where they do not determine it.

    ``affine`` is taken off unless ``kept``. ``measures`` has the columns von Mises shear, trace/3, determinant, least
    squares residual, trace of the noise matrix C = (V^-1 + V^-1 S S V^-1), S V^-1 S.
    """
    v, inverse, y, t = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    off, spare = np.empty((3, 3)), np.empty((3, 3))
    without = np.empty((3, 3))
    _invert(affine, without)
    for atom in range(moments.shape[0]):
        m = moments[atom]
        v[0, 0], v[1, 1], v[2, 2] = m[0], m[1], m[2]
        v[0, 1], v[0, 2], v[1, 2] = m[3], m[4], m[5]
        v[1, 0], v[2, 0], v[2, 1] = m[3], m[4], m[5]
        mean = (m[0] + m[1] + m[2]) / 3.0
        if m[19] < FEWEST or _invert(v, inverse) <= FLAT * mean * mean * mean:
            gradient[atom] = np.nan
            measures[atom] = np.nan
            rotation[atom] = np.nan
            continue
        residual = m[15]
        for a in range(3):
            for b in range(3):
                y[a, b] = m[6 + 3 * a + b]
        for a in range(3):
            for b in range(3):
                t[a, b] = inverse[a, 0] * y[0, b] + inverse[a, 1] * y[1, b] + inverse[a, 2] * y[2, b]
                residual -= t[a, b] * y[a, b]
        for a in range(3):
            for b in range(3):
                if kept:
                    off[a, b] = t[a, b] + cell_gradient[a, b] - (1.0 if a == b else 0.0)
                else:
                    off[a, b] = 0.0
                    for c in range(3):
                        off[a, b] += (t[a, c] + cell_gradient[a, c] - affine[a, c]) * without[c, b]
        _measure(off, gradient[atom], measures[atom])
        measures[atom, 3] = max(residual, 0.0)
        trace = inverse[0, 0] + inverse[1, 1] + inverse[2, 2]
        square = 0.0
        for a in range(3):
            along = inverse[a, 0] * m[16] + inverse[a, 1] * m[17] + inverse[a, 2] * m[18]
            trace += along * along
            square += along * m[16 + a]
        measures[atom, 4], measures[atom, 5] = trace, square
        _rotation_vector(gradient[atom], t, spare, rotation[atom])


@njit(no_cpython_wrapper=True, no_cfunc_wrapper=True)
def _measure(off, gradient, measures):
    """Gradient, shear, trace/3 and determinant out of the gradient less one, which keeps small strains exact."""
    e = np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            gradient[a, b] = off[a, b] + (1.0 if a == b else 0.0)
            e[a, b] = 0.5 * (
                off[a, b] + off[b, a] + off[a, 0] * off[b, 0] + off[a, 1] * off[b, 1] + off[a, 2] * off[b, 2]
            )
    xy, yz, zx = e[0, 0] - e[1, 1], e[1, 1] - e[2, 2], e[2, 2] - e[0, 0]
    sides = e[0, 1] * e[0, 1] + e[0, 2] * e[0, 2] + e[1, 2] * e[1, 2]
    measures[0] = np.sqrt(sides + (xy * xy + yz * yz + zx * zx) / 6.0)
    measures[1] = (e[0, 0] + e[1, 1] + e[2, 2]) / 3.0
    measures[2] = (
        gradient[0, 0] * (gradient[1, 1] * gradient[2, 2] - gradient[1, 2] * gradient[2, 1])
        - gradient[0, 1] * (gradient[1, 0] * gradient[2, 2] - gradient[1, 2] * gradient[2, 0])
        + gradient[0, 2] * (gradient[1, 0] * gradient[2, 1] - gradient[1, 1] * gradient[2, 0])
    )
