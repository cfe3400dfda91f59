"""Measure the web desk: how soon a case is on a screen, pages beside intake, and a long night.

`python -m benchmarks.desk_pages` starts `riskdesk desk --demo` over stores of its own and looks at it with
Chromium. `row_ms` is the time from before the INSERT of an alert, by another process than the desk, until
its row is on the screen of a browser that nobody touches (median of many).

Then agents whom HTTP clients play open the queue, a case, their work place and the wallboard and write a
note, each pausing some seconds between two looks, while alerts are taken in at a steady rate, on SQLite and
on PostgreSQL: `p95_ms` is the 95th percentile over all pages, `page_ms` that of the kind of page that has
the largest. Answers of status 500 and above, and those that never came, are errors. All of it shares the
processors of the machine: browser, agents, intake, desk.

Last, bursts of alerts over a store of many open cases while one browser looks at the queue, thousands as in a
night of twelve hours: what its heap of JavaScript after garbage collection, the memory of the desk and the
time of its answers grow by between the end of the first tenth and the end; 1.00 is none.
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.desk_traffic import Measured, sessions, traffic
from benchmarks.made_stores import fill
from cases.policy import QueuePolicy
from cases.store import open_store
from tests.browser.conftest import SCREEN, chromium_path
from tests.browser.desk_process import DeskProcess
from tests.browser.taking_in import tell
from tests.browser.watching import connected
from tests.postgres_server import NoServer, PostgresServer

_LAGS_OF = 30
_ANSWERS_OF = 15


def main() -> None:
    """Print every figure, those that count last."""
    parser = argparse.ArgumentParser(description="Measure the web desk.")
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument(
        "--seconds", type=float, default=60, help="how long the agents work, on each database"
    )
    parser.add_argument("--pause", type=float, default=10, help="seconds between two looks of an agent")
    parser.add_argument("--rate", type=int, default=1000, help="alerts taken in each second beside them")
    parser.add_argument("--cases", type=int, default=50_000, help="open cases during the bursts")
    parser.add_argument("--bursts", type=int, default=1000)
    parser.add_argument("--most", type=float, default=180, help="seconds that the bursts take at most")
    given = parser.parse_args()
    with TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(
            executable_path=_chromium(), args=["--no-sandbox", "--js-flags=--expose-gc"]
        )
        row_ms = _until_on_screen(browser, folder)
        sqlite = _agents(_store(folder, "agents"), given)
        postgres = _on_postgres(given)
        grown = _bursts(browser, folder, given)
        browser.close()
    agents = {"sqlite": sqlite, "postgresql": postgres}
    measured = {name: each for name, each in agents.items() if each is not None}
    figures = [f"row_ms: {row_ms:.0f}"]
    for name, each in measured.items():
        figures += [
            f"p95_ms_{name}: {each.p95_ms:.0f}",
            f"page_ms_{name}: {each.worst_p95_ms:.0f}",
            f"intake_per_s_{name}: {each.intake_per_s:.0f}",
        ]
    figures += [f"errors: {sum(each.errors for each in measured.values())}"]
    figures += [f"{name}_growth: {growth:.2f}" for name, growth in grown.items()]
    print(" ".join(figures))


def _chromium() -> str:
    found = chromium_path()
    if found is None:
        sys.exit("there is no chromium on PATH: install it, as .ci/run does")
    return found


def _store(folder: Path, name: str, opened: int = 0) -> str:
    url = f"sqlite:///{folder}/{name}.sqlite"
    open_store(url).close()
    if opened:
        fill(url, opened, opened)
    return url


def _looking(browser: Browser, desk: DeskProcess) -> Page:
    page = browser.new_context(viewport=SCREEN, base_url=desk.address).new_page()
    page.goto("/sign-in")
    page.click("button[name=role][value=lead]")
    page.goto("/queue")
    connected(page)
    return page


def _until_on_screen(browser: Browser, folder: Path) -> float:
    url = _store(folder, "rows")
    desk = DeskProcess(url, "--demo")
    lags = []
    with open_store(url) as store:
        page = _looking(browser, desk)
        for number in range(_LAGS_OF):
            # At any moment between two looks of the desk; of changes that go on a page hears once a second.
            time.sleep(1.4 + number % 7 * 0.05)
            begun = time.perf_counter()
            tell(store, f"row-{number}-")
            page.wait_for_selector(f"#rows tr:has-text('cus-row-{number}-')", state="attached")
            lags.append((time.perf_counter() - begun) * 1000)
        page.context.close()
    desk.stop()
    print(
        f"row on the screen: median {statistics.median(lags):.0f} ms, worst {max(lags):.0f} ms of {len(lags)}"
    )
    return statistics.median(lags)


def _agents(url: str, given: argparse.Namespace) -> Measured:
    with open_store(url) as store:
        tokens = sessions(store, given.agents)
    desk = DeskProcess(url, "--demo")
    intake = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.desk_intake", url, str(given.rate), str(given.seconds + 5)],
        stdout=subprocess.PIPE,
        text=True,
    )
    measured = traffic(desk.address, tokens, given.seconds, given.pause)
    said, _ = intake.communicate()
    measured.intake_per_s = float(said)
    desk.stop()
    print(f"{url.partition(':')[0]}: {measured}")
    return measured


def _on_postgres(given: argparse.Namespace) -> Measured | None:
    try:
        server = PostgresServer({"shared_buffers": "512MB"})
    except NoServer as reason:
        print(f"NOT MEASURED on PostgreSQL: {reason}", file=sys.stderr)
        return None
    try:
        server.run("CREATE DATABASE desk")
        open_store(server.url("desk")).close()
        return _agents(server.url("desk"), given)
    finally:
        server.remove()


class _Sizes(NamedTuple):
    """What there is at a moment: memory in MB, and the time of an answer in ms."""

    heap: float
    nodes: int
    memory: float
    response: float


def _bursts(browser: Browser, folder: Path, given: argparse.Namespace) -> dict[str, float]:
    url = _store(folder, "soak", given.cases)
    desk = DeskProcess(url, "--demo")
    first: _Sizes | None = None
    with open_store(url, policy=QueuePolicy(flood=None)) as store:
        page = _looking(browser, desk)
        until = time.monotonic() + given.most
        number = 0
        while number < given.bursts and time.monotonic() < until:
            for each in range(5):
                tell(store, f"soak-{number % 50}-{each}")
            page.wait_for_timeout(40)
            number += 1
            if first is None and number > given.bursts // 10:
                first = _sizes(page, desk.pid, number)
        last = _sizes(page, desk.pid, number)
        page.context.close()
    desk.stop()
    assert first is not None
    return {name: getattr(last, name) / getattr(first, name) for name in ("heap", "memory", "response")}


def _sizes(page: Page, pid: int, bursts: int) -> _Sizes:
    """Look at a page's heap after a collection and its nodes, at the desk's memory and its answers."""
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    client.send("Performance.enable")
    found = {each["name"]: each["value"] for each in client.send("Performance.getMetrics")["metrics"]}
    client.detach()
    resident = next(
        int(line.split()[1])
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("VmRSS")
    )
    took = []
    for _ in range(_ANSWERS_OF):
        begun = time.perf_counter()
        page.context.request.get("/queue/rows")
        took.append((time.perf_counter() - begun) * 1000)
    sizes = _Sizes(
        found["JSHeapUsedSize"] / 1e6, int(found["Nodes"]), resident / 1e3, statistics.median(took)
    )
    print(
        f"burst {bursts}: heap {sizes.heap:.1f} MB, {sizes.nodes} nodes, desk {sizes.memory:.0f} MB, "
        f"an answer {sizes.response:.0f} ms"
    )
    return sizes


if __name__ == "__main__":
    main()
