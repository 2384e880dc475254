"""An ion cloud as it comes out of a reconstruction: where each ion was, and its mass-to-charge ratio."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError

__all__ = ["Ions"]

Reals = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Ions:
    """Detected ions in the order of detection, in the precision of their file.

    Parameters
    ----------
    positions_nm
        Reconstructed positions, shape ``(n, 3)``, float32 or float64.
    mass_to_charge_da
        Mass-to-charge ratios, shape ``(n,)``.
    time_of_flight_ns, dc_voltage_v, pulse_voltage_v
        Raw data of the instrument, shape ``(n,)``; None where the file has none.
    detector_mm
        Hit positions on the detector, shape ``(n, 2)``.
    pulses_since_last
        Pulses since the last detection event, shape ``(n,)``; 0 for the later ions of one pulse.
    ions_in_pulse
        Ions of the pulse at its first ion, 0 at its later ions, shape ``(n,)``.
    format
        Name of the file format, for example ``"pos"``.
    notices
        What the reader found worth saying.

    Raises
    ------
    InputError
        If lengths differ.
    """

    positions_nm: Reals
    mass_to_charge_da: Reals
    time_of_flight_ns: Reals | None = None
    dc_voltage_v: Reals | None = None
    pulse_voltage_v: Reals | None = None
    detector_mm: Reals | None = None
    pulses_since_last: NDArray[np.unsignedinteger] | None = None
    ions_in_pulse: NDArray[np.unsignedinteger] | None = None
    format: str = "memory"
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.mass_to_charge_da)
        if self.positions_nm.shape != (n, 3):
            raise InputError(f"positions_nm must have shape ({n}, 3) for {n} ions; got {self.positions_nm.shape}.")
        for name in ("time_of_flight_ns", "dc_voltage_v", "pulse_voltage_v", "pulses_since_last", "ions_in_pulse"):
            value = getattr(self, name)
            if value is not None and value.shape != (n,):
                raise InputError(f"{name} must have shape ({n},); got {value.shape}.")
        if self.detector_mm is not None and self.detector_mm.shape != (n, 2):
            raise InputError(f"detector_mm must have shape ({n}, 2); got {self.detector_mm.shape}.")

    def __len__(self) -> int:
        return len(self.mass_to_charge_da)

    @property
    def pulse(self) -> NDArray[np.int64] | None:
        """Number of the pulse of each ion, from 0; None without multi-hit data."""
        if self.pulses_since_last is None:
            return None
        starts = self.pulses_since_last > 0
        starts[:1] = True
        return np.cumsum(starts) - 1
