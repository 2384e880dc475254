"""All data sets as one short residual: what the data see of the histogram, and chi^2 as a sum of squares of it.

Data that end at Qmax and bins that end at R fix about R Qmax/pi numbers, far fewer than bins or points. The operators
are therefore written in an orthonormal basis of the row space of all of them, found once by a singular value
decomposition; chi^2 is then |P h + q|^2 + constant with as many rows as there are independent numbers. What is left
out is below the rounding of the full operators.

Pure functions of arrays. Units: the residual is in standard errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError
from entrox.scattering.operators.set_operator import SetOperator
from entrox.scattering.operators.two_step import TwoStep, two_step

__all__ = ["CostForm", "OperatorBasis", "cost_form", "data_places", "operator_basis", "solved_scales"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST_SINGULAR_VALUE = 1.0e-14


@dataclass(frozen=True, eq=False)
class OperatorBasis:
    """Basis (rank, histogram) of what the data see, and each weighted operator in it, (points, rank).

    ``constants``, ``ones`` and ``observed`` are m0, 1 and the data divided by the standard errors; points held out are
    left away.
    """

    basis: Floats
    reduced: tuple[Floats, ...]
    constants: tuple[Floats, ...]
    ones: tuple[Floats, ...]
    observed: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class CostForm:
    """chi^2 = |transposed^T h + shift|^2 + constant; ``transposed`` is (padded histogram, rank).

    Moves change nothing before the place ``first`` of the histogram.
    """

    transposed: Floats
    shift: Floats
    constant: float
    first: int = 0

    @cached_property
    def single(self) -> NDArray[np.float32]:
        """``transposed`` in single precision."""
        return self.transposed.astype(np.float32)

    @cached_property
    def norms(self) -> Floats:
        """Length of each row of ``transposed``, shape ``(padded histogram,)``."""
        return np.asarray(np.linalg.norm(self.transposed, axis=1))

    @cached_property
    def short(self) -> TwoStep:
        """``transposed`` in two short steps, in single precision."""
        return two_step(self.transposed, self.first)


def data_places(channels: int, count: int) -> Ints:
    """Places of the data in a histogram padded by one bin on either side of each channel."""
    return (np.arange(channels)[:, None] * (count + 2) + 1 + np.arange(count)).ravel()


def _right_basis(stack: Floats) -> Floats:
    """Orthonormal rows that span those of a matrix up to rounding."""
    if len(stack) > stack.shape[1]:
        triangle = np.linalg.qr(stack, mode="r")
        _, values, rows = np.linalg.svd(triangle, full_matrices=False)
    else:
        frame, upper = np.linalg.qr(stack.T, mode="reduced")
        _, values, short = np.linalg.svd(upper.T, full_matrices=False)
        rows = short @ frame.T
    rank = max(int(np.sum(values > SMALLEST_SINGULAR_VALUE * values[0])), 1)
    return np.ascontiguousarray(rows[:rank])


def operator_basis(operators: tuple[SetOperator, ...], width: int) -> OperatorBasis:
    """Basis of the histogram that all operators see.

    Parameters
    ----------
    operators
        Data sets.
    width
        Channels times bins: columns that every operator must have.

    Raises
    ------
    InputError
        If a weight is not positive, or an operator has another number of columns.
    """
    weighted, constants, ones, observed = [], [], [], []
    for item in operators:
        if item.matrix.shape != (len(item.x), width):
            raise InputError(
                f"operator of data set {item.name!r} must have shape ({len(item.x)}, {width}); got {item.matrix.shape}"
            )
        keep = ~item.held_out
        if not np.all(item.sigma[keep] > 0.0):
            raise InputError(f"sigma of data set {item.name!r} must be > 0 at every fitted point")
        weight = 1.0 / item.sigma[keep]
        weighted.append(weight[:, None] * item.matrix[keep])
        constants.append(weight * item.constant[keep])
        ones.append(weight)
        observed.append(weight * item.observed[keep])
    basis = _right_basis(np.vstack(weighted))
    reduced = tuple(matrix @ basis.T for matrix in weighted)
    return OperatorBasis(basis, reduced, tuple(constants), tuple(ones), tuple(observed))


def cost_form(basis: OperatorBasis, scales: Floats, offsets: Floats, channels: int, first: int = 0) -> CostForm:
    """chi^2 as a sum of squares for given scales and offsets of the data sets; see :class:`CostForm` for ``first``."""
    stack = np.vstack([scale * part for scale, part in zip(scales, basis.reduced, strict=True)])
    fixed = np.concatenate(
        [
            scale * constant + offset * one - observed
            for scale, offset, constant, one, observed in zip(
                scales, offsets, basis.constants, basis.ones, basis.observed, strict=True
            )
        ]
    )
    frame, triangle = np.linalg.qr(stack, mode="reduced")
    shift = frame.T @ fixed
    rest = fixed - frame @ shift
    count = basis.basis.shape[1] // channels
    transposed = np.zeros((channels * (count + 2), len(triangle)))
    transposed[data_places(channels, count)] = (triangle @ basis.basis).T
    return CostForm(transposed, shift, float(rest @ rest), first)


def solved_scales(
    basis: OperatorBasis, operators: tuple[SetOperator, ...], histogram: Floats, scales: Floats, offsets: Floats
) -> tuple[Floats, Floats]:
    """Scales (within their bounds) and offsets of least chi^2 for a histogram, where the data sets ask for them."""
    scales, offsets = scales.copy(), offsets.copy()
    seen = basis.basis @ histogram
    for number, item in enumerate(operators):
        one, observed = basis.ones[number], basis.observed[number]
        shape = basis.reduced[number] @ seen + basis.constants[number]
        if item.fit_scale and item.fit_offset:
            found = np.linalg.lstsq(np.stack([shape, one], axis=1), observed, rcond=None)[0]
            scales[number] = found[0]
        elif item.fit_scale:
            scales[number] = shape @ (observed - offsets[number] * one) / (shape @ shape)
        scales[number] = np.clip(scales[number], item.scale_low, item.scale_high) if item.fit_scale else scales[number]
        if item.fit_offset:
            offsets[number] = one @ (observed - scales[number] * shape) / (one @ one)
    return scales, offsets
