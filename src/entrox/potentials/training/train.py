"""Training of Deep Potentials by DeePMD-kit: one model, or a committee that differs in its seeds.

The networks learn energies from which a reference of the elements was taken off, so that their constants are small
(float32 keeps them exact) and no combination of elements is left to chance that the data do not determine. A graph
(.pb) therefore gives energies above that reference, which changes no force; :class:`~entrox.potentials.DeepmdStudent`
adds it again. Units: eV, eV/angstrom, meV/atom, s.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from entrox.core import InputError
from entrox.core.whole_file import write_whole
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.reference import EnergyReference, fit_energy_reference, subtract_reference
from entrox.potentials.student import Model
from entrox.potentials.training.deepmd_input import CURVE_FILE, deepmd_input, system_shares
from entrox.potentials.training.dp_command import check_deepmd, stop_dp
from entrox.potentials.training.model_file import curve_rows, read_record
from entrox.potentials.training.neighbor_counts import check_sel, choose_sel, count_neighbors
from entrox.potentials.training.settings import TrainSettings
from entrox.potentials.training.training_data import dataset_sha256, write_training_systems
from entrox.potentials.training.training_task import TrainingTask, train_one

__all__ = ["Progress", "train", "train_committee", "training_tasks"]

Progress = Callable[[str, int, int], None]

DATA, MARK = "data", ".training"
MODELS_AT_ONCE = 2
"""A training of small networks hardly gains from a second thread: two models of one thread each use two cores."""
POLL_S = 1.0


def train(
    dataset: Dataset,
    settings: TrainSettings,
    seed: int,
    folder: Path,
    *,
    init_from: Model | None = None,
    **options: Any,
) -> Model:
    """Train one model; see :func:`train_committee` for all else."""
    start = () if init_from is None else (init_from,)
    return train_committee(dataset, settings, folder, [seed], init_from=start, **options)[0]


def train_committee(
    dataset: Dataset,
    settings: TrainSettings,
    folder: Path,
    seeds: Sequence[int],
    *,
    init_from: Sequence[Model] = (),
    reference: EnergyReference | None = None,
    per_source_reference: bool = False,
    executor: Executor | None = None,
    threads: int = 1,
    python: str | None = None,
    progress: Progress | None = None,
) -> tuple[Model, ...]:
    """Train one model for each seed on the same frames.

    Parameters
    ----------
    dataset, settings
        Training frames, and how to train.
    folder
        Takes the models ``model_000.pb``, ... with a record beside each, and a working folder for each. What is
        finished there is not trained again, and an interrupted training goes on from its last checkpoint.
    seeds
        Seeds of the models.
    init_from
        Models to go on from, one for each seed, at the lower rate and force prefactor of ``settings``; their elements,
        neighbors and reference energies are kept.
    reference, per_source_reference
        Reference energies; fitted to the frames if None, for each source on its own if the sources have different
        zeros.
    executor
        Runs the models side by side; two at a time by default. The numbers do not depend on it.
    threads
        Threads of each training.
    python
        Interpreter of another environment that has DeePMD-kit.
    progress
        Called with a name, the steps that are done and all steps.

    Returns
    -------
    tuple of Model
        In the order of the seeds, without errors on the training frames: see ``record_training_errors``.

    Raises
    ------
    InputError
        If frames do not fit the settings or the models, or the folder holds another training.
    MissingExtraError
        If DeePMD-kit is not installed.
    EngineError
        If a training fails, with the end of its log.
    """
    check_deepmd(python)
    tasks = training_tasks(
        dataset, settings, folder, seeds, init_from=init_from, reference=reference,
        per_source_reference=per_source_reference, threads=threads, python=python,
    )  # fmt: skip
    own = ThreadPoolExecutor(MODELS_AT_ONCE) if executor is None else nullcontext(executor)
    with own as runner:
        futures = [runner.submit(train_one, task) for task in tasks]
        try:
            _follow(futures, tasks, progress)
        except BaseException:
            for future in futures:
                future.cancel()
            stop_dp(folder)
            raise
        return tuple(future.result() for future in futures)


def training_tasks(
    dataset: Dataset,
    settings: TrainSettings,
    folder: Path,
    seeds: Sequence[int],
    *,
    init_from: Sequence[Model] = (),
    reference: EnergyReference | None = None,
    per_source_reference: bool = False,
    threads: int = 1,
    python: str | None = None,
) -> tuple[TrainingTask, ...]:
    """Check the frames against the settings, write the systems, and return one task for each seed."""
    if not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"every model needs a seed of its own; got {list(seeds)}.")
    if init_from and len(init_from) != len(seeds):
        raise InputError(f"a warm start needs one model for each seed; got {len(init_from)} for {len(seeds)} seeds.")
    parents = [read_record(model.path) for model in init_from]
    type_map = parents[0].model.type_map if parents else dataset.elements
    if beyond := [name for name in dataset.elements if name not in type_map]:
        raise InputError(
            f"the models to go on from know {', '.join(type_map)}; the data also have {', '.join(beyond)}. Train anew."
        )
    seen, possible = count_neighbors(dataset, settings.cutoff_angstrom)
    sel = dict(parents[0].sel if parents else settings.sel or choose_sel(possible, settings.sel_headroom))
    check_sel(sel, seen)
    if reference is None:
        reference = parents[0].reference if parents else _reference(dataset, per_source_reference)
    prepared = dataset if reference is None else subtract_reference(dataset, reference)
    sha256 = dataset_sha256(prepared)
    _claim(folder, sha256)
    systems = write_training_systems(prepared, folder / DATA, type_map)
    shares = system_shares(list(systems.values()), settings.max_system_share).tolist()
    return tuple(
        TrainingTask(
            path=folder / f"model_{index:03d}.pb",
            content=deepmd_input(
                settings, [f"../{DATA}/{name}" for name in systems], shares, type_map=type_map,
                sel=[sel[name] for name in type_map], seed=seed, warm_start=bool(parents),
            ),
            type_map=tuple(type_map),
            sel=sel,
            seed=seed,
            settings=settings,
            reference=reference,
            data_sha256=sha256,
            parent=init_from[index] if init_from else None,
            threads=threads,
            python=python,
        )
        for index, seed in enumerate(seeds)
    )  # fmt: skip


def _reference(dataset: Dataset, per_source_reference: bool) -> EnergyReference | None:
    """Fit the reference energies; frames without any energy need none."""
    if all(frame.energy_ev is None for frame in dataset):
        return None
    return fit_energy_reference(dataset, per_source_reference=per_source_reference)


def _claim(folder: Path, sha256: str) -> None:
    """Mark the folder as that of these frames, or raise if it is that of others."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / MARK
    if mark.is_file():
        if mark.read_text(encoding="utf-8").strip() != sha256:
            raise InputError(f"{folder} holds a training with other frames or reference energies. Give another folder.")
    elif (folder / DATA).exists():
        raise InputError(f"{folder / DATA} exists and is not ours; it is not replaced. Give another folder.")
    else:
        write_whole(mark, sha256 + "\n")


def _follow(futures: Sequence[Future[Model]], tasks: Sequence[TrainingTask], progress: Progress | None) -> None:
    """Wait for the trainings, and show their steps as the learning curves grow; the first failure ends all."""
    total, shown = sum(task.settings.n_steps for task in tasks), -1
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=POLL_S)
        for future in done:
            future.result()
        if progress is not None:
            steps = [
                task.settings.n_steps if future.done() else max(curve_rows(task.folder / CURVE_FILE)[0], default=0)
                for task, future in zip(tasks, futures, strict=True)
            ]
            if sum(steps) != shown:
                shown = sum(steps)
                progress("training", shown, total)
