"""The sections of one family in the report: each measure with sentences, figures and tables, where its data exist."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from entrox.core import Quantity
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.design import StructureResult, StudyResult
from entrox.design.family_summary import summarize_family
from entrox.plots.captions import family_verdict
from entrox.plots.curves import BREAKDOWN_FIELD, FamilyCurve, best_of_family
from entrox.plots.figure_book import FigureBook
from entrox.plots.interactive import interactive_curves
from entrox.plots.labels import formula_html, unbroken_html
from entrox.plots.report_tables import (
    composition_check_table,
    element_table,
    local_entropy_table,
    phase_table,
    summary_table,
)
from entrox.plots.report_words import (
    ONE_VALUE,
    barrier_headline,
    bending_sentences,
    breakdown_headline,
    course_sentence,
    descriptor_sentences,
    local_entropy_sentence,
    local_entropy_verdict,
    nucleation_sentences,
    polar_headline,
    polar_sentences,
    structure_label,
)
from entrox.plots.structure_figures import Series, excess_curves, structure_points
from entrox.plots.style import GUIDE_COLOR
from entrox.thermo.uncertain_barrier import REACHED_KT

__all__ = ["Shared", "family_group"]

Shared = Mapping[str, tuple[Callable[[], Any], str]]
"""Figures of compositions by name: how each is drawn, and its caption."""

ENTROPY_FIGURES = ("mixing", "strain")
GUIDE = {"dash": "dot", "width": 1.5, "color": GUIDE_COLOR}


@dataclass(frozen=True)
class _Section:
    """A section of a family: key, heading, body, and its answer in one line; left out where the body is empty."""

    key: str
    heading: str
    body: str
    short: str = ""


def family_group(result: StudyResult, curve: FamilyCurve, number: int, book: FigureBook, shared: Shared) -> str:
    """Return the group of one family as HTML.

    Parameters
    ----------
    result
        The study.
    curve
        The family.
    number
        Its number on the page, from 1.
    book
        Takes up the figures.
    shared
        Figures that show this family alone, so that they stand in its group; none where families are compared before.
    """
    best = best_of_family(result, curve.name)
    structures = tuple(item for item in result.structures if item.family == curve.name)
    sections = [
        section
        for section in (
            _descriptors(result, curve, book, shared),
            _breakdown(result, curve, book, shared),
            _nucleation(result, curve, number, book),
            _polar_order(structures, curve, number, book),
            _local_entropy(structures, number, book),
            _bending(result, curve, number, book),
        )
        if section.body
    ]
    formula = "" if curve.name == curve.formula else f'<p class="note">{formula_html(curve.formula)}</p>'
    parts = [
        f'<h2><span class="dot" style="background:{curve.style.color}"></span> {curve.html}</h2>',
        formula,
        _in_short(number, sections),
        "" if len(curve.points) > 1 else f'<p class="remark">{ONE_VALUE}</p>',
        f"<h3>All {len(curve.points)} compositions</h3>" if len(curve.points) > 1 else "<h3>The composition</h3>",
        summary_table(summarize_family(result, curve.name), None if best is None else best.x),
        _words(("Bold: largest breakdown field. A dash: not computed, or no answer.",), note=True) if best else "",
        *(
            f'<section id="family-{number}-{item.key}"><h3>{html.escape(item.heading)}</h3>{item.body}</section>'
            for item in sections
        ),
    ]
    return f'<section class="family" id="family-{number}">{"".join(part for part in parts if part)}</section>'


def _in_short(number: int, sections: Iterable[_Section]) -> str:
    """Return the answers of all sections, one line each, that lead to them."""
    items = [
        f'<li><a href="#family-{number}-{item.key}">{html.escape(item.heading)}</a>: {unbroken_html(item.short)}</li>'
        for item in sections
    ]
    return f'<ul class="short">{"".join(items)}</ul>'


def _words(sentences: Iterable[str], *, note: bool = False) -> str:
    text = " ".join(sentence for sentence in sentences if sentence)
    return f"<p{' class=note' if note else ''}>{unbroken_html(text)}</p>" if text else ""


def _descriptors(result: StudyResult, curve: FamilyCurve, book: FigureBook, shared: Shared) -> _Section:
    drawn = "".join(book.add(name, *shared[name]) for name in ENTROPY_FIGURES if name in shared)
    said = descriptor_sentences(curve)
    return _Section("entropy", "Entropy and distortion", _words(said) + drawn, said[0] if said else "")


def _breakdown(result: StudyResult, curve: FamilyCurve, book: FigureBook, shared: Shared) -> _Section:
    best = best_of_family(result, curve.name)
    if BREAKDOWN_FIELD not in curve.points.columns:
        return _Section("breakdown", "Breakdown", "")
    if best is None:
        short = "No composition of this family broke down below the maximum field; see Warnings."
        body = _words((short,))
    else:
        short, body = breakdown_headline(curve, best), _words((family_verdict(curve, best),))
    drawn = "".join(book.add(name, *shared[name]) for name in shared if name not in ENTROPY_FIGURES)
    return _Section("breakdown", "Breakdown", body + drawn, short)


def _nucleation(result: StudyResult, curve: FamilyCurve, number: int, book: FigureBook) -> _Section:
    settings = result.settings.get("measures", {}).get("nucleation")
    has_energy = "df_j_per_m3" in curve.points.columns and np.isfinite(curve.values("df_j_per_m3")).any()
    if settings is None or not has_energy:
        return _Section("nucleation", "Nucleation", "")
    body = _words(nucleation_sentences(curve, settings))
    if np.isfinite(curve.values("barrier_ev")).any():
        temperature = float(settings["temperature_k"])
        caption = (
            "Barrier of nucleation against x; where there is no point there is no barrier. Band: 5 to 95 % quantile of "
            f"the draws. Dotted: {REACHED_KT:g} kT at {temperature:g} K, about what thermal fluctuations reach."
        )
        body += book.add(f"barrier-{number}", lambda: _barriers(result, curve.name, temperature), caption)
    else:
        body += _words(("No composition has a barrier, so that there is no figure.",), note=True)
    return _Section("nucleation", "Nucleation", body, barrier_headline(curve))


def _barriers(result: StudyResult, family: str, temperature_k: float) -> go.Figure:
    figure = interactive_curves(result, "barrier_ev", "x", family)
    figure.add_hline(y=REACHED_KT * BOLTZMANN_EV_PER_K * temperature_k, line=GUIDE)
    figure.update_layout(showlegend=False, height=440)
    return figure.update_yaxes(type="log")


POLARIZATION: tuple[Series, ...] = (
    ("polarization of the box", "polarization_c_per_m2", "polarization_error_c_per_m2"),
)
DISPLACEMENTS: tuple[Series, ...] = (
    ("B, length of the mean", "net_displacement_b_angstrom", "net_displacement_b_error_angstrom"),
    ("B, mean length", "displacement_b_angstrom", "displacement_b_error_angstrom"),
    ("A, length of the mean", "net_displacement_a_angstrom", "net_displacement_a_error_angstrom"),
    ("A, mean length", "displacement_a_angstrom", "displacement_a_error_angstrom"),
)


def _polar_order(
    structures: tuple[StructureResult, ...], curve: FamilyCurve, number: int, book: FigureBook
) -> _Section:
    found = [item for item in structures if item.text("elements")]
    if not found:
        return _Section("polar", "Polar order", "")
    ends = float(curve.values("x").min()), float(curve.values("x").max())
    parts = [_words(polar_sentences(found))]
    if any(np.isfinite(item.number("polarization_c_per_m2")) for item in found):
        axis = Quantity("polarization_c_per_m2", "C/m²", "polarization of the box")
        caption = "Polarization of the box against x, one mark per structure; bars: standard error over time."
        parts.append(
            book.add(f"polarization-{number}", lambda: structure_points(found, POLARIZATION, axis, ends), caption)
        )
    axis_of_length = Quantity("displacement_angstrom", "angstrom", "displacement off the cage")
    caption = (
        "Displacements against x; bars: standard error over time. The length of the mean vanishes in a sample of many "
        "domains; the mean length never does: thermal noise alone gives 1.6 times its spread."
    )
    parts += [
        book.add(
            f"displacement-{number}", lambda: structure_points(found, DISPLACEMENTS, axis_of_length, ends), caption
        ),
        "<h3>Local phases of the B site</h3>" + phase_table(found) if phase_table(found) else "",
        f"<details><summary>Displacements of every cation</summary>{element_table(found)}</details>",
        "<h3>Atoms and composition</h3>",
        composition_check_table(found),
    ]
    return _Section("polar", "Polar order", "".join(parts), polar_headline(found))


def _local_entropy(structures: tuple[StructureResult, ...], number: int, book: FigureBook) -> _Section:
    found = [item for item in structures if item.text("entropy_verdict")]
    if not found:
        return _Section("local-entropy", "Local entropy", "")
    parts = [_words((local_entropy_sentence(item),)) for item in found]
    if any(np.isfinite(item.array("excess_of_size_r")).any() for item in found):
        caption = (
            "Excess information, the null of a random arrangement minus the entropy measured, against the edge of the "
            "cubes. Above zero: segregation; below: order. Bands: 95 % interval of a bootstrap of blocks. Dotted: what "
            "counts as fully mixed."
        )
        parts.append(book.add(f"excess-{number}", lambda: excess_curves(found), caption))
    parts += [
        f"<details><summary>Every size</summary>{local_entropy_table(found)}</details>",
        "<h3>Atoms and composition</h3>",
        composition_check_table(found),
    ]
    short = " ".join(f"{structure_label(item)}: {local_entropy_verdict(item)}" for item in found)
    return _Section("local-entropy", "Local entropy", "".join(parts), short)


def _bending(result: StudyResult, curve: FamilyCurve, number: int, book: FigureBook) -> _Section:
    settings = result.settings.get("measures", {}).get("bending")
    known = "bending_radius_um" in curve.points.columns and np.isfinite(curve.values("bending_radius_um")).any()
    if settings is None or not known:
        return _Section("bending", "Bending limit", "")
    body = _words(bending_sentences(curve, settings))
    if settings.get("x"):
        caption = (
            "Smallest bending radius of the neutral axis against x. Band: 95 % interval from the errors of the "
            "thickness and of the failure strain."
        )
        body += book.add(f"radius-{number}", lambda: _radii(result, curve.name), caption)
    else:
        body += _words(("One limit for all compositions needs no figure.",), note=True)
    return _Section(
        "bending", "Bending limit", body, course_sentence("The smallest radius", curve, "bending_radius_um", "µm")
    )


def _radii(result: StudyResult, family: str) -> go.Figure:
    figure = interactive_curves(result, "bending_radius_um", "x", family)
    figure.update_layout(showlegend=False, height=440)
    return figure.update_yaxes(rangemode="tozero")
