r"""Mosaics: crystal grains of chosen sizes and random orientations in a glass.

Grains are spheres, or the cells of space that are nearest to their centers (Voronoi). A grain is cut out of the turned
crystal, the glass fills the rest. What is too close where they meet is taken out as whole formula units, so that the
composition stays as it was and the charge balanced. Lengths in angstrom.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import gcd
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from entrox.core import ConvergenceError, InputError, check_all_positive, check_in_range, check_positive

if TYPE_CHECKING:
    from ase import Atoms

__all__ = ["CRYSTAL", "GLASS", "build_mosaic"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GLASS, CRYSTAL = 0, 1
"""Values of the array ``phase``."""
CENTRAL_IMAGE = 13
"""Place of the box itself among its 27 images."""
TRIALS = 20_000
"""Attempts to place a sphere beside the others."""


def build_mosaic(
    crystal: Atoms,
    glass: Atoms,
    volume_fraction: float,
    grain_diameter_angstrom: ArrayLike,
    *,
    rng: np.random.Generator,
    min_distance: float = 1.5,
    shape: Literal["sphere", "voronoi"] = "sphere",
) -> Atoms:
    """Put crystal grains into a glass.

    Parameters
    ----------
    crystal
        Unit cell of the crystal, periodic.
    glass
        Periodic box; its cell is that of the mosaic.
    volume_fraction
        Share of the box that is to be crystal, 0 to 1, 1 excluded.
    grain_diameter_angstrom
        Diameter of all grains, or several from which one is drawn for each grain. For Voronoi grains it sets their
        number: a grain has the volume of a sphere of the diameter.
    rng
        Draws places, sizes and orientations.
    min_distance
        Least distance between an atom of a grain and one of the glass or of another grain.
    shape
        ``sphere``, or ``voronoi``: the box is divided among seeds, and grains are cells of seeds until the share is
        reached.

    Returns
    -------
    Atoms
        Arrays: ``phase`` (0 glass, 1 crystal) and ``grain`` (0 in the glass, else the number of the grain from 1).
        ``info["mosaic"]`` holds the share of the atoms that are crystal, the grains' diameters, and how many formula
        units were taken out.

    Raises
    ------
    InputError
        If crystal and glass have different compositions, are not periodic, or a value is outside its range.
    ConvergenceError
        If the spheres find no room; ``voronoi`` can fill any share.
    """
    unit = _formula_unit(crystal, glass)
    share = check_in_range(volume_fraction, "volume_fraction", low=0.0, high=1.0, high_open=True)
    diameters = np.atleast_1d(check_all_positive(grain_diameter_angstrom, "grain_diameter_angstrom", "angstrom"))
    least = check_positive(min_distance, "min_distance", "angstrom")
    if shape not in ("sphere", "voronoi"):
        raise InputError(f"shape must be sphere or voronoi; got {shape!r}.")
    placed = _spheres if shape == "sphere" else _voronoi_cells
    grains = placed(glass.cell.array, share, diameters, rng)
    mosaic = _filled(crystal, glass, grains, rng)
    removed = _without_contacts(mosaic, least, unit, rng)
    mosaic.info["mosaic"] = {
        "crystal_atoms": float((mosaic.get_array("phase") == CRYSTAL).mean()),
        "diameters_angstrom": [2.0 * radius for radius in grains.radii],
        "shape": shape,
        "formula_units_removed": removed,
    }
    return mosaic


@dataclass(frozen=True)
class _Grains:
    """Centers in the box, radii or reaches [angstrom], and for Voronoi cells all seeds, the grains first."""

    cell: Floats
    centers: Floats
    radii: list[float]
    reach: Floats
    seeds: Floats | None = None

    def owner(self, places: Floats, *, unwrapped: bool = False) -> Ints:
        """Return the number of the grain that owns each place, from 1, or 0.

        With ``unwrapped`` only the image of a grain counts whose center stands in the box.
        """
        if not len(self.centers):
            return np.zeros(len(places), dtype=np.int64)
        points = self.centers if self.seeds is None else self.seeds
        distance, index = cKDTree(_images(points, self.cell)).query(places)
        number = index % len(points)
        owned = number < len(self.centers)
        if self.seeds is None:
            owned &= distance <= np.array(self.radii)[number]
        if unwrapped:
            owned &= index // len(points) == CENTRAL_IMAGE
        return np.where(owned, number + 1, 0).astype(np.int64)


def _formula_unit(crystal: Atoms, glass: Atoms) -> dict[str, int]:
    """Return the smallest neutral unit that both consist of."""
    if not (crystal.pbc.all() and glass.pbc.all()):
        raise InputError("crystal and glass must be periodic in all directions.")
    units = []
    for atoms in (crystal, glass):
        counts = Counter(atoms.get_chemical_symbols())
        divisor = reduce(gcd, counts.values())
        units.append({name: n // divisor for name, n in sorted(counts.items())})
    if units[0] != units[1]:
        raise InputError(f"crystal and glass must have one composition; got {units[0]} and {units[1]}.")
    return units[0]


def _spheres(cell: Floats, share: float, diameters: Floats, rng: np.random.Generator) -> _Grains:
    """Place spheres that do not overlap until their volume is as near to the share as it gets."""
    wanted = share * abs(float(np.linalg.det(cell)))
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    if diameters.max() >= heights.min() and share > 0.0:
        raise InputError(
            f"a grain of {diameters.max():g} angstrom does not fit into a box {heights.min():.4g} angstrom high; take "
            "a larger box of glass."
        )
    radii, filled = list[float](), 0.0
    while True:
        radius = 0.5 * float(rng.choice(diameters))
        volume = 4.0 / 3.0 * np.pi * radius**3
        if filled + 0.5 * volume > wanted:
            break
        radii.append(radius)
        filled += volume
    if share > 0.0 and not radii:
        raise InputError(f"half a grain of {diameters.min():g} angstrom is more than the share {share:g} of the box.")
    centers = np.empty((0, 3))
    # the largest first: the small ones find the gaps
    radii.sort(reverse=True)
    for number, radius in enumerate(radii):
        for _ in range(TRIALS):
            center = rng.random(3) @ cell
            gaps = _periodic_distance(centers, center, cell) - np.array(radii[:number]) - radius
            if (gaps > 0.0).all():
                centers = np.vstack([centers, center])
                break
        else:
            raise ConvergenceError(
                f"no room for {len(radii)} spheres on {share:g} of the box; take shape='voronoi' or a smaller share.",
                centers,
            )
    return _Grains(cell, centers, radii, np.array(radii))


def _voronoi_cells(cell: Floats, share: float, diameters: Floats, rng: np.random.Generator) -> _Grains:
    """Divide the box among seeds, and take cells until their volume, counted on a grid, reaches the share."""
    volume = abs(float(np.linalg.det(cell)))
    mean = float((np.pi / 6.0 * diameters**3).mean())
    n_seeds = max(2, round(volume / mean))
    seeds = rng.random((n_seeds, 3)) @ cell
    steps = np.maximum(8, np.rint(np.linalg.norm(cell, axis=1))).astype(int)
    grid = np.stack(np.meshgrid(*((np.arange(n) + 0.5) / n for n in steps), indexing="ij"), axis=-1).reshape(-1, 3)
    found, index = cKDTree(_images(seeds, cell)).query(grid @ cell)
    distance, owner = np.asarray(found), index % n_seeds
    shares = np.bincount(owner, minlength=n_seeds) / len(grid)
    order = rng.permutation(n_seeds)
    filled = np.concatenate([[0.0], np.cumsum(shares[order])])
    chosen = order[: int(np.abs(filled - share).argmin())]
    radii = [float((3.0 * s * volume / (4.0 * np.pi)) ** (1.0 / 3.0)) for s in shares[chosen]]
    # a point of a cell may lie beyond the last grid point by a diagonal of the grid
    margin = float(np.linalg.norm(np.linalg.norm(cell, axis=1) / steps))
    reach = np.array([distance[owner == seed].max(initial=0.0) + margin for seed in chosen])
    return _Grains(cell, seeds[chosen], radii, reach, seeds[order])


def _images(points: Floats, cell: Floats) -> Floats:
    """Return points and their images in the boxes around, image by image, shape ``(27 n_points, 3)``."""
    shifts = np.array(list(product((-1, 0, 1), repeat=3)), dtype=float) @ cell
    return np.asarray((points[None] + shifts[:, None]).reshape(-1, 3))


def _periodic_distance(places: Floats, point: Floats, cell: Floats) -> Floats:
    """Distance of places to the nearest image of a point, shape ``(n_places,)``."""
    images = _images(point[None], cell)
    return np.asarray(np.linalg.norm(places[:, None] - images[None], axis=2).min(axis=1))


def _filled(crystal: Atoms, glass: Atoms, grains: _Grains, rng: np.random.Generator) -> Atoms:
    """Return the glass outside the grains and the turned crystal inside."""
    from ase import Atoms

    outside = grains.owner(glass.positions) == 0
    numbers, places = [glass.numbers[outside]], [glass.positions[outside]]
    labels = [np.zeros(int(outside.sum()), dtype=np.int64)]
    for number, center in enumerate(grains.centers, start=1):
        found, positions = _turned_piece(crystal, center, float(grains.reach[number - 1]), rng)
        mine = grains.owner(positions, unwrapped=True) == number
        numbers.append(found[mine])
        places.append(positions[mine])
        labels.append(np.full(int(mine.sum()), number))
    mosaic = Atoms(np.concatenate(numbers), positions=np.concatenate(places), cell=glass.cell, pbc=True)
    mosaic.wrap()
    grain = np.concatenate(labels)
    mosaic.set_array("grain", grain)
    mosaic.set_array("phase", (grain > 0).astype(np.int64))
    return mosaic


def _turned_piece(crystal: Atoms, center: Floats, reach: float, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return a ball of the crystal in a random orientation around a center: numbers and places."""
    from scipy.spatial.transform import Rotation

    turn = Rotation.random(random_state=rng).as_matrix()
    cell = crystal.cell.array
    heights = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    spans = (np.ceil(reach / heights) + 1).astype(int)
    shifts = np.array(list(product(*(range(-n, n + 1) for n in spans.tolist()))), dtype=float)
    offset = rng.random(3)
    fractions = (crystal.get_scaled_positions() + offset)[None] + shifts[:, None]
    places = fractions.reshape(-1, 3) @ cell
    near = np.linalg.norm(places, axis=1) <= reach
    return np.tile(crystal.numbers, len(shifts))[near], places[near] @ turn.T + center


