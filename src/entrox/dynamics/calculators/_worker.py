"""The process that owns a calculator: reads structures from a pipe, writes energies, forces and stresses to another.

Started as a script, also by a Python that has no entrox: it needs NumPy, ASE and what the calculator needs, no more.
A message is eight bytes of length, a header in JSON, and the arrays that the header lists, little-endian. Standard
output and error are free for what libraries print. The process ends, with all that it started, when the pipe closes.
Units: eV, eV/angstrom, eV/angstrom3 (tension positive), angstrom.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import struct
import sys
import threading
import time
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - before any import that costs time
if __name__ == "__main__" and sys.path and os.path.abspath(sys.path[0]) == HERE:  # noqa: PTH100
    del sys.path[0]  # the neighbors of this file must not hide other modules

import importlib  # noqa: E402
import importlib.util  # noqa: E402

import numpy as np  # noqa: E402

__all__ = ["FRAME_ARRAYS", "call_factory", "pack_message", "unpack_header", "unpack_message"]

LENGTH = struct.Struct("<QQ")
FRAME_ARRAYS = ("numbers", "positions", "cell", "pbc")
DEEPMD_BATCH = 16
VOIGT = ([0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1])


def pack_message(header: dict[str, Any], arrays: list[Any]) -> bytes:
    """Return a message; the header must not have the key ``arrays``."""
    plain = [np.ascontiguousarray(array) for array in arrays]
    plain = [array.astype(array.dtype.newbyteorder("<"), copy=False) for array in plain]
    listed = [[array.dtype.str, list(array.shape)] for array in plain]
    text = json.dumps({**header, "arrays": listed}).encode()
    body = b"".join(array.tobytes() for array in plain)
    return LENGTH.pack(len(text), len(body)) + text + body


def unpack_header(data: bytes) -> tuple[int, int]:
    """Return the lengths of header and arrays that the first 16 bytes announce."""
    n_text, n_body = LENGTH.unpack(data)
    return int(n_text), int(n_body)


def unpack_message(text: bytes, body: bytes) -> tuple[dict[str, Any], list[Any]]:
    """Return header and arrays of a message."""
    header, arrays, start = json.loads(text), [], 0
    for kind, shape in header.pop("arrays"):
        dtype, count = np.dtype(kind), int(np.prod(shape, dtype=np.int64))
        arrays.append(np.frombuffer(body, dtype, count, start).reshape(shape).copy())
        start += count * dtype.itemsize
    return header, arrays


def call_factory(factory: str, arguments: Any) -> Any:
    """Return the calculator of ``module:function`` or ``file.py:function``, called with keyword arguments."""
    place, _, name = factory.rpartition(":")
    if not place or not name:
        raise ValueError(f"a factory is module:function or file.py:function; got {factory!r}")
    if place.endswith(".py"):
        spec = importlib.util.spec_from_file_location("calculator_factory", place)
        if spec is None or spec.loader is None or not os.path.isfile(place):  # noqa: PTH113
            raise ImportError(f"there is no file {place}")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    return getattr(module, name)(**dict(arguments))


class StructureError(ValueError):
    """A structure that the model does not take."""


class _AseModel:
    """A calculator of ASE, asked for one structure at a time."""

    batch = 1

    def __init__(self, source: dict[str, Any]) -> None:
        self.calculator = call_factory(source["factory"], source["arguments"])
        self.elements: list[str] | None = None

    def answer(self, frames: list[list[Any]], n_models: int) -> list[tuple[dict[str, Any], list[Any]]]:
        """Return notes and arrays (energies, forces, stresses) of each structure."""
        from ase import Atoms

        answers = []
        for numbers, positions, cell, pbc in frames:
            atoms = Atoms(numbers=numbers, positions=positions, cell=cell, pbc=pbc)
            atoms.calc = self.calculator
            energy, forces = float(atoms.get_potential_energy()), np.array(atoms.get_forces(), dtype=float)
            arrays = [np.array([energy]), forces[None]]
            if bool(np.all(pbc)) and "stress" in self.calculator.implemented_properties:
                arrays.append(np.array(atoms.get_stress(voigt=True), dtype=float)[None])
            notes = {
                "converged": bool(self.calculator.results.get("converged", True)),
                "remark": str(self.calculator.results.get("remark", "")),
            }
            answers.append((notes, arrays))
        return answers


class _DeepmdModel:
    """Deep Potential models of DeePMD-kit, asked for structures of the same atoms together."""

    batch = DEEPMD_BATCH

    def __init__(self, source: dict[str, Any]) -> None:
        from deepmd.infer import DeepPot

        self.models = [DeepPot(path) for path in source["models"]]
        maps = [list(model.get_type_map()) for model in self.models]
        if any(found != maps[0] for found in maps):
            raise ValueError(f"the models have different type maps: {maps}")
        self.elements = maps[0]

    def answer(self, frames: list[list[Any]], n_models: int) -> list[tuple[dict[str, Any], list[Any]]]:
        """Return notes and arrays (energies, forces, stresses) of structures that share atoms and periods."""
        from ase.data import chemical_symbols

        numbers, pbc = frames[0][0], frames[0][3]
        symbols = [chemical_symbols[number] for number in numbers]
        if missing := sorted(set(symbols) - set(self.elements)):
            known = ", ".join(self.elements)
            raise StructureError(f"the model knows {known}; the structure also has {', '.join(missing)}")
        if np.any(pbc) and not np.all(pbc):
            raise StructureError("Deep Potentials take structures with all periods or with none")
        types = [self.elements.index(symbol) for symbol in symbols]
        places = np.stack([frame[1] for frame in frames]).reshape(len(frames), -1)
        cells = np.stack([frame[2] for frame in frames]) if np.all(pbc) else None
        found = [self._asked(model, places, cells, types) for model in self.models[: n_models or None]]
        answers = []
        for row in range(len(frames)):
            arrays = [np.array([energy[row] for energy, _, _ in found]), np.stack([f[row] for _, f, _ in found])]
            if cells is not None:
                arrays.append(np.stack([stress[row] for _, _, stress in found]))
            answers.append(({"converged": True, "remark": ""}, arrays))
        return answers

    def _asked(self, model: Any, places: Any, cells: Any, types: list[int]) -> tuple[Any, Any, Any]:
        rows = len(places)
        energy, forces, virial = model.eval(places, None if cells is None else cells.reshape(rows, 9), types)[:3]
        energy = np.asarray(energy, dtype=float).reshape(rows)
        forces = np.asarray(forces, dtype=float).reshape(rows, len(types), 3)
        if cells is None:
            return energy, forces, None
        # the virial is minus the derivative by strain; the stress of ASE is that derivative over the volume
        matrix = -np.asarray(virial, dtype=float).reshape(rows, 3, 3)
        volumes = np.abs(np.linalg.det(cells))[:, None]
        return energy, forces, 0.5 * (matrix + matrix.transpose(0, 2, 1))[:, VOIGT[0], VOIGT[1]] / volumes


def _serve(reading: int, writing: int) -> None:
    waiting: queue.Queue[tuple[dict[str, Any], list[Any]]] = queue.Queue()
    threading.Thread(target=_listen, args=(reading, waiting), daemon=True).start()
    source, _ = waiting.get()
    sys.path.extend(place for place in source.get("path", ()) if place not in sys.path)
    try:
        model = (_DeepmdModel if source["kind"] == "deepmd" else _AseModel)(source)
    except Exception as error:
        _send(writing, {"error": _words(error), "missing": getattr(error, "name", None) or ""}, [])
        return
    _send(writing, {"elements": model.elements}, [])
    while True:
        header, arrays = waiting.get()
        width = len(FRAME_ARRAYS)
        frames = [arrays[start : start + width] for start in range(0, len(arrays), width)]
        for group in _alike(frames, model.batch):
            _send(writing, *_answered(model, group, int(header["n_models"])))


def _alike(frames: list[list[Any]], most: int) -> list[list[list[Any]]]:
    """Return the structures in groups of the same atoms and periods, in their order."""
    groups: list[list[list[Any]]] = []
    for frame in frames:
        last = groups[-1] if groups else None
        if last and len(last) < most and np.array_equal(last[0][0], frame[0]) and np.array_equal(last[0][3], frame[3]):
            last.append(frame)
        else:
            groups.append([frame])
    return groups


def _answered(model: Any, group: list[list[Any]], n_models: int) -> tuple[dict[str, Any], list[Any]]:
    start = _cpu_s()
    try:
        answers = model.answer(group, n_models)
    except Exception as error:
        return {"error": _words(error), "count": len(group)}, []
    cpu_s = (_cpu_s() - start) / len(group)
    notes = [{**note, "n_arrays": len(arrays)} for note, arrays in answers]
    return {"cpu_s": cpu_s, "count": len(group), "notes": notes}, [array for _, part in answers for array in part]


def _cpu_s() -> float:
    """Processor time of this process and of the programs that it has run [s]."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _listen(reading: int, waiting: Any) -> None:
    """Take messages while the calculator works; without a parent, end with all that was started."""
    while True:
        head = _read(reading, LENGTH.size)
        n_text, n_body = unpack_header(head)
        waiting.put(unpack_message(_read(reading, n_text), _read(reading, n_body)))


def _read(reading: int, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        part = os.read(reading, count - len(data))
        if not part:
            os.killpg(os.getpid(), signal.SIGKILL)
            time.sleep(60)
        data += part
    return bytes(data)


def _send(writing: int, header: dict[str, Any], arrays: list[Any]) -> None:
    view = memoryview(pack_message(header, arrays))
    while view:
        view = view[os.write(writing, view) :]


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
