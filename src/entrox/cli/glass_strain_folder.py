"""The run folder of ``entrox glass strain``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from entrox.cli.run_folder import finish_record, start_record, write_figure, write_structure, write_table
from entrox.design.folder import RESULT, disk_errors_named, write_json

if TYPE_CHECKING:
    from entrox.cli.glass_strain_input import StrainInput
    from entrox.order.bonds.bond_rotation import BondRotation
    from entrox.order.strain import AtomicStrain

__all__ = ["STRAIN_FILES", "write_strain"]

STRAIN_FILES = ("atoms.csv", "bonds.csv", "strained.extxyz")
ROOMS = ("core", "structure", "order")
ATOM_COLUMNS = (
    "atom", "element", "shear", "floor", "above_floor", "volumetric", "det", "d2min_angstrom2", "neighbors",
    "rotation_x_deg", "rotation_y_deg", "rotation_z_deg",
)  # fmt: skip
BOND_COLUMNS = (
    "kind", "n_bonds", "elongation", "stretch", "rotation", "stretch_share", "rotation_share", "rotation_share_low",
    "rotation_share_high", "baseline_elongation", "baseline_rotation_share", "excess_rotation", "excess_low",
    "excess_high", "length_before_angstrom", "length_after_angstrom", "angle_before_deg", "angle_change_deg",
)  # fmt: skip


def write_strain(
    folder: Path,
    content: Mapping[str, Any],
    settings: Mapping[str, Any],
    files: StrainInput,
    found: AtomicStrain,
    bonds: BondRotation | None,
    command: Sequence[str],
) -> None:
    """Write ``result.json``, the tables, the frame with its strain, the figures and the record."""
    record = start_record(settings, files.paths, command, ROOMS)
    write_json(folder / RESULT, content)
    with disk_errors_named(folder):
        write_table(folder / "atoms.csv", ATOM_COLUMNS, _atom_rows(files, found))
        if bonds is not None:
            write_table(folder / "bonds.csv", BOND_COLUMNS, _bond_rows(bonds))
        write_structure(folder / "strained.extxyz", _strained_frame(files, found))
    _write_figures(folder, files, found, bonds)
    finish_record(folder, record)


def _atom_rows(files: StrainInput, found: AtomicStrain) -> Any:
    columns = (
        np.arange(len(found.shear)), files.reference.get_chemical_symbols(), found.shear, found.floor,
        found.above_floor.astype(int), found.volumetric, found.det, found.d2min_angstrom2, found.neighbors,
        *found.rotation_deg.T,
    )  # fmt: skip
    return zip(*columns, strict=True)


def _bond_rows(bonds: BondRotation) -> Any:
    columns = (
        bonds.kinds, bonds.n_bonds, bonds.elongation, bonds.stretch, bonds.rotation, bonds.stretch_share,
        bonds.rotation_share, *bonds.rotation_share_interval.T, bonds.baseline_elongation,
        bonds.baseline_rotation_share, bonds.excess_rotation, *bonds.excess_interval.T, bonds.length_before_angstrom,
        bonds.length_after_angstrom, bonds.angle_before_deg, bonds.angle_change_deg,
    )  # fmt: skip
    return zip(*columns, strict=True)


def _strained_frame(files: StrainInput, found: AtomicStrain) -> Any:
    """Frame of the reference with its strain, for any viewer."""
    from ase import Atoms

    # only what is the reference's by nature: other arrays of its file may be of any kind
    frame = Atoms(
        files.reference.numbers, positions=files.reference.positions, cell=files.reference.cell, pbc=files.reference.pbc
    )
    if "id" in files.reference.arrays:
        frame.set_array("id", files.reference.arrays["id"])
    for name in ("shear", "volumetric", "d2min_angstrom2", "rotation_deg"):
        frame.set_array(name, np.array(getattr(found, name)))
    frame.set_array("above_floor", found.above_floor.astype(int))
    return frame


def _write_figures(folder: Path, files: StrainInput, found: AtomicStrain, bonds: BondRotation | None) -> None:
    from entrox.plots.glass_strain import plot_bond_rotation, plot_shear_histogram, plot_strain_slice

    if np.isfinite(found.shear).any():
        for name in ("shear", "volumetric"):
            axes = plot_strain_slice(found, files.reference.positions, np.asarray(files.reference.cell), name)
            write_figure(folder, f"{name}_slice", axes)
        write_figure(folder, "shear", plot_shear_histogram(found))
    if bonds is not None and np.isfinite(bonds.rotation_share).any():
        write_figure(folder, "bonds", plot_bond_rotation(bonds))
