import dataclasses
import errno
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from database import Database, database
from entrox.core.errors import EngineError, InputError, MissingExtraError
from entrox.design import Store, StoredRow
from entrox.design import store as store_module
from entrox.design.store import decode_values, encode_values


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with database() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Return where an empty store may be: every test that takes it runs on both kinds."""
    if request.param == "sqlite":
        return tmp_path / "s.sqlite"
    url: str = request.getfixturevalue("server").url()
    return url


def row(number: int, **changes: str) -> StoredRow:
    base = StoredRow(f"{number:064d}", "BaTiO3", "field", "{}", "1", "v", "done", encode_values({"a": 1.0}), "[]")
    return dataclasses.replace(base, **changes)


def test_values_keep_every_bit_and_arrays_their_dtype_and_shape() -> None:
    values = {
        "third": 1 / 3,
        "missing": None,
        "infinite": float("-inf"),
        "singles": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
        "empty": np.empty((0,)),
        "counts": np.array([1, 2], dtype=np.int16),
    }
    back = decode_values(encode_values({**values, "numpy": np.float64(0.1)}))
    assert back["third"] == 1 / 3
    assert back["numpy"] == 0.1
    assert back["missing"] is None
    assert back["infinite"] == float("-inf")
    for name in ("singles", "empty", "counts"):
        expected = values[name]
        assert isinstance(expected, np.ndarray)
        assert back[name].dtype == expected.dtype
        assert back[name].shape == expected.shape
        assert (back[name] == expected).all()


def test_text_of_other_types_is_a_defect() -> None:
    with pytest.raises(TypeError, match="list"):
        encode_values({"a": [1.0]})


def test_rows_come_back_as_they_went_in(place: str | Path) -> None:
    with Store(place) as store:
        store.insert([row(2), row(1, warnings_json='["hot, \\u0000 und hei\u00df \\"%s\\""]')])
        assert store.get([row(1).key, "absent"]) == {row(1).key: next(store.rows())}
        assert [item.key for item in store.rows()] == [row(1).key, row(2).key]
        assert next(store.rows()).warnings == ('hot, \0 und hei\u00df "%s"',)
        assert store.get([]) == {}
        store.insert([])
    with Store(place) as store:
        assert store.count() == 2


def test_a_row_that_is_there_is_never_changed_nor_doubled(place: str | Path) -> None:
    with Store(place) as store:
        store.insert([row(1)])
        store.insert([row(1, composition="another"), row(2), row(2)])
        assert store.count() == 2
        assert store.get([row(1).key])[row(1).key].composition == "BaTiO3"


def test_a_batch_goes_in_whole_or_not_at_all(place: str | Path) -> None:
    with Store(place) as store:
        store.insert([row(1)])
        with pytest.raises(EngineError, match="cannot write the store"):
            store.insert([row(2), row(3, status=None)])  # type: ignore[arg-type]
        assert [item.key for item in store.rows()] == [row(1).key]


def test_many_keys_are_looked_up_at_once(place: str | Path) -> None:
    with Store(place) as store:
        store.insert([row(number) for number in range(1200)])
        assert len(store.existing(row(number).key for number in range(0, 2400, 2))) == 600


WRITER = """
import sys
from entrox.design import Store
from entrox.design.store import StoredRow
with Store(sys.argv[1]) as store:
    for start in range(0, 200, 5):
        numbers = list(range(start, start + 5))[:: int(sys.argv[2])]
        store.insert([StoredRow(f"{n:064d}", "c", "m", "{}", "1", "v", "done", "{}", "[]") for n in numbers])
"""


def test_two_processes_fill_one_new_store_without_doubling_a_row(place: str | Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(place), order]) for order in ("1", "-1")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    with Store(place) as store:
        keys = [item.key for item in store.rows()]
    assert keys == [f"{number:064d}" for number in range(200)]


KILLED = """
import os, sys
from entrox.design import Store
from entrox.design.store import StoredRow
def rows():
    for n in range(40, 80):
        if n == 60:
            os.kill(os.getpid(), 9)
        yield dict(vars(StoredRow(f"{n:064d}", "c", "m", "{}", "1", "v", "done", "{}", "[]")))
with Store(sys.argv[1]) as store:
    store.insert([StoredRow(f"{n:064d}", "c", "m", "{}", "1", "v", "done", "{}", "[]") for n in range(40)])
    from entrox.design.store import _ROWS
    with store._engine.begin() as connection:
        for values in rows():
            connection.execute(_ROWS.insert(), values)
"""


def test_a_process_killed_while_it_writes_leaves_its_earlier_batches_and_no_lock(place: str | Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(place)], timeout=60, check=False)
    assert done.returncode == -9
    with Store(place) as store:
        assert store.count() == 40
        store.insert([row(number) for number in range(80)])
        assert store.count() == 80


def _foreign_sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.commit()


def _newer_format(path: Path) -> None:
    Store(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA user_version = 99")


def _lacking_columns(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entrox_rows (key TEXT)")
        connection.execute(f"PRAGMA application_id = {int.from_bytes(b'entx', 'big')}")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()


def _damaged(path: Path) -> None:
    with Store(path) as store:
        store.insert([row(number) for number in range(200)])
    data = bytearray(path.read_bytes())
    data[4096:12288] = b"\xff" * 8192
    path.write_bytes(bytes(data))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_foreign_sqlite, "another program"),
        (_newer_format, "format 99"),
        (_lacking_columns, "lacks"),
        (_damaged, "damaged|cannot be read"),
        (lambda path: path.write_text("x,y\n1,2\n" * 40), "not an SQLite file"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "not an SQLite file"),
    ],
)
def test_a_file_that_is_no_store_is_named_and_left_untouched(tmp_path: Path, spoil: object, message: str) -> None:
    path = tmp_path / "file.sqlite"
    spoil(path)  # type: ignore[operator]
    before = path.read_bytes()
    with pytest.raises(InputError, match=message):
        Store(path)
    assert path.read_bytes() == before


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be a file"):
        Store(tmp_path)


def test_a_store_in_an_absent_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot create the store"):
        Store(tmp_path / "absent" / "s.sqlite")


def test_an_empty_file_becomes_a_store(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    path.touch()
    with Store(path) as store:
        assert store.count() == 0


def test_an_unknown_database_is_refused() -> None:
    with pytest.raises(InputError, match=r"got mysql://"):
        Store("mysql://host/name")


def test_postgresql_without_its_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("entrox.design.store_url.importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"entrox\[postgres\]"):
        Store("postgresql://user@host/name")


def test_a_full_disk_keeps_the_rows_that_were_written(tmp_path: Path) -> None:
    with Store(tmp_path / "s.sqlite") as store:
        store.insert([row(1)])
        with store._engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        store.close()

        @store_module.sa.event.listens_for(store._engine, "connect")
        def _limit(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {pages}")

        with pytest.raises(EngineError, match=r"disk is full.*--resume"):
            store.insert([row(number, values_json="x" * 5000) for number in range(2, 50)])
        assert store.count() == 1


def test_no_space_left_is_recognized_behind_other_errors() -> None:
    inner = OSError(errno.ENOSPC, "No space left on device")
    outer = RuntimeError("outer")
    outer.__cause__ = inner
    assert store_module.is_disk_full(outer)
    assert not store_module.is_disk_full(RuntimeError("other"))
