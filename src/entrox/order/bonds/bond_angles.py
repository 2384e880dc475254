"""Angles between bonds that meet at an atom: O-M-O within polyhedra, M-O-M between them. Angles in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, check_positive, quantity
from entrox.order.bonds.bridges import arm_pairs
from entrox.order.pair_search import pair_list

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["BondAngles", "angles_between", "bond_angles"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class BondAngles(Result):
    """Distribution of one kind of angle; ``per_solid_angle`` is one for directions without any order."""

    kind: str
    n_angles: int = quantity("1", "angles")
    mean_deg: float = quantity("deg", "mean angle")
    std_deg: float = quantity("deg", "standard deviation of the angles")
    edges_deg: Floats = quantity("deg", "edges of the bins", axes=("edge",))
    density_per_deg: Floats = quantity("1/deg", "probability density", axes=("bin",))
    per_solid_angle: Floats = quantity("1", "density over that of random directions", axes=("bin",))


def angles_between(one: Floats, two: Floats) -> Floats:
    """Angles between vectors [deg], shape ``(n,)``, without the loss of the arc cosine near a straight line.

    Examples
    --------
    >>> angles_between(np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 2.0, 0.0]])).tolist()
    [90.0]
    """
    across = np.linalg.norm(np.cross(one, two), axis=1)
    return np.asarray(np.degrees(np.arctan2(across, np.einsum("ij,ij->i", one, two))))


def bond_angles(
    atoms: Atoms, kind: str, cutoffs_angstrom: Mapping[tuple[str, str], float], bin_deg: float = 2.0
) -> BondAngles:
    """Distribution of the angles of one kind.

    Parameters
    ----------
    atoms
        Structure in any cell.
    kind
        End, vertex, end: ``"O-Si-O"`` or ``"Si-O-Al"``.
    cutoffs_angstrom
        Longest bonds by elements, in any order.
    bin_deg
        Width of the bins.

    Raises
    ------
    InputError
        If the kind names no three elements, a bond has no cutoff, or no angle is found.

    Examples
    --------
    >>> from ase.build import bulk
    >>> found = bond_angles(bulk("ZnS", "zincblende", a=5.41), "S-Zn-S", {("Zn", "S"): 2.5})
    >>> found.n_angles, round(found.mean_deg, 3)
    (6, 109.471)
    """
    names = kind.split("-")
    width = check_positive(bin_deg, "bin_deg", "deg")
    if len(names) != 3 or not all(names):
        raise InputError(f"kind must be end-vertex-end, such as O-Si-O; got {kind!r}.")
    left, vertex, right = names
    known = {frozenset(pair): value for pair, value in cutoffs_angstrom.items()}
    missing = [f"{vertex}-{end}" for end in {left, right} if frozenset((vertex, end)) not in known]
    if missing:
        raise InputError(f"{kind} needs the longest bonds {', '.join(sorted(missing))} in cutoffs_angstrom.")
    vertices, ends, arms = _arms(atoms, vertex, {end: known[frozenset((vertex, end))] for end in {left, right}})
    one, two = arm_pairs(vertices)
    fits = ((ends[one] == left) & (ends[two] == right)) | ((ends[one] == right) & (ends[two] == left))
    angles = angles_between(arms[one[fits]], arms[two[fits]])
    if not len(angles):
        raise InputError(f"the structure has no angle {kind} with these bonds; take longer ones.")
    edges = np.linspace(0.0, 180.0, max(1, round(180.0 / width)) + 1)
    density = np.histogram(angles, edges)[0] / len(angles) / np.diff(edges)
    random = -np.diff(np.cos(np.radians(edges))) / 2.0 / np.diff(edges)
    return BondAngles(
        kind=kind,
        n_angles=len(angles),
        mean_deg=float(angles.mean()),
        std_deg=float(angles.std()),
        edges_deg=edges,
        density_per_deg=density,
        per_solid_angle=density / random,
    )


def _arms(
    atoms: Atoms, vertex: str, cutoffs: Mapping[str, float]
) -> tuple[NDArray[np.int64], NDArray[np.str_], Floats]:
    """Vertex, element of the end, and vector of every bond from an atom of the vertex's element."""
    pairs = pair_list(atoms, {(vertex, end): value for end, value in cutoffs.items()})
    vectors = pairs.vectors(atoms.positions, np.asarray(atoms.cell))
    symbols = np.array(atoms.get_chemical_symbols())
    vertices, ends, arms = [], [], []
    for one, two, sign in ((pairs.first, pairs.second, 1.0), (pairs.second, pairs.first, -1.0)):
        chosen = (symbols[one] == vertex) & np.isin(symbols[two], list(cutoffs))
        vertices.append(one[chosen].astype(np.int64))
        ends.append(symbols[two[chosen]])
        arms.append(sign * vectors[chosen])
    return np.concatenate(vertices), np.concatenate(ends), np.concatenate(arms)
