"""Settings of a phase diagram, as a recipe in TOML holds them: compositions, boxes, runs, order, potential.

Units stand in the names of the keys: K, ps, fs, bar, angstrom, e.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from entrox.composition import Composition, parse_formula
from entrox.dynamics.diagrams.series_task import SeriesBox
from entrox.dynamics.protocols import Ladder, MdProtocol, Ramp

__all__ = [
    "BoxSettings",
    "CompositionLine",
    "DiagramPotential",
    "OrderSettings",
    "PhaseDiagramSettings",
    "RunSettings",
]

Direction = Literal["heating", "cooling"]
Amount = int | float | str
"""A number, or an exact fraction as text such as ``"1/8"``."""


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompositionLine(_Settings):
    """One ``[[line]]``: a row of compositions of a formula with the variables x and y.

    ``x`` or ``y`` is a list, the other a number, or absent where the formula has no such variable.
    """

    formula: str
    x: tuple[Amount, ...] | Amount | None = None
    y: tuple[Amount, ...] | Amount | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if isinstance(self.x, tuple) == isinstance(self.y, tuple):
            raise ValueError("one of x and y must be a list of values, the other one value or absent")
        if not self.places:
            raise ValueError("the list of values is empty")
        if others := [item.formula for item in self.compositions() if item.prototype != "perovskite"]:
            raise ValueError(f"a phase diagram needs perovskites; {others[0]} is none")
        return self

    @property
    def variable(self) -> Literal["x", "y"]:
        """The variable that changes along the line."""
        return "x" if isinstance(self.x, tuple) else "y"

    @property
    def places(self) -> tuple[tuple[Amount | None, Amount | None], ...]:
        """Values of x and y of each composition."""
        if isinstance(self.x, tuple):
            return tuple((x, self.y) for x in self.x if not isinstance(self.y, tuple))
        return tuple((self.x, y) for y in self.y) if isinstance(self.y, tuple) else ()

    def compositions(self) -> tuple[Composition, ...]:
        """Return the compositions in their order."""
        formula = parse_formula(self.formula)
        return tuple(formula.at(x, y=y) for x, y in self.places)


class BoxSettings(_Settings):
    """The ``[box]`` table.

    Parameters
    ----------
    shapes
        Boxes in units of the setting; several show what size does, and the boundaries are drawn for the largest.
    arrangements
        Cation arrangements of each composition.
    setting, method, rounding, lattice_angstrom, polar_start_angstrom
        As for :class:`~entrox.dynamics.diagrams.series_task.SeriesBox`.
    """

    shapes: tuple[tuple[int, int, int], ...] = Field(min_length=1)
    arrangements: int = Field(default=1, ge=1)
    setting: Literal["cubic", "sqrt2", "2sqrt2"] = "cubic"
    method: Literal["random", "sqs"] = "random"
    rounding: Literal["error", "largest-remainder"] = "largest-remainder"
    lattice_angstrom: float | None = Field(default=None, gt=0)
    polar_start_angstrom: float = Field(default=0.1, ge=0, le=0.5)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if min(min(shape) for shape in self.shapes) < 2:
            raise ValueError("a box must be at least two cells thick in each direction")
        if len(set(self.shapes)) < len(self.shapes):
            raise ValueError("each shape may occur once")
        if len({int(np.prod(shape)) for shape in self.shapes}) < len(self.shapes):
            raise ValueError("each number of cells may occur once: boxes are compared by their size")
        return self

    def boxes(self) -> tuple[SeriesBox, ...]:
        """Return the boxes, the largest last."""
        shapes = sorted(self.shapes, key=lambda shape: (int(np.prod(shape)), shape))
        return tuple(
            SeriesBox(
                shape=shape,
                setting=self.setting,
                method=self.method,
                rounding=self.rounding,
                lattice_angstrom=self.lattice_angstrom,
                polar_start_angstrom=self.polar_start_angstrom,
            )
            for shape in shapes
        )


class RunSettings(_Settings):
    """The ``[run]`` table: a ladder with rungs of ``step_k`` and ``hold_ps``, or a ramp at ``rate_k_per_ps``.

    Parameters
    ----------
    low_k, high_k
        Lowest and highest temperature.
    directions
        Which ways to go between them; each way is a run of its own.
    step_k
        Step of a ladder, and width of the rows of a ramp.
    settle_ps
        Time at the first temperature of a ramp.
    timestep_fs, thermostat_ps, barostat_ps, pressure_bar, frame_every, thermo_every, checkpoint_every
        As for :class:`~entrox.dynamics.protocols.MdProtocol`.
    """

    engine: Literal["lammps", "ase"] = "lammps"
    low_k: float = Field(gt=0)
    high_k: float = Field(gt=0)
    directions: tuple[Direction, ...] = Field(default=("heating", "cooling"), min_length=1)
    step_k: float = Field(default=10.0, gt=0)
    hold_ps: float | None = Field(default=None, gt=0)
    rate_k_per_ps: float | None = Field(default=None, gt=0)
    settle_ps: float = Field(default=0.0, ge=0)
    timestep_fs: float = Field(default=2.0, gt=0)
    thermostat_ps: float = Field(default=0.2, gt=0)
    barostat_ps: float = Field(default=2.0, gt=0)
    pressure_bar: float = 0.0
    frame_every: int = Field(default=100, ge=1)
    thermo_every: int = Field(default=10, ge=1)
    checkpoint_every: int = Field(default=5000, ge=1)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.high_k - self.low_k < 3 * self.step_k:
            raise ValueError("from low_k to high_k there must be at least three steps of step_k")
        if (self.hold_ps is None) == (self.rate_k_per_ps is None):
            raise ValueError("give hold_ps for a ladder or rate_k_per_ps for a ramp, not both")
        if self.hold_ps is not None and self.settle_ps > 0:
            raise ValueError("settle_ps belongs to a ramp; the rungs of a ladder settle by themselves")
        if len(set(self.directions)) < len(self.directions):
            raise ValueError("each direction may occur once")
        self.protocols()
        return self

    def protocols(self) -> dict[str, MdProtocol]:
        """Return the protocol of each direction."""
        return {direction: self._protocol(direction) for direction in self.directions}

    def _protocol(self, direction: Direction) -> MdProtocol:
        names = ("timestep_fs", "thermostat_ps", "barostat_ps", "pressure_bar", "frame_every", "thermo_every",
                 "checkpoint_every")  # fmt: skip
        shared = {name: getattr(self, name) for name in names}
        if self.rate_k_per_ps is not None:
            start, end = (self.low_k, self.high_k) if direction == "heating" else (self.high_k, self.low_k)
            return Ramp(
                t_start_k=start, t_end_k=end, rate_k_per_ps=self.rate_k_per_ps, settle_ps=self.settle_ps, **shared
            )
        rungs = np.linspace(self.low_k, self.high_k, round((self.high_k - self.low_k) / self.step_k) + 1).tolist()
        ordered = tuple(rungs if direction == "heating" else rungs[::-1])
        assert self.hold_ps is not None
        return Ladder(temperatures_k=ordered, hold_ps=self.hold_ps, **shared)


class OrderSettings(_Settings):
    """The ``[order]`` table: what is measured, and from when on it counts as order.

    Parameters
    ----------
    charges_e
        Born charge by element [e]: the order parameter is then the polarization; without them it is the mean
        displacement of B.
    fraction, min_run
        As for :func:`entrox.order.find_transitions`.
    smallest_order
        Order parameter [angstrom or C/m2] below which a cold box is not polar.
    """

    charges_e: dict[str, float] | None = None
    fraction: float = Field(default=0.5, gt=0, lt=1)
    min_run: int = Field(default=2, ge=1)
    smallest_order: float = Field(default=0.02, ge=0)


class DiagramPotential(_Settings):
    """The ``[potential]`` table: model files, or a function that makes a calculator of ASE.

    Parameters
    ----------
    models
        Deep Potential models (.pb). Each one of a committee drives runs of its own where ``committee`` is true; the
        first drives all runs otherwise.
    committee
        Whether the spread over the models is measured: as many times the runs.
    factory, arguments
        ``module:function`` with its keyword arguments; for the ASE engine only.
    """

    models: tuple[str, ...] = ()
    committee: bool = False
    factory: str | None = None
    arguments: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if bool(self.models) == (self.factory is not None):
            raise ValueError("give models or factory, one of them")
        if self.committee and len(self.models) < 2:
            raise ValueError("a committee needs at least two models")
        return self


class PhaseDiagramSettings(_Settings):
    """A recipe: title, seed, and the tables ``[[line]]``, ``[box]``, ``[run]``, ``[order]`` and ``[potential]``."""

    title: str = "Phase diagram"
    seed: int = Field(default=1, ge=0)
    line: tuple[CompositionLine, ...] = Field(min_length=1)
    box: BoxSettings
    run: RunSettings
    order: OrderSettings = OrderSettings()
    potential: DiagramPotential

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.potential.factory is not None and self.run.engine == "lammps":
            raise ValueError('LAMMPS cannot run a calculator of ASE: set engine = "ase" in [run], or give models')
        return self
