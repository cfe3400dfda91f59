"""A server that restarts, a disk that is full, two desks on one store: nothing lost, nothing twice."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from cases.database import Database
from cases.errors import StoreError
from cases.sqlite import SqliteDatabase
from cases.store import Store, open_store
from connectors.patience import patiently
from tests.cases.made import GREEDY, alert, next_case, partition
from tests.postgres_server import PostgresServer

ALERTS = [alert(f"{n}", f"c{n // 2}", f"u{n // 2}", at_ms=n) for n in range(400)]


def test_a_server_that_restarts_amid_intake_and_claims_loses_and_doubles_nothing(
    own_server: PostgresServer,
) -> None:
    over = Event()

    def opened() -> Store:
        return patiently(lambda: open_store(own_server.url(), policy=GREEDY))

    def take_in() -> int:
        with opened() as store:
            parts = (ALERTS[n : n + 10] for n in range(0, len(ALERTS), 10))
            return sum(patiently(lambda part=part: store.cases.take_in(part)) for part in parts)

    def claim(agent: str) -> list[str]:
        claimed: list[str] = []
        with opened() as store:
            while (case := patiently(lambda: next_case(store, agent))) or not over.is_set():
                claimed += [case.id] if case else []
        return claimed

    opened().close()
    with ThreadPoolExecutor(4) as pool:
        intake = pool.submit(take_in)
        claims = [pool.submit(claim, f"a{n}") for n in range(3)]
        for _ in range(3):
            own_server.stop()
            own_server.start()
        intake.result()
        over.set()
        claimed = [case for each in claims for case in each.result()]
    with open_store(own_server.url()) as store:
        assert partition(store.cases) == {
            frozenset(each.id for each in ALERTS[n : n + 2]) for n in range(0, len(ALERTS), 2)
        }
        # An answer that was lost on its way leaves a case held by one who does not know; none is held by two.
        assert len(claimed) == len(set(claimed))
        assert {case.lease.number for case in store.cases.list() if case.lease} == {1}


@pytest.fixture
def small(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store whose disk has little room left."""
    with open_store(sqlite_url) as store:
        db = store.db
        assert isinstance(db, SqliteDatabase)
        (pages,) = db._writer.execute("PRAGMA page_count").fetchone()
        db._writer.execute(f"PRAGMA max_page_count = {pages + 30}")
        yield store


def test_a_full_disk_says_what_to_do_and_loses_nothing(small: Store) -> None:
    kept: list[int] = []

    def take_in_all() -> None:
        kept.extend(small.cases.take_in(ALERTS[n : n + 10]) for n in range(0, len(ALERTS), 10))

    with pytest.raises(StoreError, match=r"no room left on its disk; .* make room, then start again"):
        take_in_all()
    assert sum(case.alerts for case in small.cases.list()) == sum(kept) > 0
    make_room(small.db)
    assert small.cases.take_in(ALERTS) == len(ALERTS) - sum(kept)
    assert sum(case.alerts for case in small.cases.list()) == len(ALERTS)


def test_on_a_full_disk_no_thread_is_told_that_what_it_wrote_was_kept(small: Store) -> None:
    def take_in(n: int) -> int:
        try:
            return small.cases.take_in(ALERTS[n : n + 4])
        except StoreError:
            return 0

    with ThreadPoolExecutor(16) as pool:
        kept = sum(pool.map(take_in, range(0, len(ALERTS), 4)))
    assert sum(case.alerts for case in small.cases.list()) == kept < len(ALERTS)
    make_room(small.db)
    assert small.cases.take_in(ALERTS) == len(ALERTS) - kept


def make_room(db: Database) -> None:
    assert isinstance(db, SqliteDatabase)
    db._writer.execute("PRAGMA max_page_count = 1000000")


def test_two_desks_on_one_store_share_its_cases(url: str) -> None:
    with open_store(url, policy=GREEDY) as one, open_store(url, policy=GREEDY) as other:
        one.cases.take_in(ALERTS[:20])
        other.cases.take_in(ALERTS[10:40])
        desks = [one, other] * 10
        claimed = [next_case(desk, f"a{n}").id for n, desk in enumerate(desks)]
        assert len(set(claimed)) == 20
        assert next_case(one, "a") is next_case(other, "b") is None
        assert one.cases.list() == other.cases.list()
        assert sum(case.alerts for case in one.cases.list()) == 40


def test_a_store_in_a_folder_that_may_not_be_written_is_said_to_be_so(tmp_path: Path) -> None:
    blocked = tmp_path / "desk.db"
    blocked.mkdir()
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(f"sqlite:///{blocked}")
