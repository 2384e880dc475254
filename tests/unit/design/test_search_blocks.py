from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from entrox.breakdown import mean_parameters, stored_calibration
from entrox.breakdown.block_law import (
    BLOCK_MEASURES,
    block_parameters,
    block_threshold_field,
    outside_calibrated_box,
)
from entrox.breakdown.calibration import calibrated_forms, calibrated_plane, calibration_error
from entrox.breakdown.ensemble import onset_law
from entrox.breakdown.measures import BreakdownMeasureSettings
from entrox.composition import composition_descriptors, parse_formula
from entrox.composition.block_descriptors import CompositionBlock, block_descriptors
from entrox.core.errors import InputError
from entrox.design import build_space
from entrox.design.search import BalancedCompositions

# praseodymium has no radius for twelve neighbors: radii are compared in another coordination where it is present
SPACE = build_space("BaTiO3", {"A": ["Sr", "Na", "Sm", "Pr"], "B": ["Zr", "Sc", "Ta"]}, denominator=6)
ROWS = np.concatenate(list(BalancedCompositions(SPACE).blocks()))[::61]
MEMBERS = [SPACE.composition(row) for row in ROWS]


def block_of(rows: np.ndarray) -> CompositionBlock:
    denominator = math.lcm(*(len(site.species) for site in SPACE.sites))
    counts = [denominator // len(site.species) for site in SPACE.sites for _ in site.species]
    template = replace(SPACE, denominator=denominator).composition(counts)
    return CompositionBlock(template, {"A": rows[:, :5] / 6, "B": rows[:, 5:] / 6})


BLOCK = block_of(ROWS)


def test_descriptors_of_a_block_are_those_of_each_of_its_compositions() -> None:
    found = block_descriptors(BLOCK)
    for name in composition_descriptors(MEMBERS[0]):
        single = np.array([composition_descriptors(member)[name] for member in MEMBERS], dtype=float)
        np.testing.assert_allclose(found[name], single, rtol=1e-12, atol=1e-12, err_msg=name)


def test_a_block_with_vacancies_has_the_descriptors_of_its_compositions() -> None:
    template = parse_formula("Ba0.5La0.25Va0.25TiO3").at()
    rows = np.array([[0.25, 0.5, 0.25], [0.7, 0.2, 0.1]])
    order = [list(template.sites["A"].fractions).index(name) for name in ("Ba", "La", "Va")]
    placed = np.empty_like(rows)
    placed[:, order] = rows
    found = block_descriptors(CompositionBlock(template, {"A": placed}))
    for index, text in enumerate(("Ba0.25La0.5Va0.25TiO3", "Ba0.7La0.2Va0.1TiO3")):
        single = composition_descriptors(parse_formula(text).at())
        for name in ("entropy_per_formula_unit_r", "lattice_distortion", "tolerance_factor", "charge_imbalance"):
            assert found[name][index] == pytest.approx(single[name], abs=1e-12)


@pytest.mark.parametrize("plane", ["AO", "BO2"])
def test_the_law_of_a_block_is_the_law_of_each_of_its_compositions(plane: str) -> None:
    settings = BreakdownMeasureSettings(plane=plane)
    parameters = block_parameters(BLOCK, settings)
    fields = block_threshold_field(parameters, settings)
    rate = stored_calibration().ramp_rate
    for index, member in enumerate(MEMBERS):
        single = mean_parameters(member, plane=plane)
        assert parameters.bond_energy[index] == pytest.approx(single.bond_energy, rel=1e-12)
        assert parameters.mean_free_path[index] == pytest.approx(single.mean_free_path, rel=1e-12)
        assert parameters.ionization_energy[index] == single.ionization_energy
        law = onset_law(single, rate, calibrated_forms(plane), calibrated_plane(plane))
        assert fields[index] == pytest.approx(law, rel=1e-11)
        extrapolated = any(text.startswith("extrapolated") for text in single.warnings)
        assert outside_calibrated_box(parameters)[index] == extrapolated


def test_a_block_without_oxygen_alone_has_no_bond_energies() -> None:
    block = CompositionBlock(parse_formula("BaTiO2.5N0.5").at(prototype="perovskite"), {"A": np.array([[1.0]])})
    with pytest.raises(InputError, match="M-O only"):
        block_parameters(block)


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match="site A needs rows of shape"):
        CompositionBlock(MEMBERS[0], {"A": np.ones((2, 9))})


def drawn_errors(rows: np.ndarray, draws: int = 60) -> dict[str, np.ndarray]:
    measure = BLOCK_MEASURES[0]
    assert measure.error_draws is not None
    return dict(measure.error_draws(block_of(rows), BreakdownMeasureSettings(), np.random.default_rng(5), draws))


def test_errors_of_a_composition_do_not_depend_on_what_else_stands_in_the_block() -> None:
    together, apart = drawn_errors(ROWS), drawn_errors(ROWS[[3]])
    for source, factors in together.items():
        np.testing.assert_allclose(factors[:, [3]], apart[source], rtol=1e-12, err_msg=source)


def test_an_error_of_the_calibration_moves_all_compositions_nearly_alike() -> None:
    factors = drawn_errors(ROWS)["calibration"]
    shared = factors.mean(axis=1)
    own = (factors / shared[:, None]).std(axis=0)
    assert np.median(own) < 0.35 * shared.std()


def test_the_spread_of_the_calibration_is_about_its_standard_error() -> None:
    parameters = block_parameters(BLOCK)
    error = calibration_error(parameters.ionization_energy, parameters.mean_free_path, parameters.bond_energy)
    # the draws follow the curved line of good fits, the standard error its tangent; 60 draws scatter by 9 %
    ratio = drawn_errors(ROWS)["calibration"].std(axis=0) / error
    assert 0.5 < ratio.min() <= ratio.max() < 1.3


def test_a_given_mean_free_path_leaves_no_doubt_about_it() -> None:
    measure = BLOCK_MEASURES[0]
    assert measure.error_draws is not None
    settings = BreakdownMeasureSettings(mean_free_path_angstrom=12.0)
    found = measure.error_draws(BLOCK, settings, np.random.default_rng(5), 20)
    assert set(found) == {"calibration", "bond energies"}
    assert set(measure.assumptions) == {"mean free path of the host"}
