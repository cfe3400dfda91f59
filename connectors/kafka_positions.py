"""Where a topic's partition was left, and what to say when that place is there no more."""

from typing import Any, NamedTuple

from connectors.errors import OffsetGoneError, PositionTooNewError
from connectors.kafka_topics import TopicPart


class KafkaPosition(NamedTuple):
    """Where a partition was left, as it lies in the recovery store: plain values with a version.

    `next` is the offset of the next message, below 0 for the first there is; `identity` tells the topic from
    a later one of the same name, and `marked_ms` is the last progress mark told.
    """

    version: int = 1
    next: int = -1
    identity: str = ""
    marked_ms: int = 0

    @classmethod
    def of(cls, state: tuple[Any, ...]) -> "KafkaPosition":
        """Give the position that was kept as `state`; raises PositionTooNewError for what it cannot read."""
        if state[0] != 1:
            raise PositionTooNewError(
                f"the recovery store holds a topic's position of version {state[0]}, this riskdesk reads "
                "version 1; go on with the newer riskdesk, or begin anew with an empty recovery folder"
            )
        return cls(*state)


def check_identity(part: TopicPart, position: KafkaPosition) -> None:
    """Raise OffsetGoneError when the position is one in an earlier topic of the same name."""
    if position.identity and part.identity and position.identity != part.identity:
        raise OffsetGoneError(
            f"{part.topic} is not the topic that was read up to offset {position.next} of partition "
            f"{part.number}: it was removed and made anew since. What the old one still held is lost. To "
            "read the new one, begin anew with an empty recovery folder"
        )


def lost(part: TopicPart, wanted: int, first: int, end: int) -> str:
    """Say what is lost where `wanted` does not lie within the offsets from `first` to before `end`."""
    if wanted < first:
        return (
            f"messages {wanted} to {first - 1} of {part.name} ({first - wanted:,} of them) were removed "
            "before they were read: the topic keeps them for less time than the flow was away; the first one "
            f"left is {first}"
        )
    return (
        f"{part.name} was read up to offset {wanted}, but ends before {end} now: it was made anew, or a "
        "broker lost what others had not copied; what was read has not come back"
    )


LOST_ADVICE = (
    "Restore them from elsewhere if you can; to go on without them, set `lost_messages: skip` in the "
    "profile's kafka part for one start"
)
