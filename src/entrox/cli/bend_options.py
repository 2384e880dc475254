"""The options of ``entrox bend``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_elements", "parse_point"]

LengthOption = Annotated[float | None, typer.Option("--length-um", help="Free length.")]
WidthOption = Annotated[
    float | None, typer.Option("--width-um", help="Width; a wide strip and forces per width, if not given.")
]
ThicknessOption = Annotated[float | None, typer.Option("--thickness-um", help="Thickness.")]
ThicknessErrorOption = Annotated[
    float | None, typer.Option("--thickness-error-um", help="Error of the thickness; gives those of the answer.")
]
ModulusOption = Annotated[float | None, typer.Option("--modulus-gpa", help="Young's modulus.")]
PoissonOption = Annotated[float | None, typer.Option("--poisson", help="Poisson's ratio.")]
LayersOption = Annotated[
    Path | None,
    typer.Option("--layers", metavar="FILE",
                 help="CSV thickness_um,modulus_gpa,poisson, bottom (inside) first; instead of the three above."),
]  # fmt: skip
PlaneOption = Annotated[
    str,
    typer.Option("--plane", metavar="auto|strain|stress",
                 help="Wide strip (strain) or narrow one (stress); auto: wide from 5 thicknesses."),
]  # fmt: skip

FoldOption = Annotated[float | None, typer.Option("--fold-angle-deg", help="Angle between the ends.")]
RadiusOption = Annotated[float | None, typer.Option("--radius-um", help="Radius of the neutral axis.")]
MandrelOption = Annotated[float | None, typer.Option("--mandrel-radius-um", help="Radius of a cylinder inside.")]
FreeOption = Annotated[bool, typer.Option("--free-standing", help="The film has no substrate, even on a large radius.")]
GapOption = Annotated[
    float | None,
    typer.Option("--gap-um", help="Between the neutral axes of the legs; plates less thickness."),
]
DistanceOption = Annotated[float | None, typer.Option("--end-distance-um", help="Between the hinged ends.")]
TipOption = Annotated[float | None, typer.Option("--tip-angle-deg", help="Tangent angle at the loaded point.")]
DirectionOption = Annotated[
    float | None, typer.Option("--force-direction-deg", help="Direction of the push, from the clamped tangent.")
]
NeedleOption = Annotated[str | None, typer.Option("--needle-um", metavar="X,Y", help="Place of the needle.")]
ContactOption = Annotated[
    float | None, typer.Option("--contact-um", help="Arc length to the needle; the film's end if not given.")
]
NeedleRadiusOption = Annotated[
    float | None,
    typer.Option("--needle-radius-um",
                 help="Round tip whose center is given, 0 for a point, at the outer face; else at the neutral axis."),
]  # fmt: skip
FrictionOption = Annotated[
    float, typer.Option("--friction", help="Coefficient, of a needle that slides to the clamp; negative to the end.")
]
StrainOption = Annotated[float | None, typer.Option("--strain-percent", help="Largest strain; finds the load.")]
MeasureOption = Annotated[
    str,
    typer.Option("--measure", metavar="mid_line|nominal|logarithmic|green", help="What --strain-percent is."),
]
PathOption = Annotated[Path | None, typer.Option("--path", metavar="FILE", help="CSV of loads, step by step.")]

FeOption = Annotated[bool, typer.Option("--fe", help="Finite elements at finite strain beside the closed form.")]
ElementsOption = Annotated[str, typer.Option("--elements", metavar="NXxNY", help="Elements along and through.")]
LawOption = Annotated[str, typer.Option("--law", metavar="hencky|neo-hooke|st-venant", help="Elastic law of --fe.")]
AnimateOption = Annotated[
    Path | None, typer.Option("--animate", metavar="FILE.gif", help="Movie from the straight film, or of the path.")
]
FramesOption = Annotated[int, typer.Option("--frames", help="Frames of the movie without a path.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, figures and the record.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_elements(text: str) -> tuple[int, int]:
    """Return the elements along and through the film.

    Examples
    --------
    >>> parse_elements("250x1")
    (250, 1)
    """
    from entrox.core import InputError

    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise InputError(f"--elements takes two whole numbers such as 250x1; got {text!r}.")
    along, through = (int(part) for part in parts)
    if not (2 <= along <= 20_000 and 1 <= through <= 20):
        raise InputError(f"--elements must be 2 to 20000 along and 1 to 20 through the film; got {text!r}.")
    return along, through


def parse_point(text: str) -> tuple[float, float]:
    """Return two numbers that a comma separates.

    Examples
    --------
    >>> parse_point("30,25")
    (30.0, 25.0)
    """
    from entrox.core import InputError

    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--needle-um takes two numbers such as 30,25; got {text!r}.") from error
    return x, y
