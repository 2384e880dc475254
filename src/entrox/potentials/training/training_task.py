"""One training of DeePMD-kit from its input to the graph, in a folder of its own: started, continued, or only read.

Times in s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entrox.core import EngineError, InputError
from entrox.core.whole_file import write_whole
from entrox.potentials.datasets.reference import EnergyReference
from entrox.potentials.student import Model
from entrox.potentials.training.deepmd_input import CHECKPOINT
from entrox.potentials.training.dp_command import run_dp
from entrox.potentials.training.model_file import ModelRecord, file_sha256, read_record, record_file, write_record
from entrox.potentials.training.settings import TrainSettings

__all__ = ["TrainingTask", "compress", "freeze", "last_checkpoint", "train_one"]

INPUT, TASK, LOG = "input.json", "task.json", "dp.log"


@dataclass(frozen=True, kw_only=True)
class TrainingTask:
    """Everything that one model needs, as plain data: it can be sent to another process that sees the same files.

    ``path`` is the graph to be made; the training runs in the folder of the same name without ending.
    """

    path: Path
    content: dict[str, Any]
    type_map: tuple[str, ...]
    sel: dict[str, int]
    seed: int
    settings: TrainSettings
    reference: EnergyReference | None
    data_sha256: str
    parent: Model | None = None
    threads: int = 1
    python: str | None = None

    @property
    def folder(self) -> Path:
        """Working folder of the training."""
        return self.path.with_suffix("")

    def fingerprint(self) -> str:
        """SHA-256 over the input, the data, and the model from which it goes on."""
        content = [self.content, self.data_sha256, None if self.parent is None else self.parent.sha256]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def train_one(task: TrainingTask) -> Model:
    """Train, freeze and compress one model, or read it if it is finished.

    The processor time is that of the part that came to its end; parts that were interrupted are not counted.

    Raises
    ------
    InputError
        If the folder holds a training of other settings.
    EngineError
        If DeePMD-kit fails.
    """
    fingerprint = task.fingerprint()
    if record_file(task.path).is_file():
        record = read_record(task.path)
        _check_same(task, record.task_sha256, fingerprint)
        return record.model
    task.folder.mkdir(exist_ok=True)
    mark = task.folder / TASK
    if mark.is_file():
        _check_same(task, json.loads(mark.read_text(encoding="utf-8"))["task_sha256"], fingerprint)
    else:
        (task.folder / INPUT).write_text(json.dumps(task.content, indent=2) + "\n", encoding="utf-8")
        write_whole(mark, json.dumps({"task_sha256": fingerprint}) + "\n")
    cpu_s = _run_training(task) + freeze(task.folder, task.path, threads=task.threads, python=task.python)
    if task.settings.compress:
        cpu_s += compress(task.path, task.folder, threads=task.threads, python=task.python)
    model = Model(
        path=task.path,
        sha256=file_sha256(task.path),
        type_map=task.type_map,
        seed=task.seed,
        n_steps=task.settings.n_steps,
        cpu_s=cpu_s,
    )
    write_record(
        ModelRecord(
            model=model,
            reference=task.reference,
            sel=task.sel,
            settings=task.settings.model_dump(mode="json"),
            task_sha256=fingerprint,
            parent_sha256=None if task.parent is None else task.parent.sha256,
        )
    )
    return model


def _check_same(task: TrainingTask, before: str, now: str) -> None:
    if before != now:
        raise InputError(
            f"{task.path} was trained with other settings, frames or seed. Give another folder, or remove that model."
        )


def _run_training(task: TrainingTask) -> float:
    """Train from the start, from a model, or from the last checkpoint; return the processor time [s]."""
    last = last_checkpoint(task.folder)
    if last is not None and int(last.rsplit("-", 1)[1]) >= task.settings.n_steps:
        return 0.0
    start: list[str] = []
    if last is not None:
        start = ["--restart", last]
    elif task.parent is not None:
        parent = task.parent.path.with_suffix("").resolve()
        checkpoint = last_checkpoint(parent)
        if checkpoint is None:
            raise InputError(f"{parent} has no checkpoint to go on from. Train anew, or keep the folder of the model.")
        start = ["--init-model", str(parent / checkpoint)]
    return run_dp(
        ["train", INPUT, "--skip-neighbor-stat", *start], task.folder, task.folder / LOG, threads=task.threads,
        python=task.python,
    )  # fmt: skip


def last_checkpoint(folder: Path) -> str | None:
    """Return the name of the last complete checkpoint in a training folder, such as ``model.ckpt-500``.

    The file ``checkpoint`` is not asked: it names a checkpoint before all of its files are written.
    """
    steps = [
        int(index.stem.rsplit("-", 1)[1])
        for index in folder.glob(f"{CHECKPOINT}-*.index")
        if index.with_suffix(".meta").is_file() and any(folder.glob(f"{index.stem}.data-*"))
    ]
    return f"{CHECKPOINT}-{max(steps)}" if steps else None


def freeze(folder: Path, path: Path, *, threads: int = 1, python: str | None = None) -> float:
    """Write the last checkpoint of a training folder as a graph; return the processor time [s]."""
    return _made(["freeze", "-o"], folder, path, threads, python)


def compress(path: Path, folder: Path, *, threads: int = 1, python: str | None = None) -> float:
    """Tabulate the embedding networks of a graph, in place; return the processor time [s].

    ``folder`` is that of its training: the range of the tables comes from the training frames.
    """
    return _made(["compress", "-t", INPUT, "-i", str(path.resolve()), "-o"], folder, path, threads, python)


def _made(command: Sequence[str], folder: Path, path: Path, threads: int, python: str | None) -> float:
    """Let a command make a graph beside its place, and put it there when it is complete."""
    temporary = folder.resolve() / f"{path.stem}.partial.pb"
    cpu_s = run_dp([*command, str(temporary)], folder, folder / LOG, threads=threads, python=python)
    if not temporary.is_file():
        raise EngineError(f"DeePMD-kit wrote no graph {temporary}.", command="dp " + " ".join(command))
    temporary.replace(path)
    return cpu_s
