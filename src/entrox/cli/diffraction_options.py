"""The options of ``entrox diffraction``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["parse_numbers", "parse_pair", "parse_polygons", "parse_region"]

PatternArgument = Annotated[
    Path, typer.Argument(metavar="PATTERN", help="TIFF, NPY, NPZ, .hspy; dm3, dm4, emd, mrc with the extra microscopy.")
]
ReferencePatternArgument = Annotated[
    Path, typer.Argument(metavar="REFERENCE", help="Pattern of the unstrained sample at the same camera length.")
]
ProfileArgument = Annotated[
    Path, typer.Argument(metavar="PROFILE", help="profile.csv, a table of s and intensity, or .hspy with one axis.")
]
ScanArgument = Annotated[
    Path, typer.Argument(metavar="SCAN", help="4-D: .npy, .hspy, HDF5; zarr, mib, blo, dm4, emd with their packages.")
]
SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="Standard (Au, Al, Si, MgO ...), or a file of a structure.")
]
CurvesArgument = Annotated[list[Path], typer.Argument(metavar="PDF...", help="pdf.csv of each state of the series.")]

PixelOption = Annotated[
    float | None, typer.Option("--pixel-inverse-nm", help="Edge of a pixel; that of the file if it tells.")
]
CalibrateOption = Annotated[
    str | None,
    typer.Option("--calibrate", metavar="Au|CIF", help="Find the pixel from the rings of this substance."),
]
MaskOption = Annotated[
    Path | None, typer.Option("--mask", help="Image of the same shape: pixels that are not zero do not count.")
]
PolygonOption = Annotated[
    list[str] | None,
    typer.Option("--polygon-px", metavar="X,Y,X,Y,...", help="Corners of an area that does not count; repeatable."),
]
BeamStopOption = Annotated[
    bool, typer.Option("--beam-stop/--no-beam-stop", help="Look for the shadow of a beam stop and mask it.")
]
SaturatedOption = Annotated[bool, typer.Option("--keep-saturated", help="Let saturated pixels count.")]
CenterOption = Annotated[
    str | None, typer.Option("--center-px", metavar="X,Y", help="Where the search for the center begins.")
]
EllipseOption = Annotated[bool, typer.Option("--ellipse", help="Fit the ellipse of the rings.")]
StepOption = Annotated[float, typer.Option("--step-px", help="Width of a ring of the profile.")]
RingsOption = Annotated[
    str | None, typer.Option("--rings-px", metavar="R,R,...", help="First radii of the rings; found if not given.")
]
RangeOption = Annotated[
    str | None, typer.Option("--range-px", metavar="LO-HI", help="Radii that are fitted; chosen if not given.")
]
ReferenceWidthOption = Annotated[
    float | None,
    typer.Option("--reference-width-inverse-nm", help="Width of the rings of large crystals; no size without it."),
]
ReferenceErrorOption = Annotated[
    float, typer.Option("--reference-error-inverse-nm", help="Standard error of that width.")
]
ShapeOption = Annotated[
    str, typer.Option("--shape", metavar="gaussian|lorentzian|pseudo-voigt", help="How widths are subtracted.")
]
ConvergenceOption = Annotated[
    float | None, typer.Option("--convergence-mrad", help="Half angle of a convergent beam; with --energy-kv.")
]
EnergyOption = Annotated[float | None, typer.Option("--energy-kv", help="Acceleration of the electrons.")]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Data set of the file, by name.")]
FrameOption = Annotated[int | None, typer.Option("--frame", min=0, help="Frame of a stack.")]

CompositionOption = Annotated[str, typer.Option("--composition", metavar="FORMULA", help="Formula, such as SiO2.")]
SStepOption = Annotated[
    float | None,
    typer.Option("--s-step-inverse-angstrom", help="Step of s = Q/2pi, where the file has no scale."),
]
SMinOption = Annotated[float | None, typer.Option("--s-min-inverse-angstrom", help="Start of the integral.")]
SMaxOption = Annotated[float | None, typer.Option("--s-max-inverse-angstrom", help="End of the integral.")]
TailOption = Annotated[
    str | None,
    typer.Option("--tail-inverse-angstrom", metavar="LO-HI", help="Where N and C are fitted; the outer half if not."),
]
DampingOption = Annotated[
    float, typer.Option("--damping-square-angstrom", help="b of the window exp(-b Q^2), Q = 2 pi s.")
]
WindowOption = Annotated[str, typer.Option("--window", metavar="gaussian|lorch|none", help="Window of the transform.")]
PolynomialOption = Annotated[
    int, typer.Option("--polynomial-order", help="Highest odd power that is taken off, 0 to 6; 0: none.")
]
FactorsOption = Annotated[str, typer.Option("--factors", metavar="lobato|mott-bethe", help="Electron form factors.")]
RMaxOption = Annotated[float, typer.Option("--r-max-angstrom", help="Largest distance.")]

RingRangeOption = Annotated[str, typer.Option("--ring-px", metavar="LO-HI", help="Radii of the first ring.")]
BeamRadiusOption = Annotated[
    float | None, typer.Option("--beam-radius-px", help="Radius that holds the direct beam; 0.6 of the ring if not.")
]
ScanStepOption = Annotated[float | None, typer.Option("--scan-step-nm", help="Distance of scan points.")]
ProbeOption = Annotated[float | None, typer.Option("--probe-nm", help="Diameter of the probe.")]
ScanShapeOption = Annotated[
    str | None, typer.Option("--scan-shape", metavar="ROWS,COLUMNS", help="Of a file with one long row of patterns.")
]
GainOption = Annotated[float, typer.Option("--gain-counts-per-electron", help="1 for counting detectors.")]
RegionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--region", metavar="SHAPE", help="circle:X,Y,R rect:X0,Y0,X1,Y1 or polygon:X,Y,...: sum patterns; repeatable."
    ),
]
GlassOption = Annotated[
    str | None, typer.Option("--glass", metavar="SHAPE", help="Region known to be glass: gives the threshold.")
]

FwhmOption = Annotated[float, typer.Option("--fwhm-inverse-nm", help="Width of the rings of a powder.")]
SizeOption = Annotated[int, typer.Option("--size-px", min=32, max=8192, help="Edge of the picture.")]
SimulatedPixelOption = Annotated[float, typer.Option("--pixel-inverse-nm", help="Edge of a pixel.")]
AxisRatioOption = Annotated[float, typer.Option("--axis-ratio", help="Long over short axis of the rings.")]
AngleOption = Annotated[float, typer.Option("--angle-deg", help="Direction of the long axis, y up.")]
SimulatedCenterOption = Annotated[
    str | None, typer.Option("--center-px", metavar="X,Y", help="Center of the rings; the middle if not given.")
]
ElectronsOption = Annotated[float, typer.Option("--electrons", help="Electrons on the picture.")]
DebyeOption = Annotated[bool, typer.Option("--debye", help="Sum over all pairs of atoms of the file: a glass.")]
OutFileOption = Annotated[
    Path, typer.Option("-o", "--out", metavar="FILE", help="Pattern to write: .hspy keeps the scale, .tif, .npy.")
]

StrainsOption = Annotated[str, typer.Option("--strain-percent", metavar="E,E,...", help="Strain of each state.")]
PeakWindowOption = Annotated[
    str, typer.Option("--window-angstrom", metavar="LO-HI", help="From the minimum before to that after the peak.")
]
PoissonOption = Annotated[float, typer.Option("--poisson", help="Poisson ratio, for the affine shift.")]
DirectionsOption = Annotated[
    str, typer.Option("--directions", metavar="all|plane|axis", help="Directions that G(r) is the mean of.")
]

SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with tables, figures and the record.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote there before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_numbers(text: str | None, option: str) -> tuple[float, ...] | None:
    """Return numbers that commas separate, None for no text."""
    from entrox.core import InputError

    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"{option} takes numbers with commas between them; got {text!r}.") from error


def parse_pair(text: str | None, option: str, sign: str = "-") -> tuple[float, float] | None:
    """Return two numbers, such as ``36-49``, or ``127.5,128`` with a comma; None for no text."""
    from entrox.core import InputError

    if text is None:
        return None
    try:
        first, second = (float(part) for part in text.split(sign))
    except ValueError as error:
        raise InputError(f"{option} takes two numbers such as 36{sign}49; got {text!r}.") from error
    if sign == "-" and not first < second:
        raise InputError(f"{option} must rise; got {text!r}.")
    return first, second


def parse_polygons(texts: list[str] | None, option: str) -> list[list[tuple[float, float]]]:
    """Return corners of polygons written as ``x,y,x,y,x,y``."""
    from entrox.core import InputError

    found = []
    for text in texts or ():
        numbers = parse_numbers(text, option) or ()
        if len(numbers) < 6 or len(numbers) % 2:
            raise InputError(f"{option} takes x and y of three or more corners; got {text!r}.")
        found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def parse_region(text: str, option: str) -> tuple[str, tuple[float, ...]]:
    """Return kind and numbers of a region such as ``circle:20,14,6``."""
    from entrox.core import InputError

    kind, _, rest = text.partition(":")
    wanted = {"circle": 3, "rect": 4, "polygon": 6}
    if kind not in wanted:
        raise InputError(f"{option} takes {', '.join(f'{name}:...' for name in wanted)}; got {text!r}.")
    numbers = parse_numbers(rest, option) or ()
    fits = len(numbers) == wanted[kind] if kind != "polygon" else len(numbers) >= 6 and len(numbers) % 2 == 0
    if not fits:
        raise InputError(
            f"{option} {kind} takes {wanted[kind]}{' or more' * (kind == 'polygon')} numbers; got {text!r}."
        )
    return kind, numbers
