"""The cell of a fit from a structure: scattering of its sites, and what may change without breaking its symmetry.

Units: angstrom; scattering lengths in fm, for x-rays in electrons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.composition.scattering_factors import x_ray_form_factors
from entrox.core import InputError
from entrox.scattering.data.sample import Sample
from entrox.scattering.small_box.cell import SmallBoxCell
from entrox.scattering.small_box.symmetry import CellSymmetry, cell_symmetry, lattice_modes

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["box_cell"]

Floats = NDArray[np.float64]

TENSOR_NAMES = ("u11", "u22", "u33", "u23", "u13", "u12")


def box_cell(
    structure: Atoms, contents: Sequence[Mapping[str, float]], sample: Sample, ties: str | None, tolerance: float
) -> SmallBoxCell:
    """Cell of a fit.

    Parameters
    ----------
    structure, contents
        Cell, and the elements on each of its sites.
    sample
        Scattering lengths; for x-rays the form factors at Q = 0 are taken.
    ties
        Edges that are equal, such as ``"a=b"``, instead of what symmetry says; ``"none"`` for three edges.
    tolerance
        How far atoms may be from their symmetric places [angstrom].

    Raises
    ------
    InputError
        If two atoms lie on one place, or the ties are not readable.
    """
    lattice = np.asarray(structure.cell, dtype=float)
    positions = np.asarray(structure.get_scaled_positions(wrap=False))
    symbols = tuple(structure.get_chemical_symbols())
    kinds = [sorted(content.items()) for content in contents]
    numbers = np.array([kinds.index(kind) for kind in kinds])
    symmetry = cell_symmetry(lattice, positions, numbers, tolerance)
    orbits = [int(one) for one in dict.fromkeys(symmetry.orbits.tolist())]
    label_of = _orbit_labels(orbits, symbols)
    return SmallBoxCell(
        lattice=lattice,
        positions=positions,
        symbols=symbols,
        labels=tuple(label_of[int(orbit)] for orbit in symmetry.orbits),
        scattering=np.array([sum(x * _strength(name, sample) for name, x in content.items()) for content in contents]),
        occupation=np.array([sum(content.values()) for content in contents]),
        lattice_modes=lattice_modes(symmetry, lattice) if ties is None else _tied_edges(lattice, ties),
        coordinate_modes=_coordinate_modes(symmetry, orbits, label_of),
        tensor_modes=tuple(
            (f"{TENSOR_NAMES[component]}_{label_of[orbit]}", mode)
            for orbit in orbits
            for component, mode in symmetry.tensor_modes(orbit, lattice)
        ),
    )


def _strength(name: str, sample: Sample) -> float:
    if sample.probe == "xray":
        return float(x_ray_form_factors([name], [0.0])[0, 0])
    return float(sample.lengths_fm[name])


def _orbit_labels(orbits: Sequence[int], symbols: Sequence[str]) -> dict[int, str]:
    labels: dict[int, str] = {}
    for orbit in orbits:
        same = [one for one in orbits if symbols[one] == symbols[orbit]]
        labels[orbit] = symbols[orbit] if len(same) == 1 else f"{symbols[orbit]}{same.index(orbit) + 1}"
    return labels


def _coordinate_modes(
    symmetry: CellSymmetry, orbits: Sequence[int], label_of: Mapping[int, str]
) -> tuple[tuple[str, Floats], ...]:
    """Free coordinates; where the origin is free, the first site that could move along that axis stays."""
    floating = list(symmetry.floating_axes())
    modes = []
    for orbit in orbits:
        for axis, mode in symmetry.coordinate_modes(orbit):
            if axis in floating:
                floating.remove(axis)
            else:
                modes.append((f"{label_of[orbit]}.{'xyz'[axis]}", mode))
    return tuple(modes)


def _tied_edges(lattice: Floats, ties: str) -> tuple[tuple[str, Floats], ...]:
    """Changes of the edges alone, in groups that are written as ``a=b``."""
    text = "" if ties == "none" else ties.replace(" ", "")
    groups = [part.split("=") for part in text.split(",") if part]
    tied = [name for group in groups for name in group]
    if len(set(tied)) != len(tied) or not set(tied) <= set("abc"):
        raise InputError(f"lattice_ties must be 'none' or name equal edges, such as a=b or a=b=c; got {ties!r}.")
    groups += [[name] for name in "abc" if name not in tied]
    directions = lattice / np.linalg.norm(lattice, axis=1, keepdims=True)
    modes = []
    for group in sorted(sorted(one) for one in groups):
        mode = np.zeros((3, 3))
        for name in group:
            mode["abc".index(name)] = directions["abc".index(name)]
        modes.append((group[0], mode))
    return tuple(modes)
