r"""Imposed motion of a cell: one length grows as told, the other two stay or follow their stress.

The strain rate g of the cell h, :math:`\dot h = h g`, is diagonal. Atoms move along with it, and their momenta
against the cell, :math:`\dot p = F - g p`, so that without a thermostat the energy changes by the work
:math:`V \sigma : g` and nothing else. Free lengths move like a damped piston under their stress. Units of ASE.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Stretch"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stretch:
    """One step of the motion.

    Parameters
    ----------
    axis
        Direction that is stretched.
    lateral
        ``fixed`` or ``free``.
    factor
        Length after the step over that before.
    """

    axis: int
    lateral: str
    factor: float

    def imposed(self, cell_momentum: Floats, cell_mass: float, timestep: float) -> Floats:
        """Return the momentum of the cell whose stretched direction grows by the factor in a step."""
        momentum = np.diag(np.diag(cell_momentum) if self.lateral == "free" else np.zeros(3))
        momentum[self.axis, self.axis] = cell_mass * np.log(self.factor) / timestep
        return momentum

    def followed(self, cell_momentum: Floats, inner: Floats, time: float, damping_time: float) -> Floats:
        """Return the momentum of the cell after a time under the inner virial, which is pressure times volume."""
        if self.lateral == "fixed":
            return cell_momentum
        momentum = np.diag(np.diag(cell_momentum))
        for axis in {0, 1, 2} - {self.axis}:
            momentum[axis, axis] = (momentum[axis, axis] + time * inner[axis, axis]) * np.exp(-time / damping_time)
        return momentum
