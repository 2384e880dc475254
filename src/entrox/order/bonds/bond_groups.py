r"""Bonds of a cage in three groups, short, middle and long, and the splitting that noise alone gives.

Sorting equal bonds of scatter s splits them: 2.534 s between the longest and the shortest of six, 2.037 s between the
means of the four longest and the four shortest of twelve.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr

from entrox.core import InputError

__all__ = ["GROUPS", "Scheme", "group_means", "sorting_split"]

Floats = NDArray[np.float64]
Scheme = Literal["sorted", "by_phase", "projected"]

GROUPS: dict[tuple[int, str], tuple[int, int, int]] = {
    (6, "sorted"): (1, 4, 1), (6, "T"): (1, 4, 1), (6, "O"): (2, 2, 2), (6, "R"): (3, 0, 3),
    (12, "sorted"): (4, 4, 4), (12, "T"): (4, 4, 4), (12, "O"): (5, 2, 5), (12, "R"): (3, 6, 3),
}  # fmt: skip
"""Numbers of short, middle and long bonds by the size of the cage and the phase of its cation."""
PLANE_ANGLE_DEG = 30.0
"""Anions nearer than this to the plane through the center, normal to the displacement, make middle bonds."""


@lru_cache(maxsize=32)
def sorting_split(count: int, short: int, long: int) -> float:
    """Mean of the ``long`` largest minus that of the ``short`` smallest of ``count`` unit normal numbers.

    Examples
    --------
    >>> round(sorting_split(6, 1, 1), 3), round(sorting_split(12, 4, 4), 3)
    (2.534, 2.037)
    """
    x = np.linspace(-9.0, 9.0, 4001)
    below = ndtr(x)
    density = np.exp(-0.5 * x**2) / np.sqrt(2.0 * np.pi) * (x[1] - x[0])
    means = []
    for rank in range(1, count + 1):
        weight = np.exp(gammaln(count + 1) - gammaln(rank) - gammaln(count - rank + 1))
        means.append(float(weight * (x * below ** (rank - 1) * (1.0 - below) ** (count - rank) * density).sum()))
    return float(np.mean(means[count - long :]) - np.mean(means[:short]))


def group_means(vectors: Floats, scheme: Scheme, labels: NDArray[np.str_] | None = None) -> tuple[Floats, Floats]:
    """Mean lengths of the short, middle and long bonds of each cage.

    Parameters
    ----------
    vectors
        From the cations to their anions, shape ``(..., n_cages, n_bonds, 3)`` [angstrom].
    scheme
        ``"sorted"`` by length; ``"by_phase"``, sorted too, in the numbers of the phase; ``"projected"`` by the side of
        the displacement on which the bond lies.
    labels
        Phase of each cation, shape ``(n_cages,)``; those other than T, O, R have no groups.

    Returns
    -------
    means, split
        Shape ``(..., n_cages, 3)``, NaN for an empty group, and the noise splitting per unit scatter, ``(n_cages,)``;
        NaN where the scheme has no closed form.
    """
    lengths = np.linalg.norm(vectors, axis=-1)
    if scheme == "projected":
        return _by_side(vectors, lengths), np.full(lengths.shape[-2], np.nan)
    if scheme not in ("sorted", "by_phase"):
        raise InputError(f"scheme must be 'sorted', 'by_phase' or 'projected'; got {scheme!r}.")
    count = lengths.shape[-1]
    in_order = np.sort(lengths, axis=-1)
    names = np.full(lengths.shape[-2], "sorted") if scheme == "sorted" else np.asarray(labels)
    means = np.full((*lengths.shape[:-1], 3), np.nan)
    split = np.full(lengths.shape[-2], np.nan)
    for name in np.unique(names):
        if (count, str(name)) not in GROUPS:
            continue
        here = names == name
        short, middle, long = GROUPS[count, str(name)]
        means[..., here, 0] = in_order[..., here, :short].mean(axis=-1)
        if middle:
            means[..., here, 1] = in_order[..., here, short : short + middle].mean(axis=-1)
        means[..., here, 2] = in_order[..., here, count - long :].mean(axis=-1)
        split[here] = sorting_split(count, short, long)
    return means, split


def _by_side(vectors: Floats, lengths: Floats) -> Floats:
    """Groups by the angle of each anion, seen from the center of the cage, to the displacement: ahead is short.

    Seen from the cation, the near bonds of an R cell would fall into the plane at a displacement of 0.15 angstrom.
    """
    displacement = -vectors.mean(axis=-2)
    from_center = vectors + displacement[..., None, :]
    size = np.linalg.norm(displacement, axis=-1, keepdims=True) * np.linalg.norm(from_center, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        cosine = np.einsum("...kc,...c->...k", from_center, displacement) / size
        limit = np.sin(np.radians(PLANE_ANGLE_DEG))
        groups = (cosine > limit, np.abs(cosine) <= limit, cosine < -limit)
        means = [(lengths * inside).sum(axis=-1) / inside.sum(axis=-1) for inside in groups]
    return np.stack(means, axis=-1)
