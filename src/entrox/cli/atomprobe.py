"""``entrox atomprobe``: ion clouds, spectra, local entropy and simulated tips."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from entrox.cli import atomprobe_options as options
from entrox.cli.terminal import ExitCode, command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.atomprobe import EntropySettings
    from entrox.cli.atomprobe_input import CloudOptions

__all__ = ["atomprobe"]

RUNS = Path("runs")

atomprobe = typer.Typer(
    help="Atom-probe data: how well the ions are mixed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@atomprobe.command()
def info(
    file: options.IonsArgument,
    ranges: options.RangesOption = None,
    on_overlap: options.OverlapOption = "error",
    byte_order: options.ByteOrderOption = "big",
    columns: options.ColumnsOption = None,
    decimal: options.DecimalOption = ".",
    drop_invalid: options.DropInvalidOption = False,
    json: options.JsonOption = False,
) -> None:
    """What a file of ions holds: numbers, extent, density, composition.

    Example: entrox atomprobe info tip.pos --ranges tip.rrng
    """
    from entrox.atomprobe import summarize_ions
    from entrox.cli.atomprobe_input import CloudOptions, read_cloud, read_table
    from entrox.cli.atomprobe_result import print_summary, summary_content

    cloud = CloudOptions(file, ranges, on_overlap, byte_order, columns, decimal, drop_invalid)
    table = read_table(cloud)
    summary = summarize_ions(read_cloud(cloud), table, on_overlap=cast("Any", on_overlap))
    content = summary_content(summary)
    print_json(content) if json else print_summary(content)


@atomprobe.command()
def spectrum(
    context: typer.Context,
    file: options.IonsArgument,
    ranges: options.RangesOption = None,
    bin_da: options.BinOption = 0.01,
    background: options.BackgroundOption = "tof",
    sideband_da: options.SidebandOption = 0.15,
    solve_overlaps: options.SolveOverlapsOption = False,
    candidates: options.CandidatesOption = None,
    on_overlap: options.OverlapOption = "error",
    byte_order: options.ByteOrderOption = "big",
    columns: options.ColumnsOption = None,
    decimal: options.DecimalOption = ".",
    drop_invalid: options.DropInvalidOption = False,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """Mass spectrum: peaks, background, events of each range, composition.

    FILE is an ion cloud, or a table of m/q and counts.

    Example: entrox atomprobe spectrum tip.pos --ranges tip.rrng --background sideband
    """
    from entrox.atomprobe import analyze_spectrum
    from entrox.cli.atomprobe_folder import SPECTRUM_FILES, write_spectrum
    from entrox.cli.atomprobe_input import CloudOptions, read_spectrum, read_table
    from entrox.cli.atomprobe_result import print_spectrum, spectrum_content
    from entrox.cli.run_folder import prepare_folder

    cloud = CloudOptions(file, ranges, on_overlap, byte_order, columns, decimal, drop_invalid)
    settings = {
        **_reading(cloud), "bin_da": bin_da, "background": background, "sideband_da": sideband_da,
        "solve_overlaps": solve_overlaps, "candidates": candidates, "seed": None,
    }  # fmt: skip
    table = read_table(cloud)
    if out is not None:
        prepare_folder(out, settings, overwrite=overwrite, files=SPECTRUM_FILES)
    analysis = analyze_spectrum(
        read_spectrum(cloud, bin_da),
        table,
        background=cast("Any", background),
        sideband_da=sideband_da,
        on_overlap=cast("Any", on_overlap),
        solve=solve_overlaps,
        candidates=options.parse_names(candidates) or (),
    )
    content = spectrum_content(analysis)
    if out is not None:
        write_spectrum(out, content, settings, analysis, _inputs(cloud), command_line(context))
    print_json(content) if json else print_spectrum(content)


@atomprobe.command()
def entropy(
    context: typer.Context,
    file: options.IonsArgument,
    ranges: options.RangesOption = None,
    species: options.SpeciesOption = None,
    sublattices: options.SublatticesOption = None,
    sizes: options.SizesOption = None,
    radii: options.RadiiOption = None,
    neighbors_k: options.NeighborsOption = None,
    cell_aspect: options.AspectOption = "1,1,1",
    origins: options.OriginsOption = 8,
    relabelings: options.RelabelingsOption = 499,
    bootstraps: options.BootstrapsOption = 1000,
    events: options.EventsOption = "ion",
    strata: options.StrataOption = None,
    alternative: options.AlternativeOption = "two-sided",
    tolerance: options.ToleranceOption = 0.01,
    alpha: options.AlphaOption = 0.05,
    power: options.PowerOption = 0.8,
    shells: options.ShellsOption = None,
    map_spacing: options.MapOption = None,
    box: options.BoxOption = None,
    efficiency: options.EfficiencyOption = None,
    cell_volume: options.CellVolumeOption = None,
    paper_mode: options.PaperOption = False,
    solve_overlaps: options.SolveOverlapsOption = False,
    candidates: options.CandidatesOption = None,
    imputations: options.ImputationsOption = 20,
    on_overlap: options.OverlapOption = "error",
    byte_order: options.ByteOrderOption = "big",
    columns: options.ColumnsOption = None,
    decimal: options.DecimalOption = ".",
    drop_invalid: options.DropInvalidOption = False,
    seed: options.SeedOption = 1,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Mixing entropy at every length, told apart from counting noise.

    FILE is an ion cloud with --ranges, or a structure that ase reads. The verdict says whether the mixture deviates
    from chance, and from which length on it counts as fully mixed. With --out: report.html, figures, scan.csv, maps.

    Example: entrox atomprobe entropy tip.pos --ranges tip.rrng --species Co,Cr,Ni -o runs/tip
    """
    from entrox.atomprobe import EntropySettings
    from entrox.cli.atomprobe_input import CloudOptions

    cloud = CloudOptions(file, ranges, on_overlap, byte_order, columns, decimal, drop_invalid)
    asked = {
        "species": options.parse_names(species),
        "sizes_nm": options.parse_numbers(sizes, "--sizes-nm"),
        "radii_nm": options.parse_numbers(radii, "--radii-nm") or (),
        "neighbors_k": neighbors_k,
        "cell_aspect": options.parse_numbers(cell_aspect, "--cell-aspect", 3),
        "origins": origins,
        "relabelings": relabelings,
        "bootstraps": bootstraps,
        "events": events,
        "strata_nm": strata,
        "alternative": alternative,
        "tolerance": tolerance,
        "alpha": alpha,
        "power": power,
        "shells_nm": options.parse_numbers(shells, "--shells-nm") or (),
        "map_spacing_nm": map_spacing,
        "box_nm": options.parse_numbers(box, "--box-nm", 6),
        "efficiency": efficiency,
        "cell_volume_nm3": cell_volume,
        "paper_mode": paper_mode,
        "imputations": imputations,
    }
    settings = _checked(EntropySettings, asked)
    isotopes = (options.parse_names(candidates) or ()) if solve_overlaps or candidates else None
    _run_entropy(
        context, cloud, settings, sublattices, isotopes, seed, out, overwrite=overwrite, json=json, quiet=quiet
    )


