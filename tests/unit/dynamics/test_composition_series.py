from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from entrox.core import EngineError, InputError
from entrox.design import SerialExecutor, open_executor
from entrox.dynamics.ase_md.ase_engine import AseEngine
from entrox.dynamics.diagrams.series import SeriesResult, composition_series
from entrox.dynamics.diagrams.series_task import SeriesBox
from entrox.dynamics.engine import Trajectory
from entrox.dynamics.potential import CalculatorPotential
from entrox.dynamics.protocols import Ladder

BOX = SeriesBox(shape=(2, 2, 2))
POTENTIAL = CalculatorPotential("soft_mode:soft_mode_calculator", {"shape": [2, 2, 2]}, ("Ba", "Ti", "Sn", "O"))
SHARED = {"hold_ps": 0.06, "timestep_fs": 3.0, "frame_every": 5, "thermo_every": 5, "checkpoint_every": 10}
PROTOCOLS = {
    "heating": Ladder(temperatures_k=(100.0, 200.0, 300.0), **SHARED),
    "cooling": Ladder(temperatures_k=(300.0, 200.0, 100.0), **SHARED),
}
FORMULAS = ("BaTiO3", "BaTi0.75Sn0.25O3")


def series(folder: Path, engine=None, **changes) -> SeriesResult:
    asked = {"seed": 5, "n_arrangements": 2, **changes}
    return composition_series(FORMULAS, BOX, PROTOCOLS, engine or AseEngine(), POTENTIAL, folder, **asked)


def numbers(result: SeriesResult) -> list[object]:
    """All numbers of a series but times."""
    return [
        (row.formula, row.arrangement, row.direction, row.status, row.seed, row.run.order_parameter.tolist(),
         row.run.lattice_angstrom.tolist(), row.run.energy_ev.tolist())
        for row in result.rows
    ]  # fmt: skip


@pytest.fixture(scope="module")
def serial(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SeriesResult]:
    folder = tmp_path_factory.mktemp("series")
    return folder, series(folder)


def test_every_composition_arrangement_and_direction_is_a_row(serial) -> None:
    _, result = serial
    assert [(row.formula, row.arrangement, row.direction) for row in result.rows] == [
        (formula, arrangement, direction)
        for formula in FORMULAS
        for arrangement in (0, 1)
        for direction in ("heating", "cooling")
    ]
    assert all(row.finished for row in result.rows)
    assert len({row.seed for row in result.rows}) == 8
    assert result.rows[0].run.temperature_k.tolist() == [100.0, 200.0, 300.0]


def test_one_process_two_processes_and_dask_give_identical_numbers(serial, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    found = {"none": numbers(serial[1]), "serial": numbers(series(tmp_path / "a", executor=SerialExecutor()))}
    with open_executor(2) as executor:
        found["processes"] = numbers(series(tmp_path / "b", executor=executor))
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp", silence_logs=50
    )
    with cluster, open_executor(scheduler=cluster.scheduler_address) as executor:
        found["dask"] = numbers(series(tmp_path / "c", executor=executor))
    assert found["none"] == found["serial"] == found["processes"] == found["dask"]


def test_an_arrangement_does_not_depend_on_how_many_there_are(serial, tmp_path: Path) -> None:
    alone = series(tmp_path, n_arrangements=1)
    assert numbers(alone) == [row for row in numbers(serial[1]) if row[1] == 0]


def test_another_seed_is_another_series(serial, tmp_path: Path) -> None:
    other = series(tmp_path, n_arrangements=1, seed=6)
    assert numbers(other)[0] != numbers(serial[1])[0]


@dataclass(frozen=True)
class RefusingEngine:
    """An engine that may only read finished runs; the seeds that it sees fail or diverge as told."""

    fail_seed: int = -1

    @property
    def name(self) -> str:
        return "ase"

    def run(self, atoms, protocol, potential, folder, *, seed, resume=True) -> Trajectory:
        if seed == self.fail_seed:
            raise EngineError("the program ended with code 7", command="md", log_tail="bad bond")
        from entrox.dynamics.runs.checkpoint import read_record

        record = read_record(folder)
        assert record is not None, f"{folder} would be run anew"
        assert record.complete
        return AseEngine().run(atoms, protocol, potential, folder, seed=seed, resume=resume)


def test_finished_runs_are_read_and_only_the_missing_one_is_run(serial, tmp_path: Path) -> None:
    shutil.copytree(serial[0], tmp_path / "copy")
    assert numbers(series(tmp_path / "copy", RefusingEngine())) == numbers(serial[1])
    lost = tmp_path / "copy" / serial[1].rows[3].folder.relative_to(serial[0])
    shutil.rmtree(lost)
    with pytest.raises(AssertionError, match="run anew"):
        series(tmp_path / "copy", RefusingEngine())
    assert numbers(series(tmp_path / "copy")) == numbers(serial[1])


def test_a_run_that_fails_is_a_row_with_its_reason_and_the_others_go_on(serial, tmp_path: Path) -> None:
    shutil.copytree(serial[0], tmp_path / "copy")
    result = series(tmp_path / "copy", RefusingEngine(fail_seed=serial[1].rows[2].seed))
    assert [row.status for row in result.rows] == ["finished"] * 2 + ["failed"] + ["finished"] * 5
    assert "code 7" in result.rows[2].reason
    assert result.rows[2].run is None
    assert any("BaTiO3, arrangement 1, heating, model 0: failed" in text for text in result.warnings)


def test_a_run_that_explodes_is_a_row_and_keeps_its_complete_rungs(tmp_path: Path) -> None:
    wild = CalculatorPotential("soft_mode:soft_mode_calculator", {"shape": [2, 2, 2], "coupling": 200.0})
    result = composition_series(["BaTiO3"], BOX, PROTOCOLS, AseEngine(), wild, tmp_path, seed=1)
    assert {row.status for row in result.rows} == {"diverged"}
    assert all(row.reason for row in result.rows)
    assert not any(row.finished for row in result.rows)


def test_heating_starts_polar_and_cooling_at_the_ideal_sites(serial) -> None:
    _, result = serial
    heat, cool = (next(iter(_frames(row.folder))) for row in result.rows[:2])
    shift = heat.positions[8:16] - cool.positions[8:16]
    assert shift == pytest.approx(np.full((8, 3), 0.1 / np.sqrt(3.0)), abs=1e-9)
    assert heat.positions[16:] == pytest.approx(cool.positions[16:], abs=1e-9)


def _frames(folder: Path):
    from entrox.dynamics.runs.trajectory_files import read_trajectory

    return read_trajectory(folder).frames()


@pytest.mark.parametrize(
    ("formulas", "message"),
    [
        (("BaTiO3", "BaTiO3"), "more than once"),
        (("BaTiO3", "BaZrO3"), "also has Zr"),
        (("BaTi0.9Sn0.1O3",), "8 sites"),
        ((), "at least one formula"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_run(formulas, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        composition_series(formulas, BOX, PROTOCOLS, AseEngine(), POTENTIAL, tmp_path / "new", seed=1)
    assert not (tmp_path / "new").exists()
