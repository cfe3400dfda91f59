"""Measure the store: taking alerts in at stream speed, and what a claim costs among a million cases.

`python -m benchmarks.store` starts a PostgreSQL of its own that commits to the disk (`fsync` and
`synchronous_commit` on) and takes alerts in for a minute, in batches of 10,000, each in one transaction with
everything that belongs to it: alerts known by their id, grouping, rank, tasks, timeline, outbox. Every tenth
alert opens a case; a thousand cases grow at a time. Then the same into SQLite. Making the alerts is not
counted.

A claim is timed from asking for the next case to having it, sweep and audit included, in turn in a store of
many cases with a twentieth of them open and in one of a thousand open ones. Last, eight processes claim 3,000
tasks, and every task that was handed out twice counts.
"""

import argparse
import gc
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import psycopg

from benchmarks.made_stores import NOW_MS, fill
from cases.policy import QueuePolicy
from cases.store import Store, open_store
from cases.who import Who
from domain.alerts import Alert, alert_id
from domain.findings import Severity
from tests.cases.test_claims_at_once import claim_tasks, in_processes
from tests.postgres_server import PostgresServer

ALERTS_IN_A_CASE = 10
CASES_AT_A_TIME = 1000
FEW = 1000
OPEN_SHARE = 20
CLAIMS = 200
CLAIMED_AT_ONCE = 3000

# What a server for a desk of this size would have; the disk must have every commit.
_SERVER = {
    "shared_buffers": "1GB",
    "max_wal_size": "8GB",
    "wal_buffers": "64MB",
    "work_mem": "32MB",
    "random_page_cost": "1.1",
}
# The alerts of years come within minutes of event time: no flood, but what is to be measured.
_POLICY = QueuePolicy(flood=None)
_PLAIN = Alert(
    id="",
    detector="impossible_travel",
    version=1,
    parameters={"max_kmh": 900},
    scope="card",
    key="",
    at_ms=NOW_MS,
    event_id="",
    severity=Severity.MEDIUM,
    probability=0.5,
    exposure_minor=250_000,
    currency="CNY",
    reason="686 km in 12 minutes, between Hangzhou and Xiamen",
    evidence={"km": 686, "minutes": 12, "terminals": ["t0017", "t2210"]},
    last4="4242",
    tier="standard",
)


def main() -> None:
    """Print every figure, the four that count last."""
    parser = argparse.ArgumentParser(description="Measure the store.")
    parser.add_argument("--seconds", type=float, default=60, help="how long to take in, each")
    parser.add_argument("--cases", type=int, default=1_000_000, help="how many cases the full store has")
    parser.add_argument("--batch", type=int, default=10_000, help="alerts in a transaction")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        os.environ["RISKDESK_KEYS"] = f"{folder}/keys"
        server = PostgresServer(_SERVER)
        try:
            measure(given, Urls(server, Path(folder)))
        finally:
            server.remove()


class Urls:
    """Names new stores."""

    def __init__(self, server: PostgresServer, folder: Path) -> None:
        """Make them on a server and in a folder."""
        self._server = server
        self._folder = folder

    def postgres(self, name: str) -> str:
        """Make a database."""
        self._server.run(f"CREATE DATABASE {name}")
        return self._server.url(name)

    def sqlite(self, name: str) -> str:
        """Name a file."""
        return f"sqlite:///{self._folder}/{name}.db"


def measure(given: argparse.Namespace, urls: Urls) -> None:
    """Take in, claim, and claim at once, on both databases."""
    kinds: dict[str, Callable[[str], str]] = {"postgres": urls.postgres, "sqlite": urls.sqlite}
    rates = {kind: intake(kind, make("intake"), given.seconds, given.batch) for kind, make in kinds.items()}
    costs = {kind: claim_cost(kind, make("many"), make("few"), given.cases) for kind, make in kinds.items()}
    doubles = {kind: double_claims(make("at_once")) for kind, make in kinds.items()}
    print(f"postgres_intake_per_s: {rates['postgres']:.0f}")
    print(f"sqlite_intake_per_s: {rates['sqlite']:.0f}")
    print(f"claim_cost_1m_over_1k: {max(costs.values()):.2f}")
    print(f"double_claims: {sum(doubles.values())}")


def intake(kind: str, url: str, seconds: float, batch: int) -> float:
    """Give how many alerts a second are taken in, over `seconds` of doing nothing else."""
    taken, spent_s, number = 0, 0.0, 0
    batches: list[float] = []
    with open_store(url, policy=_POLICY) as store:
        while spent_s < seconds:
            alerts = [_alert(n) for n in range(number, number + batch)]
            number += batch
            gc.collect()
            gc.freeze()  # what was made for the measurement is no garbage of the store's
            began = time.perf_counter()
            taken += store.cases.take_in(alerts)
            batches.append(time.perf_counter() - began)
            spent_s += batches[-1]
            gc.unfreeze()
    print(
        f"{kind}: {taken} alerts in {spent_s:.1f} s; a batch of {batch} takes "
        f"{statistics.median(batches):.2f} s, {max(batches):.2f} s at most"
    )
    return taken / spent_s


def _alert(number: int) -> Alert:
    """Give the alerts so that each case gets its ten while a thousand others get theirs."""
    block, of_block = divmod(number, ALERTS_IN_A_CASE * CASES_AT_A_TIME)
    case = block * CASES_AT_A_TIME + of_block % CASES_AT_A_TIME
    card, event = f"k{case:012d}", f"e{number:016d}"
    return msgspec.structs.replace(
        _PLAIN,
        id=alert_id(_PLAIN.detector, card, event),
        key=card,
        card=card,
        customer=f"u{case:012d}",
        event_id=event,
        at_ms=NOW_MS + number // 10,
    )


def claim_cost(kind: str, many: str, few: str, cases: int) -> float:
    """Give how many times as long a claim takes among many cases as among few, by the medians."""
    with open_store(many) as full, open_store(few) as small:
        fill(many, cases, cases // OPEN_SHARE)
        fill(few, FEW, FEW)
        if kind == "postgres":
            for url in (many, few):
                tidy(url)
        spent: dict[str, list[float]] = {"many": [], "few": []}
        for number in range(CLAIMS):
            spent["many"].append(_claim_s(full, number))
            spent["few"].append(_claim_s(small, number))
    medians = {name: statistics.median(times) * 1000 for name, times in spent.items()}
    worst = {name: max(times) * 1000 for name, times in spent.items()}
    for name in spent:
        print(f"{kind}: a claim among {name}: median {medians[name]:.2f} ms, at most {worst[name]:.1f} ms")
    return medians["many"] / medians["few"]


def _claim_s(store: Store, number: int) -> float:
    began = time.perf_counter()
    if store.work.next(Who(f"agent-{number}"), NOW_MS + number) is None:
        raise RuntimeError("there should have been a case to claim")
    return time.perf_counter() - began


def tidy(url: str) -> None:
    """Do what PostgreSQL does by itself within minutes of so much being written."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def double_claims(url: str) -> int:
    """Give how many tasks were handed out twice to eight processes that claimed all there were."""
    with open_store(url, policy=_POLICY) as store:
        store.cases.take_in([_alert(number * ALERTS_IN_A_CASE * 7) for number in range(CLAIMED_AT_ONCE)])
    claimed = in_processes(claim_tasks, url)
    return len(claimed) - len(set(claimed))


if __name__ == "__main__":
    main()
