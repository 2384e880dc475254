"""One data set as a linear function of the histogram: calculated = scale (M h + m0) + offset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["SetOperator"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SetOperator(Result):
    """A data set with its operator.

    The histogram has one or more channels of ``n_bins`` bins (see :class:`entrox.scattering.operators.bins.Bins`). With
    ``channels == ("total",)`` (neutrons) a pair of unlike atoms i < j in bin k adds 2 b_i b_j [fm^2] to h_k; else the
    channels are the unordered pairs of elements ("Ba-O", alphabetical), and the pair adds one. ``matrix`` has the
    channels side by side. ``held_out`` points do not enter chi^2.
    """

    name: str
    form: str
    measurement: str = ""
    channels: tuple[str, ...]
    x: Floats = quantity("angstrom or 1/angstrom", "distance or momentum transfer", axes=("point",))
    observed: Floats = quantity("as form", "observed value", axes=("point",))
    sigma: Floats = quantity("as form", "weight: standard error of a point", axes=("point",))
    held_out: NDArray[np.bool_] = quantity("1", "point kept for testing", axes=("point",))
    matrix: Floats = quantity("as form per histogram", "M", axes=("point", "histogram"))
    constant: Floats = quantity("as form", "m0", axes=("point",))
    scale: float = quantity("1", "scale at the start", default=1.0)
    offset: float = quantity("as form", "offset at the start", default=0.0)
    fit_scale: bool = False
    fit_offset: bool = False
    scale_low: float = quantity("1", "lowest scale", default=0.5)
    scale_high: float = quantity("1", "highest scale", default=1.5)
    warnings: tuple[str, ...] = ()
