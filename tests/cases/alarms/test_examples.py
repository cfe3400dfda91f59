"""Signals and what becomes of them, as tables: a row of `alarm_event` for everything that happens."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from cases.store import Store
from devices.registry import FleetRecord
from devices.service import ServiceWeek, minutes_of_day
from domain.alerts import Alert
from domain.instants import from_ms
from tests.cases.alarms.watched import (
    SMALL_FLEET,
    at_s,
    device,
    events_in_words,
    maintenance,
    signal,
    site,
)

HERE = Path(__file__).parent
EXAMPLES = [
    pytest.param(example, id=f"{file.stem}: {example['name']}")
    for file in sorted(HERE.glob("*.yaml"))
    for example in yaml.safe_load(file.read_text("utf-8"))
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_signals_become_these_events(example: Mapping[str, Any], store: Store, url: str) -> None:
    store.reference.put([*SMALL_FLEET, *map(_record, example.get("fleet", ()))])
    store.alarms.take_in(list(_signals(example["signals"])), at_s(example["until"]))
    found, expected = events_in_words(url), example["events"]
    # Which of two alarms of one priority and moment goes first follows from their ids.
    assert sorted(found, key=_moment) == sorted(expected, key=_moment)


def _moment(line: str) -> tuple[float, str]:
    seconds, rest = line.split(" ", 1)
    return float(seconds), rest


def _signals(given: Iterable[Mapping[str, Any]]) -> Iterable[Alert]:
    for each in given:
        over = "over" in each
        fields = {name: each[name] for name in ("component", "unit", "told") if name in each}
        yield signal(
            each["over" if over else "raise"],
            each["place"],
            each["at"],
            since=each.get("since"),
            over=over,
            detector=each.get("by", "component_down"),
            **fields,
        )


def _record(given: Mapping[str, Any]) -> FleetRecord:
    fields = dict(given)
    if "maintenance" in fields:
        return maintenance(fields.pop("maintenance"), fields.pop("begins"), fields.pop("ends"), **fields)
    if "from" in fields:
        fields["effective_at"] = from_ms(at_s(fields.pop("from")))
    if "hours" in fields:
        opens, closes = map(minutes_of_day, fields.pop("hours"))
        fields["service"] = ServiceWeek(days=(((opens, closes),),) * 7)
    if "device" in fields:
        return device(fields.pop("device"), fields.pop("branch"), **fields)
    return site(fields.pop("site"), **fields)
