"""Speed of domains, correlation, classes, tilts and pair counting."""

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from entrox.order.correlation.correlation import correlation
from entrox.order.domains import find_domains
from entrox.order.pair_distribution import partial_rdf
from entrox.order.phases.phases import classify


def random_field(cells, frames=1, seed=0):
    return np.random.default_rng(seed).normal(0.0, 0.2, (frames, cells, cells, cells, 3))


class Fields:
    """One frame of a grid; the requirement for domains and correlation together is 0.2 s for 20^3 cells."""

    params = [20, 40]
    param_names = ("cells",)

    def setup(self, cells):
        self.field = random_field(cells)
        find_domains(random_field(3))

    def time_domains_and_correlation(self, cells):
        find_domains(self.field, lattice_angstrom=4.0)
        correlation(self.field, lattice_angstrom=4.0)

    def time_classes(self, cells):
        classify(self.field)


class PairDistribution:
    """Pairs of a random box at the density of a perovskite."""

    params = ([2_000, 16_875], [6.0, 12.0])
    param_names = ("atoms", "r_max")

    def setup(self, atoms, r_max):
        rng = np.random.default_rng(0)
        edge = (atoms / 0.078) ** (1.0 / 3.0)
        cell = edge * np.array([[1.0, 0.0, 0.0], [0.1, 1.0, 0.0], [0.0, -0.1, 1.0]])
        places = rng.uniform(size=(atoms, 3)) @ cell
        self.atoms = Atoms(rng.choice(["Ba", "Ti", "O"], atoms), positions=places, cell=cell, pbc=True)
        partial_rdf(self.atoms[:50], r_max_angstrom=3.0)

    def time_partial_rdf(self, atoms, r_max):
        partial_rdf(self.atoms, r_max_angstrom=r_max)

    def track_error(self, atoms, r_max):
        """Difference in the number of pairs from a neighbor list."""
        found = partial_rdf(self.atoms[:500], [("O", "O")], r_max_angstrom=r_max)
        first, second = neighbor_list("ij", self.atoms[:500], r_max)
        oxygen = np.array(self.atoms.get_chemical_symbols()[:500]) == "O"
        pairs = (oxygen[first] & oxygen[second]).sum() / oxygen.sum()
        return abs(float(found.coordination[0, -1] - pairs))
