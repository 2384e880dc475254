"""The compiled kernels of domains and pair counting against plain Python."""

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from entrox.order.correlation.grid_steps import cell_steps
from entrox.order.domains._kernels import domain_faces, joined_cells
from entrox.order.pair_distribution import partial_rdf
from entrox.order.phases.vector_field import vector_field


@pytest.mark.parametrize("by_angle", [False, True])
@pytest.mark.parametrize("seed", [0, 1])
def test_connected_cells_are_those_of_a_sparse_graph(by_angle, seed):
    rng = np.random.default_rng(seed)
    directions = rng.normal(size=(6, 5, 7, 3))
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    field = vector_field(directions)
    steps = cell_steps(field, None, (True, False, True))
    keys, units = rng.integers(-1, 3, 210), field.vectors[0]
    labels = np.empty(210, dtype=np.int64)
    kept = joined_cells(steps, keys, units, 0.2 if by_angle else 2.0, 3, labels)
    rows, columns = np.repeat(np.arange(210), 6), steps.ravel()
    joined = (columns >= 0) & (keys[rows] >= 0) & (keys[columns] >= 0)
    joined &= (units[rows] * units[columns]).sum(axis=1) > 0.2 if by_angle else keys[rows] == keys[columns]
    graph = csr_array((np.ones(joined.sum()), (rows[joined], columns[joined])), (210, 210))
    _, plain = connected_components(graph, directed=False)
    plain[keys < 0] = -1
    groups = [np.flatnonzero(plain == g) for g in np.unique(plain[plain >= 0])]
    groups = sorted((g for g in groups if len(g) >= 3), key=lambda g: (-len(g), g[0]))
    expected = np.full(210, -1)
    for name, group in enumerate(groups):
        expected[group] = name
    assert kept == len(groups)
    assert np.array_equal(labels, expected)
    faces = sorted(map(tuple, domain_faces(steps, labels)))
    slow = [
        (min(labels[n], labels[m]), max(labels[n], labels[m]), k)
        for n in range(210)
        for k in range(3)
        if (m := steps[n, 2 * k]) >= 0 and min(labels[n], labels[m]) >= 0 and labels[n] != labels[m]
    ]
    assert faces == sorted(slow)


@pytest.mark.parametrize(("cell", "count", "r_max"), [
    (np.diag([9.0, 11.0, 7.0]), 80, 3.0),
    ([[12.0, 0.0, 0.0], [4.0, 11.0, 0.0], [-3.0, 5.0, 13.0]], 150, 9.0),
    ([[4.0, 0.0, 0.0], [2.0, 4.0, 0.0], [1.0, -1.5, 5.0]], 7, 14.0),
    ([[30.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 2.0, 3.0]], 60, 5.0),
])  # fmt: skip
def test_pair_counts_are_those_of_a_neighbor_list(cell, count, r_max):
    rng = np.random.default_rng(count)
    scaled = rng.uniform(-1.0, 2.0, (count, 3))
    atoms = Atoms(rng.choice(["Ba", "Ti", "O"], count), positions=scaled @ np.array(cell), cell=cell, pbc=True)
    found = partial_rdf(atoms, r_max_angstrom=r_max, bin_angstrom=0.0997)
    first, second, distance = neighbor_list("ijd", atoms, found.edges_angstrom[-1])
    symbols = np.array(atoms.get_chemical_symbols())
    volume = abs(np.linalg.det(cell))
    shells = 4 / 3 * np.pi * np.diff(found.edges_angstrom**3)
    for k, (a, b) in enumerate(found.pairs):
        mine = (symbols[first] == a) & (symbols[second] == b)
        counts = np.histogram(distance[mine], found.edges_angstrom)[0]
        plain = counts * volume / ((symbols == a).sum() * (symbols == b).sum() * shells)
        assert np.abs(found.g[k] - plain).max() < 1e-12 * max(1.0, plain.max())
        assert found.coordination[k] == pytest.approx(np.cumsum(counts) / (symbols == a).sum(), abs=1e-12)
