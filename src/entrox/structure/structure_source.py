"""Where the atoms of a structure come from: files of a simulation or of an atom probe, named by what is in them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from entrox.structure.frames import read_frames

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["StructureSource"]


@dataclass(frozen=True, kw_only=True)
class StructureSource:
    """Files that hold one structure, and how they are read.

    Parameters
    ----------
    name
        What tables call it.
    kind
        Molecular dynamics, reverse Monte Carlo, or the tip of an atom probe.
    files
        Files that follow one another; one ion cloud of a tip.
    ranges
        Ranges of a tip.
    checksums
        SHA-256 of the files, and of the ranges if there are any: the identity of the structure.
    type_map
        Elements of type numbers, where the frames have no elements.
    first, every
        Which frames are read: every how many, counted from the first.
    on_overlap, byte_order, columns, decimal, drop_invalid
        How the cloud of a tip is read.
    """

    name: str
    kind: Literal["md", "rmc", "tip"]
    files: tuple[str, ...]
    checksums: tuple[str, ...]
    ranges: str | None = None
    type_map: tuple[str, ...] | None = None
    first: int = 0
    every: int = 1
    on_overlap: Literal["error", "first", "center", "exclude", "probability"] = "error"
    byte_order: Literal["big", "little"] = "big"
    columns: tuple[str, ...] | None = None
    decimal: str = "."
    drop_invalid: bool = False

    @property
    def identity(self) -> str:
        """Text that two structures share only if they are the same; neither names nor places of files enter."""
        left_out = ("name", "files", "ranges")
        return json.dumps({key: value for key, value in vars(self).items() if key not in left_out}, sort_keys=True)

    @property
    def formula(self) -> str:
        """Text for people who read a store."""
        return self.name

    @property
    def is_cloud(self) -> bool:
        """Whether the atoms are those of an ion cloud."""
        return self.kind == "tip"

    def frames(self, notices: list[str] | None = None) -> Iterator[Atoms]:
        """Yield the frames of all files; ``first`` and ``every`` count in each of them."""
        for path in self.files:
            yield from read_frames(path, self.type_map, self.every, self.first, notices=notices)
