"""Parameters of bonds to oxygen: s = exp((R0 - r)/B), lengths in angstrom, each with its source.

``classic``: B = 0.37 for all. ``refit``: R0 and B both fitted, to the structures of many more crystals. A parameter is
for the oxidation state in :data:`FORMAL_CHARGES`. All values were compared with the collection of I. D. Brown, bvparm
2016, which names the same sources.
"""

from __future__ import annotations

__all__ = ["BOND_VALENCE_SETS", "BOND_VALENCE_SOURCES", "FORMAL_CHARGES"]

BROWN_ALTERMATT = "I. D. Brown and D. Altermatt, Acta Cryst. B 41, 244 (1985)"
BRESE_O_KEEFFE = "N. E. Brese and M. O'Keeffe, Acta Cryst. B 47, 192 (1991)"
GAGNE_HAWTHORNE = "O. C. Gagne and F. C. Hawthorne, Acta Cryst. B 71, 562 (2015)"

_CLASSIC = {
    "Ba": (2.285, BROWN_ALTERMATT),
    "Bi": (2.094, BROWN_ALTERMATT),
    "Ca": (1.967, BROWN_ALTERMATT),
    "Fe": (1.759, BROWN_ALTERMATT),
    "Hf": (1.923, BRESE_O_KEEFFE),
    "K": (2.132, BROWN_ALTERMATT),
    "La": (2.172, BROWN_ALTERMATT),
    "Mg": (1.693, BROWN_ALTERMATT),
    "Mn": (1.760, BROWN_ALTERMATT),
    "Na": (1.803, BROWN_ALTERMATT),
    "Nb": (1.911, BROWN_ALTERMATT),
    "Pb": (2.112, BROWN_ALTERMATT),
    "Sn": (1.905, BROWN_ALTERMATT),
    "Sr": (2.118, BROWN_ALTERMATT),
    "Ti": (1.815, BROWN_ALTERMATT),
    "Zr": (1.928, BROWN_ALTERMATT),  # 1.937 in Brese and O'Keeffe
}
_REFIT = {
    "Ba": (2.223, 0.406),
    "Bi": (2.068, 0.389),
    "Ca": (1.907, 0.409),
    "Fe": (1.766, 0.360),
    "Hf": (1.923, 0.375),
    "K": (2.047, 0.398),
    "La": (2.179, 0.359),
    "Mg": (1.608, 0.443),
    "Mn": (1.823, 0.247),
    "Nb": (1.909, 0.369),
    "Pb": (2.032, 0.442),
    "Sn": (1.946, 0.274),
    "Sr": (1.958, 0.479),
    "Ti": (1.819, 0.342),
    "Zr": (1.913, 0.406),
}

BOND_VALENCE_SETS: dict[str, dict[str, tuple[float, float]]] = {
    "classic": {element: (r0, 0.37) for element, (r0, _) in _CLASSIC.items()},
    "refit": _REFIT,
}
"""R0 and B [angstrom] of each cation with oxygen, by name of the set."""

BOND_VALENCE_SOURCES: dict[str, dict[str, str]] = {
    "classic": {element: source for element, (_, source) in _CLASSIC.items()},
    "refit": dict.fromkeys(_REFIT, GAGNE_HAWTHORNE),
}
"""Where each parameter was published."""

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
