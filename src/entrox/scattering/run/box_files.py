"""Refined boxes as files: rmc6f for the programs of the field, extended xyz for everything else.

Lengths in angstrom.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from entrox.core.whole_file import write_whole
from entrox.scattering.run.ensemble import RmcEnsemble
from entrox.scattering.run.rmc_result import RmcResult
from entrox.structure.rmc6f import write_rmc6f

__all__ = ["box_name", "write_box", "write_boxes"]


def box_name(result: RmcResult) -> str:
    """Name of the box of a run, without ending."""
    return f"seed-{result.seed}-{'on' if result.bond_valence_on else 'off'}"


def write_box(result: RmcResult, stem: str | Path) -> tuple[Path, Path]:
    """Write a box as ``stem.rmc6f`` and ``stem.xyz`` (extended xyz).

    Parameters
    ----------
    result
        Refinement.
    stem
        Path without ending.

    Returns
    -------
    tuple of Path
        The two files.
    """
    from ase.io import write

    path = Path(stem)
    path.parent.mkdir(parents=True, exist_ok=True)
    rmc6f, xyz = path.with_name(path.name + ".rmc6f"), path.with_name(path.name + ".xyz")
    atoms = result.atoms
    mode = "on" if result.bond_valence_on else "off"
    draft = rmc6f.with_name(f".{rmc6f.name}.part")
    write_rmc6f(draft, atoms, title=f"seed {result.seed}, bond valence {mode}")
    draft.replace(rmc6f)
    if result.valence_e is not None:
        atoms.set_array("bond_valence_e", np.array(result.valence_e))
    atoms.set_array("site_position", np.array(result.sites_angstrom))
    text = io.StringIO()
    write(text, atoms, format="extxyz")
    write_whole(xyz, text.getvalue())
    return rmc6f, xyz


def write_boxes(ensemble: RmcEnsemble, folder: str | Path) -> list[Path]:
    """Write the boxes of all runs into a folder."""
    place = Path(folder)
    return [path for item in ensemble.results for path in write_box(item, place / box_name(item))]
