"""What is not in a report, and why: measures that were not asked for, that failed, or whose answer is missing.

Plain text: whoever puts it on a page escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from entrox.core import MissingExtraError
from entrox.design import StudyResult
from entrox.design.measures import check_installed, collect_measures
from entrox.design.remarks import remarks_of
from entrox.plots.curves import BREAKDOWN_FIELD, family_curves
from entrox.plots.labels import number_text

if TYPE_CHECKING:
    from entrox.core.measure import Measure
    from entrox.plots.curves import FamilyCurve

__all__ = ["missing_items"]

HOW = {
    "breakdown": "breakdown = {}",
    "nucleation": "nucleation = { ... }, with free energies along the family (entrox free-energy gives them)",
    "bending": "bending = { thickness_um = ..., failure_strain_percent = ... }",
}
"""What has to be added to the table of measures."""
ANSWERS = {"breakdown": (BREAKDOWN_FIELD,)}
"""Quantities without which a measure has given no answer; all of them together where none are named."""
SHOWN_PLACES = 6


def missing_items(result: StudyResult) -> list[tuple[str, str]]:
    """Return what is missing and why, as pairs of texts.

    Parameters
    ----------
    result
        The study.
    """
    known = collect_measures()
    chosen = result.settings.get("measures", {})
    items = [_not_asked(known[name], how) for name, how in HOW.items() if name not in chosen and name in known]
    for curve in family_curves(result):
        items += [item for name in chosen if name in known for item in _without_answer(curve, known[name])]
        if len(curve.points) == 1:
            items.append((curve.name, "one point: nothing can be said about the way along x"))
    return [*items, *_structures(result)]


def _not_asked(measure: Measure, how: str) -> tuple[str, str]:
    try:
        check_installed(measure)
    except MissingExtraError as error:
        return measure.name, str(error)
    return measure.name, f"not asked for: add {how} to the [measures] table of the study"


def _without_answer(curve: FamilyCurve, measure: Measure) -> list[tuple[str, str]]:
    """Return where a measure failed or gave no answer, with what it said."""
    declared = ANSWERS.get(measure.name) or [item.name for item in measure.quantities if not item.axes]
    names = [name for name in declared if name in curve.points.columns]
    if not names:
        return []
    empty = ~np.isfinite(curve.points[names].to_numpy(dtype=float)).any(axis=1)
    failed: dict[str, list[float]] = {}
    silent: list[float] = []
    for row in np.flatnonzero(empty):
        said = [
            text for text in remarks_of(str(curve.points["warnings"].iloc[row])) if text.startswith(f"{measure.name}: ")
        ]
        x = float(curve.values("x")[row])
        failed.setdefault(said[0].removeprefix(f"{measure.name}: "), []).append(x) if said else silent.append(x)
    count = len(curve.points)
    items = [
        (f"{measure.name}, {curve.name}", f"failed {_places(places, count)}: {text}") for text, places in failed.items()
    ]
    if silent:
        items.append((f"{measure.name}, {curve.name}", f"no answer {_places(silent, count)}; the warnings say why"))
    return items


def _places(places: list[float], count: int) -> str:
    shown = ", ".join(number_text(x, 3) for x in places[:SHOWN_PLACES])
    more = ", ..." if len(places) > SHOWN_PLACES else ""
    return f"at x = {shown}{more} ({len(places)} of {count} {'point' if count == 1 else 'points'})"


def _structures(result: StudyResult) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    asked = {name for item in result.structures for name in item.measures}
    for measure, what in (("polar-order", "polar order"), ("local-entropy", "local entropy")):
        if measure not in asked:
            items.append(
                (what, "no structure was given for it: add a [[structure]] table with files, kind, family and x")
            )
    for item in result.structures:
        items += [(f"{what} of {item.name}", f"failed: {why}") for what, why in item.failed.items()]
        items += _told(item.name, item.values, item.warnings)
    return items


def _told(name: str, values: Mapping[str, object], warnings: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the quantities of a measured structure that it could not give, with the reason."""
    if values.get("elements") and values.get("polarization_c_per_m2") is None:
        said = next((text for text in warnings if "polarization" in text), "no reason was given")
        return [(f"polarization of {name}", said.removeprefix("polar order: "))]
    return []
