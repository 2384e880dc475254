"""The options of ``entrox atomprobe``: type, name and help of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

IonsArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Ion cloud: .pos, .epos, .apt, or text columns.")]
RangesOption = Annotated[Path | None, typer.Option("--ranges", help="Range file: .rrng, .rng or .env.")]
OverlapOption = Annotated[
    str,
    typer.Option(
        "--on-overlap",
        metavar="error|first|center|exclude|probability",
        help="What holds where ranges of different ions overlap.",
    ),
]
ByteOrderOption = Annotated[str, typer.Option(metavar="big|little", help="Byte order of .pos and .epos files.")]
ColumnsOption = Annotated[
    str | None, typer.Option(help="Columns x,y,z,m/q of a text file, by name, or by number from 1: 1,2,3,4.")
]
DecimalOption = Annotated[str, typer.Option(metavar=".|,", help="Decimal sign of a text file.")]
DropInvalidOption = Annotated[
    bool, typer.Option("--drop-invalid", help="Leave out ions whose numbers are not finite, and say how many.")
]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with the result and its figures.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]

BinOption = Annotated[float, typer.Option("--bin-da", help="Width of a bin.")]
BackgroundOption = Annotated[str, typer.Option(metavar="none|tof|sideband", help="How the random background is found.")]
SidebandOption = Annotated[float, typer.Option("--sideband-da", help="Width of a sideband on each side of a range.")]
SolveOverlapsOption = Annotated[
    bool, typer.Option("--solve-overlaps", help="Share the events of overlapping ions by natural isotope patterns.")
]
CandidatesOption = Annotated[str | None, typer.Option(help="Further ions for --solve-overlaps, such as Fe+,O2++,CO+.")]

SpeciesOption = Annotated[
    str | None, typer.Option(help="Elements or ions that count, such as Co,Cr,Ni; all elements if not given.")
]
SublatticesOption = Annotated[
    Path | None, typer.Option(help="TOML with a table per sublattice: species = [...], sites = m.")
]
SizesOption = Annotated[
    str | None, typer.Option("--sizes-nm", help="Cube sizes, such as 0.5,1,2; all of them are one family of tests.")
]
RadiiOption = Annotated[str | None, typer.Option("--radii-nm", help="Radii of neighborhoods around every atom.")]
NeighborsOption = Annotated[
    int | None, typer.Option("--neighbors-k", min=1, help="Neighborhoods of this many neighbors.")
]
AspectOption = Annotated[str, typer.Option("--cell-aspect", help="Edges x,y,z of the cells in units of the size.")]
OriginsOption = Annotated[int, typer.Option(min=1, help="Grid origins.")]
RelabelingsOption = Annotated[int, typer.Option(min=0, help="Random relabelings of the null.")]
BootstrapsOption = Annotated[int, typer.Option(min=0, help="Samples of the block bootstrap.")]
EventsOption = Annotated[str, typer.Option(metavar="ion|pulse|by-position", help="Which atoms are relabeled together.")]
StrataOption = Annotated[
    float | None, typer.Option("--strata-nm", help="Relabel inside slabs of this thickness along z only.")
]
AlternativeOption = Annotated[
    str, typer.Option(metavar="two-sided|segregation|ordering", help="Which deviations count.")
]
ToleranceOption = Annotated[float, typer.Option(help="Excess that counts as mixed, share of the bulk entropy.")]
AlphaOption = Annotated[float, typer.Option(help="Level of significance.")]
PowerOption = Annotated[float, typer.Option(help="Power of the detectable effect.")]
ShellsOption = Annotated[
    str | None, typer.Option("--shells-nm", help="Edges of the shells of short-range order, such as 0,0.3,0.5.")
]
MapOption = Annotated[float | None, typer.Option("--map-spacing-nm", help="Spacing of an entropy map.")]
BoxOption = Annotated[str | None, typer.Option("--box-nm", help="Part of the cloud: x0,x1,y0,y1,z0,z1.")]
EfficiencyOption = Annotated[float | None, typer.Option(help="Detection efficiency, to count atoms of the unit.")]
CellVolumeOption = Annotated[
    float | None, typer.Option("--cell-volume-nm3", help="Volume of the unit cell, to count cells of the unit.")
]
PaperOption = Annotated[
    bool, typer.Option("--paper-mode", help="Add the published construction and what it gives for chance.")
]
ImputationsOption = Annotated[int, typer.Option(min=1, help="Drawings of names in overlapping ranges.")]


def parse_numbers(text: str | None, name: str, count: int | None = None) -> tuple[float, ...] | None:
    """Return the numbers of a comma-separated option; InputError if one is none, or their count is wrong."""
    from entrox.core import InputError

    if text is None:
        return None
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{name} must be numbers with commas between them; got {text!r}.") from None
    if count is not None and len(numbers) != count:
        raise InputError(f"{name} must be {count} numbers with commas between them; got {len(numbers)}: {text!r}.")
    return numbers


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Return the names of a comma-separated option."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def parse_columns(text: str | None) -> Sequence[str | int] | None:
    """Return columns by name, or by number where all are numbers."""
    names = parse_names(text)
    if names is None:
        return None
    return [int(name) for name in names] if all(name.isdecimal() for name in names) else list(names)
