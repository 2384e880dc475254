"""Bins of distance and operators of the data sets of some settings.

Units: angstrom, 1/angstrom; data as their form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.scattering.data.correlation import convert_correlation
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.fit_range import LEAST_MARGIN_ANGSTROM, RIPPLES_OF_MARGIN
from entrox.scattering.data.forms import check_form, is_real_space
from entrox.scattering.data.hold_out import check_hold_out
from entrox.scattering.data.independent_data import independent_data
from entrox.scattering.data.sample import Sample
from entrox.scattering.operators.bins import Bins
from entrox.scattering.operators.build import build_operator
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.setup.rmc_settings import DataTable, RmcSettings
from entrox.scattering.setup.site_box import StartBox

__all__ = ["bins_of_settings", "independent_numbers", "operators_of_settings"]

Floats = NDArray[np.float64]

RADIUS_WITHOUT_DATA_ANGSTROM = 5.0
DEFAULT_RADIUS_ANGSTROM = 20.0
"""End of the table where no set says how far it is fitted: the cost of a move rises with its cube."""


def _half_width(start: StartBox) -> float:
    """Half of the shortest width of the box across two faces [angstrom]."""
    return 0.5 / float(np.linalg.norm(np.linalg.inv(np.asarray(start.atoms.cell)), axis=0).max())


def bins_of_settings(
    settings: RmcSettings, data: Sequence[CorrelationData], start: StartBox
) -> tuple[Bins, tuple[str, ...]]:
    """Bins as far as asked for, as the data need, or as the box allows."""
    step, half = settings.bins.step_angstrom, _half_width(start)
    most = int(half / step - 0.5 + 1e-9)
    if most < 2:
        raise InputError(f"bins.step_angstrom {step:g} is too wide for a box of half width {half:.3f} angstrom.")
    wanted = [settings.bins.radius_angstrom] if settings.bins.radius_angstrom is not None else []
    open_end = not wanted
    for item, found in zip(settings.data, data, strict=True):
        if not is_real_space(check_form(found.form)) or item.r_max_angstrom is None:
            continue
        open_end = False
        end = min(item.r_max_angstrom, float(found.x[-1]))
        needed = end + _margin(item)
        if needed > (most + 0.5) * step + 1e-9:
            raise InputError(
                f"{item.label}: r_max_angstrom {end:g} needs a table to R = {needed:.4g} angstrom, but half the "
                f"shortest width of the box is {half:.4g}: the largest r_max_angstrom is "
                f"{(most + 0.5) * step - _margin(item):.4g}. Fit less, or take more cells."
            )
        wanted.append(needed)
    if settings.bins.radius_angstrom is not None and settings.bins.radius_angstrom > half + 1e-9:
        raise InputError(
            f"bins.radius_angstrom {settings.bins.radius_angstrom:g} exceeds half the shortest width of the box; the "
            f"largest is {half:.4g}."
        )
    default = DEFAULT_RADIUS_ANGSTROM if settings.data else RADIUS_WITHOUT_DATA_ANGSTROM
    radius = min(default, half) if open_end else max(wanted)
    count = min(max(int(np.ceil(radius / step - 0.5 - 1e-9)), 2), most)
    note = (f"bins end at {(count + 0.5) * step:.4g} angstrom, as no r_max_angstrom is given",) if open_end else ()
    return Bins(step, count), note if settings.data else ()


def _margin(item: DataTable) -> float:
    """Distance between the end of the fit and that of the table [angstrom]: termination reaches so far."""
    if item.qmax_per_angstrom is None:
        return 0.0
    return max(LEAST_MARGIN_ANGSTROM, RIPPLES_OF_MARGIN * 2.0 * np.pi / item.qmax_per_angstrom)


def operators_of_settings(
    settings: RmcSettings,
    data: Sequence[CorrelationData],
    samples: dict[str, Sample],
    bins: Bins,
    start: StartBox,
) -> tuple[SetOperator, ...]:
    """Operators of all data sets, with the same channels; pairs of elements as soon as one set is of x-rays."""
    channels = "pairs" if "xray" in samples else None
    operators = tuple(
        _operator(item, found, samples[item.probe], bins, start, channels)
        for item, found in zip(settings.data, data, strict=True)
    )
    check_hold_out(operators, [item.label for item in settings.data if item.recomputed])
    return operators


def _operator(
    item: DataTable, data: CorrelationData, sample: Sample, bins: Bins, start: StartBox, channels: str | None
) -> SetOperator:
    """Operator of one set in the form that is fitted."""
    own = check_form(data.form)
    real = is_real_space(own)
    _check_range_keys(item, real)
    data = _shifted(item, data)
    if item.fit_form is not None and item.fit_form != own:
        if is_real_space(check_form(item.fit_form, "fit_form")) != real:
            raise InputError(f"{item.label}: fit_form {item.fit_form} must be of the same variable as {own}.")
        if item.sigma is None:
            raise InputError(f"{item.label}: give sigma in the form {item.fit_form} that is fitted.")
        x, y = convert_correlation(data.x, data.y, own, item.fit_form, sample)
        data = replace(data, x=x, y=y, error=None, form=item.fit_form)
    operator = build_operator(
        data, bins, sample,
        counts=start.counts, volume_angstrom3=float(start.atoms.get_volume()), cell=np.asarray(start.atoms.cell),
        name=item.label, measurement=item.measurement, sigma=item.sigma, form=data.form, channels=channels,
        qmax=item.qmax_per_angstrom if real else None, window=item.window, qdamp=item.qdamp_per_angstrom,
        convolve=item.convolve,
        x_min=item.r_min_angstrom if real else item.q_min_per_angstrom,
        x_max=item.r_max_angstrom if real else item.q_max_per_angstrom,
        hold_out=item.hold_out, scale=item.scale, offset=item.offset, fit_scale=item.fit_scale,
        fit_offset=item.fit_offset, scale_bounds=(item.scale_low, item.scale_high),
    )  # fmt: skip
    return _without(operator, item.exclude)


def _check_range_keys(item: DataTable, real: bool) -> None:
    """Refuse a range in the unit of the other variable: it would be ignored."""
    other = ("q_min_per_angstrom", "q_max_per_angstrom") if real else ("r_min_angstrom", "r_max_angstrom")
    if not real and item.qmax_per_angstrom is not None:
        raise InputError(f"{item.label}: qmax_per_angstrom belongs to data of r; give q_max_per_angstrom.")
    given = [name for name in other if getattr(item, name) is not None]
    given += ["r_offset_angstrom"] if not real and item.r_offset_angstrom else []
    if given:
        raise InputError(f"{item.label} is a function of {'r' if real else 'Q'}; it has no {' and '.join(given)}.")


def _shifted(item: DataTable, data: CorrelationData) -> CorrelationData:
    """Data with other labels of r; points that would lie at or below zero are left out."""
    if not item.r_offset_angstrom:
        return data
    x = data.x + item.r_offset_angstrom
    keep = x > 0.0
    error = None if data.error is None else data.error[keep]
    return replace(data, x=x[keep], y=data.y[keep], error=error)


def _without(operator: SetOperator, ranges: Sequence[tuple[float, float]]) -> SetOperator:
    """The operator without the points of some ranges."""
    keep = np.ones(len(operator.x), dtype=bool)
    for low, high in ranges:
        keep &= (operator.x < low) | (operator.x > high)
    if keep.all():
        return operator
    if not (keep & ~operator.held_out).any():
        raise InputError(f"{operator.name}: exclude leaves no point to fit.")
    return replace(
        operator, x=operator.x[keep], observed=operator.observed[keep], sigma=operator.sigma[keep],
        held_out=operator.held_out[keep], matrix=operator.matrix[keep], constant=operator.constant[keep],
    )  # fmt: skip


def independent_numbers(settings: RmcSettings, operators: Sequence[SetOperator], bins: Bins) -> float | None:
    """Independent numbers of all measurements together; transforms of one measurement count once."""
    ends: dict[str, tuple[float, float]] = {}
    for item, operator in zip(settings.data, operators, strict=True):
        real = is_real_space(operator.form)
        radius = float(operator.x[-1]) if real else bins.radius_angstrom
        if not real:
            qmax = float(operator.x[-1])
        elif item.qmax_per_angstrom is not None:
            qmax = item.qmax_per_angstrom
        else:  # not finer than its points
            qmax = float(np.pi / np.diff(operator.x).min()) if len(operator.x) > 1 else float(np.pi)
        before = ends.get(operator.measurement, (0.0, 0.0))
        ends[operator.measurement] = (max(before[0], radius), max(before[1], qmax))
    return sum(independent_data(radius, qmax) for radius, qmax in ends.values()) if ends else None
