"""How the supervisors of a cluster's machines meet: what they say to each other, and who may begin when.

The machine with index 0 keeps the meeting, to which all supervisors come, its own too. Each says what it has;
when all are there, the keeper says what all resume from; each prepares its folder, and when all are ready all
begin. From then on they stay connected: who falls silent, or leaves without a word, breaks the meeting, and
all come anew. When one is asked to reload, all read their profiles anew, and begin again with them if all can
run what they read, and it is the same. Lines of JSON over TCP, between machines of a private network.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress

import msgspec
from msgspec import Struct

from config.addresses import Address
from flows.shares import Agreed, Share

# Each says this often that it is still there, and counts as gone after so much silence.
BEAT_EVERY_S = 1.0
SILENCE_S = 10.0

# A share lists every start of the flow; whoever sends more is none of ours.
_LONGEST_LINE = 64 << 20


class Alike(Struct, frozen=True, kw_only=True):
    """What must be the same on all machines; a digest where it is long."""

    version: str
    state_format: int
    profile: str
    inputs: tuple[str, ...]
    outputs: str
    machines: int


class Hello(Struct, frozen=True, kw_only=True, tag="hello"):
    """A supervisor comes: which machine it is, where its process will listen, and what it has."""

    index: int
    address: str
    alike: Alike
    share: Share


class Later(Struct, frozen=True, kw_only=True, tag="later"):
    """The keeper's answer to one that cannot take part now, with the reason."""

    why: str


class Refused(Struct, frozen=True, kw_only=True, tag="refused"):
    """The keeper's answer to all when they cannot make one cluster, with what to do."""

    why: str


class Plan(Struct, frozen=True, kw_only=True, tag="plan"):
    """What all resume from, and where the engine's process of each listens."""

    agreed: Agreed
    addresses: tuple[str, ...]


class Ready(Struct, frozen=True, tag="ready"):
    """A machine's folder is prepared."""


class Begin(Struct, frozen=True, tag="begin"):
    """All are ready."""


class Beat(Struct, frozen=True, tag="beat"):
    """Still there."""


class Stop(Struct, frozen=True, kw_only=True, tag="stop"):
    """A machine is to end, so all come to a graceful end; `for_good` if nobody should begin again."""

    why: str
    for_good: bool = False


class Anew(Struct, frozen=True, tag="anew"):
    """A machine was asked to read its profile anew, so all do."""


class Fresh(Struct, frozen=True, kw_only=True, tag="fresh"):
    """What a machine would run by what it has read anew; None with the reason where it cannot."""

    alike: Alike | None = None
    why: str = ""


class Kept(Struct, frozen=True, kw_only=True, tag="kept"):
    """The keeper's answer to all when they do not run what was read anew: they go on as they were."""

    why: str


class Done(Struct, frozen=True, tag="done"):
    """A machine's process has ended well."""


class Over(Struct, frozen=True, tag="over"):
    """The processes of all have ended well."""


Said = Hello | Later | Refused | Plan | Ready | Begin | Beat | Stop | Anew | Fresh | Kept | Done | Over

_DECODER = msgspec.json.Decoder(Said)


class Line:
    """A connection of two supervisors; either end may say something at any time."""

    def __init__(self, connection: socket.socket) -> None:
        """Take over a connection."""
        connection.settimeout(SILENCE_S)
        self._connection = connection

    @classmethod
    def to(cls, keeper: Address) -> "Line":
        """Connect to the keeper of the meeting. Raises OSError when it does not listen."""
        return cls(socket.create_connection((keeper.host, keeper.port), timeout=SILENCE_S))

    def say(self, said: Said) -> None:
        """Send a message; to one that is gone it is lost, which its silence tells."""
        with suppress(OSError):
            self._connection.sendall(msgspec.json.encode(said) + b"\n")

    def hear(self) -> Iterator[Said]:
        """Give what the other end says until it leaves, falls silent, or says what is no message of ours."""
        with suppress(OSError, ValueError), self._connection.makefile("rb") as lines:
            while line := lines.readline(_LONGEST_LINE):
                yield _DECODER.decode(line)

    def close(self) -> None:
        """Leave; the other end notices at once."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
