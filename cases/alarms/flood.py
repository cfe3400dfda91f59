"""The flood gate: no more than so many alarms reach people within any ten minutes."""

from msgspec import Struct

from cases.alarms.policy import AlarmPolicy
from domain.instants import iso, span_ms, span_words
from domain.wording import counted


class Gate(Struct, kw_only=True):
    """What the gate remembers; it changes with each alarm that asks to be shown.

    `shown_ms` and `asked_ms` are the latest times at which alarms were shown and asked to be, no more than
    are needed. The others are about the flood that goes on: when it began, how many asked since, how many
    were shown, and how many were over before their turn.
    """

    shown_ms: list[int] = []
    asked_ms: list[int] = []
    since_ms: int | None = None
    asked: int = 0
    shown: int = 0
    passed: int = 0

    def ask(self, at_ms: int, policy: AlarmPolicy) -> bool:
        """Count an alarm that asks to be shown; says whether a flood begins with it."""
        self.asked_ms = [*self.asked_ms, at_ms][-(policy.flood_most + 1) :]
        if self.since_ms is not None:
            self.asked += 1
            return False
        window_ms = span_ms(policy.flood_window)
        if len(self.asked_ms) <= policy.flood_most or at_ms - self.asked_ms[0] >= window_ms:
            return False
        self.since_ms = at_ms
        self.asked = len(self.asked_ms)
        self.shown = sum(at_ms - shown_ms < window_ms for shown_ms in self.shown_ms)
        return True

    def opens_ms(self, policy: AlarmPolicy) -> int:
        """Give from when on one more may be shown, so that no window, both ends within, holds too many."""
        if len(self.shown_ms) < policy.flood_most:
            return 0
        return self.shown_ms[-policy.flood_most] + span_ms(policy.flood_window) + 1

    def show(self, at_ms: int, policy: AlarmPolicy) -> None:
        """Count an alarm that is shown."""
        self.shown_ms = [*self.shown_ms, at_ms][-policy.flood_most :]
        if self.since_ms is not None:
            self.shown += 1

    def give_up(self) -> None:
        """Count an alarm that was over before its turn."""
        if self.since_ms is not None:
            self.passed += 1

    def calms_ms(self, policy: AlarmPolicy) -> int | None:
        """Give when the flood ends if no other alarm asks; None without one."""
        if self.since_ms is None:
            return None
        return self.asked_ms[-min(policy.flood_end, len(self.asked_ms))] + span_ms(policy.flood_window)

    def calm(self, at_ms: int, waiting: int) -> str:
        """End the flood and give what there is to say about it."""
        words = (
            f"{counted(self.asked, 'alarm')} in {span_words(at_ms - (self.since_ms or at_ms))} since "
            f"{iso(self.since_ms or at_ms)}: {self.shown} shown, {self.passed} over before their turn, "
            f"{waiting} waiting"
        )
        self.since_ms = None
        self.asked = self.shown = self.passed = 0
        return words
