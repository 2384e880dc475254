"""Particles seen in two images: how far each moved once drift is taken off, and how large a share moved.

Drift, rotation and a change of magnification come from particles that are taken as fixed; what they leave is the error.
The share that moved is a count of few, so that it comes with the exact binomial interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_in_range, check_shape, quantity
from entrox.core.binomial_interval import binomial_interval

__all__ = ["FollowedParticles", "follow_particles"]

Floats = NDArray[np.float64]
FREE_NUMBERS = {"shift": 2, "rigid": 3, "affine": 6}
"""Numbers that the registration takes from the reference particles, of which each gives two."""


@dataclass(frozen=True, kw_only=True)
class FollowedParticles(Result):
    """Displacements after registration, x and y as in the positions; reference particles are marked."""

    displacement: Floats = quantity("as positions", "displacement", axes=("particle", "component"))
    length: Floats = quantity("as positions", "length of the displacement", axes=("particle",))
    error: Floats = quantity("as positions", "standard error of a component", axes=("particle",))
    is_reference: NDArray[np.bool_] = quantity("1", "whether it fixed the registration", axes=("particle",))
    moved: NDArray[np.bool_] = quantity("1", "whether it moved beyond its error", axes=("particle",))
    residual: float = quantity("as positions", "scatter of the reference particles, one component")
    n_moved: int = quantity("1", "particles that moved")
    n_judged: int = quantity("1", "particles other than references")
    moved_share: float = quantity("1", "share that moved")
    share_low: float = quantity("1", "binomial interval, low")
    share_high: float = quantity("1", "binomial interval, high")
    matrix: Floats = quantity("1", "linear part of the registration", axes=("component", "other"))
    warnings: tuple[str, ...] = ()


def follow_particles(
    before: ArrayLike,
    after: ArrayLike,
    reference: ArrayLike,
    *,
    position_error: float,
    registration: Literal["shift", "rigid", "affine"] = "affine",
    sigma: float = 3.0,
) -> FollowedParticles:
    """Displacements of particles between two images.

    Parameters
    ----------
    before, after
        Positions of the same particles in the same order, shape ``(n, 2)``, in any one unit.
    reference
        Numbers of the particles that are taken as fixed, shape ``(m,)``.
    position_error
        Standard error of one coordinate of one position.
    registration
        What of the change between the images is no movement: a shift, with a rotation, or with any linear map.
    sigma
        Displacements above this many standard errors of a component count as movement: of particles at rest the share
        exp(-sigma^2/2) does, 1.1 % at three.

    Raises
    ------
    InputError
        If shapes differ, there are too few reference particles or all on one line, or none is left to judge.
    """
    first = check_shape(before, (None, 2), "before")
    second = check_shape(after, (len(first), 2), "after")
    own = check_in_range(position_error, "position_error", low=0.0, low_open=True)
    if registration not in FREE_NUMBERS:
        raise InputError(f"registration must be one of {', '.join(FREE_NUMBERS)}; got {registration!r}.")
    fixed = _references(first, reference, registration)
    matrix, center, target = _registration(first[fixed], second[fixed], registration)
    displacement = (second - target) - (first - center) @ matrix.T
    spare = 2 * int(fixed.sum()) - FREE_NUMBERS[registration]
    residual = float(np.sqrt((displacement[fixed] ** 2).sum() / spare)) if spare else float("nan")
    scatter = max(own * np.sqrt(2.0), residual) if spare else own * np.sqrt(2.0)
    error = scatter * np.sqrt(1.0 + _leverage(first, fixed, registration))
    length = np.linalg.norm(displacement, axis=1)
    moved = (length > sigma * error) & ~fixed
    judged = int((~fixed).sum())
    low, high = binomial_interval(int(moved.sum()), judged)
    notes = () if spare else ("no spare reference particle: the error is that of the positions alone.",)
    return FollowedParticles(
        displacement=displacement, length=length, error=error, is_reference=fixed, moved=moved, residual=residual,
        n_moved=int(moved.sum()), n_judged=judged, moved_share=float(moved.sum() / judged), share_low=low,
        share_high=high, matrix=matrix, warnings=notes,
    )  # fmt: skip


def _references(places: Floats, reference: ArrayLike, kind: str) -> NDArray[np.bool_]:
    """Which particles are references, after a check that they fix the registration."""
    numbers = np.atleast_1d(np.asarray(reference))
    if numbers.dtype.kind not in "iu" or (numbers < 0).any() or (numbers >= len(places)).any():
        raise InputError(f"reference must hold numbers of particles, 0 to {len(places) - 1}; got {numbers.tolist()}.")
    fixed = np.zeros(len(places), dtype=bool)
    fixed[numbers] = True
    least = -(-FREE_NUMBERS[kind] // 2)
    if fixed.sum() < least or fixed.all():
        raise InputError(
            f"a registration by {kind} needs {least} reference particles and others to judge; got {int(fixed.sum())} "
            f"of {len(places)}."
        )
    spread = np.linalg.svd(places[fixed] - places[fixed].mean(axis=0), compute_uv=False)
    if (spread > 1e-6 * max(float(np.ptp(places)), 1e-300)).sum() < {"shift": 0, "rigid": 1, "affine": 2}[kind]:
        raise InputError(
            f"the reference particles lie on one {'line' if kind == 'affine' else 'point'}, which fixes no {kind} "
            "registration. Take others, or a simpler registration."
        )
    return fixed


def _registration(first: Floats, second: Floats, kind: str) -> tuple[Floats, Floats, Floats]:
    """Linear part, and the centers that map onto each other."""
    center, target = first.mean(axis=0), second.mean(axis=0)
    x, y = first - center, second - target
    if kind == "shift":
        return np.eye(2), center, target
    if kind == "affine":
        return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0].T), center, target
    angle = float(np.arctan2((x[:, 0] * y[:, 1] - x[:, 1] * y[:, 0]).sum(), (x * y).sum()))
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]), center, target


def _leverage(places: Floats, fixed: NDArray[np.bool_], kind: str) -> Floats:
    """Variance that the registration adds at each place, over that of a position."""
    away = places - places[fixed].mean(axis=0)
    share = np.full(len(places), 1.0 / fixed.sum())
    if kind == "shift":
        return np.asarray(share)
    spread = away[fixed].T @ away[fixed]
    if kind == "affine":
        return np.asarray(share + np.einsum("ni,ij,nj->n", away, np.linalg.pinv(spread), away))
    return np.asarray(share + 0.5 * (away**2).sum(axis=1) / np.trace(spread))
