"""The ramps of ``entrox breakdown``: through an executor, with progress, and with both choices of field enhancement."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from entrox.breakdown import AvalancheModel, AvalancheSettings, BreakdownEnsemble, run_ensemble
from entrox.cli.progress import QUICK_S, progress_shown
from entrox.core import InputError, generator
from entrox.design import Progress, open_executor

if TYPE_CHECKING:
    from entrox.cli.breakdown_material import Material

__all__ = ["run_both_enhancements"]

P = ParamSpec("P")
T = TypeVar("T")

CHEAP_SITES = 1000
"""Cells of a plane up to which the other choice of field enhancement is run as well: some 20 ms per seed."""


def run_both_enhancements(
    material: Material,
    model: AvalancheModel,
    settings: AvalancheSettings,
    seeds: int,
    seed: int,
    workers: int,
    *,
    quiet: bool,
) -> tuple[BreakdownEnsemble, BreakdownEnsemble | None]:
    """Run the ramps, and in a plane that is not too large the same seeds with the other choice of enhancement.

    Raises
    ------
    InputError
        If the sample does not fit into the memory.
    """
    across, along = model.sample_cells[:-1], model.sample_cells[-1]
    models = [model]
    if model.dimensions == 2 and across[0] * along <= CHEAP_SITES:
        models.append(replace(model, enhancement=not model.distorts_field))
    with (
        progress_shown(quiet=quiet, counted="ramps") as show,
        open_executor(workers, preload=("entrox.breakdown",)) as executor,
    ):
        counted = _CountingExecutor(executor, seeds * len(models), show, at_once=model.dimensions == 3)
        with _memory_named():
            ensembles = [
                run_ensemble(
                    material.parameters,
                    generator(seed),
                    seeds=seeds,
                    model=each,
                    settings=settings,
                    plane=material.own_lattice,
                    executor=counted,
                )
                for each in models
            ]
    return ensembles[0], ensembles[1] if len(ensembles) > 1 else None


@contextmanager
def _memory_named() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise InputError(
            "the sample does not fit into the memory of this computer. Give fewer --cells or a smaller --thickness."
        ) from error


class _CountingExecutor(Executor):
    """Hands calls on, and shows how many ramps are done; the last argument of a call holds one generator per ramp."""

    def __init__(
        self, executor: Executor, total: int, show: Callable[[Progress], None] | None, *, at_once: bool
    ) -> None:
        self._executor, self._total, self._show, self._done = executor, total, show, 0
        self._start = time.monotonic()
        self._quick = 0.0 if at_once else QUICK_S
        self._report()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Hand the call on, and count its ramps when it is done."""
        future = self._executor.submit(fn, *args, **kwargs)
        generators: Any = args[-1]
        future.add_done_callback(lambda _: self._report(len(generators)))
        return future

    def _report(self, more: int = 0) -> None:
        self._done += more
        passed = time.monotonic() - self._start
        if self._show is None or passed < self._quick:
            return
        rate = self._done / passed if self._done else 0.0
        left = (self._total - self._done) / rate if rate else None
        self._show(Progress(done=self._done, total=self._total, restored=0, rate=rate, remaining_s=left))
