from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import read

from entrox.core import InputError
from entrox.order.lattice import LatticeMap, fit_lattice
from entrox.order.polarization.born_charges import BondCharge, atom_charges
from entrox.order.polarization.polarization import local_polarization

E_PER_A2 = 16.02176634


def perovskite(shape: tuple[int, int, int] = (3, 3, 3), a: float = 4.0, mixed: int | None = None) -> Atoms:
    scaled = [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0.0), (0.5, 0.0, 0.5), (0.0, 0.5, 0.5)]
    atoms = Atoms("BaTiO3", scaled_positions=scaled, cell=[a, a, a], pbc=True).repeat(shape)
    if mixed is not None:
        symbols = np.array(atoms.get_chemical_symbols())
        sites = np.flatnonzero(symbols == "Ti")
        symbols[np.random.default_rng(mixed).permutation(sites)[: len(sites) // 3]] = "Sn"
        atoms.set_chemical_symbols(symbols.tolist())
    return atoms


def mixed_charges(atoms: Atoms) -> dict[str, float]:
    """Charges that are neutral over the box, not cell by cell."""
    names = atoms.get_chemical_symbols()
    cations = 2.75 * names.count("Ba") + 5.4 * names.count("Ti") + 4.6 * names.count("Sn")
    return {"Ba": 2.75, "Ti": 5.4, "Sn": 4.6, "O": -cations / names.count("O")}


def shaken(atoms: Atoms, sigma: float, seed: int) -> Atoms:
    moved = atoms.copy()
    moved.positions += np.random.default_rng(seed).normal(scale=sigma, size=moved.positions.shape)
    return moved


def test_the_public_wall_of_lead_titanate_has_the_published_polarization(
    external_data: Callable[[str], Path],
) -> None:
    atoms = read(external_data("perovskite/ferrodispcalc-traj/PTO-180DW.vasp"))
    reference = np.load(external_data("perovskite/ferrodispcalc-traj/PTO-180DW-P.npy"))
    lattice_map = fit_lattice(atoms)
    found = local_polarization(atoms, lattice_map, {"Pb": 3.44, "Ti": 5.18, "O": -(3.44 + 5.18) / 3})
    by_atom = found.vectors_c_per_m2[0][np.argsort(lattice_map.b)]
    # the reference was made with 16.02176 C/m2 for one e/angstrom2
    np.testing.assert_allclose(by_atom * 16.02176 / E_PER_A2, reference, rtol=0, atol=1e-9)
    layers = lattice_map.grid(found.vectors_c_per_m2[0])[..., 2]
    axis = int(np.argmax(layers.shape))
    profile = layers.mean(axis=tuple(k for k in range(3) if k != axis))
    assert np.median(np.abs(profile)) == pytest.approx(0.722, abs=0.002)
    assert (np.sign(profile) != np.sign(np.roll(profile, 1))).sum() == 2


def test_a_uniform_mode_gives_the_sum_of_charge_times_displacement_over_volume() -> None:
    atoms = perovskite()
    lattice_map = fit_lattice(atoms)
    moved = atoms.copy()
    names = np.array(atoms.get_chemical_symbols())
    shifts = {"Ba": (0.05, 0.0, 0.02), "Ti": (0.1, -0.03, 0.07), "O": (-0.02, 0.01, -0.04)}
    for element, shift in shifts.items():
        moved.positions[names == element] += shift
    charges = {"Ba": 2.7, "Ti": 5.4, "O": -2.7}
    found = local_polarization(moved, lattice_map, charges)
    counts = {"Ba": 1, "Ti": 1, "O": 3}
    expected = sum(charges[k] * counts[k] * np.array(shifts[k]) for k in charges) / 64.0 * E_PER_A2
    np.testing.assert_allclose(found.vectors_c_per_m2[0], np.tile(expected, (27, 1)), atol=1e-12)
    np.testing.assert_allclose(found.total_c_per_m2[0], expected, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_any_moves_in_a_mixed_box_change_the_total_by_the_sum_of_charge_times_move(seed: int) -> None:
    atoms = shaken(perovskite(mixed=seed), 0.05, seed)
    lattice_map = fit_lattice(atoms, b_site=("Ti", "Sn"))
    rng = np.random.default_rng(seed)
    tensors = rng.normal(size=(len(atoms), 3, 3))
    tensors -= tensors.mean(axis=0)
    moves = rng.normal(scale=0.05, size=(len(atoms), 3))
    moved = atoms.copy()
    moved.positions += moves
    found = local_polarization([atoms, moved], lattice_map, tensors)
    expected = np.einsum("nab,nb->a", tensors, moves) / atoms.get_volume() * E_PER_A2
    np.testing.assert_allclose(np.diff(found.total_c_per_m2, axis=0)[0], expected, atol=1e-12)


def test_shift_wrap_and_permutation_of_a_mixed_box_change_nothing() -> None:
    atoms = shaken(perovskite((2, 3, 4), mixed=1), 0.08, 2)
    charges = mixed_charges(atoms)

    def measure(frame: Atoms) -> tuple[np.ndarray, np.ndarray]:
        found = local_polarization(frame, fit_lattice(frame, b_site=("Ti", "Sn")), charges)
        order = np.lexsort(np.round(found.vectors_c_per_m2[0], 7).T)
        return found.total_c_per_m2[0], found.vectors_c_per_m2[0][order]

    total, local = measure(atoms)
    shifted = atoms.copy()
    shifted.positions += (1.3, -7.7, 20.1)
    shifted.wrap()
    turned = atoms[np.random.default_rng(0).permutation(len(atoms))]
    for other in (shifted, turned):
        np.testing.assert_allclose(measure(other)[0], total, atol=1e-10)
        np.testing.assert_allclose(measure(other)[1], local, atol=1e-10)


def test_a_turned_box_has_a_turned_polarization() -> None:
    atoms = shaken(perovskite(mixed=3), 0.06, 4)
    charges = mixed_charges(atoms)
    lattice_map = fit_lattice(atoms, b_site=("Ti", "Sn"))
    plain = local_polarization(atoms, lattice_map, charges)
    turned = atoms.copy()
    turned.rotate(31.0, (1, 2, 3), rotate_cell=True)
    rotation = np.linalg.solve(atoms.cell.array, turned.cell.array)
    found = local_polarization(turned, lattice_map, charges)
    np.testing.assert_allclose(found.vectors_c_per_m2[0], plain.vectors_c_per_m2[0] @ rotation, atol=1e-10)
    np.testing.assert_allclose(found.total_c_per_m2[0], plain.total_c_per_m2[0] @ rotation, atol=1e-10)


def test_cells_of_mixed_elements_carry_charge_and_the_result_says_so() -> None:
    atoms = perovskite(mixed=5)
    found = local_polarization(atoms, fit_lattice(atoms, b_site=("Ti", "Sn")), mixed_charges(atoms))
    assert found.max_local_charge_e == pytest.approx(0.8 * 2 / 3, abs=0.1)
    assert any("origin" in item for item in found.warnings)
    np.testing.assert_allclose(found.vectors_c_per_m2, 0.0, atol=1e-12)


def test_the_hexahedra_of_a_distorted_box_fill_it() -> None:
    atoms = shaken(perovskite((3, 2, 2)), 0.15, 0)
    found = local_polarization(atoms, fit_lattice(atoms), volume="local")
    assert found.cell_volumes_angstrom3.sum() == pytest.approx(atoms.get_volume(), rel=1e-12)
    assert found.cell_volumes_angstrom3.std() > 0.5


def test_a_small_excess_of_charge_is_spread_over_the_anions_and_a_large_one_refused() -> None:
    atoms = perovskite()
    lattice_map = fit_lattice(atoms)
    found = local_polarization(atoms, lattice_map, {"Ba": 2.7, "Ti": 5.4, "O": -2.6})
    assert found.excess_charge_e == pytest.approx(0.3)
    assert found.max_local_charge_e < 1e-12
    assert any("spread" in item for item in found.warnings)
    with pytest.raises(InputError, match=r"0\.5 e per formula unit"):
        local_polarization(atoms, lattice_map, {"Ba": 2.7, "Ti": 5.4, "O": -2.0})


def test_the_default_charges_are_those_of_barium_titanate_and_other_elements_must_be_given() -> None:
    atoms = perovskite()
    assert local_polarization(atoms, fit_lattice(atoms)).excess_charge_e == pytest.approx(0.001, abs=1e-9)
    mixed = perovskite(mixed=0)
    with pytest.raises(InputError, match="Sn"):
        local_polarization(mixed, fit_lattice(mixed, b_site=("Ti", "Sn")))


def test_a_bond_charge_lies_along_the_line_of_the_two_b_neighbors() -> None:
    atoms = perovskite((2, 2, 2))
    lattice_map: LatticeMap = fit_lattice(atoms)
    tensors = atom_charges({"Ba": 2.7, "Ti": 7.0, "O": BondCharge(-5.7, -2.0)}, lattice_map)
    for k in range(3):
        expected = -2.0 * np.eye(3) - 3.7 * np.outer(lattice_map.axes[k], lattice_map.axes[k])
        np.testing.assert_allclose(tensors[lattice_map.x[:, k]], np.tile(expected, (8, 1, 1)))
    with pytest.raises(InputError, match="X sites"):
        atom_charges({"Ba": 2.7, "Ti": BondCharge(7.0, 7.0), "O": -3.2}, lattice_map)


def test_exploded_frames_are_left_out_and_counted() -> None:
    atoms = perovskite()
    lattice_map = fit_lattice(atoms)
    broken = atoms.copy()
    broken.positions[3] = np.nan
    found = local_polarization([atoms, broken, atoms], lattice_map)
    assert (found.failed_frames, len(found.vectors_c_per_m2)) == (1, 2)
    with pytest.raises(InputError, match="finite frame"):
        local_polarization(broken, lattice_map)


def test_a_box_of_one_cell_across_is_refused() -> None:
    atoms = perovskite((2, 2, 2))
    lattice_map = fit_lattice(atoms)
    flat = atoms.copy()
    flat.set_cell([16.0, 8.0, 4.0])
    with pytest.raises(InputError, match="two cells thick"):
        local_polarization(flat, lattice_map)
    with pytest.raises(InputError, match="40 atoms"):
        local_polarization(perovskite(), lattice_map)


def test_a_vacancy_leaves_the_cells_around_it_without_a_value() -> None:
    atoms = perovskite((4, 4, 4))
    lattice_map = fit_lattice(atoms)
    removed = int(lattice_map.x[10, 2])
    moved = atoms.copy()
    moved.positions[np.array(atoms.get_chemical_symbols()) == "Ti"] += (0.0, 0.0, 0.1)
    del moved[removed]
    found = local_polarization(moved, fit_lattice(moved, allow_vacancies=True), {"Ba": 2.7, "Ti": 5.4, "O": -2.7})
    assert found.n_incomplete_cells == 2
    assert np.isnan(found.vectors_c_per_m2[0]).all(axis=1).sum() == 2
    assert found.total_c_per_m2[0, 2] == pytest.approx(5.4 * 0.1 / 64.0 * E_PER_A2, rel=0.01)
    assert any("lack an atom" in item for item in found.warnings)


def test_a_film_has_local_volumes_and_no_value_at_its_border() -> None:
    film = perovskite((3, 3, 4))
    film.positions[np.array(film.get_chemical_symbols()) == "Ti"] += (0.1, 0.0, 0.0)
    film.center(vacuum=8.0, axis=2)
    film.pbc = (True, True, False)
    lattice_map = fit_lattice(film)
    with pytest.raises(InputError, match='volume="local"'):
        local_polarization(film, lattice_map)
    found = local_polarization(film, lattice_map, {"Ba": 2.7, "Ti": 5.4, "O": -2.7}, volume="local")
    inside = np.isfinite(found.vectors_c_per_m2[0]).all(axis=1)
    assert 18 <= inside.sum() < len(lattice_map)
    expected = np.tile([5.4 * 0.1 / 64.0 * E_PER_A2, 0.0, 0.0], (int(inside.sum()), 1))
    np.testing.assert_allclose(found.vectors_c_per_m2[0][inside], expected, atol=1e-9)
    np.testing.assert_allclose(found.total_c_per_m2[0], expected[0], atol=1e-9)


def test_the_local_vector_of_a_charged_cell_counts_from_the_mean_of_its_nine_cations() -> None:
    atoms = perovskite(mixed=2)
    lattice_map = fit_lattice(atoms, b_site=("Ti", "Sn"))
    charges = mixed_charges(atoms)
    cell = lattice_map.b_symbols.index("Sn")
    own = charges["Ba"] + charges["Sn"] + 3 * charges["O"]
    assert abs(own) > 0.3
    shift = np.array([0.0, 0.1, -0.05])
    moved = atoms.copy()
    moved.positions[lattice_map.b[cell]] += shift
    found = local_polarization(moved, lattice_map, charges).vectors_c_per_m2[0]
    np.testing.assert_allclose(found[cell], (charges["Sn"] - own / 9) * shift / 64.0 * E_PER_A2, atol=1e-12)
    np.testing.assert_allclose(np.delete(found, cell, axis=0), 0.0, atol=1e-12)
