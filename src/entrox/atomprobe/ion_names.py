"""The name of an ion: one canonical formula for one composition, whatever order a range file lists the elements in.

The order of elements is IUPAC's element sequence (Nomenclature of Inorganic Chemistry 2005, Table VI), its
electropositive end first, with the noble gases leading: ``Al2O3``, ``TiN``, ``SiO2``, ``CH4``, ``H2O``, ``FeCO``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from entrox.composition.elements import known_elements
from entrox.composition.mapping import FrozenDict
from entrox.core import InputError, nearest_names

__all__ = ["ION_ELEMENT_SEQUENCE", "ion_formula", "named_ion", "parse_ion_formula"]

ION_ELEMENT_SEQUENCE: tuple[str, ...] = (
    tuple(  # a text of symbols is easier to check against the table than a list of strings
        """
    Rn Xe Kr Ar Ne He  Fr Cs Rb K Na Li  Ra Ba Sr Ca Mg Be
    Lr No Md Fm Es Cf Bk Cm Am Pu Np U Pa Th Ac  Lu Yb Tm Er Ho Dy Tb Gd Eu Sm Pm Nd Pr Ce La  Y Sc
    Hf Zr Ti  Ta Nb V  W Mo Cr  Re Tc Mn  Os Ru Fe  Ir Rh Co  Pt Pd Ni  Au Ag Cu  Hg Cd Zn
    Tl In Ga Al B  Pb Sn Ge Si C  Bi Sb As P N  H  Po Te Se S O  At I Br Cl F
    """.split()  # noqa: SIM905
    )
)
"""All elements up to lawrencium, the electropositive end first; hydrogen stands between nitrogen and the chalcogens."""

_PLACE = {symbol: place for place, symbol in enumerate(ION_ELEMENT_SEQUENCE)}
_FORMULA = re.compile(r"(?:[A-Z][a-z]?(?:[1-9][0-9]{0,2})?)+", re.ASCII)
_TERM = re.compile(r"([A-Z][a-z]?)([0-9]*)", re.ASCII)


def ion_formula(composition: Mapping[str, int]) -> str:
    """Return the formula of an ion.

    Parameters
    ----------
    composition
        Atoms of each element; at least one, all counts >= 1.

    Raises
    ------
    InputError
        If it is empty, a symbol is no element, or a count is below one.

    Examples
    --------
    >>> ion_formula({"O": 3, "Al": 2})
    'Al2O3'
    """
    if not composition:
        raise InputError("an ion needs at least one atom; got an empty composition.")
    for symbol, count in composition.items():
        if symbol not in _PLACE:
            raise InputError(f"{symbol!r} is not an element symbol; {nearest_names(symbol, known_elements())}")
        if count < 1:
            raise InputError(f"the number of {symbol} atoms in an ion must be >= 1; got {count}.")
    symbols = sorted(composition, key=_PLACE.__getitem__)
    return "".join(symbol + (str(composition[symbol]) if composition[symbol] > 1 else "") for symbol in symbols)


def parse_ion_formula(text: str) -> FrozenDict[str, int] | None:
    """Return the atoms of each element in a formula such as ``Mn2O``; None if the text is no formula of elements.

    Examples
    --------
    >>> dict(parse_ion_formula("Mn2O"))
    {'Mn': 2, 'O': 1}
    >>> parse_ion_formula("X23") is None
    True
    """
    if not _FORMULA.fullmatch(text):
        return None
    composition: dict[str, int] = {}
    for symbol, count in _TERM.findall(text):
        if symbol not in _PLACE:
            return None
        composition[symbol] = composition.get(symbol, 0) + int(count or 1)
    return FrozenDict(composition)


def named_ion(composition: Mapping[str, int] | None, name: str | None = None) -> str:
    """Return the name of an ion that a file describes by its atoms, a name, or both.

    A name that spells the atoms gives way to the canonical formula; any other name (``"56Fe"``) stands.

    Parameters
    ----------
    composition
        Atoms of each element; None if the file does not state them.
    name
        Name in the file; None if it has none.

    Raises
    ------
    InputError
        If there is neither, or the name spells other atoms than the composition.
    """
    if composition is None:
        if not name:
            raise InputError("an ion needs its atoms or a name; got neither.")
        return name
    formula = ion_formula(composition)
    spelled = None if name is None else parse_ion_formula(name)
    if name is None or spelled == composition:
        return formula
    if spelled is not None:
        raise InputError(f"the name {name} spells other atoms than the counts, which give {formula}.")
    return name
