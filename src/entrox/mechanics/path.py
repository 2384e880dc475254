"""A path of loads: each step starts on its own closed form, corrected by what the step before was off.

A film under prescribed gap, distance, tip angle or needle has one equilibrium on the branch that begins at the straight
film, and the closed form gives it at every step: no step can leave the branch. Units: m, radian.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entrox.core import ConvergenceError, FormatError, InputError, Result, check_finite, quantity
from entrox.core.units import METER_PER_MICROMETER
from entrox.mechanics.cases import CASES, bend_arc, bend_between_plates, bend_clamped, bend_hinged
from entrox.mechanics.fe import ELEMENTS, bend_film
from entrox.mechanics.needle import RELEASED, bend_needle
from entrox.mechanics.result import BendingResult, FilmSolution
from entrox.mechanics.strip import Strip
from entrox.mechanics.table_lines import table_lines

__all__ = ["PATH_COLUMNS", "BendingPath", "follow_path", "read_path"]

Floats = NDArray[np.float64]
PATH_COLUMNS = {
    "arc": ("fold_angle_deg",),
    "plates": ("gap_um",),
    "hinged": ("end_distance_um",),
    "clamped": ("tip_angle_deg",),
    "needle": ("x_um", "y_um"),
}
HALVINGS = 6


@dataclass(frozen=True, kw_only=True)
class BendingPath(Result):
    """Equilibria along a path of loads; it ends where a needle releases the film."""

    case: str
    steps: tuple[BendingResult, ...]
    loads: Floats = quantity("SI", "prescribed angle, gap, distance or place of the needle", axes=("step", "component"))
    strain: Floats = quantity("1", "nominal strain of the outer face; of the finite elements if asked", axes=("step",))
    force: Floats = quantity("N", "force; of the finite elements if asked", axes=("step",))
    fold_angle: Floats = quantity("radian", "rotation between the moment-free ends", axes=("step",))
    halvings: int = quantity("1", "increments that had to be halved")
    verdict: str


def follow_path(
    strip: Strip, case: str, loads: ArrayLike, *, law: str | None = None, elements: tuple[int, int] = ELEMENTS,
    force_angle: float | None = None, friction_angle: float = 0.0, needle_offset: float = 0.0,
    report: Callable[[int, int], None] | None = None,
) -> BendingPath:  # fmt: skip
    """Bend a strip along a path.

    Parameters
    ----------
    strip
        The strip.
    case
        ``arc``, ``plates``, ``hinged``, ``clamped`` or ``needle``.
    loads
        Fold angles, gaps, end distances or tip angles, shape ``(n,)``; places of the needle, shape ``(n, 2)``.
    law
        Elastic law of finite elements beside the closed form; none, if not given.
    elements
        Elements along and through the film.
    force_angle
        Direction of the push of ``clamped`` [radian].
    friction_angle, needle_offset
        Of ``needle`` [radian, m].
    report
        Called with the steps done and all steps.

    Raises
    ------
    ConvergenceError
        If a step does not converge after halving its increment; its state holds the steps before.

    Examples
    --------
    >>> strip = Strip.single(50e-6, 8e-6, 0.4e-6, 70e9, 0.24)
    >>> path = follow_path(strip, "hinged", [40e-6, 20e-6, 0.0])
    >>> [f"{strain * 100:.2f}" for strain in path.strain]
    ['1.17', '2.24', '3.38']
    """
    places = _loads(case, loads)
    bend = _bend(strip, case, force_angle, friction_angle, needle_offset)
    steps: list[BendingResult] = []
    halvings = 0
    before: FilmSolution | None = None
    for index, load in enumerate(places):
        step = _slide_noted(bend(load), steps, friction_angle)
        if law is not None and step.verdict != RELEASED:
            previous = places[index - 1] if index else None
            try:
                step, count = _corrected(bend, step, load, previous, before, law, elements, HALVINGS)
            except ConvergenceError as error:
                raise ConvergenceError(f"step {index + 1} of the path: {error}", state=tuple(steps)) from error
            halvings, before = halvings + count, step.fe
        steps.append(step)
        if report is not None:
            report(index + 1, len(places))
        if step.verdict == RELEASED:
            break
    return _path(case, places[: len(steps)], steps, halvings)


def _slide_noted(step: BendingResult, steps: Sequence[BendingResult], friction_angle: float) -> BendingResult:
    """Step with a warning where the needle slides against the direction that its friction is for."""
    if not steps or (step.loaded_length - steps[-1].loaded_length) * friction_angle <= 0.0:
        return step
    way = "end" if friction_angle > 0.0 else "clamp"
    note = f"the needle slides towards the {way} of the film; the friction there has the other sign"
    return replace(step, warnings=(*step.warnings, note))


def _corrected(
    bend: Callable[[Floats], BendingResult], step: BendingResult, load: Floats, previous: Floats | None,
    before: FilmSolution | None, law: str, elements: tuple[int, int], left: int,
) -> tuple[BendingResult, int]:  # fmt: skip
    """Finite elements of one step; a failed one goes by the middle of the increment. With the number of halvings."""
    try:
        return bend_film(step, law=law, elements=elements, start=before), 0
    except ConvergenceError:
        if previous is None or left == 0:
            raise
    middle = 0.5 * (previous + load)
    half, first = _corrected(bend, bend(middle), middle, previous, before, law, elements, left - 1)
    whole, second = _corrected(bend, step, load, middle, half.fe, law, elements, left - 1)
    return whole, first + second + 1


def _bend(
    strip: Strip, case: str, force_angle: float | None, friction_angle: float, offset: float
) -> Callable[[Floats], BendingResult]:
    def clamped(load: Floats) -> BendingResult:
        if force_angle is None:
            raise InputError("a path of a clamped film needs the direction of its push.")
        return bend_clamped(strip, force_angle=force_angle, tip_angle=float(load[0]))

    return {
        "arc": lambda load: bend_arc(strip, fold_angle=float(load[0])),
        "plates": lambda load: bend_between_plates(strip, float(load[0])),
        "hinged": lambda load: bend_hinged(strip, float(load[0])),
        "clamped": clamped,
        "needle": lambda load: bend_needle(
            strip, float(load[0]), float(load[1]), friction_angle=friction_angle, offset=offset
        ),
    }[case]


def _loads(case: str, loads: ArrayLike) -> Floats:
    if case not in CASES:
        raise InputError(f"case must be one of {', '.join(CASES)}; got {case!r}.")
    places = check_finite(loads, "loads")
    width = len(PATH_COLUMNS[case])
    places = places[:, None] if places.ndim == 1 and width == 1 else places
    if places.ndim != 2 or places.shape[1] != width or not len(places):
        raise InputError(f"a path of {case!r} has the columns {', '.join(PATH_COLUMNS[case])}; got {places.shape}.")
    return places


def _path(case: str, loads: Floats, steps: Sequence[BendingResult], halvings: int) -> BendingPath:
    def force(step: BendingResult) -> float:
        return step.force if step.fe is None or step.fe.force is None else step.fe.force

    return BendingPath(
        case=case, steps=tuple(steps), loads=loads,
        strain=np.array([(step.fe or step).tension.nominal for step in steps]),
        force=np.array([force(step) for step in steps]),
        fold_angle=np.array([step.fold_angle for step in steps]), halvings=halvings, verdict=steps[-1].verdict,
    )  # fmt: skip


def read_path(path: str | Path, case: str) -> Floats:
    """Read the loads of a path from a table, in SI; columns as :data:`PATH_COLUMNS`.

    Raises
    ------
    FormatError
        If the columns are others, a cell is no number, or there is no line; with the line.
    """
    if case not in PATH_COLUMNS:
        raise InputError(f"case must be one of {', '.join(CASES)}; got {case!r}.")
    wanted = PATH_COLUMNS[case]
    lines = table_lines(path, "path")
    header = tuple(lines[0][1]) if lines else ()
    if header != wanted:
        raise FormatError(f"a path of {case!r} has the columns {', '.join(wanted)}; got {', '.join(header) or 'none'}.",
                          path=path, line=lines[0][0] if lines else None)  # fmt: skip
    if len(lines) < 2:
        raise FormatError("a path needs at least one line of loads.", path=path)
    factors = [METER_PER_MICROMETER if name.endswith("_um") else math.pi / 180.0 for name in wanted]
    return np.array([_numbers(cells, number, path, len(wanted)) for number, cells in lines[1:]]) * factors


def _numbers(cells: list[str], number: int, path: str | Path, count: int) -> list[float]:
    line = ",".join(cells)
    try:
        values = [float(cell) for cell in cells]
    except ValueError as error:
        raise FormatError(f"not a number: {error}.", path=path, line=number, text=line) from error
    if len(values) != count or not all(math.isfinite(value) for value in values):
        raise FormatError(f"{count} finite numbers expected.", path=path, line=number, text=line)
    return values
