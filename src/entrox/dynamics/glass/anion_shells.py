"""Anions around the cations of a glass: coordination numbers of all pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from entrox.core import InputError
from entrox.dynamics.glass.melting import cation_mask

if TYPE_CHECKING:
    from ase import Atoms

    from entrox.order.coordination import Coordination

__all__ = ["anion_coordination"]


def anion_coordination(atoms: Atoms) -> Coordination | None:
    """Return the anions around each kind of cation; None without anions, or where a first shell cannot be told."""
    cations = cation_mask(atoms)
    symbols = np.array(atoms.get_chemical_symbols())
    pairs = [(str(one), str(two)) for one in np.unique(symbols[cations]) for two in np.unique(symbols[~cations])]
    if not pairs:
        return None
    # the room brings compiled code, which elements and alloys do without
    from entrox.order.coordination import coordination

    try:
        return coordination(atoms, pairs)
    except InputError:
        return None
