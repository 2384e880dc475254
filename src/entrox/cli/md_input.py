"""What ``entrox md`` starts from: the structure, the force field, the protocol."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entrox.cli.md_options import PROTOCOLS
from entrox.core import InputError, check_positive, generator
from entrox.dynamics.electric.field_force import full_field_forces
from entrox.dynamics.potential import DeepmdPotential, Potential, ProcessPotential, check_elements
from entrox.dynamics.protocols import Field, FieldDriven, Ladder, MdProtocol, Npt, Nve, Nvt, Ramp

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.dynamics.engine import Engine

__all__ = ["Subject", "build_protocol", "open_engine", "read_models", "read_subject"]

ENGINES = ("lammps", "ase")
UNITS_OF_PEROVSKITE = 3
"""Elements of one perovskite without a shared site."""
USED_BY = {
    "end_temperature_k": ("ramp", "ladder"), "rate_k_per_ps": ("ramp",), "field_v_per_m": ("field",),
    "period_ps": ("field",), "charges_e": ("field",),
}  # fmt: skip
"""Protocols that use an option; with another one it would be passed over in silence."""
OPTION_OF = {"charges_e": "born-charges"}


@dataclass(frozen=True)
class Subject:
    """Starting structure; units along its vectors where known; whether a site is shared; file that it comes from."""

    atoms: Atoms
    shape: tuple[int, int, int] | None
    mixed: bool
    file: Path | None


def read_subject(
    text: str,
    shape: tuple[int, int, int] | None,
    *,
    frame: str,
    type_map: tuple[str, ...] | None,
    lattice_angstrom: float | None,
    rounding: str,
    seed: int,
) -> Subject:
    """Read a structure from a file, or build that of a formula.

    Raises
    ------
    InputError
        If it is neither, or a formula comes without a shape.
    """
    path = Path(text)
    if path.exists():
        atoms = _frame(path, frame, type_map)
        return Subject(atoms, shape, len(set(atoms.get_chemical_symbols())) > UNITS_OF_PEROVSKITE, path)
    from entrox.composition import parse_formula
    from entrox.structure import build_arrangements

    if "/" in text or path.suffix in (".xyz", ".extxyz", ".traj", ".vasp", ".data", ".lmp", ".dump"):
        raise InputError(f"{text}: no such file or folder.")
    composition = parse_formula(text).at()
    if shape is None:
        raise InputError(f"a formula needs --shape, such as 4x4x4, to become a box of {text}.")
    (atoms,) = build_arrangements(
        composition, shape, 1, rng=generator(seed, 1), lattice_angstrom=lattice_angstrom, rounding=rounding
    )
    return Subject(atoms, shape, any(len(site.fractions) > 1 for site in composition.sites.values()), None)


def _frame(path: Path, frame: str, type_map: tuple[str, ...] | None) -> Atoms:
    from entrox.structure import read_frames

    if frame not in ("first", "last"):
        raise InputError(f"--frame must be first or last; got {frame!r}.")
    frames = read_frames(path, type_map, notices=[])
    return next(frames) if frame == "first" else deque(frames, maxlen=1).pop()


def read_models(names: Sequence[str], *, trust_model: bool, threads: int) -> Potential:
    """Return the force field of the names of ``--model``.

    Raises
    ------
    InputError
        If there is none, kinds are mixed, a file was not trained here and is not trusted, or type maps differ.
    """
    if not names:
        raise InputError("give a force field: --model FILE.pb, several times for a committee, or --model chgnet.")
    graphs = [name for name in names if name.endswith(".pb")]
    if graphs and len(graphs) == len(names):
        maps = {name: _type_map(Path(name), trust_model=trust_model) for name in graphs}
        if len(set(maps.values())) > 1:
            shown = "; ".join(f"{name}: {' '.join(elements)}" for name, elements in maps.items())
            raise InputError(f"models of one committee must have one type map; got {shown}.")
        return DeepmdPotential(tuple(map(Path, graphs)), maps[graphs[0]], threads)
    if len(names) > 1:
        raise InputError(f"several models must all be .pb files; got {', '.join(names)}.")
    from entrox.potentials.teachers.teacher import parse_teacher

    teacher = parse_teacher(names[0], trust_model=trust_model, threads=threads)
    return ProcessPotential(teacher.name, teacher.source, teacher.origin, teacher.python, threads)


def _type_map(path: Path, *, trust_model: bool) -> tuple[str, ...]:
    from entrox.dynamics.calculators.process import model_type_map
    from entrox.potentials.training.model_file import read_model, record_file

    if not path.is_file() or record_file(path).is_file():
        return read_model(path).type_map
    if not trust_model:
        raise InputError(
            f"{path} was not trained here: it has no {record_file(path).name} beside it. A model file can run code; "
            "load it only if you know where it comes from, with --trust-model."
        )
    return model_type_map(path)


def open_engine(
    name: str | None,
    atoms: Atoms,
    protocol: MdProtocol,
    potential: Potential,
    *,
    threads: int,
    launcher: str,
    progress: Callable[[int, int], None] | None,
) -> Engine:
    """Return the engine of a name, or the one that fits the force field, if it can do the run.

    Raises
    ------
    InputError
        If the engine is unknown or cannot do it.
    MissingExtraError
        If it is not installed.
    """
    check_elements(potential, atoms)
    if protocol.field is not None:
        full_field_forces(atoms, protocol.field)
    chosen = name or ("lammps" if isinstance(potential, DeepmdPotential) else "ase")
    if chosen not in ENGINES:
        raise InputError(f"--engine must be one of {', '.join(ENGINES)}; got {chosen!r}.")
    if chosen == "lammps":
        from entrox.dynamics.lammps.lammps_engine import LammpsEngine

        engine = LammpsEngine(threads=threads, launcher=launcher, progress=progress)
        engine.check(atoms, protocol, potential)
        return engine
    from entrox.dynamics.ase_md.ase_engine import AseEngine

    if launcher:
        raise InputError("--launcher starts LAMMPS; the ASE engine runs in one process.")
    return AseEngine(progress=progress)


def build_protocol(name: str, asked: Mapping[str, Any], **settings: Any) -> MdProtocol:
    """Return the protocol of a name.

    Parameters
    ----------
    name
        One of :data:`PROTOCOLS`.
    asked
        Temperatures, rate, step, length and field as the options give them.
    settings
        What all protocols share.
    """
    for key, users in USED_BY.items():
        if asked[key] is not None and name not in users:
            raise InputError(
                f"--{OPTION_OF.get(key, key.replace('_', '-'))} belongs to --protocol "
                f"{' or '.join(users)}; got --protocol {name}."
            )
    temperature, end, length = asked["temperature_k"], asked["end_temperature_k"], asked["length_ps"]
    match name:
        case "npt":
            return Npt(temperature_k=temperature, length_ps=length, **settings)
        case "nvt":
            return Nvt(temperature_k=temperature, length_ps=length, **settings)
        case "nve":
            return Nve(temperature_k=temperature, length_ps=length, **settings)
        case "ramp":
            end, rate = _needed(asked, "end_temperature_k", name), _needed(asked, "rate_k_per_ps", name)
            return Ramp(t_start_k=temperature, t_end_k=end, rate_k_per_ps=rate, **settings)
        case "ladder":
            rungs = _rungs(temperature, _needed(asked, "end_temperature_k", name), asked["step_k"])
            return Ladder(temperatures_k=rungs, hold_ps=length, **settings)
        case "field":
            drive = Field(
                amplitude_v_per_m=_needed(asked, "field_v_per_m", name),
                shape=asked["field_shape"],
                period_ps=asked["period_ps"],
                charges_e=asked["charges_e"],
            )
            return FieldDriven(temperature_k=temperature, length_ps=length, drive=drive, **settings)
    raise InputError(f"--protocol must be one of {', '.join(PROTOCOLS)}; got {name!r}.")


def _needed(asked: Mapping[str, Any], key: str, protocol: str) -> Any:
    if asked[key] is None:
        raise InputError(f"--protocol {protocol} needs --{key.replace('_', '-')}.")
    return asked[key]


def _rungs(start_k: float, end_k: float, step_k: float) -> tuple[float, ...]:
    """Return temperatures from the start to the end; the last step is shorter where the step does not fit."""
    step, way = check_positive(step_k, "step_k", "K"), end_k - start_k
    count = int(abs(way) / step + 1e-9)
    rungs = [start_k + (step if way > 0 else -step) * k for k in range(count + 1)]
    return tuple(rungs if abs(rungs[-1] - end_k) < 1e-9 * max(1.0, abs(end_k)) else [*rungs, end_k])
