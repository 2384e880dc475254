"""What ``entrox train`` reads: labeled frames of one or more places, and models to go on from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import InputError

if TYPE_CHECKING:
    from entrox.potentials.datasets.dataset import Dataset
    from entrox.potentials.student import Model

__all__ = ["MODELS", "data_files", "earlier_models", "read_all"]

MODELS = "models"
"""Folder of the models in a run folder."""


def read_all(paths: Sequence[Path], type_map: tuple[str, ...] | None, *, skip_bad: bool, notices: list[str]) -> Dataset:
    """Read labeled frames; each path is a source by its name, or as given where two share a name."""
    from entrox.potentials.datasets.dataset import read_dataset

    names = [path.resolve().name for path in paths]
    found: Dataset | None = None
    for path, name in zip(paths, names, strict=True):
        source = name if names.count(name) == 1 else path.as_posix()
        read = read_dataset(path, type_map=type_map, source=source, skip_bad=skip_bad, notices=notices)
        found = read if found is None else found.merge(read)
    if found is None:
        raise InputError("there are no data to read; give at least one folder or file.")
    return found


def data_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files for checksums; of a folder all below it."""
    found: list[Path] = []
    for path in paths:
        found += sorted(item for item in path.rglob("*") if item.is_file()) if path.is_dir() else [path]
    return found


def earlier_models(folder: Path, count: int) -> tuple[Model, ...]:
    """Return the first models of an earlier run to go on from.

    Raises
    ------
    InputError
        If there are fewer than ``count``.
    """
    from entrox.potentials.training.model_file import read_model

    paths = sorted((folder / MODELS).glob("model_*.pb"))
    if len(paths) < count:
        raise InputError(
            f"--init-from needs a model for each of the {count} models; {folder / MODELS} has {len(paths)}. Give a run "
            "folder of entrox train, or fewer --models."
        )
    return tuple(read_model(path) for path in paths[:count])
