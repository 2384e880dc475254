"""Refinements of boxes that are known: what comes back, what cannot, and what must not appear.

Only distributions can be compared: a box with a lower chi^2 is no nearer to the true positions.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp, kstest

from entrox.order.pair_distribution import partial_rdf
from entrox.scattering.data.virtual_data import displaced_box
from entrox.scattering.run.analyze import analyze_rmc
from entrox.scattering.run.box_analysis import thermal_floor
from entrox.scattering.run.refine import run_rmc
from entrox.scattering.setup.rmc_settings import RmcSettings
from entrox.scattering.setup.start_box import build_start_box
from rmc_cases import FORMULA, OFF_CENTERS, WINDOWS, virtual_experiment


def peak(atoms, pair, low, high):
    """Mean distance and width of the first peak of a pair [angstrom]."""
    found = partial_rdf(atoms, [pair], r_max_angstrom=high, bin_angstrom=0.01)
    r = found.r_angstrom
    weight = np.where(r > low, found.g[0] * r**2, 0.0)
    mean = (weight * r).sum() / weight.sum()
    return mean, np.sqrt((weight * (r - mean) ** 2).sum() / weight.sum())


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    return virtual_experiment(
        tmp_path_factory.mktemp("data"),
        (6, 6, 6),
        formula=FORMULA,
        off_centers=OFF_CENTERS,
        radius=12.0,
        constraints={"distance_window": WINDOWS},
        run={"moves_per_atom": 40, "burn_in_moves_per_atom": 15},
    )


def refined(experiment, weight):
    settings, truth = experiment
    result = run_rmc(settings.replaced(run={"data_weight": weight}), seed=5)
    return truth, result, analyze_rmc([truth, result], labels=["truth", "box"])


@pytest.fixture(scope="module")
def round_trip(experiment):
    return refined(experiment, 1.0)


@pytest.fixture(scope="module")
def heavy_round_trip(experiment):
    return refined(experiment, 16.0)


def test_the_refined_box_fits_the_data_to_their_noise(round_trip):
    _, result, _ = round_trip
    for item in result.sets:
        assert 0.8 < item.chi2_per_point < 1.3


@pytest.mark.parametrize(("pair", "low", "high"), [(("Ti", "O"), 1.5, 2.6), (("Ba", "O"), 2.3, 3.4)])
def test_the_first_peaks_of_the_partials_come_back(round_trip, pair, low, high):
    truth, result, _ = round_trip
    (mean, width), (found, found_width) = (peak(box, pair, low, high) for box in (truth, result.atoms))
    assert found == pytest.approx(mean, abs=0.02)
    assert found_width == pytest.approx(width, rel=0.15)


def test_mean_displacements_of_the_main_cations_come_back(round_trip):
    found = round_trip[2]
    true, box = (item.mean_modulus_angstrom for item in found.boxes)
    for name, tolerance in (("Ti", 0.15), ("Ba", 0.20)):
        number = found.elements.index(name)
        assert box[number] == pytest.approx(true[number], rel=tolerance)


def test_entropy_spreads_what_the_data_hold_weakly(round_trip, heavy_round_trip):
    """Ti and Sn share a site with lengths of opposite sign: neutrons see the one minus the other, their sum hardly.

    At weight one the entropy of the box, which grows with its atoms, spreads both; heavier data hold them.
    """
    lengths = []
    for _, _, found in (round_trip, heavy_round_trip):
        true, box = (item.mean_modulus_angstrom for item in found.boxes)
        number = found.elements.index("Sn")
        lengths.append(box[number] / true[number])
    light, heavy = lengths
    assert light > 1.3
    assert heavy < 1.3


def test_a_box_that_entropy_spread_fits_worse_than_the_data_allow(round_trip, heavy_round_trip):
    """chi^2 per point near one hides it: in all, the excess is far beyond the noise of chi^2."""
    light, heavy = (sum(item.chi2 for item in result.sets) for _, result, _ in (round_trip, heavy_round_trip))
    independent = round_trip[1].n_independent_data
    assert light - heavy > 3.0 * np.sqrt(2.0 * independent)


def test_heavier_data_give_the_main_cations_back(heavy_round_trip):
    truth, result, found = heavy_round_trip
    true, box = (item.mean_modulus_angstrom for item in found.boxes)
    for name, tolerance in (("Ti", 0.10), ("Ba", 0.10)):
        number = found.elements.index(name)
        assert box[number] == pytest.approx(true[number], rel=tolerance)
    (_, width), (_, found_width) = (peak(one, ("Ti", "O"), 1.5, 2.6) for one in (truth, result.atoms))
    assert found_width == pytest.approx(width, rel=0.10)


def test_what_titanium_and_tin_do_together_is_in_the_data(round_trip):
    """The variance of the two, each with its length and amount, is what the first peak of the total is made of."""
    found = round_trip[2]
    weight = {"Ti": 0.892 * -3.438, "Sn": 0.108 * 6.225}
    total = sum(weight.values())
    true, box = (
        sum(b * item.variance_angstrom2[found.elements.index(name)] for name, b in weight.items()) / total
        for item in found.boxes
    )
    assert box == pytest.approx(true, rel=0.15)


def lengths_and_cosines(box, element):
    """|d| of a cation, and the cosine of the angle to the third axis."""
    vectors = box.displacements_of(element) @ box.lattice_map.axes.T
    length = np.linalg.norm(vectors, axis=1)
    return length, vectors[:, 2] / length


def test_class_shares_come_back_within_three_errors_of_counting(heavy_round_trip):
    known, found = (analyze_rmc(box) for box in heavy_round_trip[:2])
    for one, other in zip(known.classes, found.classes, strict=True):
        assert (np.abs(one.mean - other.mean) < 3.0 * np.hypot(one.within, other.within)).all()


@pytest.mark.parametrize("element", ["Ba", "Ti"])
def test_the_whole_distributions_of_length_and_angle_come_back(heavy_round_trip, element):
    """Greatest distance of the cumulative distributions below what two samples of one exceed once in 200."""
    (lengths, cosines), (found, found_cosines) = (
        lengths_and_cosines(box, element) for box in heavy_round_trip[2].boxes
    )
    most = 1.73 * np.sqrt(2.0 / len(lengths))
    assert ks_2samp(lengths, found).statistic < most
    assert ks_2samp(cosines, found_cosines).statistic < most


def test_a_common_direction_is_not_in_powder_data(tmp_path):
    """Ti shifted along one axis: the lengths come back, the direction does not."""
    settings, truth = virtual_experiment(
        tmp_path,
        (5, 5, 5),
        formula="BaTiO3",
        off_centers={},
        common_shift={"Ti": (0.0, 0.0, 0.15)},
        constraints={"distance_window": [WINDOWS[0], WINDOWS[2]]},
        run={"moves_per_atom": 40, "burn_in_moves_per_atom": 15, "data_weight": 16.0},
    )
    boxes = analyze_rmc([truth, run_rmc(settings, seed=2)]).boxes
    (lengths, cosines), (found, found_cosines) = (lengths_and_cosines(box, "Ti") for box in boxes)
    chance = 1.63 / np.sqrt(len(cosines))
    uniform = {"cdf": lambda cosine: (cosine + 1.0) / 2.0}
    assert found.mean() == pytest.approx(lengths.mean(), rel=0.15)
    assert kstest(cosines, **uniform).statistic > 3.0 * chance
    assert kstest(found_cosines, **uniform).statistic < 2.0 * chance


@pytest.fixture(scope="module")
def thermal_box():
    sample = {"formula": FORMULA, "cells": (12, 12, 12), "lattice_a_angstrom": 4.0}
    rng = np.random.default_rng(11)
    start = build_start_box(RmcSettings(sample=sample), rng).atoms
    return analyze_rmc(displaced_box(start, {}, 0.005, rng), shuffles=2)


def test_a_thermal_box_lies_on_its_floor(thermal_box):
    error = thermal_box.boxes[0].mean_modulus_error_angstrom
    assert (np.abs(thermal_box.mean_modulus_angstrom - thermal_box.thermal_floor_angstrom) < 4.0 * error).all()
    expected = [thermal_floor(0.005, 0.005, 12 if site == "A" else 6) for site in thermal_box.sites]
    assert thermal_box.thermal_floor_angstrom == pytest.approx(expected, rel=0.03)


def test_shuffling_changes_nothing_in_a_thermal_box(thermal_box):
    error = thermal_box.boxes[0].mean_modulus_error_angstrom
    assert (np.abs(thermal_box.shuffled_angstrom - thermal_box.mean_modulus_angstrom) < 5.0 * error).all()


def test_the_classes_of_a_thermal_box_are_those_of_chance(thermal_box):
    for item in thermal_box.classes:
        assert item.mean.sum() == pytest.approx(1.0)
        assert (np.abs(item.mean - item.chance) < 4.0 * item.within).all()
        assert item.chance == pytest.approx([0.2747, 0.4438, 0.2816], abs=1e-4)


def test_the_angles_of_a_thermal_box_are_those_of_chance(thermal_box):
    widths = np.diff(thermal_box.angle_edges_deg)
    assert (thermal_box.angle_density * widths).sum(axis=1) == pytest.approx(1.0)
    assert (thermal_box.angle_chance * widths).sum() == pytest.approx(1.0)
    barium = thermal_box.elements.index("Ba")
    counts = thermal_box.boxes[0].count[barium]
    expected = thermal_box.angle_chance * widths
    error = np.sqrt(expected * (1.0 - expected) / counts)
    assert (np.abs(thermal_box.angle_density[barium] * widths - expected) < 4.5 * error).all()


def test_a_polar_box_lies_above_its_shuffled_self_in_the_mean_vector(thermal_box):
    sample = {"formula": "BaTiO3", "cells": (8, 8, 8), "lattice_a_angstrom": 4.0}
    rng = np.random.default_rng(2)
    atoms = build_start_box(RmcSettings(sample=sample), rng).atoms
    atoms = displaced_box(atoms, {}, 0.003, rng)
    atoms.positions[np.array(atoms.symbols) == "Ti"] += [0.0, 0.0, 0.15]
    found = analyze_rmc(atoms)
    titanium = found.elements.index("Ti")
    assert found.taid_angstrom[titanium] == pytest.approx(0.15, abs=0.01)
    # a common shift is no variance: the floor is that of the motion about it
    assert found.thermal_floor_angstrom[titanium] == pytest.approx(thermal_floor(0.003, 0.003, 6), rel=0.05)
    assert found.mean_modulus_angstrom[titanium] > 1.5 * found.thermal_floor_angstrom[titanium]


def test_a_thermal_box_stays_unpolar_through_a_refinement(tmp_path):
    settings, _ = virtual_experiment(
        tmp_path,
        (5, 5, 5),
        formula="SrTiO3",
        off_centers={},
        lattice=3.9,
        constraints={
            "distance_window": [
                {"pair": ("Ti", "O"), "low_angstrom": 1.6, "high_angstrom": 2.3},
                {"pair": ("Sr", "O"), "low_angstrom": 2.4, "high_angstrom": 3.1},
            ]
        },
        run={"moves_per_atom": 30, "burn_in_moves_per_atom": 12},
    )
    found = analyze_rmc(run_rmc(settings, seed=2))
    assert found.mean_modulus_angstrom == pytest.approx(found.thermal_floor_angstrom, rel=0.12)
    # the mean of 125 vectors of length d is of the order d / sqrt(125)
    assert (found.taid_angstrom < 3.0 * found.mean_modulus_angstrom / np.sqrt(125)).all()
    for item in found.classes:
        assert (np.abs(item.mean - item.chance) < 4.0 * item.within).all()


def chi_squares(folder, formula):
    """chi^2 per point fitted and held out, for noise-free data of SrTiO3 refined as some formula."""
    settings, _ = virtual_experiment(
        folder, (4, 4, 4), formula="SrTiO3", off_centers={}, noise=(1e-6, 1e-6), lattice=4.0
    )
    row = settings.data[1].model_dump() | {"hold_out": [(5.0, 6.0), (9.0, 10.0), (14.0, 15.0)], "sigma": 1e-3}
    sample = {"formula": formula, "cells": (4, 4, 4), "lattice_a_angstrom": 4.0}
    run = {"moves_per_atom": 80, "burn_in_moves_per_atom": 30}
    (item,) = run_rmc(settings.replaced(sample=sample, data=[row], run=run), seed=3).sets
    return item.chi2_per_point, item.hold_out_chi2_per_point


def test_points_held_out_betray_a_wrong_composition(tmp_path):
    fitted, held = chi_squares(tmp_path, "Sr0.8Ca0.2TiO3")
    assert held > 2.0 * fitted
    assert held > 10.0
    assert chi_squares(tmp_path, "SrTiO3")[1] < 1.0
