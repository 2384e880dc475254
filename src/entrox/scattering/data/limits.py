r"""The limits that a correlation function must reach, and the form that they betray.

Every form says what G_keen(r) or F(Q) it stands for. Below the shortest distance G_keen must be -<b>^2, far away zero;
F starts between the Bragg peaks near -<b^2>, never lies below it, and ends at zero. A wrong form fails one of these.
Values in barn; for x-rays g - 1 and S - 1 take their place, and <b>^2 is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_positive, quantity
from entrox.scattering.data.correlation_data import REAL_SPACE_FORMS, RECIPROCAL_SPACE_FORMS, CorrelationData
from entrox.scattering.data.forms import XRAY_FORMS, check_form, form_line, is_real_space
from entrox.scattering.data.sample import Sample

__all__ = ["InferredForm", "Limit", "check_limits", "infer_form", "limits_of", "plateau_not_applicable", "plateau_of"]

Floats = NDArray[np.float64]

PLATEAU_SHARE = 0.8
"""The plateau is looked at below this part of the shortest distance."""
SHORTEST_ANGSTROM = 1.9
LOW_Q_PER_ANGSTROM = 1.5
"""Below it, crystals of oxides have no strong Bragg peaks."""
TAIL_SHARE = 0.2
FEWEST_POINTS = 5
SCALE_BAND = (0.5, 1.6)
"""Ratio to the expected limit within which a form is recognized: the scale of measured data may be off."""
FLATNESS = 0.6
STEEP = 1.2
"""Change over the plateau, in parts of it, up to which it counts as one; STEEP for the forms that start at zero."""
STARTING_AT_ZERO = ("D", "T", "G_pdf", "R")
TAIL_BAND = 0.3
FLOOR_TOLERANCE = 0.02
PLATEAU_ERROR = 0.05


@dataclass(frozen=True, kw_only=True)
class Limit(Result):
    """One limit of a function read as one form."""

    form: str
    name: str
    found: float = quantity("barn (x-rays: 1)", "value found")
    expected: float = quantity("barn (x-rays: 1)", "value expected")
    low: float = quantity("barn (x-rays: 1)", "lowest value at which the form is recognized")
    high: float = quantity("barn (x-rays: 1)", "highest value at which the form is recognized")

    @property
    def met(self) -> bool:
        """Whether the value is in the band."""
        return bool(self.low <= self.found <= self.high)

    def __str__(self) -> str:
        """One line of the table."""
        verdict = "met" if self.met else "not met"
        return (
            f"{self.form}: {self.name} {self.found:.4g}, expected {self.expected:.4g} "
            f"({self.low:.4g} to {self.high:.4g}): {verdict}"
        )


@dataclass(frozen=True, kw_only=True)
class InferredForm(Result):
    """The one form whose limits are met, and the limits of all forms tried."""

    form: str
    limits: tuple[Limit, ...]


def plateau_of(data: CorrelationData, form: str, sample: Sample, shortest_angstrom: float) -> tuple[float, float]:
    """G_keen below 0.8 of the shortest distance, and its change over that range, both as the form implies [barn].

    Raises
    ------
    InputError
        If fewer than five points lie there.
    """
    end = PLATEAU_SHARE * check_positive(shortest_angstrom, "shortest_angstrom", "angstrom")
    low = (data.x > 0.0) & (data.x < end)
    if low.sum() < FEWEST_POINTS:
        raise InputError(
            f"the plateau needs {FEWEST_POINTS} points below {end:g} angstrom; the data have {int(low.sum())}."
        )
    x = data.x[low]
    factor, constant = form_line(form, x, sample)
    rest = data.y[low] - constant
    # Truncation ripples are as high as the plateau; under a smooth weight they average out.
    weight = np.sin(np.pi * x / end)
    level = float((weight**2 * factor) @ rest / ((weight * factor) @ (weight * factor)))
    design = weight[:, None] * np.stack([factor, factor * x], axis=1)
    slope = float(np.linalg.lstsq(design, weight * rest, rcond=None)[0][1])
    return level, slope * end


def _level(x: Floats, y: Floats, form: str, sample: Sample) -> float:
    """Mean of G_keen or F, weighted as the form sees it."""
    factor, constant = form_line(form, x, sample)
    return float(factor @ (y - constant) / (factor @ factor))


def limits_of(
    data: CorrelationData, form: str, sample: Sample, *, shortest_angstrom: float = SHORTEST_ANGSTROM
) -> tuple[Limit, ...]:
    """Limits of the data read as a form.

    Parameters
    ----------
    data
        Points; their own form is not looked at.
    form
        Form to try.
    sample
        Composition, density and lengths.
    shortest_angstrom
        Shortest distance of two atoms.
    """
    check_form(form)
    tail = data.x >= data.x[-1] - TAIL_SHARE * (data.x[-1] - data.x[0])
    end = _level(data.x[tail], data.y[tail], form, sample)
    if is_real_space(form):
        coherent = 1.0 if sample.probe == "xray" else sample.mean_length_squared
        level, change = plateau_of(data, form, sample, shortest_angstrom)
        band = SCALE_BAND[1] * coherent, SCALE_BAND[0] * coherent
        margin = TAIL_BAND * coherent
        # G_keen read as a form that starts at zero rises; ripples and the foot of the first peak make it fall.
        starts_at_zero = form in STARTING_AT_ZERO
        rise, fall = (STEEP * coherent, np.inf) if starts_at_zero else (FLATNESS * coherent, FLATNESS * coherent)
        return (
            Limit(form=form, name="plateau", found=level, expected=-coherent, low=-band[0], high=-band[1]),
            Limit(form=form, name="change over it", found=change, expected=0.0, low=-fall, high=rise),
            Limit(form=form, name="mean of the far end", found=end, expected=0.0, low=-margin, high=margin),
        )
    squared = _self_scattering(sample, data.x)
    margin, floor = TAIL_BAND * float(squared[tail].mean()), (1.0 + FLOOR_TOLERANCE) * float(squared.max())
    positive = data.x > 0.0
    factor, constant = form_line(form, data.x[positive], sample)
    least = float(((data.y[positive] - constant) / factor).min())
    found = [
        Limit(form=form, name="mean of the far end", found=end, expected=0.0, low=-margin, high=margin),
        Limit(form=form, name="least F", found=least, expected=-float(squared.max()), low=-floor, high=np.inf),
    ]
    low = positive & (data.x < LOW_Q_PER_ANGSTROM)
    if low.sum() >= FEWEST_POINTS:
        start, expected = _level(data.x[low], data.y[low], form, sample), -float(squared[low].mean())
        band = SCALE_BAND[1] * expected, SCALE_BAND[0] * expected
        found.append(
            Limit(form=form, name="mean of F at low Q", found=start, expected=expected, low=band[0], high=band[1])
        )
    return tuple(found)


def _self_scattering(sample: Sample, q: Floats) -> Floats:
    """<b^2> [barn], or <f^2>/<f>^2, at each Q."""
    if sample.probe != "xray":
        return np.full(len(q), sample.mean_squared_length)
    fractions = np.array([sample.fractions[name] for name in sorted(sample.fractions)])
    factors = sample.scattering(q)
    return np.asarray((fractions @ factors**2) / (fractions @ factors) ** 2)


def plateau_not_applicable(data: CorrelationData) -> str | None:
    """Why the low-r slope of the data tells nothing about the scale; None if it does."""
    if "rpoly" in data.header:
        order = data.header["rpoly"]
        return f"the low-r slope was removed by the polynomial correction of the reduction (rpoly = {order})"
    return None


def _forms_to_try(data: CorrelationData, sample: Sample) -> tuple[str, ...]:
    """Forms of the space that the ending of the file names; all if it names none."""
    ending = data.source.rpartition(".")[2].lower()
    forms: tuple[str, ...] = REAL_SPACE_FORMS + RECIPROCAL_SPACE_FORMS
    if ending in ("gr", "pdf", "rdf", "dofr", "gofr"):
        forms = REAL_SPACE_FORMS
    elif ending in ("sq", "fq", "soq"):
        forms = RECIPROCAL_SPACE_FORMS
    return tuple(form for form in forms if sample.probe != "xray" or form in XRAY_FORMS)


def infer_form(data: CorrelationData, sample: Sample, *, shortest_angstrom: float = SHORTEST_ANGSTROM) -> InferredForm:
    """Form of the data from its limits; a title is no evidence, the ending of the file only tells r from Q.

    Parameters
    ----------
    data
        Points.
    sample
        Composition, density and lengths.
    shortest_angstrom
        Shortest distance of two atoms.

    Returns
    -------
    InferredForm
        The form, and the limits of all forms tried.

    Raises
    ------
    InputError
        If the limits of no form, or of several, are met; with the table of limits found and expected.
    """
    tried: list[Limit] = []
    matching = []
    for form in _forms_to_try(data, sample):
        if is_real_space(form) and (data.x < PLATEAU_SHARE * shortest_angstrom).sum() < FEWEST_POINTS:
            continue
        limits = limits_of(data, form, sample, shortest_angstrom=shortest_angstrom)
        tried.extend(limits)
        if all(limit.met for limit in limits):
            matching.append(form)
    if len(matching) != 1:
        what = "match no form" if not matching else f"match the forms {', '.join(matching)} alike"
        table = "\n".join(f"  {limit}" for limit in tried)
        raise InputError(f"the limits of {data.source or 'the data'} {what}; give the form.\n{table}")
    return InferredForm(form=matching[0], limits=tuple(tried))


def check_limits(
    data: CorrelationData,
    sample: Sample,
    *,
    form: str | None = None,
    shortest_angstrom: float = SHORTEST_ANGSTROM,
    scale_free: bool = False,
) -> tuple[tuple[Limit, ...], tuple[str, ...]]:
    """Limits of data of a known form, and warnings about them.

    Parameters
    ----------
    data
        Points.
    sample
        Composition, density and lengths.
    form
        Form; that of the data by default.
    shortest_angstrom
        Shortest distance of two atoms.
    scale_free
        Whether the scale is fitted: then a wrong limit is a warning.

    Raises
    ------
    InputError
        If the form is unknown; unless the scale is free, if the plateau is off by more than 5 %, F lies below -<b^2>,
        or S does not go to one.
    """
    known = check_form(form or data.form)
    reason = plateau_not_applicable(data) if is_real_space(known) else None
    if reason is not None:
        return (), (f"plateau check not applicable: {reason}",)
    limits = limits_of(data, known, sample, shortest_angstrom=shortest_angstrom)
    faults = [str(limit) for limit in limits if not limit.met]
    if is_real_space(known) and abs(limits[0].found / limits[0].expected - 1.0) > PLATEAU_ERROR:
        ratio = limits[0].found / limits[0].expected
        faults.append(f"plateau {limits[0].found:.4g} is {ratio:.3f} of the expected {limits[0].expected:.4g}")
    if faults and not scale_free:
        raise InputError(
            f"{data.source or 'the data'} as {known} against the formula: {'; '.join(faults)}. Check form, composition "
            "and density, or fit the scale."
        )
    return limits, tuple(faults)
