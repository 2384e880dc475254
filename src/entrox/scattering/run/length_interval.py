"""Interval of a mean displacement that boxes of all seeds allow, with and without the bond valence constraint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from entrox.core.student import student_half_width
from entrox.scattering.run.analyze import RmcAnalysis

__all__ = ["length_intervals"]

Floats = NDArray[np.float64]


def length_intervals(analyses: Sequence[RmcAnalysis], confidence: float = 0.95) -> dict[str, tuple[float, float]]:
    r"""Interval of the mean length of the displacements of each element, from the lowest to the highest of all modes.

    Of each mode, the interval that holds the value of one more box with the probability given,

    .. math:: \bar d \pm t_{n-1} \, s \, \sqrt{1 + 1/n}

    The seeds tell how far boxes differ; that a constraint shifts all of them is seen only beside boxes without it, so
    the intervals of all modes together are the answer. What shifts both, such as too low a weight of the data, is not
    in it.

    Parameters
    ----------
    analyses
        Boxes of each mode, of the same elements.
    confidence
        Probability.

    Returns
    -------
    dict
        Lowest and highest value by element [angstrom]; empty if a mode has one box only.
    """
    if not analyses or any(item.n_boxes < 2 for item in analyses):
        return {}
    found = {}
    for name in analyses[0].elements:
        ends: list[float] = []
        for item in analyses:
            sample = np.array([box.mean_modulus_angstrom[item.elements.index(name)] for box in item.boxes])
            half = student_half_width(sample, confidence) * float(np.sqrt(len(sample) + 1.0))
            ends += [float(sample.mean()) - half, float(sample.mean()) + half]
        found[name] = (max(min(ends), 0.0), max(ends))
    return found
