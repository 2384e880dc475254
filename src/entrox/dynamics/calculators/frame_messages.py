"""Structures and answers as arrays, in the messages between a process and its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.dynamics.calculators.answers import ModelAnswers

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["frame_arrays", "no_answer", "unpacked_answers"]


def frame_arrays(atoms: Atoms) -> list[Any]:
    """Return what a process is told of a structure."""
    return [atoms.numbers, atoms.positions, atoms.cell.array, atoms.pbc]


def unpacked_answers(header: dict[str, Any], arrays: list[Any]) -> list[ModelAnswers]:
    """Return the answers of a message, one for each structure."""
    answers, start = [], 0
    for note in header["notes"]:
        part = arrays[start : start + note["n_arrays"]]
        start += note["n_arrays"]
        answers.append(
            ModelAnswers(
                energy_ev=part[0],
                forces_ev_per_angstrom=part[1],
                stress_ev_per_angstrom3=part[2] if len(part) > 2 else None,
                converged=note["converged"],
                remark=note["remark"],
                cpu_s=header["cpu_s"],
            )
        )
    return answers


def no_answer() -> ModelAnswers:
    """Return the place holder of a structure whose calculation failed."""
    return ModelAnswers(energy_ev=np.empty(0), forces_ev_per_angstrom=np.empty((0, 0, 3)), stress_ev_per_angstrom3=None)
