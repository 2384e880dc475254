"""Which atoms of a cloud or a structure count as the mixture."""

from __future__ import annotations

from collections.abc import Mapping

from entrox.atomprobe.entropy_settings import EntropySettings
from entrox.atomprobe.ranged_ions import RangedIons
from entrox.composition.ionic_charges import is_anion
from entrox.core import InputError
from entrox.order.local_entropy.sublattices import Sublattice
from entrox.order.point_set import PointSet

__all__ = ["counted_species"]


def counted_species(
    source: RangedIons | PointSet, settings: EntropySettings, sublattices: Mapping[str, Sublattice] | None
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Species whose mixing is asked for, and what is said of the choice.

    Without a choice of the user it is the first sublattice of cations that is shared, if sublattices are given; else
    all elements, but no anions where two cations are left: cations and anions sit on places of their own, and counting
    them together would find that order.

    Returns
    -------
    tuple
        The species, None for all there are, and notices.

    Raises
    ------
    InputError
        If sublattices are given and none is shared by two species.
    """
    if settings.species is not None:
        return settings.species, ()
    if sublattices:
        return _shared_sublattice(sublattices)
    names = _present(source)
    cations = tuple(name for name in names if not is_anion(name))
    anions = [name for name in names if name not in cations]
    if not anions:
        return None, ()
    left = ", ".join(anions)
    if len(cations) < 2:
        return None, (f"{left} count as species beside {', '.join(cations)}: their sites are not told apart.",)
    return cations, (f"{left} left out, as anions have sites of their own; name them as species to count them.",)


def _shared_sublattice(sublattices: Mapping[str, Sublattice]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mixed = {name: item for name, item in sublattices.items() if len(item.species) > 1}
    cations = {name: item for name, item in mixed.items() if not item.holds_anions}
    for name, item in (cations or mixed).items():
        return item.species, (f"the scan is that of the sublattice {name} ({', '.join(item.species)}).",)
    raise InputError(
        "no sublattice is shared by two species, so there is nothing to mix: name the species, or other sublattices."
    )


def _present(source: RangedIons | PointSet) -> tuple[str, ...]:
    """Return the elements that occur; nothing where ions are labels without composition."""
    if isinstance(source, PointSet):
        return tuple(name for name, count in zip(source.species, source.totals, strict=True) if count)
    if source.unlabeled:
        return ()
    found = zip(source.compositions, source.ion_counts, strict=True)
    return tuple(dict.fromkeys(name for atoms, count in found if atoms and count for name in atoms))
