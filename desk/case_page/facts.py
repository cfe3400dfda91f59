"""What a detector put on record about a finding, as facts a person reads: names and values, never JSON."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import convert

from desk.formats import NOTHING, Formats
from desk.settings import Language
from desk.wording import said, say
from domain.card_masking import mask_text
from domain.instants import to_ms

# How a rule counts and what it was set to: it says nothing about what happened.
_SETTINGS = frozenset(
    {
        "again_s", "audit_sample", "boundary", "count_declined", "drift_log_odds", "error_km",
        "include_current", "least_probability", "least_risk", "limit", "log_tail", "max_gap_s",
        "min_km", "model", "quantile", "segment", "session_s", "slack_s", "slow_window_s", "stddev",
        "table", "terminal_risk", "tolerance_notes", "window_s", "within_s",
    }
)  # fmt: skip
_SETTING_HEADS = ("limit_", "limits_", "max_", "least_", "low_", "high_")
_UNITS = ("_minor", "_s", "_ms", "_kmh", "_km", "_percent")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LENGTHS = (
    ("case.length_d", 86_400),
    ("case.length_h", 3_600),
    ("case.length_min", 60),
    ("case.length_s", 1),
)
# Beyond this nothing that a detector counts can be; it is written as it came.
_NO_FIGURE = 1e15
_MOST_VALUES, _MOST_ROWS = 8, 20


class Table(NamedTuple):
    """Several things with the same facts; `more` is how many are left out."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


class Fact(NamedTuple):
    """One thing that is known: what it is called and what it is, as words or as a table."""

    name: str
    value: str
    table: Table | None = None


@dataclass(frozen=True)
class Facts:
    """Reads what detectors wrote, for one person; `currency` is that of amounts that name none."""

    formats: Formats
    language: Language
    currency: str

    def told(self, evidence: Mapping[str, Any], left_out: Iterable[str] = ()) -> tuple[Fact, ...]:
        """Give what happened."""
        skipped = frozenset(left_out)
        return tuple(
            self._fact(key, value)
            for key, value in evidence.items()
            if key not in skipped and not _is_setting(key) and value not in (None, [], {}, "")
        )

    def settings(self, evidence: Mapping[str, Any], parameters: Mapping[str, Any]) -> tuple[Fact, ...]:
        """Give how the rule was set: its parameters, and what the finding says of how it counted."""
        counted = {key: value for key, value in evidence.items() if _is_setting(key)}
        # Where a finding repeats a parameter, once is enough.
        return tuple(
            dict.fromkeys(self._fact(key, value) for key, value in {**counted, **parameters}.items())
        )

    def name(self, key: str) -> str:
        """Give what a fact is called: its name in the catalogue, else the detector's own."""
        found = said(self.language, "fact.name", key)
        unit = next((unit for unit in _UNITS if key.endswith(unit)), "")
        return key.removesuffix(unit).replace("_", " ") if unit and found == key.replace("_", " ") else found

    def length(self, length_s: float) -> str:
        """Write a length of time by its two largest units: `1 h 55 min`."""
        left = abs(length_s)
        parts: list[str] = []
        for key, size_s in _LENGTHS:
            count, left = divmod(left, size_s) if size_s > 1 else (round(left, 1), 0)
            if count and len(parts) < 2:
                parts.append(say(self.language, key, count=self.formats.number(count)))
            elif parts:
                break
        return " ".join(parts) or say(self.language, "case.length_s", count=0)

    def _fact(self, key: str, value: Any) -> Fact:
        name = self.name(key)
        if isinstance(value, Mapping):
            if key.endswith("_minor") and all(_is_amount(minor) for minor in value.values()):
                return Fact(name, " + ".join(self.formats.money(minor, of) for of, minor in value.items()))
            rows = [(self.name(str(each)), self._words(str(each), one)) for each, one in value.items()]
            return Fact(name, "", _table(("", ""), rows))
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            columns = tuple(dict.fromkeys(str(each) for row in value for each in row))
            lines = [tuple(self._words(each, row.get(each)) for each in columns) for row in value]
            return Fact(name, str(len(value)), _table(tuple(map(self.name, columns)), lines))
        return Fact(name, self._words(key, value))

    def _words(self, key: str, value: Any) -> str:
        if value is None:
            return NOTHING
        if isinstance(value, bool):
            return say(self.language, "case.yes" if value else "case.no")
        if isinstance(value, int | float):
            return self._number(key, value)
        if isinstance(value, str):
            return self._instant(value) if _INSTANT.fullmatch(value) else mask_text(value)
        if isinstance(value, Mapping):
            return ", ".join(
                f"{self.name(str(each))} {self._words(str(each), one)}" for each, one in value.items()
            )
        words = [self._words(key, each) for each in value[:_MOST_VALUES]]
        more = len(value) - len(words)
        if more > 0:
            words.append(say(self.language, "case.more", count=more))
        return ", ".join(words) or NOTHING

    def _number(self, key: str, value: float) -> str:
        if abs(value) >= _NO_FIGURE:
            return f"{value:.3g}" if isinstance(value, float) else str(value)
        if key.endswith("_minor"):
            return self.formats.money(round(value), self.currency)
        if key.endswith("_s"):
            return self.length(value)
        if key == "kmh" or key.endswith("_kmh"):
            return f"{self.formats.number(round(value))} km/h"
        if key == "km" or key.endswith("_km"):
            return f"{self.formats.number(round(value, 1))} km"
        if key.endswith("_percent"):
            return f"{self.formats.number(round(value, 1))} %"
        if 0 < abs(value) < 0.001:
            return f"{value:.1e}"
        return self.formats.number(round(value, 3))

    def _instant(self, value: str) -> str:
        return self.formats.moment(to_ms(convert(value, datetime)))


def _is_amount(value: Any) -> bool:
    return type(value) is int and abs(value) < _NO_FIGURE


def _is_setting(key: str) -> bool:
    return key in _SETTINGS or key.startswith(_SETTING_HEADS)


def _table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    return Table(columns, tuple(rows[:_MOST_ROWS]), max(0, len(rows) - _MOST_ROWS))
