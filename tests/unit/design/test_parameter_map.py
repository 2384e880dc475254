"""Map over ionization energy, mean free path and bond energy."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from entrox.breakdown.parameter_point import ParameterPoint
from entrox.core import InputError, generator
from entrox.design import Progress, SerialExecutor, Store, open_executor, read_maps, write_maps
from entrox.design.parameter_map import ParameterGrid, parameter_grid, run_parameter_map
from entrox.design.regression import compare_map

SMALL = parameter_grid((2, 3, 2))


@pytest.fixture(scope="module")
def small():
    return run_parameter_map(SMALL, seeds=3)


def test_default_grid_has_the_published_box_and_441_points() -> None:
    grid = parameter_grid()
    assert grid.shape == (7, 7, 9)
    assert len(grid.points()) == 441
    assert [(axis[0], axis[-1]) for axis in grid.axes] == [(4.0, 10.0), (4.0, 16.0), (2.0, 10.0)]


def test_regressor_spacing_has_equal_steps_of_the_regressors() -> None:
    grid = parameter_grid(spacing="regressor")
    for values in (np.log(grid.axes[0]), np.array(grid.axes[1]) ** -0.5, np.sqrt(grid.axes[2])):
        assert np.ptp(np.diff(values)) < 1e-9
    assert [(axis[0], axis[-1]) for axis in grid.axes] == [(4.0, 10.0), (4.0, 16.0), (2.0, 10.0)]


def test_field_rises_with_both_energies_and_falls_with_the_path(small) -> None:
    field = small["breakdown_field_mv_per_m"]
    assert (field.diff("ionization_energy") > 0).all()
    assert (field.diff("bond_energy") > 0).all()
    assert (field.diff("mean_free_path") < 0).all()
    assert (small["onset_field_mv_per_m"] < field).all()
    assert np.allclose(small["onset_field_mv_per_m"], small["threshold_law_mv_per_m"], rtol=1e-5)


def test_map_corner_is_the_published_field() -> None:
    grid = ParameterGrid((4.0,), (4.0,), (2.0, 10.0))
    fields = run_parameter_map(grid, seeds=16)["breakdown_field_mv_per_m"].to_numpy().ravel()
    assert fields == pytest.approx([935.0, 1035.0], rel=0.02)


def test_every_variable_and_coordinate_carries_its_unit(small) -> None:
    assert {variable.attrs["units"] for variable in small.data_vars.values()} == {"MV/m"}
    assert [small[name].attrs["units"] for name in small.coords] == ["eV", "angstrom", "eV"]
    assert small["breakdown_fields_mv_per_m"].dims[-1] == "seed"


def test_map_goes_through_netcdf_without_loss(small, tmp_path: Path) -> None:
    write_maps(small, tmp_path / "map.nc")
    assert read_maps(tmp_path / "map.nc").identical(small)


@pytest.mark.parametrize("workers", ["threads", "processes"])
def test_workers_change_no_number(small, workers: str) -> None:
    if workers == "threads":
        with ThreadPoolExecutor(2) as pool:
            other = run_parameter_map(SMALL, seeds=3, executor=pool)
    else:
        with open_executor(2) as pool:
            other = run_parameter_map(SMALL, seeds=3, executor=pool)
    assert other.identical(small)


def test_a_point_has_the_same_fields_in_any_grid(small) -> None:
    grid = ParameterGrid((10.0,), (4.0, 5.0), (2.0,))
    part = run_parameter_map(grid, seeds=3)["breakdown_fields_mv_per_m"]
    whole = small["breakdown_fields_mv_per_m"]
    assert np.array_equal(part[0, 0, 0], whole.sel(ionization_energy=10.0, mean_free_path=4.0, bond_energy=2.0))


def test_another_seed_gives_other_fields_and_more_seeds_begin_with_the_same(small) -> None:
    grid = ParameterGrid((10.0,), (16.0,), (10.0,))
    name = "breakdown_fields_mv_per_m"
    many, other = run_parameter_map(grid, seeds=6)[name], run_parameter_map(grid, seeds=3, seed=2)[name]
    assert np.array_equal(many[0, 0, 0, :3], small[name][-1, -1, -1])
    assert not np.array_equal(other[0, 0, 0], small[name][-1, -1, -1])


class InterruptedExecutor(SerialExecutor):
    """Runs some batches, then Ctrl-C."""

    def __init__(self, batches: int) -> None:
        self.left = batches

    def submit(self, fn, /, *args, **kwargs) -> Future:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().submit(fn, *args, **kwargs)


def test_interrupted_map_keeps_its_points_and_the_next_run_uses_them(small, tmp_path: Path) -> None:
    seen: list[Progress] = []
    with Store(tmp_path / "map.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            run_parameter_map(SMALL, seeds=3, store=store, executor=InterruptedExecutor(2))
        kept = store.count()
        assert 0 < kept < 12
        resumed = run_parameter_map(SMALL, seeds=3, store=store, progress=seen.append)
        assert store.count() == 12
    assert seen[0].restored == seen[0].done == kept
    assert (seen[-1].done, seen[-1].total) == (12, 12)
    assert resumed.identical(small)


def test_points_of_other_settings_are_not_reused(tmp_path: Path) -> None:
    grid = ParameterGrid((5.0,), (8.0,), (4.0,))
    with Store(tmp_path / "map.sqlite") as store:
        run_parameter_map(grid, seeds=2, store=store)
        run_parameter_map(grid, seeds=2, cells=6, store=store)
        run_parameter_map(grid, seeds=2, seed=9, store=store)
        assert store.count() == 3


def test_identity_of_a_point_tells_numbers_apart_to_the_last_bit() -> None:
    one, other = ParameterPoint(5.0, 8.0, 4.0), ParameterPoint(5.0, 8.0, np.nextafter(4.0, 5.0))
    assert one.identity != other.identity
    assert one.formula == other.formula == "W_i 5 eV, lambda 8 angstrom, W_b 4 eV"
    assert one.identity == ParameterPoint(5, 8, 4).identity


def test_bad_grids_are_refused() -> None:
    with pytest.raises(InputError, match="mean_free_path"):
        ParameterGrid((4.0,), (0.0,), (2.0,))
    with pytest.raises(InputError, match="rise"):
        ParameterGrid((4.0, 4.0), (4.0,), (2.0,))
    with pytest.raises(InputError, match="three axes"):
        parameter_grid((3, 3))
    with pytest.raises(InputError, match="spacing"):
        parameter_grid(spacing="cubic")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="seeds"):
        run_parameter_map(SMALL, seeds=0)


def test_map_with_one_value_along_an_axis_has_no_regression() -> None:
    flat = run_parameter_map(ParameterGrid((4.0,), (4.0, 8.0), (2.0, 4.0, 6.0)), seeds=1)
    with pytest.raises(InputError, match="vary independently"):
        compare_map(flat, generator(1))
