"""Verdicts of a local-entropy analysis in words, made from its numbers.

Plain text: whoever puts it on a page escapes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from entrox.atomprobe import EntropyAnalysis
from entrox.order import EntropyScan, MaximalEntropyUnit
from entrox.plots.labels import number_text

__all__ = [
    "VERDICT_WORDS",
    "number_list",
    "p_text",
    "power_sentence",
    "family_sentence",
    "unit_sentence",
    "verdict_words",
]

VERDICT_WORDS = {
    "consistent_with_random": "Consistent with a random arrangement: no size deviates beyond chance.",
    "ordered": "Ordered: the species mix better than chance.",
    "not_reached": "Segregated, and not yet fully mixed at the largest size of the scan.",
    "at_or_below_smallest_size": "Segregated, but below the tolerance at every size of the scan.",
    "resolved": "Segregated; fully mixed from the length given on.",
    "not_informative": "No answer: no size could be tested.",
}


def verdict_words(unit: MaximalEntropyUnit) -> str:
    """Return the verdict as a sentence, with the length where there is one."""
    if unit.verdict == "resolved" and unit.sume_bc_nm is not None:
        return f"Segregated; fully mixed from {number_text(unit.sume_bc_nm, 3)} nm on."
    if unit.verdict == "not_reached" and unit.lower_bound_nm is not None:
        return f"Segregated, and not yet fully mixed at the largest size, {number_text(unit.lower_bound_nm, 3)} nm."
    return VERDICT_WORDS[unit.verdict]


def p_text(p: float, n_relabel: int) -> str:
    """Return a p value; the smallest one that the relabelings allow is printed as such.

    Examples
    --------
    >>> p_text(0.002, 499), p_text(0.528, 499)
    ('0.002 (the smallest of 499 relabelings)', '0.528')
    """
    smallest = n_relabel > 0 and math.isclose(p, 1.0 / (n_relabel + 1))
    return number_text(p, 3) + (f" (the smallest of {n_relabel} relabelings)" if smallest else "")


def number_list(values: Iterable[float], digits: int = 3) -> str:
    """Return numbers with commas between them.

    Examples
    --------
    >>> number_list([0.5, 27.96, 100.1])
    '0.5, 28, 100'
    """
    return ", ".join(number_text(float(value), digits) for value in values)


def family_sentence(scan: EntropyScan) -> str:
    """Return what was tested, and with which result."""
    tested = int(np.isfinite(scan.z).sum())
    if not tested:
        return "No size could be tested; the notices say why."
    deviating = np.isfinite(scan.z) & (scan.p_adjusted < scan.alpha)
    sizes = number_list(scan.size_nm[deviating])
    found = f"Sizes that deviate by themselves, adjusted for all: {sizes} nm." if sizes else "No single size deviates."
    return (
        f"Family p value over {tested} {'size' if tested == 1 else 'sizes'}: {p_text(scan.family_p, scan.n_relabel)}; "
        f"level {scan.alpha:g}. {found}"
    )


def unit_sentence(unit: MaximalEntropyUnit) -> str:
    """Return the smallest unit of maximal entropy with its interval, or why there is none."""
    said = f"Smallest unit of maximal entropy (tolerance {100 * unit.tolerance:g} % of the bulk entropy): "
    if unit.sume_bc_nm is None:
        if unit.lower_bound_nm is not None:
            return f"{said}above {number_text(unit.lower_bound_nm, 3)} nm, the largest size of the scan."
        return f"{said}none, since no segregation was found."
    length = number_text(unit.sume_bc_nm, 3)
    if unit.sume_bc_nm == unit.smallest_size_nm:
        return f"{said}at or below {length} nm, the smallest size of the scan{_amounts(unit, ' (at most ', ')')}."
    point = ""
    if unit.sume_point_nm is not None:
        low, high = unit.sume_interval_nm or (math.nan, math.nan)
        between = f"95 % interval {_reach(low)} to {_reach(high)} nm"
        point = f"; by the excess itself {number_text(unit.sume_point_nm, 3)} nm ({between})"
    return f"{said}{length} nm by the upper limit of the excess{_amounts(unit, ', ', '')}{point}."


def _amounts(unit: MaximalEntropyUnit, before: str, after: str) -> str:
    """Return the unit in detected ions, atoms and cells, as far as they are known."""
    known = ((unit.n_ions, "detected ions"), (unit.n_atoms, "atoms"), (unit.n_cells, "unit cells"))
    parts = [f"{number_text(value, 3)} {noun}" for value, noun in known if value is not None]
    return f"{before}{', '.join(parts)}{after}" if parts else ""


def _reach(length: float) -> str:
    return "beyond the largest size" if math.isinf(length) else number_text(length, 3)


def power_sentence(analysis: EntropyAnalysis) -> str:
    """Return what would have been found."""
    found = analysis.detectable
    if found is None:
        return ""
    level = analysis.scan.tolerance * analysis.scan.entropy_bulk
    known = np.isfinite(found.excess)
    if not known.any():
        return ""
    seen = known & (found.excess <= level)
    sizes = number_list(found.size_nm[seen])
    said = f"An excess of the tolerance, {level:.4f} R, would be found with a probability of {100 * found.power:g} %"
    return f"{said} at " + (f"{sizes} nm." if sizes else "no size: these ions cannot answer.")
