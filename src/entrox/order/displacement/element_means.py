r"""Two averages of the displacements of each element, which are not the same number.

.. math:: \text{total average ionic displacement} = |\langle d \rangle|, \qquad
          \text{mean modulus} = \langle |d| \rangle

The first falls to 0 in a sample of many domains or a cubic one; the second never does: thermal noise of spread s per
component alone gives s sqrt(8/pi). Lengths in angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.core.blocking import block_average
from entrox.order.displacement.displacement import Displacements

__all__ = ["ElementMeans", "element_means"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class ElementMeans(Result):
    """Mean displacements by element, with time errors from blocking; without errors for a single row of time."""

    elements: tuple[str, ...]
    count: Ints = quantity("1", "cations counted", axes=("element",))
    mean_vector_angstrom: Floats = quantity("angstrom", "mean displacement", axes=("element", "component"))
    mean_vector_error_angstrom: Floats | None = quantity(
        "angstrom", "standard error of the mean displacement", axes=("element", "component")
    )
    taid_angstrom: Floats = quantity("angstrom", "total average ionic displacement", axes=("element",))
    taid_error_angstrom: Floats | None = quantity(
        "angstrom", "standard error of the total average ionic displacement", axes=("element",)
    )
    mean_modulus_angstrom: Floats = quantity("angstrom", "mean length of the displacements", axes=("element",))
    mean_modulus_error_angstrom: Floats | None = quantity(
        "angstrom", "standard error of the mean length", axes=("element",)
    )
    converged: bool
    warnings: tuple[str, ...] = ()


def element_means(d: Displacements) -> ElementMeans:
    """Mean displacement, its length and the mean length, for each element of a site.

    Parameters
    ----------
    d
        Displacements; cells with NaN in any row are left out.

    Returns
    -------
    ElementMeans
        Elements in alphabetical order. ``converged`` is false where a time series is too short for a plateau of the
        block error (and then the errors are lower bounds), also for a single row.

    Raises
    ------
    InputError
        If no cell has a displacement.
    """
    valid = d.valid
    symbols = np.array(d.elements)
    elements = tuple(sorted({str(s) for s in symbols[valid]}))
    if not elements:
        raise InputError(
            f"no {d.site} cation has a complete cage: allow vacancies in fit_lattice, or choose the other site."
        )
    rows = [_one_element(d.vectors_angstrom[:, valid & (symbols == name)]) for name in elements]
    single = len(d.vectors_angstrom) == 1
    columns = list(zip(*rows, strict=True))
    vector, vector_error, taid, taid_error, modulus, modulus_error = (np.array(c, dtype=float) for c in columns[:6])
    converged = all(columns[6])
    left_out = int((~valid & (symbols != "")).sum())
    remarks = [f"masked: {left_out} {d.site} cations without a complete cage are left out"] if left_out else []
    if not converged:
        remarks.append(
            "not_converged: one frame, no time errors" if single else "not_converged: errors are lower bounds"
        )
    return ElementMeans(
        elements=elements,
        count=np.array([int((valid & (symbols == name)).sum()) for name in elements]),
        mean_vector_angstrom=vector,
        mean_vector_error_angstrom=None if single else vector_error,
        taid_angstrom=taid,
        taid_error_angstrom=None if single else taid_error,
        mean_modulus_angstrom=modulus,
        mean_modulus_error_angstrom=None if single else modulus_error,
        converged=converged,
        warnings=(*d.warnings, *remarks),
    )


def _one_element(
    vectors: Floats,
) -> tuple[Floats, list[float | None], float, float | None, float, float | None, bool]:
    """Means and errors of the cations of one element, shape ``(row, cation, 3)``."""
    series = vectors.mean(axis=1)
    mean = series.mean(axis=0)
    taid = float(np.linalg.norm(mean))
    # to first order only the fluctuation along the mean changes its length
    along = series @ (mean / taid) if taid > 0.0 else np.linalg.norm(series, axis=1)
    lengths = np.linalg.norm(vectors, axis=2).mean(axis=1)
    components = [block_average(series[:, k]) for k in range(3)]
    projected, modulus = block_average(along), block_average(lengths)
    converged = all(item.converged for item in (*components, projected, modulus))
    errors = [item.error for item in components]
    return mean, errors, taid, projected.error, float(lengths.mean()), modulus.error, converged
