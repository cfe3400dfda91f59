"""What really happened to the fleet, and what must be made of it: decided here, never part of the stream."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec
from msgspec import Struct

from devices.codes import catalogue

# Beside the documented holds, for the way of a report.
MARGIN_S = 60
# A device is taken for lost after two heartbeats and this.
_LOST_GRACE_S = 15


class Truth(Struct, frozen=True, kw_only=True):
    """Something that happened, or that only looks like something.

    `expect` is `item` where work must be made of it, by an alarm of one of `codes`, at most `within_s`
    seconds after it `begins`; `none` where no item of its own may be made. `device` is None where several are
    concerned; `devices` are all of them. `begins` and `ends` are ISO 8601 in UTC: from when on it could be
    known, and until when it is wrong (None: until people have dealt with it). `member` is the customer whose
    card or money is concerned.
    """

    id: str
    kind: str
    device: str | None
    branch: str | None
    devices: tuple[str, ...]
    begins: str
    ends: str | None
    harm: bool
    expect: Literal["item", "none"]
    codes: tuple[str, ...]
    within_s: int | None
    member: str | None


def truth_lines(truths: Iterable[Truth]) -> Iterator[bytes]:
    """Give the truth as lines of JSON, each with its newline."""
    for truth in truths:
        yield msgspec.json.encode(truth) + b"\n"


def within_s(code: str, heartbeat_s: int, known_after_s: float = 0) -> int:
    """Give how soon after its beginning a condition must be work: its code's documented hold and a margin.

    `known_after_s` is how long after its beginning anyone can know of it.
    """
    handling = catalogue().handling_of(catalogue()[code])
    held_s = handling.hold_s + handling.hold_heartbeats * heartbeat_s
    return round(known_after_s + held_s + MARGIN_S)


def lost_after_s(heartbeat_s: int) -> int:
    """Give after how long without any report a device is taken for lost."""
    return 2 * heartbeat_s + _LOST_GRACE_S
