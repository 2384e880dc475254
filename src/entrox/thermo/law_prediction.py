"""A fitted law at other places, and where it is not to be trusted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, Result, check_finite, quantity
from entrox.thermo.barrier_laws import CURVED, LawFit, design_matrix, outer_function

__all__ = ["LawPrediction", "predict_law"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class LawPrediction(Result):
    """A law at other places, with its 95 % interval."""

    x: Floats = quantity("of x", "places", axes=("place",))
    value: Floats = quantity("of y", "the law there", axes=("place",))
    low: Floats | None = quantity("of y", "lower end of the interval of the law", axes=("place",))
    high: Floats | None = quantity("of y", "upper end of the interval of the law", axes=("place",))
    extrapolated: tuple[bool, ...]


def predict_law(fit: LawFit, x: ArrayLike) -> LawPrediction:
    """Evaluate a law, with its interval.

    Parameters
    ----------
    fit
        A fitted law.
    x
        Places, shape ``(n,)``.

    Raises
    ------
    InputError
        If a place lies outside the fitted points and the fit has no spare point, or the law has no form there.
    """
    places = np.atleast_1d(check_finite(x, "x"))
    outside = (places < fit.x.min()) | (places > fit.x.max())
    if outside.any() and (not fit.has_spare_point or fit.law == "monotone"):
        why = "monotone points have no law" if fit.law == "monotone" else "the fit has no spare point"
        raise InputError(
            f"{places[outside][0]:g} lies outside the fitted points, {fit.x.min():g} to {fit.x.max():g}, and {why}: it "
            "is not extrapolated. Give more points."
        )
    if fit.law == "monotone":
        order = np.argsort(fit.x, kind="stable")
        value = np.interp(places, fit.x[order], fit.fitted[order])
        return LawPrediction(x=places, value=value, low=None, high=None, extrapolated=(False,) * len(places))
    if fit.law == "power" and (places <= 0.0).any():
        raise InputError(f"a power law has a value for x > 0 only; got {places.min():g}.")
    design = design_matrix(fit.law, places)
    inner = np.log(fit.parameters[:1]).tolist() + fit.parameters[1:].tolist() if fit.law in CURVED else fit.parameters
    center = design @ np.asarray(inner)
    ends: list[Floats | None] = [None, None]
    if fit.covariance is not None and fit.half_width_factor is not None:
        reach = fit.half_width_factor * np.sqrt(np.einsum("ni,ij,nj->n", design, fit.covariance, design))
        ends = [outer_function(fit.law, center - reach), outer_function(fit.law, center + reach)]
    return LawPrediction(
        x=places, value=outer_function(fit.law, center), low=ends[0], high=ends[1], extrapolated=tuple(outside.tolist())
    )
