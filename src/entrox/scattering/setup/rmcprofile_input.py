"""Control files of RMCProfile: ``KEY :: value``, blocks ``NAME ::`` with lines ``> KEY :: value``, comments ``%%``.

The subset that means the same here becomes settings; all other keys are listed and refused unless they may be ignored.
Lengths in angstrom, times in minutes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from entrox.core import FormatError, InputError
from entrox.scattering.data.data_files import read_correlation
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.rmcprofile_lines import ControlLine, control_lines

__all__ = ["RmcprofileInput", "read_rmcprofile_dat"]

REAL_SPACE, RECIPROCAL_SPACE = "NEUTRON_REAL_SPACE_DATA", "NEUTRON_RECIPROCAL_SPACE_DATA"
FORMS = {
    "G(R)": "G_keen", "D(R)": "D", "T(R)": "T", "GPDF(R)": "G_pdf", "PDF(R)": "G_pdf", "F(Q)": "F", "S(Q)": "S",
    "I(Q)": "F", "QI(Q)": "QSm1", "Q(S(Q)-1)": "QSm1", "Q[S(Q)-1]": "QSm1",
}  # fmt: skip
SILENT = {"TITLE", "MATERIAL", "PHASE", "TEMPERATURE", "INVESTIGATOR", "END"}
"""Keys that only describe."""
VALENCE_KEYS = {"ATOM", "BOND", "OXI", "RIJ", "BVAL", "CUTOFF", "SAVE", "UPDATE", "WEIGHT"}


@dataclass(frozen=True)
class RmcprofileInput:
    """What a control file says.

    Parameters
    ----------
    settings
        Settings.
    unknown
        Keys that were not understood, with their lines: ``KEY (line 12)``.
    notes
        What was read in another sense than it may have been meant.
    """

    settings: RmcSettings
    unknown: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Reading:
    """Settings in the making."""

    path: Path
    elements: list[str] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=lambda: {"moves": {}, "constraints": {}, "run": {}, "data": []})
    sample: dict[str, Any] = field(default_factory=dict)
    step: float | None = None
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def skip(self, line: ControlLine, above: str = "") -> None:
        name = f"{above} > {line.key}" if above else line.key
        self.unknown.append(f"{name} (line {line.number})")

    def fail(self, line: ControlLine, message: str) -> FormatError:
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


def read_rmcprofile_dat(path: str | Path, *, ignore_unknown: bool = False) -> RmcprofileInput:
    """Read a control file.

    Parameters
    ----------
    path
        File ``NAME.dat``; the box is ``NAME.rmc6f`` beside it.
    ignore_unknown
        Leave out keys that are not understood instead of refusing the file.

    Raises
    ------
    InputError
        If the file, the box or a data file is missing (all of them are listed), or a key is not understood.
    FormatError
        With the line, if a value cannot be read.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"{place} does not exist.")
    lines = control_lines(place)
    _check_files(place, lines)
    reading = _Reading(path=place)
    reading.sample["box"] = place.with_suffix(".rmc6f").name
    for line in sorted(lines, key=lambda item: item.key != "ATOMS"):
        _take(reading, line)
    if reading.unknown and not ignore_unknown:
        raise InputError(
            f"{place}: not understood: {', '.join(reading.unknown)}. Remove these keys, or ignore them knowingly "
            "(--ignore-unknown)."
        )
    bins = {} if reading.step is None else {"step_angstrom": reading.step}
    try:
        settings = RmcSettings.model_validate(
            {"sample": reading.sample, "bins": bins, "folder": place.parent, **reading.tables}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(f"{place}: {'.'.join(map(str, first['loc']))}: {first['msg']}.") from error
    return RmcprofileInput(settings, tuple(reading.unknown), tuple(reading.notes))


def _check_files(path: Path, lines: Sequence[ControlLine]) -> None:
    named = [path.with_suffix(".rmc6f").name]
    named += [item.value for line in lines for item in line.inner if item.key == "FILENAME"]
    missing = [name for name in dict.fromkeys(named) if not (path.parent / name).is_file()]
    if missing:
        raise InputError(f"{path}: missing files: {', '.join(missing)} (looked for in {path.parent}).")


def _take(reading: _Reading, line: ControlLine) -> None:
    """One key of the file."""
    key, tables = line.key, reading.tables
    if key in SILENT:
        return
    if key == "ATOMS":
        reading.elements += line.words
    elif key == "MINIMUM_DISTANCES":
        values = _by_pair(reading, line)
        tables["constraints"]["closest_approach_angstrom"] = values
    elif key == "MAXIMUM_MOVES":
        values_by_atom = reading.numbers(line, len(reading.elements))
        if any(step <= 0.0 for step in values_by_atom):
            raise reading.fail(line, "steps must be > 0: atoms that never move are not supported")
        steps = dict(zip(reading.elements, values_by_atom, strict=True))
        tables["moves"] |= {"radius_angstrom": steps, "tune": False}
    elif key == "R_SPACING":
        reading.step = reading.numbers(line)[0]
    elif key == "NUMBER_DENSITY":
        reading.sample["number_density_per_angstrom3"] = reading.numbers(line)[0]
    elif key == "TIME_LIMIT":
        tables["run"]["time_limit_min"] = reading.numbers(line)[0]
    elif key == "SAVE_PERIOD":
        tables["run"]["save_every_s"] = 60.0 * reading.numbers(line)[0]
    elif key in (REAL_SPACE, RECIPROCAL_SPACE):
        tables["data"].append(_data(reading, line, real=key == REAL_SPACE))
    elif key == "BVS":
        tables["constraints"]["bond_valence"] = _valence(reading, line)
    elif key == "DISTANCE_WINDOW":
        tables["constraints"]["distance_window"] = _windows(reading, line)
    elif key in ("FIXED_COORDINATION_CONSTRAINTS", "AVERAGE_COORDINATION_CONSTRAINTS"):
        rules = tables["constraints"].setdefault("coordination", [])
        rules += _coordination(reading, line, fixed=key.startswith("FIXED"))
    elif key == "SWAP":
        _swaps(reading, line)
    else:
        reading.skip(line)


def _by_pair(reading: _Reading, line: ControlLine) -> dict[str, float]:
    """Values of the pairs AA AB AC BB BC CC of the elements in the order of ATOMS."""
    if not reading.elements:
        raise reading.fail(line, "ATOMS must name the elements")
    pairs = ["-".join(pair) for pair in combinations_with_replacement(reading.elements, 2)]
    return dict(zip(pairs, reading.numbers(line, len(pairs)), strict=True))


def _form(reading: _Reading, line: ControlLine) -> str:
    name = line.value.upper().replace(" ", "")
    if name not in FORMS:
        raise reading.fail(line, f"the function must be one of {', '.join(FORMS)}")
    return FORMS[name]


def _data(reading: _Reading, block: ControlLine, *, real: bool) -> dict[str, Any]:
    """One data set; start and end are numbers of points, counted from one."""
    file = block.sub("FILENAME")
    if file is None:
        raise reading.fail(block, "the block has no FILENAME")
    found: dict[str, Any] = {"file": file.value}
    ends: dict[str, int] = {}
    for line in block.inner:
        if line.key == "DATA_TYPE":
            found["form"] = _form(reading, line)
        elif line.key == "FIT_TYPE":
            found["fit_form"] = _form(reading, line)
        elif line.key in ("START_POINT", "END_POINT"):
            ends[line.key] = int(reading.numbers(line)[0])
        elif line.key == "CONSTANT_OFFSET":
            found["offset"] = reading.numbers(line)[0]
        elif line.key == "WEIGHT":
            found["sigma"] = reading.numbers(line)[0]
        elif line.key == "CONVOLVE":
            found["convolve"] = True
        elif line.key != "FILENAME":
            reading.skip(line, block.key)
    if not real:
        found.setdefault("convolve", False)
    if ends:
        found |= _range(reading, block, file.value, ends, real=real)
    return found


def _range(reading: _Reading, block: ControlLine, file: str, ends: dict[str, int], *, real: bool) -> dict[str, float]:
    """Range of x of the points from start to end."""
    x = read_correlation(reading.path.parent / file).x
    first, last = ends.get("START_POINT", 1), ends.get("END_POINT", len(x))
    if not 1 <= first < last:
        raise reading.fail(block, f"START_POINT {first} and END_POINT {last} must rise from 1")
    if last > len(x):
        reading.notes.append(f"{file}: END_POINT {last} passes the {len(x)} points of the file and is clamped")
        last = len(x)
    names = ("r_min_angstrom", "r_max_angstrom") if real else ("q_min_per_angstrom", "q_max_per_angstrom")
    return {names[0]: float(x[first - 1]), names[1]: float(x[last - 1])}


def _valence(reading: _Reading, block: ControlLine) -> dict[str, Any]:
    """Bond valence: ATOM with OXI (charges), BOND with RIJ and BVAL; weights are not in our units."""
    found: dict[str, Any] = {"mode": "on"}
    atoms, bonds = block.sub("ATOM"), block.sub("BOND")
    names = atoms.words if atoms is not None else reading.elements
    charges, r0, b = block.sub("OXI"), block.sub("RIJ"), block.sub("BVAL")
    if charges is not None:
        values = [abs(value) for value in reading.numbers(charges, len(names))]
        found["charges_e"] = dict(zip(names, values, strict=True))
    pairs = [re.split(r"[-_]", word) for word in bonds.words] if bonds is not None else []
    anion = pairs[0][1] if pairs and len(pairs[0]) == 2 else "O"
    if any(len(pair) != 2 or pair[1] != anion for pair in pairs):
        raise reading.fail(bonds or block, "bonds are written Ti-O, all with one anion")
    for key, line in (("r0_angstrom", r0), ("b_angstrom", b)):
        if line is not None:
            values = reading.numbers(line, len(pairs))
            found[key] = {pair[0]: value for pair, value in zip(pairs, values, strict=True)}
    found["anion"] = anion
    for line in block.inner:
        if line.key in ("WEIGHT", "CUTOFF"):
            reading.notes.append(f"BVS > {line.key} is left out: the weight here is a standard deviation of valences")
        elif line.key not in VALENCE_KEYS:
            reading.skip(line, block.key)
    return found


def _windows(reading: _Reading, block: ControlLine) -> list[dict[str, Any]]:
    """Lower and upper bounds of all pairs: MNDIST and MXDIST, as for the minimum distances."""
    low, high = block.sub("MNDIST"), block.sub("MXDIST")
    for line in block.inner:
        if line.key not in ("MNDIST", "MXDIST"):
            reading.skip(line, block.key)
    if low is None or high is None:
        raise reading.fail(block, "the block needs MNDIST and MXDIST")
    lows, highs = _by_pair(reading, low), _by_pair(reading, high)
    return [
        {"pair": tuple(pair.split("-")), "low_angstrom": lows[pair], "high_angstrom": highs[pair]}
        for pair in lows
        if highs[pair] > lows[pair]
    ]


def _coordination(reading: _Reading, block: ControlLine, *, fixed: bool) -> list[dict[str, Any]]:
    """Rules ``CSTR :: center neighbor low high number share weight`` (fixed), or ``... mean weight`` (average)."""
    rules = []
    for line in block.inner:
        if line.key in ("NUM_COORD_CONSTRAINTS", "NUMBER"):
            continue
        words = line.words
        if not line.key.startswith("CSTR") or len(words) != (7 if fixed else 6):
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


def _element(reading: _Reading, line: ControlLine, word: str) -> str:
    """Element by its symbol, or by its number in ATOMS."""
    if word.isdigit() and 1 <= int(word) <= len(reading.elements):
        return reading.elements[int(word) - 1]
    if word in reading.elements:
        return word
    raise reading.fail(line, f"{word} is none of the atoms {' '.join(reading.elements)}")


def _swaps(reading: _Reading, line: ControlLine) -> None:
    """``SWAP :: first second share``: in perovskites the sublattice of the two."""
    words = line.words
    if len(words) != 3:
        reading.skip(line)
        return
    from entrox.order.lattice.site_roles import A_SITE_ELEMENTS, B_SITE_ELEMENTS

    names = [_element(reading, line, word) for word in words[:2]]
    site = next((s for s, known in (("A", A_SITE_ELEMENTS), ("B", B_SITE_ELEMENTS)) if set(names) <= set(known)), None)
    if site is None:
        raise reading.fail(line, f"{names[0]} and {names[1]} share no sublattice of a perovskite")
    reading.tables["moves"].setdefault("swap_share", {})[site] = float(words[2])