def _checked(kind: type[EntropySettings], asked: dict[str, Any]) -> EntropySettings:
    """Return checked settings; the first mistake is named by its option."""
    from pydantic import ValidationError

    from entrox.core import InputError

    try:
        return kind(**asked)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{name}: {first['msg']}; got {first['input']!r}.") from error


def _run_entropy(
    context: typer.Context,
    cloud: CloudOptions,
    settings: EntropySettings,
    sublattices: Path | None,
    isotopes: tuple[str, ...] | None,
    seed: int,
    out: Path | None,
    *,
    overwrite: bool,
    json: bool,
    quiet: bool,
) -> None:
    from entrox.atomprobe import analyze_entropy
    from entrox.cli.atomprobe_folder import ENTROPY_FILES, write_entropy
    from entrox.cli.atomprobe_input import read_mixture, read_sublattices
    from entrox.cli.atomprobe_result import entropy_content, print_entropy
    from entrox.cli.progress import parts_shown
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import generator

    record = {**_reading(cloud), **settings.model_dump(mode="json"), "isotopes": isotopes, "seed": seed}
    chosen = read_sublattices(sublattices)
    source = [read_mixture(cloud, isotopes)]  # handed over below, to be freed as soon as it is no longer needed
    if out is not None:
        prepare_folder(out, record, overwrite=overwrite, files=ENTROPY_FILES)
    with parts_shown(quiet=quiet or json) as progress:
        analysis = analyze_entropy(source.pop(), settings, sublattices=chosen, progress=progress, rng=generator(seed))
    content = entropy_content(analysis)
    if out is not None:
        inputs = [*_inputs(cloud), *([sublattices] if sublattices else [])]
        write_entropy(out, content, record, analysis, inputs, command_line(context))
        if not quiet and not json:
            print_message(f"Report: {out / 'report.html'}")
    if json:
        print_json(content)
    elif not quiet:
        print_entropy(content)
    if analysis.verdict == "not_informative":
        print_message("no size could be tested; the notices say why.", error=True)
        raise typer.Exit(ExitCode.NO_ANSWER)


@atomprobe.command()
def simulate(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="SETTINGS.toml", help="Settings of the tip.")],
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    seed: options.SeedOption = 1,
    json: options.JsonOption = False,
) -> None:
    """Simulate a tip whose truth is known: tip.pos or tip.epos, tip.rrng, truth.json.

    Example: entrox atomprobe simulate tip.toml -o runs/tip
    """
    from entrox.atomprobe import read_tip_settings, simulate_tip
    from entrox.cli.atomprobe_folder import TIP_FILES, write_simulation
    from entrox.cli.atomprobe_result import print_tip, tip_content
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import generator

    settings = read_tip_settings(file)
    folder = RUNS / file.stem if out is None else out
    record = {"file": str(file), **settings.model_dump(mode="json"), "seed": seed}
    prepare_folder(folder, record, overwrite=overwrite, files=TIP_FILES)
    tip = simulate_tip(settings, generator(seed))
    files = write_simulation(folder, record, tip, file, command_line(context))
    content = tip_content(tip, files)
    print_json(content) if json else print_tip(content)


def _reading(cloud: CloudOptions) -> dict[str, Any]:
    """Return how the file was read, as plain settings."""
    return {
        "file": str(cloud.file),
        "ranges": None if cloud.ranges is None else str(cloud.ranges),
        "on_overlap": cloud.on_overlap,
        "byte_order": cloud.byte_order,
        "columns": cloud.columns,
        "decimal": cloud.decimal,
        "drop_invalid": cloud.drop_invalid,
    }


def _inputs(cloud: CloudOptions) -> list[Path]:
    return [path for path in (cloud.file, cloud.ranges) if path is not None]
