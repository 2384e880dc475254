"""The options of ``entrox scattering``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_names", "parse_ranges", "parse_values"]

InputArgument = Annotated[Path, typer.Argument(metavar="IN", help="Function of r or Q, two to four columns.")]
OutputArgument = Annotated[Path, typer.Argument(metavar="OUT", help="File to write.")]
DataArgument = Annotated[Path, typer.Argument(metavar="DATA", help="Function of r, two to four columns.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--from", metavar="FORM", help="Form of IN: G_keen D T G_pdf g R F S QSm1 dcs; else inferred."),
]
ToOption = Annotated[str, typer.Option("--to", metavar="FORM", help="Form of OUT.")]
FormOption = Annotated[
    str | None,
    typer.Option("--form", metavar="FORM", help="Form of DATA: G_keen D T G_pdf g R; else inferred."),
]
FormulaOption = Annotated[str | None, typer.Option("--formula", help="Composition, such as SrTiO3.")]
DensityOption = Annotated[
    float | None, typer.Option("--number-density-per-cubic-angstrom", help="Atoms per volume; that of the structure.")
]
StructureOption = Annotated[
    Path | None, typer.Option("--structure", metavar="CIF", help="Structure, for composition and density.")
]
CellOption = Annotated[Path, typer.Option("--structure", metavar="CIF", help="Cell to start from.")]
LengthsOption = Annotated[
    str,
    typer.Option("--lengths", metavar="auto|sears1992|periodictable", help="Table of lengths; auto: that of the data."),
]
ProbeOption = Annotated[
    str, typer.Option("--probe", metavar="auto|neutron|xray", help="What was scattered; auto: as the file says.")
]
ShortestOption = Annotated[
    float, typer.Option("--shortest-angstrom", help="Shortest distance of two atoms, for the limits.")
]
QmaxOption = Annotated[float | None, typer.Option("--qmax-per-angstrom", help="End of the data in Q.")]
WindowOption = Annotated[str, typer.Option("--window", metavar="none|lorch", help="Window of the transform.")]
ScaleFreeOption = Annotated[bool, typer.Option("--scale-free", help="Only warn where the scale misses the limits.")]
LayoutOption = Annotated[
    str, typer.Option("--layout", metavar="columns|rmcprofile", help="Header of OUT: keys, or count and title.")
]
RMinOption = Annotated[float, typer.Option("--r-min-angstrom", help="Start of the fit.")]
RMaxOption = Annotated[float, typer.Option("--r-max-angstrom", help="End of the fit.")]
ExcludeOption = Annotated[
    str | None, typer.Option("--exclude-angstrom", metavar="LO-HI,...", help="Ranges that are left out.")
]
QdampOption = Annotated[
    float | None, typer.Option("--qdamp-per-angstrom", help="Damping of peaks; that of the file, else 0.")
]
QbroadOption = Annotated[
    float | None, typer.Option("--qbroad-per-angstrom", help="Broadening of peaks; that of the file, else 0.")
]
FreeOption = Annotated[
    str,
    typer.Option(
        "--free",
        metavar="NAMES",
        help="scale lattice u u_site u_aniso r_offset delta1 delta2 qdamp qbroad positions tilt, or names like O2.x.",
    ),
]
StartOption = Annotated[
    str | None, typer.Option("--start", metavar="NAME=VALUE,...", help="First, or if not free fixed, values.")
]
TiltOption = Annotated[str | None, typer.Option("--tilt", metavar="GLAZER", help="Tilts, such as a0a0c-.")]
TiesOption = Annotated[
    str | None, typer.Option("--lattice-ties", metavar="a=b|none", help="Equal edges instead of those by symmetry.")
]
PeakOption = Annotated[str, typer.Option("--peak-in", metavar="D|R", help="Where peaks are Gaussians; R: as PDFgui.")]
WeightsOption = Annotated[str, typer.Option("--weights", metavar="uniform|errors", help="Weights of the points.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, the cell and the figure.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_names(text: str) -> tuple[str, ...]:
    """Return names that commas or blanks separate."""
    return tuple(text.replace(",", " ").split())


def parse_ranges(text: str | None, option: str) -> tuple[tuple[float, float], ...]:
    """Return ranges written as ``2.1-2.44,5-6``."""
    from entrox.core import InputError

    found = []
    for part in (text or "").replace(",", " ").split():
        low, _, high = part.partition("-")
        try:
            found.append((float(low), float(high)))
        except ValueError as error:
            raise InputError(f"{option} takes ranges such as 2.1-2.44; got {part!r}.") from error
    return tuple(found)


def parse_values(text: str | None, option: str) -> dict[str, float]:
    """Return values written as ``delta2=3.2,u_O=0.01``."""
    from entrox.core import InputError

    found = {}
    for part in (text or "").replace(",", " ").split():
        name, _, value = part.partition("=")
        try:
            found[name] = float(value)
        except ValueError as error:
            raise InputError(f"{option} takes values such as delta2=3.2; got {part!r}.") from error
    return found
