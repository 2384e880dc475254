"""Speed of atomic strain and pair counting, beside OVITO on the same frames.

The peer is optional: without the package ``ovito`` in the environment its row is NaN. Glasses are made of random points
at the density of a silicate, tiled; times are those of one process after one call that compiles.
"""

import time

import numpy as np
from ase import Atoms

from entrox.core import generator
from entrox.order import atomic_strain, coordination, pair_distribution, partial_rdf, stretch_rotation

DENSITY = 0.075
GRADIENT = np.diag([1.075, 0.985, 0.985])


def points(count, elements, seed=0):
    """Random points of some elements at the density of a silicate."""
    rng = generator(seed)
    edge = (count / DENSITY) ** (1.0 / 3.0)
    places = rng.uniform(0.0, edge, (count, 3))
    return Atoms(rng.choice(list(elements), count), positions=places, cell=[edge] * 3, pbc=True)


def stretched(atoms, sigma=0.05):
    """Return the atoms after an affine stretch and thermal motion, wrapped."""
    later = atoms.copy()
    later.set_cell(atoms.cell.array @ GRADIENT, scale_atoms=True)
    later.positions += generator(1).normal(0.0, sigma, later.positions.shape)
    later.wrap()
    return later


class AtomicStrain:
    """80,160 atoms, neighbors within 5 angstrom: 0.5 s wall is asked for."""

    def setup(self):
        self.before = points(10_020, ["O", "Si", "Na"]).repeat(2)
        self.after = stretched(self.before)
        atomic_strain(self.before[:500], self.after[:500], 5.0)

    def time_strain(self):
        atomic_strain(self.before, self.after, 5.0)

    def peakmem_strain(self):
        atomic_strain(self.before, self.after, 5.0)

    def track_share_of_ovito(self):
        """Our wall time over that of OVITO in the same process; below one we are faster."""
        try:
            from ovito.io.ase import ase_to_ovito
            from ovito.modifiers import AtomicStrainModifier
            from ovito.pipeline import Pipeline, StaticSource
        except ImportError:
            return float("nan")
        times = []
        reference, current = (ase_to_ovito(atoms) for atoms in (self.before, self.after))
        for _ in range(3):
            begin = time.perf_counter()
            atomic_strain(self.before, self.after, 5.0, remove_affine=False)
            middle = time.perf_counter()
            pipeline = Pipeline(source=StaticSource(data=current))
            modifier = AtomicStrainModifier(cutoff=5.0, output_nonaffine_squared_displacements=True)
            modifier.reference = StaticSource(data=reference)
            pipeline.modifiers.append(modifier)
            pipeline.compute()
            times.append((middle - begin) / (time.perf_counter() - middle))
        return float(np.median(times))

    def track_error_of_shear(self):
        """Largest difference from the closed form under a homogeneous stretch."""
        later = self.before.copy()
        later.set_cell(self.before.cell.array @ GRADIENT, scale_atoms=True)
        return float(
            np.nanmax(np.abs(atomic_strain(self.before, later, 5.0, remove_affine=False).shear - 0.0535203699))
        )


class Pairs:
    """Partials of 1e5 points of four species to 30 angstrom: 8 CPU-s and 400 MB are asked for."""

    timeout = 300

    def setup(self):
        self.large = points(100_000, ["O", "Si", "Na", "Bi"])
        self.small = points(10_020, ["O", "Si", "Na"])
        partial_rdf(self.small, r_max_angstrom=4.0)

    def time_large(self):
        partial_rdf(self.large, r_max_angstrom=30.0)

    def peakmem_large(self):
        partial_rdf(self.large, r_max_angstrom=30.0)

    def time_small(self):
        partial_rdf(self.small, r_max_angstrom=10.0)

    def track_error_of_random_points(self):
        """Root mean square of g - 1 over its counting error; near one for points without order."""
        found = partial_rdf(self.small, r_max_angstrom=10.0, bin_angstrom=0.1)
        counts = np.array([(np.array(self.small.get_chemical_symbols()) == name).sum() for name in ("Na", "O", "Si")])
        pairs = {("Na", "Na"): 0.5 * counts[0] ** 2, ("Na", "O"): counts[0] * counts[1]}
        volumes = 4.0 / 3.0 * np.pi * np.diff(found.edges_angstrom**3) / self.small.get_volume()
        pulls = [(found.g[found.pairs.index(pair)] - 1.0) * np.sqrt(n * volumes) for pair, n in pairs.items()]
        return float(np.sqrt(np.mean(np.square(pulls))))


class Totals:
    """What a box of 10,020 atoms takes to become a measurement, and its bonds."""

    def setup(self):
        self.before = points(10_020, ["O", "Si", "Na"])
        self.after = stretched(self.before)
        self.time_xray()
        self.time_bonds()

    def time_xray(self):
        pair_distribution(self.before, "xray", 20.0, q_max_per_angstrom=25.0)

    def time_bonds(self):
        stretch_rotation(self.before, self.after, {("Si", "O"): 2.2}, bridges=False)

    def time_coordination(self):
        coordination(self.before, [("Si", "O")], {("Si", "O"): 2.2})
