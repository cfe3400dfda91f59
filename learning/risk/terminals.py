"""What is known of the terminals where fraud was confirmed, kept up by labels as they become known.

Two shares of fraud among a terminal's labelled uses, those of long ago weighing less, and how its last uses
went. A use counts from when it was (not from when it was labelled), so labels in any order come to the same
shares; a label that is corrected or taken back is taken out again.
"""

from bisect import bisect_left, insort
from math import exp, log

from msgspec import Struct

from domain.tables import TerminalRecord

DAY_MS = 86_400_000
# The half-lives of the two shares, as `TerminalRecord` has them, and how many uses without fraud a terminal
# is thought to have had before the first: one fraud in one use is no proof.
_LATELY_A_MS, _LONG_A_MS = log(2) / (3 * DAY_MS), log(2) / (10 * DAY_MS)
_LATELY_BEFORE, _LONG_BEFORE = 1.0, 2.0
_LONG_A_DAY = _LONG_A_MS * DAY_MS
# How many of its last labelled uses are told apart; of longer rows only number and beginning are known.
_RECENT = 32


class Bad(Struct, array_like=True):
    """What a terminal with fraud remembers beside its uses.

    `recent` are its last labelled uses in order, each `2 * at_ms + fraud`; `row` and `row_ms` are the row of
    frauds right before them, and `last_ms` is the latest fraud that fell out of them.
    """

    lately: float = 0.0
    long: float = 0.0
    recent: list[int] = []
    row: int = 0
    row_ms: int = 0
    last_ms: int = 0

    def learn(self, use: int) -> None:
        """Take in a labelled use."""
        insort(self.recent, use)
        if len(self.recent) > _RECENT:
            at_ms, fraud = divmod(self.recent.pop(0), 2)
            if fraud:
                self.row_ms = min(self.row_ms, at_ms) if self.row else at_ms
                self.row += 1
                self.last_ms = max(self.last_ms, at_ms)
            elif at_ms > self.row_ms:
                self.row = self.row_ms = 0

    def take_out(self, use: int) -> None:
        """Forget a use; one that fell out of the recent ones can no longer be told from its row."""
        index = bisect_left(self.recent, use)
        if index < len(self.recent) and self.recent[index] == use:
            del self.recent[index]

    def latest_ms(self) -> int:
        """Give the latest use that was fraud, 0 when there is none left."""
        return next((use // 2 for use in reversed(self.recent) if use % 2), self.last_ms)

    def record(self, lately_uses: float, long_uses: float) -> TerminalRecord:
        """Give what is published of the terminal."""
        good = next((index for index, use in enumerate(reversed(self.recent)) if use % 2), len(self.recent))
        row = next((index for index, use in enumerate(reversed(self.recent)) if not use % 2), None)
        if row is None:
            began = self.recent[0] // 2 if self.recent else 0
            row, row_ms = len(self.recent) + self.row, self.row_ms or began
        else:
            row_ms = self.recent[-row] // 2 if row else 0
        return TerminalRecord(
            lately=round(self.lately / (lately_uses + _LATELY_BEFORE), 6),
            long=round(self.long / (long_uses + _LONG_BEFORE), 6),
            row=row,
            row_ms=row_ms,
            last_ms=self.latest_ms(),
            genuine=good,
            uses=round(long_uses * _LONG_A_DAY, 6),
        )


class TerminalsState(Struct):
    """What is known of terminals as plain values."""

    uses: dict[str, tuple[int, float, float]]
    bad: dict[str, Bad]
    changed: list[str]
    in_force: dict[str, TerminalRecord]
    forgotten: int


class Terminals:
    """Every terminal with labelled uses: 3 numbers for each, and `Bad` for those where fraud was confirmed.

    A terminal is forgotten `memory_ms` after its latest labelled use, its frauds as long after the latest of
    them, and what was used longest ago when there are more than `most`; `forgotten` counts the latter.
    """

    def __init__(self, memory_ms: int, most: int) -> None:
        """Begin with none."""
        self.forgotten = 0
        self.in_force: dict[str, TerminalRecord] = {}
        self._memory_ms = memory_ms
        self._most = most
        # Of each: its latest labelled use, and how many there were, weighing less the longer before it.
        self._uses: dict[str, tuple[int, float, float]] = {}
        self._bad: dict[str, Bad] = {}
        self._changed: set[str] = set()

    def learn(self, terminal: str, at_ms: int, *, fraud: bool) -> None:
        """Take in that the use of a terminal at `at_ms` was fraud, or was genuine."""
        last_ms, lately, long = self._uses.get(terminal, (at_ms, 0.0, 0.0))
        bad = self._bad.get(terminal)
        if bad is None and fraud:
            # Of what was labelled before the first fraud only the latest use is known: a genuine one.
            bad = self._bad[terminal] = Bad(recent=[2 * last_ms] if lately else [])
        gap_ms = at_ms - last_ms
        if gap_ms >= 0:
            less_lately, less_long = exp(-_LATELY_A_MS * gap_ms), exp(-_LONG_A_MS * gap_ms)
            self._uses[terminal] = at_ms, lately * less_lately + 1, long * less_long + 1
            if bad is not None:
                bad.lately = bad.lately * less_lately + fraud
                bad.long = bad.long * less_long + fraud
        else:
            self._weigh(terminal, gap_ms, +1, fraud=fraud)
        if bad is not None:
            bad.learn(2 * at_ms + fraud)
            self._changed.add(terminal)

    def take_out(self, terminal: str, at_ms: int, *, fraud: bool) -> None:
        """Take back what `learn` was told of a use."""
        if terminal not in self._uses:
            return
        self._weigh(terminal, min(0, at_ms - self._uses[terminal][0]), -1, fraud=fraud)
        bad = self._bad.get(terminal)
        if bad is not None:
            bad.take_out(2 * at_ms + fraud)
            self._changed.add(terminal)
            if not bad.latest_ms():
                del self._bad[terminal]

    def refresh(self) -> None:
        """Let what was learnt since take effect."""
        self._bring_up_to_date(self.in_force)
        self._changed.clear()

    def records(self) -> dict[str, TerminalRecord]:
        """Give what is known now, whether or not it is in force, by the names of the terminals."""
        records = self.in_force.copy()
        self._bring_up_to_date(records)
        return records

    def sweep(self, now_ms: int) -> None:
        """Forget what is past its time, and what is too many."""
        until_ms = now_ms - self._memory_ms
        for terminal in [name for name, bad in self._bad.items() if bad.latest_ms() <= until_ms]:
            del self._bad[terminal]
            self._changed.add(terminal)
        self._forget([name for name, uses in self._uses.items() if uses[0] <= until_ms])
        if len(self._uses) > self._most:
            oldest = sorted((uses[0], name) for name, uses in self._uses.items())
            too_many = [name for _, name in oldest[: len(oldest) - self._most]]
            self.forgotten += len(too_many)
            self._forget(too_many)

    def dump(self) -> TerminalsState:
        """Give what is known as plain values."""
        return TerminalsState(
            uses=self._uses,
            bad=self._bad,
            changed=sorted(self._changed),
            in_force=self.in_force,
            forgotten=self.forgotten,
        )

    def load(self, state: TerminalsState) -> None:
        """Go on from what `dump` gave."""
        self._uses, self._bad, self.in_force = state.uses, state.bad, state.in_force
        self._changed, self.forgotten = set(state.changed), state.forgotten

    def _bring_up_to_date(self, records: dict[str, TerminalRecord]) -> None:
        for terminal in sorted(self._changed):
            bad = self._bad.get(terminal)
            if bad is None:
                records.pop(terminal, None)
            else:
                records[terminal] = bad.record(*self._uses[terminal][1:])

    def _forget(self, terminals: list[str]) -> None:
        for terminal in terminals:
            del self._uses[terminal]
            if self._bad.pop(terminal, None) is not None:
                self._changed.add(terminal)

    def _weigh(self, terminal: str, gap_ms: int, sign: int, *, fraud: bool) -> None:
        """Count a use before the latest one in, or one out; what has long faded cannot go below nothing."""
        last_ms, lately, long = self._uses[terminal]
        by_lately, by_long = sign * exp(_LATELY_A_MS * gap_ms), sign * exp(_LONG_A_MS * gap_ms)
        self._uses[terminal] = last_ms, max(0.0, lately + by_lately), max(0.0, long + by_long)
        bad = self._bad.get(terminal)
        if bad is not None and fraud:
            bad.lately, bad.long = max(0.0, bad.lately + by_lately), max(0.0, bad.long + by_long)
