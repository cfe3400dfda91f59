"""What detectors remember of history, in one file: looked up by key, so that no run holds all of it.

WarmError           the file cannot be used as it is; the text says why and what to do

It is SQLite, opened to be read only; a cell lies there as in a snapshot. A run takes from it what it has no
memory of itself: the whole cell of a key that it sees for the first time, and what detectors that it did not
run before remember of a key that it knows.
"""

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

from config.profiles import Profile
from domain.instants import iso, span_words
from flows.cells import Layout, relaid
from flows.job import Job
from flows.plan import ScopePlan, Watcher, plan_scopes

log = logging.getLogger(__name__)

# Raised when the shape of the file changes: since 2 cells are those of snapshots of format 3.
WARM_FORMAT = 2
SCHEMA = """
CREATE TABLE about (format INTEGER, profile TEXT, reached_ms INTEGER);
CREATE TABLE detectors (
    scope TEXT, place INTEGER, name TEXT, version INTEGER, state_version INTEGER, parameters TEXT
);
CREATE TABLE cells (scope TEXT, key TEXT, cell BLOB, PRIMARY KEY (scope, key)) WITHOUT ROWID;
CREATE TABLE due (scope TEXT, bucket INTEGER, key TEXT, at_ms INTEGER);
CREATE INDEX due_of_bucket ON due (scope, bucket);
"""


class WarmError(Exception):
    """A file of what detectors remember of history cannot be used."""


class Warmed(Struct, frozen=True):
    """By what the state of one detector was made."""

    scope: str
    name: str
    version: int
    state_version: int
    parameters: dict[str, Any]

    @classmethod
    def of(cls, scope: str, watcher: Watcher) -> "Warmed":
        """Describe a detector as it would run."""
        detector = watcher.detector
        # As JSON gives them back: a tuple is a list there.
        parameters = json.loads(json.dumps(watcher.parameters, default=str))
        return cls(scope, watcher.name, detector.version, detector.state_version, parameters)


class WarmFile:
    """An open file; `reached_ms` is the latest event time of the history that it was made of."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises WarmError when it is no such file, or a newer riskdesk wrote it."""
        self.path = path
        try:
            # The engine runs in a thread of its own; nobody writes.
            self._file = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
            )
            ((written, self.profile, self.reached_ms),) = self._file.execute("SELECT * FROM about")
            self.detectors = tuple(self._read_detectors()) if written <= WARM_FORMAT else ()
        except (sqlite3.Error, ValueError) as error:
            raise WarmError(
                f"{path} holds nothing that detectors remember ({error}); make it with `riskdesk warm`"
            ) from error
        if written > WARM_FORMAT:
            raise WarmError(
                f"{path} has format {written}, this riskdesk reads it up to {WARM_FORMAT}; make it anew, or "
                "take the newer riskdesk"
            )

    def check(self, plans: Iterable[ScopePlan]) -> tuple[str, ...]:
        """See whether plans can be warmed; gives the detectors that the file has nothing of.

        Raises WarmError naming every detector that is set otherwise than the one that made the file, or
        that is another by now: what it remembers would not be what it asks for.
        """
        ours = [Warmed.of(plan.scope.value, watcher) for plan in plans for watcher in plan.watchers]
        theirs = {each.name: each for each in self.detectors}
        against = [
            f"{each.name} {difference}"
            for each in ours
            if each.name in theirs
            for difference in _differences(theirs[each.name], each)
        ]
        if against:
            raise WarmError(
                f"{self.path} was made by other detectors than those of the profile: {'; '.join(against)}; "
                "make it anew with this profile, or run without it"
            )
        return tuple(each.name for each in ours if each.name not in theirs)

    def history_of(self, plan: ScopePlan) -> "History | None":
        """Give what a scope's detectors remember, None where the file has nothing that fits them."""
        ours = {watcher.name: Warmed.of(plan.scope.value, watcher) for watcher in plan.watchers}
        # What a detector that is set otherwise left there is passed over, as that of one that is gone.
        layout: Layout = [
            (each.name if each.name in ours and not any(_differences(each, ours[each.name])) else "",
             each.state_version)
            for each in self.detectors if each.scope == plan.scope.value
        ]  # fmt: skip
        return History(self, plan, layout) if any(name for name, _ in layout) else None

    def cell(self, scope: str, key: str) -> bytes | None:
        """Give the cell of a key as it lies there."""
        found = self._file.execute("SELECT cell FROM cells WHERE scope = ? AND key = ?", (scope, key))
        return next((cell for (cell,) in found), None)

    def due(self, scope: str, bucket: int) -> list[tuple[str, int]]:
        """Give the keys of a bucket that are due once they were silent long enough, with when that is."""
        found = self._file.execute(
            "SELECT key, at_ms FROM due WHERE scope = ? AND bucket = ? ORDER BY at_ms, key", (scope, bucket)
        )
        return [(key, at_ms) for key, at_ms in found]

    def close(self) -> None:
        """Close it."""
        self._file.close()

    def _read_detectors(self) -> Iterator[Warmed]:
        for scope, name, version, state_version, parameters in self._file.execute(
            "SELECT scope, name, version, state_version, parameters FROM detectors ORDER BY scope, place"
        ):
            yield Warmed(scope, name, version, state_version, json.loads(parameters))


