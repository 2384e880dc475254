"""What of a data set a small box is fitted to, and with which resolution.

Units: angstrom, 1/angstrom; values become G_pdf [1/angstrom^2].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, check_in_range, check_positive
from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.forms import check_form, form_line, is_real_space
from entrox.scattering.data.limits import infer_form
from entrox.scattering.data.sample import Sample

__all__ = ["Points", "Resolution", "fitted_points", "resolution_of"]

Floats = NDArray[np.float64]

WEIGHTS = ("uniform", "errors")
MARGIN_ANGSTROM = 1.0
RIPPLES = 6.0


@dataclass(frozen=True)
class Points:
    """Points in the range of a fit.

    Parameters
    ----------
    r, y, weight
        Distances, G_pdf, and weights, shape ``(n,)``.
    used
        Points that are not excluded.
    form
        Form of the data.
    weighted
        Whether the weights are those of errors.
    warnings
        What was clamped.
    """

    r: Floats
    y: Floats
    weight: Floats
    used: NDArray[np.bool_]
    form: str
    weighted: bool
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Resolution:
    """Resolution of the data.

    Parameters
    ----------
    qmax, window
        End of the data in Q and window of the transform.
    fixed
        Qdamp and Qbroad, as first values of the fit.
    """

    qmax: float | None
    window: str
    fixed: dict[str, float]

    def margin(self) -> float:
        """How far beyond the fit the model is needed [angstrom]."""
        return MARGIN_ANGSTROM if self.qmax is None else max(MARGIN_ANGSTROM, RIPPLES * 2.0 * np.pi / self.qmax)


def resolution_of(
    data: CorrelationData, qmax: float | None, qdamp: float | None, qbroad: float | None, window: str
) -> Resolution:
    """Resolution as given, else that of the header of the file."""
    end = _header_number(data, "qmax") if qmax is None else check_positive(qmax, "qmax_per_angstrom", "1/angstrom")
    fixed = {}
    for name, given in (("qdamp", qdamp), ("qbroad", qbroad)):
        value = _header_number(data, name) if given is None else given
        fixed[name] = 0.0 if value is None else check_in_range(value, f"{name}_per_angstrom", low=0.0, high=0.5)
    return Resolution(qmax=end, window=window, fixed=fixed)


def _header_number(data: CorrelationData, name: str) -> float | None:
    text = data.header.get(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise FormatError(
            f"the header says {name} = {text!r}, which is no number.", path=data.source or None
        ) from error


def fitted_points(
    data: CorrelationData,
    form: str | None,
    sample: Sample,
    r_min: float,
    r_max: float,
    excluded: Sequence[tuple[float, float]],
    *,
    weights: str,
) -> Points:
    """Points of the data in the range of the fit, as G_pdf.

    Raises
    ------
    InputError
        If the form is none of r, a range is empty, or errors are asked for and missing or zero.
    """
    known = check_form(form or data.form or infer_form(data, sample).form)
    if not is_real_space(known):
        raise InputError(f"a small box is fitted to a function of r; {known} is one of Q. Convert it first.")
    if not 0.0 <= r_min < r_max:
        raise InputError(f"the range of the fit must rise from >= 0; got {r_min:g} to {r_max:g} angstrom.")
    if weights not in WEIGHTS:
        raise InputError(f"weights must be one of {WEIGHTS}; got {weights!r}.")
    notes = []
    low, high = max(r_min, float(data.x[0])), min(r_max, float(data.x[-1]))
    if (low, high) != (r_min, r_max):
        notes.append(f"the fit range {r_min:g} to {r_max:g} angstrom is clamped to the data, {low:g} to {high:g}")
    inside = (data.x >= low - 1e-9) & (data.x <= high + 1e-9) & (data.x > 0.0)
    if inside.sum() < 2:
        raise InputError(
            f"no data between {r_min:g} and {r_max:g} angstrom; they go from {data.x[0]:g} to {data.x[-1]:g}."
        )
    r = data.x[inside]
    y = convert_correlation(r, data.y[inside], known, "G_pdf", sample)[1]
    used = np.ones(len(r), dtype=bool)
    for start, end in excluded:
        if not start < end:
            raise InputError(f"an excluded range must rise; got {start:g} to {end:g} angstrom.")
        used &= (r < start) | (r > end)
    weight = np.ones(len(r))
    if weights == "errors":
        if data.error is None or not (data.error[inside] > 0.0).all():
            raise InputError("weights='errors' needs an error > 0 at every point; use weights='uniform'.")
        scale = form_line("G_pdf", r, sample)[0] / form_line(known, r, sample)[0]
        weight = 1.0 / (scale * data.error[inside]) ** 2
    return Points(r=r, y=y, weight=weight, used=used, form=known, weighted=weights == "errors", warnings=tuple(notes))
