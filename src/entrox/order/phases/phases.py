"""Local phases by the direction of the displacement: T along <100>, O along <110>, R along <111>, C where it is small.

Directions are counted in the pseudo-cubic frame, not in that of the laboratory. No direction is farther than 27.57
degrees from one of these 26 axes, so random directions fill all classes: the shares that chance alone gives stand
beside every fraction. In an image the classes are named by the projected axes <10> and <11>, for a projection mixes
phases. Lengths in angstrom, angles in degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_positive, quantity
from entrox.core.blocking import block_errors
from entrox.order.phases.chance_levels import Rule, chance_levels, random_c_share
from entrox.order.phases.vector_field import VectorField, noise_matrices, vector_field

if TYPE_CHECKING:
    from entrox.order.phases.vector_field import Field

__all__ = ["CLASSES", "THRESHOLD_ANGSTROM", "PhaseFractions", "class_labels", "classify", "weak_vectors"]

Floats = NDArray[np.float64]
Labels = NDArray[np.int8]

THRESHOLD_ANGSTROM = 0.05
"""Displacements below it count as none."""
CLASSES: Mapping[int, tuple[str, ...]] = {3: ("C", "T", "O", "R", "M"), 2: ("weak", "<10>", "<11>", "M")}
"""Names of the classes in three and in two dimensions; M is far from every axis."""
MISSING = -1
"""Label of a cell without a vector."""


@dataclass(frozen=True, kw_only=True)
class PhaseFractions(Result):
    """Classes of all vectors and their shares.

    ``chance`` is what random directions give: among the vectors that are not C for the other classes, and for C the
    share of pure noise (None unless the noise is known). ``excess`` is the fraction minus chance times the share that
    is not C. Errors are None for a single frame.
    """

    classes: tuple[str, ...]
    labels: Labels = quantity("1", "number of the class; -1 without a vector", axes=("frame", "cell"))
    fractions: Floats = quantity("1", "share of each class", axes=("class",))
    errors: Floats | None = quantity("1", "standard errors of the shares over time", axes=("class",))
    chance: Floats = quantity("1", "share of random directions; for C of noise", axes=("class",))
    excess: Floats = quantity("1", "fraction above chance", axes=("class",))
    n_vectors: int = quantity("1", "vectors with a class")
    rule: Rule
    window_ps: float | None = quantity("ps", "averaging window of the vectors; None if unknown")
    converged: bool
    warnings: tuple[str, ...] = ()


def classify(
    d: Field,
    rule: Rule = "nearest_axis",
    threshold_angstrom: float | Mapping[str, float] = THRESHOLD_ANGSTROM,
    max_angle_deg: float = 15.0,
    *,
    component_ratio: float = 0.5,
    element: str | None = None,
    axes: ArrayLike | None = None,
    noise_angstrom: float | None = None,
    noise_covariance: ArrayLike | None = None,
    significance: float = 3.0,
) -> PhaseFractions:
    """Class of every displacement, and the fractions beside those of random directions.

    Parameters
    ----------
    d
        Displacements, or an array as in :func:`entrox.order.phases.vector_field.vector_field`; averaged over about
        1 ps, because frames of a hot crystal show the classes of their noise.
    rule
        ``"nearest_axis"``; ``"cone"``: M if farther than ``max_angle_deg`` from every axis; ``"components"``: one, two
        or three components above ``component_ratio`` times the largest are T, O, R.
    threshold_angstrom
        Below it a vector is C; a number, or one for some elements (0.05 for the others).
    max_angle_deg
        Half angle of the cones.
    component_ratio
        As said.
    element
        Only the cells of this element; all by default.
    axes
        Pseudo-cubic axes of an array, orthonormal rows.
    noise_angstrom
        Noise of one component, for the chance level of C.
    noise_covariance
        Of each vector in the frame of the box: vectors with d C^-1 d < significance^2 are C too.
    significance
        As said; of pure noise a share 0.0111 passes 3 in an image, 0.0293 in a crystal.

    Raises
    ------
    InputError
        If an option is unknown or out of range, the element is absent, or no cell has a vector.

    Examples
    --------
    >>> found = classify([[0.0, 0.0, 0.1], [0.1, 0.1, 0.0], [0.0, 0.0, 0.01]])
    >>> [found.classes[k] for k in found.labels[0]]
    ['T', 'O', 'C']
    """
    field = vector_field(d, axes)
    check_positive(significance, "significance")
    chance = chance_levels(rule, max_angle_deg, component_ratio, field.dimension)
    threshold = _thresholds(threshold_angstrom, field)
    labels = np.stack([class_labels(frame, threshold, rule, max_angle_deg, component_ratio) for frame in field.vectors])
    if noise_covariance is not None:
        own = axes if axes is not None else getattr(d, "axes", None)
        weak = weak_vectors(field, noise_matrices(noise_covariance, field, own), significance)
        labels[weak & (labels != MISSING)] = 0
    if element is not None:
        labels = labels[:, _cells_of(element, field)]
    small = np.nan
    if noise_angstrom is not None:
        small = float(np.mean(random_c_share(threshold, check_positive(noise_angstrom, "noise_angstrom", "angstrom"),
                                             field.dimension)))  # fmt: skip
    return _fractions(labels, field, rule, np.concatenate([[small], chance]))


def class_labels(
    vectors: Floats, threshold: ArrayLike, rule: Rule, max_angle_deg: float = 15.0, component_ratio: float = 0.5
) -> Labels:
    """Numbers of the classes in :data:`CLASSES`, -1 for NaN; vectors along the axes, shape ``(..., 2 or 3)``."""
    dimension = vectors.shape[-1]
    ordered = -np.sort(-np.abs(vectors), axis=-1)
    length = np.linalg.norm(vectors, axis=-1)
    with np.errstate(invalid="ignore"):
        if rule == "components":
            labels = (ordered > component_ratio * ordered[..., :1]).sum(axis=-1)
        else:
            # projections on the nearest axis of each family
            along = np.cumsum(ordered, axis=-1) / np.sqrt(np.arange(1, dimension + 1))
            labels = 1 + along.argmax(axis=-1)
            if rule == "cone":
                labels[along.max(axis=-1) < np.cos(np.radians(max_angle_deg)) * length] = dimension + 1
        labels[(length < threshold) | (length == 0.0)] = 0
    labels[~np.isfinite(length)] = MISSING
    return np.asarray(labels, dtype=np.int8)


def weak_vectors(field: VectorField, matrices: Floats, significance: float) -> NDArray[np.bool_]:
    """Vectors that noise explains: d C^-1 d < significance^2, shape ``(frame, cell)``; NaN counts as weak."""
    known = np.asarray(np.isfinite(matrices).all(axis=(-2, -1)))
    inverse = np.linalg.inv(np.where(known[..., None, None], matrices, np.eye(field.dimension)))
    full = np.broadcast_to(inverse, (*field.vectors.shape, field.dimension))
    square = np.einsum("fci,fcij,fcj->fc", field.vectors, full, field.vectors)
    return np.asarray(~((square >= significance**2) & known))


def _thresholds(threshold: float | Mapping[str, float], field: VectorField) -> Floats:
    """Threshold of each cell, shape ``(cell,)`` or ``(1,)``."""
    if not isinstance(threshold, Mapping):
        return np.array([check_in_range(threshold, "threshold_angstrom", low=0.0, unit="angstrom")])
    if field.elements is None:
        raise InputError("threshold_angstrom by element needs displacements with elements; an array has none.")
    strange = sorted(set(threshold) - set(field.elements))
    if strange:
        raise InputError(f"threshold_angstrom names {strange}; the site holds {sorted(set(field.elements))}.")
    values = {name: check_in_range(t, f"threshold_angstrom[{name}]", low=0.0) for name, t in threshold.items()}
    return np.array([values.get(name, THRESHOLD_ANGSTROM) for name in field.elements])


def _cells_of(element: str, field: VectorField) -> NDArray[np.bool_]:
    present = sorted(set(field.elements or ()))
    if element not in present:
        raise InputError(f"element must be one of {present}; got {element!r}.")
    return np.array([name == element for name in field.elements or ()])


def _fractions(labels: Labels, field: VectorField, rule: Rule, chance: Floats) -> PhaseFractions:
    classes = CLASSES[field.dimension]
    counts = np.stack([(labels == k).sum(axis=1) for k in range(len(classes))], axis=1)
    totals = counts.sum(axis=1)
    if not totals.any():
        raise InputError("no cell has a vector: all displacements are NaN.")
    used = totals > 0
    fractions = counts.sum(axis=0) / totals.sum()
    found = block_errors(counts[used] / totals[used, None])
    excess = fractions - chance * (1.0 - fractions[0])
    excess[0] = fractions[0] - chance[0]
    return PhaseFractions(
        classes=classes,
        labels=labels,
        fractions=fractions,
        errors=None if found is None else found[0],
        chance=chance,
        excess=excess,
        n_vectors=int(totals.sum()),
        rule=rule,
        window_ps=field.window_ps,
        converged=found is not None and bool(found[1].all()),
        warnings=_remarks(field),
    )


def _remarks(field: VectorField) -> tuple[str, ...]:
    if field.window_ps == 0.0:
        return (
            "instantaneous: classes of single frames are mostly those of thermal noise; average displacements over "
            "about 1 ps (window_ps = 1) and compare with the chance levels",
        )
    return ()
