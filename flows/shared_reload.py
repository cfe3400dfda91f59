"""A machine's part in the reload of a cluster, which all machines take, or none."""

import logging

from flows.alike import describe
from flows.job import Job, profile_of
from flows.meeting import Anew, Fresh
from flows.reloading import Reload, ReloadRefused, tell_refused
from flows.seat import Seat
from flows.signals import RELOAD, Signals

log = logging.getLogger(__name__)


class SharedReload:
    """Passes a SIGHUP on to all machines, and reads the profile anew when one of them has got it."""

    def __init__(self, reload: Reload | None, machines: int) -> None:
        """Read with `reload`, None for a machine that cannot; `machines` is how many there are."""
        self._reload = reload
        self._machines = machines
        self._coming: Job | None = None

    def look(self, seat: Seat, signals: Signals) -> None:
        """See what was asked, and say what there is to say."""
        if signals.reload:
            signals.reload = False
            seat.say(Anew())
        if seat.anew:
            seat.anew = False
            seat.say(self._read())
        if seat.kept:
            tell_refused([seat.kept])
            seat.kept, self._coming = "", None

    def taken(self, seat: Seat) -> Job | None:
        """Give the job to go on with where all machines take what they have read, else None."""
        coming, self._coming = self._coming, None
        if coming is None or self._reload is None or seat.stop is None or seat.stop.why != RELOAD:
            return None
        self._reload.taken(coming)
        return coming

    def _read(self) -> Fresh:
        if self._reload is None:
            return Fresh(why="it reads no profile anew")
        try:
            job, changes = self._reload.checked()
            alike = describe(job, profile_of(job), self._machines)
        except ReloadRefused as refused:
            return Fresh(why=str(refused))
        except OSError as error:
            return Fresh(why=str(error))
        log.warning("read the profile anew", extra={"changes": changes})
        self._coming = job
        return Fresh(alike=alike)
