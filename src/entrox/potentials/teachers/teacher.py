"""Teachers: what labels structures with energy, forces and virial, from a toy in microseconds to density functionals.

A teacher is plain data and can be sent to any process; it asks a calculator that lives in a process of its own, so that
a crash or a hang there is a failed label here. Units: eV, eV/angstrom, angstrom, s.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from entrox.core import EngineError, InputError, nearest_names, to_jsonable
from entrox.dynamics.calculators.answers import ModelAnswers
from entrox.dynamics.calculators.idle_processes import borrowed_process, end_processes
from entrox.dynamics.calculators.sources import CalculatorSource, DeepmdSource, FactorySource
from entrox.potentials.label import Label, virial_of_stress
from entrox.potentials.teachers.chgnet_origin import chgnet_origin
from entrox.potentials.teachers.cp2k import Cp2kSettings, cp2k_version
from entrox.potentials.training.model_file import file_sha256, read_model

if TYPE_CHECKING:
    from ase import Atoms

__all__ = [
    "LABEL_TIMEOUT_S",
    "TEACHER_FORMS",
    "CalculatorTeacher",
    "Teacher",
    "ase_teacher",
    "chgnet_teacher",
    "cp2k_teacher",
    "deepmd_teacher",
    "parse_teacher",
    "shell_teacher",
    "toy_teacher",
]

LABEL_TIMEOUT_S = 600.0
TEACHER_FORMS = "toy, shell, chgnet, deepmd:FILE, cp2k or ase:MODULE:FUNCTION"
CHGNET_WEIGHTS = "0.3.0"
CHGNET_FILE = Path(__file__).with_name("_chgnet_child.py")
CODE_VERSIONS = {"toy": 1, "shell": 1, "chgnet": 1, "cp2k": 1}
"""Numbers of the code here that the labels depend on; one more whenever labels change."""


class Teacher(Protocol):
    """What labels structures; picklable."""

    @property
    def name(self) -> str:
        """Short name for records."""
        ...

    def fingerprint(self) -> str:
        """Hash of everything that the labels depend on: versions, weights, settings."""
        ...

    def label(self, atoms: Atoms, timeout_s: float = LABEL_TIMEOUT_S) -> Label:
        """Label one structure, which is not changed; a failure is a label with the state ``failed``."""
        ...


@dataclass(frozen=True)
class CalculatorTeacher:
    """A teacher around a calculator in a process of its own.

    Parameters
    ----------
    name
        Short name for records.
    source
        Which calculator.
    origin
        What its numbers depend on: versions, checksums of weights, settings; plain data.
    python
        Python that runs it, that of another environment; this one if None.
    threads
        Threads of one label.
    """

    name: str
    source: CalculatorSource
    origin: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    threads: int = 1

    def fingerprint(self) -> str:
        """Hash of name and origin."""
        text = json.dumps([self.name, to_jsonable(dict(self.origin))], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def label(self, atoms: Atoms, timeout_s: float = LABEL_TIMEOUT_S) -> Label:
        """Label one structure in a process that waits for the next one afterwards.

        Raises
        ------
        InputError
            If the calculator cannot be made.
        MissingExtraError
            If its package is not installed.
        """
        start = time.monotonic()
        with borrowed_process(self.source, self.python, self.threads) as process:
            try:
                process.wait_until_ready()
                answer = _asked(process, atoms, timeout_s)
            except EngineError as error:
                return self._failed(str(error), start)
        return self._label(answer, atoms, start) if isinstance(answer, ModelAnswers) else self._failed(answer, start)

    def end(self) -> None:
        """End the processes of this teacher."""
        end_processes(self.source, self.python, self.threads)

    def _label(self, answer: ModelAnswers, atoms: Atoms, start: float) -> Label:
        found = answer.first
        stress = found.stress_ev_per_angstrom3
        numbers = [found.energy_ev, *found.forces_ev_per_angstrom.ravel(), *([] if stress is None else stress)]
        finite = bool(np.isfinite(numbers).all())
        if answer.converged and not finite:
            return self._failed("the answer is not finite.", start, answer.cpu_s)
        return Label(
            state="done" if answer.converged else "unconverged",
            energy_ev=found.energy_ev if finite else None,
            forces_ev_per_angstrom=found.forces_ev_per_angstrom if finite else None,
            virial_ev=virial_of_stress(stress, atoms.get_volume()) if finite and stress is not None else None,
            reason="" if answer.converged else (answer.remark or "the self-consistent field did not converge."),
            cpu_s=answer.cpu_s,
            wall_s=time.monotonic() - start,
            provenance=self._provenance(answer.remark),
        )

    def _failed(self, reason: str, start: float, cpu_s: float = 0.0) -> Label:
        wall_s = time.monotonic() - start
        return Label(state="failed", reason=reason, cpu_s=cpu_s, wall_s=wall_s, provenance=self._provenance(""))

    def _provenance(self, remark: str) -> dict[str, Any]:
        return {"teacher": self.name, **self.origin, **({"remark": remark} if remark else {})}


def _asked(process: Any, atoms: Atoms, timeout_s: float) -> ModelAnswers | str:
    """Return the answer, or why the structure is not taken."""
    try:
        answers: list[ModelAnswers] = process.evaluate([atoms], timeout_s)
    except InputError as error:
        return str(error)
    return answers[0]


def toy_teacher() -> CalculatorTeacher:
    """Return the toy force field: any mixture of Ba, Ca, Ti, Sn and O, a millisecond, no material."""
    return _own_teacher("toy", FactorySource("entrox.potentials.teachers.toy:toy_calculator"))


def shell_teacher() -> CalculatorTeacher:
    """Return the core-shell model of BaTiO3."""
    return _own_teacher("shell", FactorySource("entrox.potentials.teachers.shell_model:shell_calculator"))


def _own_teacher(name: str, source: CalculatorSource) -> CalculatorTeacher:
    return CalculatorTeacher(name, source, {"code": CODE_VERSIONS[name]})


def chgnet_teacher(
    python: str | None = None, *, device: str = "cpu", weights: str = CHGNET_WEIGHTS, threads: int = 1
) -> CalculatorTeacher:
    """Return CHGNet with the weights that its package ships; all elements, in float32.

    Deng et al., Nat. Mach. Intell. 5, 1031 (2023). ``device`` is ``cpu``, ``auto`` or a name of PyTorch.

    Raises
    ------
    MissingExtraError
        If CHGNet is not installed.
    """
    version, sha256 = chgnet_origin(python or sys.executable, weights)
    source = FactorySource(f"{CHGNET_FILE}:chgnet_calculator", {"device": device, "weights": weights})
    origin = {"code": CODE_VERSIONS["chgnet"], "chgnet": version, "weights": weights, "weights_sha256": sha256}
    return CalculatorTeacher("chgnet", source, {**origin, "device": device}, python, threads)


def deepmd_teacher(path: str | Path, *, trust_model: bool = False, python: str | None = None) -> CalculatorTeacher:
    """Return a frozen Deep Potential model as a teacher.

    Raises
    ------
    InputError
        If the file is absent, or was not trained here and is not trusted: graphs can run code.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no model file {place}. Check the path.")
    if not trust_model:
        try:
            read_model(place)
        except (InputError, ValueError) as error:
            raise InputError(
                f"{place} was not trained here ({error}) A model file can run code: load it only if you know where it "
                "comes from, with --trust-model."
            ) from error
    source = DeepmdSource((str(place.resolve()),))
    return CalculatorTeacher(f"deepmd:{place.name}", source, {"sha256": file_sha256(place)}, python)


