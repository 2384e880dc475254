"""What the learning loop asks of a kind of model: train a committee, evaluate it, run dynamics with it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from entrox.dynamics.potential import Potential
from entrox.potentials.label import LabeledFrame

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CommitteeAnswer", "Model", "Student"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Model:
    """A trained model: its file, the hash of it, and how it came about.

    ``force_rmse_ev_per_angstrom`` and ``energy_rmse_mev_per_atom`` are those of the training frames at the end.
    """

    path: Path
    sha256: str
    type_map: tuple[str, ...]
    seed: int
    n_steps: int
    force_rmse_ev_per_angstrom: float | None = None
    energy_rmse_mev_per_atom: float | None = None
    cpu_s: float = 0.0


@dataclass(frozen=True)
class CommitteeAnswer:
    """Answers of all models of a committee for one structure.

    ``energy_ev`` has shape ``(n_models,)``, ``forces_ev_per_angstrom`` ``(n_models, n_atoms, 3)``, ``virial_ev``
    ``(n_models, 3, 3)``.
    """

    energy_ev: Floats
    forces_ev_per_angstrom: Floats
    virial_ev: Floats


class Student(Protocol):
    """A kind of model that can be trained: Deep Potentials, or the linear model of the tests."""

    @property
    def name(self) -> str:
        """``deepmd`` or ``linear``."""
        ...

    def fingerprint(self) -> str:
        """Hash of the settings."""
        ...

    def train(
        self,
        frames: Sequence[LabeledFrame],
        folder: Path,
        seeds: Sequence[int],
        *,
        start_from: Sequence[Model] = (),
        executor: Executor | None = None,
    ) -> tuple[Model, ...]:
        """Train one model for each seed in ``folder``; what is finished there is not trained again.

        ``start_from`` are the models of the generation before, for a warm start; ``executor`` runs models side by side.
        """
        ...

    def evaluate(self, models: Sequence[Model], frames: Sequence[Atoms]) -> list[CommitteeAnswer]:
        """Answers of all models for each frame."""
        ...

    def potential(self, models: Sequence[Model]) -> Potential:
        """Force field for the engines, with all models for the deviation."""
        ...
