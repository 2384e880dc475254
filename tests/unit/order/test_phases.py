"""Classes of displacements, their chance levels and probabilities."""

import numpy as np
import pytest

from entrox.core import InputError
from entrox.order.displacement.displacement import displacements
from entrox.order.lattice import fit_lattice
from entrox.order.phases.chance_levels import axis_families, chance_levels, largest_axis_angle, random_c_share
from entrox.order.phases.phase_probabilities import _log_normal_mass, phase_probabilities
from entrox.order.phases.phases import classify
from entrox.order.phases.projected_classes import projected_classes
from perovskite_boxes import make_box


def test_chance_levels_are_those_of_the_published_quadrature():
    assert chance_levels() == pytest.approx([0.274667, 0.443768, 0.281565, 0.0], abs=1e-6)
    caps = np.array([3, 6, 4]) * (1 - np.cos(np.radians(15.0)))
    assert chance_levels("cone") == pytest.approx([*caps, 1 - caps.sum()], abs=1e-12)
    assert chance_levels("components") == pytest.approx([0.385, 0.460, 0.156, 0.0], abs=5e-4)
    assert chance_levels(dimension=2) == pytest.approx([0.5, 0.5, 0.0])
    assert chance_levels("cone", dimension=2) == pytest.approx([1 / 3, 1 / 3, 1 / 3])
    assert chance_levels("components", dimension=2)[0] == pytest.approx(np.arctan(0.5) / (np.pi / 4))


def test_cones_that_overlap_end_at_the_nearest_axis():
    wide = chance_levels("cone", max_angle_deg=largest_axis_angle() + 1e-6)
    assert wide == pytest.approx(chance_levels(), abs=1e-9)


def test_no_direction_is_farther_from_an_axis_than_the_largest_angle():
    assert largest_axis_angle() == pytest.approx(27.5693, abs=1e-3)
    vectors = np.random.default_rng(0).normal(size=(200_000, 3))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    nearest = np.degrees(np.arccos((vectors @ np.concatenate(axis_families()).T).max(axis=1)))
    assert 27.0 < nearest.max() < 27.5694


@pytest.mark.parametrize(
    ("rule", "angle"), [("nearest_axis", 15.0), ("cone", 15.0), ("cone", 24.0), ("components", 15.0)]
)
def test_random_directions_have_the_chance_shares(rule, angle):
    vectors = np.random.default_rng(1).normal(size=(1_000_000, 3))
    found = classify(vectors, rule, 0.0, angle)
    assert found.fractions[1:] == pytest.approx(found.chance[1:], abs=2e-3)
    assert np.abs(found.excess[1:]).max() < 2e-3


def test_random_directions_in_an_image_have_one_half_each():
    vectors = np.random.default_rng(2).normal(size=(300, 300, 2))
    found = classify(vectors, threshold_angstrom=0.0)
    assert found.classes == ("weak", "<10>", "<11>", "M")
    assert found.fractions == pytest.approx([0.0, 0.5, 0.5, 0.0], abs=5e-3)


@pytest.mark.parametrize("dimension", [2, 3])
def test_the_share_of_noise_below_a_threshold_is_the_closed_form(dimension):
    vectors = np.random.default_rng(3).normal(0.0, 0.04, (400_000, dimension))
    grid = vectors.reshape((-1, 3) if dimension == 3 else (400, 1000, 2))
    found = classify(grid, noise_angstrom=0.04)
    assert found.fractions[0] == pytest.approx(float(random_c_share(0.05, 0.04, dimension)), abs=3e-3)
    assert found.excess[0] == pytest.approx(0.0, abs=3e-3)


@pytest.mark.parametrize(
    ("shift", "name"), [((0, 0, 0.1), "T"), ((0.1, 0.1, 0), "O"), ((0.1, -0.1, 0.1), "R"), ((0, 0, 0), "C")]
)
def test_uniform_shifts_of_b_are_the_phases_of_their_directions(shift, name):
    box = make_box((3, 3, 3), shift_b=shift)
    found = classify(displacements(box.atoms, fit_lattice(box.atoms)))
    assert found.fractions[found.classes.index(name)] == 1.0
    assert found.errors is None


