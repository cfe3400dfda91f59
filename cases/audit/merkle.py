"""Merkle trees over the rows of a seal: any one row can be shown to be under it without the others.

The tree is that of RFC 6962, section 2.1 (Certificate Transparency), with SHA-256: no key is needed to check
a row against a seal, which the police do not have.
"""

from collections.abc import Sequence
from hashlib import sha256


def leaf(data: bytes) -> bytes:
    """Give the hash of one row."""
    return sha256(b"\0" + data).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Give the root over the hashes of rows. Raises ValueError without any."""
    if not leaves:
        raise ValueError("a tree needs a leaf")
    return _levels(leaves)[-1][0]


def path(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Give the hashes that lead from the leaf at `index` (from 0) to the root, the lowest first."""
    found = []
    for level in _levels(leaves)[:-1]:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        index //= 2
    return tuple(found)


def leads_to(found: bytes, index: int, count: int, hashes: Sequence[bytes]) -> bytes | None:
    """Give the root that the leaf `found` at `index` of `count` has by `hashes`, None if they do not fit."""
    waiting = list(hashes)
    if not 0 <= index < count:
        return None
    while count > 1:
        if index ^ 1 < count:
            if not waiting:
                return None
            beside = waiting.pop(0)
            found = _node(beside, found) if index % 2 else _node(found, beside)
        index, count = index // 2, (count + 1) // 2
    return None if waiting else found


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Give the tree from the leaves up; what has nothing beside it moves up as it is."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        level = [_node(below[place], below[place + 1]) for place in range(0, len(below) - 1, 2)]
        if len(below) % 2:
            level.append(below[-1])
        levels.append(level)
    return levels


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()
