"""The options of ``entrox rmc``: type, name and help of each, and how their texts are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_hold_out", "parse_slice", "parse_weights", "parse_zone_axis"]

SettingsArgument = Annotated[Path | None, typer.Argument(metavar="SETTINGS.toml", help="Sample, data, moves, run.")]
RmcprofileOption = Annotated[
    Path | None, typer.Option("--rmcprofile", metavar="FILE.dat", help="Control file of RMCProfile instead.")
]
IgnoreOption = Annotated[
    bool, typer.Option("--ignore-unknown", help="Leave out keys of FILE.dat that are not understood.")
]
SeedOption = Annotated[int | None, typer.Option(min=0, help="First seed; that of the settings if not given.")]
SeedsOption = Annotated[int | None, typer.Option(min=1, help="Number of runs with successive seeds.")]
BondValenceOption = Annotated[
    str | None, typer.Option("--bond-valence", metavar="on|off|both", help="Constraint; both runs every seed twice.")
]
MovesOption = Annotated[int | None, typer.Option("--moves-per-atom", min=1, help="Generated moves over atoms, in all.")]
TimeOption = Annotated[
    float | None, typer.Option("--time-limit-min", help="End of every run by the clock; the rest can be resumed.")
]
HoldOutOption = Annotated[
    list[str] | None,
    typer.Option("--hold-out", metavar="SET:LO-HI", help="Block kept out of the fit to test it; repeat for more."),
]
WeightOption = Annotated[
    float | None, typer.Option("--data-weight", help="Weight of all data in the acceptance; sigma over its root.")
]
CompareOption = Annotated[
    str | None,
    typer.Option("--compare-weights", metavar="0,16", help="More runs at other weights of the data; 0: without data."),
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Runs side by side, each in a process of its own.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder; runs/<name of the settings>.")
]
ReportOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Folder for the report and its figures.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a refinement.")]
BoxesArgument = Annotated[
    list[Path],
    typer.Argument(metavar="RUN|BOX...", help="Folder of a refinement, or boxes: rmc6f, extended xyz, POSCAR."),
]
ZoneOption = Annotated[
    str, typer.Option("--zone-axis", metavar="001", help="Pole of the stereograms, and what angles are counted from.")
]
SliceOption = Annotated[str, typer.Option("--slice", metavar="z=0", help="Layer of cells that is drawn.")]
NullOption = Annotated[bool, typer.Option("--null", help="Average twenty shuffled boxes for the null, instead of one.")]

_BLOCK = re.compile(r"(?P<name>.+):(?P<low>[0-9.eE+]+)-(?P<high>[0-9.eE+]+)")
_SLICE = re.compile(r"(?P<axis>[xyz])=(?P<layer>[0-9]+)")
_ZONE = re.compile(r"(?:-?[0-9]){3}")


def parse_hold_out(texts: Sequence[str] | None) -> dict[str, list[tuple[float, float]]]:
    """Return the blocks held out of each set, by its name.

    Raises
    ------
    InputError
        If one is not SET:LO-HI.

    Examples
    --------
    >>> parse_hold_out(["G:4-5", "G:7-8.5"])
    {'G': [(4.0, 5.0), (7.0, 8.5)]}
    """
    from entrox.core import InputError

    found: dict[str, list[tuple[float, float]]] = {}
    for text in texts or ():
        match = _BLOCK.fullmatch(text)
        try:
            block = (float(match["low"]), float(match["high"])) if match else None
        except ValueError:
            block = None
        if match is None or block is None or not block[0] < block[1]:
            raise InputError(f"--hold-out must be SET:LO-HI, such as G:4-5, in the unit of the set; got {text!r}.")
        found.setdefault(match["name"], []).append(block)
    return found


def parse_weights(text: str | None) -> tuple[float, ...] | None:
    """Return weights written as ``0,4,16``.

    Raises
    ------
    InputError
        If one is no number that is zero or positive.

    Examples
    --------
    >>> parse_weights("0,16")
    (0.0, 16.0)
    """
    from entrox.core import InputError

    if text is None:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = (-1.0,)
    if not all(0.0 <= value < float("inf") for value in found):
        raise InputError(f"--compare-weights takes numbers >= 0, such as 0,16; got {text!r}.")
    return found


def parse_slice(text: str) -> tuple[int, int]:
    """Return the axis and the number of a layer.

    Raises
    ------
    InputError
        If it is neither x=, y= nor z= with a number.

    Examples
    --------
    >>> parse_slice("z=5")
    (2, 5)
    """
    from entrox.core import InputError

    match = _SLICE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise InputError(f"--slice must be an axis and the number of a layer from 0 on, such as z=5; got {text!r}.")
    return "xyz".index(match["axis"]), int(match["layer"])


def parse_zone_axis(text: str) -> tuple[int, int, int]:
    """Return the direction of three digits, each with its sign.

    Raises
    ------
    InputError
        If it is not, or all are zero.

    Examples
    --------
    >>> parse_zone_axis("1-10")
    (1, -1, 0)
    """
    from entrox.core import InputError

    digits = [int(part) for part in re.findall(r"-?[0-9]", text)]
    if _ZONE.fullmatch(text) is None or not any(digits):
        raise InputError(f"--zone-axis must be three digits, such as 001 or 1-10; got {text!r}.")
    return digits[0], digits[1], digits[2]