class History:
    """What one scope's detectors remember of history, in the layout of its plan."""

    def __init__(self, file: WarmFile, plan: ScopePlan, layout: Layout) -> None:
        """Prepare to look it up in `file`, where cells have the layout that is given."""
        self._file = file
        self._plan = plan
        self._layout = layout
        self._begun = False

    def cell(self, key: str) -> bytes | None:
        """Give the packed cell of a key, None where history has none of it."""
        found = self._file.cell(self._plan.scope.value, key)
        return None if found is None else relaid({key: found}, self._layout, self._plan)[key]

    def due(self, bucket: str) -> list[tuple[str, int]]:
        """Give the keys of a bucket that are due once they were silent long enough, with when that is.

        Where a scope has buckets for each of several partitions nobody can say which of them a key will
        come in: there are none then.
        """
        if self._plan.own_log and not self._plan.one_log:
            return []
        return self._file.due(self._plan.scope.value, int(bucket.rpartition(":")[2]))

    def begin(self, first_ms: int) -> None:
        """Say once how the first event that a run sees lies to the end of the history."""
        if self._begun:
            return
        self._begun = True
        apart_ms = first_ms - self._file.reached_ms
        what = f"{self._plan.scope.value}: history ends at {iso(self._file.reached_ms)}, and the run begins"
        if apart_ms < 0:
            log.warning(
                "%s %s before that: what lies between counts twice, as far as it is in both",
                what,
                span_words(-apart_ms),
            )
        else:
            log.info("%s %s later: what lies between was not seen", what, span_words(apart_ms))


def check_warm(job: Job, profile: Profile) -> tuple[str, ...]:
    """See whether a job can use its file; gives the detectors that nothing is known of.

    Those are all of the profile's where the job has no file. Raises WarmError as WarmFile does.
    """
    plans = plans_of(profile)
    if job.warm is None:
        return tuple(watcher.name for plan in plans for watcher in plan.watchers)
    with closing(WarmFile(job.warm)) as file:
        return file.check(plans)


def plans_of(profile: Profile, partitions: int = 1) -> tuple[ScopePlan, ...]:
    """Plan what a profile runs by itself, over input of so many partitions."""
    return plan_scopes(
        profile.build_detectors(),
        profile.read_tables(),
        log_scope=profile.input.scope,
        partitions=partitions,
        lateness=profile.input.lateness,
    )


def _differences(theirs: Warmed, ours: Warmed) -> Iterator[str]:
    if theirs.version != ours.version:
        yield f"has version {ours.version}, it was {theirs.version}"
    if theirs.state_version > ours.state_version:
        yield f"has state of version {theirs.state_version}, readable up to {ours.state_version}"
    for name in sorted(theirs.parameters.keys() | ours.parameters.keys()):
        before, now = theirs.parameters.get(name), ours.parameters.get(name)
        if before != now:
            yield f"has {name} {now}, it was {before}"
