"""Which of two sublattices is A: from the intensity of their columns, or as the user says.

Intensities are taken relative to the eight nearest columns, so that a wedge of thickness cancels.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, nearest_names
from entrox.microscopy.lattice.sublattices import Sublattices

__all__ = ["A_SITE_CHOICES", "Contrast", "contrast", "decide_a_site", "expected_ratio", "named_a_site"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

A_SITE_CHOICES = ("auto", "brighter", "dimmer", "first")
CLEAR_CONTRAST = 2.0
"""Difference of the means over the pooled scatter from which intensity tells the sublattices apart."""
EXPONENTS = (1.6, 1.7, 2.0)
"""Exponents of the atomic number in the intensity of an annular dark field: low, usual, high."""


@dataclass(frozen=True)
class Contrast:
    """How the intensities of two sets of columns differ.

    Parameters
    ----------
    score
        Mean of the first minus mean of the second, over the pooled scatter.
    significance
        The same difference over its standard error.
    ratio
        Mean intensity of the first over that of the second.
    """

    score: float
    significance: float
    ratio: float


def contrast(position: Floats, intensity: Floats, first: Bools, second: Bools, inner: Bools) -> Contrast:
    """Contrast of two sets of columns.

    Parameters
    ----------
    position
        Positions of all columns [px], shape ``(n, 2)``.
    intensity
        Their intensities, NaN where unknown.
    first, second
        The two sets.
    inner
        Columns inside the crystal: only these are compared, since at a border the neighbors lie on one side.
    """
    from scipy.spatial import cKDTree

    known = (first | second) & np.isfinite(intensity)
    rows = np.flatnonzero(known)
    relative = np.full(len(position), np.nan)
    if len(rows) > 8:
        _, near = cKDTree(position[rows]).query(position[rows], k=9)
        surrounding = intensity[rows][np.asarray(near)[:, 1:]].mean(axis=1)
        relative[rows] = intensity[rows] / np.where(surrounding > 0, surrounding, np.nan)
    usable = inner & np.isfinite(relative)
    a, b = relative[first & usable], relative[second & usable]
    if min(len(a), len(b)) < 3:
        return Contrast(0.0, 0.0, 1.0)
    difference = float(a.mean() - b.mean())
    pooled = ((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / (len(a) + len(b) - 2)
    error = np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))
    tiny = float(np.finfo(float).tiny)
    ratio = float(intensity[first & usable].mean() / intensity[second & usable].mean())
    return Contrast(difference / max(float(np.sqrt(pooled)), tiny), difference / max(float(error), tiny), ratio)


def expected_ratio(formula: str) -> tuple[float, float, float]:
    """Intensity of A over that of B by the mean of Z^n over the species of each site, for n = 1.6, 1.7 and 2.0.

    Parameters
    ----------
    formula
        A perovskite; sites may be shared, a vacancy counts as dark.

    Raises
    ------
    InputError
        If the formula is no perovskite with numbers for its amounts.

    Examples
    --------
    >>> [round(ratio, 2) for ratio in expected_ratio("BaTiO3")]
    [4.46, 4.9, 6.48]
    """
    from ase.data import atomic_numbers

    from entrox.composition import VACANCY, parse_formula

    sites = parse_formula(formula).at().sites
    if not {"A", "B"} <= set(sites):
        raise InputError(f"{formula} has the sites {', '.join(sites)}; a perovskite with sites A and B is needed.")

    def weight(label: str, exponent: float) -> float:
        fractions = sites[label].fractions
        return sum(float(x) * float(atomic_numbers[s] ** exponent) for s, x in fractions.items() if s != VACANCY)

    low, usual, high = (weight("A", n) / weight("B", n) for n in EXPONENTS)
    return low, usual, high


def named_a_site(
    measured: Contrast, a_site: str, formula: str | None, first_listed: bool
) -> tuple[bool, dict[str, Any], tuple[str, ...]]:
    """Whether the first of two sets is A, why, and warnings.

    Parameters
    ----------
    measured
        Contrast of the first against the second set.
    a_site
        ``"auto"`` (by intensity, and by the formula if there is one), ``"brighter"``, ``"dimmer"``, or ``"first"``
        (the set of the first column of the list).
    formula
        Composition, for the ratio that is to be expected.
    first_listed
        Whether the first column of the list belongs to the first set.
    """
    if a_site not in A_SITE_CHOICES:
        raise InputError(f"a_site must be one of {', '.join(A_SITE_CHOICES)}; got {a_site!r}. "
                         f"{nearest_names(str(a_site), A_SITE_CHOICES)}")  # fmt: skip
    brighter_first = measured.score >= 0
    ratio = measured.ratio if brighter_first else 1.0 / measured.ratio
    decision: dict[str, Any] = {"method": "user", "ambiguous": False, "contrast": abs(measured.score),
                                "significance": abs(measured.significance), "measured_ratio": ratio}  # fmt: skip
    a_is_brighter, certain = True, True
    if formula is not None:
        low, usual, high = expected_ratio(formula)
        decision |= {"formula": formula, "expected_ratio": {"brighter": usual, "dimmer": 1.0 / usual},
                     "expected_ratio_range": {"brighter": [low, high], "dimmer": [1.0 / high, 1.0 / low]}}  # fmt: skip
        a_is_brighter, certain = usual >= 1.0, (low - 1.0) * (high - 1.0) > 0.0
    if a_site == "first":
        return first_listed, decision, ()
    if a_site in ("brighter", "dimmer"):
        return brighter_first == (a_site == "brighter"), decision, ()
    clear = abs(measured.score) >= CLEAR_CONTRAST
    decision["ambiguous"] = not (clear and certain)
    decision["method"] = "geometry" if not clear else "intensity"
    if not decision["ambiguous"]:
        return brighter_first == a_is_brighter, decision, ()
    why = (f"contrast {abs(measured.score):.2f} is below {CLEAR_CONTRAST:g}" if not clear
           else f"{formula} leaves open which site is the brighter one")  # fmt: skip
    text = f"which sublattice is A is ambiguous ({why}): name it, as brighter, dimmer or first."
    return brighter_first == a_is_brighter, decision, (text,)


def decide_a_site(
    sublattices: Sublattices, integrated_intensity: ArrayLike, *, a_site: str | None = None, formula: str | None = None
) -> Sublattices:
    """Decide again which sublattice is A, now from the integrated intensities of the fit.

    Parameters
    ----------
    sublattices
        Columns with their kinds and cages.
    integrated_intensity
        Intensity of each column, in the same order; NaN where unknown.
    a_site
        As for ``assign_sublattices``; the choice made there if None.
    formula
        Composition; that given before if None.

    Returns
    -------
    Sublattices
        With A and B exchanged if the intensities say so, and the new decision. Where the second sublattice was not
        found, it is returned as it is.

    Raises
    ------
    InputError
        If the intensities are not one for each column.
    """
    intensity = np.asarray(integrated_intensity, dtype=float)
    if intensity.shape != sublattices.site.shape:
        raise InputError(f"integrated_intensity must hold {len(sublattices.site)} values; got {intensity.shape}.")
    a, b = sublattices.site == 0, sublattices.site == 1
    if not (a.any() and b.any()):
        return sublattices
    choice = a_site or str(sublattices.decision.get("a_site", "auto"))
    formula = formula or sublattices.decision.get("formula")
    inner = (sublattices.cage >= 0).all(axis=1) & ~sublattices.saturated & ~sublattices.collision
    measured = contrast(sublattices.position_px, intensity, a, b, inner)
    placed = np.flatnonzero(a | b)
    keep, decision, warnings = named_a_site(measured, choice, formula, bool(a[placed[0]]))
    old = tuple(text for text in sublattices.warnings if "is A is ambiguous" not in text)
    decided = dataclasses.replace(
        sublattices,
        contrast=abs(measured.score),
        decision=decision | {"a_site": choice, "intensity": "integrated"},
        warnings=old + warnings,
    )
    return decided if keep else _exchanged(decided)


def _exchanged(sublattices: Sublattices) -> Sublattices:
    """A and B exchanged: the old A, seen from the old B, belong to the cell before."""
    a, b = sublattices.site == 0, sublattices.site == 1
    site, cell = sublattices.site.copy(), sublattices.cell.copy()
    site[a], site[b] = 1, 0
    cell[a] -= 1 if sublattices.zone_axis == "001" else _half_step(sublattices)
    cell[a | b] -= cell[a | b].min(axis=0)
    return dataclasses.replace(sublattices, site=site, cell=cell)


def _half_step(sublattices: Sublattices) -> Ints:
    """Which of the axes is c in [110] view, the longer one."""
    lengths = np.linalg.norm(sublattices.basis_px, axis=1)
    return np.asarray(np.arange(2) == np.argmax(lengths), dtype=np.int64)
