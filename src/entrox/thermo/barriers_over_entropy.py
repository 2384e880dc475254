"""Barriers of several compositions over their configurational entropy, and the law they follow, if any.

Units: R, J/m3, J/m2, eV, K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_finite, quantity
from entrox.thermo.barrier_laws import LAWS, LawFit
from entrox.thermo.barrier_table import BarrierRow
from entrox.thermo.law_comparison import compare_laws
from entrox.thermo.law_prediction import LawPrediction, predict_law
from entrox.thermo.uncertain_barrier import NucleationResult, nucleation_result

__all__ = ["NORMALIZATIONS", "BarrierSeries", "barrier_series"]

Floats = NDArray[np.float64]

NORMALIZATIONS = ("A site", "formula unit", "cation", "atom", "not stated")
LARGE_ERROR = 0.3
"""Above it the distribution of a barrier, which goes as df^-2, is too skew for one standard error."""


@dataclass(frozen=True, kw_only=True)
class BarrierSeries(Result):
    """Barriers over entropy.

    Fits are to the points that have a barrier; the error of the interface energy is common to all of them and moves
    the whole curve, so it is no error of the fit.
    """

    entropy_per: str
    labels: tuple[str, ...]
    s_config_r: Floats = quantity("R", "configurational entropy", axes=("point",))
    barrier_ev: Floats = quantity("eV", "barrier; NaN where there is none", axes=("point",))
    relative_error: Floats = quantity("1", "error of the barrier by that of the driving force", axes=("point",))
    points: tuple[NucleationResult, ...]
    fits: tuple[LawFit, ...]
    law: str
    law_verdict: str
    prediction: LawPrediction | None = None
    warnings: tuple[str, ...] = ()

    @property
    def chosen(self) -> LawFit | None:
        """The fit of the asked law in y, None where it could not be fitted."""
        return next((fit for fit in self.fits if fit.law == self.law and fit.target == "y"), None)


def barrier_series(
    rows: Sequence[BarrierRow],
    temperature_k: float,
    *,
    law: str = "power",
    predict_at_r: Sequence[float] = (),
    entropy_per: str = "not stated",
    rng: np.random.Generator | None = None,
    **options: Any,
) -> BarrierSeries:
    """Barriers of several compositions and their laws over entropy.

    Parameters
    ----------
    rows
        Compositions.
    temperature_k
        Temperature.
    law
        Law whose values at ``predict_at_r`` are given; all laws are fitted and compared.
    predict_at_r
        Entropies [R] at which it is evaluated.
    entropy_per
        Normalization of the entropies, one of :data:`NORMALIZATIONS`.
    rng
        Draws of the errors.
    **options
        As in :func:`~entrox.thermo.uncertain_barrier.nucleation_result`.

    Raises
    ------
    InputError
        If law or normalization are unknown, no line is given, or a value is asked for where the law has none.

    Examples
    --------
    >>> rows = [BarrierRow(s, -1e9 * s) for s in (0.9, 1.2, 1.4, 1.6)]
    >>> found = barrier_series(rows, 300.0, entropy_per="A site")
    >>> found.chosen.parameters.round(3).tolist()
    [104.577, -2.0]
    """
    if law not in LAWS:
        raise InputError(f"law must be one of {', '.join(LAWS)}; got {law!r}.")
    if entropy_per not in NORMALIZATIONS:
        raise InputError(f"entropy_per must be one of {', '.join(NORMALIZATIONS)}; got {entropy_per!r}.")
    if not rows:
        raise InputError("a series needs lines; got none.")
    points = tuple(_point(row, temperature_k, rng, options) for row in rows)
    entropy = check_finite([row.s_config_r for row in rows], "s_config_r")
    heights = np.array([np.nan if point.barrier_ev is None else point.barrier_ev for point in points])
    with np.errstate(divide="ignore"):
        relative = np.array([2.0 * row.df_error_j_per_m3 / abs(row.df_j_per_m3 or np.nan) for row in rows])
    good = np.isfinite(heights)
    weighted = bool(good.any()) and bool((relative[good] > 0.0).all())
    fits, verdict = _laws(entropy[good], heights[good], relative[good] if weighted else None)
    series = BarrierSeries(
        entropy_per=entropy_per,
        labels=tuple(row.label or f"line {number}" for number, row in enumerate(rows, 1)),
        s_config_r=entropy,
        barrier_ev=heights,
        relative_error=relative,
        points=points,
        fits=fits,
        law=law,
        law_verdict=verdict,
        warnings=_warnings(entropy, good, relative, entropy_per, points, weighted=weighted),
    )
    if not predict_at_r:
        return series
    if series.chosen is None:
        raise InputError(f"there is no {law} law to evaluate: {verdict}.")
    prediction = predict_law(series.chosen, predict_at_r)
    return replace(series, prediction=prediction, warnings=(*series.warnings, *_doubts(prediction, law)))


def _point(
    row: BarrierRow, temperature_k: float, rng: np.random.Generator | None, options: dict[str, Any]
) -> NucleationResult:
    own = {} if row.gamma_j_per_m2 is None else {"gamma_j_per_m2": row.gamma_j_per_m2}
    return nucleation_result(
        row.df_j_per_m3, temperature_k, **{**options, **own, "df_error_j_per_m3": row.df_error_j_per_m3, "rng": rng}
    )


def _doubts(prediction: LawPrediction, law: str) -> list[str]:
    """What to doubt in values of a law."""
    doubts = []
    outside = prediction.x[np.asarray(prediction.extrapolated)]
    if len(outside):
        places = ", ".join(f"{place:g}" for place in outside)
        doubts.append(f"extrapolated to {places} R: that the {law} law holds there is an assumption")
    negative = prediction.x[prediction.value <= 0.0]
    if len(negative):
        places = ", ".join(f"{place:g}" for place in negative)
        doubts.append(f"the {law} law gives no positive barrier at {places} R: it does not hold there")
    return doubts


def _laws(entropy: Floats, heights: Floats, relative: Floats | None) -> tuple[tuple[LawFit, ...], str]:
    if (entropy > 0.0).sum() < 2 or len(np.unique(entropy[entropy > 0.0])) < 2:
        return (), "no law: fewer than two compositions with a barrier and an entropy above zero"
    return compare_laws(entropy, heights, relative)


def _warnings(
    entropy: Floats,
    good: NDArray[np.bool_],
    relative: Floats,
    entropy_per: str,
    points: tuple[NucleationResult, ...],
    *,
    weighted: bool,
) -> tuple[str, ...]:
    notes = list(dict.fromkeys(note for point in points for note in point.warnings if "assumed" in note))
    if entropy_per == "not stated":
        notes.append("the normalization of the entropy is not stated: per A site, formula unit, cation or atom?")
    if not good.all():
        notes.append(f"{int((~good).sum())} of {len(good)} compositions have no barrier and are in no fit")
    if (entropy[good] == 0.0).any():
        notes.append("a power law has no value at zero entropy; laws are compared without that point")
    if good.any() and not weighted and (relative[good] > 0.0).any():
        notes.append("some driving forces have no error: the fits weigh all points alike")
    if (relative[good] > LARGE_ERROR).any():
        notes.append(f"errors of barriers above {100 * LARGE_ERROR:g} %: their distributions are skew, fits are rough")
    return tuple(notes)
