"""What a worker does: it evaluates a batch of points and hands back plain text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from entrox.core.errors import EntroxError, MissingExtraError
from entrox.core.measure import Measure, MeasureSettings
from entrox.core.random import generator
from entrox.design.identity import IdentifiedPoint, stream_key
from entrox.design.store import DONE, FAILED, encode_values
from entrox.design.worker_code import check_code_here

if TYPE_CHECKING:
    from entrox.composition import Composition

__all__ = ["Job", "Outcome", "evaluate_batch"]

Job = tuple["Composition | IdentifiedPoint", str, int]
"""A point, its key, and the number of its measure."""
Outcome = tuple[str, str, str]
"""Status, values as JSON, warnings as JSON."""


def evaluate_batch(
    seed: int, work: Sequence[tuple[Measure, MeasureSettings, str]], jobs: Iterable[Job], budget_s: float
) -> list[Outcome]:
    """Evaluate jobs (composition, its key, index into ``work``) until done or out of time; at least one.

    Runs in the worker. Returns (status, values as JSON, warnings as JSON) of the jobs that were done, in order.

    Parameters
    ----------
    seed
        Seed of the study.
    work
        Measures with their settings and the version of their code where the study was started.
    jobs
        What to evaluate.
    budget_s
        Time after which no further job is begun [s].

    Raises
    ------
    EngineError
        If the code here is not that of the study: the rows would bear the name of code that did not make them.
    """
    start = time.perf_counter()
    outcomes: list[Outcome] = []
    for composition, identity, index in jobs:
        measure, settings, version = work[index]
        check_code_here(measure, version)
        outcomes.append(_evaluate(measure, settings, composition, identity, seed))
        if time.perf_counter() - start > budget_s:
            break
    return outcomes


def _evaluate(
    measure: Measure,
    settings: MeasureSettings,
    composition: Composition | IdentifiedPoint,
    identity: str,
    seed: int,
) -> Outcome:
    names = [declared.name for declared in measure.quantities]
    rng = generator(seed, *stream_key(identity, measure.name))
    try:
        values: dict[str, Any] = dict(measure.evaluate(composition, settings, rng))
    except MissingExtraError:  # a worker that is incomplete, not a property of the point
        raise
    except EntroxError as error:
        return FAILED, encode_values(dict.fromkeys(names)), json.dumps([f"{measure.name}: {error}"])
    warnings = [str(item) for item in values.pop("warnings", ())]
    if set(values) != set(names):
        raise TypeError(
            f"the measure {measure.name!r} must return exactly its quantities; "
            f"missing {sorted(set(names) - set(values))}, "
            f"not declared {sorted(set(values) - set(names))}"
        )
    return DONE, encode_values(values), json.dumps(warnings)
