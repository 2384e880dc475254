"""What a fit leaves of an image at some of its columns, with the misfit of the model and row jitter taken away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.order.neighbors.threads import side_by_side

__all__ = ["ResidualPatches", "residual_patches"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

N_PIECES = 8
"""Parts in which patches are summed, whatever the number of threads, so that this changes no rounding."""
N_KINDS = 4
VECTOR = 16
"""Numbers that kernels take at once: rows of patches are as many, or twice as many, and so on."""


@dataclass(frozen=True, kw_only=True)
class ResidualPatches:
    """Patches of the residual that hold noise alone.

    Parameters
    ----------
    image, residual
        Image and image minus model, one shape; NaN where there is no model [counts].
    references
        Central pixel of each patch, x and y, shape ``(patch, 2)``.
    half
        Patches reach this far from their center [px].
    cleaned
        The residual in the patches, shape ``(patch, row, column)``; NaN outside their discs, and where the rows are
        longer than the patches.
    threads
        Threads that share the work.
    """

    image: Floats
    residual: Floats
    references: Ints
    half: int
    cleaned: Floats
    threads: int = 1

    @property
    def flat(self) -> tuple[Any, ...]:
        """Arguments of the kernels that see images and patches as one row of pixels."""
        return self.size, self.image.ravel(), self.residual.ravel(), self.references, self.half, self._pixels

    @property
    def size(self) -> tuple[int, int, int]:
        """Height and width of the image, and length of the rows of patches."""
        return self.image.shape[0], self.image.shape[1], self.cleaned.shape[2]

    @property
    def _pixels(self) -> Floats:
        return self.cleaned.reshape(-1)

    def desk(self, rows: int) -> Floats:
        """Room for some rows of a patch."""
        return np.empty((rows, self.cleaned.shape[2]))

    def summed(self, work: Callable[..., object], *shapes: tuple[int, ...]) -> list[Floats]:
        """Call ``work(first, last, *sums)`` for the patches in pieces, and add up the sums of the given shapes."""
        edges = [len(self.references) * n // N_PIECES for n in range(N_PIECES + 1)]
        parts = [np.zeros((N_PIECES, *shape)) for shape in shapes]

        def pieces(first: int, last: int) -> None:
            for number in range(first, last):
                work(edges[number], edges[number + 1], *(part[number] for part in parts))

        side_by_side(pieces, N_PIECES, self.threads, most=N_PIECES)
        return [part.sum(axis=0) for part in parts]

    def model_range(self) -> tuple[float, float]:
        """Least and largest intensity of the model at nine pixels of each patch; crossed if none has a value."""
        steps = np.array([0, self.half // 2, 1 - self.half, self.half - 1])
        height, width = self.image.shape
        rows = np.clip(self.references[:, 1, None] + steps, 0, height - 1)
        columns = np.clip(self.references[:, 0, None] + steps, 0, width - 1)
        pixels = (rows[:, :, None] * width + columns[:, None, :]).ravel()
        model = self.image.ravel().take(pixels) - self.residual.ravel().take(pixels)
        model = model[np.isfinite(model)]
        return (float(model.min()), float(model.max())) if len(model) else (np.inf, -np.inf)

    def normalize(self, slope: float, zero: float, least: float) -> None:
        """Divide by the standard deviation of the noise, in place; its variance is a line over the model."""
        from entrox.microscopy.fit.residual_noise._kernels import normalize

        self.summed(lambda a, b: normalize(a, b, *self.flat, slope, zero, least))


def residual_patches(
    image: Floats, residual: Floats, references: Ints, site: Ints, half: int, *, threads: int = 1
) -> ResidualPatches:
    """Patches of the residual without what columns, or lines of pixels, have in common.

    A column is not exactly a Gaussian: what is missing is the same for all columns of a kind and would pass for noise.
    So would row jitter, which moves a row of pixels in all columns that it crosses. Noise has nothing in common over
    the whole picture: the shift of every row, and of every column of pixels, is taken off as far as it exceeds what
    noise alone would make of it.
    """
    from entrox.microscopy.fit.residual_noise._kernels import patch_sums, subtract_means

    size = 2 * half + 1
    found = ResidualPatches(
        image=image, residual=residual, references=references, half=half,
        cleaned=np.empty((len(references), size, -(-size // VECTOR) * VECTOR)), threads=threads,
    )  # fmt: skip
    places = found.size, residual.ravel(), references, np.where(site < 0, N_KINDS - 1, site), half
    shape = (N_KINDS * size * size,)
    sums, counts = found.summed(lambda a, b, sums, counts: patch_sums(a, b, *places, sums, counts), shape, shape)
    means = sums / np.maximum(counts, 1.0)
    found.summed(lambda a, b: subtract_means(a, b, *places, means, found.cleaned.reshape(-1)))
    _subtract_line_shifts(found)
    return found


def _subtract_line_shifts(patches: ResidualPatches) -> None:
    """Take off the likeliest shifts of rows and columns of pixels, given white shifts of the variance that all show.

    The sum of residual times slope over a line has the variance of the noise alone, which its own terms tell, plus that
    of the shift times the squared slopes: only the excess is jitter, so that plain noise is left as it is.
    """
    from entrox.microscopy.fit.residual_noise._kernels import line_sums, shift_lines

    height, width = patches.image.shape
    rows, columns = patches.summed(
        lambda a, b, rows, columns: line_sums(a, b, *patches.flat, patches.desk(2), rows, columns),
        (3 * height,), (3 * width,),
    )  # fmt: skip
    down, right = _likeliest_shifts(rows), _likeliest_shifts(columns)
    if down.any() or right.any():
        patches.summed(lambda a, b: shift_lines(a, b, *patches.flat, down, right))


def _likeliest_shifts(sums: Floats) -> Floats:
    """Shift of each line from its sums; zero if all together show no more than noise."""
    score, known, noise = sums.reshape(3, -1)
    variance = float((score**2 - noise).sum() / max(float((known**2).sum()), 1e-300))
    if not variance > 0.0:
        return np.zeros(len(score))
    return np.asarray(variance * score * known / np.maximum(variance * known**2 + noise, 1e-300))
