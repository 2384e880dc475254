"""Parameters of bonds to oxygen: s = exp((R0 - r)/B), lengths in angstrom.

``classic``: B = 0.37 and R0 of Brown and Altermatt, Acta Cryst. B 41, 244 (1985); the value of Zr in Brese and
O'Keeffe, Acta Cryst. B 47, 192 (1991) is 1.937. ``refit``: R0 and B both free; no reference is named here until the
source is confirmed.
"""

from __future__ import annotations

__all__ = ["BOND_VALENCE_SETS", "FORMAL_CHARGES"]

_CLASSIC = {
    "Ba": 2.285,
    "Bi": 2.094,
    "Ca": 1.967,
    "Fe": 1.759,
    "Hf": 1.923,
    "K": 2.132,
    "La": 2.172,
    "Mg": 1.693,
    "Mn": 1.760,
    "Na": 1.803,
    "Nb": 1.911,
    "Pb": 2.112,
    "Sn": 1.905,
    "Sr": 2.118,
    "Ti": 1.815,
    "Zr": 1.928,
}

BOND_VALENCE_SETS = {
    "classic": {element: (r0, 0.37) for element, r0 in _CLASSIC.items()},
    "refit": {"Ba": (2.223, 0.406), "Ca": (1.907, 0.409), "Ti": (1.819, 0.342), "Sn": (1.946, 0.274)},
}
"""R0 and B [angstrom] of each cation with oxygen, by name of the set."""

FORMAL_CHARGES = {
    "Ba": 2.0,
    "Bi": 3.0,
    "Ca": 2.0,
    "Fe": 3.0,
    "Hf": 4.0,
    "K": 1.0,
    "La": 3.0,
    "Mg": 2.0,
    "Mn": 3.0,
    "Na": 1.0,
    "Nb": 5.0,
    "O": 2.0,
    "Pb": 2.0,
    "Sn": 4.0,
    "Sr": 2.0,
    "Ti": 4.0,
    "Zr": 4.0,
}
"""Size of the charge [e] for which R0 was determined."""