def cp2k_teacher(
    settings: Cp2kSettings | None = None, *, program: str | None = None, threads: int = 1
) -> CalculatorTeacher:
    """Return CP2K; minutes for each label.

    Raises
    ------
    MissingExtraError
        If the program is not installed.
    """
    chosen = asdict(settings or Cp2kSettings())
    source = FactorySource("entrox.potentials.teachers.cp2k:cp2k_calculator", {**chosen, "program": program})
    origin = {"code": CODE_VERSIONS["cp2k"], "cp2k": cp2k_version(program), **chosen}
    return CalculatorTeacher("cp2k", source, origin, threads=threads)


def ase_teacher(factory: str, python: str | None = None) -> CalculatorTeacher:
    """Return any calculator of ASE, made by ``module:function`` or ``file.py:function``.

    Its fingerprint has the checksum of the file that holds the function, no more: change its name when its numbers
    change for another reason.
    """
    place, _, name = factory.rpartition(":")
    if not place or not name:
        raise InputError(f"a factory is MODULE:FUNCTION or FILE.py:FUNCTION; got {factory!r}.")
    if place.endswith(".py"):
        path: Path | None = Path(place).resolve()
        if path is None or not path.is_file():
            raise InputError(f"there is no file {place}. Check the path.")
        factory = f"{path}:{name}"
    else:
        path = _module_file(place) if python is None else None
    origin = {"function": f"{Path(place).name}:{name}", "file_sha256": None if path is None else file_sha256(path)}
    return CalculatorTeacher(f"ase:{place}:{name}", FactorySource(factory), origin, python)


def _module_file(module: str) -> Path | None:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        raise InputError(f"there is no module {module}. Install it, or give FILE.py:FUNCTION.")
    return Path(spec.origin) if spec.origin and Path(spec.origin).is_file() else None


def parse_teacher(
    text: str, *, trust_model: bool = False, teacher_python: str | None = None, device: str = "cpu", threads: int = 1
) -> CalculatorTeacher:
    """Return the teacher of a name: ``toy``, ``shell``, ``chgnet``, ``deepmd:FILE``, ``cp2k``, ``ase:MODULE:FUNCTION``.

    Parameters
    ----------
    text
        The name.
    trust_model
        Load a model file of unknown origin.
    teacher_python
        Python of another environment that has the teacher.
    device
        Where CHGNet runs: ``cpu``, or ``auto`` for a graphics card if there is one.
    threads
        Threads of one label of CHGNet or CP2K.

    Raises
    ------
    InputError
        If the name is unknown or does not fit what it names.
    MissingExtraError
        If what it needs is not installed.
    """
    kind, _, rest = text.partition(":")
    match kind:
        case "toy" | "shell" if not rest:
            return toy_teacher() if kind == "toy" else shell_teacher()
        case "chgnet" if not rest:
            return chgnet_teacher(teacher_python, device=device, threads=threads)
        case "cp2k" if not rest:
            return cp2k_teacher(threads=threads)
        case "deepmd" if rest:
            return deepmd_teacher(rest, trust_model=trust_model, python=teacher_python)
        case "ase" if rest:
            return ase_teacher(rest, teacher_python)
    known = ("toy", "shell", "chgnet", "cp2k", "deepmd", "ase")
    raise InputError(f"a teacher is {TEACHER_FORMS}; got {text!r}, {nearest_names(kind, known)}")
