"""The alarms of a store: signals come in, and event time decides what people are told of them, and when."""

from collections.abc import Iterable, Sequence

from cases.alarms.desk import CaseDesk, Desk
from cases.alarms.histories import DeviceHistory, read_history
from cases.alarms.live import LiveAlarm
from cases.alarms.memory import Memory, recall, write_down
from cases.alarms.settle import Settling, Signal
from cases.alarms.shelving import shelve, unshelve
from cases.alarms.showing import Showing, follow_merges, read_signal, signal_row
from cases.alarms.view import AlarmView, lasted_at, view
from cases.database import Database
from cases.errors import WrongUse
from cases.policy import QueuePolicy
from cases.who import Right, Who
from devices.codes import catalogue
from domain.alerts import Alert


class SqlAlarms:
    """The alarms of a store. Safe for use by several threads and processes; each settling is alone.

    What becomes of alarms depends on the signals, their times and what people do alone: not on batches, not
    on the order in which signals come within what `reached_ms` promises, and not on repeats.
    """

    def __init__(self, db: Database, policy: QueuePolicy, desk: Desk | None = None) -> None:
        """Follow the alarms of `db`; `desk` is where they are shown, unless said otherwise its cases."""
        self._db = db
        self._policy = policy
        self._desk = desk or CaseDesk()
        self._known: Memory | None = None

    def take_in(self, alerts: Sequence[Alert], reached_ms: int) -> int:
        """Take in signals and follow the alarms up to `reached_ms`; gives how many signals were new.

        Every signal up to and at `reached_ms` (event time in ms) must have come by now; one that comes later
        all the same counts as of the time that was reached. Signals beyond it wait. Raises WrongUse for
        alerts that are not about a device or branch.
        """
        for alert in alerts:
            if alert.alarm is None:
                raise WrongUse(
                    f"alert {alert.id} of {alert.detector} has no alarm; cases take such alerts in"
                )
        if not alerts and self._nothing_to_do(reached_ms):
            return 0
        try:
            with self._db.writing():
                new = self._db.run_all("add_alarm_signal", map(signal_row, alerts))
                self._settle({alert.id: alert for alert in alerts}, reached_ms)
        except BaseException:
            # What was not written down must not be remembered.
            self._known = None
            raise
        return new

    def list(self, at_ms: int | None = None, *, live: bool = True) -> tuple[AlarmView, ...]:
        """Give the alarms whose condition is there, not `live` all that ever were, by priority and time.

        With `at_ms` those whose latest occurrence was there at that time.
        """
        with self._db.reading():
            rows = self._db.rows("all_alarms", closed=int(not live or at_ms is not None))
        found = [view(LiveAlarm.of(row)) for row in rows]
        if at_ms is not None:
            return tuple(alarm for alarm in found if lasted_at(alarm, at_ms))
        return tuple(alarm for alarm in found if alarm.live or not live)

    def history(self, device: str, from_ms: int, to_ms: int, who: Who, limit: int = 100) -> DeviceHistory:
        """Give what a device had in [from_ms, to_ms). Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self._db.reading():
            return read_history(self._db, device, from_ms, to_ms, limit)

    def devices_told(self, spans: Iterable[tuple[int, int]], who: Who) -> tuple[int, ...]:
        """Give of how many devices the desk was told in each [from_ms, to_ms). Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self._db.reading():
            return tuple(
                self._db.rows("devices_told", from_ms=from_ms, to_ms=to_ms)[0]["devices"]
                for from_ms, to_ms in spans
            )

    def shelve(self, alarm: str, until_ms: int, reason: str, who: Who, now_ms: int) -> None:
        """Put an alarm (its id or fingerprint) on the shelf until `until_ms`: people are not told of it.

        Raises NotAllowed, NotFound, WrongUse without a reason or for too long, and NotPossible for one that
        is closed or must never be hidden.
        """
        who.require(Right.SHELVE_ALARM)
        with self._db.writing():
            shelve(self._db, alarm, until_ms, reason, who, now_ms, self._policy.alarms)

    def unshelve(self, alarm: str, reason: str, who: Who, now_ms: int) -> None:
        """Take an alarm (its id or fingerprint) off the shelf before its time.

        Raises NotAllowed, NotFound, WrongUse without a reason, and NotPossible for one that is not on it.
        """
        who.require(Right.SHELVE_ALARM)
        with self._db.writing():
            unshelve(self._db, alarm, reason, who, now_ms)

    def _nothing_to_do(self, reached_ms: int) -> bool:
        """Tell with one cheap statement that nothing has its time by `reached_ms`."""
        known = self._known
        if known is None:
            return False
        with self._db.reading():
            clock = self._db.rows("alarm_clock")[0]
        due_ms = min((at for at in (known.next_ms, clock["waits_ms"]) if at is not None), default=None)
        return clock["version"] == known.version and (due_ms is None or reached_ms < due_ms)

    def _settle(self, at_hand: dict[str, Alert], reached_ms: int) -> None:
        clock = self._db.rows("alarm_clock")[0]
        from_ms = clock["settled_ms"]
        until_ms = max(reached_ms, from_ms)
        memory = recall(self._db, self._known, clock, self._policy)
        self._known = None  # until all of it is done
        follow_merges(self._db, memory.board)
        showing = Showing(self._db, memory.board, self._desk, self._policy, at_hand)
        settling = Settling(memory.board, memory.gate, catalogue(), self._policy.alarms, showing)
        settling.run(self._signals(at_hand, until_ms), from_ms, until_ms)
        self._db.run("take_alarm_signals", until_ms=until_ms)
        write_down(self._db, memory, until_ms)
        memory.next_ms = settling.next_ms()
        self._known = memory

    def _signals(self, at_hand: dict[str, Alert], until_ms: int) -> Sequence[Signal]:
        found = []
        for row in self._db.rows("alarm_signals_to_take", until_ms=until_ms):
            alert = at_hand.get(row["id"]) or read_signal(row["record"])
            if alert.alarm is not None:
                found.append(Signal(row["at_ms"], alert, alert.alarm))
        return found
