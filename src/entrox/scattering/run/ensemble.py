"""Several refinements of one question: seeds, each with the bond valence constraint on and off.

What differs between seeds is not determined by the data; what differs between on and off is put in by the constraint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_integer, quantity
from entrox.scattering.operators.blas_threads import single_threaded_products
from entrox.scattering.run.analyze import RmcAnalysis, analyze_rmc
from entrox.scattering.run.checkpoint import CHECKPOINT, keep_inputs, kept_settings
from entrox.scattering.run.data_weights import WeightComparison, compare_data_weights, with_data_weight
from entrox.scattering.run.refine import Progress, run_rmc
from entrox.scattering.run.rmc_result import RmcResult
from entrox.scattering.setup.problem_of_settings import check_files
from entrox.scattering.setup.rmc_settings import RmcSettings

__all__ = ["RmcEnsemble", "ensemble_of", "resume_ensemble", "run_ensemble", "run_folder"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class RmcEnsemble(Result):
    """All runs, those with the bond valence constraint first, and what they have in common.

    ``weights`` compares runs at other weights of the data, for each mode. ``analysis_on`` and ``analysis_off`` are None
    where no run was made so, or the boxes are no perovskites. The main
    analysis is that with the constraint, if there is one.
    """

    results: tuple[RmcResult, ...]
    seeds: tuple[int, ...] = quantity("1", "seeds")
    analysis_on: RmcAnalysis | None = None
    analysis_off: RmcAnalysis | None = None
    elements: tuple[str, ...] = ()
    modulus_on_angstrom: Floats | None = quantity(
        "angstrom", "mean length of the displacements with bond valence", axes=("element",), default=None
    )
    modulus_off_angstrom: Floats | None = quantity(
        "angstrom", "the same without bond valence", axes=("element",), default=None
    )
    set_names: tuple[str, ...]
    chi2_per_point: Floats = quantity("1", "chi^2 per point fitted", axes=("run", "set"))
    hold_out_chi2_per_point: Floats = quantity("1", "chi^2 per point held out; NaN where none is", axes=("run", "set"))
    converged: bool
    stopped_by: str
    weights: tuple[WeightComparison, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def analysis(self) -> RmcAnalysis | None:
        """With the constraint if it was on in any run."""
        return self.analysis_on or self.analysis_off

    def runs(self, *, bond_valence: bool) -> tuple[RmcResult, ...]:
        """Results with or without the constraint."""
        return tuple(item for item in self.results if item.bond_valence_on == bond_valence)

    @property
    def modes(self) -> tuple[str, ...]:
        """``on``, ``off`` or both."""
        return tuple(
            name
            for name, on in (("on", True), ("off", False))
            if any(item.bond_valence_on == on for item in self.results)
        )


@dataclass(frozen=True)
class _Planned:
    """One run of an ensemble; ``weight`` is None for those at the weight of the settings."""

    seed: int
    bond_valence: bool
    weight: float | None = None

    @property
    def name(self) -> str:
        other = "" if self.weight is None else f"-weight-{self.weight:g}"
        return f"seed-{self.seed}-{'on' if self.bond_valence else 'off'}{other}"


def run_folder(folder: Path, seed: int, bond_valence: bool) -> Path:
    """Folder of one run of an ensemble."""
    return folder / _Planned(seed, bond_valence).name


def _plan(settings: RmcSettings, seeds: Sequence[int]) -> list[_Planned]:
    """All runs: the seeds of each mode, then the other weights with the first seed."""
    mode = settings.constraints.bond_valence.mode
    modes = [on for on in (True, False) if mode in ("both", "on" if on else "off")]
    others = [weight for weight in dict.fromkeys(settings.run.compare_weights) if weight != settings.run.data_weight]
    plan = [_Planned(seed, on) for on in modes for seed in seeds]
    return plan + [_Planned(seeds[0], on, weight) for on in modes for weight in others]


def run_ensemble(
    settings: RmcSettings,
    seeds: Sequence[int] | None = None,
    executor: Executor | None = None,
    *,
    folder: str | Path | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> RmcEnsemble:
    """Refine with several seeds, and with the bond valence constraint as the settings say.

    Parameters
    ----------
    settings
        As for one run.
    seeds
        Seeds; by default as many as the settings say, from theirs on.
    executor
        Runs the refinements side by side; one after the other if None.
    folder
        Keeps a copy of the input, and a checkpoint for every run.
    resume
        Go on with runs that have a checkpoint.
    progress
        As for one run; with an executor called when a run is done.

    Raises
    ------
    InputError
        As :func:`entrox.scattering.run.refine.run_rmc`; if seeds repeat.
    """
    chosen = _seeds(settings, seeds)
    check_files(settings)
    place = None if folder is None else Path(folder)
    if place is not None:
        if not resume and (held := _held(place)):
            raise InputError(f"{place} holds checkpoints ({', '.join(held)}). Resume them, or give another folder.")
        settings = keep_inputs(settings, place) if not resume else settings
    plan = _plan(settings, chosen)
    # around all runs, as threads of an executor share the number of threads of the products
    with single_threaded_products():
        if executor is None:
            results = [_one(settings, planned, place, resume, progress) for planned in plan]
        else:
            jobs = [executor.submit(_one, settings, planned, place, resume, None) for planned in plan]
            results = _collected(jobs, plan, progress)
    main = [result for result, planned in zip(results, plan, strict=True) if planned.weight is None]
    return ensemble_of(main, results[len(main) :])


def resume_ensemble(
    folder: str | Path,
    executor: Executor | None = None,
    *,
    moves_per_atom: int | None = None,
    time_limit_min: float | None = None,
    progress: Progress | None = None,
) -> RmcEnsemble:
    """Go on with all runs of a folder, from their checkpoints and the input kept there.

    Parameters
    ----------
    folder
        Folder of :func:`run_ensemble`.
    executor, progress
        As there.
    moves_per_atom
        Moves per atom wanted in all; those of the settings if None.
    time_limit_min
        New limit of time; none if None.

    Raises
    ------
    InputError
        If the folder is not that of a refinement.
    FormatError
        If settings or a checkpoint are damaged.
    """
    place = Path(folder)
    settings = kept_settings(place)
    run = settings.run.model_dump() | {"time_limit_min": time_limit_min}
    if moves_per_atom is not None:
        run["moves_per_atom"] = check_integer(moves_per_atom, "moves_per_atom", low=1)
    changed = settings.replaced(run=run)
    return run_ensemble(changed, executor=executor, folder=place, resume=True, progress=progress)


def _seeds(settings: RmcSettings, seeds: Sequence[int] | None) -> list[int]:
    if seeds is None:
        return list(range(settings.run.seed, settings.run.seed + settings.run.seeds))
    chosen = [check_integer(seed, "seeds", low=0) for seed in seeds]
    if not chosen or len(set(chosen)) < len(chosen):
        raise InputError(f"seeds must be different whole numbers, at least one; got {chosen}.")
    return chosen


def _held(folder: Path) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"seed-*/{CHECKPOINT}")) if folder.is_dir() else []


def _one(
    settings: RmcSettings, planned: _Planned, folder: Path | None, resume: bool, progress: Progress | None
) -> RmcResult:
    place = None if folder is None else folder / planned.name
    there = place is not None and (place / CHECKPOINT).exists()
    return run_rmc(
        settings if planned.weight is None else with_data_weight(settings, planned.weight),
        seed=planned.seed, bond_valence=planned.bond_valence, folder=place, resume=resume and there, progress=progress,
    )  # fmt: skip


def _collected(
    jobs: Sequence[Future[RmcResult]], plan: Sequence[_Planned], progress: Progress | None
) -> list[RmcResult]:
    """Results in the order of the plan; the first error ends all that has not begun."""
    done = 0
    try:
        for job in as_completed(jobs):
            result, done = job.result(), done + 1
            if progress is not None:
                mode = "on" if result.bond_valence_on else "off"
                progress(f"seed {result.seed}, bond valence {mode}: done", done, len(plan))
    except BaseException:
        for job in jobs:
            job.cancel()
        raise
    return [job.result() for job in jobs]


def ensemble_of(results: Sequence[RmcResult], other_weights: Sequence[RmcResult] = ()) -> RmcEnsemble:
    """Ensemble of results that are there.

    Parameters
    ----------
    results
        Runs with one weight of the data.
    other_weights
        Runs with others, to compare with.

    Raises
    ------
    InputError
        If there is none, or they have different data sets.
    """
    if not results:
        raise InputError("an ensemble needs at least one result.")
    names = tuple(item.name for item in results[0].sets)
    if any(tuple(item.name for item in result.sets) != names for result in results):
        raise InputError("the results were refined against different data sets.")
    by_mode = {on: [item for item in results if item.bond_valence_on == on] for on in (True, False)}
    found = {on: _analysis(items) for on, items in by_mode.items()}
    on, off = found[True][0], found[False][0]
    weights = tuple(
        compare_data_weights([*by_mode[mode], *more], names)
        for mode in (True, False)
        if found[mode][0] is not None and (more := [item for item in other_weights if item.bond_valence_on == mode])
    )
    notes = [note for result in results for note in result.warnings] + [note for _, note in found.values() if note]
    notes += [
        f"bond valence {'on' if item.bond_valence_on else 'off'}: {note}" for item in weights for note in item.warnings
    ]
    return RmcEnsemble(
        results=(*by_mode[True], *by_mode[False]),
        seeds=tuple(sorted({item.seed for item in results})),
        analysis_on=on,
        analysis_off=off,
        elements=(on or off).elements if on or off else (),  # type: ignore[union-attr]
        modulus_on_angstrom=None if on is None else on.mean_modulus_angstrom,
        modulus_off_angstrom=None if off is None else off.mean_modulus_angstrom,
        set_names=names,
        chi2_per_point=_table(by_mode, names, "chi2_per_point"),
        hold_out_chi2_per_point=_table(by_mode, names, "hold_out_chi2_per_point"),
        converged=all(item.converged for item in results),
        stopped_by="time" if any(item.stopped_by == "time" for item in results) else "moves",
        weights=weights,
        warnings=tuple(dict.fromkeys(notes)),
    )


def _analysis(results: Sequence[RmcResult]) -> tuple[RmcAnalysis | None, str]:
    """Analysis of the boxes, or why there is none."""
    if not results:
        return None, ""
    if not all(item.perovskite for item in results):
        return None, "the box is no perovskite: displacements and classes are not defined"
    try:
        return analyze_rmc(results), ""
    except InputError as error:  # atoms that nothing holds have left their sites: the fit is a result all the same
        return None, f"local order was not measured: {error}"


def _table(by_mode: Mapping[bool, Sequence[RmcResult]], names: Sequence[str], key: str) -> Floats:
    """One number of every set of every run, shape ``(run, set)``; NaN for None."""
    rows = [
        [np.nan if getattr(item, key) is None else float(getattr(item, key)) for item in result.sets]
        for on in (True, False)
        for result in by_mode[on]
    ]
    return np.array(rows, dtype=float).reshape(len(rows), len(names))
