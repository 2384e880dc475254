r"""Faber-Ziman weights: how much each pair of elements contributes to the total.

.. math:: w_{ij} = (2 - \delta_{ij}) c_i c_j b_i b_j / \langle b \rangle^2

For x-rays the lengths are form factors, and the weights depend on Q.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import Result, check_in_range, quantity
from entrox.order.pair_distribution.weights import pair_weights as weights_of_pairs
from entrox.scattering.data.sample import Sample

__all__ = ["FaberZiman", "faber_ziman_weights", "pair_names", "pair_weights"]

Floats = NDArray[np.float64]

UNSEEN_PERCENT = 2.0


@dataclass(frozen=True, kw_only=True)
class FaberZiman(Result):
    """Weights of the unordered pairs, the largest first; ``unseen`` are those below 2 %: practically unseen."""

    pairs: tuple[str, ...]
    percent: Floats = quantity("%", "part of the total", axes=("pair",))
    q: float | None = quantity("1/angstrom", "momentum transfer of the form factors; None for neutrons")

    @property
    def unseen(self) -> tuple[str, ...]:
        """Pairs that the data practically do not see."""
        return tuple(name for name, part in zip(self.pairs, self.percent, strict=True) if abs(part) < UNSEEN_PERCENT)

    @property
    def by_pair(self) -> dict[str, float]:
        """Weights [%] by the name of the pair."""
        return {name: float(part) for name, part in zip(self.pairs, self.percent, strict=True)}


def pair_names(sample: Sample) -> tuple[str, ...]:
    """Names of the unordered pairs, elements in alphabetical order: ``("Ba-Ba", "Ba-O", ...)``."""
    return tuple(f"{one}-{two}" for one, two in sample.pairs)


def pair_weights(sample: Sample, q_per_angstrom: ArrayLike) -> Floats:
    """Weights of the pairs at each Q, shape ``(n_pairs, n_q)``; they sum to one.

    Parameters
    ----------
    sample
        Composition, and lengths or probe.
    q_per_angstrom
        Momentum transfer, shape ``(n_q,)``.

    Raises
    ------
    InputError
        If the mean length vanishes.
    """
    names = sorted(sample.fractions)
    places = [(names.index(one), names.index(two)) for one, two in sample.pairs]
    fractions = [sample.fractions[name] for name in names]
    return weights_of_pairs(sample.scattering(q_per_angstrom), fractions, places)


def faber_ziman_weights(sample: Sample, q_per_angstrom: float = 0.0) -> FaberZiman:
    """Faber-Ziman weights of all pairs.

    Parameters
    ----------
    sample
        Composition, and lengths or probe.
    q_per_angstrom
        Where the form factors are taken; without meaning for neutrons.

    Examples
    --------
    >>> from entrox.scattering.data.sample import sample_of
    >>> weights = faber_ziman_weights(sample_of("SrTiO3", 0.084))
    >>> weights.pairs[0], round(float(weights.percent[0]), 2), round(float(weights.percent.sum()), 6)
    ('O-O', 68.78, 100.0)
    """
    q = check_in_range(q_per_angstrom, "q_per_angstrom", low=0.0, unit="1/angstrom")
    percent = 100.0 * pair_weights(sample, [q])[:, 0]
    order = np.argsort(-np.abs(percent), kind="stable")
    names = pair_names(sample)
    return FaberZiman(
        pairs=tuple(names[i] for i in order), percent=percent[order], q=q if sample.probe == "xray" else None
    )
