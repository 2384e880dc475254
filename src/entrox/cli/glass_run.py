"""The work of ``entrox glass quench`` and ``stretch``: check, run, write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.glass_folder import MEMBERS, PULL, begin_run, finish_quench, finish_stretch
from entrox.cli.glass_input import engine_of, last_frame, quench_rates, read_calculator, read_starts
from entrox.cli.glass_result import quench_content, stretch_content
from entrox.cli.progress import parts_shown
from entrox.cli.terminal import print_message
from entrox.core import InputError, generator, to_jsonable
from entrox.dynamics.glass.quench_settings import QuenchSettings

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["QuenchJob", "StretchJob", "run_quench", "run_stretch"]

ENSEMBLE = "entrox.dynamics.glass.quench_ensemble"


@dataclass(frozen=True, kw_only=True)
class QuenchJob:
    """What is melted, how, with which forces, how often."""

    start: str
    built: Mapping[str, Any]
    calculator: str
    settings: QuenchSettings
    seeds: int
    rates: int
    seed: int
    workers: int
    threads: int
    inputs: Sequence[Path]

    def record(self) -> dict[str, Any]:
        """Return all that the numbers depend on."""
        plain: dict[str, Any] = to_jsonable(
            {
                "start": self.start, **self.built, "calculator": self.calculator, **self.settings.model_dump(),
                "seeds": self.seeds, "rates": self.rates, "seed": self.seed,
            }
        )  # fmt: skip
        return plain


@dataclass(frozen=True, kw_only=True)
class StretchJob:
    """What is stretched, how, with which forces."""

    structure: Path
    asked: Mapping[str, Any]
    calculator: str
    seed: int
    threads: int

    def record(self) -> dict[str, Any]:
        """Return all that the numbers depend on."""
        plain: dict[str, Any] = to_jsonable(
            {"structure": str(self.structure), **self.asked, "calculator": self.calculator, "seed": self.seed}
        )
        return plain


def run_quench(
    job: QuenchJob, out: Path | None, command: Sequence[str], *, resume: bool, overwrite: bool, quiet: bool
) -> dict[str, Any]:
    """Run an ensemble, write the run folder if there is one, and return the content of the answer."""
    from entrox.design import open_executor
    from entrox.dynamics.glass.quench_ensemble import run_quench_ensemble

    # before the folder is made: what cannot be run must not leave one
    potential = read_calculator(job.calculator, job.threads)
    starts = read_starts(job.start, job.built, job.seeds, job.seed)
    engine = engine_of(potential, starts[0], threads=job.threads)
    rates = quench_rates(job.settings.quench_rate_k_per_ps, job.rates)
    with _folder(out, resume=resume, overwrite=overwrite) as folder, parts_shown(quiet=quiet) as show:
        record = begin_run(folder, job.record(), job.inputs, command, MEMBERS, resume=resume, overwrite=overwrite)
        with _resumable(out), open_executor(job.workers, preload=(ENSEMBLE,)) as executor:
            ensemble = run_quench_ensemble(
                starts, engine, potential, job.settings, rates, generator(job.seed), folder / MEMBERS,
                executor=executor if job.workers > 1 else None,
                progress=None if show is None else lambda done, total: show("the melts", done, total),
            )  # fmt: skip
        content = quench_content(ensemble, len(starts[0]), _entropy(starts[0]))
        if out is not None:
            finish_quench(folder, record, content, ensemble)
    return content


def run_stretch(
    job: StretchJob, out: Path | None, command: Sequence[str], *, resume: bool, overwrite: bool, quiet: bool
) -> dict[str, Any]:
    """Run a tension test, write the run folder if there is one, and return the content of the answer."""
    from entrox.dynamics.glass.tension import TensionSettings, run_tension

    settings = TensionSettings(**job.asked)
    potential = read_calculator(job.calculator, job.threads)
    atoms = last_frame(job.structure)
    engine = engine_of(potential, atoms, threads=job.threads)
    with _folder(out, resume=resume, overwrite=overwrite) as folder:
        record = begin_run(folder, job.record(), [job.structure], command, PULL, resume=resume, overwrite=overwrite)
        with _resumable(out):
            result = run_tension(atoms, engine, potential, settings, generator(job.seed), folder / PULL)
        content = stretch_content(result)
        if out is not None:
            finish_stretch(folder, record, content, result)
    return content


def _entropy(atoms: Atoms) -> float | None:
    """Return the ideal entropy of the A sites of a bismuth titanate [R per mole of A sites], None for others."""
    from entrox.composition import mixing_entropy_of_site

    symbols = atoms.get_chemical_symbols()
    on_a = {name: symbols.count(name) for name in set(symbols) - {"Ti", "O"}}
    if "Bi" not in on_a or 3 * sum(on_a.values()) != 4 * symbols.count("Ti"):
        return None
    return float(mixing_entropy_of_site([n / sum(on_a.values()) for n in on_a.values()]))


@contextmanager
def _folder(out: Path | None, *, resume: bool, overwrite: bool) -> Iterator[Path]:
    if out is not None:
        yield out
        return
    if resume or overwrite:
        raise InputError("--resume and --overwrite need --out.")
    with tempfile.TemporaryDirectory(prefix="entrox_glass_") as temporary:
        yield Path(temporary) / "run"


@contextmanager
def _resumable(out: Path | None) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if out is not None:
            print_message("The same command with --resume goes on from the last checkpoints.")
        raise
