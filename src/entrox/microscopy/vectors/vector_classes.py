"""Shares of the projected classes weak, <10> and <11> among the vectors of an image, with intervals.

The classes name projected axes, never phases; see :func:`entrox.order.projected_classes`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from entrox.core import InputError, Result, check_positive, quantity
from entrox.core.wilson import wilson_interval
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.spatial_blocks import block_numbers, mean_scatter
from entrox.order.phases.projected_classes import projected_classes

__all__ = ["VectorClasses", "strong_vectors", "vector_classes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class VectorClasses(Result):
    """Class of every vector, and shares of all good vectors with 95 % intervals.

    ``chance`` is the share that a field of random directions would have with as many weak vectors: half of the rest for
    <10> and <11>; for weak it is the share of pure noise, 0.989 at three standard errors. ``intervals`` are those of
    Wilson for as many independent vectors as the correlated ones are worth: they hold for shares of zero and one too.
    """

    classes: tuple[str, ...]
    labels: Ints = quantity("1", "number of the class; -1 for vectors left out", axes=("vector",))
    angle_deg: Floats = quantity("deg", "angle from the nearest <10>, 0 to 45", axes=("vector",))
    flip_probability: Floats = quantity("1", "probability that noise moved it over a border", axes=("vector",))
    shares: Floats = quantity("1", "share of each class", axes=("class",))
    intervals: Floats = quantity("1", "95 % interval of the share", axes=("class", "end"))
    effective_number: Floats = quantity("1", "independent vectors that scatter as much", axes=("class",))
    chance: Floats = quantity("1", "share by chance", axes=("class",))
    mean_flip_probability: float = quantity("1", "mean over the vectors that are not weak")
    n_vectors: int = quantity("1", "vectors with a class")
    significance: float = quantity("1", "standard errors below which a vector is weak")


def vector_classes(
    vectors: DisplacementMap, *, significance: float = 3.0, correlation_length_px: float | None = None
) -> VectorClasses:
    """Sort the good vectors into weak, <10> and <11>.

    Parameters
    ----------
    vectors
        Displacements; their errors include row jitter where it is known.
    significance
        A vector with d C^-1 d below its square is weak.
    correlation_length_px
        1/e length of the vectors: so far cells count as alike [px].

    Raises
    ------
    InputError
        If no vector is good.
    """
    good = vectors.good
    if not good.any():
        raise InputError("no vector has a class: all cages are incomplete or flagged.")
    found = projected_classes(
        vectors.vector_px[good], vectors.noise_covariance_px2[good], significance, axes=vectors.axes
    )
    labels = np.full(len(good), -1, dtype=np.int64)
    angle, flip = np.full(len(good), np.nan), np.full(len(good), np.nan)
    labels[good], angle[good], flip[good] = found.labels[0], found.angle_deg[0], found.flip_probability[0]
    indicator = (labels[:, None] == np.arange(len(found.classes))).astype(float)
    effective, quantile = _effective_number(vectors, indicator, found.fractions, correlation_length_px)
    chance = np.array(found.chance)
    chance[1:] *= 1.0 - found.fractions[0]
    return VectorClasses(
        classes=found.classes, labels=labels, angle_deg=angle, flip_probability=flip, shares=found.fractions,
        intervals=wilson_interval(found.fractions, effective, quantile), effective_number=effective, chance=chance,
        mean_flip_probability=found.mean_flip_probability, n_vectors=found.n_vectors, significance=significance,
    )  # fmt: skip


def _effective_number(
    vectors: DisplacementMap, indicator: Floats, shares: Floats, correlation_length_px: float | None
) -> tuple[Floats, float]:
    """Independent vectors that each share is worth, and Student's quantile of that estimate.

    A share of zero or one does not scatter: it is worth what the others are, or one vector for each block.
    """
    count = float(vectors.n_good)
    if count < 2.0:
        return np.full(len(shares), count), float(stdtrit(1.0, 0.975))
    scatter = mean_scatter(vectors, indicator, vectors.good, correlation_length_px)
    spread = shares * (1.0 - shares)
    seen = spread > 0.0
    found = np.minimum(spread[seen] / np.maximum(scatter.variance[seen], spread[seen] / count), count)
    blocks = float(block_numbers(vectors, correlation_length_px).max() + 1)
    effective = np.full(len(shares), found.min() if seen.any() else blocks)
    effective[seen] = found
    return effective, float(stdtrit(scatter.freedom, 0.975))


def strong_vectors(vectors: DisplacementMap, significance: float = 3.0) -> NDArray[np.bool_]:
    """Good vectors that noise does not explain: d C^-1 d >= significance^2, shape ``(vector,)``."""
    check_positive(significance, "significance")
    good = np.array(vectors.good)
    d, covariance = vectors.vector_px[good], vectors.noise_covariance_px2[good]
    square = np.einsum("ni,ni->n", d, np.linalg.solve(covariance, d[..., None])[..., 0])
    good[good] = square >= significance**2
    return good
