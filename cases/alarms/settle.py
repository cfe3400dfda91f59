"""Alarms move on with event time: signals and what is due, each in its turn, whatever came together."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from cases.alarms.board import FLOOD, Board
from cases.alarms.fingerprints import Fingerprint, alarm_id, branch_of, device_of
from cases.alarms.flood import Gate
from cases.alarms.live import LiveAlarm
from cases.alarms.outages import OUTAGES
from cases.alarms.policy import AlarmPolicy
from cases.alarms.showing import Showing
from cases.alarms.states import SHOWN, Event, State
from cases.alarms.suppression import FLAPPING, MODES, suppression
from devices.codes import Catalogue, Code
from domain.alarms import Alarm
from domain.alerts import Alert
from domain.instants import span_ms, span_words


class Signal(NamedTuple):
    """One thing a detector said about an alarm, and when it counts (event time)."""

    at_ms: int
    alert: Alert
    alarm: Alarm

    @property
    def order(self) -> tuple[int, int, bool, str]:
        """Give its place: within one millisecond what ended goes before what began after it."""
        return self.at_ms, self.alarm.since_ms, self.alarm.over, self.alert.id


class _Step(NamedTuple):
    """What time does next, and when."""

    at_ms: int
    do: Callable[[int], None]


class Settling:
    """Brings the alarms from one time to a later one; what that does depends on signals and time alone."""

    def __init__(
        self, board: Board, gate: Gate, codes: Catalogue, policy: AlarmPolicy, showing: Showing
    ) -> None:
        """Begin with the alarms as they were left."""
        self._board = board
        self._gate = gate
        self._codes = codes
        self._policy = policy
        self._showing = showing

    def run(self, signals: Sequence[Signal], from_ms: int, until_ms: int) -> None:
        """Take in `signals` and let pass what is due, from `from_ms` to `until_ms`, both within.

        A signal from before `from_ms` came too late for its time, and counts as of `from_ms`. Within one
        millisecond signals come first.
        """
        left = sorted(signals, key=lambda signal: signal.order, reverse=True)
        now_ms = from_ms
        while True:
            step = self._next_step()
            if left and (step is None or max(now_ms, left[-1].at_ms) <= max(now_ms, step.at_ms)):
                signal = left.pop()
                now_ms = max(now_ms, signal.at_ms)
                self._take(signal, now_ms)
            elif step is not None and step.at_ms <= until_ms:
                now_ms = max(now_ms, step.at_ms)
                step.do(now_ms)
            else:
                return

    def next_ms(self) -> int | None:
        """Give when time does something next; None when only a signal can."""
        step = self._next_step()
        return None if step is None else step.at_ms

    def _next_step(self) -> _Step | None:
        """Give what is due first: within one millisecond alarms, then the gate, then the end of a flood."""
        steps = []
        alarm = self._board.next_due()
        if alarm is not None and alarm.due_ms is not None:
            steps.append(_Step(alarm.due_ms, self._move_on))
        if self._board.next_waiting() is not None:
            steps.append(_Step(self._gate.opens_ms(self._policy), self._let_in))
        calms_ms = self._gate.calms_ms(self._policy)
        if calms_ms is not None:
            steps.append(_Step(calms_ms, self._calm))
        return min(steps, key=lambda step: step.at_ms, default=None)

    def _take(self, signal: Signal, at_ms: int) -> None:
        code = self._codes[signal.alarm.code]
        if code.handling != "record" and not signal.alarm.over:
            self._raise(signal, code, at_ms)
            return
        self._board.done_with(signal.alert.id)
        if code.handling == "record":
            self._take_mode(signal)
        elif "desk" not in code.cleared_by:
            self._clear(signal, at_ms)

    def _take_mode(self, signal: Signal) -> None:
        device = device_of(signal.alert)
        if device is None or signal.alarm.code not in MODES:
            return
        key = (device, signal.alarm.code)
        if not signal.alarm.over:
            self._board.set_mode(key, signal.alarm.since_ms)
        elif self._board.modes.get(key, signal.alarm.since_ms + 1) <= signal.alarm.since_ms:
            self._board.set_mode(key, None)
            for alarm in self._board.at_place(device):
                if alarm.active and alarm.suppressed_by in ("planned_stop", "supervisor"):
                    self._board.plan(alarm, signal.at_ms)

    def _raise(self, signal: Signal, code: Code, at_ms: int) -> None:
        always = self._codes.never_suppressed(code.name)
        fingerprint = Fingerprint.of(signal.alert)
        id_ = alarm_id(fingerprint, signal.alarm.since_ms)
        # What concerns a customer or security is an incident of its own each time it happens.
        alarm = self._board.by_id.get(id_) or (None if always else self._board.current(fingerprint))
        if alarm is None:
            alarm = self._new(signal, id_, code, at_ms)
            alarm.move(Event.RAISE)
            self._board.add(alarm)
            self._board.event(alarm, at_ms, "raised", State.NORMAL, alarm.state)
        elif not alarm.active:
            self._reopen(alarm, signal, at_ms)
        elif always:
            alarm.occurrences += 1
            self._stand_for(alarm, signal)
        else:
            self._go_on(alarm, signal)
            return
        if always:
            alarm.annunciate_at_ms = at_ms
            self._showing.annunciate(alarm, at_ms)
        else:
            alarm.annunciate_at_ms = self._annunciate_at_ms(alarm, code, at_ms)
            self._board.plan(alarm, alarm.annunciate_at_ms)

    def _new(self, signal: Signal, id_: str, code: Code, at_ms: int) -> LiveAlarm:
        alert, said = signal.alert, signal.alarm
        device = device_of(alert)
        return LiveAlarm(
            id=id_,
            place=said.device or alert.key,
            device=device,
            branch=self._board.places.branch(device, branch_of(alert), at_ms),
            component=said.component,
            unit=said.unit,
            code=said.code,
            detector=alert.detector,
            priority=code.priority or 4,
            state=State.NORMAL,
            since_ms=said.since_ms,
            raised_at_ms=at_ms,
            occurrences=1,
            alert_id=alert.id,
            words=alert.reason,
        )

    def _go_on(self, alarm: LiveAlarm, signal: Signal) -> None:
        """Let an alarm last that is told of once more; one that was about to be over is not."""
        self._board.done_with(signal.alert.id)
        alarm.since_ms = max(alarm.since_ms, signal.alarm.since_ms)
        self._board.plan(alarm, None if alarm.state in SHOWN else alarm.due_ms)

    def _stand_for(self, alarm: LiveAlarm, signal: Signal) -> None:
        """Let a signal stand for an alarm in place of the one before."""
        self._board.done_with(alarm.alert_id)
        alarm.alert_id, alarm.detector = signal.alert.id, signal.alert.detector
        alarm.words = signal.alert.reason

    def _reopen(self, alarm: LiveAlarm, signal: Signal, at_ms: int) -> None:
        old, new = alarm.move(Event.RAISE)
        alarm.occurrences += 1
        alarm.since_ms, alarm.raised_at_ms = signal.alarm.since_ms, at_ms
        self._stand_for(alarm, signal)
        alarm.returned_at_ms = alarm.closed_at_ms = alarm.acknowledged_at_ms = alarm.acknowledged_by = None
        self._board.hide(alarm, None, None)
        self._board.event(alarm, at_ms, "reopened", old, new, str(alarm.occurrences))

    def _annunciate_at_ms(self, alarm: LiveAlarm, code: Code, at_ms: int) -> int:
        held = self._codes.handling_of(code)
        beats_ms = self._board.places.heartbeat_ms(alarm.device, alarm.branch, at_ms) * held.hold_heartbeats
        return max(at_ms, alarm.since_ms + held.hold_s * 1000) + beats_ms

    def _clear(self, signal: Signal, at_ms: int) -> None:
        alarm = self._board.current(Fingerprint.of(signal.alert))
        if alarm is None or not alarm.active or signal.alarm.since_ms < alarm.since_ms:
            return
        if alarm.state is State.PENDING:
            self._return(alarm, at_ms)
        elif alarm.due_ms is None:
            self._board.plan(alarm, at_ms + span_ms(self._policy.off_delay))

    def _move_on(self, at_ms: int) -> None:
        """Do to the alarm that is due first what is due."""
        alarm = self._board.next_due()
        if alarm is None:
            return
        if alarm.shelved_until_ms is not None and alarm.shelved_until_ms <= at_ms:
            self._board.event(alarm, at_ms, "unshelved", note="its time on the shelf is over")
            alarm.unshelve()
        if alarm.state is State.PENDING:
            self._ask(alarm, at_ms)
        elif alarm.active:
            self._return(alarm, at_ms)
        else:
            self._close(alarm, at_ms)

    def _ask(self, alarm: LiveAlarm, at_ms: int) -> None:
        """Let an alarm be shown, hide it, or let it wait for the flood gate."""
        if self._hidden(alarm, at_ms):
            return
        if alarm.suppressed_by is not None:
            self._board.event(alarm, at_ms, "released", alarm.suppressed_by)
            self._board.hide(alarm, None, None)
        if self._gate.ask(at_ms, self._policy):
            most, window = self._policy.flood_most, span_words(span_ms(self._policy.flood_window))
            self._board.event(
                None, at_ms, "flood_began", note=f"more than {most} alarms ask to be shown within {window}"
            )
        if self._board.next_waiting() is None and self._gate.opens_ms(self._policy) <= at_ms:
            self._show(alarm, at_ms)
        else:
            self._hide(alarm, at_ms, FLOOD)
            self._board.plan(alarm, None)
            self._board.let_wait(alarm)

    def _hidden(self, alarm: LiveAlarm, at_ms: int) -> bool:
        found = suppression(alarm, at_ms, self._board, self._policy)
        if found is None:
            return False
        self._hide(alarm, at_ms, found.reason, found.parent)
        self._board.plan(alarm, found.until_ms)
        return True

    def _hide(self, alarm: LiveAlarm, at_ms: int, reason: str, parent: str | None = None) -> None:
        if alarm.suppressed_by != reason:
            self._board.event(alarm, at_ms, "suppressed", alarm.suppressed_by, reason)
        self._board.hide(alarm, reason, parent)

    def _let_in(self, at_ms: int) -> None:
        """Show the first of those that wait for the flood gate."""
        alarm = self._board.next_waiting()
        if alarm is not None and not self._hidden(alarm, at_ms):
            self._board.event(alarm, at_ms, "released", FLOOD)
            self._show(alarm, at_ms)

    def _show(self, alarm: LiveAlarm, at_ms: int) -> None:
        self._gate.show(at_ms, self._policy)
        self._showing.annunciate(alarm, at_ms)

    def _calm(self, at_ms: int) -> None:
        self._board.event(
            None, at_ms, "flood_ended", note=self._gate.calm(at_ms, self._board.count_waiting())
        )

    def _return(self, alarm: LiveAlarm, at_ms: int) -> None:
        shown = alarm.state in SHOWN
        if alarm.suppressed_by == FLOOD:
            self._gate.give_up()
        old, new = alarm.move(Event.RETURN)
        alarm.returned_at_ms = at_ms
        self._board.event(alarm, at_ms, "returned", old, new)
        # On the shelf it is the same alarm for as long as it lies there.
        closes_ms = max(at_ms + span_ms(self._policy.reopen_window), alarm.shelved_until_ms or 0)
        self._board.plan(alarm, closes_ms)
        if alarm.code in OUTAGES or alarm.code == FLAPPING:
            self._release_children(alarm, at_ms)
        if shown:
            self._showing.settle_returned(alarm, at_ms)

    def _release_children(self, parent: LiveAlarm, at_ms: int) -> None:
        """Look again at what a parent has hidden; after an outage devices have time to come back first."""
        for alarm in self._board.children(parent.id):
            if not alarm.active:
                continue
            beats = 0 if parent.code == FLAPPING else self._policy.outage_grace_heartbeats
            heartbeat_ms = self._board.places.heartbeat_ms(alarm.device, alarm.branch, at_ms)
            self._board.plan(alarm, at_ms + beats * heartbeat_ms)
        if parent.code == FLAPPING:
            for alarm in self._board.at_place(parent.place):
                about_same = (alarm.component, alarm.unit) == (parent.component, parent.unit)
                if about_same and not alarm.active and alarm is not parent:
                    self._showing.settle_returned(alarm, at_ms)

    def _close(self, alarm: LiveAlarm, at_ms: int) -> None:
        old, new = alarm.move(Event.CLOSE)
        alarm.closed_at_ms = at_ms
        alarm.unshelve()
        self._board.plan(alarm, None)
        self._board.event(alarm, at_ms, "closed", old, new)
        self._board.done_with(alarm.alert_id)
        self._board.drop(alarm)
