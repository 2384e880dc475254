"""Constraints and swaps in control files of RMCProfile. Lengths in angstrom."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, combinations_with_replacement
from pathlib import Path
from typing import Any

from entrox.core import FormatError
from entrox.scattering.setup.rmcprofile_lines import ControlLine

__all__ = ["Reading", "bond_valence_of", "coordination_of", "swaps_of", "values_by_pair", "windows_of"]


@dataclass
class Reading:
    """Settings in the making."""

    path: Path
    elements: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(
        default_factory=lambda: {"sample": {}, "data": [], "bins": {}, "moves": {}, "constraints": {}, "run": {}}
    )
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def skip(self, line: ControlLine, above: str = "") -> None:
        """Note a line that is not understood."""
        name = f"{above} > {line.key}" if above else line.key
        self.unknown.append(f"{name} (line {line.number})")

    def fail(self, line: ControlLine, message: str) -> FormatError:
        """Error at a line."""
        return FormatError(message, path=self.path, line=line.number, text=f"{line.key} :: {line.value}")

    def numbers(self, line: ControlLine, count: int | None = None) -> list[float]:
        """Numbers of a line, units and words after them left out."""
        values = []
        for word in line.words:
            try:
                values.append(float(word.upper().replace("D", "E")))
            except ValueError:
                break
        if not values or (count is not None and len(values) != count):
            raise self.fail(line, f"{count or 'some'} numbers expected")
        return values


def values_by_pair(reading: Reading, line: ControlLine) -> dict[str, float]:
    """Values of the pairs AA AB AC BB BC CC of the elements in the order of ATOMS."""
    if not reading.elements:
        raise reading.fail(line, "ATOMS must name the elements")
    pairs = ["-".join(pair) for pair in combinations_with_replacement(reading.elements, 2)]
    return dict(zip(pairs, reading.numbers(line, len(pairs)), strict=True))


def bond_valence_of(reading: Reading, block: ControlLine) -> dict[str, Any]:
    """Bond valence: charges by atom (OXID), R0 and B by pair of unlike atoms (RIJ, BVAL), zero without a bond."""
    names = reading.elements
    found: dict[str, Any] = {"mode": "on"}
    atoms, charges = block.sub("ATOM"), block.sub("OXID")
    if atoms is not None and atoms.words != names:
        raise reading.fail(atoms, f"the atoms must be those of ATOMS in their order, {' '.join(names)}")
    if charges is not None:
        values = reading.numbers(charges, len(names))
        found["charges_e"] = {name: abs(value) for name, value in zip(names, values, strict=True)}
    pairs = list(combinations(names, 2))
    bonds: dict[str, dict[tuple[str, str], float]] = {}
    for key, name in (("RIJ", "r0_angstrom"), ("BVAL", "b_angstrom")):
        if (line := block.sub(key)) is not None:
            values = reading.numbers(line, len(pairs))
            bonds[name] = {pair: value for pair, value in zip(pairs, values, strict=True) if value > 0.0}
    joined = [set(pair) for table in bonds.values() for pair in table]
    if joined:
        anions = [name for name in names if all(name in pair for pair in joined)]
        anion = "O" if "O" in anions else anions[-1] if anions else None
        if anion is None:
            raise reading.fail(block, "all bonds must lead to one anion")
        found["anion"] = anion
        for name, table in bonds.items():
            found[name] = {one if other == anion else other: value for (one, other), value in table.items()}
    for line in block.inner:
        if line.key in ("WEIGHTS", "CUTOFF", "BVS_WEIGHT_FACTOR"):
            reading.notes.append(f"BVS > {line.key} is left out: the weight here is a standard deviation of valences")
        elif line.key not in ("ATOM", "OXID", "RIJ", "BVAL", "SAVE", "UPDATE"):
            reading.skip(line, block.key)
    return found


def windows_of(reading: Reading, block: ControlLine) -> list[dict[str, Any]]:
    """Lower and upper bounds of all pairs: MNDIST and MXDIST, as for the minimum distances."""
    low, high = block.sub("MNDIST"), block.sub("MXDIST")
    for line in block.inner:
        if line.key not in ("MNDIST", "MXDIST"):
            reading.skip(line, block.key)
    if low is None or high is None:
        raise reading.fail(block, "the block needs MNDIST and MXDIST")
    lows, highs = values_by_pair(reading, low), values_by_pair(reading, high)
    return [
        {"pair": tuple(pair.split("-")), "low_angstrom": lows[pair], "high_angstrom": highs[pair]}
        for pair in lows
        if highs[pair] > lows[pair]
    ]


def coordination_of(reading: Reading, block: ControlLine, *, fixed: bool) -> list[dict[str, Any]]:
    """Rules ``CSTR1 :: center neighbor low high number share weight`` (fixed), ``CAVSTR1 :: ... mean weight``."""
    rules = []
    for line in block.inner:
        words = line.words
        if not line.key.startswith("CSTR" if fixed else "CAVSTR") or len(words) != (7 if fixed else 6):
            reading.skip(line, block.key)
            continue
        center, neighbor = (_element(reading, line, word) for word in words[:2])
        try:
            values = [float(word) for word in words[2:]]
        except ValueError as error:
            raise reading.fail(line, "numbers expected after the two atoms") from error
        rule = {"center": center, "neighbor": neighbor, "low_angstrom": values[0], "high_angstrom": values[1]}
        rest = {"neighbors": int(values[2]), "target": values[3]} if fixed else {"target": values[2]}
        rules.append({**rule, **rest, "sigma": values[-1]})
    return rules


def _element(reading: Reading, line: ControlLine, word: str) -> str:
    """Element by its symbol, or by its number in ATOMS."""
    if word.isdigit() and 1 <= int(word) <= len(reading.elements):
        return reading.elements[int(word) - 1]
    if word in reading.elements:
        return word
    raise reading.fail(line, f"{word} is none of the atoms {' '.join(reading.elements)}, by name or by number from one")


def swaps_of(reading: Reading, block: ControlLine) -> None:
    """Exchanges ``SWAP_ATOMS :: first second share``, atoms by number: in perovskites the sublattice of the two."""
    from entrox.order.lattice.site_roles import A_SITE_ELEMENTS, B_SITE_ELEMENTS

    sites = {"A": A_SITE_ELEMENTS, "B": B_SITE_ELEMENTS}
    for line in block.inner:
        words = line.words
        if line.key != "SWAP_ATOMS" or len(words) != 3:
            reading.skip(line, block.key)
            continue
        names = {_element(reading, line, word) for word in words[:2]}
        site = next((site for site, known in sites.items() if names <= set(known)), None)
        if site is None:
            raise reading.fail(line, f"{' and '.join(sorted(names))} share no sublattice of a perovskite")
        shares = reading.tables["moves"].setdefault("swap_share", {})
        if site in shares:
            reading.notes.append(f"all species of the {site} sites are exchanged, each pair alike")
        try:
            shares[site] = shares.get(site, 0.0) + float(words[2])
        except ValueError as error:
            raise reading.fail(line, "a share of the moves is expected after the two atoms") from error
