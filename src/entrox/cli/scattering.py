"""``entrox scattering``: one form of a correlation function in another, and fits of small boxes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import scattering_options as options
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.cli.scattering_input import KnownData
    from entrox.scattering.data.correlation_data import CorrelationData
    from entrox.scattering.data.sample import Sample

__all__ = ["scattering"]

scattering = typer.Typer(
    help="Total scattering: forms of G(r), fits of small boxes.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@scattering.command()
def convert(
    source: options.InputArgument,
    target: options.OutputArgument,
    to: options.ToOption,
    form: options.FormatOption = None,
    formula: options.FormulaOption = None,
    number_density: options.DensityOption = None,
    structure: options.StructureOption = None,
    lengths: options.LengthsOption = "auto",
    probe: options.ProbeOption = "auto",
    shortest_angstrom: options.ShortestOption = 1.9,
    qmax_per_angstrom: options.QmaxOption = None,
    window: options.WindowOption = "none",
    scale_free: options.ScaleFreeOption = False,
    layout: options.LayoutOption = "columns",
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """One form of G(r) or F(Q) in another.

    The form of IN is given or inferred from its limits, and confirmed by them: a title is no evidence. From r to Q and
    back by a sine transform.

    Example: entrox scattering convert a.gr b.gr --to G_pdf --formula SrTiO3 --number-density-per-cubic-angstrom 0.0845
    """
    from entrox.cli.scattering_input import known_data
    from entrox.cli.scattering_result import conversion_content, print_conversion
    from entrox.core import InputError
    from entrox.design.folder import disk_errors_named
    from entrox.scattering.data.data_files import read_correlation, write_correlation

    if (formula is None) == (structure is None):
        raise InputError("give --formula with --number-density-per-cubic-angstrom, or --structure.")
    if target.exists() and not overwrite:
        raise InputError(f"{target} exists; replace it with --overwrite, or give another OUT.")
    data = read_correlation(source, form=form)
    sample = _sample(data, formula, structure, number_density, lengths, probe)
    known = known_data(data, form, sample, lengths, shortest=shortest_angstrom, scale_free=scale_free)
    written = _converted(known, to, qmax_per_angstrom, window, target)
    with disk_errors_named(target):
        write_correlation(target, written, layout=layout)
    content = conversion_content(known, written, target)
    print_json(content) if json else print_conversion(content)


def _sample(
    data: CorrelationData,
    formula: str | None,
    structure: Path | None,
    number_density: float | None,
    lengths: str,
    probe: str,
) -> Sample:
    from entrox.cli.scattering_input import formula_sample, probe_of, read_cell, sample_of_structure

    kind = probe_of(data, probe)
    if structure is None:
        return formula_sample(str(formula), number_density, lengths, kind)
    return sample_of_structure(read_cell(structure), number_density, lengths, kind)


def _converted(known: KnownData, to: str, qmax: float | None, window: str, target: Path) -> CorrelationData:
    from entrox.core import InputError
    from entrox.scattering.data.correlation import convert_correlation
    from entrox.scattering.data.correlation_data import CorrelationData
    from entrox.scattering.data.forms import check_form, is_real_space

    data, form, sample = known.data, known.form, known.sample
    check_form(to, "--to")
    if is_real_space(form) == is_real_space(to):
        if qmax is not None or window != "none":
            raise InputError("--qmax-per-angstrom and --window are for a transform between r and Q.")
        x, y = convert_correlation(data.x, data.y, form, to, sample)
    elif is_real_space(form):
        x, y = convert_correlation(data.x, data.y, form, to, sample, window=window)
        wanted = x <= (x[-1] if qmax is None else qmax)
        x, y = x[wanted], y[wanted]
    else:
        # Qmax ends the integral.
        x, y = convert_correlation(data.x, data.y, form, to, sample, window=window, end=qmax)
    return CorrelationData(x=x, y=y, form=to, title=data.title, source=str(target))


@scattering.command()
def fit(
    context: typer.Context,
    data: options.DataArgument,
    structure: options.CellOption,
    form: options.FormOption = None,
    r_min_angstrom: options.RMinOption = 1.5,
    r_max_angstrom: options.RMaxOption = 20.0,
    exclude_angstrom: options.ExcludeOption = None,
    qmax_per_angstrom: options.QmaxOption = None,
    qdamp_per_angstrom: options.QdampOption = None,
    qbroad_per_angstrom: options.QbroadOption = None,
    window: options.WindowOption = "none",
    free: options.FreeOption = "scale,lattice,u",
    start: options.StartOption = None,
    tilt: options.TiltOption = None,
    lattice_ties: options.TiesOption = None,
    peak_in: options.PeakOption = "D",
    weights: options.WeightsOption = "uniform",
    number_density: options.DensityOption = None,
    lengths: options.LengthsOption = "auto",
    probe: options.ProbeOption = "auto",
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A small cell fitted to a pair distribution.

    Lattice, scale, thermal motion, offset of r, resolution: what a box of thousands of atoms starts from. The symmetry
    of the structure is kept. Resolution is read from the header of DATA where it stands there. With --out: fit.csv,
    structure.cif, figure, record. Exit code 4: not converged, or not to be believed; what there is, is written.

    Example: entrox scattering fit Ni.gr --structure Ni.cif --free scale,lattice,u,delta2 -o runs/Ni
    """
    asked = {
        "form": form, "r_min_angstrom": r_min_angstrom, "r_max_angstrom": r_max_angstrom,
        "excluded_angstrom": options.parse_ranges(exclude_angstrom, "--exclude-angstrom"),
        "qmax_per_angstrom": qmax_per_angstrom, "qdamp_per_angstrom": qdamp_per_angstrom,
        "qbroad_per_angstrom": qbroad_per_angstrom, "window": window, "free": options.parse_names(free),
        "start": options.parse_values(start, "--start"), "tilt": tilt, "lattice_ties": lattice_ties,
        "peak_in": peak_in, "weights": weights,
    }  # fmt: skip
    reading = {"number_density": number_density, "lengths": lengths, "probe": probe}
    content, sound = _fit(data, structure, asked, reading, out, command_line(context), overwrite=overwrite)
    if out is not None and not quiet and not json:
        print_message(f"Written: {out}")
    if json:
        print_json(content)
    elif not quiet:
        from entrox.cli.scattering_result import print_fit

        print_fit(content)
    for fault in content["faults"]:
        print_message(f"no answer: {fault}", error=True)
    if not sound:
        raise typer.Exit(ExitCode.NO_ANSWER)


