r"""Displacements of one box beside what thermal motion alone gives.

Uncorrelated Gaussian displacements with variances :math:`u_i` of the cation and :math:`u_O` of its n anions per axis
have the mean length

.. math:: \langle |d| \rangle = \sqrt{8/\pi} \, \sqrt{u_i + u_O / n}

which no box falls below by being unpolar. Beside it stands the box with its displacements from the sites shuffled among
equal sites: the same distributions, but no correlation. Lengths in angstrom.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, Result, quantity
from entrox.order.displacement.cages import Site
from entrox.order.displacement.displacement import Displacements, displacements
from entrox.order.displacement.element_means import element_means
from entrox.order.lattice.lattice_map import LatticeMap

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["BoxAnalysis", "analyze_box", "thermal_floor"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SITES: tuple[Site, Site] = ("A", "B")
CAGE = {"A": 12, "B": 6}
ANGLE_EDGES_DEG: Floats = np.linspace(0.0, 180.0, 37)


@dataclass(frozen=True, kw_only=True)
class BoxAnalysis(Result):
    """One box. Elements are those of the A sites, then those of the B sites, alphabetical within each."""

    label: str
    elements: tuple[str, ...]
    sites: tuple[str, ...]
    count: Ints = quantity("1", "cations", axes=("element",))
    mean_modulus_angstrom: Floats = quantity("angstrom", "mean length of the displacements", axes=("element",))
    mean_modulus_error_angstrom: Floats = quantity(
        "angstrom", "standard error over the cations, taken as independent", axes=("element",)
    )
    taid_angstrom: Floats = quantity("angstrom", "length of the mean displacement", axes=("element",))
    mean_vector_angstrom: Floats = quantity("angstrom", "mean displacement", axes=("element", "component"))
    variance_angstrom2: Floats = quantity("angstrom^2", "variance about the average site, per axis", axes=("element",))
    anion_variance_angstrom2: float = quantity("angstrom^2", "variance of the anions about their sites, per axis")
    thermal_floor_angstrom: Floats = quantity(
        "angstrom", "mean length of uncorrelated Gaussians of these variances", axes=("element",)
    )
    shuffled_angstrom: Floats = quantity(
        "angstrom", "mean length with displacements shuffled among equal sites", axes=("element",)
    )
    angle_edges_deg: Floats = quantity("deg", "edges of the bins of the angle to [001]", axes=("edge",))
    angle_density: Floats = quantity("1/deg", "density of the angle to [001]", axes=("element", "bin"))
    angle_chance: Floats = quantity("1/deg", "the same for random directions", axes=("bin",))
    a: Displacements
    b: Displacements
    lattice_map: LatticeMap
    warnings: tuple[str, ...] = ()

    def displacements_of(self, element: str) -> Floats:
        """Displacements of one element [angstrom], shape ``(n, 3)``.

        Raises
        ------
        InputError
            If there is no such cation.
        """
        for found in (self.a, self.b):
            chosen = np.array(found.elements) == element
            if chosen.any():
                vectors: Floats = found.vectors_angstrom[0, chosen & found.valid]
                return vectors
        raise InputError(f"no cation {element!r}; the box has {', '.join(self.elements)}.")


def thermal_floor(variance_angstrom2: float, anion_variance_angstrom2: float, members: int) -> float:
    """Mean length of the displacement of a cation off its cage for uncorrelated Gaussian motion [angstrom].

    Parameters
    ----------
    variance_angstrom2, anion_variance_angstrom2
        Variances of cation and anions per axis.
    members
        Anions of the cage: 12 around A, 6 around B.

    Examples
    --------
    >>> round(thermal_floor(0.005, 0.005, 6), 4)
    0.1219
    """
    return float(np.sqrt(8.0 / np.pi) * np.sqrt(variance_angstrom2 + anion_variance_angstrom2 / members))


def analyze_box(
    atoms: Atoms, lattice_map: LatticeMap, rng: np.random.Generator, *, label: str = "", shuffles: int = 1
) -> BoxAnalysis:
    """Displacements of a box, their thermal floor and their shuffled null.

    Parameters
    ----------
    atoms
        Box of a perovskite.
    lattice_map
        Its map, from :func:`entrox.order.fit_lattice`.
    rng
        Shuffles.
    label
        Name of the box.
    shuffles
        Shuffled boxes to average.
    """
    found = {site: displacements(atoms, lattice_map, site) for site in SITES}
    means = {site: element_means(item) for site, item in found.items()}
    away, groups = _from_sites(atoms, lattice_map)
    symbols = np.array(atoms.get_chemical_symbols())
    elements = tuple(name for site in ("A", "B") for name in means[site].elements)
    sites = tuple(site for site in ("A", "B") for _ in means[site].elements)
    variance = np.array([_variance(away[(symbols == name) & (groups == "AB".index(s))]) for name, s in
                         zip(elements, sites, strict=True)])  # fmt: skip
    anions = float(np.mean([_variance(away[groups == number]) for number in (2, 3, 4)]))
    moduli = {name: np.linalg.norm(_vectors_of(found, name), axis=1) for name in elements}
    density, chance = _angles(found, elements, lattice_map.axes)
    return BoxAnalysis(
        label=label,
        elements=elements,
        sites=sites,
        count=np.concatenate([means[site].count for site in ("A", "B")]),
        mean_modulus_angstrom=np.concatenate([means[site].mean_modulus_angstrom for site in ("A", "B")]),
        mean_modulus_error_angstrom=np.array([np.std(moduli[name]) / np.sqrt(len(moduli[name])) for name in elements]),
        taid_angstrom=np.concatenate([means[site].taid_angstrom for site in ("A", "B")]),
        mean_vector_angstrom=np.concatenate([means[site].mean_vector_angstrom for site in ("A", "B")]),
        variance_angstrom2=variance,
        anion_variance_angstrom2=anions,
        thermal_floor_angstrom=np.array(
            [thermal_floor(u, anions, CAGE[site]) for u, site in zip(variance, sites, strict=True)]
        ),
        shuffled_angstrom=_shuffled(atoms, lattice_map, away, groups, elements, rng, shuffles),
        angle_edges_deg=ANGLE_EDGES_DEG,
        angle_density=density,
        angle_chance=chance,
        a=found["A"],
        b=found["B"],
        lattice_map=lattice_map,
        warnings=tuple(
            dict.fromkeys([*lattice_map.warnings, *(note for item in found.values() for note in item.warnings)])
        ),
    )


def _vectors_of(found: Mapping[Site, Displacements], element: str) -> Floats:
    for item in found.values():
        chosen = np.array(item.elements) == element
        if chosen.any():
            vectors: Floats = item.vectors_angstrom[0, chosen & item.valid]
            return vectors
    raise InputError(f"no cation {element!r}.")


def _from_sites(atoms: Atoms, lattice_map: LatticeMap) -> tuple[Floats, Ints]:
    """Displacement of every atom from its average site [angstrom], and the number of its site: A, B, three anions."""
    box = np.asarray(atoms.cell, dtype=float)
    groups = np.full(len(atoms), -1, dtype=np.int64)
    away = np.full((len(atoms), 3), np.nan)
    scaled = atoms.get_positions() @ np.linalg.inv(box)
    for number, members in enumerate((lattice_map.a, lattice_map.b, *lattice_map.x.T)):
        there = members >= 0
        cells = scaled[members[there]] @ lattice_map.matrix - lattice_map.cells[there]
        # sites near a border of the cell scatter to both sides of it: their mean is one on a circle
        turns = np.angle(np.exp(2j * np.pi * cells).mean(axis=0)) / (2.0 * np.pi)
        apart = cells - turns
        apart -= np.rint(apart)
        # the mean on a circle is not that of the positions if their spread is lopsided
        apart -= apart.mean(axis=0)
        away[members[there]] = apart @ lattice_map.matrix_inverse @ box
        groups[members[there]] = number
    return away, groups


def _variance(vectors: Floats) -> float:
    """Mean variance of the three components."""
    return float(vectors.var(axis=0).mean())


def _angles(found: Mapping[Site, Displacements], elements: tuple[str, ...], axes: Floats) -> tuple[Floats, Floats]:
    """Density of the angle to the third pseudo-cubic axis by element, and that of random directions [1/deg]."""
    widths = np.diff(ANGLE_EDGES_DEG)
    rows = []
    for name in elements:
        vectors = _vectors_of(found, name) @ axes.T
        length = np.linalg.norm(vectors, axis=1)
        cosine = np.clip(vectors[length > 0.0, 2] / length[length > 0.0], -1.0, 1.0)
        counts = np.histogram(np.degrees(np.arccos(cosine)), ANGLE_EDGES_DEG)[0]
        rows.append(counts / max(int(counts.sum()), 1) / widths)
    chance = -np.diff(np.cos(np.radians(ANGLE_EDGES_DEG))) / 2.0 / widths
    return np.array(rows), chance


def _shuffled(
    atoms: Atoms,
    lattice_map: LatticeMap,
    away: Floats,
    groups: Ints,
    elements: tuple[str, ...],
    rng: np.random.Generator,
    shuffles: int,
) -> Floats:
    """Mean length by element after displacements were shuffled among sites of one kind with one element."""
    symbols = np.array(atoms.get_chemical_symbols())
    box = atoms.copy()
    sums = np.zeros(len(elements))
    for _ in range(shuffles):
        moved = away.copy()
        for number in range(5):
            for name in sorted(set(symbols[groups == number])):
                members = np.flatnonzero((groups == number) & (symbols == name))
                moved[members] = away[rng.permutation(members)]
        box.set_positions(atoms.get_positions() - np.nan_to_num(away) + np.nan_to_num(moved))
        found = {site: displacements(box, lattice_map, site) for site in SITES}
        sums += [float(np.linalg.norm(_vectors_of(found, name), axis=1).mean()) for name in elements]
    return np.asarray(sums / shuffles)
