r"""What the symmetry of a cell leaves free: its shape, coordinates, and tensors of thermal motion.

An operation takes fractional coordinates x to W x + w. A vector, tensor or strain that may change without breaking the
symmetry is left alone by the mean of all operations of its site (or of the crystal); its independent components are
found by elimination. Rows of the lattice are the cell vectors. Units: angstrom.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from entrox.core import InputError, check_positive

__all__ = ["CellSymmetry", "cell_symmetry", "free_components", "lattice_modes", "lattice_numbers"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TENSOR_COMPONENTS = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
LATTICE_NAMES = ("a", "b", "c", "alpha", "beta", "gamma")
SMALL = 1e-6


@dataclass(frozen=True)
class CellSymmetry:
    """Operations of a cell.

    Parameters
    ----------
    rotations
        W, shape ``(n_operations, 3, 3)``.
    images
        Which atom each operation takes each atom to, shape ``(n_operations, n_atoms)``.
    orbits
        Lowest number among the atoms that are equivalent to each, shape ``(n_atoms,)``.
    """

    rotations: Ints
    images: Ints
    orbits: Ints

    def cartesian(self, lattice: Floats) -> Floats:
        """Operations on Cartesian columns, shape ``(n_operations, 3, 3)``."""
        return np.asarray(lattice.T @ self.rotations @ np.linalg.inv(lattice.T))

    def coordinate_modes(self, orbit: int) -> tuple[tuple[int, Floats], ...]:
        """Free coordinates of an orbit: axis of each, and the changes of all atoms with it, shape ``(n_atoms, 3)``."""
        keep = self.images[:, orbit] == orbit
        basis, axes = free_components(self.rotations[keep].mean(axis=0))
        modes = []
        for vector, axis in zip(basis, axes, strict=True):
            mode = np.zeros((len(self.orbits), 3))
            for rotation, image in zip(self.rotations, self.images[:, orbit], strict=True):
                mode[image] = rotation @ vector
            modes.append((axis, mode))
        return tuple(modes)

    def tensor_modes(self, orbit: int, lattice: Floats) -> tuple[tuple[int, Floats], ...]:
        """Free tensor components of an orbit: number of each, and all tensors with it, shape ``(n_atoms, 3, 3)``."""
        rotations = self.cartesian(lattice)
        keep = self.images[:, orbit] == orbit
        basis, components = free_components(_on_tensors(rotations[keep]).mean(axis=0))
        modes = []
        for vector, component in zip(basis, components, strict=True):
            tensor = _tensor(vector)
            mode = np.zeros((len(self.orbits), 3, 3))
            for rotation, image in zip(rotations, self.images[:, orbit], strict=True):
                mode[image] = rotation @ tensor @ rotation.T
            modes.append((component, mode))
        return tuple(modes)

    def floating_axes(self) -> tuple[int, ...]:
        """Axes along which the whole crystal may be moved: its origin is free there."""
        return free_components(self.rotations.mean(axis=0))[1]


def cell_symmetry(lattice: Floats, positions: Floats, kinds: Ints, tolerance_angstrom: float = 1e-3) -> CellSymmetry:
    """Operations that leave a cell as it is.

    Parameters
    ----------
    lattice
        Cell vectors as rows [angstrom], shape ``(3, 3)``.
    positions
        Fractional coordinates, shape ``(n_atoms, 3)``.
    kinds
        What stands on each site, shape ``(n_atoms,)``.
    tolerance_angstrom
        Distance within which two places are the same.

    Raises
    ------
    InputError
        If two atoms lie on one place.
    """
    tolerance = check_positive(tolerance_angstrom, "tolerance_angstrom", "angstrom")
    apart = _distances(positions[:, None] - positions[None], lattice) + np.eye(len(positions)) * 1e3
    if apart.min() < tolerance:
        one, two = np.unravel_index(int(apart.argmin()), apart.shape)
        raise InputError(f"atoms {one} and {two} of the structure lie on one place; merge them into one shared site.")
    names, counts = np.unique(kinds, return_counts=True)
    rare = np.flatnonzero(kinds == names[counts.argmin()])
    rotations, images = [], []
    for rotation in _lattice_rotations(lattice, tolerance):
        turned = positions @ rotation.T
        for target in rare:
            image = _images(turned + positions[target] - turned[rare[0]], positions, kinds, lattice, tolerance)
            if image is not None:
                rotations.append(rotation)
                images.append(image)
    all_images = np.array(images)
    return CellSymmetry(rotations=np.array(rotations), images=all_images, orbits=all_images.min(axis=0))


def _lattice_rotations(lattice: Floats, tolerance: float) -> Ints:
    """Whole matrices with entries -1, 0, 1 that keep all lengths and angles."""
    metric = lattice @ lattice.T
    columns = np.array(list(product((-1, 0, 1), repeat=3)), dtype=np.int64)
    length = np.sqrt(np.einsum("ni,ij,nj->n", columns, metric, columns))
    # A column of W holds the coordinates of the image of a cell vector: it is as long as that vector.
    fitting = [columns[np.abs(length - np.sqrt(metric[k, k])) < tolerance] for k in range(3)]
    found = []
    for trio in product(*fitting):
        rotation = np.stack(trio, axis=1)
        error = np.abs(rotation.T @ metric @ rotation - metric).max() / np.sqrt(metric.diagonal().max())
        if abs(round(float(np.linalg.det(rotation)))) == 1 and error < tolerance:
            found.append(rotation)
    return np.array(found)


def _distances(difference: Floats, lattice: Floats) -> Floats:
    return np.asarray(np.linalg.norm((difference - np.round(difference)) @ lattice, axis=-1))


def _images(moved: Floats, positions: Floats, kinds: Ints, lattice: Floats, tolerance: float) -> Ints | None:
    """Atom on which each moved atom falls; None if one falls on none of its kind."""
    near = _distances(moved[:, None] - positions[None], lattice) < tolerance
    near &= kinds[:, None] == kinds[None]
    return np.argmax(near, axis=1) if near.any(axis=1).all() else None


def free_components(projection: Floats) -> tuple[Floats, tuple[int, ...]]:
    """Independent components of what a projection leaves alone.

    Parameters
    ----------
    projection
        Shape ``(n, n)``.

    Returns
    -------
    basis, components
        Vectors in echelon form, shape ``(m, n)``: the coefficient of each is the value of its component.

    Examples
    --------
    On a threefold axis the three coordinates are one:

    >>> free_components(np.full((3, 3), 1 / 3))
    (array([[1., 1., 1.]]), (0,))
    """
    rows = np.array(projection, dtype=float).T
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        place = len(pivots)
        if place == len(rows):
            break
        best = place + int(np.argmax(np.abs(rows[place:, column])))
        if abs(rows[best, column]) < SMALL:
            continue
        rows[[place, best]] = rows[[best, place]]
        rows[place] /= rows[place, column]
        others = np.arange(len(rows)) != place
        rows[others] -= np.outer(rows[others, column], rows[place])
        pivots.append(column)
    return np.where(np.abs(rows[: len(pivots)]) < SMALL, 0.0, rows[: len(pivots)]), tuple(pivots)


def _tensor(components: Floats) -> Floats:
    tensor = np.zeros((3, 3))
    for value, (i, j) in zip(components, TENSOR_COMPONENTS, strict=True):
        tensor[i, j] = tensor[j, i] = value
    return tensor


def _on_tensors(rotations: Floats) -> Floats:
    """Operations on the six components of a symmetric tensor, shape ``(n, 6, 6)``."""
    out = np.empty((len(rotations), 6, 6))
    for number, unit in enumerate(np.eye(6)):
        turned = rotations @ _tensor(unit) @ rotations.transpose(0, 2, 1)
        out[:, :, number] = np.stack([turned[:, i, j] for i, j in TENSOR_COMPONENTS], axis=1)
    return out


def lattice_numbers(lattice: Floats) -> Floats:
    """Lengths [angstrom] and angles [deg] of a cell: a, b, c, alpha, beta, gamma."""
    lengths = np.linalg.norm(lattice, axis=1)
    cosines = lattice @ lattice.T / np.outer(lengths, lengths)
    return np.concatenate([lengths, np.degrees(np.arccos(cosines[[1, 0, 0], [2, 2, 1]]))])


def lattice_modes(symmetry: CellSymmetry, lattice: Floats) -> tuple[tuple[str, Floats], ...]:
    """Free numbers of the cell: name of each, and the change of the lattice with it, shape ``(3, 3)``."""
    strains, _ = free_components(_on_tensors(symmetry.cartesian(lattice)).mean(axis=0))
    tensors = np.array([_tensor(strain) for strain in strains])
    start = lattice_numbers(lattice)
    tiny = 1e-5
    slopes = np.stack(
        [
            (lattice_numbers(lattice @ (np.eye(3) + tiny * e)) - lattice_numbers(lattice @ (np.eye(3) - tiny * e)))
            / (2.0 * tiny)
            for e in tensors
        ],
        axis=1,
    )
    # The first numbers of the cell that are independent of one another name the modes.
    _, chosen = free_components((slopes / np.maximum(start, 1.0)[:, None]) @ np.linalg.pinv(slopes / start[:, None]))
    inverse = np.linalg.inv(slopes[list(chosen)])
    modes = np.einsum("km,kij->mij", inverse, lattice @ tensors)
    return tuple((LATTICE_NAMES[number], mode) for number, mode in zip(chosen, modes, strict=True))
