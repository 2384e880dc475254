"""Numbers on local strain of the stretched glass, with the functions that recompute them.

The stretch of the published simulation is 7.5 % along one axis; that of the bonds and peaks 4.08 % with a lateral
contraction of 0.24. All follow from the homogeneous strain alone: none shows what single atoms did.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from entrox.core.measure import LedgerRow
from entrox.order.bonds.affine_shell import affine_shares, affine_shell
from entrox.order.strain.noise_floor import strain_noise
from entrox.order.strain.strain_measures import StrainMeasures, strain_measures

__all__ = ["STRAIN_LEDGER"]

HELD, FREE = np.diag([1.075, 1.0, 1.0]), np.diag([1.075, 0.985, 0.985])
STRAIN, POISSON_RATIO = 0.0408, 0.24
STRETCH = "homogeneous stretch by 7.5 % of the published simulation"
PEAKS = "homogeneous strain of 4.08 % with a lateral contraction of 0.24"


def _row(
    name: str, quantity: str, unit: str, published: float, tolerance: float, source: str, compute: Callable[[], float]
) -> LedgerRow:
    return LedgerRow(
        id=f"order.{name}", room="order", quantity=quantity, unit=unit, published=published, tolerance=tolerance,
        source=source, compute=compute, relative=False,
    )  # fmt: skip


def _held() -> StrainMeasures:
    return strain_measures(HELD)


def _free() -> StrainMeasures:
    return strain_measures(FREE)


STRAIN_LEDGER: tuple[LedgerRow, ...] = (
    _row("stretch_volumetric", "volumetric strain, sides held", "1", 0.025937, 1e-6, STRETCH,
         lambda: _held().volumetric),
    _row("stretch_shear", "von Mises strain, sides held", "1", 0.044925, 1e-6, STRETCH, lambda: _held().shear),
    _row("free_stretch_volumetric", "volumetric strain, sides 1.5 % shorter", "1", 0.0160125, 1e-7, STRETCH,
         lambda: _free().volumetric),
    _row("free_stretch_shear", "von Mises strain, sides 1.5 % shorter", "1", 0.0535204, 1e-7, STRETCH,
         lambda: _free().shear),
    _row("free_stretch_volume", "change of volume, sides 1.5 % shorter", "1", 0.0429919, 1e-7, STRETCH,
         lambda: _free().det - 1.0),
    _row("affine_rotation_share", "share of rotation in the elongation of isotropic bonds", "1", 0.62, 1e-12, PEAKS,
         lambda: affine_shares(POISSON_RATIO)[1]),
    _row("affine_peak_shift", "shift of a peak at 2.2 angstrom", "angstrom", 0.016, 5e-4, PEAKS,
         lambda: float(affine_shell(2.2, STRAIN, POISSON_RATIO).mean_shift_angstrom[0])),
    _row("affine_peak_spread", "broadening of a peak at 3.7 angstrom", "angstrom", 0.056, 5e-4, PEAKS,
         lambda: float(affine_shell(3.7, STRAIN, POISSON_RATIO).spread_angstrom[0])),
    _row("strain_noise", "von Mises strain of noise of 0.05 angstrom, 39 neighbors in 5 angstrom", "1", 0.0057,
         5e-5, "closed form of independent displacements", lambda: float(strain_noise(0.05, 39.06, 5.0)[0])),
)  # fmt: skip
