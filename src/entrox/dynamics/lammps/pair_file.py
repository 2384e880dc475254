"""A force field given as the lines that LAMMPS reads: any pair style, in a text file. Units of LAMMPS: metal.

The file names its elements in a comment, ``# elements: Si O``, and holds lines for LAMMPS. In them ``{elements}``
stands for the elements of the atom types of a run, and ``{folder}`` for the folder of the file. ``pair_coeff`` with
numbers of types needs all of its elements in the structure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from entrox.core import FormatError, InputError

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

__all__ = ["PairFile", "read_pair_file"]

LIBRARY = "entrox.dynamics.lammps.library_calculator:library_calculator"
ELEMENTS_LINE = re.compile(r"^\s*#\s*elements\s*:\s*(.+?)\s*$", re.IGNORECASE | re.MULTILINE)
COMMANDS = ("pair_style", "pair_coeff", "pair_modify", "kspace_style", "kspace_modify", "neighbor", "neigh_modify")


@dataclass(frozen=True)
class PairFile:
    """Lines of a force field.

    Parameters
    ----------
    path
        File.
    known_elements
        Its elements.
    lines
        Its commands, without comments.
    """

    path: Path
    known_elements: tuple[str, ...]
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of the file."""
        return f"lammps:{self.path.name}"

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements that it knows."""
        return self.known_elements

    def fingerprint(self) -> str:
        """SHA-256 of the lines; files that they name are not looked into."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()

    def lammps_lines(self, elements: Sequence[str], deviation_every: int) -> tuple[str, ...]:
        """Lines for the atom types of the given elements.

        Raises
        ------
        InputError
            If the lines number their types and the structure lacks an element.
        """
        text = "\n".join(self.lines)
        if "{elements}" not in text and tuple(elements) != self.known_elements:
            raise InputError(
                f"{self.path} numbers its types {', '.join(self.known_elements)}; the structure has "
                f"{', '.join(elements)}. Write {{elements}} in its pair_coeff, or list those elements in that order."
            )
        return tuple(self._filled(elements))

    def _filled(self, elements: Sequence[str]) -> list[str]:
        folder = str(self.path.resolve().parent)
        return [line.replace("{elements}", " ".join(elements)).replace("{folder}", folder) for line in self.lines]

    def open_calculator(self) -> AbstractContextManager[Calculator]:
        """Open LAMMPS as a calculator in a process of its own."""
        from entrox.dynamics.calculators.process import open_process_calculator
        from entrox.dynamics.calculators.sources import FactorySource

        arguments = {"commands": self._filled(self.known_elements), "elements": list(self.known_elements)}
        return open_process_calculator(FactorySource(LIBRARY, arguments))


def read_pair_file(path: str | Path) -> PairFile:
    """Read the lines of a force field.

    Raises
    ------
    InputError
        If there is no such file.
    FormatError
        If it does not name its elements, has no pair_style, or holds another command.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no file {place} with the pair_style of LAMMPS.")
    text = place.read_text(encoding="utf-8")
    named = ELEMENTS_LINE.search(text)
    if named is None:
        raise FormatError("name the elements in a comment: # elements: Si O", path=place, line=1, text=text[:80])
    lines = []
    for number, line in enumerate(text.splitlines(), start=1):
        command = line.split("#")[0].strip()
        if command and command.split()[0] not in COMMANDS:
            raise FormatError(
                f"{command.split()[0]!r} is none of {', '.join(COMMANDS)}", path=place, line=number, text=line
            )
        if command:
            lines.append(command)
    if not any(line.startswith("pair_style") for line in lines):
        raise FormatError("a force field needs a pair_style", path=place, line=1, text=text[:80])
    return PairFile(place, tuple(named[1].replace(",", " ").split()), tuple(lines))
