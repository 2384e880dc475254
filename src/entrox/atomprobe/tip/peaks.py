"""The mass spectrum of a simulated tip: peaks of every ion, the ranges around them, and drawn mass-to-charge ratios.

Units: Da.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ion_names import ion_formula
from entrox.atomprobe.isotopes import isotopologues
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.atomprobe.tip.settings import SpectrumSettings
from entrox.composition.mapping import FrozenDict
from entrox.core import InputError, nearest_names

__all__ = ["IonPeaks", "background_ratios", "draw_ratios", "ion_peaks", "peak_ranges"]

Floats = NDArray[np.float64]

FWHM_PER_SD = 2.0 * math.sqrt(2.0 * math.log(2.0))
CUT_SD = 4.0
"""Peaks are cut here, and their tails at so many lengths: every ion of a peak is then inside its range."""
CUT_TAIL = 6.0
EDGE_DA = 1e-4
"""Ranges are rounded outwards to this, and one step wider than the peaks: float32 ratios stay inside."""


@dataclass(frozen=True, eq=False)
class IonPeaks:
    """Peaks of one ion over charge states and isotopes.

    Parameters
    ----------
    composition
        Atoms of the ion.
    centers_da
        Ascending centers, shape ``(n_peaks,)``.
    shares
        Shares of the ions, shape ``(n_peaks,)``, sum one.
    """

    composition: FrozenDict[str, int]
    centers_da: Floats
    shares: Floats


def ion_peaks(ions: tuple[FrozenDict[str, int], ...], settings: SpectrumSettings) -> tuple[IonPeaks, ...]:
    """Return the peaks of each ion.

    Raises
    ------
    InputError
        If charge states are given for an ion that the tip does not emit.
    """
    names = [ion_formula(ion) for ion in ions]
    for name in settings.charge_states:
        if name not in names:
            raise InputError(f"spectrum.charge_states: the tip emits no {name}; {nearest_names(name, names)}")
    return tuple(
        _peaks(ion, settings.charge_states.get(name, {1: 1.0}), settings) for ion, name in zip(ions, names, strict=True)
    )


def _peaks(ion: FrozenDict[str, int], states: dict[int, float], settings: SpectrumSettings) -> IonPeaks:
    centers, shares = [], []
    for charge, share in states.items():
        ratio, abundance = isotopologues(ion, charge)
        if settings.isotopes == "principal":
            kept = np.array([int(np.argmax(abundance))])
        else:
            kept = np.flatnonzero(abundance >= settings.smallest_abundance)
        centers.append(ratio[kept])
        shares.append(share * abundance[kept] / abundance[kept].sum())
    center = np.concatenate(centers)
    order = np.argsort(center)
    weight = np.concatenate(shares)[order]
    return IonPeaks(composition=ion, centers_da=center[order], shares=weight / weight.sum())


def peak_ranges(peaks: tuple[IonPeaks, ...], settings: SpectrumSettings) -> RangeTable:
    """Return ranges that hold every peak whole.

    Raises
    ------
    InputError
        If ranges of different ions overlap and ``allow_overlaps`` is false.
    """
    below = CUT_SD / (FWHM_PER_SD * settings.resolving_power)
    above = below + (CUT_TAIL * settings.tail_length if settings.tail_share > 0.0 else 0.0)
    ranges: list[MassRange] = []
    for item in peaks:
        name = ion_formula(item.composition)
        edges: list[list[float]] = []
        for center in item.centers_da.tolist():
            lower = (math.floor(center * (1.0 - below) / EDGE_DA) - 1) * EDGE_DA
            upper = (math.ceil(center * (1.0 + above) / EDGE_DA) + 1) * EDGE_DA
            if edges and lower <= edges[-1][1]:
                edges[-1][1] = upper
            else:
                edges.append([lower, upper])
        ranges += [MassRange(round(low, 4), round(high, 4), name, item.composition) for low, high in edges]
    ranges.sort(key=lambda item: item.lower_da)
    if not settings.allow_overlaps:
        _check_overlaps(ranges)
    elements = tuple(dict.fromkeys(symbol for item in peaks for symbol in item.composition))
    return RangeTable(ranges=tuple(ranges), elements=elements)


def _check_overlaps(ranges: list[MassRange]) -> None:
    found = [
        f"{first.ion} and {second.ion} at {second.lower_da:g} to {min(first.upper_da, second.upper_da):g} Da"
        for first, second in itertools.combinations(ranges, 2)
        if first.ion != second.ion and second.lower_da < first.upper_da
    ]
    if found:
        raise InputError(
            f"peaks of different ions overlap: {'; '.join(found[:4])}{' ...' if len(found) > 4 else ''}. Raise "
            "spectrum.resolving_power, take isotopes = 'principal', change charge_states, or set allow_overlaps = true."
        )


def draw_ratios(peaks: IonPeaks, n: int, settings: SpectrumSettings, rng: np.random.Generator) -> Floats:
    """Draw the mass-to-charge ratios of ``n`` ions: a Gaussian, for a share with an exponential tail; both cut.

    Returns
    -------
    ndarray
        Shape ``(n,)`` [Da].
    """
    from scipy.special import ndtri

    center = peaks.centers_da[rng.choice(len(peaks.centers_da), size=n, p=peaks.shares)]
    edge = 0.5 * math.erfc(CUT_SD / math.sqrt(2.0))
    shift = ndtri(edge + (1.0 - 2.0 * edge) * rng.random(n)) / (FWHM_PER_SD * settings.resolving_power)
    in_tail = rng.random(n) < settings.tail_share
    tail = -np.log1p(-rng.random(n) * -math.expm1(-CUT_TAIL)) * settings.tail_length
    return np.asarray(center * (1.0 + shift + in_tail * tail))


def background_ratios(n: int, settings: SpectrumSettings, rng: np.random.Generator) -> Floats:
    """Draw ratios of background that is constant in time of flight: density proportional to (m/q)^(-1/2), [Da]."""
    lower, upper = np.sqrt(settings.background_range_da)
    return np.asarray((lower + (upper - lower) * rng.random(n)) ** 2)