def _without_contacts(mosaic: Atoms, least: float, unit: dict[str, int], rng: np.random.Generator) -> int:
    """Take out contacts, then what restores whole formula units; return how many units that were."""
    before = Counter(mosaic.get_chemical_symbols())
    grain = mosaic.get_array("grain")
    pairs = _contacts(mosaic, least)
    drop = np.zeros(len(mosaic), dtype=bool)
    for first, second in pairs[grain[pairs[:, 0]] != grain[pairs[:, 1]]]:
        if not (drop[first] or drop[second]):
            # the glass gives way: a hole in a crystal is a defect that was not asked for
            drop[second if grain[second] == GLASS else first] = True
    keep = _balanced(mosaic, ~drop, unit, rng)
    after = Counter(np.array(mosaic.get_chemical_symbols())[keep].tolist())
    del mosaic[~keep]
    largest = max(before[name] // n for name, n in unit.items())
    return largest - after[next(iter(unit))] // unit[next(iter(unit))]


def _contacts(mosaic: Atoms, least: float) -> Ints:
    """Return pairs of atoms closer than the least distance, images counted, shape ``(n_pairs, 2)``."""
    from ase.neighborlist import neighbor_list

    first, second = neighbor_list("ij", mosaic, least)
    return np.asarray(np.stack([first, second], axis=1)[first < second], dtype=np.int64)


def _balanced(
    mosaic: Atoms, keep: NDArray[np.bool_], unit: dict[str, int], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return what is kept so that whole formula units are left; the surplus is taken at the borders of the glass."""
    symbols = np.array(mosaic.get_chemical_symbols())
    units = min(int((keep & (symbols == name)).sum()) // n for name, n in unit.items())
    if units == 0:
        raise InputError("no formula unit is left; take a smaller min_distance or a larger box.")
    kept = keep.copy()
    border = _border_distance(mosaic, keep)
    for name, n in unit.items():
        of_kind = np.flatnonzero(kept & (symbols == name))
        surplus = len(of_kind) - n * units
        # nearest to another region first; equal ones by lot
        order = np.lexsort((rng.random(len(of_kind)), border[of_kind]))
        kept[of_kind[order[:surplus]]] = False
    return kept


def _border_distance(mosaic: Atoms, keep: NDArray[np.bool_]) -> Floats:
    """Return for each atom of the glass its distance to the nearest grain; atoms of grains come last."""
    phase = mosaic.get_array("phase")
    inside = np.flatnonzero(keep & (phase == CRYSTAL))
    distance = np.full(len(mosaic), np.inf)
    if not len(inside):
        return distance
    images = _images(mosaic.positions[inside], mosaic.cell.array)
    glass = phase == GLASS
    distance[glass] = cKDTree(images).query(mosaic.positions[glass])[0]
    return distance
