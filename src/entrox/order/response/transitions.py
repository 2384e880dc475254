"""Transition temperatures of a ferroelectric, bracketed by two rows of a temperature run.

Two detectors that share no quantity: the number of components of the mean order parameter, and peaks of susceptibility
and specific heat. Units: K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from entrox.core import InputError, Result, check_in_range, check_integer, quantity
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.order.response.feram_curve import OrderCurve

__all__ = ["Hysteresis", "ResponsePeak", "Transition", "Transitions", "find_transitions", "phase_of_rows"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Direction = Literal["heating", "cooling"]

PHASES = ("C", "T", "O", "R")
"""By the number of components of the mean order parameter."""
SPECIFIC_HEAT_PROMINENCE = 4.0
"""Of a peak, in robust standard deviations of the whole curve."""
SUSCEPTIBILITY_RATIO = 2.0
"""Of a peak over the higher of the two valleys beside it."""


@dataclass(frozen=True, kw_only=True)
class Transition(Result):
    """One change of phase. The kind is named from the colder to the hotter phase in both directions."""

    kind: str
    direction: str
    t_low_k: float = quantity("K", "colder row of the bracket")
    t_high_k: float = quantity("K", "hotter row of the bracket")
    confirmed_by: tuple[str, ...] = ()

    @property
    def temperature_k(self) -> float:
        """Middle of the bracket [K]."""
        return 0.5 * (self.t_low_k + self.t_high_k)

    @property
    def half_width_k(self) -> float:
        """Half of the bracket [K]: the largest error that the steps leave."""
        return 0.5 * (self.t_high_k - self.t_low_k)


@dataclass(frozen=True, kw_only=True)
class ResponsePeak(Result):
    """One peak of a response function, known to the rows beside it."""

    detector: str
    direction: str
    temperature_k: float = quantity("K", "place of the peak")
    t_low_k: float = quantity("K", "colder end of what the rows resolve")
    t_high_k: float = quantity("K", "hotter end of what the rows resolve")
    height: float = quantity("k_B per cell, or as the susceptibility", "value at the peak")


@dataclass(frozen=True, kw_only=True)
class Hysteresis(Result):
    """Heating minus cooling temperature of one kind of transition."""

    kind: str
    width_k: float = quantity("K", "heating minus cooling temperature")
    bracket_error_k: float = quantity("K", "sum of the two half brackets: the largest error of the width")


@dataclass(frozen=True, kw_only=True)
class Transitions(Result):
    """What a set of temperature runs shows."""

    transitions: tuple[Transition, ...]
    peaks: tuple[ResponsePeak, ...]
    hysteresis: tuple[Hysteresis, ...]
    reference: tuple[float, ...] = quantity("as the source", "reference size of the order parameter, of each run")
    warnings: tuple[str, ...] = ()


def phase_of_rows(curve: OrderCurve, fraction: float = 0.5, min_run: int = 2) -> tuple[Ints, float]:
    """Number of components above ``fraction`` of the reference in each row, and the reference.

    The reference is the median, over the colder half of the rows, of the largest component. Runs of fewer than
    ``min_run`` rows of one class, ordered by temperature, join the neighboring run of the nearest class.
    """
    check_in_range(fraction, "fraction", low=0.0, high=1.0, low_open=True, high_open=True)
    check_integer(min_run, "min_run", low=1)
    order = np.argsort(curve.temperature_k, kind="stable")
    sizes = np.abs(curve.order_parameter[order])
    reference = float(np.median(sizes.max(axis=1)[: (len(sizes) + 1) // 2]))
    if reference <= 0.0:
        raise InputError("the order parameter is zero in the colder half of the curve: it has no reference size.")
    classes = _merged((sizes > fraction * reference).sum(axis=1), min_run)
    result = np.empty_like(classes)
    result[order] = classes
    return result, reference


def find_transitions(curves: OrderCurve | Sequence[OrderCurve], fraction: float = 0.5, min_run: int = 2) -> Transitions:
    """Find the changes of phase of temperature runs, and the hysteresis between heating and cooling.

    Parameters
    ----------
    curves
        One or more runs of one system. The direction of a run is that of its rows; a run that goes up and down is cut
        where it turns.
    fraction
        A component counts if it is above this part of the reference.
    min_run
        Shorter runs of one class are taken for fluctuations.

    Returns
    -------
    Transitions
        Sorted by direction (heating first), then temperature.

    Raises
    ------
    InputError
        If the settings are out of range, a temperature repeats within a run, or a run has no order at all.

    Examples
    --------
    >>> curve = OrderCurve(
    ...     temperature_k=[100.0, 110.0, 120.0, 130.0], order_parameter=[[0, 0, 1.0]] * 2 + [[0, 0, 0.0]] * 2,
    ...     susceptibility=None, energy_ev=None,
    ... )
    >>> [(item.kind, item.direction, item.temperature_k) for item in find_transitions(curve).transitions]
    [('T-C', 'heating', 115.0)]
    """
    given = [curves] if isinstance(curves, OrderCurve) else list(curves)
    if not given:
        raise InputError("find_transitions needs at least one curve; got none.")
    found: list[Transition] = []
    peaks: list[ResponsePeak] = []
    warnings: list[str] = []
    references = []
    for run in (part for curve in given for part in _monotonic(curve)):
        direction: Direction = "heating" if run.temperature_k[-1] > run.temperature_k[0] else "cooling"
        run = _by_temperature(run)
        of_run = response_peaks(run, direction)
        classes, reference = phase_of_rows(run, fraction, min_run)
        references.append(reference)
        found += _changes(run, classes, direction, of_run)
        peaks += of_run
        if (np.diff(classes) > 0).any():
            warnings.append(
                f"{direction} run {run.source!r}: a hotter phase has more components than a colder one; re-entrance, "
                "switching or noise. Look at the curve, or raise min_run."
            )
    found.sort(key=lambda item: (item.direction == "cooling", item.t_low_k))
    peaks.sort(key=lambda item: (item.direction == "cooling", item.detector, item.temperature_k))
    return Transitions(
        transitions=tuple(found),
        peaks=tuple(peaks),
        hysteresis=_hysteresis(found),
        reference=tuple(references),
        warnings=tuple(warnings),
    )


def _merged(classes: Ints, min_run: int) -> Ints:
    """Classes with the shortest runs joined to a neighbor until none is shorter than ``min_run``."""
    classes = classes.copy()
    while True:
        edges = np.flatnonzero(np.diff(classes)) + 1
        starts, ends = np.append(0, edges), np.append(edges, len(classes))
        lengths = ends - starts
        if len(lengths) == 1 or lengths.min() >= min_run:
            return classes
        k = int(lengths.argmin())
        beside = [j for j in (k - 1, k + 1) if 0 <= j < len(lengths)]
        # the nearest class; of two equally near, the longer run
        best = min(beside, key=lambda j: (abs(int(classes[starts[j]]) - int(classes[starts[k]])), -lengths[j]))
        classes[starts[k] : ends[k]] = classes[starts[best]]


def _monotonic(curve: OrderCurve) -> list[OrderCurve]:
    """Parts of a curve between the turning points of its temperature; a turning row belongs to both."""
    steps = np.diff(curve.temperature_k)
    if (steps == 0).any():
        row = int(np.flatnonzero(steps == 0)[0])
        raise InputError(
            f"temperatures must change from row to row; row {row + 1} of {curve.source or 'the curve'} repeats "
            f"{curve.temperature_k[row]:g} K. Average rows of one temperature first."
        )
    turns = np.flatnonzero(np.diff(np.sign(steps))) + 1
    borders = [0, *turns.tolist(), len(steps)]
    return [_rows(curve, np.arange(a, b + 1)) for a, b in pairwise(borders)]


def _by_temperature(curve: OrderCurve) -> OrderCurve:
    return _rows(curve, np.argsort(curve.temperature_k))


def _rows(curve: OrderCurve, index: Ints) -> OrderCurve:
    return OrderCurve(
        temperature_k=curve.temperature_k[index],
        order_parameter=curve.order_parameter[index],
        susceptibility=None if curve.susceptibility is None else curve.susceptibility[index],
        energy_ev=None if curve.energy_ev is None else curve.energy_ev[index],
        source=curve.source,
    )


def _changes(run: OrderCurve, classes: Ints, direction: Direction, peaks: list[ResponsePeak]) -> list[Transition]:
    t = run.temperature_k
    found = []
    for k in np.flatnonzero(np.diff(classes)):
        low, high = float(t[k]), float(t[k + 1])
        names = {peak.detector for peak in peaks if peak.t_low_k <= high and peak.t_high_k >= low}
        found.append(
            Transition(
                kind=f"{PHASES[classes[k]]}-{PHASES[classes[k + 1]]}",
                direction=direction,
                t_low_k=low,
                t_high_k=high,
                confirmed_by=tuple(sorted(names)),
            )
        )
    return found


def response_peaks(run: OrderCurve, direction: Direction) -> list[ResponsePeak]:
    """Peaks of specific heat and susceptibility of a run sorted by temperature."""
    t = run.temperature_k
    found = []
    if run.energy_ev is not None and len(t) >= 5:
        heat = np.diff(run.energy_ev) / np.diff(t) / BOLTZMANN_EV_PER_K
        spread = 1.4826 * float(np.median(np.abs(heat - np.median(heat))))
        for k in find_peaks(heat, prominence=max(SPECIFIC_HEAT_PROMINENCE * spread, 1e-12))[0]:
            middle = 0.5 * float(t[k] + t[k + 1])
            found.append(_peak("specific heat", direction, middle, float(t[k]), float(t[k + 1]), float(heat[k])))
    if run.susceptibility is not None and len(t) >= 5:
        positive = run.susceptibility > 0
        logs = np.log(np.where(positive, run.susceptibility, run.susceptibility[positive].min(initial=1.0)))
        for k in find_peaks(logs, prominence=np.log(SUSCEPTIBILITY_RATIO))[0]:
            found.append(
                _peak(
                    "susceptibility", direction, float(t[k]), float(t[k - 1]), float(t[k + 1]),
                    float(run.susceptibility[k]),
                )
            )  # fmt: skip
    return found


def _peak(detector: str, direction: str, place: float, low: float, high: float, height: float) -> ResponsePeak:
    return ResponsePeak(
        detector=detector, direction=direction, temperature_k=place, t_low_k=low, t_high_k=high, height=height
    )


def _hysteresis(found: list[Transition]) -> tuple[Hysteresis, ...]:
    """Width of each kind that was seen exactly once in each direction."""
    widths = []
    for kind in dict.fromkeys(item.kind for item in found):
        up = [item for item in found if item.kind == kind and item.direction == "heating"]
        down = [item for item in found if item.kind == kind and item.direction == "cooling"]
        if len(up) == len(down) == 1:
            widths.append(
                Hysteresis(
                    kind=kind,
                    width_k=up[0].temperature_k - down[0].temperature_k,
                    bracket_error_k=up[0].half_width_k + down[0].half_width_k,
                )
            )
    return tuple(widths)
