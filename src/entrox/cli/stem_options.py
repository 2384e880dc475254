"""The options of ``entrox stem``: type, name and help of each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["mistake_text", "parse_frame", "parse_names"]

ImageArgument = Annotated[
    Path,
    typer.Argument(metavar="IMAGE", help="TIFF, NPY, NPZ or .hspy; dm3, dm4, emd, mrc with the extra microscopy."),
]
DatasetOption = Annotated[str | None, typer.Option("--dataset", help="Data set of the file, by name.")]
FrameOption = Annotated[
    str | None, typer.Option("--frame", metavar="N|all", help="Frame of a stack, or all: their sum.")
]
PixelOption = Annotated[float | None, typer.Option("--pixel-size-pm", help="Edge of a pixel; that of the file if any.")]
PeriodOption = Annotated[
    float | None, typer.Option("--period-angstrom", help="Known period of the picture: gives the size of a pixel.")
]
MaskOption = Annotated[
    Path | None, typer.Option("--mask", help="Image of the same shape: pixels that are not zero are left out.")
]
ZoneOption = Annotated[str, typer.Option("--zone-axis", metavar="001|110", help="Direction of view, pseudo-cubic.")]
FormulaOption = Annotated[str | None, typer.Option(help="Composition: the expected ratio of intensities is printed.")]
ASiteOption = Annotated[
    str, typer.Option("--a-site", metavar="auto|brighter|dimmer|first", help="Which of the two sublattices is A.")
]
DarkOption = Annotated[bool, typer.Option("--dark", help="Columns are dark, as in annular bright field.")]
PositionsOption = Annotated[
    Path | None, typer.Option("--positions", metavar="FILE.csv", help="Start positions x_px, y_px, of all columns.")
]
CationsOption = Annotated[
    Path | None,
    typer.Option("--cations", metavar="ADF_IMAGE", help="Dark field of the same area, in which cations are found."),
]
FitOption = Annotated[str, typer.Option("--fit", metavar="sweep|joint|single", help="How columns are fitted.")]
ShapeOption = Annotated[str, typer.Option(metavar="circular|elliptical", help="Shape of a column.")]
RadiusOption = Annotated[
    float | None, typer.Option("--radius-angstrom", help="Radius of the fitted patch; from the lattice if not given.")
]
LikelihoodOption = Annotated[str, typer.Option(metavar="gauss|poisson", help="What the fit maximizes.")]
GainOption = Annotated[
    float | None, typer.Option("--gain-counts-per-electron", help="Gain; estimated from the residual if not given.")
]
ReadNoiseOption = Annotated[float | None, typer.Option("--read-noise-counts", help="Noise at zero intensity.")]
FilterOption = Annotated[
    str,
    typer.Option("--filter", metavar="none|low-pass|lattice-mask", help="Filter before the fit; it biases the map."),
]
LowPassOption = Annotated[float, typer.Option("--low-pass-per-angstrom", help="End of the low-pass.")]
MaskRadiusOption = Annotated[
    float, typer.Option("--mask-radius-rlu", help="Radius of the lattice mask [reciprocal-lattice units].")
]
DisplacedOption = Annotated[str, typer.Option(metavar="A|B|both", help="Cations whose displacement is measured.")]
ReferenceOption = Annotated[
    str,
    typer.Option(
        metavar="cation|oxygen", help="Cage that displacements are counted from; oxygen: an image with light atoms."
    ),
]
WeakOption = Annotated[float, typer.Option("--weak-sigma", help="Vectors within so many standard errors are weak.")]
SubtractMeanOption = Annotated[bool, typer.Option("--subtract-mean", help="Take the mean vector off the map.")]
SubtractPlaneOption = Annotated[bool, typer.Option("--subtract-plane", help="Take a plane off the map.")]
FastAxisOption = Annotated[str, typer.Option("--fast-axis", metavar="x|y", help="Direction in which the beam scans.")]
CorrectOption = Annotated[bool, typer.Option("--correct-row-jitter", help="Shift the rows back before the fit.")]
ReferenceAOption = Annotated[
    float | None, typer.Option("--reference-a-angstrom", help="Period along a1 that strain is counted from.")
]
ReferenceBOption = Annotated[
    float | None, typer.Option("--reference-b-angstrom", help="Period along a2 that strain is counted from.")
]
DomainOption = Annotated[int, typer.Option("--minimum-domain-cells", min=1, help="Fewest cells of a domain.")]
NullOption = Annotated[
    int, typer.Option("--null-fields", min=0, help="Images without displacements beside the real one.")
]
ThicknessOption = Annotated[
    int | None, typer.Option("--thickness-cells", min=1, help="Thickness of the sample, for comparisons.")
]
WorkersOption = Annotated[int, typer.Option(min=1, help="Threads or processes; they change no number.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of the random numbers.")]
OutOption = Annotated[
    Path | None, typer.Option("-o", "--out", metavar="RUN", help="Run folder with the report and its figures.")
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace what entrox wrote in RUN before.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]

SourceArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="SETTINGS.toml|FRAMES...", help="Settings of a perovskite, or frames of a simulation."),
]
SimulatedPixelOption = Annotated[
    float | None, typer.Option("--pixel-size-pm", help="Edge of a pixel; 10, or that of the settings.")
]
DoseOption = Annotated[
    float | None, typer.Option("--dose-per-square-angstrom", help="Electrons; 2000, or those of the settings.")
]
JitterOption = Annotated[float | None, typer.Option("--row-jitter-pm", help="Random shift of each row, rms.")]
DriftOption = Annotated[float | None, typer.Option("--drift-pm-per-row", help="Steady shift from row to row.")]
EngineOption = Annotated[
    str,
    typer.Option(metavar="gaussian|multislice", help="How columns are drawn; multislice needs the extra microscopy."),
]
ViewOption = Annotated[
    str, typer.Option("--zone-axis", metavar="001|100|010|110|011|101", help="Direction of view of FRAMES.")
]
ColumnOption = Annotated[
    int | None, typer.Option("--thickness-cells", min=1, help="Cells of a column of FRAMES; they need it.")
]
TypeMapOption = Annotated[
    str | None, typer.Option("--type-map", help="Elements of the type numbers, such as Ba,Ca,Ti,Sn,O.")
]
FirstOption = Annotated[int, typer.Option(min=0, help="First frame, counted from 0.")]
EveryOption = Annotated[int, typer.Option(min=1, help="Read every how many frames.")]


WORDS = {
    "literal_error": "must be {expected}", "greater_than": "must be > {gt}", "greater_than_equal": "must be >= {ge}",
    "less_than": "must be < {lt}", "less_than_equal": "must be <= {le}", "finite_number": "must be finite",
    "int_parsing": "must be a whole number", "int_type": "must be a whole number",
    "int_from_float": "must be a whole number", "float_parsing": "must be a number", "float_type": "must be a number",
}  # fmt: skip
"""What pydantic finds wrong, in words of our own."""


def mistake_text(error: ValidationError, names: tuple[str, ...] = ()) -> str:
    """Return the first mistake of settings, named by its option.

    Parameters
    ----------
    error
        What pydantic has found.
    names
        Settings that may stand in a message of ours; they become options.
    """
    first = error.errors(include_url=False)[0]
    context = first.get("ctx", {})
    if first["type"] == "value_error":
        words = str(context["error"]).rstrip(".")
        for name in sorted((name for name in names if "_" in name), key=len, reverse=True):
            words = words.replace(name, f"--{name.replace('_', '-')}")
        where = f"--{str(first['loc'][0]).replace('_', '-')}: " if first["loc"] else ""
        return f"{where}{words}."
    words = WORDS.get(first["type"], first["msg"][:1].lower() + first["msg"][1:])
    option = str(first["loc"][0]).replace("_", "-") if first["loc"] else "settings"
    return f"--{option} {words.format(**context)}; got {first['input']!r}."


def parse_names(text: str | None) -> tuple[str, ...] | None:
    """Return the names of a list with commas; None for no text."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def parse_frame(text: str | None) -> int | str | None:
    """Return the number of a frame, or ``"all"``; None for no text.

    Raises
    ------
    InputError
        If it is neither.

    Examples
    --------
    >>> parse_frame("3"), parse_frame("all"), parse_frame(None)
    (3, 'all', None)
    """
    if text is None or text == "all":
        return text
    if text.isdigit():
        return int(text)
    from entrox.core import InputError

    raise InputError(f"--frame must be a number from 0 on, or all; got {text!r}.")
