"""Whether a run is alive, and whether it is ready: what a supervisor of machines asks over HTTP."""

from collections.abc import Callable
from datetime import timedelta

from cases.errors import CaseError
from cases.store import open_store
from connectors.pulse import steady_ms
from flows.supervisor import Group
from observability.asked import Asked
from observability.probes import Probes


class Health:
    """How the processes of a run are.

    A run is alive while an epoch ended within `stale`, or was begun anew within it. That is no proof that
    events come, and the flow also stands still while its store is away: `stale` should be longer than
    that may take. It is ready when all processes run and the store answers.
    """

    def __init__(self, store: str | None, stale: timedelta) -> None:
        """Watch over a run into `store`, a URL."""
        self._group: Group | None = None
        self._begun_ms = steady_ms()
        self._stale_ms = stale // timedelta(milliseconds=1)
        self._store = None if store is None else Asked(lambda: _trouble(store))

    def follow(self, group: Group) -> None:
        """Look at the processes of a new start from now on."""
        self._group = group
        self._begun_ms = steady_ms()

    def wait(self) -> None:
        """Note that the run waits for other machines, and is alive while it does."""
        self._group = None
        self._begun_ms = steady_ms()

    @property
    def probes(self) -> Probes:
        """What is asked, by its path."""
        answers: dict[str, Callable[[], str]] = {"/healthz": self.alive, "/readyz": self.ready}
        return answers

    def alive(self) -> str:
        """Give "", or why the run should be begun anew."""
        ended_ms = 0 if self._group is None else self._group.epoch_ms
        still_ms = steady_ms() - max(ended_ms, self._begun_ms)
        return f"no epoch has ended for {still_ms // 1000} s" if still_ms > self._stale_ms else ""

    def ready(self) -> str:
        """Give "", or why the run does no work for the desk now."""
        if self._group is None or not self._group.started:
            return "not all processes have started"
        trouble = None if self._store is None else self._store.latest()
        if self._store is not None and trouble is None:
            return "the store does not answer"
        return trouble or ""


def _trouble(store: str) -> str:
    """Ask a store whether it can be opened; gives what it says where it cannot."""
    try:
        open_store(store, create=False, upgrade=False).close()
    except CaseError as error:
        return str(error)
    return ""
