"""What is true of the PostgreSQL store in particular: the server, its errors, its types and its plans."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from psycopg.pq import ExecStatus

from benchmarks.made_stores import fill
from cases.database import as_json, statements
from cases.dialects import postgresql_statement
from cases.errors import NotAStore, StoreBusy, StoreError, WrongUse
from cases.postgresql_server import Server
from cases.store import Store, open_store
from cases.who import Who
from domain.reference import Branch, Record
from tests.cases.made import alert
from tests.postgres_server import PostgresServer

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = "tUe5day-night"


class Places(dict[str, str]):
    """Numbers the parameters of a statement as PostgreSQL itself writes them."""

    def __missing__(self, name: str) -> str:
        self[name] = f"${len(self) + 1}"
        return self[name]


@pytest.fixture
def store(postgres_url: str) -> Iterator[Store]:
    with open_store(postgres_url) as opened:
        yield opened


@pytest.fixture
def raw(postgres_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def filled(postgres_server: PostgresServer, postgres_template: str) -> Iterator[psycopg.Connection]:
    """A store of 40,000 cases, of which the server has not counted anything."""
    postgres_server.run(f"CREATE DATABASE filled TEMPLATE {postgres_template}")
    fill(postgres_server.url("filled"), 40_000, 2_000)
    with psycopg.connect(postgres_server.url("filled"), autocommit=True) as connection:
        yield connection
    postgres_server.run("DROP DATABASE filled WITH (FORCE)")


@pytest.fixture(scope="module")
def reader(postgres_server: PostgresServer, postgres_template: str) -> Iterator[psycopg.Connection]:
    postgres_server.run(f"CREATE DATABASE to_read TEMPLATE {postgres_template}")
    with psycopg.connect(postgres_server.url("to_read"), autocommit=True) as connection:
        yield connection
    postgres_server.run("DROP DATABASE to_read WITH (FORCE)")


@pytest.mark.parametrize("name", sorted(statements()))
def test_every_statement_fits_the_schema(reader: psycopg.Connection, name: str) -> None:
    sql = postgresql_statement(statements()[name].sql) % Places()
    result = reader.pgconn.prepare(b"", sql.encode())
    assert (result.status, result.error_message) == (ExecStatus.COMMAND_OK, b"")


def test_text_is_compared_by_its_bytes_in_every_column(raw: psycopg.Connection) -> None:
    found = raw.execute(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        " AND table_name IN (SELECT tablename FROM pg_tables)"
    )
    assert found.fetchall() == []


def test_whole_numbers_are_never_too_large_for_their_column(raw: psycopg.Connection) -> None:
    found = raw.execute(
        "SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    assert {kind for (kind,) in found} <= {"bigint", "text", "bytea", "double precision", "smallint"}


def test_the_next_task_is_found_by_index_without_sorting(raw: psycopg.Connection) -> None:
    places = Places()
    sql = postgresql_statement(statements()["claim_next_task"].sql) % places
    # An empty table is read faster as a whole.
    raw.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
    raw.execute(f"PREPARE claim AS {sql}".encode())
    explained = raw.execute(f"EXPLAIN EXECUTE claim ({', '.join(['NULL'] * len(places))})".encode())
    found = "\n".join(line for (line,) in explained)
    assert "ready_task_by_rank" in found
    assert "Sort" not in found


@pytest.mark.parametrize("name", ["facts", "subjects", "tasks_of_cases", "leases", "cases", "owners"])
def test_what_intake_reads_is_looked_up_however_much_there_is(filled: psycopg.Connection, name: str) -> None:
    sql = postgresql_statement(statements()[name].sql)
    ids = {key: as_json(f"C{number}" for number in range(500)) for key in ("ids", "subjects")}
    found = "\n".join(line for (line,) in filled.execute(f"EXPLAIN {sql}".encode(), ids))
    assert "Index" in found
    assert "Seq Scan" not in found


def test_a_database_of_something_else_is_left_alone(postgres_empty_url: str) -> None:
    with psycopg.connect(postgres_empty_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
    with pytest.raises(NotAStore, match="other tables and no store; give riskdesk a database of its own"):
        open_store(postgres_empty_url)


def test_a_server_that_is_not_there_is_said_to_be_away(tmp_path: Path) -> None:
    for url in (f"postgresql://desk@/desk?host={tmp_path}", "postgresql://desk@127.0.0.1:1/desk"):
        with pytest.raises(StoreBusy, match=r"is away \(.*\); see that the server runs"):
            open_store(url)


def test_an_unknown_database_is_no_reason_to_wait(postgres_server: PostgresServer) -> None:
    with pytest.raises(StoreError, match=r'"nowhere" does not exist.*check the user') as caught:
        open_store(postgres_server.url("nowhere"))
    assert not isinstance(caught.value, StoreBusy)


def test_a_wrong_password_says_what_to_do_and_not_what_it_was(own_server: PostgresServer) -> None:
    rules = own_server.folder / "data" / "pg_hba.conf"
    own_server.run("CREATE ROLE stranger LOGIN PASSWORD 'another'")
    rules.write_text("local all stranger scram-sha-256\n" + rules.read_text())
    own_server.run("SELECT pg_reload_conf()")
    url = own_server.url().replace("desk@", f"stranger:{SECRET}@")
    with pytest.raises(StoreError, match=r"password authentication failed.*check the user") as caught:
        open_store(url)
    assert not isinstance(caught.value, StoreBusy)
    assert SECRET not in "".join(traced(caught.value))
    own_server.run("GRANT CREATE ON SCHEMA public TO stranger")
    with open_store(url.replace(SECRET, "another")) as store:
        assert "another" not in repr(store)


def traced(error: BaseException | None) -> Iterator[str]:
    """Give every message that a trace of the error would show."""
    while error is not None:
        yield f"{error!r} {error}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_a_role_without_the_right_is_told_to_have_it_granted(own_server: PostgresServer) -> None:
    own_server.run("CREATE ROLE stranger LOGIN")
    with pytest.raises(StoreError, match=r"permission denied.*let the owner of the database grant"):
        open_store(own_server.url().replace("desk@", "stranger@"))


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://desk:{SECRET}@host/desk?no_such_option=1",
        f"postgresql://desk:{SECRET}@[host/desk",
        f"postgresql://desk:{SECRET}@more@host/desk",
    ],
)
def test_a_url_that_cannot_be_read_is_not_repeated(url: str) -> None:
    with pytest.raises(WrongUse) as caught:
        open_store(url)
    assert SECRET not in "".join(traced(caught.value))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://desk:{SECRET}@db:5433/risk", "postgresql://desk@db:5433/risk"),
        ("postgresql:///risk?host=/run/pg", "postgresql:///run/pg/risk"),
        ("postgresql://", "postgresql:///"),
    ],
)
def test_a_database_is_named_without_its_password(url: str, shown: str) -> None:
    assert str(Server(url)) == shown


def test_a_restart_between_two_transactions_goes_unnoticed(own_server: PostgresServer) -> None:
    with open_store(own_server.url()) as store:
        store.cases.take_in([alert("a", "c1", "u1")])
        own_server.stop()
        own_server.start()
        assert len(store.cases.list()) == 1
        assert store.cases.take_in([alert("b", "c2", "u2")]) == 1


def test_a_server_that_stops_amid_a_transaction_loses_it_whole_and_says_so(
    own_server: PostgresServer,
) -> None:
    def stopping() -> Iterator[Record]:
        for number in range(50):
            yield Branch(id=f"b{number}", effective_at=SINCE, time_zone="Asia/Shanghai")
        own_server.stop()

    with open_store(own_server.url()) as store:
        with pytest.raises(StoreBusy):
            store.reference.put(stopping())
        with pytest.raises(StoreBusy, match="is away"):
            store.cases.list()
        own_server.start()
        assert list(store.reference.all()) == []


def test_a_store_that_another_process_holds_is_said_to_be_busy(
    store: Store, raw: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.close()
    monkeypatch.setattr("cases.postgresql_server._LOCK_TIMEOUT_S", 0.1)
    with raw.transaction():
        raw.execute("LOCK TABLE alert IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreBusy, match="locked by another process"):
            store.cases.take_in([alert("a", "c1", "u1")])
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1


def test_who_looks_waits_for_nobody_who_writes(store: Store) -> None:
    written: list[int] = []

    def write(number: int) -> None:
        written.append(store.cases.take_in([alert(f"a{number}", "c", "u")]))

    with ThreadPoolExecutor(20) as writers, ThreadPoolExecutor(1) as readers, store.db.writing():
        for number in range(20):
            writers.submit(write, number)
        readers.submit(store.audit.viewed, Who("a17"), "queue:live", 1).result()
        assert readers.submit(store.cases.list).result() == ()
        assert written == []
    assert sum(written) == 20
    assert store.audit.verify().breaks == ()


def test_more_threads_than_connections_take_turns(store: Store) -> None:
    with ThreadPoolExecutor(40) as pool:
        new = list(pool.map(lambda n: store.cases.take_in([alert(f"{n}", f"c{n}", f"u{n}")]), range(40)))
    assert new == [1] * 40
    assert len(store.cases.list()) == 40


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE case_ SET status = 'closed'",
        "UPDATE case_ SET outcome = 'genuine'",
        "UPDATE case_ SET status = 'closed', outcome = 'guilty', closed_by = 'a', closed_at_ms = 1",
        "UPDATE case_ SET status = 'waiting'",
        "UPDATE case_ SET status = 'merged'",
        "UPDATE case_ SET status = 'merged', merged_into = 'C0'",
        "UPDATE case_ SET status = 'merged', merged_into = id",
        "UPDATE case_ SET band = 3",
        "UPDATE case_ SET subject = 'customer:u1'",
        "UPDATE case_subject SET subject = 'customer:u1'",
        "UPDATE task SET state = 'done'",
        "UPDATE task SET state = 'leased'",
        "UPDATE case_event SET note = 'never happened'",
        "DELETE FROM case_event",
        "DELETE FROM case_",
        "TRUNCATE case_event",
    ],
)
def test_the_database_itself_refuses(store: Store, raw: psycopg.Connection, change: str) -> None:
    store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2")])
    with pytest.raises(psycopg.DatabaseError):
        raw.execute(change.encode())


def test_a_batch_with_an_impossible_alert_is_taken_in_not_at_all(store: Store) -> None:
    with pytest.raises(psycopg.IntegrityError, match="probability"):
        store.cases.take_in([alert("a", "c1", "u1"), alert("b", "c2", "u2", probability=1.5)])
    assert store.cases.list() == ()
    assert store.cases.take_in([alert("a", "c1", "u1")]) == 1
