"""``entrox diffraction simulate``: a pattern whose truth is known."""

from __future__ import annotations

from entrox.cli import diffraction_options as options
from entrox.cli.terminal import print_json

__all__ = ["simulate"]


def simulate(
    source: options.SourceArgument,
    out: options.OutFileOption,
    debye: options.DebyeOption = False,
    fwhm_inverse_nm: options.FwhmOption = 0.15,
    size_px: options.SizeOption = 512,
    pixel_inverse_nm: options.SimulatedPixelOption = 0.05,
    center_px: options.SimulatedCenterOption = None,
    axis_ratio: options.AxisRatioOption = 1.0,
    angle_deg: options.AngleOption = 0.0,
    electrons: options.ElectronsOption = 3e7,
    seed: options.SeedOption = 1,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
) -> None:
    """A pattern whose truth is known.

    Rings of the powder of a standard or a CIF file; with --debye the halo of all pairs of atoms of a file. Kinematic,
    with counting noise.

    Example: entrox diffraction simulate Au -o gold.hspy --axis-ratio 1.02 --angle-deg 30
    """
    from entrox.cli.diffraction_result import print_simulation, simulation_content
    from entrox.cli.diffraction_scan import simulated_pattern
    from entrox.core import InputError, check_in_range
    from entrox.core.units import NANOMETER_PER_ANGSTROM
    from entrox.design.folder import disk_errors_named
    from entrox.microscopy.diffraction.pattern_files import write_pattern
    from entrox.microscopy.diffraction.simulated_patterns import PatternSettings

    if out.exists() and not overwrite:
        raise InputError(f"{out} exists; replace it with --overwrite, or give another --out.")
    check_in_range(axis_ratio, "--axis-ratio", low=1.0)
    settings = PatternSettings(
        size_px=size_px, pixel_per_angstrom=pixel_inverse_nm * NANOMETER_PER_ANGSTROM,
        center_px=options.parse_pair(center_px, "--center-px", ","), axis_ratio=axis_ratio, angle_deg=angle_deg,
        electrons=electrons,
    )  # fmt: skip
    pattern = simulated_pattern(source, settings, seed, fwhm_inverse_nm=fwhm_inverse_nm, debye=debye)
    with disk_errors_named(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        write_pattern(out, pattern)
    content = simulation_content(pattern, settings, out)
    print_json(content) if json else print_simulation(content)
