from __future__ import annotations

import numpy as np
import pytest

from entrox.core import InputError
from entrox.scattering.data.correlation_data import CorrelationData
from entrox.scattering.data.data_files import write_correlation
from entrox.scattering.setup.problem_of_settings import problem_of_settings
from entrox.scattering.setup.rmc_settings import RmcSettings, read_rmc_settings
from rmc_cases import virtual_experiment

SAMPLE = {"formula": "SrTiO3", "cells": (4, 4, 4), "lattice_a_angstrom": 3.9}


def setup_of(settings, **options):
    return problem_of_settings(settings, np.random.default_rng(0), **options)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    return virtual_experiment(tmp_path_factory.mktemp("data"), (4, 4, 4))[0]


def with_data(settings, number, **changes):
    rows = [item.model_dump() for item in settings.data]
    rows[number] |= changes
    return settings.replaced(data=rows)


def test_all_missing_files_are_named_at_once():
    settings = RmcSettings(sample=SAMPLE, data=[{"file": "one.gr", "sigma": 1}, {"file": "two.fq", "sigma": 1}])
    with pytest.raises(InputError, match=r"one\.gr.*two\.fq"):
        setup_of(settings)


def test_transforms_of_one_measurement_count_once(experiment):
    both = setup_of(experiment).n_independent
    assert both == pytest.approx(8.0 * 35.0 / np.pi, rel=0.02)
    apart = setup_of(with_data(experiment, 1, measurement="other")).n_independent
    assert apart > 1.8 * both


def test_a_range_that_needs_more_than_half_the_box_is_refused_with_the_largest(experiment):
    rows = [item.model_dump() for item in experiment.data]
    settings = experiment.replaced(data=rows, bins={"radius_angstrom": 9.0})
    with pytest.raises(InputError, match="the largest is 8"):
        setup_of(settings)
    longer = experiment.replaced(sample={"cells": (3, 4, 4)}, bins={"radius_angstrom": None})
    with pytest.raises(InputError, match=r"half the shortest width of the box is 6.*largest r_max_angstrom is 4\.9"):
        setup_of(longer)


def test_points_held_out_of_one_transform_must_not_stand_in_the_other(experiment):
    leaking = with_data(experiment, 1, hold_out=[(10.0, 12.0)])
    with pytest.raises(InputError, match="still holds them"):
        setup_of(leaking)
    setup = setup_of(with_data(leaking, 1, measurement="other"))
    held = setup.problem.operators[1].held_out
    assert held.sum() == 101
    recomputed = with_data(leaking, 0, recomputed=True)
    assert setup_of(recomputed).problem.operators[1].held_out.sum() == 101


def test_excluded_ranges_leave_the_fit(experiment):
    setup = setup_of(with_data(experiment, 0, exclude=[(2.1, 2.44)]))
    x = setup.problem.operators[0].x
    assert not ((x >= 2.1) & (x <= 2.44)).any()
    assert len(setup.problem.operators[0].matrix) == len(x)


def test_labels_of_r_can_be_moved(experiment):
    plain = setup_of(experiment).problem.operators[0]
    moved = setup_of(with_data(experiment, 0, r_offset_angstrom=0.01)).problem.operators[0]
    # the fitted range stays, so that the first point is the one before
    assert moved.x[0] == pytest.approx(plain.x[0] + 0.01)
    assert moved.observed[0] == plain.observed[0]
    with pytest.raises(InputError, match="no r_offset_angstrom"):
        setup_of(with_data(experiment, 1, r_offset_angstrom=0.01))


def test_a_range_of_the_other_variable_is_refused(experiment):
    with pytest.raises(InputError, match="function of Q; it has no r_max_angstrom"):
        setup_of(with_data(experiment, 1, r_max_angstrom=5.0))


def test_data_of_another_form_are_fitted_in_the_form_asked_for(experiment):
    with pytest.raises(InputError, match="sigma in the form D"):
        setup_of(with_data(experiment, 0, fit_form="D"))
    setup = setup_of(with_data(experiment, 0, fit_form="D", sigma=0.01))
    plain, other = setup_of(experiment).problem.operators[0], setup.problem.operators[0]
    factor = 4.0 * np.pi * plain.x * setup.start.number_density
    # the data are converted with the density they were reduced with, which is that of the box
    assert np.allclose(other.observed, factor * plain.observed, rtol=1e-9)
    assert np.allclose(other.matrix, factor[:, None] * plain.matrix, rtol=1e-9)


def test_a_species_without_bond_valence_parameters_is_named():
    settings = RmcSettings(sample={"formula": "EuTiO3", "cells": (2, 2, 2), "lattice_a_angstrom": 3.9})
    with pytest.raises(InputError, match="r0_angstrom for Eu"):
        setup_of(settings)


