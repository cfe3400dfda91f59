"""How numbers and names are said aloud."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


def counted(count: int, noun: str) -> str:
    """Say how many.

    >>> counted(1, "card"), counted(1200, "card")
    ('1 card', '1,200 cards')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def listed(names: Sequence[str]) -> str:
    """Say several names.

    >>> listed(["Taipei"]), listed(["Taipei", "Kaohsiung", "Tainan"])
    ('Taipei', 'Taipei, Kaohsiung and Tainan')
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which of several names was perhaps meant, nothing where none is near.

    >>> nearest("Asia/Shangai", ["Asia/Shanghai", "UTC"]), nearest("x", ["UTC"])
    (', perhaps Asia/Shanghai', '')
    """
    near = get_close_matches(name, sorted(known), 1)
    return f", perhaps {near[0]}" if near else ""
