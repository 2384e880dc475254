r"""Data sets as linear functions of the histogram of a box: y = scale (M h + m0) + offset.

M is, from the right: normalization 1/v_k, resolution exp(-(r Qdamp)^2/2), transform or termination, form. The order
matters: a diffractometer damps G(r) before the data are cut at Qmax. A box of atoms already moves thermally: no further
width enters. Units: angstrom, 1/angstrom, fm^2 in the histogram, barn in the forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_in_range
from entrox.scattering.data.correlation import to_base
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.fit_range import FitPoints, fit_points, point_errors
from entrox.scattering.data.forms import check_form, form_line, is_real_space
from entrox.scattering.data.hold_out import held_out_points
from entrox.scattering.data.sample import DENSITY_TOLERANCE, Sample, sample_of
from entrox.scattering.data.weights import pair_names
from entrox.scattering.operators.bins import Bins, check_table_radius
from entrox.scattering.operators.operator_matrices import base_matrix
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.operators.termination import convolve_with_box

__all__ = ["build_operator"]

Floats = NDArray[np.float64]

FRACTION_TOLERANCE = 0.002


def build_operator(
    data: CorrelationData,
    bins: Bins,
    sample: Sample,
    *,
    counts: Mapping[str, int],
    volume_angstrom3: float,
    name: str,
    sigma: float | ArrayLike | None = None,
    form: str | None = None,
    measurement: str = "",
    qmax: float | None = None,
    window: str = "none",
    qdamp: float = 0.0,
    box_radius: float | None = None,
    convolve: bool = True,
    x_min: float | None = None,
    x_max: float | None = None,
    channels: str | None = None,
    cell: ArrayLike | None = None,
    hold_out: Sequence[tuple[float, float]] = (),
    scale: float = 1.0,
    offset: float = 0.0,
    fit_scale: bool = False,
    fit_offset: bool = False,
    scale_bounds: tuple[float, float] = (0.5, 1.5),
) -> SetOperator:
    """Operator of one data set.

    Parameters
    ----------
    data
        Points.
    bins
        Bins of the histogram.
    sample
        Lengths or probe, and the composition and density that the data were reduced with.
    counts, volume_angstrom3
        Atoms of each element in the box, and its volume; they normalize the histogram.
    name, measurement
        Name of the set, and of the measurement that it is a transform of.
    sigma
        Standard error of the points: one number, or one per point of the data; those of the data by default.
    form
        Form of the data; that of the data by default.
    qmax, window
        End of the integral that made data of r, with ``"none"`` or ``"lorch"``; x-ray data of r need it. None: as if
        it had no end.
    qdamp
        Damping of G(r) by the resolution [1/angstrom].
    box_radius
        Distance at which the table ends, for the convolution of data of Q; that of the bins by default.
    convolve
        Whether data of Q are convolved with the box function.
    x_min, x_max
        Fitted range.
    channels
        ``"total"`` or ``"pairs"``; by default the total for neutrons and pairs for x-rays.
    cell
        Box vectors; if given, the table must end within half the box.
    hold_out
        Blocks of x that are not fitted (:mod:`entrox.scattering.data.hold_out`).
    scale, offset, fit_scale, fit_offset, scale_bounds
        As in :class:`SetOperator`.

    Raises
    ------
    InputError
        If composition or density of box and sample differ, the form is unknown or in barn for x-rays, a range does not
        fit the table, the table the box, or an option the set.
    """
    known = check_form(form or data.form)
    real = is_real_space(known)
    if cell is not None:
        check_table_radius(bins, cell)
    boxed = _boxed_sample(sample, counts, volume_angstrom3)
    split = _split(channels, boxed)
    if real and boxed.probe == "xray" and qmax is None:
        raise InputError(f"{name}: x-ray data of r need qmax, as their weights depend on Q.")
    if not real and (qmax is not None or window != "none"):
        raise InputError(f"{name}: qmax and window are for data of r; cut data of Q by x_max.")
    radius = bins.radius_angstrom if box_radius is None else float(box_radius)
    points = fit_points(data, bins, real=real, qmax=qmax, x_min=x_min, x_max=x_max, edge=_edge(real, convolve, radius))
    x = data.x[points.chosen]
    damping = np.exp(-0.5 * (bins.centers_angstrom * check_in_range(qdamp, "qdamp", low=0.0)) ** 2)
    matrix, constant = base_matrix(
        x,
        bins,
        boxed,
        sum(counts.values()),
        real=real,
        qmax=qmax,
        window=window,
        damping=damping,
        split=split,
    )
    factor, shift = form_line(known, x, boxed)
    return SetOperator(
        name=name,
        form=known,
        measurement=measurement,
        channels=pair_names(boxed) if split else ("total",),
        x=x,
        observed=_observed(data, known, sample, points, convolve and not real, radius),
        sigma=point_errors(sigma, data, points.chosen, name),
        held_out=held_out_points(
            x,
            hold_out,
            radius_angstrom=None if real else radius,
            qmax_per_angstrom=_qmax_of_blocks(qmax, name) if real and hold_out else None,
        ),
        matrix=factor[:, None] * matrix,
        constant=factor * constant + shift,
        scale=check_in_range(scale, "scale", low=scale_bounds[0], high=scale_bounds[1]),
        offset=offset,
        fit_scale=fit_scale,
        fit_offset=fit_offset,
        scale_low=scale_bounds[0],
        scale_high=scale_bounds[1],
        warnings=points.warnings,
    )


def _edge(real: bool, convolve: bool, radius: float) -> float:
    """Width of the end of the data that the box convolution can spoil."""
    return 0.0 if real or not convolve else 2.0 * np.pi / radius


def _qmax_of_blocks(qmax: float | None, name: str) -> float:
    if qmax is None:
        raise InputError(f"{name}: held-out blocks of r need qmax, which says how wide they must be.")
    return qmax


def _boxed_sample(sample: Sample, counts: Mapping[str, int], volume: float) -> Sample:
    """The sample with the composition and density of the box, if they agree."""
    total = sum(counts.values())
    own = {name: count / total for name, count in counts.items() if count > 0}
    names = sorted({*own, *sample.fractions})
    apart = [n for n in names if abs(own.get(n, 0.0) - sample.fractions.get(n, 0.0)) > FRACTION_TOLERANCE]
    if apart or set(own) != set(sample.fractions):
        text = ", ".join(f"{n}: box {own.get(n, 0.0):.4f}, sample {sample.fractions.get(n, 0.0):.4f}" for n in names)
        raise InputError(f"the composition of the box differs from that of the sample ({text}).")
    density = total / volume
    if abs(density / sample.number_density - 1.0) > DENSITY_TOLERANCE:
        raise InputError(
            f"the box has {density:.5f} atoms per cubic angstrom, the sample {sample.number_density:.5f}: more than "
            f"{100 * DENSITY_TOLERANCE:g} % apart."
        )
    if sample.probe == "xray":
        return sample_of(own, density, probe="xray")
    return Sample(
        fractions=dict(sorted(own.items())),
        number_density=density,
        lengths_fm=sample.lengths_fm,
        table=sample.table,
    )


def _split(channels: str | None, sample: Sample) -> bool:
    """Whether the histogram is one per pair."""
    if channels not in (None, "total", "pairs"):
        raise InputError(f"channels must be 'total' or 'pairs'; got {channels!r}.")
    if channels == "total" and sample.probe == "xray":
        raise InputError("x-ray weights depend on Q: the histogram must be one per pair (channels='pairs').")
    return channels == "pairs" or sample.probe == "xray"


def _observed(
    data: CorrelationData, form: str, sample: Sample, points: FitPoints, convolve: bool, radius: float
) -> Floats:
    """Data in their form, convolved with the box if asked for."""
    if not convolve:
        return np.asarray(data.y[points.chosen])
    x, base = to_base(data.x, data.y, form, sample)
    convolved = convolve_with_box(x, base, radius, q_out=x[points.chosen])
    factor, shift = form_line(form, x[points.chosen], sample)
    return np.asarray(factor * convolved + shift)
