"""Speed and memory of the entropy scan: random points, four species, 32 per nm3."""

import time

import numpy as np

from entrox.core import generator
from entrox.order.local_entropy.scan import limited_area_entropy
from entrox.order.point_set import PointSet

SPECIES = ("A", "B", "C", "D")


def random_points(n):
    rng = generator(1)
    edge = (n / 32.0) ** (1.0 / 3.0)
    place = np.empty((n, 3), dtype=np.float32)
    for axis in range(3):
        place[:, axis] = rng.random(n, dtype=np.float32) * edge
    return PointSet(place, rng.integers(0, 4, n, dtype=np.int8), SPECIES)


class Cubes:
    """Entropies of twelve sizes with their exact null, one origin, no relabelings; target 15 CPU-s for 1e7 points."""

    params = [10**5, 10**6, 10**7]
    param_names = ("points",)
    timeout = 300
    number = 1
    repeat = 1
    sizes = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0)

    def setup(self, n):
        self.run(random_points(2000), (1.0,))  # compile
        self.points = random_points(n)

    def run(self, points, sizes):
        return limited_area_entropy(points, sizes, origins=1, n_relabel=0, rng=generator(2))

    def track_cpu_seconds(self, n):
        start = time.process_time()
        self.run(self.points, self.sizes)
        return time.process_time() - start

    def peakmem_scan(self, n):
        self.run(self.points, self.sizes)


class Relabelings:
    """499 relabelings of 34 000 points, seven sizes, exact null, family p and bootstrap; target 3 CPU-s."""

    params = [1, 8]
    param_names = ("origins",)
    timeout = 300
    number = 1
    repeat = 1

    def setup(self, origins):
        self.run(random_points(2000), origins, 3)  # compile
        self.points = random_points(34_000)

    def run(self, points, origins, n_relabel):
        sizes = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
        return limited_area_entropy(points, sizes, origins=origins, n_relabel=n_relabel, rng=generator(2))

    def track_cpu_seconds(self, origins):
        start = time.process_time()
        self.run(self.points, origins, 499)
        return time.process_time() - start

    def track_error_null(self, origins):
        """Largest deviation of the exact null from the mean of relabelings inside two random halves, in its errors."""
        halves = np.arange(len(self.points)) % 2
        sizes = (0.5, 1.0, 2.0)
        exact = limited_area_entropy(self.points, sizes, origins=origins, n_bootstrap=0, rng=generator(2))
        drawn = limited_area_entropy(
            self.points, sizes, origins=origins, n_bootstrap=0, strata=halves, rng=generator(3)
        )
        error = exact.sd_null / np.sqrt(drawn.n_relabel)
        return float(np.max(np.abs(drawn.entropy_null - exact.entropy_null) / error))
