r"""One correlation function turned into another: on the same points, or from r to Q and back.

.. math:: Q F(Q) = \int D(r) \sin(Qr) \, dr, \qquad D(r) = \frac{2}{\pi} \int Q F(Q) \sin(Qr) \, dQ

Units: angstrom, 1/angstrom, barn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import InputError, check_finite
from entrox.order.sine_transform import sine_transform
from entrox.scattering.data.forms import check_form, form_line, is_real_space
from entrox.scattering.data.sample import Sample

__all__ = ["convert_correlation", "from_base", "to_base"]

Floats = NDArray[np.float64]

STEP = 0.02
"""Step of the points made where none are asked for: angstrom or 1/angstrom."""
LARGEST_R_ANGSTROM = 50.0
LARGEST_Q_PER_ANGSTROM = 40.0
NEARLY_ZERO = 1e-7
BELOW = ("hold", "zero")


def convert_correlation(
    x: ArrayLike,
    y: ArrayLike,
    source: str,
    target: str,
    sample: Sample,
    *,
    x_out: ArrayLike | None = None,
    window: str = "none",
    end: float | None = None,
    below: str = "hold",
) -> tuple[Floats, Floats]:
    """Write a correlation function in another form.

    Parameters
    ----------
    x
        r [angstrom] or Q [1/angstrom], rising, shape ``(n,)``.
    y
        Values in the source form, shape ``(n,)``.
    source, target
        Forms: ``G_keen, D, T, G_pdf, g, R`` of r; ``F, S, QSm1, dcs`` of Q.
    sample
        Composition, density and lengths.
    x_out
        Points of a transform from r to Q or back; by default steps of 0.02 as far as the source's step resolves. On the
        same side the points are those of the source.
    window
        ``"none"`` or ``"lorch"``, on the source, for a transform.
    end
        Upper end of the integral of a transform (Qmax); the last point by default.
    below
        What a transform takes G_keen or F to be below the first point: its first value (``"hold"``), or ``"zero"``.

    Returns
    -------
    x, y
        Points and values in the target form.

    Raises
    ------
    InputError
        If a form is unknown or in barn for x-rays, the points do not rise or are negative, or a form that vanishes at
        zero by definition (D, G_pdf, QSm1, ...) does not.

    Notes
    -----
    At x = 0 such forms say nothing about G_keen or F; their ratio at the next point is taken.

    Examples
    --------
    >>> from entrox.scattering.data.sample import sample_of
    >>> _, g = convert_correlation([1.0, 2.0], [-0.1, 0.0], "G_keen", "g", sample_of("SrTiO3", 0.0839))
    >>> [round(float(value), 3) for value in g]
    [0.433, 1.0]
    """
    check_form(source, "source"), check_form(target, "target")
    points, base = to_base(x, y, source, sample)
    form_line(target, points, sample)
    if is_real_space(source) == is_real_space(target):
        if x_out is not None:
            raise InputError("x_out is for transforms; a form of the same variable keeps the points of the source.")
        return points, from_base(points, base, target, sample)
    if below not in BELOW:
        raise InputError(f"below must be one of {BELOW}; got {below!r}.")
    wanted = _default_points(points, source) if x_out is None else np.atleast_1d(check_finite(x_out, "x_out"))
    if (wanted < 0.0).any():
        raise InputError("x_out must be >= 0.")
    return wanted, from_base(
        wanted, _transform(points, base, source, sample, wanted, window, end, below), target, sample
    )


def to_base(x: ArrayLike, y: ArrayLike, form: str, sample: Sample) -> tuple[Floats, Floats]:
    """Points and the values of G_keen or F (x-rays: g - 1 or S - 1)."""
    points, values = check_finite(x, "x"), check_finite(y, "y")
    if points.ndim != 1 or points.shape != values.shape or len(points) < 2:
        raise InputError(f"x and y must be two lists of one length >= 2; got {points.shape} and {values.shape}.")
    if points[0] < 0.0 or (np.diff(points) <= 0.0).any():
        raise InputError("x must be >= 0 and rise from point to point.")
    factor, constant = form_line(form, points, sample)
    if factor[0] == 0.0:
        if abs(values[0]) > 1e-6 * max(1e-300, float(np.abs(values).max())):
            raise InputError(f"{form} vanishes at x = 0 by definition; got {values[0]:g}.")
        base = np.empty(len(points))
        base[1:] = (values[1:] - constant[1:]) / factor[1:]
        base[0] = base[1]
        return points, base
    return points, (values - constant) / factor


def from_base(x: Floats, base: Floats, form: str, sample: Sample) -> Floats:
    """Values of a form from those of G_keen or F (x-rays: g - 1 or S - 1)."""
    factor, constant = form_line(form, x, sample)
    return np.asarray(factor * base + constant)


def _default_points(points: Floats, source: str) -> Floats:
    """Points up to the frequency that the step of the source resolves."""
    largest = LARGEST_Q_PER_ANGSTROM if is_real_space(source) else LARGEST_R_ANGSTROM
    top = min(np.pi / float(np.max(np.diff(points))), largest)
    return np.asarray(STEP * np.arange(1, max(2, int(top / STEP)) + 1))


def _transform(
    points: Floats,
    base: Floats,
    source: str,
    sample: Sample,
    wanted: Floats,
    window: str,
    end: float | None,
    below: str,
) -> Floats:
    """F at each Q from G_keen, or the reverse."""
    if points[0] > 0.0:
        # The integrand x times base needs points down to zero; they are as far apart as the first two.
        count = max(2, int(np.ceil(points[0] / (points[1] - points[0]))))
        points = np.concatenate([np.linspace(0.0, points[0], count, endpoint=False), points])
        base = np.concatenate([np.full(count, base[0] if below == "hold" else 0.0), base])
    density = 4.0 * np.pi * sample.number_density
    # At zero the sine and its divisor vanish together.
    at = np.maximum(wanted, NEARLY_ZERO)
    out = sine_transform(points, points * base, at, window=window, end=end)
    scale = density if is_real_space(source) else 2.0 / np.pi / density
    return np.asarray(scale * out / at)
