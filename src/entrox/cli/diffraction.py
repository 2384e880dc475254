"""``entrox diffraction``: rings, sizes, strain, pair distributions and scans of electron diffraction."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import diffraction_options as options
from entrox.cli.diffraction_simulate import simulate
from entrox.cli.diffraction_track import track
from entrox.cli.terminal import command_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from entrox.microscopy.diffraction.pattern import Pattern

__all__ = ["diffraction"]

diffraction = typer.Typer(
    help="Electron diffraction: rings, sizes, PDFs, scans.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@diffraction.command()
def profile(
    context: typer.Context,
    pattern: options.PatternArgument,
    pixel_inverse_nm: options.PixelOption = None,
    calibrate: options.CalibrateOption = None,
    mask: options.MaskOption = None,
    polygon_px: options.PolygonOption = None,
    beam_stop: options.BeamStopOption = True,
    keep_saturated: options.SaturatedOption = False,
    center_px: options.CenterOption = None,
    ellipse: options.EllipseOption = False,
    step_px: options.StepOption = 1.0,
    rings_px: options.RingsOption = None,
    range_px: options.RangeOption = None,
    reference_width_inverse_nm: options.ReferenceWidthOption = None,
    reference_error_inverse_nm: options.ReferenceErrorOption = 0.0,
    shape: options.ShapeOption = "gaussian",
    convergence_mrad: options.ConvergenceOption = None,
    energy_kv: options.EnergyOption = None,
    dataset: options.DatasetOption = None,
    frame: options.FrameOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Center, ellipse, rings and sizes of one pattern.

    The center is where the azimuthal mean is sharpest; the center of symmetry stands beside it. Rings are fitted with a
    smooth background. There is no size without the width of a reference: a width alone is that of the instrument too.
    With --out: profile.csv for entrox diffraction pdf, rings.csv, figures.

    Example: entrox diffraction profile gold.tif --calibrate Au --ellipse -o runs/gold
    """
    from entrox.cli.diffraction_folder import PROFILE_FILES, ROOMS, pattern_outcome
    from entrox.cli.diffraction_input import check_files, substance
    from entrox.cli.measurement import Outcome, run_measurement
    from entrox.core import InputError
    from entrox.microscopy.diffraction.diffraction_record import pattern_record
    from entrox.microscopy.diffraction.pattern_analysis import ProfileSettings, analyze_pattern

    check_files(pattern, mask)
    if calibrate is not None and pixel_inverse_nm is not None:
        raise InputError("give --pixel-inverse-nm or --calibrate, not both.")
    settings = ProfileSettings(
        ellipse=ellipse, center_px=options.parse_pair(center_px, "--center-px", ","), beam_stop=beam_stop,
        step_px=step_px, rings_px=options.parse_numbers(rings_px, "--rings-px"),
        range_px=options.parse_pair(range_px, "--range-px"), reference_width_inverse_nm=reference_width_inverse_nm,
        reference_error_inverse_nm=reference_error_inverse_nm, shape=shape,  # type: ignore[arg-type]
        convergence_mrad=convergence_mrad, energy_kv=energy_kv,
    )  # fmt: skip
    calibrant = substance(calibrate)
    reading = {"pixel_inverse_nm": pixel_inverse_nm, "mask": mask, "keep_saturated": keep_saturated,
               "polygons_px": options.parse_polygons(polygon_px, "--polygon-px"), "dataset": dataset,
               "frame": frame}  # fmt: skip
    record = {"pattern": str(pattern), **_plain(reading), **vars(settings), "calibrate": calibrate, "seed": None}
    read = _read(pattern, reading)

    def measure() -> Outcome:
        found = analyze_pattern(read, settings, calibrant=calibrant)
        return pattern_outcome(pattern_record(found), found)

    run_measurement(
        measure, record, [path for path in (pattern, mask) if path is not None], out, command_line(context),
        PROFILE_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip


def _plain(reading: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Path) else value for name, value in reading.items()}


def _read(path: Path, reading: Mapping[str, Any]) -> Pattern:
    from entrox.microscopy.diffraction.pattern_files import read_pattern

    return read_pattern(path, **reading)


