"""Transactions that wait for their label: what was known of each when it was seen, frozen, in few bytes."""

from collections import Counter, deque
from itertools import islice
from math import nan
from struct import Struct as Layout

from msgspec import Struct

# When it was, its score (NaN for none), its label, and how long bins and card are. These follow, then the
# terminal.
_HEAD = Layout("<qdBBH")
_TIME = Layout("<q")
_LABEL_AT = 16
_BINS_AT = 17
_LABELS = (None, False, True)


class Kept(Struct, frozen=True, gc=False):
    """A transaction as it was seen; `score` is the model's of then, `fraud` the label it has now."""

    at_ms: int
    score: float | None
    fraud: bool | None
    bins: bytes
    card: str
    terminal: str


class KeptState(Struct):
    """Transactions as plain values: `waiting` for their time of silence to pass, or `silent` since."""

    packed: dict[str, bytes]
    waiting: list[str]
    silent: list[str]
    dropped: int


class KeptTransactions:
    """Holds `most` transactions for `remember_ms` each; `dropped` counts those that fell out before.

    Some hundred bytes each and their id. `due_ms` is when the next has been silent for `confirm_ms`, or is to
    be forgotten.
    """

    def __init__(self, remember_ms: int, confirm_ms: int | None, most: int) -> None:
        """Begin with none; without `confirm_ms` silence never says anything."""
        self.dropped = 0
        self.due_ms: float = float("inf")
        self._remember_ms = remember_ms
        self._confirm_ms = confirm_ms
        self._most = most
        self._packed: dict[str, bytes] = {}
        self._waiting: deque[str] = deque()
        self._silent: deque[str] = deque()

    def __len__(self) -> int:
        """Count those held."""
        return len(self._packed)

    def __contains__(self, event_id: str) -> bool:
        """Tell whether a transaction is held."""
        return event_id in self._packed

    def add(
        self, event_id: str, at_ms: int, score: float | None, bins: bytes, card: str, terminal: str
    ) -> None:
        """Hold a transaction that is not held yet."""
        name = card.encode()
        head = _HEAD.pack(at_ms, nan if score is None else score, 0, len(bins), len(name))
        self._packed[event_id] = head + bins + name + terminal.encode()
        self._waiting.append(event_id)
        if len(self._waiting) == 1 or len(self._packed) > self._most:
            while len(self._packed) > self._most:
                del self._packed[(self._silent or self._waiting).popleft()]
                self.dropped += 1
            self._plan()

    def get(self, event_id: str) -> Kept | None:
        """Give a transaction, None when it is not held (any more)."""
        packed = self._packed.get(event_id)
        if packed is None:
            return None
        at_ms, score, label, bins_end, card_end = _HEAD.unpack_from(packed)
        bins_end += _HEAD.size
        card_end += bins_end
        return Kept(
            at_ms,
            score if score == score else None,  # all but NaN are themselves
            _LABELS[label],
            packed[_HEAD.size : bins_end],
            packed[bins_end:card_end].decode(),
            packed[card_end:].decode(),
        )

    def commonest_bins(self, most: int) -> tuple[int, ...]:
        """Give the commonest bin of each feature among the latest so many held, () where none is held."""
        latest = islice(reversed(self._packed.values()), most)
        rows = [packed[_HEAD.size : _HEAD.size + packed[_BINS_AT]] for packed in latest]
        # Of two as common the lower one, so that the answer does not depend on which came first.
        return tuple(min(Counter(column).items(), key=_most_first)[0] for column in zip(*rows, strict=True))

    def relabel(self, event_id: str, fraud: bool | None) -> None:
        """Note the label that a transaction has from now on."""
        packed = self._packed[event_id]
        label = b"\2" if fraud else b"\0" if fraud is None else b"\1"
        self._packed[event_id] = packed[:_LABEL_AT] + label + packed[_LABEL_AT + 1 :]

    def come_due(self) -> str | None:
        """Take the transaction that is due at `due_ms`: the id of one that was silent long enough, or None.

        None where one was forgotten.
        """
        if self._confirm_ms is not None and self._waiting:
            at_ms = self._at_ms(self._waiting[0]) + self._confirm_ms
            if at_ms <= self.due_ms:
                event_id = self._waiting.popleft()
                self._silent.append(event_id)
                self._plan()
                return event_id
        del self._packed[(self._silent or self._waiting).popleft()]
        self._plan()
        return None

    def dump(self) -> KeptState:
        """Give them as plain values."""
        return KeptState(self._packed, list(self._waiting), list(self._silent), self.dropped)

    def load(self, state: KeptState) -> None:
        """Go on from what `dump` gave."""
        self._packed, self.dropped = state.packed, state.dropped
        self._waiting, self._silent = deque(state.waiting), deque(state.silent)
        self._plan()

    def _plan(self) -> None:
        due_ms = float("inf")
        if self._waiting:
            wait_ms = self._remember_ms if self._confirm_ms is None else self._confirm_ms
            due_ms = self._at_ms(self._waiting[0]) + wait_ms
        if self._silent:
            due_ms = min(due_ms, self._at_ms(self._silent[0]) + self._remember_ms)
        self.due_ms = due_ms

    def _at_ms(self, event_id: str) -> int:
        at_ms: int = _TIME.unpack_from(self._packed[event_id])[0]
        return at_ms


def _most_first(counted: tuple[int, int]) -> tuple[int, int]:
    value, times = counted
    return -times, value