def _fit(
    path: Path,
    structure: Path,
    asked: dict[str, Any],
    reading: dict[str, Any],
    out: Path | None,
    command: list[str],
    *,
    overwrite: bool,
) -> tuple[dict[str, Any], bool]:
    from entrox.cli.run_folder import prepare_folder
    from entrox.cli.scattering_folder import FIT_FILES, write_fit
    from entrox.cli.scattering_input import known_data, probe_of, read_cell, sample_of_structure
    from entrox.cli.scattering_result import fit_content
    from entrox.scattering.data.data_files import read_correlation
    from entrox.scattering.small_box.fit import fit_small_box
    from entrox.scattering.small_box.structure import shortest_distance

    measured = read_correlation(path, form=asked["form"])
    cell = read_cell(structure)
    sample = sample_of_structure(
        cell, reading["number_density"], reading["lengths"], probe_of(measured, reading["probe"])
    )
    known = known_data(
        measured, asked["form"], sample, reading["lengths"], shortest=shortest_distance(cell),
        scale_free="scale" in asked["free"],
    )  # fmt: skip
    settings = {"data": str(path), "structure": str(structure), **asked, **reading, "seed": None}
    if out is not None:
        prepare_folder(out, settings, overwrite=overwrite, files=FIT_FILES)
    found = fit_small_box(known.data, cell, known.sample, **asked)
    content = fit_content(known, found)
    if out is not None:
        write_fit(out, content, settings, found, [path, structure], command)
    return content, found.sound
