"""Shells of neighbors, special quasirandom occupation and the occupation of crystals."""

from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError, generator
from entrox.structure.occupation import occupy_sites, site_counts
from entrox.structure.perovskite import build_perovskite
from entrox.structure.site_shells import site_shells
from entrox.structure.sqs import quasirandom_sites, warren_cowley


def grid(shape):
    return np.array(np.meshgrid(*map(np.arange, shape), indexing="ij")).reshape(3, -1).T.astype(float)


def cubic_shells(shape, n_shells=4):
    return site_shells(grid(shape), np.diag(shape).astype(float), n_shells)


@pytest.mark.parametrize(
    ("basis", "numbers", "squares"),
    [
        ([(0, 0, 0)], [6, 12, 8, 6], [1, 2, 3, 4]),
        ([(0, 0, 0), (0.5, 0.5, 0.5)], [8, 6, 12, 24], [0.75, 1, 2, 2.75]),
        ([(0, 0, 0), (0.5, 0.5, 0), (0.5, 0, 0.5), (0, 0.5, 0.5)], [12, 6, 24, 12], [0.5, 1, 1.5, 2]),
    ],
)
def test_cubic_lattices_have_their_known_shells(basis, numbers, squares):
    sites = (grid((5, 5, 5))[:, None] + np.array(basis)).reshape(-1, 3)
    shells = site_shells(sites, 5 * np.eye(3), 4)
    found = np.bincount(shells.shell, minlength=4) / len(sites)
    assert found == pytest.approx(numbers)
    assert shells.radii_angstrom == pytest.approx(np.sqrt(squares))


def test_shells_do_not_depend_on_the_choice_of_the_cell_or_the_wrapping():
    sites = grid((4, 4, 4))
    plain = cubic_shells((4, 4, 4))
    slanted = site_shells(sites + 7.3, np.array([[4.0, 0, 0], [4, 4, 0], [-4, 0, 4]]), 4)
    assert np.array_equal(np.bincount(plain.shell), np.bincount(slanted.shell))
    assert {tuple(p) for p in plain.pairs(1)} == {tuple(p) for p in slanted.pairs(1)}


def test_small_boxes_count_every_image_of_a_neighbor_and_none_of_the_site_itself():
    shells = cubic_shells((2, 2, 2))
    assert np.bincount(shells.shell, minlength=4).tolist() == [8 * 6, 8 * 12, 8 * 8, 0]
    assert (shells.site != shells.other).all()


def test_open_directions_have_no_images():
    shells = site_shells(grid((3, 3, 3)), 3 * np.eye(3), 1, (True, True, False))
    assert len(shells.pairs()) == 9 * 2 * 3 + 9 * 2


def test_sites_at_one_place_are_refused():
    with pytest.raises(InputError, match="same place"):
        site_shells([[0, 0, 0], [0, 0, 0]], np.eye(3), 1)


def test_ordered_crystals_have_their_warren_cowley_parameters():
    # Rock-salt order: unlike first neighbors, like second, unlike third.
    species = (grid((4, 4, 4)).sum(axis=1) % 2).astype(np.int64)
    alpha = warren_cowley(species, 2, cubic_shells((4, 4, 4), 3))
    assert alpha[:, 0, 1].tolist() == [-1.0, 1.0, -1.0]
    assert alpha[:, 0, 0].tolist() == [1.0, -1.0, 1.0]


def test_random_alloys_have_no_order_on_average():
    shells = cubic_shells((8, 8, 8))
    rng = generator(5)
    alpha = []
    for _ in range(60):
        species = np.repeat([0, 1], 256).astype(np.int64)
        rng.shuffle(species)
        alpha.append(warren_cowley(species, 2, shells)[:, 0, 1])
    # Without replacement an unlike pair has the chance 2 * 256 * 256 / (512 * 511).
    error = np.std(alpha, axis=0) / np.sqrt(60)
    assert (np.abs(np.mean(alpha, axis=0) + 1 / 511) < 4 * error).all()


@pytest.mark.parametrize("counts", [{"Ba": 48, "Ca": 16}, {"Ba": 32, "Ca": 32}])
def test_binary_alloys_with_an_exact_solution_reach_it(counts):
    result = quasirandom_sites(counts, cubic_shells((4, 4, 4)), generator(1))
    assert result.start_objective > 0.01
    assert np.abs(result.warren_cowley).max() < 1e-12
    assert result.objective < 1e-20
    assert np.bincount(result.species).tolist() == list(counts.values())


def test_five_species_come_much_nearer_to_chance_than_a_random_draw():
    counts = {"Mg": 25, "Co": 25, "Ni": 25, "Cu": 25, "Zn": 25}
    result = quasirandom_sites(counts, cubic_shells((5, 5, 5)), generator(2), sweeps=800)
    assert result.objective < 0.05 * result.start_objective
    assert np.bincount(result.species).tolist() == [25] * 5
    assert np.allclose(result.warren_cowley, result.warren_cowley.transpose(0, 2, 1))


def test_the_same_generator_gives_the_same_quasirandom_box():
    shells = cubic_shells((4, 4, 4))
    first, second = (quasirandom_sites({"A": 40, "B": 24}, shells, generator(3)).species for _ in range(2))
    assert np.array_equal(first, second)


