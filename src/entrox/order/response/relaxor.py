r"""Relaxor measures: how much of the local polarization is frozen, and how much of that without a common direction.

.. math:: q = \frac1N \sum_i \langle p_i \rangle_1 \cdot \langle p_i \rangle_2, \qquad
          q_\mathrm{glass} = q - |\langle P \rangle|^2

with the means over two separate halves of the time. The plain square of one mean is biased upward by its variance.
Units: local vectors p in any unit, measures in its square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainc

from entrox.core import InputError, Result, check_integer, check_shape, quantity

__all__ = [
    "EdwardsAnderson",
    "FrozenCorrelation",
    "ModulusLaw",
    "edwards_anderson",
    "frozen_correlation",
    "modulus_law",
]

Floats = NDArray[np.float64]

CELLS_PER_CHUNK = 2048
"""Series transformed at once: bounds the memory."""


@dataclass(frozen=True, kw_only=True)
class EdwardsAnderson(Result):
    """Order parameter of freezing. Errors take the cells for independent: with long correlations they are too small."""

    q: float = quantity("p squared", "Edwards-Anderson order parameter, from two halves")
    q_error: float = quantity("p squared", "standard error of q over the cells")
    q_glass: float = quantity("p squared", "part of q without a common direction")
    mean_squared: float = quantity("p squared", "squared mean polarization, from two halves")
    q_one_mean: float = quantity("p squared", "squared mean of each cell over all times: biased upward")
    mean_square: float = quantity("p squared", "mean of p squared, the largest possible q")
    n_frames: int = quantity("1", "frames used")
    n_cells: int = quantity("1", "cells used")
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FrozenCorrelation(Result):
    """Autocorrelation q(t) of the local vectors, averaged over cells and time origins."""

    lag: NDArray[np.int64] = quantity("frames", "lag", axes=("lag",))
    q: Floats = quantity("p squared", "mean of p(0) p(t)", axes=("lag",))
    plateau: float = quantity("p squared", "mean of q(t) over the second half of the lags")
    plateau_error: float = quantity("p squared", "standard error of the plateau over the cells")
    drift: float = quantity("p squared", "change of q(t) over the second half of the lags")
    level: bool


@dataclass(frozen=True, kw_only=True)
class ModulusLaw(Result):
    """Distribution of |p| against that of an isotropic Gaussian vector of the same mean square (a chi law of 3)."""

    edges: Floats = quantity("as p", "bin edges of the modulus", axes=("edge",))
    density: Floats = quantity("1/p", "density of the modulus", axes=("bin",))
    law: Floats = quantity("1/p", "mean density of the law in the bin", axes=("bin",))
    scale: float = quantity("as p", "standard deviation of one component under the law")
    distance: float = quantity("1", "largest difference of the two distribution functions")
    p_value: float | None = quantity("1", "share of samples of the law that lie farther; None without a generator")
    n_vectors: int = quantity("1", "vectors")


def edwards_anderson(p: ArrayLike, gap: int = 0) -> EdwardsAnderson:
    """Edwards-Anderson order parameter of local vectors.

    Parameters
    ----------
    p
        Local polarization or displacement, shape ``(frame, cell, 3)``; cells with NaN are left out.
    gap
        Frames left out between the two halves. Fast vectors with a memory of t frames give q of the order t / frames
        times their mean square unless the gap is longer than t.

    Raises
    ------
    InputError
        If fewer than two frames remain (one frame cannot tell frozen from fluctuating), or no cell is finite.
    """
    array, skipped = _finite_cells(p)
    check_integer(gap, "gap", low=0)
    half = (len(array) - gap) // 2
    if half < 1:
        raise InputError(
            f"q needs two separate halves of the time: at least {gap + 2} frames with a gap of {gap}; got {len(array)}."
        )
    first, second = array[:half].mean(axis=0), array[-half:].mean(axis=0)
    per_cell = (first * second).sum(axis=1)
    cells = len(per_cell)
    mean_squared = float(first.mean(axis=0) @ second.mean(axis=0))
    q = float(per_cell.mean())
    return EdwardsAnderson(
        q=q,
        q_error=float(per_cell.std(ddof=1) / np.sqrt(cells)) if cells > 1 else float("nan"),
        q_glass=q - mean_squared,
        mean_squared=mean_squared,
        q_one_mean=float((array.mean(axis=0) ** 2).sum(axis=1).mean()),
        mean_square=float((array**2).sum(axis=2).mean()),
        n_frames=len(array),
        n_cells=cells,
        warnings=(f"{skipped} cells without a value were left out.",) if skipped else (),
    )


def frozen_correlation(p: ArrayLike, max_lag: int | None = None) -> FrozenCorrelation:
    """Autocorrelation of the local vectors against lag, and its plateau.

    Parameters
    ----------
    p
        Shape ``(frame, cell, 3)``.
    max_lag
        Longest lag [frames]; half of the run if not given, beyond which few origins remain.

    Returns
    -------
    FrozenCorrelation
        ``level`` is true where the change over the second half of the lags is within three errors of the plateau.
    """
    array, _ = _finite_cells(p)
    frames, cells = array.shape[:2]
    if frames < 4:
        raise InputError(f"q(t) needs at least four frames; got {frames}.")
    longest = frames // 2 if max_lag is None else check_integer(max_lag, "max_lag", low=3, high=frames - 1)
    size = 1 << (2 * frames - 1).bit_length()
    total = np.zeros(longest + 1)
    late = np.empty(cells)
    origins = frames - np.arange(longest + 1)
    middle = (longest + 1) // 2
    for start in range(0, cells, CELLS_PER_CHUNK):
        part = np.fft.rfft(array[:, start : start + CELLS_PER_CHUNK], n=size, axis=0)
        power = (np.abs(part) ** 2).sum(axis=2)
        correlation = np.fft.irfft(power, n=size, axis=0)[: longest + 1] / origins[:, None]
        total += correlation.sum(axis=1)
        late[start : start + CELLS_PER_CHUNK] = correlation[middle:].mean(axis=0)
    q = total / cells
    tail = q[middle:]
    error = float(late.std(ddof=1) / np.sqrt(cells)) if cells > 1 else float("nan")
    slope = float(np.polyfit(np.arange(len(tail)), tail, 1)[0]) if len(tail) > 1 else 0.0
    drift = slope * (len(tail) - 1)
    return FrozenCorrelation(
        lag=np.arange(longest + 1),
        q=q,
        plateau=float(tail.mean()),
        plateau_error=error,
        drift=drift,
        level=bool(abs(drift) <= 3.0 * error + 1e-12 * abs(float(q[0]))),
    )


def modulus_law(p: ArrayLike, bins: int = 40, rng: np.random.Generator | None = None, draws: int = 500) -> ModulusLaw:
    """Compare the modulus of vectors with the chi law of three Gaussian components.

    Parameters
    ----------
    p
        Independent vectors, shape ``(n, 3)``: one frame, or time averages of cells. Frames of one run are not
        independent of each other and make the p-value too small.
    bins
        Of the density.
    rng
        Draws samples of the law for the p-value; without it there is none. The scale is fitted to each sample, as it
        is to the data, so the plain tables of Kolmogorov do not hold.
    draws
        Number of samples.
    """
    array = check_shape(p, (None, 3), "p")
    if len(array) < 8:
        raise InputError(f"a distribution needs at least eight vectors; got {len(array)}.")
    check_integer(bins, "bins", low=2)
    modulus = np.sort(np.linalg.norm(array, axis=1))
    if modulus[-1] == 0.0:
        raise InputError("all vectors are zero: they have no distribution of moduli.")
    scale = float(np.sqrt((modulus**2).mean() / 3.0))
    edges = np.linspace(0.0, float(modulus[-1]), bins + 1)
    distance = _distance(modulus)
    p_value = None
    if rng is not None:
        samples = (_distance(np.sort(np.linalg.norm(rng.normal(size=array.shape), axis=1))) for _ in range(draws))
        p_value = (1.0 + sum(item >= distance for item in samples)) / (draws + 1.0)
    return ModulusLaw(
        edges=edges,
        density=np.histogram(modulus, bins=edges, density=True)[0],
        law=np.diff(gammainc(1.5, 0.5 * (edges / scale) ** 2)) / np.diff(edges),
        scale=scale,
        distance=distance,
        p_value=p_value,
        n_vectors=len(array),
    )


def _distance(modulus: Floats) -> float:
    """Kolmogorov distance of sorted moduli from the chi law of the same mean square."""
    law = gammainc(1.5, 1.5 * modulus**2 / (modulus**2).mean())
    steps = np.arange(len(modulus) + 1) / len(modulus)
    return float(max((steps[1:] - law).max(), (law - steps[:-1]).max()))


def _finite_cells(p: ArrayLike) -> tuple[Floats, int]:
    array = np.asarray(p, dtype=float)
    if array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
        raise InputError(f"p must have shape (frame, cell, 3); got {array.shape}.")
    good = np.isfinite(array).all(axis=(0, 2))
    if not good.any():
        raise InputError("no cell has finite vectors in all frames.")
    return array[:, good], int((~good).sum())
