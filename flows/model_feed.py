"""Learnt tables of a store in a flow: those that there are when it begins, and those that come meanwhile.

Every process of a run looks for itself. A table is on record some time before it takes effect, so that all of
them know it by then; where one did not, it says so, since a replay would tell otherwise.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import msgspec

from cases.errors import StoreBusy, StoreMissing
from cases.store import opened_models
from connectors.patience import patiently
from domain.growing import GrowingHistory, growing_tables
from domain.instants import iso, to_ms
from domain.tables import Published, Tables
from flows.job import Job
from flows.recovery_survey import latest_event_ms
from observability.metrics import Metrics

log = logging.getLogger(__name__)

# Beside the state: up to which time the run that left it knew each table.
KNOWN = "tables.json"

_LOOK_EVERY_S = 5.0


class ModelFeed:
    """The tables of a store as a flow uses them; `tables` grows once it follows them."""

    def __init__(
        self, store: str | None, metrics: Metrics, *, needed: bool = False, state: Path | None = None
    ) -> None:
        """Begin with nothing; a store that is `needed` must be there, any other may be made later.

        In the recovery folder `state` it is noted which tables the run knew, for one process of the run.
        """
        self.tables: Tables = growing_tables()
        self._store = store
        self._metrics = metrics
        self._needed = needed
        self._state = state if state is not None and state.is_dir() else None
        self._known: dict[str, int] = {}
        self._trouble = ""
        self._follows = False

    def load(self) -> None:
        """Take what is on record, however long the store is away. Raises a store's error."""
        before = self._noted()
        patiently(self.take)
        self._note()
        if before is not None:
            self._tell_missed(before)

    def follow(self) -> Callable[[], None]:
        """Look for tables that come, in a thread, and return what ends that."""
        if self._store is None:
            return lambda: None
        self._follows = True
        ended = Event()
        looking = Thread(target=self._look, args=(ended,), daemon=True)
        looking.start()

        def end() -> None:
            ended.set()
            looking.join()

        return end

    def _look(self, ended: Event) -> None:
        while not ended.wait(_LOOK_EVERY_S):
            try:
                self.take()
            except Exception as error:
                self._tell_trouble(str(error) or repr(error))
            else:
                self._trouble = ""
                self._metrics.tables_away.set(0)

    def _tell_trouble(self, trouble: str) -> None:
        """Say once what is wrong: the flow goes on with the tables that it knows."""
        if trouble != self._trouble:
            log.error("the store cannot be asked for learnt tables: %s", trouble)
        self._trouble = trouble
        self._metrics.tables_away.set(1)

    def take(self) -> None:
        """Take what came since the last time. Raises a store's error."""
        if self._store is None:
            return
        known = dict(self._known)
        try:
            with opened_models(self._store) as models:
                for each, table in models.later(known):
                    self._add(each.name, table)
        except StoreMissing:
            # Before the flow has made it there is none.
            if self._needed or known:
                raise
        finally:
            if known != self._known:
                self._note()

    def _add(self, name: str, table: Published) -> None:
        history: GrowingHistory[Any] = getattr(self.tables, name)
        in_time = history.add(table)
        self._known[name] = to_ms(table.effective_at)
        self._metrics.tables_known.labels(name).set(len(history.versions))
        told = f"{name} {table.version}, in force from {iso(self._known[name])}"
        if not in_time:
            self._tell_late(name, told, history.asked_ms)
        elif self._follows:
            log.info("learnt table taken: %s", told)

    def _tell_late(self, name: str, told: str, watched_ms: int) -> None:
        log.error(
            "learnt table taken too late: %s; events up to %s were watched without it, so that a replay will "
            "tell otherwise",
            told,
            iso(watched_ms),
        )
        self._metrics.tables_late.labels(name).inc()

    def _tell_missed(self, before: dict[str, int]) -> None:
        """Tell of tables that came while the run was down, and are for events that it had watched by then."""
        missed = [
            (name, since_ms)
            for name in self._known
            for since_ms in getattr(self.tables, name).since_ms
            if since_ms > before.get(name, -1)
        ]
        watched_ms = latest_event_ms(self._state) if missed and self._state is not None else None
        for name, since_ms in missed:
            if watched_ms is not None and since_ms <= watched_ms:
                self._tell_late(name, f"{name}, in force from {iso(since_ms)}", watched_ms)

    def _noted(self) -> dict[str, int] | None:
        """Give up to which time the run that left the state knew each table, None where there was none."""
        path = None if self._state is None else self._state / KNOWN
        if path is None or not path.exists():
            return None
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])

    def _note(self) -> None:
        if self._state is not None:
            draft = self._state / f".{KNOWN}.draft"
            draft.write_bytes(msgspec.json.encode(self._known))
            draft.replace(self._state / KNOWN)


def feed_of(job: Job, metrics: Metrics, *, first: bool = True) -> ModelFeed:
    """Give the feed of a job, with what is on record; the first process of a run notes what the run knows.

    Raises a store's error.
    """
    state = job.recovery if first else None
    feed = ModelFeed(job.tables_from, metrics, needed=job.tables_from != job.store, state=state)
    feed.load()
    return feed


def check_tables(job: Job) -> None:
    """See that what is on record for a job can be used; one that is away is waited for later.

    Raises a store's error.
    """
    try:
        ModelFeed(job.tables_from, Metrics(), needed=job.tables_from != job.store).take()
    except StoreBusy:
        return


def tables_in(store: str | None) -> Tables:
    """Give the tables that a store has on record, none without one. Raises a store's error."""
    feed = ModelFeed(store, Metrics(), needed=True)
    feed.load()
    return feed.tables
