"""What is known about recorded events: fraud or not, and since when that was known.

    LabelError              a line of labels cannot be read, or what they are about cannot

A label counts from the moment it was known, and an event without one is unlabelled, never honest: a backtest
must neither see the future nor take silence for innocence.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter, itemgetter
from pathlib import Path
from sys import intern
from typing import Any, NamedTuple

import orjson
from msgspec import Struct

from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from connectors.kafka_topics import split_inputs
from domain.events import SAYS_FRAUD, CardIssued, Transaction
from domain.instants import span_ms, to_ms

# The year 9999: which times can be right was judged when the events ran, not here.
_LATEST_MS = 253_402_300_799_000
_ANY_TIME = TimeBounds(0, _LATEST_MS, ahead_of_ingest_ms=_LATEST_MS)

# Stands among the alerts for a claim, which no alert is named like.
_CLAIM = ""


class LabelError(Exception):
    """Labels cannot be used; the message names file and line and is fit for an operator."""


class Use(Struct, frozen=True, gc=False):
    """A labelled event: a use of a card, or its opening (which has no amount and no currency).

    `known_ms` is when it became known whether it was fraud; times are milliseconds since 1970.
    """

    event_id: str
    at_ms: int
    card: str
    customer: str | None
    amount_minor: int
    currency: str
    fraud: bool
    known_ms: int


class Superseded(NamedTuple):
    """What was known about an event until it was corrected or taken back at `until_ms`."""

    use: Use
    until_ms: int


class Labels:
    """Labelled events in the order of their time; iterating gives them.

    `uses` are as the last word about each has it, `superseded` what was said before; `without_event` counts
    the labels of events that are not among those that were read.
    """

    def __init__(
        self, uses: Iterable[Use], superseded: Iterable[Superseded] = (), *, without_event: int = 0
    ) -> None:
        """Take labelled events in any order."""
        self.uses = tuple(sorted(uses, key=_place))
        self.superseded = tuple(superseded)
        self.without_event = without_event

    def known(self, until_ms: int) -> "Labels":
        """Give what was known at `until_ms`: labels of then, also those that were corrected later."""
        earlier = (each.use for each in self.superseded if each.use.known_ms <= until_ms < each.until_ms)
        uses = (use for use in self.uses if use.known_ms <= until_ms)
        return Labels((*uses, *earlier), without_event=self.without_event)

    def between(self, begin_ms: int, end_ms: int) -> "Labels":
        """Give the labels of events from `begin_ms` on and before `end_ms`."""
        return Labels(
            (use for use in self.uses if begin_ms <= use.at_ms < end_ms),
            (each for each in self.superseded if begin_ms <= each.use.at_ms < end_ms),
            without_event=self.without_event,
        )

    def __iter__(self) -> Iterator[Use]:
        """Go through the labelled events."""
        return iter(self.uses)

    def __len__(self) -> int:
        """Count the labelled events."""
        return len(self.uses)


def read_labels(paths: Sequence[Path], over: Sequence[str], *, delay: timedelta) -> Labels:
    """Join the labels of `paths` with the events of `over`.

    A line of labels is `{"event_id": ..., "label": true, "known_at": ...}`, where what else it holds is left
    alone, a disposition as `riskdesk feedback` exports it, which labels the event that its alert fired on, or
    a chargeback, which labels the transaction it is about. Of several dispositions about one alert the last
    holds and a retracted one takes back; where alerts disagree about an event, it is fraud, and a decided
    claim outranks them all. Without `known_at` a label is known `delay` after its event.

    All are files or folders of lines, also compressed. The events are streamed, and only labelled ones kept:
    some 400 bytes each. Raises LabelError for a line that is no label, InputError or BrokenFileError
    for files that cannot be read.
    """
    said = _read_said(paths)
    files, topics = split_inputs(over)
    if topics:
        raise LabelError(
            f"labels cannot be joined with {', '.join(topics)}: only files are read for it; record the topic "
            "to files, and give these"
        )
    delay_ms = span_ms(delay)
    uses: list[Use] = []
    superseded: list[Superseded] = []
    for event in _events(files):
        # The first event of an id is the one that ran: the flow drops those that come again.
        statements = said.pop(event.event_id, None)
        if statements is not None:
            standing, earlier = _label(event, statements, delay_ms)
            uses += standing
            superseded += earlier
    return Labels(uses, superseded, without_event=len(said))


class _Said(NamedTuple):
    """What was said of an event at `at_ms`, None for a time that only the delay tells."""

    fraud: bool | None
    at_ms: int | None


# Most labels are one of these two, so a million of them take no more than their ids.
_FRAUD, _HONEST = (_Said(True, None),), (_Said(False, None),)


class _Disposition(NamedTuple):
    at_ms: int
    alert: str
    fraud: bool | None
    retracted: bool


def _read_said(paths: Sequence[Path]) -> dict[str, tuple[_Said, ...]]:
    said: dict[str, tuple[_Said, ...]] = {}
    dispositions: dict[str, dict[str, _Disposition]] = {}
    for path in paths:
        for number, line in enumerate(_lines(path), 1):
            if not line.strip():
                continue
            try:
                record = orjson.loads(line)
                if record.get("kind") == "disposition":
                    if (trigger := record.get("trigger")) is not None:
                        # What was exported twice is one thing said.
                        dispositions.setdefault(trigger, {})[record["event_id"]] = _disposition(record)
                elif record.get("kind") == "chargeback":
                    dispositions.setdefault(record["about"], {})[record["event_id"]] = _claim(record)
                else:
                    said[record["event_id"]] = _label_line(record)
            except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
                raise LabelError(
                    f"{path}:{number}: no label ({_reason(error)}); a line is "
                    '{"event_id": "...", "label": true or false, "known_at": ISO 8601 with offset, or left '
                    "out}, a disposition of `riskdesk feedback`, or a chargeback"
                ) from error
    for trigger, each in dispositions.items():
        said[trigger] = (*said.get(trigger, ()), *_history(each.values()))
    return said


def _lines(path: Path) -> Iterator[bytes]:
    for block in read_blocks(path):
        yield from block.data.splitlines()


def _label_line(record: Mapping[str, Any]) -> tuple[_Said, ...]:
    label, known_at = record["label"], record.get("known_at")
    if not isinstance(label, bool):
        raise ValueError(f"label is {label!r}, neither true nor false")
    if known_at is None:
        return _FRAUD if label else _HONEST
    return (_Said(label, _instant(known_at)),)


def _disposition(record: Mapping[str, Any]) -> _Disposition:
    says = SAYS_FRAUD.get(record["outcome"])
    return _Disposition(_instant(record["at"]), record["alert"], says, bool(record.get("retracted")))


def _claim(record: Mapping[str, Any]) -> _Disposition:
    fraud = bool(record.get("fraud", True))
    return _Disposition(_instant(record["at"]), _CLAIM, fraud, bool(record.get("retracted")))


def _instant(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return to_ms(at)


def _reason(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _history(dispositions: Iterable[_Disposition]) -> Iterator[_Said]:
    """Give what all alerts about one event say together, each time that changed."""
    by_alert: dict[str, bool | None] = {}
    before: bool | None = None
    # What was said at one moment is told in its order: first the old outcome is taken back.
    for at_ms, together in groupby(sorted(dispositions, key=attrgetter("at_ms")), attrgetter("at_ms")):
        for each in together:
            by_alert[each.alert] = None if each.retracted else each.fraud
        known = [fraud for fraud in by_alert.values() if fraud is not None]
        claim = by_alert.get(_CLAIM)
        now = claim if claim is not None else any(known) if known else None
        if now is not before:
            yield _Said(now, at_ms)
        before = now


def _events(files: Iterable[Path]) -> Iterator[Transaction | CardIssued]:
    codec = Codec(_ANY_TIME)
    for path in files:
        for block in read_blocks(path):
            for event in codec.decode(block)[0]:
                if isinstance(event, Transaction | CardIssued):
                    yield event


def _label(
    event: Transaction | CardIssued, statements: Iterable[_Said], delay_ms: int
) -> tuple[list[Use], list[Superseded]]:
    """Give the label that stands, if one does, and those that stood before it."""
    amount_minor, currency = (
        (event.amount_minor, intern(event.currency)) if isinstance(event, Transaction) else (0, "")
    )
    usual_ms = event.at_ms + delay_ms
    said = [(usual_ms if each.at_ms is None else each.at_ms, each.fraud) for each in statements]
    standing: list[Use] = []
    superseded: list[Superseded] = []
    for known_ms, fraud in sorted(said, key=itemgetter(0)):
        superseded += (Superseded(each, known_ms) for each in standing)
        standing = []
        if fraud is not None:
            # The same few names come again and again: each is kept once.
            card, customer = intern(event.card), event.customer and intern(event.customer)
            standing = [
                Use(event.event_id, event.at_ms, card, customer, amount_minor, currency, fraud, known_ms)
            ]
    return standing, superseded


def _place(use: Use) -> tuple[int, str]:
    return use.at_ms, use.event_id
