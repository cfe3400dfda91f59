"""What happens to a flow in a chaos run: each fault leaves everything as it was, but for the flow."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

from benchmarks.chaos_flow import Flow
from benchmarks.chaos_places import Surroundings


class Faults:
    """The faults that can happen here, chosen and timed by a seed."""

    def __init__(
        self,
        flow: Flow,
        around: Surroundings,
        chosen: Random,
        *,
        away_s: float,
    ) -> None:
        """Keep what is at hand; a neighbour that is stopped stays away for `away_s`."""
        self._flow = flow
        self._around = around
        self._chosen = chosen
        self._away_s = away_s

    def plan(self, count: int) -> list[str]:
        """Choose so many faults: every kind once before any comes again."""
        kinds = list(self._kinds())
        drawn: list[str] = []
        while len(drawn) < count:
            self._chosen.shuffle(kinds)
            drawn += kinds
        return drawn[:count]

    def happen(self, kind: str) -> None:
        """Let a fault happen; returns when the last of it is over, but for what the flow makes of it."""
        self._kinds()[kind]()

    def _kinds(self) -> dict[str, Callable[[], None]]:
        found: dict[str, Callable[[], None]] = {
            "kill a worker": self._kill_worker,
            "kill a supervisor": self._kill_supervisor,
            "end and resume": self._end_and_resume,
            "restart the database": lambda: self._database_away(0),
            "stop the database": lambda: self._database_away(self._away_s),
        }
        if self._around.broker is not None:
            found["stop the broker"] = lambda: self._broker_away(signal.SIGTERM)
            found["kill the broker"] = lambda: self._broker_away(signal.SIGKILL)
        if self._around.disk is not None:
            found["fill the disk"] = self._fill_disk
        if self._around.clock is not None:
            found["step the clock"] = self._step_clock
        if self._around.hosts:
            found["kill a host"] = self._kill_host
            found["pull the cable"] = self._pull_cable
        return found

    def _kill_worker(self) -> None:
        worker = self._flow.worker(self._chosen)
        if worker is not None:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)

    def _kill_supervisor(self) -> None:
        self._chosen.choice(self._flow.supervised).kill()

    def _end_and_resume(self) -> None:
        one = self._chosen.choice(self._flow.supervised)
        code = one.end()
        # One that was asked before it had begun is ended by the signal itself.
        if code not in (0, -signal.SIGTERM):
            raise RuntimeError(f"the flow ended with {code} when it was asked to")
        one.again()

    def _database_away(self, seconds: float) -> None:
        self._around.server.stop()
        time.sleep(seconds)
        self._around.server.start()

    def _broker_away(self, how: signal.Signals) -> None:
        if self._around.broker is not None:
            self._around.broker.stop(how)
            time.sleep(self._away_s)
            self._around.broker.start()

    def _fill_disk(self) -> None:
        if self._around.disk is not None:
            with self._around.disk.full():
                time.sleep(self._away_s)

    def _step_clock(self) -> None:
        # Ahead and back: the engine's pauses go by this clock, so the way back holds it up that long. A clock
        # that is further off than a minute keeps a flow from being started, which is no fault to survive.
        if self._around.clock is not None:
            for shift_s in (round(self._away_s), 0):
                self._around.clock.step(shift_s)
                time.sleep(2)

    def _kill_host(self) -> None:
        self._chosen.choice(self._around.hosts).kill()

    def _pull_cable(self) -> None:
        host = self._chosen.choice(self._around.hosts)
        host.pull()
        time.sleep(self._away_s + 12)
        host.plug()
