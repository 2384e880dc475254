"""Atoms of ranged ions: a molecular ion is one event with several atoms at one point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.ions import Ions
from entrox.core import InputError

__all__ = ["AtomEvents", "EventRule", "event_numbers", "expand_atoms"]

EventRule = Literal["ion", "pulse", "by-position"]

BLOCK = 1 << 18
"""Ions expanded at a time."""


@dataclass(frozen=True, eq=False)
class AtomEvents:
    """Atoms, in the order of their ions.

    Parameters
    ----------
    ion
        Index of the ion that carried each atom, shape ``(n_atoms,)``: the detection event of the atom.
    element
        Index into ``elements`` of each atom, shape ``(n_atoms,)``.
    elements
        Names of the elements.
    one_atom_per_ion
        Whether no ion carries more than one counted atom.
    """

    ion: NDArray[np.signedinteger]
    element: NDArray[np.int16]
    elements: tuple[str, ...]
    one_atom_per_ion: bool

    def __len__(self) -> int:
        return len(self.ion)


def expand_atoms(
    ion_index: NDArray[np.integer], compositions: Sequence[Mapping[str, int] | None], elements: tuple[str, ...]
) -> AtomEvents:
    """Return the counted atoms of every ion.

    Parameters
    ----------
    ion_index
        Index into ``compositions`` of each ion, shape ``(n,)``; -1 for an ion without name.
    compositions
        Atoms of each element in each kind of ion; None counts nothing.
    elements
        Elements that count; atoms of others are left out.
    """
    place = {symbol: number for number, symbol in enumerate(elements)}
    atoms = [
        [place[symbol] for symbol, count in (kind or {}).items() if symbol in place for _ in range(count)]
        for kind in compositions
    ]
    atoms.append([])  # the index -1 of an ion without name
    per_kind = np.array([len(kind) for kind in atoms], dtype=np.int64)
    begin = np.cumsum(per_kind) - per_kind
    flat = np.array([symbol for kind in atoms for symbol in kind], dtype=np.int16)
    n_atoms = int(sum((per_kind[ion_index[block]]).sum() for block in _blocks(len(ion_index))))
    number: type[np.signedinteger] = np.int32 if len(ion_index) < np.iinfo(np.int32).max else np.int64
    ion, element = np.empty(n_atoms, dtype=number), np.empty(n_atoms, dtype=np.int16)
    done = 0
    for block in _blocks(len(ion_index)):
        kinds = ion_index[block]
        counts = per_kind[kinds]
        carrier = np.repeat(np.arange(len(kinds)), counts)
        here = slice(done, done + len(carrier))
        done += len(carrier)
        ion[here] = carrier + block.start
        first = np.cumsum(counts) - counts
        element[here] = flat[np.arange(len(carrier)) + (begin[kinds] - first)[carrier]]
    return AtomEvents(ion, element, elements, bool(per_kind.max() <= 1))


def _blocks(n: int) -> Iterator[slice]:
    """Yield slices of a size that keeps temporary arrays small."""
    for start in range(0, n, BLOCK):
        yield slice(start, min(start + BLOCK, n))


def event_numbers(ions: Ions, atoms: AtomEvents, rule: EventRule | None) -> NDArray[np.integer] | None:
    """Return the number of the event of each atom, shape ``(n_atoms,)``; None where every atom is one of its own.

    Raises
    ------
    InputError
        If the rule is unknown, or asks for pulses that the file does not hold.
    """
    if rule is None:
        return None
    if rule not in get_args(EventRule):
        raise InputError(f"events must be one of {', '.join(get_args(EventRule))} or None; got {rule!r}.")
    if rule == "ion":
        return None if atoms.one_atom_per_ion else atoms.ion
    if rule == "pulse":
        pulse = ions.pulse
        if pulse is None:
            raise InputError(f"events='pulse' needs multi-hit data, which {ions.format} does not hold; use an .epos.")
        of_atom: NDArray[np.int64] = pulse[atoms.ion]
        return of_atom
    # Adding zero makes -0.0 and 0.0 the same position.
    _, same = np.unique(ions.positions_nm[atoms.ion] + 0.0, axis=0, return_inverse=True)
    place: NDArray[np.intp] = same.reshape(-1)
    return place
