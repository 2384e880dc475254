r"""Order and lattice of a run over temperature: each rung of a ladder, or stretch of a ramp, becomes one row.

.. math:: \mathbf{u} = \Big\langle \frac{1}{N} \sum_{i \in B} \mathbf{d}_i \Big\rangle, \qquad
          \chi = \frac{N}{T} \sum_k \mathrm{var}(u_k)

with the displacements d of the B ions off their cages along the three pseudo-cubic axes, or the polarization of the box
in their place. A component keeps its sign, and a domain that reverses within a row averages out, as it must:
:func:`entrox.order.find_transitions` folds the signs afterwards. Frames are read once, in chunks.
Units: K, angstrom, degrees, eV per cell; polarization in C/m2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import EngineError, Result, check_positive, quantity
from entrox.core.blocking import block_errors, settled_start
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.dynamics.diagrams.frame_order import check_measure, frame_order, pseudo_cubic_lattice
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.protocols import MdProtocol
from entrox.order.lattice import LatticeMap
from entrox.order.polarization.born_charges import Charges
from entrox.order.response.feram_curve import OrderCurve

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["TemperatureRun", "temperature_run"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROW_K = 10.0
"""Width of a row of a ramp [K]."""
UNITS = {"displacement of B": "angstrom", "polarization": "C/m2"}
ATOMS_PER_CELL = 5
STATE_SHARE = 0.25
"""Of the largest order parameter of the run: beyond it, the sign is that of a domain."""


@dataclass(frozen=True, kw_only=True)
class TemperatureRun(Result):
    """Means over the rows of a temperature run, in the order in which it was made.

    Errors come from blocks in time and are NaN where a row has a single frame. The pseudo-cubic edges are sorted in
    each row; ``lattice_axis`` says which axis each one is, and ``angle_deg`` is the angle between the two others.
    """

    temperature_k: Floats = quantity("K", "temperature of the thermostat", axes=("row",))
    measured_k: Floats = quantity("K", "mean temperature of the atoms", axes=("row",))
    order_parameter: Floats = quantity("as named", "mean order parameter along the axes", axes=("row", "component"))
    order_error: Floats = quantity("as named", "standard error of the order parameter", axes=("row", "component"))
    susceptibility: Floats = quantity("as named", "cells x variance of the order parameter / T", axes=("row",))
    energy_ev: Floats = quantity("eV", "energy per cell", axes=("row",))
    lattice_angstrom: Floats = quantity("angstrom", "pseudo-cubic edges, sorted", axes=("row", "edge"))
    lattice_error_angstrom: Floats = quantity("angstrom", "standard error of the edges", axes=("row", "edge"))
    lattice_axis: Ints = quantity("1", "pseudo-cubic axis of each edge", axes=("row", "edge"))
    angle_deg: Floats = quantity("degree", "angle between the two other axes", axes=("row", "edge"))
    n_frames: Ints = quantity("1", "frames of the row", axes=("row",))
    n_cells: int = quantity("1", "cells of the box")
    measure: str
    unit: str
    source: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def direction(self) -> str:
        """``heating``, ``cooling``, or ``constant`` for a single row."""
        change = self.temperature_k[-1] - self.temperature_k[0]
        return "constant" if change == 0 else "heating" if change > 0 else "cooling"

    def curve(self) -> OrderCurve:
        """Return the curve for :func:`entrox.order.find_transitions`.

        Raises
        ------
        InputError
            If there are fewer than two rows.
        """
        return OrderCurve(
            temperature_k=self.temperature_k,
            order_parameter=self.order_parameter,
            susceptibility=self.susceptibility,
            energy_ev=self.energy_ev,
            source=self.source,
        )


def temperature_run(
    trajectory: Trajectory,
    protocol: MdProtocol,
    lattice_map: LatticeMap,
    *,
    charges: Charges | None = None,
    row_k: float = ROW_K,
) -> TemperatureRun:
    """Average a run over its rows of temperature.

    Parameters
    ----------
    trajectory
        Run of the protocol. Of a run that diverged, the rows that were complete before are used.
    protocol
        A ladder gives one row for each rung, from the part that has settled (by :func:`settled_start` of the energy). A
        ramp gives rows of equal width; its settling at the start is left out.
    lattice_map
        Map of the starting structure.
    charges
        Born charges by element or by atom [e]: the order parameter is then the polarization, without them the mean
        displacement of B.
    row_k
        Width of a row of a ramp [K].

    Raises
    ------
    EngineError
        If no row of the run is complete.
    """
    check_measure(lattice_map, charges)
    rows = [_settled(row, trajectory) for row in _rows(protocol, check_positive(row_k, "row_k", "K"))]
    rows = [row for row in rows if row.last_step <= trajectory.n_steps]
    means = [
        (rows[index], frame_order(frames, lattice_map, charges)) for index, frames in _frames_by_row(trajectory, rows)
    ]
    found = [(row, *values) for row, values in means if values is not None]
    if not found:
        raise EngineError(
            f"the run in {trajectory.folder} has no complete row of temperature: {trajectory.reason or 'no frames'}. "
            "Lengthen the rungs, or keep frames more often."
        )
    warnings = _warnings([order for _, order, _ in found], lost=len(means) - len(found))
    measure = "displacement of B" if charges is None else "polarization"
    return _assembled(trajectory, found, lattice_map, measure, warnings)


@dataclass(frozen=True)
class _Row:
    """Steps after ``first_step``, up to and with ``last_step``, at one mean temperature of the thermostat."""

    temperature_k: float
    first_step: int
    last_step: int
    level: bool


def _rows(protocol: MdProtocol, row_k: float) -> list[_Row]:
    stages = protocol.stages()
    ramped = any(stage.start_k != stage.end_k for stage in stages)
    rows, start = [], 0
    for stage in stages:
        end = start + stage.n_steps
        change = stage.end_k - stage.start_k
        if change:
            count = min(max(2, round(abs(change) / row_k)), stage.n_steps)
            edges = np.rint(np.linspace(start, end, count + 1)).astype(int).tolist()
            for k in range(count):
                rows.append(_Row(stage.start_k + change * (k + 0.5) / count, edges[k], edges[k + 1], level=False))
        elif not ramped:
            rows.append(_Row(stage.start_k, start, end, level=True))
        start = end
    return rows


def _settled(row: _Row, trajectory: Trajectory) -> _Row:
    """Return a level row without its start; a ramp never settles and keeps all."""
    inside = (trajectory.step > row.first_step) & (trajectory.step <= row.last_step)
    if not row.level or not inside.any():
        return row
    start = settled_start(trajectory.potential_energy_ev[inside])
    first = row.first_step if start == 0 else int(trajectory.step[inside][start]) - 1
    return _Row(row.temperature_k, first, row.last_step, level=True)


def _frames_by_row(trajectory: Trajectory, rows: list[_Row]) -> Iterator[tuple[int, Iterator[Atoms]]]:
    """Yield the rows that have frames, each with its frames, which must be used before the next row is asked for."""
    starts = np.array([row.first_step for row in rows], dtype=np.int64)
    ends = np.array([row.last_step for row in rows], dtype=np.int64)
    index = np.searchsorted(ends, trajectory.frame_step, side="left")
    inside = index < len(rows)
    inside[inside] = trajectory.frame_step[inside] > starts[index[inside]]
    placed = zip(np.where(inside, index, -1).tolist(), trajectory.frames(), strict=True)
    for number, group in groupby(placed, key=lambda item: item[0]):
        if number >= 0:
            yield number, (atoms for _, atoms in group)


def _assembled(
    trajectory: Trajectory, found: Sequence[tuple[_Row, Floats, Floats]], lattice_map: LatticeMap, measure: str,
    warnings: tuple[str, ...],
) -> TemperatureRun:  # fmt: skip
    n_cells = len(lattice_map)
    temperature = np.array([row.temperature_k for row, _, _ in found])
    order = [values for _, values, _ in found]
    geometry = [pseudo_cubic_lattice(cells, lattice_map) for _, _, cells in found]
    edges = np.array([lengths.mean(axis=0) for lengths, _ in geometry])
    axis = np.argsort(edges, axis=1, kind="stable")
    thermo = np.array([_thermo_means(trajectory, row, n_cells) for row, _, _ in found])
    return TemperatureRun(
        temperature_k=temperature,
        measured_k=thermo[:, 0],
        order_parameter=np.array([values.mean(axis=0) for values in order]),
        order_error=np.array([_errors(values) for values in order]),
        susceptibility=n_cells * np.array([values.var(axis=0).sum() for values in order]) / temperature,
        energy_ev=thermo[:, 1],
        lattice_angstrom=np.take_along_axis(edges, axis, axis=1),
        lattice_error_angstrom=np.take_along_axis(
            np.array([_errors(lengths) for lengths, _ in geometry]), axis, axis=1
        ),
        lattice_axis=axis,
        angle_deg=np.take_along_axis(np.array([angles.mean(axis=0) for _, angles in geometry]), axis, axis=1),
        n_frames=np.array([len(values) for values in order]),
        n_cells=n_cells,
        measure=measure,
        unit=UNITS[measure],
        source=trajectory.folder.name,
        warnings=warnings,
    )


def _errors(series: Floats) -> Floats:
    found = block_errors(series)
    return np.full(series.shape[1:], np.nan) if found is None else found[0]


def _thermo_means(trajectory: Trajectory, row: _Row, n_cells: int) -> tuple[float, float]:
    """Temperature of the atoms [K] and energy per cell [eV], the kinetic part included."""
    inside = (trajectory.step > row.first_step) & (trajectory.step <= row.last_step)
    if not inside.any():
        return np.nan, np.nan
    measured = float(trajectory.temperature_k[inside].mean())
    kinetic = 1.5 * BOLTZMANN_EV_PER_K * measured * ATOMS_PER_CELL
    return measured, float(trajectory.potential_energy_ev[inside].mean()) / n_cells + kinetic


def _warnings(order: Sequence[Floats], lost: int) -> tuple[str, ...]:
    remarks = []
    if lost:
        remarks.append(f"{lost} rows of temperature are left out: no frame of theirs is this crystal any more.")
    largest = max(float(np.abs(values.mean(axis=0)).max()) for values in order) if order else 0.0
    reversed_rows = sum(_reverses(values, STATE_SHARE * largest) for values in order)
    if reversed_rows:
        remarks.append(
            f"the order parameter reverses within {reversed_rows} of {len(order)} rows and averages out there: the box "
            "is too small, or the rows too long, for a domain to last."
        )
    return tuple(remarks)


def _reverses(values: Floats, state: float) -> bool:
    """Whether a component lies beyond a size with both signs, one in each half of the row."""
    early, late = values[: len(values) // 2], values[len(values) // 2 :]
    if not len(early):
        return False
    halves = np.stack([early.mean(axis=0), late.mean(axis=0)])
    return bool(((halves.prod(axis=0) < 0) & (np.abs(halves).min(axis=0) > state)).any())
