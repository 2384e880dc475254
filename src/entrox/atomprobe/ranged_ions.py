"""An ion cloud whose ions have names, and the atoms that they carry. Units: nm, Da."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from entrox.atomprobe.atom_events import AtomEvents, EventRule, event_numbers, expand_atoms
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.range_table import RangeTable
from entrox.core import InputError
from entrox.order.point_set import PointSet

__all__ = ["RangedIons"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RangedIons:
    """An ion cloud whose ions have names.

    Parameters
    ----------
    ions
        The cloud; unranged ions are in it.
    table
        The ranges as read.
    ion_names
        Distinct ions in the order of the table.
    ion_index
        Index into ``ion_names`` of each ion, shape ``(n,)``; -1 where no range holds it.
    range_index
        Index into ``table.ranges`` of each ion, shape ``(n,)``; -1 where no range holds it.
    compositions
        Atoms of each element in each ion of ``ion_names``; None for a label without composition.
    claim
        Row of ``claim_probabilities`` that holds for each ion, shape ``(n,)``, -1 where the name is certain; None if
        every name is. ``ion_index`` then holds the most probable name.
    claim_probabilities
        Probability of each name where ranges of different ions overlap, shape ``(n_claims, n_names)``.
    notices
        What the reader and the ranging found worth saying.
    """

    ions: Ions
    table: RangeTable
    ion_names: tuple[str, ...]
    ion_index: NDArray[np.int16]
    range_index: NDArray[np.int32]
    compositions: tuple[Mapping[str, int] | None, ...]
    claim: NDArray[np.int32] | None = None
    claim_probabilities: Floats | None = None
    notices: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ion_index)

    @property
    def n_ranged(self) -> int:
        """Number of ions that a range holds."""
        return int(np.count_nonzero(self.ion_index >= 0))

    @property
    def ion_counts(self) -> NDArray[np.int64]:
        """Number of ions of each name, shape ``(n_names,)``."""
        counts = np.bincount(self.ion_index.astype(np.intp) + 1, minlength=len(self.ion_names) + 1)
        return counts[1:].astype(np.int64)

    @property
    def elements(self) -> tuple[str, ...]:
        """Elements of the ions that have a composition, in the order of the table."""
        return tuple(dict.fromkeys(symbol for atoms in self.compositions if atoms is not None for symbol in atoms))

    @property
    def unlabeled(self) -> tuple[str, ...]:
        """Names of the ions without composition."""
        return tuple(name for name, atoms in zip(self.ion_names, self.compositions, strict=True) if atoms is None)

    @property
    def probabilities(self) -> Floats | None:
        """Probability of each name for each ion, shape ``(n, n_names)``, zero rows unranged; None if all are certain.

        It is made at each call and takes 8 bytes per ion and name.
        """
        if self.claim is None or self.claim_probabilities is None:
            return None
        dense = np.zeros((len(self), len(self.ion_names)))
        certain = np.flatnonzero((self.ion_index >= 0) & (self.claim < 0))
        dense[certain, self.ion_index[certain]] = 1.0
        claimed = np.flatnonzero(self.claim >= 0)
        dense[claimed] = self.claim_probabilities[self.claim[claimed]]
        return dense

    def impute(self, rng: np.random.Generator) -> RangedIons:
        """Return the cloud with a name drawn for every ion whose name is only probable.

        Names are drawn independently, which dilutes order among the ions concerned; a notice says so. The index of
        the range stays that of the most probable name.
        """
        if self.claim is None or self.claim_probabilities is None:
            return self
        index = self.ion_index.copy()
        cumulative = np.cumsum(self.claim_probabilities, axis=1)
        for row, bounds in enumerate(cumulative):
            members = np.flatnonzero(self.claim == row)
            drawn = np.searchsorted(bounds, rng.random(len(members)) * bounds[-1], side="right")
            index[members] = np.minimum(drawn, np.flatnonzero(self.claim_probabilities[row]).max())
        said = (
            f"{int(np.count_nonzero(self.claim >= 0))} ions in overlapping ranges were named by chance: dilutes order."
        )
        return replace(self, ion_index=index, claim=None, claim_probabilities=None, notices=(*self.notices, said))

    def events(self, elements: Sequence[str] | None = None) -> AtomEvents:
        """Return the atoms of the ranged ions, each with the ion that carried it.

        Parameters
        ----------
        elements
            Elements that count; all if not given.

        Raises
        ------
        InputError
            If an ion has no composition and ``elements`` is not given, or an element is in no ion.
        """
        if elements is None:
            if self.unlabeled:
                raise InputError(
                    f"{', '.join(self.unlabeled)} have no composition, so their atoms are unknown: name the elements "
                    f"that count (known: {', '.join(self.elements) or 'none'}) or use the ions as species."
                )
            elements = self.elements
        missing = [name for name in elements if name not in self.elements]
        if missing:
            raise InputError(
                f"no ranged ion holds {', '.join(missing)}; elements: {', '.join(self.elements) or 'none'}."
            )
        return expand_atoms(self.ion_index, self.compositions, tuple(elements))

    def points(
        self,
        species: Sequence[str] | None = None,
        sublattice: Sequence[str] | None = None,
        events: EventRule | None = "ion",
    ) -> PointSet:
        """Return the counted atoms, or ions, as points.

        Parameters
        ----------
        species
            Elements that count, or names of ions. By default all elements that were detected; the names of the ions
            where one of them has no composition. Names that all are elements count atoms, even if they name ions too.
        sublattice
            Elements of one sublattice; the same as ``species`` and given instead of it.
        events
            Which points belong together: ``"ion"``, the atoms of one ion; ``"pulse"``, all of one pulse;
            ``"by-position"``, those at one position (for clouds whose molecular ions were split); None, none.

        Raises
        ------
        InputError
            If both are given, a name is unknown, elements and ions are mixed, or no point is left.
        """
        if species is not None and sublattice is not None:
            raise InputError("give species or sublattice, not both.")
        chosen = species if species is not None else sublattice
        found = self._atoms_or_ions(chosen)
        if not len(found.ion):
            raise InputError(f"no ion of the cloud is one of {', '.join(found.elements) or 'the ranges'}.")
        positions = self.ions.positions_nm
        if len(found.ion) != len(self) or not found.one_atom_per_ion:
            positions = positions[found.ion]
        return PointSet(
            positions_nm=positions,
            labels=found.element,
            species=found.elements,
            event=event_numbers(self.ions, found, events),
        )

    def _atoms_or_ions(self, chosen: Sequence[str] | None) -> AtomEvents:
        """Return what counts as a point."""
        if chosen is None:
            if self.unlabeled:
                return self._named_ions([name for name, n in zip(self.ion_names, self.ion_counts, strict=True) if n])
            every = self.events()
            present = np.bincount(every.element, minlength=len(every.elements)) > 0
            return (
                every
                if present.all()
                else self.events([name for name, held in zip(every.elements, present, strict=True) if held])
            )
        names = list(chosen)
        if not names or len(set(names)) != len(names):
            raise InputError(f"species must be distinct and at least one; got {', '.join(names) or 'none'}.")
        if all(name in self.elements for name in names):
            return self.events(names)
        if all(name in self.ion_names for name in names):
            return self._named_ions(names)
        unknown = [name for name in names if name not in self.elements and name not in self.ion_names]
        problem = f"unknown: {', '.join(unknown)}" if unknown else "elements and ions are mixed"
        raise InputError(
            f"species must all be elements ({', '.join(self.elements) or 'none'}) or all be ions "
            f"({', '.join(self.ion_names)}); {problem}."
        )

    def _named_ions(self, names: Sequence[str]) -> AtomEvents:
        """Return the ions of the given names as points of one label each."""
        alone = tuple({name: 1} if name in names else None for name in self.ion_names)
        return expand_atoms(self.ion_index, alone, tuple(names))
