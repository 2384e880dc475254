"""Result of the fit of all columns of an image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["FLAGS", "ColumnFit"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FLAGS = ("ok", "bound", "edge", "collision", "not_converged", "saturated", "masked")
"""Words for the numbers in ``flag``."""


@dataclass(frozen=True, kw_only=True)
class ColumnFit(Result):
    """Fitted columns, one row for each column of the sublattices, in the same order.

    Covariances hold for the noise of the image, including its correlation (already multiplied). ``cage_covariance`` is
    the full block of a cation (first) and its cage members in the order of ``Sublattices.cage``; NaN where the cage is
    incomplete. All in px, x right and y down. A flagged column keeps its numbers; only ``masked`` ones are NaN.
    Widths are those of a Gaussian taken at the centers of the pixels: they include the 1/12 px^2 that the integration
    over a pixel adds. Dark columns have positive amplitudes and are subtracted from the background.
    """

    position_px: Floats = quantity("px", "position", axes=("column", "component"))
    covariance_px2: Floats = quantity("px^2", "covariance of the position", axes=("column", "component", "other"))
    cage_covariance_px2: Floats = quantity(
        "px^2", "covariance of a cation and its cage", axes=("column", "member", "other_member", "component", "other")
    )
    amplitude: Floats = quantity("counts", "height of the peak", axes=("column",))
    width_px: Floats = quantity("px", "sigma along the two principal axes, larger first", axes=("column", "axis"))
    tilt_deg: Floats = quantity("deg", "direction of the larger sigma as displayed; 0 for circles", axes=("column",))
    background: Floats = quantity("counts", "background at the column", axes=("column",))
    integrated_intensity: Floats = quantity("counts", "2 pi A sigma1 sigma2", axes=("column",))
    reduced_chi2: Floats = quantity("1", "chi^2 over degrees of freedom of the patch", axes=("column",))
    iterations: Ints = quantity("1", "iterations", axes=("column",))
    flag: Ints = quantity("1", "number of the flag in FLAGS", axes=("column",))
    noise_gain: float = quantity("counts per electron", "gain: variance over intensity")
    read_noise: float = quantity("counts", "noise at zero intensity")
    noise_offset: float = quantity("counts", "intensity that carries no noise", default=0.0)
    noise_known: bool
    noise_correlation_px: float = quantity("px", "area over which noise is correlated; 1 for white noise")
    covariance_scale: float = quantity(
        "1", "factor in all covariances: the correlation area, and what the fit took from the residual", default=1.0
    )
    radius_px: float = quantity("px", "radius of the fitted patches")
    pixel_size_angstrom: float | None = quantity("angstrom", "edge of a pixel", default=None)
    residual: Floats = quantity("counts", "image minus model; NaN where there is no model", axes=("row", "column"))
    background_slope: Floats | None = quantity(
        "counts/px", "slope of the background, x right and y down", axes=("column", "component"), default=None
    )
    start_px: Floats | None = quantity("px", "center of the patch", axes=("column", "component"), default=None)
    dark: bool = False
    mode: str
    shape: str
    likelihood: str
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # The residual is as large as the image: what nobody can write any more is not copied.
        residual = self.residual
        if residual.flags.writeable or residual.base is not None or residual.ndim != 2:
            super().__post_init__()
            return
        object.__setattr__(self, "residual", residual[:0])
        super().__post_init__()
        object.__setattr__(self, "residual", residual)

    @property
    def position_angstrom(self) -> Floats | None:
        """Positions in angstrom; None without the size of a pixel."""
        return None if self.pixel_size_angstrom is None else self.position_px * self.pixel_size_angstrom
