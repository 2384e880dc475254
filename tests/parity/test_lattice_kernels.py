"""The compiled kernels on fixed lists of neighbors against plain NumPy, and against a search by distance."""

import numpy as np
import pytest
from ase.neighborlist import neighbor_list

from entrox.order.displacement.cages import cage_of, cage_vectors, chunk_displacements
from entrox.order.displacement.displacement import displacements
from entrox.order.displacement.frame_chunks import frame_chunks
from entrox.order.lattice import fit_lattice
from entrox.order.lattice._kernels import cage_displacements, largest_excursion
from entrox.order.lattice.excursion import site_watch
from perovskite_boxes import make_box


def plain_vectors(scaled, cells, centers, members, offsets):
    """Vectors to the members at the images nearest to their ideal places."""
    rest = scaled[:, members] - scaled[:, centers][:, :, None]
    rest = rest - np.floor(rest - offsets + 0.5)
    vectors = np.einsum("fnkc,fcd->fnkd", rest, cells)
    vectors[:, (members < 0) | (centers < 0)[:, None]] = np.nan
    return vectors


@pytest.mark.parametrize("matrix", [(4, 3, 3), (1, 2, 1), [[1, 1, 0], [-1, 1, 0], [0, 0, 2]]])
def test_compiled_displacements_and_bonds_equal_plain_numpy(matrix):
    rng = np.random.default_rng(0)
    box = make_box(matrix, rng, noise=0.1, strain=0.04, wrap=True)
    frames = []
    for _ in range(3):
        frame = box.atoms.copy()
        frame.positions += rng.normal(0.0, 0.05, frame.positions.shape)
        frame.set_cell(frame.cell * rng.uniform(0.99, 1.01), scale_atoms=True)
        frames.append(frame)
    found = fit_lattice(box.atoms)
    (chunk,) = frame_chunks(frames, found)
    for site in "AB":
        for reference in ("oxygen", "cation"):
            cage = cage_of(found, site, reference)
            plain = plain_vectors(chunk.scaled, chunk.cells, cage.centers, cage.members, cage.offsets)
            assert np.abs(cage_vectors(chunk, cage) - plain).max() < 1e-12
            assert np.abs(chunk_displacements(chunk, cage) + plain.mean(axis=2)).max() < 1e-12


def test_missing_members_give_nan_or_the_mean_of_the_rest():
    rng = np.random.default_rng(1)
    scaled, cells = rng.uniform(size=(2, 9, 3)), np.tile(4.0 * np.eye(3), (2, 1, 1))
    centers, members = np.array([0, 1, -1]), np.array([[2, 3, 4], [5, -1, 6], [7, 8, 2]])
    offsets = rng.uniform(-0.5, 0.5, (3, 3))
    plain = plain_vectors(scaled, cells, centers, members, offsets)
    vectors = np.empty((2, 3, 3))
    cage_displacements(scaled, cells, centers, members, offsets, 3, vectors)
    assert np.isnan(vectors[:, 1:]).all()
    assert np.abs(vectors[:, 0] + plain[:, 0].mean(axis=1)).max() < 1e-12
    cage_displacements(scaled, cells, centers, members, offsets, 1, vectors)
    assert np.abs(vectors[:, 1] + np.nanmean(plain[:, 1], axis=1)).max() < 1e-12
    assert np.isnan(vectors[:, 2]).all()


def test_the_compiled_excursion_equals_plain_numpy():
    rng = np.random.default_rng(2)
    box = make_box((3, 4, 3), rng, noise=0.15)
    found = fit_lattice(box.atoms)
    watch = site_watch(found)
    scaled = box.atoms.get_scaled_positions(wrap=False) + np.array([0.3, -1.2, 0.8])
    rest = scaled[watch.atoms] - watch.places
    rest -= rest[0]
    rest -= np.floor(rest + 0.5)
    rest -= rest.mean(axis=0)
    rest -= np.floor(rest + 0.5)
    plain = (np.linalg.norm(rest @ watch.matrix, axis=1) / watch.limits).max()
    compiled = largest_excursion(scaled, watch.atoms, watch.places, watch.matrix, watch.limits)
    assert compiled == pytest.approx(plain, rel=1e-12)


def test_fixed_lists_find_what_a_search_by_distance_finds_in_a_mild_crystal():
    box = make_box((4, 4, 4), np.random.default_rng(3), noise=0.05)
    found = fit_lattice(box.atoms)
    i, j, vectors = neighbor_list("ijD", box.atoms, 3.6)
    symbols = np.array(box.atoms.get_chemical_symbols())
    for site, centers, count in (("A", found.a, 12), ("B", found.b, 6)):
        seen = displacements(box.atoms, found, site).vectors_angstrom[0]
        for cell, atom in enumerate(centers):
            mine = (i == atom) & (symbols[j] == "O")
            nearest = vectors[mine][np.argsort(np.linalg.norm(vectors[mine], axis=1))[:count]]
            assert np.abs(seen[cell] + nearest.mean(axis=0)).max() < 1e-12
