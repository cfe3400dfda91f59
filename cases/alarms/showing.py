"""How alarms are put before people, taken back when an outage explains them, and ended when they are over."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from cases.alarms.board import Board
from cases.alarms.desk import Desk
from cases.alarms.live import LiveAlarm
from cases.alarms.outages import OUTAGES, takes_back
from cases.alarms.states import Event, State
from cases.alarms.suppression import flapping_at, hidden_by, reaches
from cases.database import Database, as_json
from cases.policy import QueuePolicy
from domain.alerts import Alert, alert_id

_read = msgspec.json.Decoder(Alert).decode


class Showing:
    """The desk, as alarms see it, within one transaction."""

    def __init__(
        self, db: Database, board: Board, desk: Desk, policy: QueuePolicy, alerts: Mapping[str, Alert]
    ) -> None:
        """Show alarms of `board`; `alerts` are those at hand, by id, and others are read."""
        self._db = db
        self._board = board
        self._desk = desk
        self._policy = policy
        self._alerts = alerts

    def annunciate(self, alarm: LiveAlarm, at_ms: int) -> None:
        """Tell people of an alarm, and take back what it explains of what they were told before."""
        alert = self._alert(alarm, at_ms)
        cases = self._desk.annunciate(self._db, [alert], self._board.places.fleet, self._policy, at_ms)
        old, new = alarm.move(Event.ANNUNCIATE)
        self._board.hide(alarm, None, None)
        self._board.plan(alarm, None)
        alarm.annunciated_at_ms = at_ms
        alarm.acknowledged_at_ms = alarm.acknowledged_by = None
        case_id = cases.get(alert.id)
        if case_id is not None:
            self._board.put_into_case(alarm, case_id)
            for row in self._db.rows("merged_into_case", case_id=case_id):
                self._board.move_case(row["id"], case_id)
        self._board.event(alarm, at_ms, "annunciated", old, new, case_id)
        if alarm.code in OUTAGES:
            self._take_back(alarm, at_ms)

    def settle_returned(self, alarm: LiveAlarm, at_ms: int) -> None:
        """End the case of an alarm that is over, where nothing else of it is left.

        Not while people know that the component keeps coming and going: then one item stays open.
        """
        if alarm.case_id is not None and flapping_at(alarm, self._board) is None:
            self.write()
            self._desk.settle_returned(self._db, alarm.case_id, at_ms)

    def write(self) -> None:
        """Write the alarms that have changed, for others to read."""
        self._db.run_all("keep_alarm", [alarm.row for alarm in self._board.taken_changes()])

    def _alert(self, alarm: LiveAlarm, at_ms: int) -> Alert:
        alert = self._alerts.get(alarm.alert_id)
        if alert is None:
            alert = _read(self._db.rows("alarm_signal", id=alarm.alert_id)[0]["record"])
        if not self._db.rows("known_alerts", ids=as_json([alert.id])):
            return alert
        # People were told of it before it was taken back: the desk knows that alert, and must hear anew.
        return replace(alert, id=alert_id(alert.detector, alert.key, f"{alert.id}@{at_ms}"))

    def _take_back(self, outage: LiveAlarm, at_ms: int) -> None:
        explained = [alarm for alarm in self._board.active() if self._is_taken_back(alarm, outage, at_ms)]
        by_case: dict[str, list[LiveAlarm]] = {}
        for alarm in explained:
            by_case.setdefault(alarm.case_id or "", []).append(alarm)
        reason = hidden_by(outage)
        for case_id, alarms in by_case.items():
            if not self._case_may_go(case_id, outage, explained, at_ms):
                continue
            for alarm in alarms:
                alarm.move(Event.SUPPRESS)
                self._board.hide(alarm, reason, outage.id)
                self._board.plan(alarm, None)
                self._board.event(alarm, at_ms, "suppressed", None, reason)

    def _is_taken_back(self, alarm: LiveAlarm, outage: LiveAlarm, at_ms: int) -> bool:
        # One that is about to be over is left alone.
        return (
            alarm.state is State.UNACKNOWLEDGED
            and alarm.due_ms is None
            and alarm is not outage
            and takes_back(outage.code, alarm.code)
            and reaches(outage, alarm, at_ms, self._board)
        )

    def _case_may_go(self, case_id: str, outage: LiveAlarm, explained: list[LiveAlarm], at_ms: int) -> bool:
        """Close a case of which nothing is left; False while people are at it, and it must stay."""
        if case_id in ("", outage.case_id):
            return True
        left = [alarm for alarm in self._board.of_case(case_id) if alarm.active and alarm not in explained]
        if left:
            return True
        return self._desk.take_back(self._db, case_id, f"follows from: {outage.words}", at_ms)


def follow_merges(db: Database, board: Board) -> None:
    """Let alarms be in the cases into which theirs went; the store has moved them already."""
    for row in db.rows("survivors", ids=as_json(board.cases())):
        board.move_case(row["id"], row["merged_into"])


def signal_row(alert: Alert) -> dict[str, Any]:
    """Give a signal as the store keeps it."""
    record = msgspec.json.encode(alert).decode()
    return {"id": alert.id, "at_ms": max(alert.at_ms, alert.told_ms), "record": record}


def read_signal(record: str) -> Alert:
    """Read what `signal_row` wrote."""
    return _read(record)
