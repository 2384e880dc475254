"""Runs of a melt, a quench and a tension test: friction and kicks in a fixed cell, and cells that are stretched.

Lengths of runs are rounded to whole frames, so that the last step of a run is a kept frame. Temperatures in K, times in
ps (time step in fs), strain rates in 1/ps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from entrox.core import InputError, check_in_range, check_integer, check_positive
from entrox.dynamics.protocols import Guard, MdProtocol, Pull, Stage

__all__ = ["Bath", "GuardedRamp", "Stretching"]


@dataclass(frozen=True, kw_only=True)
class Guarded(MdProtocol):
    """A run that is given up when it is too hot, atoms come too close or its energy jumps."""

    hot_factor: float = 2.0
    closest_angstrom: float = 0.0
    energy_change_ev_per_atom: float = 20.0

    @property
    def guard(self) -> Guard:
        """When the run is given up."""
        return Guard(
            hottest_k=self.hot_factor * self.highest_k,
            closest_angstrom=self.closest_angstrom,
            energy_change_ev_per_atom=self.energy_change_ev_per_atom,
        )

    def steps(self, length_ps: float) -> int:
        """Whole number of frames nearest to a length of time, in steps, at least one frame."""
        return self.frame_every * max(1, round(super().steps(length_ps) / self.frame_every))


@dataclass(frozen=True, kw_only=True)
class Bath(Guarded):
    """A fixed cell in a Langevin bath, whose temperature stays or goes in a straight line to ``end_temperature_k``."""

    temperature_k: float
    length_ps: float
    end_temperature_k: float | None = None
    friction_per_fs: float = 0.02

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        check_positive(self.friction_per_fs, "friction_per_fs", "1/fs")
        start = check_positive(self.temperature_k, "temperature_k", "K")
        end = start if self.end_temperature_k is None else self.end_temperature_k
        return (Stage("nvt", self.steps(self.length_ps), start, check_positive(end, "end_temperature_k", "K")),)

    @property
    def langevin_per_fs(self) -> float:
        """Friction of the bath [1/fs]."""
        return self.friction_per_fs


@dataclass(frozen=True, kw_only=True)
class GuardedRamp(Guarded):
    """Constant pressure under Nose-Hoover chains, the temperature going in a straight line or staying."""

    temperature_k: float
    length_ps: float
    end_temperature_k: float | None = None

    def stages(self) -> tuple[Stage, ...]:
        """Return the one stage."""
        start = check_positive(self.temperature_k, "temperature_k", "K")
        end = start if self.end_temperature_k is None else self.end_temperature_k
        return (Stage("npt", self.steps(self.length_ps), start, check_positive(end, "end_temperature_k", "K")),)


@dataclass(frozen=True, kw_only=True)
class Stretching(Guarded):
    """A cell at rest for ``settle_ps``, then stretched along an axis at a constant rate of its first length.

    Parameters
    ----------
    temperature_k
        Temperature of the bath, and of the first velocities.
    strain
        Change of length at the end, over the first length; negative for compression.
    rate_per_ps
        Strain rate, positive.
    axis
        0, 1 or 2 for x, y or z.
    lateral
        ``fixed``, or ``free`` for no stress across the axis.
    settle_ps
        Time at rest before; 0 for none.
    bath
        False leaves the energy to the work alone.
    friction_per_fs
        Friction of the bath.
    """

    temperature_k: float
    strain: float
    rate_per_ps: float
    axis: int = 0
    lateral: Literal["fixed", "free"] = "fixed"
    settle_ps: float = 0.0
    bath: bool = True
    friction_per_fs: float = 0.02

    def stages(self) -> tuple[Stage, ...]:
        """Return the rest and the stretching."""
        temperature = check_positive(self.temperature_k, "temperature_k", "K")
        check_positive(self.rate_per_ps, "rate_per_ps", "1/ps")
        check_in_range(self.strain, "strain", low=-0.5, high=2.0)
        check_in_range(self.settle_ps, "settle_ps", low=0.0, unit="ps")
        check_integer(self.axis, "axis", low=0, high=2)
        if self.strain == 0.0 or self.lateral not in ("fixed", "free"):
            raise InputError(
                f"stretching needs a strain other than 0 and lateral = fixed or free; got {self.strain!r} and "
                f"{self.lateral!r}."
            )
        ensemble: Literal["nve", "nvt"] = "nvt" if self.bath else "nve"
        n_steps = self.steps(abs(self.strain) / self.rate_per_ps)
        # whole frames: the rate is that which ends at the strain
        rate = self.strain / (n_steps * self.timestep_fs / 1000.0)
        pulled = Stage(ensemble, n_steps, temperature, temperature, rate)
        if self.settle_ps == 0.0:
            return (pulled,)
        return Stage(ensemble, self.steps(self.settle_ps), temperature, temperature), pulled

    @property
    def langevin_per_fs(self) -> float | None:
        """Friction of the bath [1/fs], None without one."""
        return self.friction_per_fs if self.bath else None

    @property
    def pull(self) -> Pull:
        """Axis and sides."""
        return Pull(axis=self.axis, lateral=self.lateral)
