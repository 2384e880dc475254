"""``entrox glass strain``: what the atoms of two frames did beyond the strain of their cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from entrox.cli import glass_strain_options as options
from entrox.cli.terminal import command_line, print_json, print_message

if TYPE_CHECKING:
    from entrox.cli.glass_strain_input import StrainInput

__all__ = ["strain"]


def strain(
    context: typer.Context,
    reference: options.ReferenceArgument,
    current: options.CurrentArgument,
    cutoff_angstrom: options.CutoffOption = 5.0,
    keep_affine: options.KeepAffineOption = False,
    bonds: options.BondsOption = None,
    axis: options.AxisOption = "x",
    noise: options.NoiseOption = None,
    noise_angstrom: options.SigmaOption = None,
    method: options.MethodOption = "images",
    match: options.MatchOption = "order",
    types: options.TypesOption = None,
    seed: options.SeedOption = 0,
    out: options.OutOption = None,
    overwrite: options.OverwriteOption = False,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Local strain between two frames, beside its noise.

    Von Mises and volumetric strain, non-affine displacement and rotation of the surroundings of every atom, without
    the strain of the cell unless --keep-affine; stretch and rotation of bonds beside bonds that follow the cell.
    Without --noise the map itself gives an upper bound of its noise. With --out: atoms.csv, bonds.csv, strained.extxyz,
    figures, record.

    Example: entrox glass strain before.extxyz after.extxyz --bonds Si-O:2.2 --axis x -o runs/strain
    """
    asked = {
        "cutoff_angstrom": cutoff_angstrom, "keep_affine": keep_affine, "bonds": options.parse_bonds(bonds),
        "axis": axis, "noise_angstrom": noise_angstrom, "method": method, "match": match, "seed": seed,
    }  # fmt: skip
    from entrox.cli.glass_strain_input import check_strain_options, read_strain_input

    check_strain_options(asked, noise)
    files = read_strain_input(reference, current, noise, options.parse_elements(types))
    content = _measured(files, asked, out, command_line(context), overwrite=overwrite)
    if out is not None and not quiet and not json:
        print_message(f"Written: {out}")
    if json:
        print_json(content)
    elif not quiet:
        from entrox.cli.glass_strain_result import print_strain

        print_strain(content)


def _measured(
    files: StrainInput, asked: dict[str, Any], out: Path | None, command: list[str], *, overwrite: bool
) -> dict[str, Any]:
    from entrox.cli.glass_strain_folder import STRAIN_FILES, write_strain
    from entrox.cli.glass_strain_result import strain_content
    from entrox.cli.run_folder import prepare_folder
    from entrox.core import InputError, generator
    from entrox.order.bonds.bond_rotation import stretch_rotation
    from entrox.order.strain import atomic_strain, noise_of_frames

    settings = {**asked, "bonds": {"-".join(pair): value for pair, value in asked["bonds"].items()}, **files.settings}
    if out is not None:
        prepare_folder(out, settings, overwrite=overwrite, files=STRAIN_FILES)
    cutoff, match = asked["cutoff_angstrom"], asked["match"]
    floor = asked["noise_angstrom"]
    if files.noise is not None:
        try:
            floor = noise_of_frames(*files.noise, cutoff, match=match)
        except InputError as error:
            raise InputError(f"--noise: {error}") from error
    found = atomic_strain(
        files.reference, files.current, cutoff, remove_affine=not asked["keep_affine"], noise=floor,
        method=asked["method"], match=match,
    )  # fmt: skip
    turned = None
    if asked["bonds"]:
        turned = stretch_rotation(
            files.reference, files.current, asked["bonds"], asked["axis"], match=match, rng=generator(asked["seed"])
        )
    content = strain_content(files, found, turned, asked["axis"])
    if out is not None:
        write_strain(out, content, settings, files, found, turned, command)
    return content
