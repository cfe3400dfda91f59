"""How what is proposed differs from what is: lines of a text, values side by side."""

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

# Lines that stay, shown around those that differ.
_AROUND = 3
# What a page shows of a text at most.
_MOST_LINES = 600


class Line(NamedTuple):
    """A line of one text or of both; `before` and `after` are its numbers in them, counted from 1."""

    kind: Literal["same", "gone", "new", "gap"]
    before: int | None
    after: int | None
    text: str


class Beside(NamedTuple):
    """One value before and after; None where there is none."""

    name: str
    before: Any
    after: Any

    @property
    def differs(self) -> bool:
        """Tell whether it changes."""
        return bool(self.before != self.after)


def lines(before: str, after: str) -> list[Line]:
    """Give the lines that differ, with a few around them; a gap stands for those between."""
    old, new = before.splitlines(), after.splitlines()
    found: list[Line] = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(_AROUND):
        if found or group[0][1] > 0:
            found.append(Line("gap", None, None, ""))
        for what, first, last, new_first, new_last in group:
            if what == "equal":
                found += [
                    Line("same", number + 1, number + 1 + new_first - first, old[number])
                    for number in range(first, last)
                ]
                continue
            found += [Line("gone", number + 1, None, old[number]) for number in range(first, last)]
            found += [Line("new", None, number + 1, new[number]) for number in range(new_first, new_last)]
    return found[:_MOST_LINES]


def whole(text: str) -> list[Line]:
    """Give all lines of a text that replaces none."""
    return [Line("new", None, number, line) for number, line in enumerate(text.splitlines(), 1)][:_MOST_LINES]


def beside(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Beside]:
    """Put the values of two mappings beside each other, in the order of their names."""
    return [Beside(name, before.get(name), after.get(name)) for name in sorted({*before, *after})]


def tables(before: Mapping[str, str], after: Mapping[str, str]) -> list[Beside]:
    """Give the files, by the digest of what they hold, that are added, gone or other than they were."""
    return [each for each in beside(before, after) if each.differs]


def flat(values: Mapping[str, Any], under: str = "") -> Iterable[tuple[str, Any]]:
    """Give the plain values of a nested mapping, each by the path to it."""
    for name, value in values.items():
        path = f"{under}.{name}" if under else str(name)
        if isinstance(value, Mapping):
            yield from flat(value, path)
        elif not isinstance(value, list):
            yield path, value
