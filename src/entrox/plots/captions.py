"""Captions and verdicts in words, made from the numbers of a study.

Plain text: whoever puts it on a page escapes it.
"""

from __future__ import annotations

import numpy as np

from entrox.design import BestPoint, StudyResult
from entrox.plots.curves import (
    BREAKDOWN_FIELD,
    DISTORTION,
    ENTROPY,
    FamilyCurve,
    breakdown_families,
    family_curves,
    has_values,
    host_row,
    interval_columns,
)
from entrox.plots.labels import number_text
from entrox.plots.study import LAW_BAND

__all__ = [
    "breakdown_caption",
    "extrapolation_sentence",
    "family_verdict",
    "mean_free_path_sentence",
    "overall_verdict",
]

LAW = "threshold_law_mv_per_m"


def overall_verdict(result: StudyResult) -> str:
    """Return one sentence on the whole study: the family and composition with the largest breakdown field."""
    pairs = breakdown_families(result)
    if not pairs and BREAKDOWN_FIELD in result.columns:
        return "No composition of this study broke down below the maximum field; see Warnings."
    if not pairs:
        return "This study holds no breakdown field: add the measure breakdown to its [measures] table."
    curve, best = max(pairs, key=lambda pair: pair[1].value)
    start = f"Of {len(pairs)} families, {curve.name} reaches the" if len(pairs) > 1 else f"{curve.name} reaches its"
    sentence = f"{start} largest breakdown field: {_with_interval(best)} at x = {number_text(best.x, 3)}"
    if best.host_value:
        sentence += f", {number_text(best.value / best.host_value, 3)} times that of the host"
    return sentence + ("; this point is extrapolated." if curve.outside[_row(curve, best)] else ".")


def family_verdict(curve: FamilyCurve, best: BestPoint) -> str:
    """Return the verdict on one family: from the first point to the largest field and on to the last, with intervals.

    Parameters
    ----------
    curve
        Points of the family.
    best
        Its largest breakdown field.
    """
    field = curve.values(BREAKDOWN_FIELD)
    known = np.flatnonzero(np.isfinite(field))
    first, last, top = int(known[0]), int(known[-1]), _row(curve, best)
    start = f"{_field(curve, first)} at {_place(curve, first)}"
    peak = f"{_field(curve, top)} at {_place(curve, top)}"
    if len(known) == 1:
        text = f"One point: {peak}."
    elif top == first:
        text = f"The breakdown field falls from {peak} to {_field(curve, last)} at {_place(curve, last)}."
    elif top == last:
        text = f"The breakdown field rises from {start} to {peak}."
    else:
        text = (
            f"The breakdown field rises from {start} to {peak}, then falls to {_field(curve, last)} at "
            f"{_place(curve, last)}."
        )
    return " ".join([text, *_doubts(curve, best, top)])


def _doubts(curve: FamilyCurve, best: BestPoint, top: int) -> list[str]:
    doubts = []
    if not (_is_monotone(curve, slice(0, top + 1)) and _is_monotone(curve, slice(top, None), falling=True)):
        doubts.append("Between these points it is not monotone.")
    if best.x_low < best.x_high:
        count = int(((curve.values("x") >= best.x_low) & (curve.values("x") <= best.x_high)).sum())
        doubts.append(
            f"The {count} grid points from x = {number_text(best.x_low, 3)} to {number_text(best.x_high, 3)} cannot be "
            "told apart from the largest: their intervals overlap."
        )
    elif best.low is not None and len(curve.points) > 1:
        doubts.append("No neighboring grid point has an interval that overlaps the largest.")
    if best.at_edge and len(curve.points) > 1:
        doubts.append("The largest field lies at the end of the range of x; a wider range may hold a larger one.")
    if curve.outside[top]:
        doubts.append("It lies outside the calibrated range: extrapolated.")
    return doubts


