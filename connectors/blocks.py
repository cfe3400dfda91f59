"""What a source hands over: whole lines as raw bytes, with their position."""

from collections.abc import Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """Complete lines of one partition; `offset` is the position of the first in its partition.

    Positions count bytes, or, where `positions` gives that of each line, something else such as messages.
    `last` marks the end of a partition that will not grow, so that others need not wait for it; it may
    come with no data.
    """

    partition: str
    offset: int
    data: bytes
    last: bool = False
    positions: Sequence[int] | None = None
