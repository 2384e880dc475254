"""The options of ``entrox glass strain``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_bonds", "parse_elements"]

ReferenceArgument = Annotated[Path, typer.Argument(metavar="REFERENCE", help="Structure before; its first frame.")]
CurrentArgument = Annotated[
    Path, typer.Argument(metavar="CURRENT", help="The same atoms later; the last frame of a trajectory.")
]
CutoffOption = Annotated[float, typer.Option("--cutoff-angstrom", help="Radius of the surroundings of an atom.")]
KeepAffineOption = Annotated[bool, typer.Option("--keep-affine", help="Keep the homogeneous strain of the cell.")]
BondsOption = Annotated[
    str | None,
    typer.Option("--bonds", metavar="Ti-O:2.6,...", help="Bonds to take apart, center first, with the longest one."),
]
AxisOption = Annotated[str, typer.Option("--axis", metavar="x|y|z", help="Axis of the elongation of bonds.")]
NoiseOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--noise", metavar="FRAME1 FRAME2", help="Two undeformed thermalized frames, for the noise."),
]
SigmaOption = Annotated[
    float | None,
    typer.Option("--noise-angstrom", help="Instead: scatter of an atom per component, frame against frame."),
]
MethodOption = Annotated[
    str, typer.Option("--method", metavar="images|minimum-image", help="How neighbors are found in a small cell.")
]
MatchOption = Annotated[str, typer.Option("--match", metavar="order|id", help="How atoms of the frames are paired.")]
TypesOption = Annotated[
    str | None,
    typer.Option(
        "--types", "--type-map", metavar="O,Si,...", help="Elements of the types of a LAMMPS file, type 1 first."
    ),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the bootstrap of bonds.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, frame and figures.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_bonds(text: str | None) -> dict[tuple[str, str], float]:
    """Return bonds written as ``Ti-O:2.6,Bi-O:3.2``."""
    from entrox.core import InputError

    found: dict[tuple[str, str], float] = {}
    for part in (text or "").replace(",", " ").split():
        pair, _, length = part.partition(":")
        names = pair.split("-")
        try:
            value = float(length)
        except ValueError as error:
            raise InputError(f"--bonds takes pairs such as Ti-O:2.6; got {part!r}.") from error
        if len(names) != 2 or not all(names):
            raise InputError(f"--bonds takes pairs such as Ti-O:2.6; got {part!r}.")
        found[names[0], names[1]] = value
    return found


def parse_elements(text: str | None) -> list[str] | None:
    """Return elements that commas or blanks separate; None where there are none."""
    return (text or "").replace(",", " ").split() or None
