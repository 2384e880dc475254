"""Trained models on disk: the frozen graph, and beside it a JSON file that says how it came about.

Units: eV/angstrom, meV/atom, s.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from entrox.core import FormatError, InputError, Result, quantity
from entrox.core.whole_file import write_whole
from entrox.potentials.datasets.reference import EnergyReference
from entrox.potentials.student import Model
from entrox.potentials.training.deepmd_input import CURVE_FILE

__all__ = ["LearningCurve", "ModelRecord", "file_sha256", "learning_curve", "read_model", "read_record", "write_record"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FORMAT = "entrox deep potential 1"
CURVE_COLUMNS = {
    "rmse_trn": "loss",
    "rmse_e_trn": "energy",
    "rmse_f_trn": "force",
    "rmse_v_trn": "virial",
    "lr": "rate",
}
MEV_PER_EV = 1000.0


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """What stands beside a model: the model, its reference energies, neighbors, settings, and origin.

    ``parent_sha256`` is that of the model from which a warm start went on.
    """

    model: Model
    reference: EnergyReference | None
    sel: Mapping[str, int]
    settings: Mapping[str, Any]
    task_sha256: str
    parent_sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class LearningCurve(Result):
    """Errors on the batch of a step: noisy, one frame or a few."""

    step: Ints = quantity("1", "training step", axes=("row",))
    loss: Floats = quantity("1", "root of the loss", axes=("row",))
    energy_rmse_mev_per_atom: Floats = quantity("meV/atom", "energy error of the batch", axes=("row",))
    force_rmse_ev_per_angstrom: Floats = quantity("eV/angstrom", "force error of the batch", axes=("row",))
    virial_rmse_mev_per_atom: Floats = quantity("meV/atom", "virial error of the batch", axes=("row",))
    rate: Floats = quantity("1", "learning rate", axes=("row",))


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def record_file(path: Path) -> Path:
    """Return the file beside a model."""
    return path.with_suffix(".json")


def write_record(record: ModelRecord) -> None:
    """Write the file beside the model, complete or not at all."""
    model = record.model
    content = {
        "format": FORMAT,
        "file": model.path.name,
        "sha256": model.sha256,
        "type_map": list(model.type_map),
        "seed": model.seed,
        "n_steps": model.n_steps,
        "force_rmse_ev_per_angstrom": model.force_rmse_ev_per_angstrom,
        "energy_rmse_mev_per_atom": model.energy_rmse_mev_per_atom,
        "cpu_s": model.cpu_s,
        "energy_reference": None if record.reference is None else record.reference.to_dict(),
        "sel": dict(record.sel),
        "settings": dict(record.settings),
        "task_sha256": record.task_sha256,
        "parent_sha256": record.parent_sha256,
    }
    write_whole(record_file(model.path), json.dumps(content, indent=2) + "\n")


def read_record(path: str | Path) -> ModelRecord:
    """Read what stands beside a model of ours.

    Raises
    ------
    InputError
        If the model is absent, not ours, or not the one that the record describes.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no model file {place}. Train one with `entrox train`.")
    beside = record_file(place)
    if not beside.is_file():
        raise InputError(f"{place} has no {beside.name} beside it: it is not a model that entrox trained.")
    try:
        content = json.loads(beside.read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise KeyError(content["format"])
        record = _record(content, place)
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise FormatError(f"not the record of a model: {error!r}", path=beside) from error
    if file_sha256(place) != record.model.sha256:
        raise InputError(f"{place} is not the file that {beside.name} describes: their SHA-256 differ. Train it again.")
    return record


def _record(content: Mapping[str, Any], path: Path) -> ModelRecord:
    model = Model(
        path=path,
        sha256=content["sha256"],
        type_map=tuple(content["type_map"]),
        seed=content["seed"],
        n_steps=content["n_steps"],
        force_rmse_ev_per_angstrom=content["force_rmse_ev_per_angstrom"],
        energy_rmse_mev_per_atom=content["energy_rmse_mev_per_atom"],
        cpu_s=content["cpu_s"],
    )
    reference = content["energy_reference"]
    return ModelRecord(
        model=model,
        reference=None if reference is None else EnergyReference.from_dict(reference),
        sel=content["sel"],
        settings=content["settings"],
        task_sha256=content["task_sha256"],
        parent_sha256=content["parent_sha256"],
    )


def read_model(path: str | Path) -> Model:
    """Read a model that was trained here; raises as :func:`read_record`."""
    return read_record(path).model


def learning_curve(model: Model | Path) -> LearningCurve:
    """Errors over the steps of a training, from the folder beside the model.

    Raises
    ------
    FormatError
        If the curve is absent or damaged.
    """
    path = model if isinstance(model, Path) else model.path.with_suffix("") / CURVE_FILE
    rows, names = curve_rows(path)
    if not rows:
        raise FormatError("no row of a learning curve", path=path)
    found = {goal: np.array([row[names.index(name)] for row in rows.values()]) for name, goal in CURVE_COLUMNS.items()}
    return LearningCurve(
        step=np.array(list(rows), dtype=np.int64),
        loss=found["loss"],
        energy_rmse_mev_per_atom=MEV_PER_EV * found["energy"],
        force_rmse_ev_per_angstrom=found["force"],
        virial_rmse_mev_per_atom=MEV_PER_EV * found["virial"],
        rate=found["rate"],
    )


def curve_rows(path: Path) -> tuple[dict[int, list[float]], list[str]]:
    """Return the rows by step and the names of the columns; a row that a resumed training repeats counts once."""
    names: list[str] = []
    rows: dict[int, list[float]] = {}
    if not path.is_file():
        return rows, names
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if line.startswith("#"):
            names = words[1:] if "step" in words else names
        elif len(words) == len(names) > 0:
            rows[int(words[0])] = [float(word) for word in words]
    return dict(sorted(rows.items())), names
