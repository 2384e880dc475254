"""Control files of RMCProfile: ``KEY :: value``, blocks ``NAME ::`` with lines ``> KEY :: value``, comments ``%%``.

Keys as its manual (6.7) and the files that GSAS-II writes for it have them. The subset that means the same here becomes
settings; all other keys are listed and refused unless they may be ignored.
Lengths in angstrom, times in minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from entrox.core import InputError
from entrox.scattering.data.data_files import read_correlation
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.rmcprofile_constraints import (
    Reading,
    bond_valence_of,
    coordination_of,
    swaps_of,
    values_by_pair,
    windows_of,
)
from entrox.scattering.setup.rmcprofile_lines import ControlLine, control_lines

__all__ = ["RmcprofileInput", "read_rmcprofile_dat"]

REAL_SPACE, RECIPROCAL_SPACE = "NEUTRON_REAL_SPACE_DATA", "NEUTRON_RECIPROCAL_SPACE_DATA"
SECONDS_PER_MINUTE = 60.0
FORMS = {"G(R)": "G_keen", "D(R)": "D", "T(R)": "T", "F(Q)": "F", "S(Q)NORMALIZED": "S", "S(Q)NORMALISED": "S"}
UNCERTAIN = ("S(Q)", "I(Q)")
"""Names under which files hold several forms; the limits of the data tell which."""
SILENT = {
    "TITLE", "MATERIAL", "PHASE", "TEMPERATURE", "PRESSURE", "INVESTIGATOR", "DATA_NOTE", "RMC_NOTE", "PRINT_PERIOD",
    "IGNORE_HISTORY_FILE", "END",
}  # fmt: skip
"""Keys that describe, or that are about files we do not write."""
FORMATS = ("INPUT_CONFIGURATION_FORMAT", "SAVE_CONFIGURATION_FORMAT")
FLAGS = ("NO_MOVEOUT", "NO_SAVE_CONFIGURATIONS", "NO_RESOLUTION_CONVOLUTION")
"""Flags that say what is done here anyway."""


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
    reading = Reading(path=place)
    reading.tables["sample"]["box"] = place.with_suffix(".rmc6f").name
    for line in sorted(lines, key=lambda item: item.key != "ATOMS"):
        _take(reading, line)
    if reading.unknown and not ignore_unknown:
        raise InputError(
            f"{place}: not understood: {', '.join(reading.unknown)}. Remove these keys, or ignore them knowingly "
            "(--ignore-unknown)."
        )
    try:
        settings = RmcSettings.model_validate({"folder": place.parent, **reading.tables})
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


def _take(reading: Reading, line: ControlLine) -> None:
    """One key of the file."""
    key = line.key
    if key in TAKEN:
        TAKEN[key](reading, line)
    elif key in (REAL_SPACE, RECIPROCAL_SPACE):
        reading.tables["data"].append(_data(reading, line, real=key == REAL_SPACE))
    elif key in FORMATS and line.value.lower() != "rmc6f":
        raise reading.fail(line, "boxes are read and written as rmc6f only")
    elif key not in SILENT and key not in FORMATS:
        reading.skip(line)


def _atoms(reading: Reading, line: ControlLine) -> None:
    reading.elements += line.words


def _closest(reading: Reading, line: ControlLine) -> None:
    reading.tables["constraints"]["closest_approach_angstrom"] = values_by_pair(reading, line)


def _steps(reading: Reading, line: ControlLine) -> None:
    values = reading.numbers(line, len(reading.elements))
    if any(step <= 0.0 for step in values):
        raise reading.fail(line, "steps must be > 0: atoms that never move are not supported")
    steps = dict(zip(reading.elements, values, strict=True))
    reading.tables["moves"] |= {"radius_angstrom": steps, "tune": False}


def _bins(reading: Reading, line: ControlLine) -> None:
    reading.tables["bins"] = {"step_angstrom": reading.numbers(line)[0]}


def _density(reading: Reading, line: ControlLine) -> None:
    reading.tables["sample"]["number_density_per_angstrom3"] = reading.numbers(line)[0]


def _limit(reading: Reading, line: ControlLine) -> None:
    reading.tables["run"]["time_limit_min"] = reading.numbers(line)[0]


def _period(reading: Reading, line: ControlLine) -> None:
    reading.tables["run"]["save_every_s"] = SECONDS_PER_MINUTE * reading.numbers(line)[0]


def _flags(reading: Reading, line: ControlLine) -> None:
    for flag in line.inner:
        if flag.key not in FLAGS:
            reading.skip(flag, line.key)


def _coefficients(reading: Reading, line: ControlLine) -> None:
    reading.notes.append(f"{line.key} are left out: the table of lengths that fits the data is taken")


def _bonds(reading: Reading, line: ControlLine) -> None:
    reading.tables["constraints"]["bond_valence"] = bond_valence_of(reading, line)


def _windows(reading: Reading, line: ControlLine) -> None:
    reading.tables["constraints"]["distance_window"] = windows_of(reading, line)


def _coordination(reading: Reading, line: ControlLine) -> None:
    rules = reading.tables["constraints"].setdefault("coordination", [])
    rules += coordination_of(reading, line, fixed=line.key.startswith("FIXED"))


TAKEN: dict[str, Callable[[Reading, ControlLine], None]] = {
    "ATOMS": _atoms,
    "MINIMUM_DISTANCES": _closest,
    "MAXIMUM_MOVES": _steps,
    "R_SPACING": _bins,
    "NUMBER_DENSITY": _density,
    "TIME_LIMIT": _limit,
    "SAVE_PERIOD": _period,
    "FLAGS": _flags,
    "NEUTRON_COEFFICIENTS": _coefficients,
    "BVS": _bonds,
    "DISTANCE_WINDOW": _windows,
    "FIXED_COORDINATION_CONSTRAINTS": _coordination,
    "AVERAGE_COORDINATION_CONSTRAINTS": _coordination,
    "SWAP_MULTI": swaps_of,
}


def _form(reading: Reading, line: ControlLine) -> str | None:
    """Form by its name; None where the name leaves it open."""
    name = line.value.upper().replace(" ", "")
    if name in UNCERTAIN:
        return None
    if name not in FORMS:
        raise reading.fail(line, f"the function must be one of {', '.join((*FORMS, *UNCERTAIN))}")
    return FORMS[name]


def _data(reading: Reading, block: ControlLine, *, real: bool) -> dict[str, Any]:
    """One data set; start and end are numbers of points, counted from one."""
    file, of_data, of_fit = (block.sub(key) for key in ("FILENAME", "DATA_TYPE", "FIT_TYPE"))
    if file is None:
        raise reading.fail(block, "the block has no FILENAME")
    found: dict[str, Any] = {"file": file.value, "convolve": block.sub("CONVOLVE") is not None}
    if of_data is not None and (form := _form(reading, of_data)) is not None:
        found["form"] = form
    if of_fit is not None and (of_data is None or of_fit.value != of_data.value):
        found["fit_form"] = _form(reading, of_fit)
        if found["fit_form"] is None:
            raise reading.fail(of_fit, "this name has several meanings; give the form in a settings file (fit_form)")
    for key, name in (("CONSTANT_OFFSET", "offset"), ("WEIGHT", "sigma")):
        if (line := block.sub(key)) is not None:
            found[name] = reading.numbers(line)[0]
    for what in ("scale", "offset"):
        free, held = (block.sub(f"{word}FITTED_{what.upper()}") for word in ("", "NO_"))
        found[f"fit_{what}"] = free is not None
        if free is None and held is None:
            reading.notes.append(f"{file.value}: the {what} is held, as neither fitting nor holding it is asked for")
    known = {"FILENAME", "DATA_TYPE", "FIT_TYPE", "CONSTANT_OFFSET", "WEIGHT", "CONVOLVE", "START_POINT", "END_POINT",
             "FITTED_SCALE", "NO_FITTED_SCALE", "FITTED_OFFSET", "NO_FITTED_OFFSET"}  # fmt: skip
    for line in block.inner:
        if line.key not in known:
            reading.skip(line, block.key)
    ends = {
        key: int(reading.numbers(line)[0])
        for key in ("START_POINT", "END_POINT")
        if (line := block.sub(key)) is not None
    }
    return found | (_range(reading, block, file.value, ends, real=real) if ends else {})


def _range(reading: Reading, block: ControlLine, file: str, ends: dict[str, int], *, real: bool) -> dict[str, float]:
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
