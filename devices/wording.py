"""What reports about devices say, in English and Chinese."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from devices.availability import Rate
from devices.buckets import Bucket
from devices.codes import Catalogue

Language = Literal["en", "zh"]
_HOUR_MS = 3_600_000
AVAILABILITY = Path(__file__).with_name("availability_words.yaml")


class Wording:
    """The words of one language."""

    def __init__(self, language: Language, codes: Catalogue, texts: Path = AVAILABILITY) -> None:
        """Speak `language`; `codes` has the names of codes, `texts` is the report's own catalogue."""
        self.language: Language = language
        self._codes = codes
        self._words = words(texts)

    def say(self, key: str, **filled: object) -> str:
        """Give a text, with what it leaves open filled in."""
        said = self._words[key][self.language]
        return said.format(**filled) if filled else said

    def has(self, key: str) -> bool:
        """Tell whether there is such a text."""
        return key in self._words

    def bucket(self, bucket: Bucket) -> str:
        """Give the name of a bucket."""
        return self.say(f"bucket_{bucket}")

    def cause(self, cause: str) -> str:
        """Give the name of a code or another cause."""
        code = self._codes.codes.get(cause)
        if code is not None:
            return code.zh if self.language == "zh" else code.en
        return self.say(f"cause_{cause}") if cause else ""

    def span(self, length_ms: float | None) -> str:
        """Write how long something took."""
        return self.say("not_known") if length_ms is None else f"{hours(length_ms)} h"


def hours(length_ms: float) -> str:
    """Write a length of time in hours.

    >>> hours(5_400_000)
    '1.5'
    """
    return f"{length_ms / _HOUR_MS:,.1f}"


def percent(rate: Rate) -> str:
    """Write a share, rounded down: what is not all must not read as 100 %.

    >>> percent(Rate(99_999, 100_000)), percent(Rate(0, 0))
    ('99.99 %', '-')
    """
    return "-" if rate.value is None else f"{int(rate.value * 10_000) / 100:.2f} %"


def share(part: int, whole: int) -> str:
    """Write how many of how many, in hundredths.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


@cache
def words(texts: Path = AVAILABILITY) -> dict[str, dict[Language, str]]:
    """Give a catalogue of texts by key and language, read once."""
    found: dict[str, dict[Language, str]] = yaml.safe_load(texts.read_text("utf-8"))
    return found