@diffraction.command()
def pdf(
    context: typer.Context,
    profile: options.ProfileArgument,
    composition: options.CompositionOption,
    s_step_inverse_angstrom: options.SStepOption = None,
    s_min_inverse_angstrom: options.SMinOption = None,
    s_max_inverse_angstrom: options.SMaxOption = None,
    tail_inverse_angstrom: options.TailOption = None,
    damping_square_angstrom: options.DampingOption = 0.02,
    window: options.WindowOption = "gaussian",
    polynomial_order: options.PolynomialOption = 5,
    factors: options.FactorsOption = "lobato",
    r_max_angstrom: options.RMaxOption = 10.0,
    dataset: options.DatasetOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Pair distribution of a glass from a profile.

    Scale and offset of the atomic scattering come from the tail. Every peak has the spread of its position over other
    ends of the data, other damping, and with and without the polynomial: what moves with the reduction is no structure.
    With --out: pdf.csv, phi.csv, figures.

    Example: entrox diffraction pdf runs/glass/profile.csv --composition SiO2 --s-max-inverse-angstrom 2.5
    """
    from entrox.cli.diffraction_folder import PDF_FILES, ROOMS, pdf_outcome
    from entrox.cli.measurement import Outcome, run_measurement
    from entrox.microscopy.diffraction.diffraction_record import pdf_record
    from entrox.microscopy.diffraction.electron_pdf import PdfSettings, electron_pdf
    from entrox.microscopy.diffraction.mean_factors import mean_factors
    from entrox.microscopy.diffraction.profile_files import read_profile

    settings = PdfSettings(
        s_min_per_angstrom=s_min_inverse_angstrom, s_max_per_angstrom=s_max_inverse_angstrom,
        tail_per_angstrom=options.parse_pair(tail_inverse_angstrom, "--tail-inverse-angstrom"),
        damping_square_angstrom=damping_square_angstrom, window=window, polynomial_order=polynomial_order,
        factors=factors, r_max_angstrom=r_max_angstrom,
    )  # fmt: skip
    mean_factors(composition, [0.0], factors)  # names what has no form factor before the file is read
    record = {
        "profile": str(profile), "composition": composition, "s_step_inverse_angstrom": s_step_inverse_angstrom,
        **vars(settings), "dataset": dataset, "seed": None,
    }  # fmt: skip
    curve = read_profile(profile, s_step_per_angstrom=s_step_inverse_angstrom, dataset=dataset)

    def measure() -> Outcome:
        found = electron_pdf(curve, composition, settings)
        return pdf_outcome(pdf_record(found, composition), found)

    run_measurement(
        measure, record, [profile], out, command_line(context), PDF_FILES, ROOMS, overwrite=overwrite, json=json,
        quiet=quiet,
    )  # fmt: skip


@diffraction.command()
def strain(
    context: typer.Context,
    pattern: options.PatternArgument,
    reference: options.ReferencePatternArgument,
    mask: options.MaskOption = None,
    polygon_px: options.PolygonOption = None,
    beam_stop: options.BeamStopOption = True,
    rings_px: options.RingsOption = None,
    range_px: options.RangeOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Strain from the ellipse of the rings.

    Both patterns are fitted; the ellipse of the lenses is in both and drops out. Masks hold for both.

    Example: entrox diffraction strain loaded.hspy unloaded.hspy --json
    """
    from entrox.cli.diffraction_folder import ROOMS, STRAIN_FILES, strain_outcome
    from entrox.cli.diffraction_input import check_files
    from entrox.cli.measurement import Outcome, run_measurement
    from entrox.core import InputError
    from entrox.microscopy.diffraction.diffraction_record import strain_record
    from entrox.microscopy.diffraction.ellipse_strain import ellipse_strain
    from entrox.microscopy.diffraction.pattern_analysis import ProfileSettings, analyze_pattern

    check_files(pattern, reference, mask)
    settings = ProfileSettings(
        ellipse=True, beam_stop=beam_stop, rings_px=options.parse_numbers(rings_px, "--rings-px"),
        range_px=options.parse_pair(range_px, "--range-px"),
    )  # fmt: skip
    polygons = options.parse_polygons(polygon_px, "--polygon-px")
    record = {
        "pattern": str(pattern), "reference": str(reference), "mask": None if mask is None else str(mask),
        "polygons_px": polygons, **vars(settings), "seed": None,
    }  # fmt: skip
    read = [_read(path, {"mask": mask, "polygons_px": polygons}) for path in (pattern, reference)]

    def measure() -> Outcome:
        loaded, free = (analyze_pattern(one, settings) for one in read)
        if loaded.rings is None or free.rings is None:
            raise InputError("a pattern shows no ring above its background; give first radii with --rings-px.")
        found = ellipse_strain(loaded.geometry, loaded.rings, free.geometry, free.rings)
        return strain_outcome(strain_record(found, loaded.geometry, free.geometry), loaded, free)

    run_measurement(
        measure, record, [pattern, reference, *([mask] if mask is not None else [])], out, command_line(context),
        STRAIN_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip


@diffraction.command()
def scan(
    context: typer.Context,
    scan: options.ScanArgument,
    ring_px: options.RingRangeOption,
    beam_radius_px: options.BeamRadiusOption = None,
    scan_step_nm: options.ScanStepOption = None,
    probe_nm: options.ProbeOption = None,
    gain_counts_per_electron: options.GainOption = 1.0,
    region: options.RegionOption = None,
    glass: options.GlassOption = None,
    scan_shape: options.ScanShapeOption = None,
    pixel_inverse_nm: options.PixelOption = None,
    dataset: options.DatasetOption = None,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Where a 4D-STEM scan sees crystal, and sums of regions.

    The scan is read in blocks. Crystallinity is the variance along the first ring beyond counting noise. With the step
    and the probe, the number of independent patterns is given: neighbors overlap.

    Example: entrox diffraction scan scan.npy --ring-px 14-22 --scan-step-nm 0.4 --probe-nm 1 -o runs/scan
    """
    from entrox.cli.diffraction_folder import ROOMS, SCAN_FILES, scan_outcome
    from entrox.cli.diffraction_scan import ScanRequest, analyze_scan
    from entrox.cli.measurement import run_measurement

    request = ScanRequest(
        path=scan, ring_px=options.parse_pair(ring_px, "--ring-px"), beam_radius_px=beam_radius_px,
        scan_step_nm=scan_step_nm, probe_nm=probe_nm, gain_counts_per_electron=gain_counts_per_electron,
        regions=tuple(region or ()), glass=glass, scan_shape=options.parse_pair(scan_shape, "--scan-shape", ","),
        pixel_inverse_nm=pixel_inverse_nm, dataset=dataset,
    )  # fmt: skip
    record = {**_plain(vars(request)), "seed": None}
    request.check()
    run_measurement(
        lambda: scan_outcome(analyze_scan(request)), record, [scan] if scan.is_file() else [], out,
        command_line(context), SCAN_FILES, ROOMS, overwrite=overwrite, json=json, quiet=quiet,
    )  # fmt: skip


for _command in (track, simulate):
    diffraction.command()(_command)
