"""Time means of arrays in a bounded number of blocks, without knowing how many frames will come.

Blocks start with one frame; when there are too many, neighbors join and blocks are twice as long.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["BlockSums"]

Floats = NDArray[np.float64]

MOST_BLOCKS = 32


class BlockSums:
    """Sums of equally shaped arrays over 16 to 32 blocks of equal length, and the rest that fills none.

    Parameters
    ----------
    shape
        Of the array that one frame brings.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._blocks: list[Floats] = []
        self._length = 1
        self._open = np.zeros(shape)
        self._in_open = 0
        self.n_frames = 0

    def add(self, values: Floats) -> None:
        """Take in the arrays of some frames, shape ``(n_frames, *shape)``."""
        for frame in values:
            self._open += frame
            self._in_open += 1
            self.n_frames += 1
            if self._in_open == self._length:
                self._blocks.append(self._open)
                self._open, self._in_open = np.zeros_like(self._open), 0
                if len(self._blocks) == MOST_BLOCKS:
                    self._blocks = [a + b for a, b in zip(self._blocks[::2], self._blocks[1::2], strict=True)]
                    self._length *= 2

    def mean(self) -> Floats:
        """Mean over all frames."""
        total = self._open.copy()
        for block in self._blocks:
            total += block
        return np.asarray(total / self.n_frames)

    def block_means(self) -> Floats:
        """Means of the whole blocks, shape ``(n_blocks, *shape)``."""
        return np.stack(self._blocks) / self._length

    def leave_one_out(self) -> Floats:
        """Means over all frames but those of one block, shape ``(n_blocks, *shape)``; needs two blocks."""
        total = self.mean() * self.n_frames
        return np.stack([(total - block) / (self.n_frames - self._length) for block in self._blocks])
