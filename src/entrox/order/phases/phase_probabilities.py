r"""Probabilities of the local phases under a stated model: a displacement along one axis, plus Gaussian noise.

.. math:: p(d|C) = g(d), \qquad p(d|a) = \frac{1}{m_\mathrm{max}} \int_0^{m_\mathrm{max}} g(d - m a) \, dm

with g the noise, a unit vector along an axis, and every length m up to :math:`m_\mathrm{max}` equally likely. The
likelihood of a class is the mean over its axes. Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, logsumexp

from entrox.core import ConvergenceError, InputError, Result, check_positive, check_shape, quantity
from entrox.core.blocking import block_errors
from entrox.order.phases.chance_levels import axis_families
from entrox.order.phases.phases import CLASSES
from entrox.order.phases.vector_field import VectorField, noise_matrices, vector_field

if TYPE_CHECKING:
    from entrox.order.phases.vector_field import Field

__all__ = ["PhaseProbabilities", "phase_probabilities", "scatter_noise"]

Floats = NDArray[np.float64]

CHUNK = 65536
"""Vectors treated at once: bounds the memory."""
EM_STEPS = 2000
EM_TOLERANCE = 1e-7


@dataclass(frozen=True, kw_only=True)
class PhaseProbabilities(Result):
    """Probability of each class for each vector; they sum to one.

    ``fractions`` are their means. With given shares they are pulled towards these where classes overlap; with
    ``priors="fit"`` they are the shares that explain the data best, without such a pull.
    """

    classes: tuple[str, ...]
    probabilities: Floats = quantity("1", "probability; NaN without a vector", axes=("frame", "cell", "class"))
    fractions: Floats = quantity("1", "mean probability", axes=("class",))
    errors: Floats | None = quantity("1", "standard errors of the means over time", axes=("class",))
    priors: Floats = quantity("1", "shares assumed before", axes=("class",))
    noise_angstrom: float = quantity("angstrom", "root mean square noise of one component")
    largest_angstrom: float = quantity("angstrom", "largest displacement of the model")
    n_vectors: int = quantity("1", "vectors used")
    converged: bool


def phase_probabilities(
    d: Field,
    noise_angstrom: float | None = None,
    *,
    largest_angstrom: float | None = None,
    priors: ArrayLike | Literal["equal", "fit"] = "equal",
    axes: ArrayLike | None = None,
    noise_covariance: ArrayLike | None = None,
) -> PhaseProbabilities:
    """Probabilities of C, T, O and R for every displacement.

    Parameters
    ----------
    d
        Displacements, or an array as in :func:`entrox.order.phases.vector_field.vector_field`. In an image the classes
        are weak, <10> and <11>.
    noise_angstrom
        Noise of one component; by default the scatter of each cell about its mean over the frames.
    largest_angstrom
        Largest displacement of the model; by default the largest one found, at least five times the noise.
    priors
        Shares of the classes before the vector is seen: ``"equal"``, given, or ``"fit"`` for the most likely ones.
    axes
        Pseudo-cubic axes of an array.
    noise_covariance
        Of each vector in the frame of the box, instead of ``noise_angstrom``.

    Raises
    ------
    InputError
        If no noise is known, no cell has a vector, or the priors are no shares.
    """
    field = vector_field(d, axes)
    dimension, flat = field.dimension, field.vectors.reshape(-1, field.dimension)
    own = axes if axes is not None else getattr(d, "axes", None)
    matrices = _noise(field, noise_angstrom, noise_covariance, own)
    good = np.asarray(np.isfinite(flat).all(axis=1) & np.isfinite(matrices).all(axis=(1, 2)))
    if not good.any():
        raise InputError("no cell has a vector: all displacements are NaN.")
    noise = float(np.sqrt(np.trace(matrices[good], axis1=1, axis2=2).mean() / dimension))
    if largest_angstrom is None:
        largest_angstrom = max(float(np.linalg.norm(flat[good], axis=1).max()), 5.0 * noise)
    largest = check_positive(largest_angstrom, "largest_angstrom", "angstrom")
    parts = np.array_split(np.flatnonzero(good), range(CHUNK, int(good.sum()), CHUNK))
    likelihoods = np.concatenate([_log_likelihoods(flat[part], matrices[part], largest) for part in parts])
    shares, found = _priors(priors, likelihoods)
    values = np.full((len(flat), likelihoods.shape[1]), np.nan)
    values[good] = _posteriors(likelihoods, shares)
    series = values.reshape(*field.vectors.shape[:2], -1)
    errors = _errors(series)
    return PhaseProbabilities(
        classes=CLASSES[dimension][: dimension + 1],
        probabilities=series,
        fractions=values[good].mean(axis=0),
        errors=None if errors is None else errors[0],
        priors=shares,
        noise_angstrom=noise,
        largest_angstrom=largest,
        n_vectors=int(good.sum()),
        converged=found and errors is not None and bool(errors[1].all()),
    )


def _noise(
    field: VectorField, noise_angstrom: float | None, covariance: ArrayLike | None, axes: ArrayLike | None
) -> Floats:
    """Covariance of each vector, shape ``(frame x cell, dimension, dimension)``."""
    size = field.dimension
    if covariance is None:
        noise = scatter_noise(field.vectors) if noise_angstrom is None else noise_angstrom
        found = check_positive(noise, "noise_angstrom", "angstrom") ** 2 * np.eye(size)
    elif noise_angstrom is not None:
        raise InputError("give noise_angstrom or noise_covariance, not both.")
    else:
        found = noise_matrices(covariance, field, axes)
    return np.broadcast_to(found, (*field.vectors.shape, size)).reshape(-1, size, size)


def _errors(series: Floats) -> tuple[Floats, NDArray[np.bool_]] | None:
    """Errors of the mean probabilities over time and whether they have a plateau."""
    full = np.isfinite(series[..., 0])
    counts = full.sum(axis=1)
    sums = np.where(full[..., None], series, 0.0).sum(axis=1)
    return block_errors(sums[counts > 0] / counts[counts > 0, None])


def scatter_noise(vectors: Floats) -> float:
    """Noise of one component from the scatter of each cell about its mean over the frames [unit of the vectors].

    A cell that changes its phase within the frames counts its jump as noise: pass the frames of one window.
    """
    if len(vectors) < 2:
        raise InputError("one frame shows no scatter: give noise_angstrom (the noise of one component).")
    variance = vectors.var(axis=0, ddof=1)
    return float(np.sqrt(np.nanmean(variance)))


def _log_likelihoods(d: Floats, matrices: Floats, largest: float) -> Floats:
    """Logarithms of the likelihoods over that of C, shape ``(n, class)``."""
    inverse = np.linalg.inv(matrices)
    columns = [np.zeros(len(d))]
    for family in axis_families(d.shape[1]):
        terms = []
        for axis in family:
            # g(d - m a) is a Gaussian of m: center d.C^-1.a / a.C^-1.a, width 1 / sqrt(a.C^-1.a)
            weight = inverse @ axis
            sharpness = weight @ axis
            width = 1.0 / np.sqrt(sharpness)
            center = np.einsum("ni,ni->n", d, weight) / sharpness
            inside = _log_normal_mass(-center / width, (largest - center) / width)
            terms.append(0.5 * (center / width) ** 2 + inside + np.log(width * np.sqrt(2.0 * np.pi) / largest))
        columns.append(logsumexp(terms, axis=0) - np.log(len(family)))
    return np.stack(columns, axis=1)


def _log_normal_mass(low: Floats, high: Floats) -> Floats:
    """Logarithm of the mass of the normal law between two limits, right in both tails."""
    flip = low + high > 0.0
    low, high = np.where(flip, -high, low), np.where(flip, -low, high)
    top = log_ndtr(high)
    with np.errstate(divide="ignore"):
        return np.asarray(top + np.log1p(-np.exp(log_ndtr(low) - top)))


def _posteriors(likelihoods: Floats, shares: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        joint = likelihoods + np.log(shares)
    return np.asarray(np.exp(joint - logsumexp(joint, axis=1, keepdims=True)))


def _priors(priors: ArrayLike | Literal["equal", "fit"], likelihoods: Floats) -> tuple[Floats, bool]:
    """Shares of the classes, and whether they were found."""
    count = likelihoods.shape[1]
    shares = np.full(count, 1.0 / count)
    if isinstance(priors, str):
        if priors not in ("equal", "fit"):
            raise InputError(f"priors must be 'equal', 'fit' or {count} shares; got {priors!r}.")
        return (shares, True) if priors == "equal" else _most_likely_shares(likelihoods, shares)
    given = check_shape(priors, (count,), "priors")
    if (given < 0.0).any() or abs(given.sum() - 1.0) > 1e-6:
        raise InputError(f"priors must be >= 0 and sum to 1 (tolerance 1e-6); got {given.tolist()}.")
    return given / given.sum(), True


def _most_likely_shares(likelihoods: Floats, shares: Floats) -> tuple[Floats, bool]:
    """Expectation maximization: each step replaces the shares by the mean probabilities that they give."""
    relative = np.exp(likelihoods - likelihoods.max(axis=1, keepdims=True))
    for _ in range(EM_STEPS):
        new = shares * (relative.T @ (1.0 / (relative @ shares))) / len(relative)
        change = float(np.abs(new - shares).max())
        shares = new
        if change < EM_TOLERANCE:
            return shares, True
    if change > 1e-3:
        raise ConvergenceError(f"the shares of the classes still change by {change:.1e} after {EM_STEPS} steps.")
    return shares, False
