"""Classes of displacements in an image, by the nearest projected axis, with the probability that noise flips them.

The names are those of projected axes, never of phases: seen along [001] a T displacement shows as <10> (four of six
variants) or not at all, R as <11>, and O as <11> (four of twelve) or <10>. An isotropic field gives one half each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from entrox.core import InputError, Result, check_positive, quantity
from entrox.order.phases.phases import CLASSES, Labels, class_labels, weak_vectors
from entrox.order.phases.vector_field import noise_matrices, vector_field

if TYPE_CHECKING:
    from entrox.order.phases.vector_field import Field

__all__ = ["ProjectedClasses", "projected_classes"]

Floats = NDArray[np.float64]

HALF_SECTOR_DEG = 22.5
"""Half the angle that belongs to one of the eight projected axes."""


@dataclass(frozen=True, kw_only=True)
class ProjectedClasses(Result):
    """Classes weak, <10> and <11> of the vectors of an image.

    ``chance`` and ``excess`` are those of the vectors that are not weak; for weak, ``chance`` is the share of pure
    noise.
    """

    classes: tuple[str, ...]
    labels: Labels = quantity("1", "number of the class; -1 without a vector", axes=("frame", "cell"))
    angle_deg: Floats = quantity("deg", "angle from the nearest <10>, 0 to 45", axes=("frame", "cell"))
    flip_probability: Floats = quantity("1", "probability that noise moved it over a border", axes=("frame", "cell"))
    fractions: Floats = quantity("1", "share of each class", axes=("class",))
    chance: Floats = quantity("1", "share of random directions; for weak of noise", axes=("class",))
    excess: Floats = quantity("1", "fraction above chance", axes=("class",))
    mean_flip_probability: float = quantity("1", "mean over the vectors that are not weak")
    n_vectors: int = quantity("1", "vectors with a class")
    significance: float = quantity("1", "standard errors below which a vector is weak")


def projected_classes(
    d: Field, noise_covariance: ArrayLike, significance: float = 3.0, axes: ArrayLike | None = None
) -> ProjectedClasses:
    """Sort the vectors of an image into weak, <10> and <11>.

    Parameters
    ----------
    d
        Vectors in any unit of length, shape ``(cell, 2)``, ``(p, q, 2)`` or ``(frame, p, q, 2)``.
    noise_covariance
        One matrix, or one per vector, in the square of that unit and the frame of the picture.
    significance
        A vector with d C^-1 d below its square is weak.
    axes
        Directions of the two lattice vectors, orthonormal rows; by default those of the picture.

    Raises
    ------
    InputError
        If the vectors are not two-dimensional, none is finite, or the covariance does not fit.

    Examples
    --------
    >>> found = projected_classes([[8.0, 1.0], [5.0, 6.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]])
    >>> [found.classes[k] for k in found.labels[0]]
    ['<10>', '<11>', 'weak']
    """
    field = vector_field(d, axes)
    if field.dimension != 2:
        raise InputError("projected_classes takes the two components in the picture; for three use classify.")
    check_positive(significance, "significance")
    matrices = noise_matrices(noise_covariance, field, axes)
    labels = class_labels(field.vectors, 0.0, "nearest_axis")
    present = labels >= 0
    if not present.any():
        raise InputError("no vector is finite.")
    labels[weak_vectors(field, matrices, significance) & present] = 0
    azimuth = np.degrees(np.arctan2(field.vectors[..., 1], field.vectors[..., 0]))
    folded = np.abs((azimuth + 45.0) % 90.0 - 45.0)
    flip = _flip_probability(field.vectors, matrices, folded)
    fractions = np.array([(labels == k).sum() for k in range(3)]) / present.sum()
    chance = np.array([1.0 - np.exp(-0.5 * significance**2), 0.5, 0.5])
    excess = fractions - chance * (1.0 - fractions[0])
    excess[0] = fractions[0] - chance[0]
    strong = labels > 0
    return ProjectedClasses(
        classes=CLASSES[2][:3],
        labels=labels,
        angle_deg=folded,
        flip_probability=flip,
        fractions=fractions,
        chance=chance,
        excess=excess,
        mean_flip_probability=float(flip[strong].mean()) if strong.any() else float("nan"),
        n_vectors=int(present.sum()),
        significance=significance,
    )


def _flip_probability(vectors: Floats, matrices: Floats, folded: Floats) -> Floats:
    """Probability that the true angle lies in a sector of the other class; the angle's error is taken as normal."""
    across = np.stack([-vectors[..., 1], vectors[..., 0]], axis=-1)
    square = (vectors**2).sum(axis=-1)
    full = np.broadcast_to(matrices, (*vectors.shape[:2], 2, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        sigma = np.degrees(np.sqrt(np.einsum("fci,fcij,fcj->fc", across, full, across)) / square)
        # beyond 90 degrees of error the direction is unknown, and the sum below is one half
        sigma = np.minimum(sigma, 90.0)
        offset = np.where(folded < HALF_SECTOR_DEG, folded, 45.0 - folded)
        turns = 90.0 * np.arange(-6, 7)[:, None, None]
        same = ndtr((HALF_SECTOR_DEG + turns - offset) / sigma) - ndtr((-HALF_SECTOR_DEG + turns - offset) / sigma)
    return np.asarray(1.0 - same.sum(axis=0))
