"""The numbers of a small-box fit: where each starts, how far it may go, and what it changes.

Units: angstrom, deg, and those of each number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_in_range, nearest_names
from entrox.scattering.small_box.cell import SmallBoxCell
from entrox.scattering.small_box.symmetry import TENSOR_COMPONENTS, lattice_numbers

__all__ = ["FREE_GROUPS", "Parameter", "box_parameters"]

Floats = NDArray[np.float64]

FREE_GROUPS = (
    "scale", "lattice", "u", "u_site", "u_aniso", "r_offset", "delta1", "delta2", "qdamp", "qbroad", "positions",
    "tilt",
)  # fmt: skip
U_START = 0.005
LATTICE_SHARE = 0.05
"""The cell may change by so much; the pairs of the fit are looked for with this margin."""
SMALL_START = {"qdamp": 0.02, "qbroad": 0.02}
"""Where a number begins that is fitted but starts at zero, and enters by its square."""


@dataclass(frozen=True)
class Parameter:
    """One number.

    Parameters
    ----------
    name, unit, group
        Name, unit, and the group by which it is set free.
    start, low, high
        First value and bounds.
    step
        Change that is typical: it scales the search.
    free
        Whether it is fitted.
    mode
        Change of lattice, positions or tensors per unit of ``value - reference``.
    reference
        Value at which the cell is as given.
    """

    name: str
    unit: str
    group: str
    start: float
    low: float
    high: float
    step: float
    free: bool = False
    mode: Floats | None = None
    reference: float = 0.0


def box_parameters(
    cell: SmallBoxCell,
    free: Sequence[str],
    start: Mapping[str, float],
    shortest_angstrom: float,
    tilts: Sequence[tuple[str, Floats]] = (),
) -> tuple[Parameter, ...]:
    """All numbers of the model of a cell, those in ``free`` set free.

    Parameters
    ----------
    cell
        Cell.
    free
        Groups or names.
    start
        First value of a number, by name.
    shortest_angstrom
        Shortest distance: bound of delta1 and delta2.
    tilts
        Movements of the anions.

    Raises
    ------
    InputError
        If a name is unknown, or a start is out of bounds.
    """
    thermal = _thermal_kind(cell, [*free, *start])
    known = [
        *_scalars(shortest_angstrom),
        *_of_lattice(cell),
        *_of_motion(cell, thermal),
        *_of_positions(cell),
        *(Parameter(name, "deg", "tilt", 2.0, 0.0, 20.0, 0.5, mode=mode) for name, mode in tilts),
    ]
    names = [one.name for one in known]
    for name in free:
        if name not in (*FREE_GROUPS, *names):
            raise InputError(f"there is nothing to fit called {name!r}; {nearest_names(name, [*FREE_GROUPS, *names])}.")
        if name in FREE_GROUPS and not any(one.group == name for one in known):
            raise InputError(f"the structure has no free number of the group {name!r}.")
    for name in start:
        if name not in names:
            raise InputError(f"start names {name!r}, which the model does not have; {nearest_names(name, names)}.")
    return tuple(_set(one, one.name in free or one.group in free, start) for one in known)


def _set(one: Parameter, free: bool, start: Mapping[str, float]) -> Parameter:
    if one.name in start:
        value = check_in_range(start[one.name], f"start of {one.name}", low=one.low, high=one.high, unit=one.unit)
    else:
        value = SMALL_START.get(one.name, one.start) if free and one.start == 0.0 else one.start
    return replace(one, start=value, free=free)


def _thermal_kind(cell: SmallBoxCell, names: Sequence[str]) -> str:
    """How thermal motion is described, from the groups and single names that are used."""
    kinds = {
        "u": {"u", *(f"u_{symbol}" for symbol in cell.symbols)},
        "u_site": {"u_site", *(f"u_{label}" for label in cell.labels if label not in cell.symbols)},
        "u_aniso": {"u_aniso", *(name for name, _ in cell.tensor_modes)},
    }
    asked = [kind for kind, known in kinds.items() if known & set(names)]
    if "u_site" in asked and "u" not in names:
        # A site that is alone with its element goes by the name of the element.
        asked = [kind for kind in asked if kind != "u"]
    if len(asked) > 1:
        raise InputError(f"{' and '.join(asked)} are used at once; thermal motion is described in one way.")
    return asked[0] if asked else "u"


def _scalars(shortest: float) -> tuple[Parameter, ...]:
    return (
        Parameter("scale", "1", "scale", 1.0, 0.01, 10.0, 0.1),
        Parameter("r_offset", "angstrom", "r_offset", 0.0, -0.1, 0.1, 0.003),
        Parameter("delta1", "angstrom", "delta1", 0.0, 0.0, 0.9 * shortest, 0.3),
        Parameter("delta2", "angstrom^2", "delta2", 0.0, 0.0, 0.9 * shortest**2, 0.5),
        Parameter("qdamp", "1/angstrom", "qdamp", 0.0, 0.0, 0.5, 0.01),
        Parameter("qbroad", "1/angstrom", "qbroad", 0.0, 0.0, 0.5, 0.01),
    )


def _of_lattice(cell: SmallBoxCell) -> list[Parameter]:
    numbers = dict(zip(("a", "b", "c", "alpha", "beta", "gamma"), lattice_numbers(cell.lattice), strict=True))
    found = []
    for name, mode in cell.lattice_modes:
        value = float(numbers[name]) / (cell.repeats if name in "abc" else 1)
        reach, unit, step = (LATTICE_SHARE * value, "angstrom", 0.01) if name in "abc" else (5.0, "deg", 0.1)
        found.append(
            Parameter(name, unit, "lattice", value, value - reach, value + reach, step, mode=mode, reference=value)
        )
    return found


def _of_motion(cell: SmallBoxCell, kind: str) -> list[Parameter]:
    if kind == "u_aniso":
        diagonal = {f"u{i + 1}{j + 1}" for i, j in TENSOR_COMPONENTS if i == j}
        return [
            Parameter(name, "angstrom^2", kind, U_START, 1e-4, 0.3, 0.001, mode=mode)
            if name.split("_")[0] in diagonal
            else Parameter(name, "angstrom^2", kind, 0.0, -0.1, 0.1, 0.001, mode=mode)
            for name, mode in cell.tensor_modes
        ]
    names = np.array(cell.symbols if kind == "u" else cell.labels)
    return [
        Parameter(
            f"u_{name}", "angstrom^2", kind, U_START, 1e-4, 0.3, 0.001, mode=(names == name)[:, None, None] * np.eye(3)
        )
        for name in dict.fromkeys(names.tolist())
    ]


def _of_positions(cell: SmallBoxCell) -> list[Parameter]:
    found = []
    for name, mode in cell.coordinate_modes:
        label, axis = name.split(".")
        value = float(cell.positions[cell.labels.index(label), "xyz".index(axis)])
        found.append(
            Parameter(name, "1", "positions", value, value - 0.1, value + 0.1, 0.002, mode=mode, reference=value)
        )
    return found
