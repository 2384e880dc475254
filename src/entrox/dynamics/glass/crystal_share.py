"""Crystalline share of each sublattice of cations in a glass, against its own crystal and its own melt.

All three are inherent structures, so that thermal motion does not pass for disorder. Where the bond order cannot tell
crystal and melt apart there is no share, but the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from entrox.core import InputError
from entrox.dynamics.glass.melting import cation_mask

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.crystallinity import Crystallinity

__all__ = ["cation_sublattices", "crystal_shares"]


def cation_sublattices(atoms: Atoms) -> tuple[tuple[str, ...], ...]:
    """Elements of each sublattice of cations.

    Parameters
    ----------
    atoms
        Structure. Cations whose elements share a label of its array ``site`` are one sublattice; without that array
        each element is one, and all elements together where there is no anion.

    Examples
    --------
    >>> from entrox.structure import build_bismuth_titanate
    >>> cation_sublattices(build_bismuth_titanate(0.25, rng=np.random.default_rng(1)))
    (('Bi', 'La', 'Nd', 'Pr', 'Sm'), ('Ti',))
    """
    mask = cation_mask(atoms)
    symbols = np.array(atoms.get_chemical_symbols())[mask]
    if mask.all():
        return (tuple(np.unique(symbols).tolist()),)
    labels = np.array(atoms.arrays["site"])[mask] if "site" in atoms.arrays else symbols
    groups = list[set[str]]()
    for label in np.unique(labels):
        here = set(symbols[labels == label].tolist())
        touching = [group for group in groups if group & here]
        groups = [group for group in groups if not group & here] + [here.union(*touching)]
    return tuple(sorted(tuple(sorted(group)) for group in groups))


def crystal_shares(glass: Atoms, crystal: Atoms, melt: Atoms) -> tuple[tuple[Crystallinity, ...], tuple[str, ...]]:
    """Crystalline shares of the sublattices of a glass, and why others have none.

    Parameters
    ----------
    glass, crystal, melt
        Inherent structures of the same atoms.
    """
    # the room brings compiled code, which a run that does not melt does without
    from entrox.order.crystallinity import crystallinity

    shares, reasons = [], []
    for elements in cation_sublattices(crystal):
        try:
            shares.append(crystallinity(glass, crystal, melt, elements))
        except InputError as error:
            reasons.append(f"no crystalline share of {', '.join(elements)}: {error}")
    return tuple(shares), tuple(reasons)
