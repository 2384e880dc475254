import dataclasses
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest
from fake_measures import (
    FIELD,
    INCOMPLETE,
    KNOWN,
    FakeComposition,
    fake_composition,
    fake_compositions,
    requests,
)

from entrox.core.errors import EngineError, InputError, MissingExtraError
from entrox.design import Progress, SerialExecutor, Store, open_executor, request_measures, run_sweep
from entrox.design import sweep as sweep_module
from entrox.design.executors import check_scheduler
from entrox.design.identity import code_version, composition_key, room_versions
from entrox.design.worker_code import check_code_here, code_here


def as_table(store: Store) -> list[object]:
    return list(store.rows())


def test_every_point_has_a_row_of_every_measure(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        rows = run_sweep(fake_compositions(10), requests("field", "light"), store)
        assert store.count() == 20
    assert len(rows.points) == 10
    assert rows.computed == 20
    assert [point["light"].values["light_ev"] for point in rows.points] == [n / 10 for n in range(10)]
    assert rows.points[0]["field"].values["answer_ev"] is None
    assert rows.points[7]["field"].warnings == ("more strontium than barium",)
    assert rows.points[3]["field"].values["breakdown_fields_mv_per_m"].shape == (4,)


def test_what_the_store_has_is_not_computed_again(tmp_path: Path) -> None:
    seen: list[Progress] = []
    with Store(tmp_path / "s.sqlite") as store:
        run_sweep(fake_compositions(4), requests("field"), store)
        rows = run_sweep(fake_compositions(8), requests("field"), store, progress=seen.append)
    assert (rows.restored, rows.computed) == (4, 4)  # 0, 1/4, 1/2, 3/4 are 0, 2/8, 4/8, 6/8
    assert (seen[0].done, seen[0].total, seen[0].restored, seen[0].rate) == (4, 8, 4, 0.0)
    assert (seen[-1].done, seen[-1].remaining_s) == (8, 0.0)
    assert seen[-1].rate > 0
    assert [item.done for item in seen] == sorted(item.done for item in seen)


def test_other_settings_seed_or_code_are_other_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        run_sweep(fake_compositions(1), requests("field"), store)
        run_sweep(fake_compositions(1), requests("field", seeds=5), store)
        run_sweep(fake_compositions(1), requests("field"), store, seed=2)
        assert store.count() == 3
        run_sweep(fake_compositions(1), requests("field", seeds=4), store)
        assert store.count() == 3
        monkeypatch.setattr("entrox.__version__", "9.9.9")
        run_sweep(fake_compositions(1), requests("field"), store)
        assert store.count() == 4
    assert code_version(FIELD).startswith("9.9.9+")


def test_numbers_follow_from_the_composition_not_from_its_place(tmp_path: Path) -> None:
    points = fake_compositions(6)
    with Store(tmp_path / "a.sqlite") as store:
        forward = run_sweep(points, requests("field"), store)
    with Store(tmp_path / "b.sqlite") as store:
        backward = run_sweep([*points[::-1], points[2]], requests("light", "field"), store)
        assert store.count() == 12
    for point, other in zip(forward.points, backward.points[5::-1], strict=True):
        assert point["field"].values_json == other["field"].values_json
    assert backward.points[6] == backward.points[3]


def test_more_seeds_begin_with_the_same_seeds(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        few = run_sweep(fake_compositions(2), requests("field", seeds=3), store)
        many = run_sweep(fake_compositions(2), requests("field", seeds=9), store)
    name = "breakdown_fields_mv_per_m"
    assert (few.points[1]["field"].values[name] == many.points[1]["field"].values[name][:3]).all()


def test_the_text_of_a_formula_is_not_its_identity() -> None:
    one, other = fake_composition(Fraction(1, 3)), fake_composition(Fraction(1, 3), formula="another text")
    assert composition_key(one) == composition_key(other)  # type: ignore[arg-type]
    zero = fake_composition(Fraction(0))
    bare = FakeComposition("BaTiO3", {"Ba": Fraction(1), "O": Fraction(3)}, zero.sites)
    assert composition_key(zero) == composition_key(bare)  # type: ignore[arg-type]


def test_an_error_of_a_measure_is_a_row_and_the_sweep_goes_on(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        rows = run_sweep(fake_compositions(4), requests("refusing"), store)
    last = rows.points[3]["refusing"]
    assert last.status == "failed"
    assert last.values == {"refused_ev": None}
    assert last.warnings == ("refusing: no value for strontium above one half",)
    assert rows.points[2]["refusing"].values == {"refused_ev": 1.0}


def test_a_defect_of_a_measure_passes_through_and_earlier_rows_stay(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(ZeroDivisionError):
            run_sweep(fake_compositions(40), requests("broken"), store)
        assert store.count() == 20


def test_a_measure_must_return_what_it_declares(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store, pytest.raises(TypeError, match=r"missing \['declared_ev'\]"):
        run_sweep(fake_compositions(1), requests("undeclared"), store)


def test_an_interrupt_keeps_the_finished_rows(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(KeyboardInterrupt):
            run_sweep(fake_compositions(16), requests("interrupting"), store)
        assert store.count() == 12


def test_an_interrupt_while_workers_compute_keeps_rows_and_ends_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_SLEEP_S", "0.02")
    start = time.perf_counter()

    def interrupt(progress: Progress) -> None:
        if progress.done >= 8:
            raise KeyboardInterrupt

    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(KeyboardInterrupt), open_executor(2) as executor:
            run_sweep(fake_compositions(2000), requests("field"), store, executor=executor, progress=interrupt)
        assert 8 <= store.count() < 2000
    assert time.perf_counter() - start < 20


def test_a_batch_ends_when_its_time_is_up_and_the_rest_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "BATCH_BUDGET_S", 0.0)
    seen: list[int] = []
    with Store(tmp_path / "s.sqlite") as store:
        rows = run_sweep(
            fake_compositions(9), requests("light"), store, progress=lambda progress: seen.append(progress.done)
        )
        assert store.count() == 9
    assert seen == list(range(10))
    assert len(rows.points) == 9


def test_a_full_disk_ends_the_sweep_with_the_rows_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        insert, calls = store.insert, []

        def failing(rows: object) -> None:
            calls.append(rows)
            if len(calls) > 2:
                raise EngineError("the disk is full")
            insert(rows)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "insert", failing)
        with pytest.raises(EngineError, match="disk is full"):
            run_sweep(fake_compositions(40), requests("light"), store)
        assert store.count() == 20


def test_a_worker_that_dies_is_named_and_rows_are_kept(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        run_sweep(fake_compositions(2), requests("light"), store)
        with pytest.raises(EngineError, match="worker process died"), open_executor(2) as executor:
            executor.submit(signal.raise_signal, signal.SIGKILL)
            run_sweep(fake_compositions(400), requests("light"), store, executor=executor)
        assert store.count() >= 2


def test_one_process_two_processes_and_dask_give_identical_rows(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    points, asked = fake_compositions(30), requests("field", "light")
    tables = {}
    with Store(tmp_path / "serial.sqlite") as store:
        run_sweep(points, asked, store, executor=SerialExecutor())
        tables["serial"] = as_table(store)
    with Store(tmp_path / "pool.sqlite") as store, open_executor(2) as executor:
        run_sweep(points, asked, store, executor=executor)
        tables["pool"] = as_table(store)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, protocol="tcp", silence_logs=50
    )
    with cluster, Store(tmp_path / "dask.sqlite") as store:
        with open_executor(scheduler=cluster.scheduler_address) as executor:
            run_sweep(points, asked, store, executor=executor)
        tables["dask"] = as_table(store)
    assert len(tables["serial"]) == 60
    assert tables["serial"] == tables["pool"] == tables["dask"]


def test_a_silent_scheduler_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("entrox.design.executors.SCHEDULER_TIMEOUT_S", 0.2)
    with (
        pytest.raises(EngineError, match=r"Dask scheduler at tcp://127\.0\.0\.1:9 does not answer"),
        open_executor(scheduler="tcp://127.0.0.1:9"),
    ):
        pass


def test_every_room_has_a_version_of_its_own() -> None:
    versions = room_versions(("core", "composition", "structure", "breakdown"))
    assert list(versions) == ["core", "composition", "structure", "breakdown"]
    assert len(set(versions.values())) == 4
    assert all(len(version.partition("+")[2]) == 12 for version in versions.values())
    with pytest.raises(InputError, match="no room 'breakdwon'; did you mean breakdown"):
        room_versions(["breakdwon"])


@pytest.mark.parametrize(
    "address", ["foo", "", "http://host:8786", "tcp://host", "host:0", "host:99999", "tcp://:8786"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_opened(address: str) -> None:
    with pytest.raises(InputError, match="host:8786"), open_executor(scheduler=address):
        pass


@pytest.mark.parametrize("address", ["tcp://host:8786", "tls://10.0.0.1:1", "node-1.cluster:8786", "tcp://[::1]:8786"])
def test_addresses_of_schedulers_are_taken(address: str) -> None:
    assert check_scheduler(address) == address


def test_a_scheduler_without_dask_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.design.executors.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"entrox\[hpc\]"), open_executor(scheduler="tcp://127.0.0.1:9"):
        pass


def test_a_worker_without_a_package_of_its_measure_gives_no_row_but_an_error(tmp_path: Path) -> None:
    asked = request_measures({"incomplete": {}}, {"incomplete": INCOMPLETE})
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(MissingExtraError, match=r"entrox\[search\]"):
            run_sweep(fake_compositions(3), asked, store)
        assert store.count() == 0


def test_rows_that_vanish_from_the_store_are_missed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        monkeypatch.setattr(store, "insert", lambda rows: None)
        with pytest.raises(EngineError, match="3 rows are no longer in the store"):
            run_sweep(fake_compositions(3), requests("light"), store)


def test_code_that_is_not_that_of_the_study_makes_no_row() -> None:
    with pytest.raises(EngineError, match=r"computes 'field' with .*; this study has 0\.0\.9\+old.*restart them"):
        check_code_here(FIELD, "0.0.9+old")
    check_code_here(FIELD, code_here(FIELD))
    assert code_here(FIELD) == code_version(FIELD)


def test_a_measure_of_a_script_is_known_by_the_rooms_below_it() -> None:
    def of_a_script(composition: object, settings: object, rng: object) -> dict[str, object]:
        return {}

    of_a_script.__module__ = "__main__"
    measure = dataclasses.replace(FIELD, evaluate=of_a_script)
    assert code_here(measure) == " ".join(room_versions(("core", "composition", "structure")).values())


def test_a_missing_extra_stops_before_anything_is_computed() -> None:
    with pytest.raises(MissingExtraError, match=r"pip install 'entrox\[search\]'"):
        requests("light", "absent")


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"feild": {}}, "did you mean field"),
        ({"field": {"seed": 3}}, "did you mean seeds"),
        ({"field": {"seeds": "many"}}, "measures.field.seeds"),
    ],
)
def test_a_wrong_measure_or_setting_is_named(chosen: dict[str, dict[str, object]], message: str) -> None:
    with pytest.raises(InputError, match=message):
        request_measures(chosen, KNOWN)


KILLED = """
import os, sys
sys.path.insert(0, sys.argv[2])
os.environ["FAKE_SLEEP_S"] = "0.03"
from fake_measures import fake_compositions, requests
from entrox.design import Store, run_sweep
with Store(sys.argv[1]) as store:
    run_sweep(fake_compositions(60), requests("field"), store, progress=lambda p: print(p.done, flush=True))
"""


def test_kill_9_in_a_sweep_then_resume_gives_the_identical_table(tmp_path: Path) -> None:
    path, here = tmp_path / "killed.sqlite", str(Path(__file__).parent)
    command = [sys.executable, "-c", KILLED, str(path), here]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > 0:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    with Store(path) as store:
        kept = store.count()
        resumed = run_sweep(fake_compositions(60), requests("field"), store)
        table = as_table(store)
    assert 0 < kept < 60
    assert resumed.restored == kept
    with Store(tmp_path / "whole.sqlite") as store:
        run_sweep(fake_compositions(60), requests("field"), store)
        assert as_table(store) == table
    assert len({item.key for item in table}) == len(table) == 60  # type: ignore[attr-defined]
