"""A stand-in for DeePMD-kit: it writes the files that its commands write, without training anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from entrox.core import EngineError, generator
from entrox.potentials.datasets.dataset import Dataset
from entrox.potentials.label import LabeledFrame, virial_of_stress
from entrox.potentials.student import CommitteeAnswer
from entrox.potentials.teachers.toy import toy_answer
from entrox.structure.perovskite import build_perovskite

HEADER = "#  step         rmse_trn    rmse_e_trn    rmse_f_trn    rmse_v_trn         lr\n"


def toy_frames(
    count: int, group: str = "run-1", calcium: int = 0, source: str = "toy", seed: int = 1
) -> list[LabeledFrame]:
    """Return shaken boxes of (Ba,Ca)TiO3, labeled by the toy force field."""
    rng = generator(seed, calcium)
    frames = []
    for _ in range(count):
        a_site = {"Ba": 1 - calcium / 8, "Ca": calcium / 8} if calcium else "Ba"
        box = build_perovskite(a_site, "Ti", (2, 2, 2), 4.0, rng=rng)
        box.positions += rng.normal(0, 0.05, box.positions.shape)
        answer = toy_answer(box)
        frames.append(
            LabeledFrame(
                atoms=box, energy_ev=answer.energy_ev, forces_ev_per_angstrom=answer.forces_ev_per_angstrom,
                virial_ev=virial_of_stress(answer.stress_ev_per_angstrom3, box.get_volume()), source=source,
                group=group,
            )
        )  # fmt: skip
    return frames


def toy_dataset(n_groups: int = 3, per_group: int = 4) -> Dataset:
    """Return several trajectories of two compositions."""
    frames = [frame for k in range(n_groups) for frame in toy_frames(per_group, f"run-{k}", k % 2, seed=k)]
    return Dataset(tuple(frames), ("Ba", "Ca", "Ti", "O"))


@dataclass
class StandIn:
    """Takes the place of ``run_dp``; ``stop_after`` ends a training at a step, as a kill would."""

    calls: list[tuple[str, ...]] = field(default_factory=list)
    stop_after: int | None = None

    def run(
        self, arguments: Sequence[str], folder: Path, log: Path, *, threads: int = 1, python: str | None = None
    ) -> float:
        """Write what the command would."""
        self.calls.append((folder.name, *arguments))
        if arguments[0] == "train":
            self._train(arguments, folder)
        else:
            Path(arguments[-1]).write_bytes(b"graph of " + folder.name.encode() + _digest(folder))
        return 1.5

    def _train(self, arguments: Sequence[str], folder: Path) -> None:
        content = json.loads((folder / "input.json").read_text())
        training = content["training"]
        for system in training["training_data"]["systems"]:
            assert (folder / system / "type.raw").is_file()
        start = int(arguments[-1].rsplit("-", 1)[1]) if "--restart" in arguments else 0
        last = training["numb_steps"] if self.stop_after is None else self.stop_after
        with (folder / "lcurve.out").open("a" if start else "w") as file:
            file.write(HEADER)
            for step in range(start, last + 1, training["disp_freq"]):
                error = 1.0 / (1 + step)
                file.write(f"{step} {error:.3e} {error:.3e} {error:.3e} {error:.3e} 1.0e-03\n")
        for ending in ("data-00000-of-00001", "index", "meta"):
            (folder / f"model.ckpt-{last}.{ending}").touch()
        if self.stop_after is not None:
            raise EngineError("killed")


def _digest(folder: Path) -> bytes:
    return str(json.loads((folder / "input.json").read_text())["training"]["seed"]).encode()


def stand_in_answers(force_error: float = 0.1) -> Callable[..., list[CommitteeAnswer]]:
    """Return what takes the place of ``Committee.evaluate``: the toy force field with a planted error of its forces."""

    def evaluate(committee, frames):
        n_models = len(committee.models)
        answers = []
        for atoms in frames:
            true = toy_answer(atoms)
            forces = np.repeat(true.forces_ev_per_angstrom[None], n_models, axis=0)
            forces += force_error * np.arange(1, n_models + 1)[:, None, None]
            virial = virial_of_stress(true.stress_ev_per_angstrom3, atoms.get_volume())
            answers.append(CommitteeAnswer(np.zeros(n_models), forces, np.repeat(virial[None], n_models, axis=0)))
        return answers

    return evaluate
