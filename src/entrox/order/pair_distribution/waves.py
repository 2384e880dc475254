"""Waves of the partial pair distributions: from distances to momentum transfer, pair by pair, then weighted.

Units: angstrom, 1/angstrom.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from entrox.core import InputError
from entrox.order.pair_distribution.partial import PartialRdf
from entrox.order.pair_distribution.smear import smear_shells
from entrox.order.pair_distribution.weights import pair_weights, scattering_strengths

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["PairWaves", "composition_of", "pair_waves", "watched_frames", "wave_sums"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMOOTHNESS = 6.0
ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class PairWaves:
    """Unweighted D of each pair on the counted bins, and who scatters how strongly."""

    r: Floats
    step: float
    pairs_d: Floats
    pairs: Ints
    fractions: Floats
    elements: tuple[str, ...]
    probe: str
    options: Mapping[str, object]

    def weights(self, q: Floats) -> Floats:
        """Weights of the pairs at each Q, shape ``(n_pairs, n_q)``."""
        strengths = scattering_strengths(self.probe, self.elements, q, **self.options)  # type: ignore[arg-type]
        return pair_weights(strengths, self.fractions, self.pairs)

    def reduced(self, q: Floats) -> Floats:
        """Q (S - 1)."""
        return np.asarray((self.weights(q) * wave_sums(self.r, self.step, self.pairs_d, q)).sum(axis=0))


def wave_sums(r: Floats, step: float, values: Floats, q: Floats) -> Floats:
    """Integrals of functions known as their means over even bins times sin(Q r).

    Parameters
    ----------
    r, step
        Middles of the bins and their width [angstrom].
    values
        Functions, shape ``(n, n_bins)``.
    q
        Momentum transfer [1/angstrom], shape ``(n_q,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(n, n_q)``; what the mean over a bin takes off a wave is given back.
    """
    sums = np.zeros((len(values), len(q)))
    for first in range(0, len(r), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        sums += values[:, rows] @ np.sin(r[rows, None] * q)
    return np.asarray(step * sums / np.sinc(q * step / (2.0 * np.pi)))


def watched_frames(frames: Iterable[Atoms] | Atoms, noticed: dict[str, float]) -> Iterator[Atoms]:
    """Pass frames on; atomic fractions of the first one are noted, and others must have them too.

    Parameters
    ----------
    frames
        One or many frames.
    noticed
        Takes up the atomic fractions by element.

    Raises
    ------
    InputError
        If a frame has another composition.
    """
    for atoms in [frames] if hasattr(frames, "positions") else frames:
        symbols: list[str] = atoms.get_chemical_symbols()  # type: ignore[union-attr]
        own = {name: symbols.count(name) / len(symbols) for name in sorted(set(symbols))}
        if noticed and own != noticed:
            raise InputError(f"all frames must have one composition; got {noticed} and {own}.")
        noticed.update(own)
        yield atoms  # type: ignore[misc]


def composition_of(
    pairs: tuple[tuple[str, str], ...], fractions: Mapping[str, float]
) -> tuple[tuple[str, ...], Floats, Ints]:
    """Elements, their fractions, and the places of both elements of each pair among them."""
    elements = tuple(fractions)
    places = np.array([[elements.index(name) for name in pair] for pair in pairs], dtype=np.int64)
    return elements, np.array([fractions[name] for name in elements]), places


def pair_waves(
    partials: PartialRdf,
    fractions: Mapping[str, float],
    probe: str,
    options: Mapping[str, object],
    resolution: tuple[float, float, float],
    whole_angstrom: float,
) -> PairWaves:
    """Waves of partial pair distributions.

    Parameters
    ----------
    partials
        As counted, from zero on even bins.
    fractions
        Atomic fractions by element.
    probe, options
        Who scatters, and the keywords of :func:`~entrox.order.pair_distribution.weights.scattering_strengths`.
    resolution
        Width of a distance [angstrom], its broadening and the damping of G [1/angstrom].
    whole_angstrom
        Distance up to which the waves are whole; from there to the last one counted they end softly, as an edge would
        reach back into what is wanted.
    """
    elements, amounts, places = composition_of(partials.pairs, fractions)
    width, broad, damp = resolution
    r, edges = np.array(partials.r_angstrom), np.array(partials.edges_angstrom)
    step = float(edges[1] - edges[0])
    partial = np.array(partials.g)
    if width > 0.0:
        partial = smear_shells(edges, partial, width * np.hypot(1.0, broad * r))
    shell = 4.0 * np.pi * partials.density_per_angstrom3 * r
    beyond = np.clip((r - whole_angstrom) / max(float(edges[-1]) - whole_angstrom, step), 0.0, 1.0)
    # so many continuous derivatives that nothing of the end is left at the Q of any peak
    soft = betainc(SMOOTHNESS, SMOOTHNESS, 1.0 - beyond)
    return PairWaves(
        r, step, shell * (partial - 1.0) * soft * np.exp(-0.5 * (damp * r) ** 2),
        places, amounts, elements, probe, options,
    )  # fmt: skip
