"""Speed of displacements in a perovskite: the map once, fixed lists for every frame, against searches by distance."""

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from entrox.order.bonds.bonds import bond_splitting
from entrox.order.displacement.displacement import DisplacementSeries
from entrox.order.displacement.frame_chunks import frame_chunks
from entrox.order.displacement.projection import project_columns, projected_displacements
from entrox.order.lattice import fit_lattice

LATTICE = 4.0


def trajectory(cells, count, seed=0):
    """Frames of a (Ba,Ca)(Ti,Sn)O3 box with thermal noise, in random order of the atoms."""
    rng = np.random.default_rng(seed)
    corners = np.stack(np.meshgrid(*[np.arange(cells)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    places = [corners, corners + 0.5] + [corners + 0.5 + 0.5 * np.eye(3)[k] for k in range(3)]
    size = len(corners)
    symbols = np.concatenate([rng.choice(["Ba", "Ca"], size), rng.choice(["Ti", "Sn"], size), ["O"] * (3 * size)])
    order = rng.permutation(5 * size)
    ideal = LATTICE * np.concatenate(places)[order]
    cell = LATTICE * cells * np.eye(3)
    return [
        Atoms(symbols[order], positions=ideal + rng.normal(0.0, 0.1, ideal.shape), cell=cell, pbc=True)
        for _ in range(count)
    ]


def both_sites(frames):
    """Map and displacements of both sites in one pass."""
    found = fit_lattice(frames[0])
    series = [DisplacementSeries(found, site) for site in "AB"]
    for chunk in frame_chunks(frames, found):
        for item in series:
            item.add(chunk)
    return [item.result() for item in series]


def by_distance(atoms):
    """Displacements of one frame by a search for neighbors and the nearest of them, site by site."""
    first, second, vectors, lengths = neighbor_list("ijDd", atoms, 3.6)
    symbols = np.array(atoms.get_chemical_symbols())
    bonds = symbols[second] == "O"
    first, vectors, lengths = first[bonds], vectors[bonds], lengths[bonds]
    starts = np.searchsorted(first, np.arange(len(atoms) + 1))
    found = np.full((len(atoms), 3), np.nan)
    for atom in np.flatnonzero(symbols != "O"):
        rows = slice(starts[atom], starts[atom + 1])
        near = np.argsort(lengths[rows])[: 12 if symbols[atom] in ("Ba", "Ca") else 6]
        found[atom] = -vectors[rows][near].mean(axis=0)
    return found


class Displacements:
    """Both sites of 10 frames; the requirement is 1 s for 15 x 15 x 15 cells."""

    params = ([8, 15], [10])
    param_names = ("cells", "frames")

    def setup(self, cells, frames):
        self.frames = trajectory(cells, frames)
        both_sites(self.frames[:1])
        self.map = fit_lattice(self.frames[0])

    def time_map(self, cells, frames):
        fit_lattice(self.frames[0])

    def time_map_and_displacements(self, cells, frames):
        both_sites(self.frames)

    def time_bonds(self, cells, frames):
        bond_splitting(self.frames, self.map, "Ti", by=("Sn", "Ca"))

    def time_columns(self, cells, frames):
        projected_displacements(project_columns(self.frames, self.map))

    def peakmem_map_and_displacements(self, cells, frames):
        both_sites(self.frames)

    def track_error(self, cells, frames):
        """Largest difference from the search by distance, in a frame where that finds the right cages."""
        frame = trajectory(cells, 1, seed=1)[0]
        found = fit_lattice(frame)
        slow = by_distance(frame)
        a, b = both_sites([frame])
        return max(
            float(np.median(np.abs(item.vectors_angstrom[0] - slow[atoms])))
            for item, atoms in ((a, found.a), (b, found.b))
        )
