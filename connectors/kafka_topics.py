"""Topics as inputs: how they are named, which partitions they have, and from where to where each is read."""

import logging
import re
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl

from confluent_kafka import OFFSET_BEGINNING, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin._listoffsets import OffsetSpec

from connectors.errors import BrokerAwayError, InputError, TopicGoneError
from connectors.kafka_connection import Asking, KafkaConnection, refuse

log = logging.getLogger(__name__)

SCHEME = "kafka://"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
# How long one question may take.
ASK_S = 5.0
_LEAST_S = 0.5
_PAUSE_S = 1.0


class TopicInput(NamedTuple):
    """A topic to read, from the first and up to before the last of two places where they are given.

    A place is an offset, the same in every partition, or an instant in milliseconds since 1970 that stands
    for the first message which is not older.
    """

    topic: str
    begin: int | None = None
    begin_at_ms: int | None = None
    end: int | None = None
    end_at_ms: int | None = None

    @classmethod
    def of(cls, text: str) -> "TopicInput":
        """Read `kafka://topic`, or `kafka://topic?from=PLACE&to=PLACE`. Raises InputError."""
        topic, _, query = text.removeprefix(SCHEME).partition("?")
        if not text.startswith(SCHEME) or not _NAME.fullmatch(topic) or topic in (".", ".."):
            raise InputError(f"{text} names no topic; write {SCHEME}TOPIC, of letters, digits, '.', '_', '-'")
        given = dict(parse_qsl(query.replace("+", "%2B"), keep_blank_values=True))
        if not given.keys() <= {"from", "to"}:
            raise InputError(f"{text}: behind the ? there may be from=PLACE and to=PLACE")
        begin, end = (_place(text, given[name]) if name in given else (None, None) for name in ("from", "to"))
        return cls(topic, *begin, *end)


class TopicPart(NamedTuple):
    """One partition of a topic; `identity` tells a topic from a later one of the same name, "" if unknown."""

    topic: str
    number: int
    identity: str

    @property
    def name(self) -> str:
        """The partition's name in the flow, which stays whatever else is read."""
        return f"{self.topic}-{self.number}"

    @property
    def place(self) -> TopicPartition:
        """The partition as the client names it."""
        return TopicPartition(self.topic, self.number)


def is_of(name: str, topics: Collection[str]) -> bool:
    """Tell whether a partition's name in the flow is that of one of the topics."""
    topic, _, number = name.rpartition("-")
    return topic in topics and number.isdecimal()


def split_inputs(inputs: Iterable[str]) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Part inputs into files or folders and topics. Raises InputError for what names no topic."""
    texts = list(inputs)
    topics = tuple(text for text in texts if text.startswith(SCHEME))
    names = [TopicInput.of(text).topic for text in topics]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the same topic is given twice: {', '.join(twice)}; give each once")
    return tuple(Path(text) for text in texts if not text.startswith(SCHEME)), topics


def find_parts(connection: KafkaConnection, topics: Iterable[str]) -> tuple[TopicPart, ...]:
    """Ask which partitions the topics have now, and go on asking while patience lasts.

    Raises TopicGoneError naming all that are not there, BrokerAwayError when nobody answers, or
    KafkaRefusedError.
    """
    admin = connection.open_admin()
    wanted = sorted(set(topics))
    began = time.monotonic()
    while True:
        try:
            counts = count_partitions(admin, connection, wanted)
            break
        except BrokerAwayError as away:
            left_s = connection.patience.total_seconds() - (time.monotonic() - began)
            if left_s <= 0:
                raise
            log.warning("%s; asked again for %.0f s", away, left_s)
            time.sleep(min(_PAUSE_S, left_s))
    missing = [topic for topic in wanted if not counts[topic]]
    if missing:
        raise TopicGoneError(
            f"no such topic at {connection.servers}: {', '.join(missing)}; "
            "make it, or put its name right in the input"
        )
    identities = _identities(admin, wanted)
    return tuple(
        TopicPart(topic, number, identities.get(topic, ""))
        for topic in wanted
        for number in range(counts[topic])
    )


def count_partitions(admin: Asking, connection: KafkaConnection, topics: Sequence[str]) -> dict[str, int]:
    """Ask how many partitions each topic has, 0 for one that is not there."""
    ask_s = min(ASK_S, max(_LEAST_S, connection.patience.total_seconds()))
    counts = {}
    for topic in topics:
        try:
            found = admin.list_topics(topic, timeout=ask_s).topics[topic]
        except KafkaException as raised:
            why = admin.why(raised)
            refuse(why, f"{topic} at {connection.servers}")
            raise BrokerAwayError(
                f"no broker of {connection.servers} answers ({why.str()}); see that it runs and that the "
                "profile's kafka part names it"
            ) from None
        if found.error is not None:
            refuse(found.error, f"{topic} at {connection.servers}")
        counts[topic] = 0 if found.error is not None else len(found.partitions)
    return counts


def ends_of(admin: Asking, parts: Sequence[TopicPart]) -> dict[TopicPart, int]:
    """Ask for the offset that the next message of each partition will have. Raises KafkaException."""
    return _offsets(admin, parts, OffsetSpec.latest())


def span_left(admin: Asking, part: TopicPart) -> tuple[int, int]:
    """Ask which messages a partition still has: the first offset, and that behind the last one."""
    (first,) = _offsets(admin, [part], OffsetSpec.earliest()).values()
    (end,) = ends_of(admin, [part]).values()
    return first, end


def begin_and_end(
    admin: Asking, part: TopicPart, given: TopicInput, *, latest: bool, follow: bool
) -> tuple[int, int | None]:
    """Work out the offset to begin at, and the one to end before (None for never).

    `latest` begins behind what is there now where no place is given; who does not follow ends there.
    """
    first, now = span_left(admin, part)
    begin = given.begin
    if given.begin_at_ms is not None:
        begin = _at(admin, part, given.begin_at_ms, now)
    elif begin is None:
        # Who follows leaves it to the broker, which may remove the first ones at any moment.
        begin = now if latest else OFFSET_BEGINNING if follow and first < now else first
    end = given.end if given.end_at_ms is None else _at(admin, part, given.end_at_ms, now)
    if follow:
        return begin, end
    return begin, now if end is None else min(end, now)


def _at(admin: Asking, part: TopicPart, at_ms: int, now: int) -> int:
    offset = _offsets(admin, [part], OffsetSpec.for_timestamp(at_ms))[part]
    return now if offset < 0 else offset


def _offsets(admin: Asking, parts: Sequence[TopicPart], spec: OffsetSpec) -> dict[TopicPart, int]:
    asked = admin.list_offsets({part.place: spec for part in parts}, request_timeout=ASK_S)
    found = {(place.topic, place.partition): answer.result().offset for place, answer in asked.items()}
    return {part: found[part.topic, part.number] for part in parts}


def _identities(admin: Asking, topics: Sequence[str]) -> dict[str, str]:
    """Give the id that each topic was made with; none from brokers that do not say."""
    asked = admin.describe_topics(TopicCollection(list(topics)), request_timeout=ASK_S)
    found = {}
    for topic, answer in asked.items():
        try:
            found[topic] = str(answer.result().topic_id)
        except KafkaException:
            continue  # an old broker: a topic made anew is then noticed only when it is the shorter one
    return found


def _place(text: str, given: str) -> tuple[int | None, int | None]:
    if given.isdigit():
        return int(given), None
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InputError(f"{text}: {given!r} is no place; write an offset or a time with its zone (ISO 8601)")
    return None, int(at.timestamp() * 1000)
