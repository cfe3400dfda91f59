"""Measure the pages of the web desk over a store with tens of thousands of open cases.

`python -m benchmarks.desk_queue` fills a store and asks for each page as a browser does, in this process:
what is timed is all that the server does, the session, the store, the template. Each page is asked for once
before. The first line that counts is that of `/queue/rows`, which every screen fetches with every change;
then a new case is taken in while a screen waits for the change, and it is timed until the server has the rows
with it (the screen adds 60 ms and its own drawing).
"""

import argparse
import os
import statistics
import time
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from fastapi.testclient import TestClient

from benchmarks.made_stores import NOW_MS, fill
from cases.accounts.policy import AccountPolicy
from cases.outbox import latest_changes
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Role
from desk.app import create_app
from desk.guarding import COOKIE
from desk.settings import DeskSettings
from domain.findings import Severity
from tests.cases.made import alert
from tests.postgres_server import PostgresServer

PAGES = (
    "/queue/rows",
    "/queue/rows?page=150",
    "/queue/rows?band=0&holder=nobody",
    "/queue/rows?holder=mine",
    "/queue/rows?detector=impossible_travel",
    "/queue/rows?status=closed&ended=month",
    "/queue/rows?q=C4999",
    "/queue/rows?q=nothing+like+it",
    "/queue",
    "/wallboard/board?big=1",
)
ISSUER = "https://people.test"
_POLICY = QueuePolicy(accounts=AccountPolicy(groups={"lead": Role.LEAD}), flood=None)
_MS = 1000


def main() -> None:
    """Print what each page took, on SQLite and, where asked, on PostgreSQL."""
    parser = argparse.ArgumentParser(description="Measure the pages of the desk.")
    parser.add_argument("--open", type=int, default=50_000, help="how many cases are open")
    parser.add_argument("--closed", type=int, default=200_000, help="how many were closed before")
    parser.add_argument("--times", type=int, default=15, help="how often each page is asked for")
    parser.add_argument("--postgresql", action="store_true", help="measure on PostgreSQL, too")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["RISKDESK_KEYS"] = f"{folder}/keys"
        measure("sqlite", f"sqlite:///{Path(folder)}/desk.db", given)
        if given.postgresql:
            server = PostgresServer({"shared_buffers": "256MB", "random_page_cost": "1.1"})
            try:
                server.run("CREATE DATABASE desk")
                measure("postgresql", server.url("desk"), given)
            finally:
                server.remove()


def measure(kind: str, url: str, given: argparse.Namespace) -> None:
    """Fill a store, and ask for every page."""
    with open_store(url, policy=_POLICY) as store:
        fill(url, given.open + given.closed, given.open)
        if kind == "postgresql":
            with closing(psycopg.connect(url, autocommit=True)) as connection:
                connection.execute("VACUUM ANALYZE")
        client = signed_in(store)
        for page in PAGES:
            began = time.process_time()
            report(f"{kind} {page}", timed(client, page, given.times))
            print(
                f"    of this process's CPU: {(time.process_time() - began) * _MS / (given.times + 1):.1f} ms"
            )
        report(f"{kind} from a new case to its row", until_shown(store, client, given.times))


def signed_in(store: Store) -> TestClient:
    """Give the browser of a lead."""
    token = store.accounts.from_identity(ISSUER, "lead", "lead", ["lead"], NOW_MS).token
    headers = {"Sec-Fetch-Site": "same-origin", "HX-Request": "true", "X-By-Itself": "1"}
    app = create_app(store, DeskSettings(), lambda: NOW_MS)
    return TestClient(app, headers=headers, cookies={COOKIE: token}, follow_redirects=False)


def timed(client: TestClient, page: str, times: int) -> list[float]:
    """Give the milliseconds that a page took, each time. Raises RuntimeError for a page that is not there."""
    spent = []
    for _ in range(times + 1):
        began = time.perf_counter()
        answer = client.get(page)
        spent.append((time.perf_counter() - began) * _MS)
        if answer.status_code != 200:
            raise RuntimeError(f"{page} answered {answer.status_code}: {answer.text[:500]}")
    return spent[1:]


def until_shown(store: Store, client: TestClient, times: int) -> list[float]:
    """Give the milliseconds from taking a case in until the server has the rows with it."""
    spent = []
    poll_s = DeskSettings().poll_ms / _MS
    for number in range(times):
        name = f"new{number}"
        new = alert(name, f"card-{name}", f"customer-{name}", severity=Severity.CRITICAL, at_ms=-3_600_000)
        known = _mark(store)
        store.cases.take_in([new], NOW_MS)
        began = time.perf_counter()
        # On average a change is half as old as the time between two looks when it is seen.
        time.sleep(poll_s * (number % 10) / 10)
        if _mark(store) == known or f"customer-{name}" not in client.get("/queue/rows").text:
            raise RuntimeError("a new case should be among the first rows")
        spent.append((time.perf_counter() - began) * _MS)
    return spent


def _mark(store: Store) -> dict[str, tuple[int, int]]:
    with store.db.reading():
        return latest_changes(store.db)


def report(what: str, spent: list[float]) -> None:
    """Print one line."""
    least, median, most = min(spent), statistics.median(spent), max(spent)
    print(f"{what}: median {median:.1f} ms, {least:.1f} to {most:.1f} ms", flush=True)


if __name__ == "__main__":
    main()
