"""Speed of reading and ranging, and the ratio to a plain NumPy loop over the ranges in the same run."""

import tempfile
import time
from pathlib import Path

import numpy as np

from entrox.atomprobe.formats.pos import read_pos, write_pos
from entrox.atomprobe.ions import Ions
from entrox.atomprobe.ranges import read_ranges
from entrox.atomprobe.ranging import apply_ranges
from entrox.atomprobe.streaming import iter_ranged, read_ranged

DATA = Path(__file__).parents[1] / "tests" / "data" / "apt"
RANGES = DATA / "minimal_formats" / "example.rrng"  # 138 ranges of 37 ions


def write_cloud(path, n, seed=1):
    """Write ions at random positions, four of five of them in a range."""
    rng = np.random.default_rng(seed)
    table = read_ranges(RANGES)
    edges = np.array([(item.lower_da, item.upper_da) for item in table.ranges])
    chosen = edges[rng.integers(0, len(edges), n)]
    mass = chosen[:, 0] + rng.random(n) * (chosen[:, 1] - chosen[:, 0])
    other = rng.random(n) < 0.2
    mass[other] = rng.uniform(0.5, 200, other.sum())
    write_pos(path, Ions(rng.uniform(0, 50, (n, 3)).astype(np.float32), mass.astype(np.float32)))
    return table


def range_by_loop(ions, table):
    """Return the ion of each m/q by one comparison of all ions per range: how a script does it."""
    index = {ion: number for number, ion in enumerate(table.ions)}
    mass = ions.mass_to_charge_da.astype(np.float64)
    found = np.full(len(mass), -1, dtype=np.int16)
    for item in table.ranges:
        found[(mass >= item.lower_da) & (mass < item.upper_da)] = index[item.ion]
    return found


def cpu_seconds(action):
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


class ReadAndRange:
    """A .pos file of random ions and 138 ranges, after compilation."""

    params = [[1_000_000, 10_000_000]]
    param_names = ("ions",)
    timeout = 300

    def setup(self, ions):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "random.pos"
        self.table = write_cloud(self.path, ions)
        small = Path(self.folder.name) / "small.pos"
        write_cloud(small, 1000)
        apply_ranges(read_pos(small), self.table)

    def teardown(self, ions):
        self.folder.cleanup()

    def time_read_and_range(self, ions):
        apply_ranges(read_pos(self.path), self.table)

    def peakmem_read_and_range(self, ions):
        apply_ranges(read_pos(self.path), self.table)

    def peakmem_iter_ranged(self, ions):
        for piece in iter_ranged(self.path, self.table):
            len(piece)

    def peakmem_read_ranged(self, ions):
        read_ranged(self.path, self.table)

    def track_ions_per_cpu_second(self, ions):
        seconds, _ = cpu_seconds(lambda: apply_ranges(read_pos(self.path), self.table))
        return ions / seconds

    track_ions_per_cpu_second.unit = "ions/s"

    def track_ratio_to_a_loop_over_the_ranges(self, ions):
        cloud = read_pos(self.path)
        ours, ranged = cpu_seconds(lambda: apply_ranges(cloud, self.table))
        loop, found = cpu_seconds(lambda: range_by_loop(cloud, self.table))
        assert np.array_equal(ranged.ion_index, found)
        return loop / ours

    track_ratio_to_a_loop_over_the_ranges.unit = "loop/ours"
