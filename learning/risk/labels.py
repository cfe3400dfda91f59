"""What is known of each transaction, fraud or not: two sources, each honoured only from when it was known.

The desk says it by dispositions of its alerts, and a decided claim (a chargeback, the customer's word, an
investigation) outranks the desk. A transaction that nobody spoke of is unlabelled, never genuine.
"""

from collections import deque
from typing import Literal, NamedTuple

from msgspec import Struct

from domain.events import SAYS_FRAUD, Chargeback, Disposition

Label = Disposition | Chargeback
Source = Literal["claim", "desk"]

# Who says it, of those who may speak of one transaction: claims with one voice, the desk with one an alert.
_CLAIM = ""


class Standing(NamedTuple):
    """What is held of a transaction now, and by whose word."""

    fraud: bool
    source: Source


_CLAIMED = Standing(False, "claim"), Standing(True, "claim")


class Word(Struct, array_like=True, frozen=True, gc=False):
    """The last word of one voice: at `at_ms` it said `fraud`, or None where it took back what it had said.

    `heard` are the ids of the labels of that very moment, so that one that comes again is known.
    """

    voice: str
    at_ms: int
    fraud: bool | None
    heard: tuple[str, ...]


class LabelCounts(Struct):
    """What came of the labels: `taken`, the same again, overtaken by a later word, about no transaction.

    `dropped` are labels that were forgotten because there were more of them than the book may hold.
    """

    taken: int = 0
    repeated: int = 0
    overtaken: int = 0
    about_nothing: int = 0
    dropped: int = 0


class BookState(Struct):
    """A label book as plain values."""

    words: dict[str, tuple[Word, ...]]
    order: list[tuple[int, str]]
    counts: LabelCounts


class LabelBook:
    """Who said what of which transaction; takes labels in any order, and of each voice the latest holds.

    The same label twice changes nothing. Labels of transactions that were not seen (yet) are held too: the
    book forgets a transaction `remember_ms` after the last label about it, and the one that was spoken of
    longest ago when it holds more than `most`.
    """

    def __init__(self, remember_ms: int, most: int) -> None:
        """Begin with an empty book."""
        self.counts = LabelCounts()
        self._remember_ms = remember_ms
        self._most = most
        # Tuples of what the collector of garbage leaves alone, for there may be millions.
        self._words: dict[str, tuple[Word, ...]] = {}
        self._order: deque[tuple[int, str]] = deque()

    def __len__(self) -> int:
        """Count the transactions that somebody spoke of."""
        return len(self._words)

    def __contains__(self, transaction: str) -> bool:
        """Tell whether anybody spoke of a transaction."""
        return transaction in self._words

    def hear(self, label: Label) -> str | None:
        """Take a label; give the id of the transaction that it may have changed, None for none."""
        about = label.about if isinstance(label, Chargeback) else label.trigger
        if about is None:
            self.counts.about_nothing += 1
            return None
        voice, fraud = _said(label)
        words = self._words.get(about, ())
        heard: tuple[str, ...] = ()
        for word in words:  # mostly there is none
            if word.voice != voice:
                continue
            if label.at_ms < word.at_ms:
                self.counts.overtaken += 1
                return None
            if label.at_ms == word.at_ms:
                if label.event_id in word.heard:
                    self.counts.repeated += 1
                    return None
                # The desk takes an outcome back and says the next in the same millisecond, in this order.
                heard = word.heard
        others = tuple(word for word in words if word.voice != voice) if words else ()
        self._words[about] = (*others, Word(voice, label.at_ms, fraud, (*heard, label.event_id)))
        self.counts.taken += 1
        self._order.append((label.at_ms, about))
        while len(self._words) > self._most:
            self.counts.dropped += self._forget_oldest()
        return about

    def standing(self, transaction: str) -> Standing | None:
        """Give what is held of a transaction, None while nothing is.

        A claim outranks the desk; where alerts of the desk disagree about a transaction, it is fraud.
        """
        words = self._words.get(transaction)
        if words is None:
            return None
        for word in words:
            if word.voice == _CLAIM and word.fraud is not None:
                return _CLAIMED[word.fraud]
        desk = [word.fraud for word in words if word.voice != _CLAIM and word.fraud is not None]
        return Standing(any(desk), "desk") if desk else None

    def expire(self, now_ms: int) -> None:
        """Forget the transactions of which nothing was said for so long."""
        until_ms = now_ms - self._remember_ms
        while self._order and self._order[0][0] <= until_ms:
            self._forget_oldest()

    def dump(self) -> BookState:
        """Give the book as plain values."""
        return BookState(self._words, list(self._order), self.counts)

    def load(self, state: BookState) -> None:
        """Go on from what `dump` gave."""
        self._words, self._order, self.counts = state.words, deque(state.order), state.counts

    def _forget_oldest(self) -> bool:
        """Forget what the oldest label was about, unless more was said of it since; say whether it was."""
        at_ms, about = self._order.popleft()
        words = self._words.get(about)
        if words is None or max(word.at_ms for word in words) > at_ms:
            return False
        del self._words[about]
        return True


def _said(label: Label) -> tuple[str, bool | None]:
    """Give whose voice a label is, and what it says."""
    if isinstance(label, Chargeback):
        return _CLAIM, None if label.retracted else label.fraud
    return label.alert, None if label.retracted else SAYS_FRAUD.get(label.outcome)
