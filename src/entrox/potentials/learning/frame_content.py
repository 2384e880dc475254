"""Structures as the journal of the learning loop keeps them: elements, positions and cell as bytes, and their hash.

Little-endian on every machine, every bit kept. Lengths in angstrom.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["FrameContent", "array_of_bytes", "bytes_of_array"]

Floats = NDArray[np.float64]


def bytes_of_array(values: NDArray[np.float64] | None) -> bytes | None:
    """Return floats as bytes, None as None."""
    return None if values is None else np.ascontiguousarray(values, dtype="<f8").tobytes()


def array_of_bytes(content: bytes | None, shape: tuple[int, ...]) -> Floats | None:
    """Return what :func:`bytes_of_array` packed."""
    return None if content is None else np.frombuffer(content, dtype="<f8").reshape(shape).astype(float)


@dataclass(frozen=True)
class FrameContent:
    """What a structure is: nothing of its history, its calculator or its arrays."""

    numbers: bytes
    positions: bytes
    cell: bytes
    pbc: int

    @classmethod
    def of(cls, atoms: Atoms) -> Self:
        """Return the content of a structure."""
        pbc = sum(1 << axis for axis in range(3) if atoms.pbc[axis])
        numbers = np.ascontiguousarray(atoms.numbers, dtype="<i4").tobytes()
        # + 0.0 turns a negative zero into zero: it is the same place
        positions, cell = (
            np.ascontiguousarray(part + 0.0, dtype="<f8") for part in (atoms.positions, atoms.cell.array)
        )
        return cls(numbers, positions.tobytes(), cell.tobytes(), pbc)

    def sha256(self) -> str:
        """Hash of the content, 64 hexadecimal digits; atoms in another order are another content."""
        return hashlib.sha256(b"".join((self.numbers, self.positions, self.cell, bytes([self.pbc])))).hexdigest()

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.numbers) // 4

    def atoms(self) -> Atoms:
        """Return the structure."""
        from ase import Atoms

        return Atoms(
            numbers=np.frombuffer(self.numbers, dtype="<i4").astype(int),
            positions=array_of_bytes(self.positions, (self.n_atoms, 3)),
            cell=array_of_bytes(self.cell, (3, 3)),
            pbc=[bool(self.pbc >> axis & 1) for axis in range(3)],
        )
