"""``entrox diffraction track``: a peak of G(r) through a series of strains."""

from __future__ import annotations

import typer

from entrox.cli import diffraction_options as options
from entrox.cli.terminal import command_line

__all__ = ["track"]


def track(
    context: typer.Context,
    curves: options.CurvesArgument,
    strain_percent: options.StrainsOption,
    window_angstrom: options.PeakWindowOption,
    poisson: options.PoissonOption = 0.25,
    directions: options.DirectionsOption = "all",
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """A peak of G(r) through a series of strains.

    One Gaussian or two, by the Bayesian criterion; its shift beside that of distances that follow the sample.

    Example: entrox diffraction track s0/pdf.csv s1/pdf.csv s2/pdf.csv --strain-percent 0,2,4 --window-angstrom 2.3-3.3
    """
    from entrox.cli.diffraction_folder import ROOMS, TRACK_FILES, track_outcome
    from entrox.cli.diffraction_input import read_pdf_table
    from entrox.cli.measurement import Outcome, run_measurement
    from entrox.core import InputError
    from entrox.microscopy.diffraction.peak_tracking import affine_slope, track_peak

    states = options.parse_numbers(strain_percent, "--strain-percent") or ()
    window = options.parse_pair(window_angstrom, "--window-angstrom")
    affine_slope(1.0, poisson, directions)  # type: ignore[arg-type]
    if len(states) != len(curves):
        raise InputError(
            f"--strain-percent must give one number for each of the {len(curves)} files; got {len(states)}."
        )
    tables = [read_pdf_table(path) for path in curves]
    r = tables[0][0]
    for path, (other, _) in zip(curves, tables, strict=True):
        if len(other) != len(r) or abs(other - r).max() > 1e-6:
            raise InputError(f"{path} has other distances than {curves[0]}; reduce all with the same options.")
    record = {"curves": [str(path) for path in curves], "strain_percent": list(states), "window_angstrom": window,
              "poisson": poisson, "directions": directions, "seed": None}  # fmt: skip
    assert window is not None

    def measure() -> Outcome:
        found = track_peak(
            r, [g for _, g in tables], [value / 100.0 for value in states], window, poisson=poisson,
            directions=directions,  # type: ignore[arg-type]
        )  # fmt: skip
        return track_outcome(found)

    run_measurement(
        measure, record, curves, out, command_line(context), TRACK_FILES, ROOMS, overwrite=overwrite, json=json,
        quiet=quiet,
    )  # fmt: skip