def test_counts_that_do_not_fill_the_sublattice_are_refused():
    with pytest.raises(InputError, match="64 sites"):
        quasirandom_sites({"A": 40, "B": 4}, cubic_shells((4, 4, 4)), generator(3))


@pytest.mark.parametrize("method", ["random", "clustered", "sqs"])
def test_crystals_are_occupied_at_exact_composition_on_the_right_sites(method):
    ideal = build_perovskite("Ba", "Ti", (4, 4, 4), 4.0)
    fractions = {"A": {"Ba": 0.75, "Ca": 0.25}, "B": {"Ti": 0.875, "Sn": 0.125}}
    atoms = occupy_sites(ideal, fractions, method, rng=generator(4))
    kinds = np.array(atoms.get_chemical_symbols())
    site = atoms.get_array("site")
    assert {s: int((kinds[site == "A"] == s).sum()) for s in ("Ba", "Ca")} == {"Ba": 48, "Ca": 16}
    assert {s: int((kinds[site == "B"] == s).sum()) for s in ("Ti", "Sn")} == {"Ti": 56, "Sn": 8}
    assert (kinds[site == "X"] == "O").all()
    assert np.array_equal(atoms.positions, ideal.positions)
    assert set(ideal.get_chemical_symbols()) == {"Ba", "Ti", "O"}
    assert atoms.info["occupation"]["counts"]["B"] == {"Ti": 56, "Sn": 8}


def test_methods_order_like_neighbors_as_they_say():
    ideal = build_perovskite("Ba", "Ti", (6, 6, 6), 4.0)
    shells = site_shells(ideal.positions[:216], ideal.cell.array, 1)

    def order(method, **more):
        atoms = occupy_sites(ideal, {"A": {"Ba": 0.5, "Ca": 0.5}}, method, rng=generator(6), **more)
        return warren_cowley((atoms.numbers[:216] == 20).astype(np.int64), 2, shells)[0, 0, 1]

    assert order("clustered", clustering=0.8) > 0.4
    assert order("clustered", clustering=-0.8) < -0.4
    assert abs(order("sqs")) < 1e-12
    assert abs(order("random")) < 0.2


def test_elements_name_the_sites_where_the_crystal_has_no_labels():
    ideal = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    del ideal.arrays["site"]
    atoms = occupy_sites(ideal, {"Ba": {"Ba": 0.5, "Sr": 0.5}}, rng=generator(1))
    assert atoms.symbols.formula.count() == {"Ba": 4, "Sr": 4, "Ti": 8, "O": 24}


def test_vacancies_leave_sites_empty():
    ideal = build_perovskite("Ba", "Ti", (2, 2, 2), 4.0)
    atoms = occupy_sites(ideal, {"X": {"O": 0.875, "Va": 0.125}}, rng=generator(1))
    assert atoms.symbols.formula.count() == {"Ba": 8, "Ti": 8, "O": 21}
    assert atoms.info["occupation"]["counts"]["X"] == {"O": 21, "Va": 3}


def test_numbers_of_sites_that_are_not_whole_are_refused_with_the_size_that_works():
    fractions = {"Ba": 0.95, "Ca": 0.05}
    with pytest.raises(InputError, match=r"Ca 1\.35.*multiple of 20 sites"):
        site_counts(fractions, 27, "error")
    assert site_counts(fractions, 27) == {"Ba": 26, "Ca": 1}
    assert site_counts(fractions, 40, "error") == {"Ba": 38, "Ca": 2}
    third = {"A": 0.333333, "B": 0.333333, "C": 0.333334}
    assert site_counts(third, 27, "error") == {"A": 9, "B": 9, "C": 9}


def test_rounding_is_reported():
    # 20 x 20 x 20 cells of Ba0.926Ca0.074Ti0.892Sn0.108O3.
    a_site = site_counts({"Ba": 0.926, "Ca": 0.074}, 8000)
    b_site = site_counts({"Ti": 0.892, "Sn": 0.108}, 8000)
    assert (a_site, b_site) == ({"Ba": 7408, "Ca": 592}, {"Ti": 7136, "Sn": 864})
    ideal = build_perovskite("Ba", "Ti", (3, 3, 3), 4.0)
    atoms = occupy_sites(ideal, {"A": {"Ba": 0.95, "Ca": 0.05}}, rounding="largest-remainder", rng=generator(1))
    assert atoms.info["occupation"]["largest_rounding"] == pytest.approx(0.05 - 1 / 27)


@pytest.mark.parametrize(
    ("fractions", "more", "message"),
    [
        ({"C": {"Ba": 1.0}}, {}, "no site 'C'"),
        ({"A": {"Xy": 1.0}}, {}, "'Xy' is no element"),
        ({"A": {"Ba": 1.0}}, {"method": "ordered"}, "method must be one of"),
        ({"A": {"Ba": 1.0}}, {"rounding": "up"}, "rounding must be one of"),
        ({"A": {"Ba": 0.9}}, {}, "sum to 1"),
    ],
)
def test_what_cannot_be_occupied_is_refused(fractions, more, message):
    with pytest.raises(InputError, match=message):
        occupy_sites(build_perovskite("Ba", "Ti", (2, 2, 2), 4.0), fractions, rng=generator(1), **more)
