import numpy as np
import pytest

from entrox.breakdown import AvalancheModel, Trap
from entrox.breakdown.alloy import given_parameters
from entrox.breakdown.calibration import stored_optical_permittivity
from entrox.core import InputError
from entrox.core.units import BOLTZMANN_EV_PER_K
from entrox.design.executors import SerialExecutor
from entrox.design.vacancy_map import boundary_depths, vacancy_map

DEPTHS = (0.2, 0.5, 0.6, 0.7, 0.8)
DENSITIES = (1e23, 8e24)
K = stored_optical_permittivity()


@pytest.fixture(scope="module")
def published():
    material = given_parameters(5.21, 4.0, 5.85, material="BaTiO3, 4 angstrom")
    return vacancy_map(material, depths=DEPTHS, densities=DENSITIES, seeds=6)


def test_map_holds_the_two_published_fields(published):
    field = published["breakdown_field_mv_per_m"].sel(trap_density=8e24)
    assert float(field.sel(trap_depth=0.2)) == pytest.approx(381, rel=0.05)
    assert float(field.sel(trap_depth=0.8)) == pytest.approx(1126, rel=0.05)


def test_field_rises_with_depth_falls_with_density_and_saturates_at_the_intrinsic_value(published):
    onset = published["onset_field_mv_per_m"].to_numpy()
    assert (np.diff(onset, axis=0) >= 0).all()
    assert (np.diff(onset, axis=1) <= 0).all()
    relative = published["relative_field"].to_numpy()
    assert relative[-1] == pytest.approx(1.0, abs=0.005)
    assert relative.max() < 1.01
    assert relative[0].max() < 0.6
    fields = published["breakdown_field_mv_per_m"].to_numpy()
    assert fields == pytest.approx(relative * float(published["intrinsic_field_mv_per_m"]))
    assert (fields >= onset).all()


def test_boundary_moves_by_the_thermal_energy_per_decade_of_density(published):
    # at one field the released density depends on N_c exp(-W_t / kT) alone
    depths = published["boundary_depth"].to_numpy()
    expected = BOLTZMANN_EV_PER_K * 300.0 * np.log(80.0)
    assert depths[1] - depths[0] == pytest.approx(expected, abs=0.02)
    for density, boundary in zip(DENSITIES, depths, strict=True):
        along = published["relative_field"].sel(trap_density=density)
        assert np.interp(boundary, DEPTHS, along) == pytest.approx(0.95, abs=1e-9)


def test_released_density_tells_how_far_the_unlimited_law_goes(published):
    released = float(published["released_density"].sel(trap_depth=0.2, trap_density=8e24))
    # more electrons than a trap holds, by far
    assert released > 5.0
    assert published["released_density"].attrs["units"] == "e/angstrom^3"


def test_two_electrons_per_vacancy_leave_more_of_the_map_intrinsic(published):
    material = given_parameters(5.21, 4.0, 5.85)
    trap = Trap(depth=0.2, optical_permittivity=K, release="full")
    capped = vacancy_map(material, depths=DEPTHS, densities=DENSITIES, trap=trap, seeds=2)
    assert capped.attrs["release"] == "full"
    assert (capped["relative_field"] > published["relative_field"] - 0.01).all()
    assert float(capped["relative_field"][0, 1]) > float(published["relative_field"][0, 1]) + 0.2


def test_rows_side_by_side_give_the_same_map():
    material = given_parameters(5.21, 16.0, 5.85)
    settings = {"depths": (0.2, 0.8), "densities": (8e24,), "seeds": 2, "model": AvalancheModel(cells=5)}
    alone = vacancy_map(material, **settings)
    beside = vacancy_map(material, **settings, executor=SerialExecutor())
    assert alone.identical(beside)


def test_boundary_is_missing_where_all_depths_lie_on_one_side():
    relative = np.array([[0.5, 0.99, 0.5], [0.9, 1.0, 0.6], [1.0, 1.0, 0.7]])
    found = boundary_depths([0.2, 0.4, 0.6], relative, 0.05)
    assert found[0] == pytest.approx(0.5)
    assert np.isnan(found[1:]).all()


def test_axes_that_do_not_rise_are_refused():
    material = given_parameters(5.21, 4.0, 5.85)
    with pytest.raises(InputError, match="depths must rise"):
        vacancy_map(material, depths=(0.5, 0.2))
    with pytest.raises(InputError, match="densities must be finite and > 0"):
        vacancy_map(material, densities=(0.0, 1e24))
    with pytest.raises(InputError, match="drop"):
        vacancy_map(material, drop=1.0)
