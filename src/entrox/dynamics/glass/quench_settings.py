"""Protocol of a melt and quench, as a document of TOML holds it.

Temperatures in K, times in ps (time step in fs), rates in K/ps, pressure in GPa.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from entrox.core.toml_settings import read_settings

__all__ = ["PUBLISHED", "QuenchSettings", "read_quench_settings"]


class QuenchSettings(BaseModel):
    """How a crystal is melted and quenched.

    Parameters
    ----------
    crystal_ps
        Time of the start at the end temperature before it is heated.
    melt_temperature_k, melt_ps
        Temperature of the melt, and time in it before it is looked at.
    longest_melt_ps
        Time in the melt after which it is given up as not melted; five times ``melt_ps`` if None.
    if_not_melted
        ``stop``, or ``quench`` what there is; the verdict is ``crystal memory`` either way.
    quench_rate_k_per_ps
        Cooling rate; 1 K/ps is 1e12 K/s.
    end_temperature_k, hold_ps
        Temperature of the glass, and time at it.
    timestep_fs, friction_per_fs
        Time step, and friction of the Langevin bath.
    volume
        ``eos``: the volume without stress, found from runs at several volumes in the melt and at the end; ``npt``:
        constant pressure throughout, under Nose-Hoover chains; ``fixed``: that of the start.
    eos_ps
        Time at each of the volumes.
    pressure_gpa
        Pressure of ``eos`` and ``npt``.
    barostat_ps
        Damping time of the barostat of ``npt``.
    frame_fs
        Time between two kept frames; all times are rounded to whole frames.
    checkpoint_every
        Steps between two checkpoints.
    closest_angstrom, energy_change_ev_per_atom
        Distance of two atoms, and change of the energy within a run, at which it is given up.
    force_tolerance_ev_per_angstrom, relax_steps
        Search for the inherent structure: largest force at its end, and its longest length.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    crystal_ps: float = Field(0.0, ge=0.0)
    melt_temperature_k: float = Field(3500.0, gt=0.0)
    melt_ps: float = Field(2.0, gt=0.0)
    longest_melt_ps: float | None = Field(None, gt=0.0)
    if_not_melted: Literal["stop", "quench"] = "stop"
    quench_rate_k_per_ps: float = Field(100.0, gt=0.0)
    end_temperature_k: float = Field(300.0, gt=0.0)
    hold_ps: float = Field(12.0, gt=0.0)
    timestep_fs: float = Field(2.0, gt=0.0, le=20.0)
    friction_per_fs: float = Field(0.02, gt=0.0)
    volume: Literal["eos", "npt", "fixed"] = "eos"
    eos_ps: float = Field(0.4, gt=0.0)
    pressure_gpa: float = 0.0
    barostat_ps: float = Field(1.0, gt=0.0)
    frame_fs: float = Field(50.0, gt=0.0)
    checkpoint_every: int = Field(100, ge=1)
    closest_angstrom: float = Field(0.6, ge=0.0)
    energy_change_ev_per_atom: float = Field(20.0, gt=0.0)
    force_tolerance_ev_per_angstrom: float = Field(0.05, gt=0.0)
    relax_steps: int = Field(500, ge=1)

    @model_validator(mode="after")
    def _check_order(self) -> QuenchSettings:
        if self.melt_temperature_k <= self.end_temperature_k:
            raise ValueError(
                f"melt_temperature_k must lie above end_temperature_k; got {self.melt_temperature_k:g} and "
                f"{self.end_temperature_k:g} K"
            )
        if self.longest_melt_ps is not None and self.longest_melt_ps < self.melt_ps:
            raise ValueError(
                f"longest_melt_ps must be at least melt_ps; got {self.longest_melt_ps:g} and {self.melt_ps:g} ps"
            )
        return self

    @property
    def melt_limit_ps(self) -> float:
        """Time in the melt after which it is given up [ps]."""
        return 5.0 * self.melt_ps if self.longest_melt_ps is None else self.longest_melt_ps

    @property
    def frame_every(self) -> int:
        """Steps between two kept frames."""
        return max(1, round(self.frame_fs / self.timestep_fs))

    @property
    def quench_ps(self) -> float:
        """Length of the quench [ps]."""
        return (self.melt_temperature_k - self.end_temperature_k) / self.quench_rate_k_per_ps


PUBLISHED = {
    "crystal_ps": 5.0,
    "melt_temperature_k": 3500.0,
    "melt_ps": 2.0,
    "longest_melt_ps": 2.0,
    "if_not_melted": "quench",
    "quench_rate_k_per_ps": 3200.0 / 3.0,
    "end_temperature_k": 300.0,
    "hold_ps": 12.0,
    "timestep_fs": 2.0,
}
"""The published protocol of 76 atoms: 22 ps with the anneal of the crystal, 17 ps without; 1.07e15 K/s."""


def read_quench_settings(path: str | Path) -> QuenchSettings:
    """Read a protocol from a TOML file; errors as for :func:`entrox.core.toml_settings.read_settings`."""
    return read_settings(path, QuenchSettings, "protocol")
