"""An operator in two short steps: first within blocks of bins, then from what these keep.

Data that end at Qmax see of a block of width w about w Qmax/pi numbers, fewer than its bins. What a block leaves out is
below the rounding of single precision, so that a product takes half the time at the same error.

Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

__all__ = ["LEFT_OUT", "TwoStep", "two_step"]

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

BLOCK_BINS = 128
LEFT_OUT = 16.0
"""What a block may leave out of a row, in roundings of its length."""
ROUNDING = float(np.finfo(np.float32).eps) / 2.0


@dataclass(frozen=True, eq=False)
class TwoStep:
    """``operator`` (bins, rank) as ``lefts[i] @ right[part of i]`` for the bins ``edges[i]`` to ``edges[i + 1]``.

    The rows of each part of ``right`` are orthonormal: no part of a sum over them is longer than the vector that is
    multiplied, and roundings add up as in one step.
    """

    edges: tuple[int, ...]
    lefts: tuple[Singles, ...]
    right: Singles

    def product(self, rows: Singles, room: Singles, out: Singles) -> None:
        """Products of rows (n, bins) with the operator, into ``out`` (n, rank); ``room`` is (n, length of right)."""
        at = 0
        for number, left in enumerate(self.lefts):
            end = at + left.shape[1]
            np.matmul(rows[:, self.edges[number] : self.edges[number + 1]], left, out=room[:, at:end])
            at = end
        np.matmul(room, self.right, out=out)


def two_step(operator: Floats, first: int) -> TwoStep:
    """Two steps of an operator.

    Parameters
    ----------
    operator
        Operator, shape ``(bins, rank)``.
    first
        Rows before this one are never used.
    """
    bins = len(operator)
    first = min(first, bins - 1)
    blocks = max(round((bins - first) / BLOCK_BINS), 1)
    edges = tuple(first + (bins - first) * number // blocks for number in range(blocks + 1))
    parts = [_factors(operator[low:high]) for low, high in pairwise(edges)]
    return TwoStep(
        edges,
        tuple(np.ascontiguousarray(left, dtype=np.float32) for left, _ in parts),
        np.concatenate([right for _, right in parts]).astype(np.float32),
    )


def _factors(block: Floats) -> tuple[Floats, Floats]:
    """Factors of a block, as short as what may be left out allows; the rows of the second are orthonormal."""
    # What is left out is measured against each row, however short.
    lengths = np.linalg.norm(block, axis=1)
    block = block / np.where(lengths > 0.0, lengths, 1.0)[:, None]
    squares, left = np.linalg.eigh(block @ block.T)
    kept = squares > np.finfo(float).eps * squares[-1]
    # What the squares give of the small numbers is not orthogonal.
    right = np.linalg.qr(block.T @ left[:, kept][:, ::-1])[0].T
    weights = block @ right.T
    # What is left out of each row by keeping 0, 1, 2, ... numbers.
    rest = np.cumsum((weights**2)[:, ::-1], axis=1)[:, ::-1]
    enough = np.all(rest <= (LEFT_OUT * ROUNDING) ** 2, axis=0)
    rank = int(np.argmax(enough)) if enough.any() else weights.shape[1]
    return lengths[:, None] * weights[:, :rank], right[:rank]
