r"""Transition temperatures of one composition from all its runs, with four components of their uncertainty.

.. math:: T = \frac{1}{n_a n_m} \sum_{a, m} T_{am}, \qquad
          \Delta T = \sqrt{\Delta_\mathrm{bracket}^2 + \Delta_\mathrm{block}^2 + \Delta_\mathrm{arrangement}^2
          + \Delta_\mathrm{committee}^2}

Each component is the half width of a 95 % interval: the rows beside the transition bound it (half their distance, mean
over the runs); noise of the rows moves it (redrawn from their block errors); arrangements of the cations differ
(Student's interval of their mean, since a large crystal holds all of them); models differ (Student's quantile times
their standard deviation, which no average over models reduces). Units: K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from entrox.core import Result, quantity
from entrox.core.student import NORMAL_95, student_half_width
from entrox.dynamics.diagrams.ramps import TemperatureRun
from entrox.order.response.transitions import Transition, find_transitions

__all__ = ["RunTransitions", "TransitionPoint", "run_transitions", "transition_points"]

Floats = NDArray[np.float64]
_Row = tuple[int, int, float, float, float]
"""Arrangement, model, temperature, half width of the bracket, block error."""

SMALLEST_ORDER = 0.02
"""Of a polar phase [angstrom or C/m2]."""
SIGNIFICANT = 3.0
"""Standard errors above which an order parameter is no noise."""
DRAWS = 100
"""Times that the noise of the rows is drawn anew."""
SEEN_SHARE = 0.5
"""A transition that fewer of the draws show tells no spread."""


@dataclass(frozen=True, kw_only=True)
class RunTransitions:
    """Transitions of one run.

    Parameters
    ----------
    arrangement, model
        Numbers of the cation arrangement and of the model.
    transitions
        As :func:`entrox.order.find_transitions` names them.
    block_error_k
        Standard deviation of each temperature under the noise of the rows; that of anywhere in the run where the noise
        hides the transition.
    warnings
        Of the detector, and of the noise.
    """

    arrangement: int
    model: int
    transitions: tuple[Transition, ...]
    block_error_k: tuple[float, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TransitionPoint(Result):
    """One transition of one composition in one direction.

    The components are half widths of 95 % intervals; None where there is a single arrangement or model.
    """

    kind: str
    direction: str
    t_k: float = quantity("K", "transition temperature")
    t_low_k: float = quantity("K", "lower end of the 95 % interval")
    t_high_k: float = quantity("K", "upper end of the 95 % interval")
    bracket_k: float = quantity("K", "half of the bracket")
    block_k: float = quantity("K", "from the noise of the rows")
    arrangement_k: float | None = quantity("K", "from the spread over arrangements")
    committee_k: float | None = quantity("K", "from the spread over models")
    n_arrangements: int = quantity("1", "arrangements that show it")
    n_models: int = quantity("1", "models that show it")
    n_runs: int = quantity("1", "runs that show it")
    n_searched: int = quantity("1", "runs that were searched")

    @property
    def half_width_k(self) -> float:
        """Half width of the interval [K]."""
        return 0.5 * (self.t_high_k - self.t_low_k)


def run_transitions(
    run: TemperatureRun,
    rng: np.random.Generator,
    *,
    arrangement: int = 0,
    model: int = 0,
    fraction: float = 0.5,
    min_run: int = 2,
    smallest_order: float = SMALLEST_ORDER,
) -> RunTransitions:
    """Find the transitions of a run, and how the noise of its rows moves them.

    Parameters
    ----------
    run
        Run over temperature, with at least two rows.
    rng
        Draws the noise.
    arrangement, model
        Kept with the answer.
    fraction, min_run
        As for :func:`entrox.order.find_transitions`.
    smallest_order
        A run whose order parameter stays below this when it is cold, in the unit of the run, has no transition.
    """
    curve = run.curve()
    if not _is_ordered(run, smallest_order):
        remark = (
            f"{run.direction} run {run.source!r}: no order above {smallest_order:g} {run.unit} and its noise when cold"
        )
        return RunTransitions(
            arrangement=arrangement, model=model, transitions=(), block_error_k=(), warnings=(f"{remark}.",)
        )
    found = find_transitions(curve, fraction, min_run)
    seen: list[list[float]] = [[] for _ in found.transitions]
    noise = _row_noise(run)
    bare = replace(curve, energy_ev=None, susceptibility=None)
    for _ in range(DRAWS if found.transitions else 0):
        drawn = replace(bare, order_parameter=run.order_parameter + noise * rng.standard_normal(noise.shape))
        again = find_transitions(drawn, fraction, min_run).transitions
        for item, temperatures in zip(found.transitions, seen, strict=True):
            temperatures += _nearest(item, again)
    hidden = [len(values) < SEEN_SHARE * DRAWS for values in seen]
    remarks = [
        f"{run.direction} run {run.source!r}: the noise of its rows hides the transition {item.kind}; its block error "
        "is that of anywhere in the run."
        for item, lost in zip(found.transitions, hidden, strict=True)
        if lost
    ]
    if found.transitions and not np.isfinite(run.order_error).any():
        remarks.append(
            f"{run.direction} run {run.source!r}: rows of one frame have no error; the block error is too low."
        )
    anywhere = float(np.ptp(run.temperature_k)) / np.sqrt(12.0)
    return RunTransitions(
        arrangement=arrangement,
        model=model,
        transitions=found.transitions,
        block_error_k=tuple(
            anywhere if lost else float(np.std(values)) for values, lost in zip(seen, hidden, strict=True)
        ),
        warnings=(*found.warnings, *remarks),
    )


def _row_noise(run: TemperatureRun) -> Floats:
    """Errors of the rows; a row of one frame, whose error is unknown, gets the largest that is known."""
    known = run.order_error[np.isfinite(run.order_error)]
    return np.where(np.isfinite(run.order_error), run.order_error, known.max() if len(known) else 0.0)


def _is_ordered(run: TemperatureRun, smallest_order: float) -> bool:
    """Whether the colder half has an order parameter; without one, noise would be cut into phases."""
    cold = np.argsort(run.temperature_k, kind="stable")[: (len(run.temperature_k) + 1) // 2]
    sizes = np.abs(run.order_parameter[cold]).max(axis=1)
    noise = float(np.median(_row_noise(run)[cold].max(axis=1)))
    return float(np.median(sizes)) > max(smallest_order, SIGNIFICANT * noise)


def _nearest(item: Transition, others: Sequence[Transition]) -> list[float]:
    """Temperature of the nearest transition of the same kind and direction, or nothing."""
    same = [t.temperature_k for t in others if (t.kind, t.direction) == (item.kind, item.direction)]
    return sorted(same, key=lambda temperature: abs(temperature - item.temperature_k))[:1]


def transition_points(runs: Sequence[RunTransitions]) -> tuple[TransitionPoint, ...]:
    """Combine the runs of one composition, all arrangements and models, into one point for each transition.

    Parameters
    ----------
    runs
        Runs in one or both directions; a kind that a run shows twice counts there with its mean.

    Returns
    -------
    tuple of TransitionPoint
        Heating first, then by temperature.
    """
    names = dict.fromkeys((item.direction, item.kind) for run in runs for item in run.transitions)
    points = [_point(runs, direction, kind) for direction, kind in names]
    return tuple(sorted(points, key=lambda point: (point.direction == "cooling", point.t_k)))


def _mean_of_run(rows: Sequence[_Row], run: tuple[int, int]) -> _Row:
    """One row for a run, the mean over all its transitions of the kind."""
    own = np.array([row[2:] for row in rows if row[:2] == run])
    temperature, half, block = own.mean(axis=0).tolist()
    return (*run, temperature, half, block)


def _point(runs: Sequence[RunTransitions], direction: str, kind: str) -> TransitionPoint:
    rows = [
        (run.arrangement, run.model, item.temperature_k, item.half_width_k, error)
        for run in runs
        for item, error in zip(run.transitions, run.block_error_k, strict=True)
        if (item.direction, item.kind) == (direction, kind)
    ]
    rows = [_mean_of_run(rows, run) for run in dict.fromkeys(row[:2] for row in rows)]
    arrangement, model, temperature, half, block = (np.array(column) for column in zip(*rows, strict=True))
    by_arrangement, by_model = _group_means(arrangement, temperature), _group_means(model, temperature)
    of_arrangements = student_half_width(by_arrangement) if len(by_arrangement) > 1 else None
    of_models = _committee_half_width(by_model) if len(by_model) > 1 else None
    bracket = float(half.mean())
    known = block[np.isfinite(block)]
    # independent noise of the runs averages out; a bracket, the same in all of them, does not
    noise = NORMAL_95 * float(np.sqrt((known**2).mean() / len(temperature))) if len(known) else 0.0
    width = float(np.sqrt(bracket**2 + noise**2 + (of_arrangements or 0.0) ** 2 + (of_models or 0.0) ** 2))
    t = float(temperature.mean())
    return TransitionPoint(
        kind=kind,
        direction=direction,
        t_k=t,
        t_low_k=t - width,
        t_high_k=t + width,
        bracket_k=bracket,
        block_k=noise,
        arrangement_k=of_arrangements,
        committee_k=of_models,
        n_arrangements=len(by_arrangement),
        n_models=len(by_model),
        n_runs=len({(a, m) for a, m, *_ in rows}),
        n_searched=len(runs),
    )


def _group_means(groups: NDArray[np.int64], values: Floats) -> Floats:
    return np.array([values[groups == name].mean() for name in np.unique(groups)])


def _committee_half_width(by_model: Floats) -> float:
    return float(stdtrit(len(by_model) - 1, 0.975)) * float(by_model.std(ddof=1))