def _is_monotone(curve: FamilyCurve, part: slice, *, falling: bool = False) -> bool:
    """Tell whether no point of a part lies below an earlier one (a later one where it falls) beyond their intervals."""
    ends = interval_columns(BREAKDOWN_FIELD, list(curve.points.columns)) or (BREAKDOWN_FIELD, BREAKDOWN_FIELD)
    low, high = curve.values(ends[0])[part], curve.values(ends[1])[part]
    if falling:
        low, high = low[::-1], high[::-1]
    return not bool((high < np.fmax.accumulate(low)).any())


def _row(curve: FamilyCurve, best: BestPoint) -> int:
    return int(np.argmin(np.abs(curve.values("x") - best.x)))


def _field(curve: FamilyCurve, row: int) -> str:
    """Return a breakdown field with its interval."""
    ends = interval_columns(BREAKDOWN_FIELD, list(curve.points.columns))
    value = curve.values(BREAKDOWN_FIELD)[row]
    if ends is None or not np.isfinite([curve.values(end)[row] for end in ends]).all():
        return f"{number_text(value)} MV/m"
    low, high = (number_text(curve.values(end)[row]) for end in ends)
    return f"{number_text(value)} MV/m ({low} to {high})"


def _with_interval(best: BestPoint) -> str:
    if best.low is None or best.high is None:
        return f"{number_text(best.value)} MV/m"
    return f"{number_text(best.value)} MV/m (95 % interval {number_text(best.low)} to {number_text(best.high)})"


def _place(curve: FamilyCurve, row: int) -> str:
    """Return x, and the entropy with its normalization where the study holds it."""
    text = f"x = {number_text(curve.values('x')[row], 3)}"
    if ENTROPY in curve.points.columns and np.isfinite(curve.values(ENTROPY)[row]):
        text += f", S = {number_text(curve.values(ENTROPY)[row])} R per formula unit"
    return text


def extrapolation_sentence(result: StudyResult) -> str:
    """Return how many points lie outside the calibrated range, empty if none does."""
    curves = family_curves(result)
    outside = sum(int(curve.outside.sum()) for curve in curves)
    if not outside:
        return ""
    return (
        f"Open symbols and dashed lines: {outside} of {len(result.points)} points lie outside the calibrated range of "
        "the model (see Warnings) and are extrapolated."
    )


def mean_free_path_sentence(result: StudyResult) -> str:
    """Return what the plausible range of the host's mean free path does to all fields, empty if unknown."""
    host = host_row(result)
    if host is None or not has_values(result, LAW, *LAW_BAND):
        return ""
    low, high, law = float(host[LAW_BAND[0]]), float(host[LAW_BAND[1]]), float(host[LAW])
    if not np.isfinite([low, high, law]).all() or np.isclose(low, high):
        return ""
    return (
        "The mean free path of the host dominates the absolute value: over its plausible range the onset field of "
        f"{host['composition']} by the threshold law runs from {number_text(low)} to {number_text(high)} MV/m "
        f"({number_text(100 * (low / law - 1), 2)} to +{number_text(100 * (high / law - 1), 2)} %), and every curve "
        "moves with it. Where a shorter one meets the floor of the mean free path, the maximum moves to a smaller x as "
        "well. The intervals do not include this."
    )


def breakdown_caption(result: StudyResult, against: str, *, brief: bool = False) -> str:
    """Return the caption of the breakdown field against entropy, x or distortion; a brief one explains no signs."""
    what = {
        ENTROPY: "configurational entropy, summed over the cation sites of one formula unit. The curves follow x, "
        "which starts at the host; the entropy turns back where the mixture passes its equimolar point",
        "x": "substitution x",
        DISTORTION: "lattice distortion, the relative spread of the ionic radii over both cation sites",
    }[against]
    if brief:
        return f"Breakdown field against {what}. Symbols, lines and bands as in Figure 1."
    parts = [
        f"Breakdown field against {what}.",
        "Bands: 95 % interval of the mean over seeds, with the error of the calibration; where no band is seen it is "
        "narrower than the line. Large symbols: largest field of each family.",
        extrapolation_sentence(result),
        mean_free_path_sentence(result),
    ]
    return " ".join(part for part in parts if part)
