"""Calculators in processes of their own: their memory, threads, noise and crashes stay there.

The child owns one calculator, or the models of one committee, and answers structure by structure over two pipes; what
it prints is kept only for the text of an error. Units: eV, eV/angstrom, eV/angstrom3 (tension positive), angstrom, s.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from entrox.core import ConvergenceError, EngineError, InputError, MissingExtraError, check_integer, check_positive
from entrox.dynamics.calculators import _worker
from entrox.dynamics.calculators.answers import ForceAnswer, ModelAnswers
from entrox.dynamics.calculators.frame_messages import frame_arrays, no_answer, unpacked_answers
from entrox.dynamics.calculators.sources import CalculatorSource, DeepmdSource

if TYPE_CHECKING:
    from ase import Atoms
    from ase.calculators.calculator import Calculator

__all__ = ["CalculatorProcess", "EvaluationTimeoutError", "model_type_map", "open_process_calculator"]

START_TIMEOUT_S = 300.0
FRAME_TIMEOUT_S = 600.0
KEPT_LINES = 40
THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "DP_INTRA_OP_PARALLELISM_THREADS", "DP_INTER_OP_PARALLELISM_THREADS",
    "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS",
)  # fmt: skip
PACKAGES = {"deepmd": "deepmd-kit", "chgnet": "chgnet", "torch": "torch", "tensorflow": "tensorflow-cpu"}


class EvaluationTimeoutError(EngineError):
    """A calculator took longer than it may; its process was ended."""


class CalculatorProcess:
    """A process that owns one calculator, from its start to :meth:`close`.

    Parameters
    ----------
    source
        Which calculator.
    python
        Python that runs it, such as that of another environment with NumPy, ASE and the calculator; this one if None.
    threads
        Threads of one evaluation; a DeepmdSource brings its own number.

    Notes
    -----
    The process starts at once and is waited for at the first question. It ends with this one, even if this one is
    killed. Structures are only read. One question at a time: threads wait for each other.
    """

    def __init__(self, source: CalculatorSource, python: str | None = None, threads: int = 1) -> None:
        self.source = source
        self._threads = check_integer(source.threads if isinstance(source, DeepmdSource) else threads, "threads", low=1)
        self._elements: tuple[str, ...] | None = None
        self._ready, self._lock = False, threading.Lock()
        self._log: deque[str] = deque(maxlen=KEPT_LINES)
        self._reading = self._writing = -1
        self._command = [python or sys.executable, str(Path(_worker.__file__).resolve())]
        self._start(own_python=python is None)

    @property
    def alive(self) -> bool:
        """Whether the process can still be asked."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def elements(self) -> tuple[str, ...] | None:
        """Elements that the model lists, None where it lists none; waits until it is loaded."""
        with self._lock:
            self._get_ready()
        return self._elements

    def wait_until_ready(self) -> None:
        """Wait until the calculator is loaded.

        Raises
        ------
        InputError
            If it cannot be made.
        MissingExtraError
            If its package is not installed.
        EngineError
            If the process ends instead.
        """
        with self._lock:
            self._get_ready()

    def evaluate(
        self, frames: Sequence[Atoms], timeout_s: float = FRAME_TIMEOUT_S, n_models: int | None = None
    ) -> list[ModelAnswers]:
        """Return the answers for structures, in their order.

        Parameters
        ----------
        frames
            Structures; they are not changed.
        timeout_s
            Longest time for one structure.
        n_models
            Ask only so many models, from the first on; all if None.

        Raises
        ------
        InputError
            If the calculator cannot be made or does not take a structure for its elements or periods.
        MissingExtraError
            If its package is not installed.
        EvaluationTimeoutError
            If a structure takes too long; the process is ended.
        EngineError
            If the calculator fails; the process goes on. If the process ends; ``alive`` is False then.
        """
        check_positive(timeout_s, "timeout_s", "s")
        if not frames:
            return []
        with self._lock:
            self._get_ready()
            arrays = [array for atoms in frames for array in frame_arrays(atoms)]
            self._send({"n_models": n_models or 0}, arrays)
            answers: list[ModelAnswers] = []
            problem: Exception | None = None
            while (left := len(frames) - len(answers)) > 0:
                header, found = self._receive(timeout_s * min(left, _worker.DEEPMD_BATCH))
                if "error" in header:
                    problem = problem or self._failure(header["error"])
                    answers += [no_answer()] * int(header["count"])
                else:
                    answers += unpacked_answers(header, found)
        if problem is not None:
            raise problem
        return answers

    def kill(self) -> None:
        """End the process while another thread waits for its answer, which gets an EngineError."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and everything that it started."""
        for end in (self._writing, self._reading):
            if end >= 0:
                os.close(end)
        self._writing = self._reading = -1
        self._end()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def _start(self, *, own_python: bool) -> None:
        child_reads, self._writing = os.pipe()
        self._reading, child_writes = os.pipe()
        environment = {**os.environ, **dict.fromkeys(THREAD_VARIABLES, str(self._threads)), "TF_CPP_MIN_LOG_LEVEL": "3"}
        try:
            self._process = subprocess.Popen(
                [*self._command, str(child_reads), str(child_writes)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                pass_fds=(child_reads, child_writes), env=environment, start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            for end in (self._writing, self._reading):
                os.close(end)
            raise InputError(
                f"cannot start {self._command[0]}: {error.strerror}. Give the path of a Python."
            ) from error
        finally:
            os.close(child_reads)
            os.close(child_writes)
        threading.Thread(target=self._keep_log, args=(self._process.stdout,), daemon=True).start()
        # what can be imported here can be imported there, unless it is another environment
        self._send({**self.source.to_message(), "path": sys.path if own_python else []}, [])

    def _keep_log(self, stream: Any) -> None:
        with stream:
            for line in stream:
                self._log.append(line.decode("utf-8", "replace").rstrip())

    def _get_ready(self) -> None:
        if self._ready:
            return
        header, _ = self._receive(START_TIMEOUT_S)
        if "error" in header:
            self._end()
            missing = str(header.get("missing", "")).split(".")[0]
            if missing in PACKAGES:
                raise MissingExtraError(PACKAGES[missing], "potentials", "this calculator")
            raise InputError(f"cannot make {_described(self.source)}: {header['error']}.")
        listed = header.get("elements")
        self._elements = None if listed is None else tuple(listed)
        self._ready = True

    def _send(self, header: dict[str, Any], arrays: list[Any]) -> None:
        view = memoryview(_worker.pack_message(header, arrays))
        try:
            while view:
                view = view[os.write(self._writing, view) :]
        except OSError as error:
            raise self._crash() from error

    def _receive(self, timeout_s: float) -> tuple[dict[str, Any], list[Any]]:
        deadline = time.monotonic() + timeout_s
        n_text, n_body = _worker.unpack_header(self._read(_worker.LENGTH.size, deadline, timeout_s))
        text = self._read(n_text, deadline, timeout_s)
        return _worker.unpack_message(text, self._read(n_body, deadline, timeout_s))

    def _read(self, count: int, deadline: float, timeout_s: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            ready, _, _ = select.select([self._reading], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self._end()
                raise EvaluationTimeoutError(
                    f"{_described(self.source)} gave no answer within {timeout_s:g} s; its process was ended.",
                    command=" ".join(self._command), log_tail="\n".join(self._log),
                )  # fmt: skip
            part = os.read(self._reading, count - len(data))
            if not part:
                raise self._crash()
            data += part
        return bytes(data)

    def _crash(self) -> EngineError:
        self._end()
        code = self._process.returncode
        how = f"signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"exit code {code}"
        memory = " (perhaps it ran out of memory)" if code == -signal.SIGKILL else ""
        return EngineError(
            f"the process of {_described(self.source)} ended with {how}{memory}.",
            command=" ".join(self._command), log_tail="\n".join(self._log),
        )  # fmt: skip

    def _failure(self, words: str) -> Exception:
        for kind in ("InputError: ", "StructureError: "):
            if words.startswith(kind):
                return InputError(words.removeprefix(kind))
        if words.startswith("ConvergenceError: "):
            return ConvergenceError(words.removeprefix("ConvergenceError: "))
        return EngineError(f"{_described(self.source)} failed: {words}", log_tail="\n".join(self._log))

    def _end(self) -> None:
        """Kill the group of the process, and wait until it is gone."""
        self._ready = False
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.2)
        self.kill()
        self._process.wait()


@contextmanager
def open_process_calculator(
    source: CalculatorSource, python: str | None = None, threads: int = 1, timeout_s: float = FRAME_TIMEOUT_S
) -> Iterator[Calculator]:
    """Open a calculator of ASE that asks a process, for as long as the block runs.

    The first model of a DeepmdSource answers; ``committee_forces(atoms)`` of the calculator asks all, where there are
    several.
    """
    from entrox.dynamics.calculators.function_calculator import FunctionCalculator

    with CalculatorProcess(source, python, threads) as process:

        def asked(atoms: Atoms, n_models: int | None) -> ModelAnswers:
            found = process.evaluate([atoms], timeout_s, n_models)[0]
            calculator.cpu_s += found.cpu_s
            return found

        def first(atoms: Atoms) -> ForceAnswer:
            return asked(atoms, 1).first

        def all_forces(atoms: Atoms) -> Any:
            return asked(atoms, None).forces_ev_per_angstrom

        several = isinstance(source, DeepmdSource) and len(source.models) > 1
        calculator = FunctionCalculator(first, all_forces if several else None)
        yield calculator


def model_type_map(path: str | Path) -> tuple[str, ...]:
    """Elements of a frozen Deep Potential model, in the order of its types.

    Raises
    ------
    InputError
        If the file is missing or no such model.
    """
    if not Path(path).is_file():
        raise InputError(f"there is no model file {path}. Check the path.")
    with CalculatorProcess(DeepmdSource((str(path),))) as process:
        return process.elements or ()


def _described(source: CalculatorSource) -> str:
    if isinstance(source, DeepmdSource):
        return f"the Deep Potential {', '.join(Path(path).name for path in source.models)}"
    return f"the calculator {source.factory}"
