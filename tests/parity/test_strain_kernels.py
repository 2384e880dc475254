"""The compiled pair search and atomic strain against plain Python."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.neighborlist import neighbor_list
from numpy.testing import assert_allclose

from entrox.core import generator
from entrox.order import atomic_strain, pair_list

CELLS = {
    "orthorhombic": np.diag([7.0, 9.5, 12.0]),
    "triclinic": np.array([[9.0, 0.0, 0.0], [3.1, 8.0, 0.0], [-2.0, 2.5, 10.0]]),
    "small": np.array([[3.9, 0.1, 0.0], [0.0, 4.2, 0.3], [0.2, 0.0, 4.6]]),
}


def box(cell, count=40, pbc=True, seed=1):
    rng = generator(seed)
    scaled = rng.uniform(-1.0, 2.0, (count, 3))
    return Atoms(rng.choice(["Ti", "O"], count), positions=scaled @ CELLS[cell], cell=CELLS[cell], pbc=pbc)


def plain_strain(reference, current, cutoff, unwrapped):
    """Falk and Langer's map atom by atom; ``unwrapped`` are the moves of the atoms from frame to frame."""
    i, j, d0 = neighbor_list("ijD", reference, cutoff)
    images = np.rint((d0 - reference.positions[j] + reference.positions[i]) @ np.linalg.inv(reference.cell.array))
    after = reference.positions + unwrapped
    d = after[j] - after[i] + images @ current.cell.array
    rows = []
    for atom in range(len(reference)):
        near, far = d0[i == atom], d[i == atom]
        gradient = np.linalg.solve(near.T @ near, near.T @ far)
        eta = 0.5 * (gradient @ gradient.T - np.eye(3))
        deviator = eta - np.trace(eta) / 3.0 * np.eye(3)
        residual = ((far - near @ gradient) ** 2).sum()
        turn = np.linalg.svd(gradient)
        rows.append([np.sqrt(0.5 * (deviator**2).sum()), np.trace(eta) / 3.0, np.linalg.det(gradient), residual,
                     0.5 * (np.trace(turn[0] @ turn[2]) - 1.0)])  # fmt: skip
    return np.array(rows).T


@pytest.mark.parametrize("pbc", [(True, True, True), (True, False, True), (False, False, False)])
@pytest.mark.parametrize("cell", CELLS)
def test_pairs_are_those_of_a_neighbor_list(cell, pbc):
    atoms = box(cell, pbc=pbc)
    found = pair_list(atoms, 5.3)
    vectors = found.vectors(atoms.positions, atoms.cell.array)
    ours = np.concatenate([np.column_stack([found.first, found.second, vectors]),
                           np.column_stack([found.second, found.first, -vectors])])  # fmt: skip
    theirs = np.column_stack(neighbor_list("ijD", atoms, 5.3))
    ours, theirs = (rows[np.lexsort(np.round(rows, 6).T)] for rows in (ours + 0.0, theirs + 0.0))
    assert len(ours) == len(theirs)
    assert_allclose(ours, theirs, atol=1e-9)
    assert found.numbers().sum() == len(theirs)


def test_cutoffs_by_elements_list_only_their_pairs():
    atoms = box("triclinic")
    found = pair_list(atoms, {("O", "Ti"): 3.0, ("O", "O"): 4.0})
    symbols = np.array(atoms.get_chemical_symbols())
    kinds = np.sort(np.stack([symbols[found.first], symbols[found.second]]), axis=0)
    lengths = np.linalg.norm(found.vectors(atoms.positions, atoms.cell.array), axis=1)
    assert set(zip(*kinds.tolist(), strict=True)) == {("O", "O"), ("O", "Ti")}
    assert lengths[kinds[1] == "Ti"].max() < 3.0 < lengths[kinds[1] == "O"].max() < 4.0
    expected = neighbor_list("i", atoms, {("O", "Ti"): 3.0, ("O", "O"): 4.0})
    assert 2 * len(found) == len(expected)


@pytest.mark.parametrize("cell", CELLS)
def test_strain_is_that_of_a_fit_atom_by_atom(cell):
    reference, rng = box(cell), generator(2)
    current = reference.copy()
    gradient = np.eye(3) + rng.normal(0.0, 0.04, (3, 3))
    current.set_cell(reference.cell.array @ gradient, scale_atoms=True)
    current.positions += rng.normal(0.0, 0.1, current.positions.shape)
    moves = current.positions - reference.positions
    current.positions += rng.integers(-2, 3, moves.shape) @ current.cell.array
    found = atomic_strain(reference, current, 6.0, remove_affine=False)
    shear, volumetric, det, residual, cosine = plain_strain(reference, current, 6.0, moves)
    assert_allclose(found.shear, shear, rtol=1e-9)
    assert_allclose(found.volumetric, volumetric, atol=1e-12)
    assert_allclose(found.det, det, rtol=1e-10)
    assert_allclose(found.d2min_angstrom2, residual, rtol=1e-9)
    assert_allclose(np.cos(np.radians(np.linalg.norm(found.rotation_deg, axis=1))), cosine, atol=1e-12)


@pytest.mark.parametrize("cell", ["orthorhombic", "triclinic"])
def test_strain_is_that_of_ovito(cell):
    pytest.importorskip("ovito")
    from ovito.io.ase import ase_to_ovito
    from ovito.modifiers import AtomicStrainModifier
    from ovito.pipeline import Pipeline, StaticSource

    rng = generator(3)
    vectors = 2.0 * CELLS[cell]
    reference = Atoms("O300", positions=rng.uniform(0.0, 1.0, (300, 3)) @ vectors, cell=vectors, pbc=True)
    current = reference.copy()
    current.set_cell(vectors @ (np.eye(3) + rng.normal(0.0, 0.03, (3, 3))), scale_atoms=True)
    current.positions += rng.normal(0.0, 0.08, current.positions.shape)
    current.wrap()
    pipeline = Pipeline(source=StaticSource(data=ase_to_ovito(current)))
    strain = AtomicStrainModifier(
        cutoff=5.0, output_nonaffine_squared_displacements=True, output_deformation_gradients=True
    )
    strain.reference = StaticSource(data=ase_to_ovito(reference))
    pipeline.modifiers.append(strain)
    theirs = pipeline.compute().particles
    found = atomic_strain(reference, current, 5.0, remove_affine=False)
    assert_allclose(found.shear, theirs["Shear Strain"][...], atol=1e-12)
    assert_allclose(found.volumetric, theirs["Volumetric Strain"][...], atol=1e-12)
    assert_allclose(found.d2min_angstrom2, theirs["Nonaffine Squared Displacement"][...], rtol=1e-12, atol=1e-12)
    # columns of its gradient run first, and it maps column vectors
    assert_allclose(found.gradient.reshape(-1, 9), theirs["Deformation Gradient"][...], atol=1e-12)