def test_classes_do_not_depend_on_the_orientation_of_the_box():
    box = make_box((3, 3, 3), np.random.default_rng(4), noise=0.15)
    atoms = box.atoms.copy()
    atoms.rotate(33.0, (1.0, 2.0, 0.5), rotate_cell=True)
    labels = [classify(displacements(a, fit_lattice(a))).labels for a in (box.atoms, atoms)]
    assert np.array_equal(labels[0], labels[1])


def test_thresholds_and_fractions_go_by_element():
    box = make_box((3, 3, 3), np.random.default_rng(5), shift_b=(0, 0, 0.08))
    d = displacements(box.atoms, fit_lattice(box.atoms))
    found = classify(d, threshold_angstrom={"Sn": 0.1})
    tin = np.array(d.elements) == "Sn"
    assert (found.labels[0][tin] == 0).all()
    assert (found.labels[0][~tin] == 1).all()
    assert classify(d, threshold_angstrom={"Sn": 0.1}, element="Sn").fractions[0] == 1.0
    with pytest.raises(InputError, match="Pb"):
        classify(d, element="Pb")
    with pytest.raises(InputError, match="Zr"):
        classify(d, threshold_angstrom={"Zr": 0.1})


def test_instantaneous_displacements_warn_and_missing_vectors_have_no_class():
    box = make_box((3, 3, 3))
    assert "window" in classify(displacements(box.atoms, fit_lattice(box.atoms))).warnings[0]
    vectors = np.full((2, 4, 3), 0.1)
    vectors[0, 1] = np.nan
    found = classify(vectors)
    assert found.labels[0, 1] == -1
    assert found.n_vectors == 7
    with pytest.raises(InputError, match="NaN"):
        classify(np.full((4, 3), np.nan))


def test_vectors_that_noise_explains_are_weak():
    vectors = np.random.default_rng(6).normal(0.0, [1.0, 3.0], (400, 500, 2))
    covariance = np.diag([1.0, 9.0])
    weak = classify(vectors, threshold_angstrom=0.0, noise_covariance=covariance).fractions[0]
    assert 1.0 - weak == pytest.approx(np.exp(-4.5), abs=1e-3)
    assert projected_classes(vectors, covariance).fractions[0] == pytest.approx(weak)


def test_the_covariance_turns_with_the_axes():
    vectors = np.random.default_rng(12).normal(0.0, [2.0, 6.0], (100, 100, 2))
    covariance, angle = np.diag([1.0, 9.0]), np.radians(30.0)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    weak = [projected_classes(vectors, covariance, axes=a).labels == 0 for a in (np.eye(2), axes)]
    assert np.array_equal(*weak)
    assert np.array_equal(
        classify(vectors, threshold_angstrom=0.0, axes=axes, noise_covariance=covariance).labels == 0, weak[0]
    )


def test_flip_probabilities_count_the_flips():
    rng = np.random.default_rng(7)
    truth = rng.normal(0.0, 8.0, (400, 400, 2))
    found = projected_classes(truth + rng.normal(size=truth.shape), np.eye(2))
    true_class = projected_classes(truth, 1e-12 * np.eye(2)).labels
    strong = found.labels > 0
    assert (found.labels[strong] != true_class[strong]).mean() == pytest.approx(found.mean_flip_probability, abs=0.01)
    with pytest.raises(InputError, match="classify"):
        projected_classes(np.ones((5, 3)), np.eye(2))


def model_vectors(rng, count, noise, largest, shares, dimension=3):
    """Vectors drawn from the model, and their classes."""
    classes = rng.choice(len(shares), count, p=shares)
    vectors = rng.normal(0.0, noise, (count, dimension))
    for k, family in enumerate(axis_families(dimension), start=1):
        mine = classes == k
        axes = family[rng.integers(len(family), size=mine.sum())]
        vectors[mine] += rng.uniform(0.0, largest, (mine.sum(), 1)) * axes
    return vectors, classes


