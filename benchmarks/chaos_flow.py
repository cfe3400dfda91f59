"""The flow of a chaos run, on one host or two, watched over as a service manager does."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import TypeVar

from msgspec import Struct

from benchmarks.nights import ROOT

T = TypeVar("T")

_LOOK_EVERY_S = 0.2
_LAG = ("riskdesk_lag_bytes{", "riskdesk_lag_messages{")
_SCRAPE = (
    "import sys, urllib.request as u; sys.stdout.write(u.urlopen(sys.argv[1], timeout=5).read().decode())"
)


class Place(Struct, frozen=True, kw_only=True):
    """Where one supervisor runs: what its command stands behind, and options of its own."""

    options: tuple[str, ...]
    within: tuple[str, ...] = ()
    metrics_port: int
    processes: int = 1


class Supervised:
    """One supervisor, which is started again whenever it ends by itself, as systemd would."""

    def __init__(
        self, place: Place, command: Sequence[object], environment: Mapping[str, str], log: Path
    ) -> None:
        """Start it."""
        self.place = place
        self.revived = 0
        self._command = [*place.within, sys.executable, "-m", "cli.main", *map(str, command), *place.options]
        self._environment = dict(environment)
        self.log = log
        self._leave = Event()
        self._begin()

    @property
    def workers(self) -> list[int]:
        """The processes of the flow that it has started."""
        with suppress(OSError):
            children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
            return [int(child) for child in children.split()]
        return []

    def kill(self) -> None:
        """Kill the supervisor alone; it is begun anew at once."""
        self._process.kill()

    def end(self) -> int:
        """Ask for the end, and wait for it."""
        self._leave.set()
        self._keeper.join()
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait()

    def finish(self) -> int:
        """After its end, run to the end of the input."""
        self._process = self._started("--no-follow")
        return self._process.wait()

    def leave(self) -> None:
        """Kill it for good; its processes see that it is gone."""
        self._leave.set()
        self._keeper.join()
        self._process.kill()
        self._process.wait()

    def again(self) -> None:
        """Start it again after its end."""
        self._leave.clear()
        self._begin()

    def _begin(self) -> None:
        self._process = self._started()
        self._keeper = Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while not self._leave.wait(_LOOK_EVERY_S):
            if self._process.poll() is not None:
                self.revived += 1
                self._process = self._started()

    def _started(self, *more: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*self._command, *more],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )


class Flow:
    """All supervisors of the flow."""

    def __init__(
        self,
        places: Sequence[Place],
        command: Sequence[object],
        environment: Mapping[str, str],
        folder: Path,
    ) -> None:
        """Start one in each place; what they say is in `folder`."""
        self._places = places
        self.supervised = [
            Supervised(place, command, environment, folder / f"log-{number}.txt")
            for number, place in enumerate(places)
        ]

    @property
    def revived(self) -> int:
        """How often a supervisor that ended by itself was begun again."""
        return sum(each.revived for each in self.supervised)

    def worker(self, chosen: Random, within_s: float = 60) -> int | None:
        """Wait for a process of the flow and give it; None when none comes."""
        found: list[int] = until(
            lambda: [worker for each in self.supervised for worker in each.workers], within_s
        )
        return chosen.choice(found) if found else None

    def behind(self) -> float | None:
        """Give how far the flow is behind its input, in bytes or messages; None while that is unknown."""
        lags: dict[str, float] = {}
        for place in self._places:
            for port in range(place.metrics_port + 1, place.metrics_port + 1 + place.processes):
                got = subprocess.run(
                    [*place.within, sys.executable, "-c", _SCRAPE, f"http://127.0.0.1:{port}/metrics"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if got.returncode:
                    return None
                for line in got.stdout.splitlines():
                    if line.startswith(_LAG):
                        name, value = line.rsplit(" ", 1)
                        lags[name] = float(value)
        return sum(lags.values()) if lags else None

    def words(self) -> str:
        """Give the last that the flow has said."""
        return " | ".join(
            each.log.read_text("utf-8", "replace")[-800:] for each in self.supervised if each.log.exists()
        )

    def finish(self) -> None:
        """Run what has ended once more, to the end of its input. Raises RuntimeError when that fails."""
        with ThreadPoolExecutor() as pool:
            codes = list(pool.map(Supervised.finish, self.supervised))
        if any(codes):
            raise RuntimeError(f"the flow did not come to its end: {codes}: {self.words()}")

    def kill(self) -> None:
        """Leave nothing running."""
        for each in self.supervised:
            each.leave()

    def end(self) -> list[int]:
        """Ask all to end, and give their exit codes."""
        # Machines that share a flow end together: each waits for the others.
        with ThreadPoolExecutor() as pool:
            return list(pool.map(Supervised.end, self.supervised))


def until(condition: Callable[[], T], within_s: float) -> T:
    """Wait for something to be true and give it, or what it was when the time was over."""
    by_s = time.monotonic() + within_s
    while not (found := condition()) and time.monotonic() < by_s:
        time.sleep(_LOOK_EVERY_S)
    return found