def test_unknown_names_in_tables_are_refused():
    base = RmcSettings(sample=SAMPLE)
    for tables, words in (
        ({"constraints": {"closest_approach_angstrom": {"Ti-N": 1.5}}}, "Ti-N"),
        ({"moves": {"radius_angstrom": {"Ba": 0.1}}}, "Ba"),
        ({"moves": {"swap_share": {"C": 0.1}}}, "sublattices"),
    ):
        with pytest.raises(InputError, match=words):
            setup_of(base.replaced(**tables))


def test_the_closest_approach_of_a_pair_counts_in_both_orders():
    settings = RmcSettings(sample=SAMPLE, constraints={"closest_approach_angstrom": {"O-Ti": 1.55}})
    problem = setup_of(settings).problem
    limits = problem.closest_angstrom
    ti, o = problem.elements.index("Ti"), problem.elements.index("O")
    assert limits[ti, o] == limits[o, ti] == 1.55
    assert limits[ti, ti] == 1.4


def test_a_crowded_start_box_is_repaired_where_that_is_asked_for(tmp_path):
    from entrox.scattering.engine.advance import initial_state
    from entrox.structure.perovskite import build_perovskite
    from entrox.structure.rmc6f import write_rmc6f

    atoms = build_perovskite("Ba", "Ti", (3, 3, 3), 4.0)
    atoms.positions[0] += 1.8
    write_rmc6f(tmp_path / "box.rmc6f", atoms)
    sample = {"box": tmp_path / "box.rmc6f"}
    crowded = setup_of(RmcSettings(sample=sample)).problem
    with pytest.raises(InputError, match="nearer than the closest approach"):
        initial_state(crowded, np.random.default_rng(0), threads=1)
    repaired = setup_of(RmcSettings(sample={**sample, "repair": True})).problem
    assert initial_state(repaired, np.random.default_rng(0), threads=1).data_chi2 == 0.0


def test_the_settings_file_says_where_a_mistake_is(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text('[sample]\nformula = "SrTiO3"\ncells = [4, 4, 4]\nlattice_angstrom = 3.9\n')
    with pytest.raises(InputError, match=r"line 4.*lattice_angstrom.*lattice_a_angstrom"):
        read_rmc_settings(path)
    path.write_text(
        '[sample]\nformula = "SrTiO3"\ncells = [4, 4, 4]\nlattice_a_angstrom = 3.9\n'
        '[[data]]\nfile = "g.gr"\nhold_out = [[3.0, 2.0]]\n'
    )
    with pytest.raises(InputError, match="3 to 2 is empty"):
        read_rmc_settings(path)


def test_files_lie_beside_the_settings(tmp_path):
    x = 0.02 * np.arange(1, 400)
    write_correlation(tmp_path / "g.gr", CorrelationData(x=x, y=-0.17 * (x < 1.9), form="G_keen"))
    path = tmp_path / "settings.toml"
    path.write_text(
        '[sample]\nformula = "SrTiO3"\ncells = [4, 4, 4]\nlattice_a_angstrom = 3.9\n'
        '[[data]]\nfile = "g.gr"\nsigma = 0.01\nfit_scale = true\nqmax_per_angstrom = 30\nr_max_angstrom = 6\n'
    )
    settings = read_rmc_settings(path)
    setup = setup_of(settings)
    assert setup.problem.operators[0].name == "g"
    assert setup.problem.operators[0].fit_scale
    assert not setup.burn_in.operators[0].fit_scale


def test_real_data_are_recognized_and_their_table_of_lengths_is_found(external_data):
    file = external_data("total-scattering/SrTiO3_5K_neutron_GEM_rmc_r13A.gr")
    sample = {"formula": "SrTiO3", "cells": (7, 7, 7), "lattice_a_angstrom": 3.9}
    data = {"file": file, "r_min_angstrom": 1.8, "r_max_angstrom": 12.0, "sigma": 0.01, "qmax_per_angstrom": 35.0}
    setup = setup_of(RmcSettings(sample=sample, data=[data]))
    assert setup.problem.operators[0].form == "G_keen"
    assert setup.lengths.table == setup.sample.table == "sears1992"
    assert setup.lengths.plateau_barn == pytest.approx(-0.176249, abs=2e-5)


def test_x_ray_data_refine_with_one_histogram_per_pair(external_data):
    file = external_data("total-scattering/BaTiO3_xray_q26_pdfgetx3.gr")
    sample = {"formula": "BaTiO3", "cells": (4, 4, 4), "lattice_a_angstrom": 4.0}
    data = {
        "file": file,
        "probe": "xray",
        "r_min_angstrom": 1.6,
        "r_max_angstrom": 6.0,
        "qmax_per_angstrom": 26.0,
        "sigma": 0.1,
    }
    setup = setup_of(RmcSettings(sample=sample, data=[data], bins={"step_angstrom": 0.04}))
    assert setup.problem.operators[0].channels == ("Ba-Ba", "Ba-O", "Ba-Ti", "O-O", "O-Ti", "Ti-Ti")
    assert any("not applicable" in note for note in setup.warnings)
