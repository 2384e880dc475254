"""All still figures of a local-entropy analysis, with their captions, as PNG and SVG files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from entrox.atomprobe import EntropyAnalysis
from entrox.order import EntropyScan
from entrox.plots.atomprobe import plot_entropy_map
from entrox.plots.entropy_words import number_list
from entrox.plots.labels import number_text
from entrox.plots.local_entropy import plot_entropy_scan, plot_neighborhoods
from entrox.plots.pair_order import plot_pair_order
from entrox.plots.paper_construction import plot_paper_mode
from entrox.plots.report_figure import ReportFigure, write_report_figures
from entrox.plots.style import FORMATS

__all__ = ["possible_figures", "write_entropy_figures"]


def write_entropy_figures(
    analysis: EntropyAnalysis, folder: str | Path, *, formats: tuple[str, ...] = FORMATS
) -> tuple[Path, ...]:
    """Write the figures that the parts of an analysis allow.

    Parameters
    ----------
    analysis
        The analysis.
    folder
        Folder of the figures; it is made if it does not exist.
    formats
        File endings; PNG files have 300 dots per inch.

    Returns
    -------
    tuple of Path
        The files, in the order of the figures.
    """
    return write_report_figures(possible_figures(analysis), folder, formats)


def possible_figures(analysis: EntropyAnalysis) -> tuple[ReportFigure, ...]:
    """Return the figures for which there is something to draw."""
    found = []
    if _drawable(analysis.scan):
        heading, caption = "Entropy against length", scan_caption(analysis.scan)
        found.append(ReportFigure("entropy_scan", heading, caption, partial(plot_entropy_scan, analysis), narrow=True))
    parts = analysis.sublattices if len(analysis.sublattices) > 1 else {}
    for number, (name, part) in enumerate(parts.items(), start=1):
        if _drawable(part.scan):
            heading, caption = f"Sublattice {name}", scan_caption(part.scan)
            draw = partial(plot_entropy_scan, part.scan)
            found.append(ReportFigure(f"sublattice_{number}", heading, caption, draw, narrow=True))
    around = analysis.neighborhoods
    if around is not None and np.isfinite(around.entropy_null).sum() > 1:
        draw_around = partial(plot_neighborhoods, around)
        found.append(ReportFigure("neighborhoods", "Around every atom", NEIGHBORHOOD_CAPTION, draw_around, narrow=True))
    if analysis.pairs is not None:
        draw_pairs = partial(plot_pair_order, analysis.pairs)
        found.append(ReportFigure("pair_order", "Pairs of species", PAIR_CAPTION, draw_pairs))
    if analysis.map is not None and np.isfinite(analysis.map.entropy).any():
        found.append(ReportFigure("entropy_map", "Where", MAP_CAPTION, partial(plot_entropy_map, analysis.map)))
    if analysis.paper_mode is not None:
        draw_paper = partial(plot_paper_mode, analysis.paper_mode)
        found.append(ReportFigure("paper_mode", "The published construction", PAPER_CAPTION, draw_paper))
    return tuple(found)


def _drawable(scan: EntropyScan) -> bool:
    return bool((np.isfinite(scan.entropy_weighted) & np.isfinite(scan.entropy_null)).any())


def scan_caption(scan: EntropyScan) -> str:
    """Return the caption of a scan: what is drawn, from how many ions, with which null."""
    null = (
        "exact, hypergeometric"
        if scan.null == "hypergeometric"
        else f"mean of {scan.n_relabel} relabelings in which atoms of one event stay together"
    )
    counts = number_list(scan.n_per_area_mean)
    return (
        "(a) Entropy of all occupied cubes, weighted by their ions (dots) and as a plain mean (squares), mean over "
        f"{scan.n_origins} grid origins; line and band: the same positions with labels at random ({null}) and two "
        f"standard deviations of {scan.n_relabel} relabelings, in places narrower than the line. Mean ions per cube, "
        f"in the order of the sizes: {counts}. (b) Excess information, null minus measured: above zero the species "
        f"segregate, below they order. Bars: 95 % limits of a bootstrap of blocks of {number_text(scan.block_nm, 3)} "
        f"nm. Filled: deviates from chance, p adjusted for all sizes below {scan.alpha:g}. Dash-dotted: excess that "
        "these ions show with a probability of 80 %."
    )


NEIGHBORHOOD_CAPTION = (
    "(a) Mean entropy of the atoms within a radius around every atom, and with labels at random (mean, band of two "
    "standard deviations). (b) Excess information with the band of the null. Neighborhoods overlap: they are no "
    "independent samples, and the relabelings know it."
)
PAIR_CAPTION = (
    "Warren-Cowley parameters in the symmetric form whose mean is zero for labels at random: below zero two species "
    "are neighbors more often than by chance. Below each its deviation z over relabelings; bold: p adjusted for all "
    "pairs and shells below 0.05."
)
MAP_CAPTION = (
    "One slice of the map. (a) Entropy corrected for counting. (b) Atoms of the areas. (c) Deviation from labels at "
    "random in its standard deviations, negative for segregation. Gray: too few atoms. Neighboring areas overlap, and "
    "among many areas a few deviate by chance."
)
PAPER_CAPTION = (
    "(a) Nine cubes per size, plain mean and standard deviation, and a line through the two smallest sizes up to the "
    "bulk entropy, as published. (b) The same on relabeled ions, which have no structure at all; shaded: standard "
    "deviation over relabelings."
)
