"""Constraints of a refinement as plain data: what the engine adds to the cost, or forbids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["BondValenceTerm", "CoordinationTerm", "DistanceWindowRule"]


@dataclass(frozen=True)
class BondValenceTerm:
    """sum_i (V_i - |z_i|)^2 / sigma^2 over cations and anions, V_i = sum_j exp((R0 - r)/B).

    Parameters
    ----------
    r0_angstrom, b_angstrom
        Of each cation with the anion.
    charges_e
        |z| of every element.
    sigma
        Weight [valence units].
    anion
        Element at the other end of the bonds.
    cutoff_factor
        Bonds of general boxes end at this times the mean bond; perovskites take their topological shell.
    """

    r0_angstrom: Mapping[str, float]
    b_angstrom: Mapping[str, float]
    charges_e: Mapping[str, float]
    sigma: float = 0.1
    anion: str = "O"
    cutoff_factor: float = 1.5


@dataclass(frozen=True)
class DistanceWindowRule:
    """Pairs of two elements that lie within a window at the start must stay there.

    Parameters
    ----------
    first, second
        Elements.
    low_angstrom, high_angstrom
        Window.
    """

    first: str
    second: str
    low_angstrom: float
    high_angstrom: float


@dataclass(frozen=True)
class CoordinationTerm:
    """(f - target)^2 / sigma^2 for the fraction with ``neighbors`` neighbors, or (mean - target)^2 / sigma^2.

    Parameters
    ----------
    center, neighbor
        Elements.
    low_angstrom, high_angstrom
        Shell.
    target
        Fraction, or mean number where ``neighbors`` is None.
    sigma
        Weight.
    neighbors
        Number whose fraction is asked for.
    """

    center: str
    neighbor: str
    low_angstrom: float
    high_angstrom: float
    target: float
    sigma: float
    neighbors: int | None = None
