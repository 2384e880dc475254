"""The systems that a training reads: one for each composition, atoms sorted by element, energies without reference."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from entrox.core import InputError
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.datasets.deepmd_folders import write_deepmd_folders
from entrox.potentials.label import LabeledFrame

__all__ = ["dataset_sha256", "training_systems", "write_training_systems"]


def dataset_sha256(dataset: Dataset) -> str:
    """SHA-256 over structures and labels of all frames in their order."""
    digest = hashlib.sha256(",".join(dataset.elements).encode())
    for frame in dataset:
        for values in (frame.atoms.numbers, frame.atoms.positions, frame.atoms.cell.array, frame.energy_ev,
                       frame.forces_ev_per_angstrom, frame.virial_ev):  # fmt: skip
            digest.update(b"none" if values is None else np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def training_systems(dataset: Dataset) -> list[LabeledFrame]:
    """Return the frames with atoms sorted by element, and the composition as group.

    Arrangements of one composition then share one system, whatever their sources: small sets stand beside large ones
    by composition, and a start of DeePMD-kit reads few folders.
    """
    numbers = {name: index for index, name in enumerate(dataset.elements)}
    frames = []
    for frame, composition in zip(dataset, dataset.frame_compositions, strict=True):
        order = np.argsort([numbers[symbol] for symbol in frame.atoms.get_chemical_symbols()], kind="stable")
        forces = frame.forces_ev_per_angstrom
        frames.append(
            replace(
                frame,
                atoms=frame.atoms[order],
                forces_ev_per_angstrom=None if forces is None else forces[order],
                source="training",
                group=composition,
            )
        )
    return frames


def write_training_systems(dataset: Dataset, folder: Path, type_map: Sequence[str]) -> dict[str, int]:
    """Write the systems into a folder, complete or not at all; return the number of frames by name of the system.

    A folder that is there is taken as it is.

    Raises
    ------
    InputError
        If no frame has forces or energies.
    """
    if all(frame.energy_ev is None and frame.forces_ev_per_angstrom is None for frame in dataset):
        raise InputError("a training needs frames with energies or forces; the data have neither.")
    if not folder.is_dir():
        temporary = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(temporary, ignore_errors=True)
        write_deepmd_folders(training_systems(dataset), temporary, type_map)
        temporary.rename(folder)
    return {
        system.name: sum(len(np.load(part / "coord.npy", mmap_mode="r")) for part in system.glob("set.*"))
        for system in sorted(folder.iterdir())
    }
