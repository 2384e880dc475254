r"""Where the rings of a pattern lie: their center, and the ellipse into which lenses or strain turn a circle.

A ring of radius R is the set of points with \|S d\| = R, d from the center. S is symmetric with determinant one, so
that R is the geometric mean of the axes of the ellipse. Angles as displayed: from x toward y, y up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["RingGeometry", "stretch_of"]

Floats = NDArray[np.float64]


def stretch_of(axis_ratio: float, angle_deg: float) -> Floats:
    """Symmetric matrix that turns the ellipse of a ring into a circle of the same area, shape ``(2, 2)``.

    Parameters
    ----------
    axis_ratio
        Long over short axis.
    angle_deg
        Direction of the long axis [deg].

    Examples
    --------
    >>> stretch_of(1.21, 0.0).round(4).tolist()
    [[0.9091, 0.0], [0.0, 1.1]]
    """
    turn = math.radians(angle_deg)
    along = np.array([math.cos(turn), math.sin(turn)])
    root = math.sqrt(axis_ratio)
    parallel = np.outer(along, along)
    return np.asarray(parallel / root + (np.eye(2) - parallel) * root)


@dataclass(frozen=True, kw_only=True)
class RingGeometry(Result):
    """Center and ellipse of the rings.

    ``friedel_px`` is the center of symmetry of the pattern, from its correlation with itself turned by 180 degrees: an
    estimate that shares no assumption of circles. Errors are statistical.
    """

    center_px: Floats = quantity("px", "center of the rings, x right and y down", axes=("component",))
    center_error_px: Floats | None = quantity("px", "standard error of the center", axes=("component",), default=None)
    friedel_px: Floats | None = quantity("px", "center of symmetry", axes=("component",), default=None)
    axis_ratio: float = quantity("1", "long over short axis of a ring", default=1.0)
    axis_ratio_error: float | None = quantity("1", "standard error of the ratio; None: circles taken", default=None)
    angle_deg: float = quantity("deg", "direction of the long axis as displayed, y up", default=0.0)
    angle_error_deg: float | None = quantity("deg", "standard error of the direction", default=None)
    n_steps: int = quantity("1", "steps of the fit", default=0)
    warnings: tuple[str, ...] = ()

    def offsets_px(self, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
        """Coordinates of all pixels from the center with the ellipse taken off, x right and y up [px]."""
        x = np.arange(shape[1], dtype=float)[None, :] - self.center_px[0]
        y = self.center_px[1] - np.arange(shape[0], dtype=float)[:, None]
        if self.axis_ratio == 1.0:
            return np.broadcast_to(x, shape), np.broadcast_to(y, shape)
        stretch = stretch_of(self.axis_ratio, self.angle_deg)
        return stretch[0, 0] * x + stretch[0, 1] * y, stretch[1, 0] * x + stretch[1, 1] * y

    def radius_px(self, shape: tuple[int, ...]) -> Floats:
        """Radius of the ring on which each pixel lies, shape ``(rows, columns)`` [px]."""
        x, y = self.offsets_px(shape)
        return np.sqrt(x * x + y * y)
