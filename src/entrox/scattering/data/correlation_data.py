"""One measured or calculated function of r or Q, with the form it is written in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from entrox.core import Result, quantity

__all__ = ["REAL_SPACE_FORMS", "RECIPROCAL_SPACE_FORMS", "CorrelationData"]

Floats = NDArray[np.float64]

REAL_SPACE_FORMS = ("G_keen", "D", "T", "G_pdf", "g", "R")
RECIPROCAL_SPACE_FORMS = ("F", "S", "QSm1", "dcs")


@dataclass(frozen=True, kw_only=True)
class CorrelationData(Result):
    """Points of one function. ``form`` is None as long as it is not known; ``header`` holds what the file tells."""

    x: Floats = quantity("angstrom or 1/angstrom", "distance or momentum transfer", axes=("point",))
    y: Floats = quantity("as form", "value", axes=("point",))
    error: Floats | None = quantity("as form", "standard error", axes=("point",), default=None)
    form: str | None = None
    title: str = ""
    header: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    warnings: tuple[str, ...] = ()
