"""What a source hands over: whole lines as raw bytes, with their position."""

from typing import NamedTuple


class Block(NamedTuple):
    """Complete lines of one partition; `offset` is the byte position of the first in its partition.

    `last` marks the end of a partition that will not grow, so that others need not wait for it; it may
    come with no data.
    """

    partition: str
    offset: int
    data: bytes
    last: bool = False
