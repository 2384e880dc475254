"""Speed, memory and exactness of the entropy of neighborhoods: CPU-seconds of the process, compiled before timing.

Random points, four species, 32 per nm^3. The rates and the ratio to scipy's cKDTree are measured in the same run.
"""

import resource
import time

import numpy as np
from scipy.spatial import cKDTree

from entrox.core import generator
from entrox.order.local_entropy.blocks import block_entropy
from entrox.order.local_entropy.neighborhoods import neighborhood_entropy
from entrox.order.neighbors.neighbor_lists import iter_sphere_counts, sphere_cell_list
from entrox.order.point_set import PointSet
from entrox.order.short_range_order import pair_order

QUERIES = 20_000


def random_points(n, seed=1, dtype=np.float64):
    """An open cube of random points, four species, 32 per nm^3."""
    rng = np.random.default_rng(seed)
    positions = rng.random((n, 3), dtype=dtype)
    positions *= dtype((n / 32.0) ** (1.0 / 3.0))
    return PointSet(positions, rng.integers(0, 4, n, dtype=np.int16), ("A", "B", "C", "D"))


def cpu_seconds(work):
    begin = time.process_time()
    work()
    return time.process_time() - begin


def tree_seconds_per_atom(points, radius_nm, queries=QUERIES):
    """CPU-seconds that scipy needs per atom to count four species: one tree each, building not counted."""
    positions = np.asarray(points.positions_nm, dtype=float)
    trees = [cKDTree(positions[points.labels == species]) for species in range(4)]
    centers = positions[generator(2).choice(len(points), queries, replace=False)]

    def work():
        for tree in trees:
            tree.query_ball_point(centers, radius_nm, return_length=True, workers=1)

    return cpu_seconds(work) / queries


class Spheres:
    """Equation (3) over a million atoms; sorting, counting, entropies and the exact null included."""

    params = ([(0.5,), (1.0,), (2.0,), (0.5, 0.75, 1.0), (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)],)
    param_names = ("radii_nm",)
    timeout = 300

    def setup(self, radii_nm):
        self.points = random_points(1_000_000)
        neighborhood_entropy(random_points(1000), radii_nm)

    def time_entropy(self, radii_nm):
        neighborhood_entropy(self.points, radii_nm)

    def track_atoms_per_cpu_second(self, radii_nm):
        return len(self.points) / cpu_seconds(lambda: neighborhood_entropy(self.points, radii_nm))

    def track_ratio_to_scipy(self, radii_nm):
        if len(radii_nm) > 1:
            return float("nan")
        ours = cpu_seconds(lambda: neighborhood_entropy(self.points, radii_nm)) / len(self.points)
        return tree_seconds_per_atom(self.points, radii_nm[0]) / ours

    def track_error_of_counts(self, radii_nm):
        """Largest difference of a count from scipy's, which must be 0."""
        points = random_points(30_000)
        radii = np.array(radii_nm)
        cells = sphere_cell_list(points, radii[-1])
        worst = 0
        for piece in iter_sphere_counts(points, cells, radii):
            centers = points.positions_nm[cells.order[piece.first_row : piece.first_row + len(piece.counts)]]
            for species in range(4):
                tree = cKDTree(points.positions_nm[points.labels == species])
                for number, radius in enumerate(radii_nm):
                    wanted = tree.query_ball_point(centers, radius, return_length=True)
                    worst = max(worst, int(np.abs(piece.counts[:, number, species] - wanted).max()))
        return worst


class TenMillion:
    """Ten million atoms at 1 nm: time and memory, the points themselves counted."""

    params = (["float32", "float64"],)
    param_names = ("positions",)
    timeout = 300

    def setup(self, positions):
        neighborhood_entropy(random_points(1000, dtype=np.dtype(positions).type), [1.0])

    def track_cpu_seconds(self, positions):
        points = random_points(10_000_000, dtype=np.dtype(positions).type)
        return cpu_seconds(lambda: neighborhood_entropy(points, [1.0]))

    def peakmem_entropy(self, positions):
        neighborhood_entropy(random_points(10_000_000, dtype=np.dtype(positions).type), [1.0])


class Relabeled:
    """499 relabelings of 34,000 atoms."""

    def setup(self):
        self.points = random_points(34_000)
        self.time_spheres(relabelings=2)
        self.time_pairs(relabelings=2)
        self.time_blocks(relabelings=2)

    def time_spheres(self, relabelings=499):
        neighborhood_entropy(self.points, [0.5, 1.0], n_relabel=relabelings, rng=generator(1))

    def time_pairs(self, relabelings=499):
        pair_order(self.points, [0.0, 0.3, 0.5], n_relabel=relabelings, rng=generator(1))

    def time_blocks(self, relabelings=499):
        block_entropy(self.points, [10, 25, 100], n_relabel=relabelings, rng=generator(1))


def peak_bytes():
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
