"""Growth in the field of its own cluster: the Laplacian limit on a radial lattice.

With equal bond energies and xi = 1 the rule of the front is the dielectric breakdown model, whose clusters in two
dimensions have the fractal dimension 1.7 (Niemeyer, Pietronero, Wiesmann, Phys. Rev. Lett. 52, 1033 (1984)); a large xi
grows a straight line. The lattice is a disk of 2 x 10^4 bonds with the seed at its middle and the other electrode
around it; potentials come from the kernels of the room.
"""

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.linalg import splu

from entrox.breakdown import _kernels
from entrox.breakdown.cluster_potential import _kernels as potential
from entrox.core import generator

RADIUS = 58


class RadialLattice:
    """Square lattice in a disk; its rim is the second electrode."""

    def __init__(self, radius=RADIUS):
        axis = np.arange(-radius - 1, radius + 2)
        grid = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
        grid = grid[np.hypot(*grid.T) <= radius + 1]
        self.positions = grid.astype(float)
        index = {tuple(point): k for k, point in enumerate(grid.tolist())}
        self.bonds = np.array(
            [
                (k, index[(x + dx, y + dy)])
                for (x, y), k in index.items()
                for dx, dy in ((1, 0), (0, 1))
                if (x + dx, y + dy) in index
            ]
        )
        self.center = index[(0, 0)]
        self.distance = np.hypot(*self.positions.T)
        n_sites = len(grid)
        self.held = np.where(self.distance > radius, 1, 0)
        self.held[self.center] = -1
        start, end = self.bonds.T
        rows, columns = np.concatenate([start, end, start, end]), np.concatenate([end, start, start, end])
        values = np.repeat([-1.0, 1.0], 2 * len(start))
        matrix = coo_array((values, (rows, columns)), shape=(n_sites, n_sites)).tocsr()
        self.free = np.flatnonzero(self.held == 0)
        self.factor = splu(matrix[self.free][:, self.free].tocsc())
        self.bare = np.where(self.held > 0, 1.0, 0.0)
        self.bare[self.free] = self.factor.solve(-(matrix[self.free] @ self.bare))
        order = np.argsort(self.bonds.ravel(), kind="stable")
        self.bond_list = order // 2
        self.bond_start = np.concatenate([[0], np.cumsum(np.bincount(self.bonds.ravel(), minlength=n_sites))])

    def laplace(self, size=4000):
        n_sites = len(self.positions)
        return potential.Laplace(
            # Filled row by row as ions join; most rows are never touched.
            green=np.empty((n_sites, n_sites)),
            relative=np.zeros((1, 1), dtype=np.int64),
            shape=np.array([n_sites, 1]),
            bare=self.bare,
            held=self.held.astype(np.int64),
            rows=np.empty((size, n_sites)),
            members=np.zeros(size, dtype=np.int64),
            ones=np.zeros(size),
            zeros=np.zeros(size),
            one_sum=np.zeros(n_sites),
            zero_sum=np.zeros(n_sites),
            size=np.zeros(1, dtype=np.int64),
            level=np.array([0.0]),
            potential=self.bare.copy(),
            lengths=np.ones(len(self.bonds)),
            bare_square=np.ones(n_sites),
            factor=np.ones(n_sites),
            is_cation=np.zeros(n_sites, dtype=bool),
            candidates=np.zeros(0, dtype=np.int64),
            ratios=np.zeros(0),
            counters=np.zeros(2, dtype=np.int64),
        )

    def network(self):
        none = np.zeros(len(self.positions), dtype=bool)
        return _kernels.Network(self.bonds, self.bond_start, self.bond_list, none, none)

    def grow(self, exponent, reach, rng):
        """Grow a cluster until it reaches ``reach``; returns the distances of its ions from the seed, in order."""
        laplace, network = self.laplace(), self.network()
        inside = np.zeros(len(self.positions), dtype=bool)
        inside[self.center] = True
        members = [self.center]
        while self.distance[members[-1]] < reach:
            crossing = np.flatnonzero(inside[self.bonds[:, 0]] != inside[self.bonds[:, 1]])
            drop = np.abs(np.diff(laplace.potential[self.bonds[crossing]], axis=1))[:, 0]
            # Logarithms keep large exponents finite.
            weights = np.exp(exponent * (np.log(np.maximum(drop, 1e-300)) - np.log(drop.max())))
            bond = self.bonds[crossing[rng.choice(len(crossing), p=weights / weights.sum())]]
            new = int(bond[1] if inside[bond[0]] else bond[0])
            unit = np.zeros(len(self.free))
            unit[np.searchsorted(self.free, new)] = 1.0
            laplace.green[new] = 0.0
            laplace.green[new, self.free] = self.factor.solve(unit)
            potential.join_cluster(new, laplace)
            potential.update_potential(laplace, network)
            inside[new] = True
            members.append(new)
        return self.distance[members]


@pytest.fixture(scope="module")
def lattice():
    return RadialLattice()


def dimension(distances):
    """Slope of the logarithm of the mass within a radius, from a few lattice steps to half the cluster."""
    radii = np.geomspace(4.0, 0.55 * distances.max(), 12)
    mass = [(distances <= radius).sum() for radius in radii]
    return np.polyfit(np.log(radii), np.log(mass), 1)[0]


def test_lattice_has_the_size_it_should(lattice):
    assert len(lattice.bonds) >= 10_000


@pytest.mark.long
def test_clusters_of_the_laplacian_limit_have_the_fractal_dimension_of_dielectric_breakdown(lattice):
    values = [dimension(lattice.grow(1.0, 44.0, generator(1, k))) for k in range(5)]
    assert np.mean(values) == pytest.approx(1.7, abs=0.1)


def test_large_exponent_grows_a_straight_line(lattice):
    distances = lattice.grow(40.0, 40.0, generator(1))
    # At most the steps of a diagonal: the square root of two times the distance.
    assert len(distances) <= 40 * np.sqrt(2)
    assert dimension(distances) == pytest.approx(1.0, abs=0.15)


def test_exponent_zero_grows_a_compact_cluster(lattice):
    distances = lattice.grow(0.0, 22.0, generator(1))
    assert dimension(distances) == pytest.approx(2.0, abs=0.15)
