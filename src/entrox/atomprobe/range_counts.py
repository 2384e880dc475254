"""Events of each range, before and after the background is taken off, with their covariance.

Corrections act on bulk numbers only; counts of small areas are never corrected. Negative corrected counts are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from entrox.atomprobe.background import BackgroundFit, fit_background, flight_weight, free_bins
from entrox.atomprobe.isotopes import infer_charge
from entrox.atomprobe.range_segments import OverlapRule, RangeSegments, build_segments
from entrox.atomprobe.range_table import MassRange, RangeTable
from entrox.atomprobe.ranging import MINIMUM_RANGED_FRACTION, disagreement_message, merge_notices
from entrox.atomprobe.spectrum import MassSpectrum
from entrox.core import InputError, Result, quantity

__all__ = ["RangeCounts", "range_counts"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class RangeCounts(Result):
    """Events of each range of a table that owns a piece of the spectrum.

    ``charges`` holds the charge state whose isotopologues fall into the range, 0 where no natural isotopologue does
    or the ion is a label. Ranges that repeat an earlier one are left out; ``range_index`` gives the place in the table.
    """

    ions: tuple[str, ...]
    ranges: tuple[MassRange, ...]
    range_index: Ints = quantity("1", "index of the range in its table", axes=("range",))
    charges: Ints = quantity("1", "charge state of the ion; 0 if unknown", axes=("range",))
    lower_da: Floats = quantity("Da", "lower edge of the range", axes=("range",))
    upper_da: Floats = quantity("Da", "upper edge of the range", axes=("range",))
    counts: Floats = quantity("1", "events", axes=("range",))
    background: Floats = quantity("1", "background events", axes=("range",))
    corrected: Floats = quantity("1", "events without background", axes=("range",))
    sd: Floats = quantity("1", "standard error of the corrected events", axes=("range",))
    covariance: Floats = quantity("1", "covariance of the corrected events", axes=("range", "other_range"))
    n_events: int = quantity("1", "all events of the spectrum")
    n_ranged: int = quantity("1", "events in ranges")
    ranged_fraction: float = quantity("1", "share of the events that ranges hold")
    background_fit: BackgroundFit
    table: RangeTable
    on_overlap: OverlapRule = "error"
    notices: tuple[str, ...] = ()


def range_counts(
    spectrum: MassSpectrum,
    table: RangeTable | None = None,
    background: BackgroundFit | None = None,
    *,
    on_overlap: OverlapRule = "error",
    minimum_fraction: float = MINIMUM_RANGED_FRACTION,
) -> RangeCounts:
    r"""Events of each range and their correction for background.

    A range of weight :math:`w=2(\sqrt{m_1}-\sqrt{m_0})` holds :math:`B=N_s w/w_s` background events, with the events
    and the weight of its sidebands, or of the windows of the fit; :math:`n=N-B` has the variance
    :math:`N+N_s(w/w_s)^2`.

    Parameters
    ----------
    spectrum
        The spectrum. Where it was made with the same table, the events counted on the ions are used; otherwise a bin
        belongs to the range that holds its lower edge.
    table
        Ranges; by default those of the spectrum.
    background
        From ``fit_background``; none by default.
    on_overlap
        Rule where ranges of different ions overlap, as in ``build_segments``.
    minimum_fraction
        Share of ranged events below which ranges and spectrum are taken to disagree.

    Raises
    ------
    InputError
        If there are no ranges, ranges of different ions overlap against the rule, or next to no event is ranged.
    """
    table = table if table is not None else spectrum.table
    if table is None:
        raise InputError("range_counts needs ranges: pass table=..., or make the spectrum with one.")
    background = background if background is not None else fit_background(spectrum, table, "none")
    segments = build_segments(table, on_overlap)
    every = _events(spectrum, table, segments)
    owners = segments.range_index[:-1]
    kept = np.unique(owners[owners >= 0]).astype(np.int64)
    counts = every[kept]
    if counts.sum() < minimum_fraction * spectrum.n_events or not counts.any():
        extent = _extent(spectrum)
        raise InputError(disagreement_message(int(counts.sum()), spectrum.n_events, extent, table))
    weight = _weights(segments, len(table))[kept]
    ranges = tuple(table.ranges[index] for index in kept)
    amount, spread, notices = _background(spectrum, table, ranges, weight, background)
    covariance = np.diag(counts) + spread
    n_ranged = round(float(counts.sum()))
    return RangeCounts(
        ions=tuple(item.ion for item in ranges),
        charges=np.array([_charge(item) for item in ranges], dtype=np.int64),
        ranges=ranges,
        range_index=kept,
        lower_da=np.array([item.lower_da for item in ranges]),
        upper_da=np.array([item.upper_da for item in ranges]),
        counts=counts,
        background=amount,
        corrected=counts - amount,
        sd=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        n_events=spectrum.n_events,
        n_ranged=n_ranged,
        ranged_fraction=n_ranged / spectrum.n_events,
        background_fit=background,
        table=table,
        on_overlap=on_overlap,
        notices=(*spectrum.notices, *table.notices, *merge_notices(segments), *background.notices, *notices),
    )


def _charge(item: MassRange) -> int:
    return 0 if item.composition is None else infer_charge(item.composition, item.lower_da, item.upper_da) or 0


def _extent(spectrum: MassSpectrum) -> tuple[float, float]:
    filled = spectrum.bin_lower_da[spectrum.counts > 0.0]
    low, high = (float(filled[0]), float(filled[-1]) + spectrum.bin_da) if len(filled) else (np.nan, np.nan)
    return (
        low if spectrum.smallest_da is None else spectrum.smallest_da,
        high if spectrum.largest_da is None else spectrum.largest_da,
    )


def _events(spectrum: MassSpectrum, table: RangeTable, segments: RangeSegments) -> Floats:
    """Events of every range of the table, shape ``(n_ranges,)``."""
    if spectrum.range_events is not None and spectrum.table == table:
        return spectrum.range_events.astype(np.float64)
    owners = segments.range_index[segments.locate(spectrum.bin_lower_da)]
    return np.bincount(owners + 1, weights=spectrum.counts, minlength=len(table) + 1)[1:].astype(np.float64)


def _weights(segments: RangeSegments, n_ranges: int) -> Floats:
    """Weight in flight time of the pieces that each range owns, shape ``(n_ranges,)``."""
    pieces = flight_weight(segments.edges_da[:-1], segments.edges_da[1:])
    return np.bincount(segments.range_index[:-1] + 1, weights=pieces, minlength=n_ranges + 1)[1:].astype(np.float64)


def _background(
    spectrum: MassSpectrum,
    table: RangeTable,
    ranges: tuple[MassRange, ...],
    weight: Floats,
    fit: BackgroundFit,
) -> tuple[Floats, Floats, list[str]]:
    """Background events of each range, their covariance, and what is to be said."""
    n = len(ranges)
    if fit.method == "none":
        return np.zeros(n), np.zeros((n, n)), []
    sidebands = sparse.csr_matrix((n, len(spectrum.counts)))
    alone = np.ones(n, dtype=bool)
    if fit.method == "sideband" and fit.sideband_da is not None:
        sidebands, alone = _sidebands(spectrum, table, ranges, weight, fit.sideband_da)
    amount = np.asarray(sidebands @ spectrum.counts)
    scattered = sidebands @ sparse.diags(np.sqrt(spectrum.counts)).tocsr()
    spread = np.asarray(sparse.csr_matrix(scattered @ scattered.T).toarray())
    notices = []
    if alone.any() and fit.b_per_sqrt_da is not None and fit.b_sd is not None:
        amount[alone] = fit.b_per_sqrt_da * weight[alone]
        common = np.where(alone, weight * fit.b_sd, 0.0)
        spread = spread + np.outer(common, common)
    if fit.method == "sideband" and alone.any():
        names = ", ".join(
            f"{r.ion} {r.lower_da:g}-{r.upper_da:g}" for r, bare in zip(ranges, alone, strict=True) if bare
        )
        instead = "the fit of the whole spectrum serves" if fit.b_per_sqrt_da is not None else "they stay uncorrected"
        notices.append(f"other ranges leave no sideband to {int(alone.sum())} ranges ({names}): {instead}")
    return amount, spread, notices


def _sidebands(
    spectrum: MassSpectrum, table: RangeTable, ranges: tuple[MassRange, ...], weight: Floats, width_da: float
) -> tuple[sparse.csr_matrix, NDArray[np.bool_]]:
    """Share of each bin's events that counts as background of each range, and which ranges have no sideband.

    Ranges share sidebands, so that their corrections are correlated; the matrix keeps that.
    """
    free = free_bins(spectrum, table)
    edges = spectrum.edges_da
    bins = flight_weight(edges[:-1], edges[1:])
    shares = sparse.lil_matrix((len(ranges), len(free)))
    alone = np.zeros(len(ranges), dtype=bool)
    slack = 1e-6 * spectrum.bin_da
    for row, item in enumerate(ranges):
        beside = np.zeros(len(free), dtype=bool)
        for low, high in ((item.lower_da - width_da, item.lower_da), (item.upper_da, item.upper_da + width_da)):
            first = np.searchsorted(edges[:-1], low - slack)
            beside[first : np.searchsorted(edges[1:], high + slack, side="right")] = True
        chosen = np.flatnonzero(beside & free)
        alone[row] = len(chosen) == 0
        if len(chosen):
            shares[row, chosen] = weight[row] / bins[chosen].sum()
    return shares.tocsr(), alone
