"""A mass spectrum in one step: peaks, background, events of each range, composition, charge states, overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entrox.atomprobe.background import BackgroundFit, BackgroundMethod, fit_background
from entrox.atomprobe.ionic_composition import (
    AtomicComposition,
    ChargeStateRatios,
    IonicComposition,
    atomic_composition,
    charge_state_ratios,
    ionic_composition,
)
from entrox.atomprobe.overlaps import OverlapSolution, solve_overlaps
from entrox.atomprobe.peaks import SpectrumPeaks, spectrum_peaks
from entrox.atomprobe.range_counts import RangeCounts, range_counts
from entrox.atomprobe.range_segments import OverlapRule
from entrox.atomprobe.range_table import RangeTable
from entrox.atomprobe.spectrum import MassSpectrum
from entrox.core import InputError, Result

__all__ = ["SpectrumAnalysis", "analyze_spectrum"]


@dataclass(frozen=True, kw_only=True)
class SpectrumAnalysis(Result):
    """A spectrum and what follows from it; without ranges there are only peaks and background.

    The atomic composition is None where an ion has no composition, both are where background outweighs all events.
    """

    spectrum: MassSpectrum
    peaks: SpectrumPeaks
    background: BackgroundFit
    counts: RangeCounts | None = None
    ionic: IonicComposition | None = None
    atomic: AtomicComposition | None = None
    charge_states: ChargeStateRatios | None = None
    overlaps: OverlapSolution | None = None
    notices: tuple[str, ...] = ()


def analyze_spectrum(
    spectrum: MassSpectrum,
    table: RangeTable | None = None,
    *,
    background: BackgroundMethod = "tof",
    sideband_da: float = 0.15,
    on_overlap: OverlapRule = "error",
    solve: bool = False,
    candidates: Sequence[str] = (),
) -> SpectrumAnalysis:
    """Analyze a mass spectrum.

    Parameters
    ----------
    spectrum
        Events per bin.
    table
        Ranges.
    background, sideband_da
        As for :func:`~entrox.atomprobe.background.fit_background`.
    on_overlap
        What holds where ranges of different ions overlap.
    solve, candidates
        Whether overlapping ions are told apart by natural isotope patterns, and further ions to consider.

    Raises
    ------
    InputError
        If overlaps are to be solved without ranges, or a step refuses its input.
    """
    if (solve or candidates) and table is None:
        raise InputError("overlaps are solved among the ions of a range file: give one.")
    fitted = fit_background(spectrum, table, background, sideband_da=sideband_da)
    peaks = spectrum_peaks(spectrum)
    notices = [*spectrum.notices, *fitted.notices]
    if table is None:
        return SpectrumAnalysis(spectrum=spectrum, peaks=peaks, background=fitted, notices=_distinct(notices))
    counts = range_counts(spectrum, table, fitted, on_overlap=on_overlap)
    solved = solve_overlaps(counts, candidates) if solve or candidates else None
    shares = None if solved is None else solved.shares
    compositions = None if solved is None else solved.compositions
    unknown = [name for item in counts.ranges if item.composition is None for name in (item.ion,)]
    if unknown:
        labels = ", ".join(dict.fromkeys(unknown))
        notices.append(f"no atomic composition: the ions {labels} are labels without composition.")
    some = counts.corrected.sum() > 0.0
    if not some:
        notices.append("no composition: the background is as large as the events of all ranges together.")
    notices += [*counts.notices, *(() if solved is None else solved.notices)]
    return SpectrumAnalysis(
        spectrum=spectrum,
        peaks=peaks,
        background=fitted,
        counts=counts,
        ionic=ionic_composition(counts, shares=shares) if some else None,
        atomic=None if unknown or not some else atomic_composition(counts, shares=shares, compositions=compositions),
        charge_states=charge_state_ratios(counts),
        overlaps=solved,
        notices=_distinct(notices),
    )


def _distinct(notices: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notices))