@pytest.mark.parametrize("dimension", [2, 3])
def test_probabilities_of_data_drawn_from_the_model_are_calibrated(dimension):
    shares = np.full(dimension + 1, 1.0 / (dimension + 1))
    vectors, classes = model_vectors(np.random.default_rng(8), 240_000, 0.06, 0.3, shares, dimension)
    grid = vectors.reshape((-1, 3) if dimension == 3 else (400, 600, 2))
    found = phase_probabilities(grid, 0.06, largest_angstrom=0.3)
    p = found.probabilities[0]
    assert p.sum(axis=1) == pytest.approx(np.ones(len(p)))
    for k in range(dimension + 1):
        for low in np.arange(0.0, 1.0, 0.1):
            here = (p[:, k] >= low) & (p[:, k] < low + 0.1)
            if here.sum() > 4000:
                assert (classes[here] == k).mean() == pytest.approx(p[here, k].mean(), abs=0.03)


def test_fitted_shares_are_the_true_ones_where_equal_priors_pull():
    shares = [0.1, 0.6, 0.05, 0.25]
    vectors, _ = model_vectors(np.random.default_rng(9), 30_000, 0.08, 0.3, shares)
    fitted = phase_probabilities(vectors, 0.08, largest_angstrom=0.3, priors="fit")
    assert fitted.fractions == pytest.approx(shares, abs=0.03)
    equal = phase_probabilities(vectors, 0.08, largest_angstrom=0.3)
    assert np.abs(equal.fractions - shares).max() > 0.1


def test_a_covariance_of_round_noise_gives_the_same_probabilities():
    vectors = np.random.default_rng(10).normal(0.0, 0.2, (500, 3))
    one = phase_probabilities(vectors, 0.07)
    other = phase_probabilities(vectors, noise_covariance=0.0049 * np.eye(3))
    assert other.probabilities == pytest.approx(one.probabilities, abs=1e-12)


def test_probabilities_hold_far_beyond_the_noise():
    found = phase_probabilities([[0.0, 0.0, 5.0], [3.0, 3.0, 3.0]], 0.01)
    assert found.probabilities[0, 0] == pytest.approx([0, 1, 0, 0], abs=1e-9)
    assert found.probabilities[0, 1] == pytest.approx([0, 0, 0, 1], abs=1e-9)


def test_the_mass_of_the_normal_law_is_right_in_both_tails():
    low = np.array([-9.0, 8.0, -1.0, -60.0, 50.0])
    found = _log_normal_mass(low, low + 1.0)
    assert found[0] == pytest.approx(found[1])
    assert found[2] == pytest.approx(np.log(0.3413447), abs=1e-6)
    assert found[3:] == pytest.approx([-(59.0**2) / 2 - np.log(59 * np.sqrt(2 * np.pi)), -1254.831], abs=1e-2)


def test_the_noise_comes_from_the_scatter_in_time_or_must_be_given():
    rng = np.random.default_rng(11)
    vectors = rng.normal(0.0, 0.2, (1, 50, 3)) + rng.normal(0.0, 0.05, (200, 50, 3))
    assert phase_probabilities(vectors).noise_angstrom == pytest.approx(0.05, rel=0.02)
    with pytest.raises(InputError, match="noise_angstrom"):
        phase_probabilities(vectors[:1])
    with pytest.raises(InputError, match="priors"):
        phase_probabilities(vectors, 0.05, priors=[0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("options", [{"rule": "nearest"}, {"threshold_angstrom": -1.0},
                                     {"max_angle_deg": 0, "rule": "cone"},
                                     {"component_ratio": 2.0, "rule": "components"}, {"axes": np.ones((3, 3))},
                                     {"noise_covariance": -np.eye(3)}])  # fmt: skip
def test_options_out_of_range_are_refused(options):
    with pytest.raises(InputError):
        classify(np.ones((4, 3)), **options)


def test_arrays_of_strange_shapes_are_refused():
    for shape in ((3,), (4, 4), (2, 2, 2, 2, 2, 3), (0, 3)):
        with pytest.raises(InputError, match="shape"):
            classify(np.ones(shape))
