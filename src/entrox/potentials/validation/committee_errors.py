"""Errors of a committee on labeled frames. Pure functions of answers and labels; forces in eV/angstrom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.potentials.committee import force_deviation
from entrox.potentials.label import Label, LabeledFrame
from entrox.potentials.student import CommitteeAnswer

__all__ = ["committee_force_rmse", "deviation_and_error", "root_mean_square_force"]

Floats = NDArray[np.float64]


def committee_force_rmse(answers: Sequence[CommitteeAnswer], labels: Sequence[Label]) -> float | None:
    """Root mean square error of force components over all frames and models; None without a labeled force."""
    squares = [
        ((answer.forces_ev_per_angstrom - label.forces_ev_per_angstrom) ** 2).ravel()
        for answer, label in zip(answers, labels, strict=True)
        if label.forces_ev_per_angstrom is not None
    ]
    return float(np.sqrt(np.concatenate(squares).mean())) if squares else None


def root_mean_square_force(labels: Sequence[Label]) -> float | None:
    """Root mean square of all force components of labels; None without any."""
    squares = [
        (label.forces_ev_per_angstrom**2).ravel() for label in labels if label.forces_ev_per_angstrom is not None
    ]
    return float(np.sqrt(np.concatenate(squares).mean())) if squares else None


def deviation_and_error(
    answers: Sequence[CommitteeAnswer], labels: Sequence[Label | LabeledFrame]
) -> tuple[Floats, Floats]:
    """Largest deviation of each frame, and the largest true error of an atom's force by the first model.

    The first model is the one that drives the dynamics. Frames without labeled forces are left out.
    """
    pairs = [
        (
            float(force_deviation(answer.forces_ev_per_angstrom).max()),
            float(np.linalg.norm(answer.forces_ev_per_angstrom[0] - label.forces_ev_per_angstrom, axis=1).max()),
        )
        for answer, label in zip(answers, labels, strict=True)
        if label.forces_ev_per_angstrom is not None
    ]
    found = np.array(pairs, dtype=float).reshape(-1, 2)
    return found[:, 0], found[:, 1]
