"""What a PostgreSQL store does when the database goes away, and what it never tells: its password."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_measures import fake_compositions, requests

from database import PASSWORD, USER, Database, database, free_port
from entrox.core.errors import EngineError, InputError
from entrox.design import Progress, Store, StoredRow, parse_study, run_study, run_sweep
from entrox.design.password import hide_password
from entrox.design.store_url import read_store_url, shown_url


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    with database() as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait a moment only for a database that is gone."""
    monkeypatch.setattr("entrox.design.store.RECONNECT_S", 0.2)
    monkeypatch.setattr("entrox.design.store.RECONNECT_EVERY_S", 0.1)


def row(number: int) -> StoredRow:
    return StoredRow(f"{number:064d}", "BaTiO3", "field", "{}", "1", "v", "done", "{}", "[]")


def test_a_store_is_named_without_its_password(server: Database) -> None:
    with Store(server.url()) as store:
        assert store.location == f"postgresql://{USER}:***@127.0.0.1:{server.port}/runs_{server._count}"


def test_a_wrong_password_is_not_shown_in_the_error(server: Database) -> None:
    with pytest.raises(EngineError, match=r"password authentication failed.*PGPASSWORD") as caught:
        Store(server.url("s3cret:pass@word".replace("@", "%40").replace(":", "%3A")))
    assert "s3cret" not in str(caught.value)


def test_a_password_in_the_environment_is_taken(server: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.url().replace(f":{PASSWORD}@", "@")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with Store(url) as store:
        assert store.count() == 0


def test_a_database_that_is_not_there_is_named(server: Database) -> None:
    with pytest.raises(EngineError, match=r"cannot open the store .*/absent_runs.*does not exist"):
        Store(server.url().replace("/runs_", "/absent_runs_"))
    start = time.monotonic()
    with pytest.raises(EngineError, match=r"cannot open the store .*Connection refused"):
        Store(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{free_port()}/runs")
    assert time.monotonic() - start < 20


def test_a_table_of_another_program_is_left_as_it_was(server: Database) -> None:
    import psycopg

    url = server.url()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE entrox_rows (key text, note text)")
    with pytest.raises(InputError, match=r"entrox_rows.*is not ours: it lacks code_version"):
        Store(url)
    with psycopg.connect(url) as connection:
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'entrox_rows'"
        ).fetchall()
    assert sorted(columns) == [("key",), ("note",)]


def test_a_user_who_may_read_only_is_told_so(server: Database) -> None:
    import psycopg

    url = server.url()
    Store(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'")
        connection.execute("GRANT SELECT ON entrox_rows TO reader")
    with Store(url.replace(f"{USER}:{PASSWORD}", "reader:reads")) as store:
        with pytest.raises(EngineError, match=r"cannot write the store .*permission denied"):
            store.insert([row(1)])
        assert store.count() == 0


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("postgresql://ann:secret@host:port/runs", r"cannot read the URL of the store, postgresql://ann:\*\*\*@host"),
        ("postgresql://ann:secret@host", r"names no database"),
        ("mysql://ann:secret@host/runs", r"got mysql://"),
    ],
)
def test_a_url_that_is_none_is_refused_without_its_password(url: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        read_store_url(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://ann:a:b@c@host/runs", "postgres://ann:***@host/runs"),
        ("--store=postgresql+psycopg://ann:x@h/r", "--store=postgresql+psycopg://ann:***@h/r"),
        (
            "postgresql://h/r?user=ann&password=x&sslmode=require",
            "postgresql://h/r?user=ann&password=***&sslmode=require",
        ),
        ("postgresql://ann@h:5432/r", "postgresql://ann@h:5432/r"),
        ("runs/mine", "runs/mine"),
    ],
)
def test_passwords_are_hidden_wherever_they_stand_in_a_url(text: str, shown: str) -> None:
    assert hide_password(text) == shown


def test_a_password_among_the_parameters_is_hidden_too() -> None:
    url = read_store_url("postgresql://h/r?password=x")
    assert not isinstance(url, Path)
    assert shown_url(url) == "postgresql://h/r?password=***"


def test_a_database_that_is_restarted_in_a_sweep_costs_no_row(server: Database) -> None:
    points, restarts = fake_compositions(24), []

    def restart(progress: Progress) -> None:
        if progress.done >= 8 and not restarts:
            server.stop()
            restarts.append(threading.Timer(0.5, server.start))
            restarts[0].start()

    with Store(server.url()) as store:
        rows = run_sweep(points, requests("light"), store, progress=restart)
        restarts[0].join()
        assert (rows.computed, store.count()) == (24, 24)
    assert [point["light"].values["light_ev"] for point in rows.points] == [n / 24 for n in range(24)]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_sweep_whose_database_dies_ends_with_one_error_and_goes_on_to_the_same_table(
    server: Database, tmp_path: Path, end: str
) -> None:
    points, asked, url, seen = fake_compositions(24), requests("field"), server.url(), []

    def strike(progress: Progress) -> None:
        seen.append(progress.done)
        if progress.done >= 12 and len(seen) < 4:
            getattr(server, end)()

    with Store(url) as store:
        with pytest.raises(EngineError, match=r"cannot write the store .*\*\*\*.*Finished rows are kept.*--resume"):
            run_sweep(points, asked, store, progress=strike)
        server.start_again()
        kept = store.count()
        resumed = run_sweep(points, asked, store)
        table = list(store.rows())
    assert (kept, resumed.restored, resumed.computed) == (seen[-1], seen[-1], 24 - seen[-1])
    with Store(tmp_path / "whole.sqlite") as store:
        run_sweep(points, asked, store)
        assert list(store.rows()) == table


STUDY = """
[study]
title = "In a database"

[[family]]
formula = "Ba(1-x)SrxTiO3"
host = "BaTiO3"
x = { start = 0, stop = 1, steps = 6 }
"""


def test_a_study_in_a_database_has_the_table_of_one_in_a_file_and_no_password_in_its_record(
    server: Database, tmp_path: Path
) -> None:
    study, url = parse_study(STUDY), server.url()
    command = ["entrox", "study", "my.toml", "--store", url]
    run_study(study, tmp_path / "database", workers=1, store=url, command=command)
    run_study(study, tmp_path / "file", workers=1)
    assert (tmp_path / "database" / "points.csv").read_bytes() == (tmp_path / "file" / "points.csv").read_bytes()
    assert not (tmp_path / "database" / "run.sqlite").exists()
    record = json.loads((tmp_path / "database" / "provenance.json").read_text())
    assert record["execution"]["store"] == f"postgresql://{USER}:***@127.0.0.1:{server.port}/runs_{server._count}"
    for path in (tmp_path / "database").rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes()


def test_a_study_is_continued_in_the_store_that_has_its_rows(server: Database, tmp_path: Path) -> None:
    study, url = parse_study(STUDY), server.url()
    run_study(study, tmp_path / "run", workers=1, store=url)
    with pytest.raises(InputError, match=r"keeps its rows in postgresql://.*this command names run.sqlite"):
        run_study(study, tmp_path / "run", workers=1, resume=True)
    seen: list[Progress] = []
    run_study(study, tmp_path / "run", workers=1, store=url, resume=True, progress=seen.append)
    assert seen[0].restored == seen[0].total == 6
