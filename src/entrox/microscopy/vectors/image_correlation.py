r"""How far vectors of an image are alike: C(R) = <d . d'> / <|d|^2>, with the noise taken off.

Noise is taken off at R = 0 and wherever vectors have noise in common: shared columns, row jitter, filters. There is no
C where the mean square does not exceed three of its errors: normalized noise would have a length, too. Lengths in px.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.microscopy.vectors.displacement_map import DisplacementMap
from entrox.microscopy.vectors.noise_products import noise_products
from entrox.order.correlation.correlation import Correlation, correlation

__all__ = ["ImageCorrelation", "image_correlation"]

Floats = NDArray[np.float64]

LEAST_ERRORS = 3.0
"""Errors that the mean square must exceed."""


@dataclass(frozen=True, kw_only=True)
class ImageCorrelation(Result):
    """Correlation averaged over rings one cell wide, and two lengths of it.

    ``length_px`` is the decay length of the fit A exp(-r / length); ``one_over_e_px`` is where C itself falls below
    1/e, interpolated. Either is None where there is none.
    """

    distance_px: Floats = quantity("px", "mean distance of the ring", axes=("ring",))
    values: Floats = quantity("1", "C of the ring", axes=("ring",))
    errors: Floats = quantity("1", "standard error of C", axes=("ring",))
    length_px: float | None = quantity("px", "decay length of the fit")
    length_error_px: float | None = quantity("px", "standard error of the decay length")
    one_over_e_px: float | None = quantity("px", "distance at which C falls below 1/e")
    nearest_neighbor: float = quantity("1", "mean C of nearest neighbors")
    limited_by_image: bool
    mean_square_px2: float = quantity("px^2", "mean square length without noise")
    connected: bool
    scale_pm: float | None = quantity("pm/px", "edge of a pixel", default=None)
    warnings: tuple[str, ...] = ()


def image_correlation(vectors: DisplacementMap, *, connected: bool = False) -> ImageCorrelation | None:
    """Correlation of the good vectors.

    Parameters
    ----------
    vectors
        Displacements, with what neighbors share, and row jitter where it is known.
    connected
        Whether the mean vector is taken out first: a uniform field is otherwise correlated without end.

    Returns
    -------
    ImageCorrelation or None
        None where <|d|^2> without noise is no more than three of its errors.

    Raises
    ------
    InputError
        If no vector is good.
    """
    grid = vectors.on_grid(vectors.vector_px)
    covariance = vectors.on_grid(vectors.noise_covariance_px2)
    products = noise_products(vectors)
    if not _exceeds_noise(grid, covariance, products, connected):
        return None
    try:
        found = correlation(
            grid, connected=connected, axes=vectors.axes, periodic=False, lattice_angstrom=vectors.period_px,
            noise_covariance=covariance, noise_products=products,
        )  # fmt: skip
    except InputError:
        # with the mean taken out, nothing may be left
        return None
    return ImageCorrelation(
        distance_px=found.shell_angstrom, values=found.shell_values, errors=found.shell_errors,
        length_px=found.correlation_length_angstrom, length_error_px=found.correlation_length_error_angstrom,
        one_over_e_px=_one_over_e(found), nearest_neighbor=found.nearest_neighbor,
        limited_by_image=found.limited_by_box, mean_square_px2=found.mean_square, connected=connected,
        scale_pm=vectors.scale_pm, warnings=tuple(w.replace("box", "image") for w in found.warnings),
    )  # fmt: skip


def _exceeds_noise(
    grid: Floats, covariance: Floats, products: Mapping[tuple[int, ...], float], connected: bool
) -> bool:
    """Whether the mean square is more than noise: three errors, with the correlation of the noise in the error.

    Squared lengths of vectors whose noise has the correlation c are correlated by c^2.
    """
    used = np.isfinite(grid[..., 0])
    d, traces = grid[used], np.trace(covariance, axis1=2, axis2=3)[used]
    excess = ((d - d.mean(axis=0)) ** 2 if connected else d**2).sum(axis=1) - traces
    if len(d) < 2:
        return False
    volume = 1.0
    for offset, product in products.items():
        overlap = np.prod(np.maximum(1.0 - np.abs(offset) / np.array(used.shape), 0.0))
        volume += 2.0 * float(overlap) * min(product / float(traces.mean()), 1.0) ** 2
    return bool(excess.mean() > LEAST_ERRORS * excess.std(ddof=1) * np.sqrt(volume / len(d)))


def _one_over_e(found: Correlation) -> float | None:
    """First distance at which C is 1/e, by straight lines between the rings."""
    level = float(np.exp(-1.0))
    below = found.shell_values < level
    if not below.any() or below[0]:
        return None
    k = int(below.argmax())
    r, c = found.shell_angstrom, found.shell_values
    return float(r[k - 1] + (c[k - 1] - level) / (c[k - 1] - c[k]) * (r[k] - r[k - 1]))
