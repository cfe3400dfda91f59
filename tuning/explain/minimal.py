"""The few of many things that a property needs: delta debugging."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def minimal(items: Sequence[T], holds: Callable[[Sequence[T]], bool]) -> list[T]:
    """Leave out as many items as will do while `holds` stays true of the rest, in their order.

    What is left is 1-minimal: without any single one of them it no longer holds. It need not be the smallest
    there is. `holds` must be true of `items` and the same at every call. Raises ValueError where it is not
    true to begin with.

    Source: Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002 (ddmin).

    >>> minimal(range(100), lambda some: sum(some) >= 180)
    [87, 93]
    """
    kept = list(items)
    if not holds(kept):
        raise ValueError("there is nothing to make smaller: what should hold does not hold of all of it")
    parts = 2
    while kept:
        parts = min(parts, len(kept))
        smaller = _smaller(_cut(kept, parts), holds)
        if smaller is None and parts == len(kept):
            break
        if smaller is None:
            parts *= 2
        else:
            fewer_parts, kept = smaller
            parts = max(2, fewer_parts)
    return kept


def _smaller(parts: list[list[T]], holds: Callable[[Sequence[T]], bool]) -> tuple[int, list[T]] | None:
    """Give one part alone that will do, or all but one, with how many parts to cut it into next."""
    # The last events before an alert mostly matter most: a part alone is tried from the end.
    for part in reversed(parts):
        if len(parts) > 1 and holds(part):
            return 2, part
    for left_out in range(len(parts)):
        rest = [item for index, part in enumerate(parts) if index != left_out for item in part]
        if holds(rest):
            return len(parts) - 1, rest
    return None


def _cut(items: list[T], parts: int) -> list[list[T]]:
    """Cut into so many parts of nearly the same length, none of them empty."""
    ends = [len(items) * number // parts for number in range(parts + 1)]
    return [items[begin:end] for begin, end in pairwise(ends)]
