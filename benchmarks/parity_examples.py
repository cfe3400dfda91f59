"""Makes a stream of the detectors' own examples, so that every card detector has a word in parity.

`python -m benchmarks.parity_examples -o FOLDER` writes the events of the first examples of each detector that
fire with its defaults, all on one day and with tokens of their own, the tables that they need, and the
profile that names these.
"""

import argparse
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import yaml

import detectors
from benchmarks.nights import ROOT
from config.profiles import load_profile
from connectors.streams import writing
from detectors.examples import Example, read
from domain.events import CardIssued, Event, Transaction
from domain.tables import CompromisePoints, Published, Tables
from learning.published import write_table

_PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"
# What names a thing of one example alone; what tables name keeps its name.
_TOKENS = ("card", "customer", "terminal", "merchant", "counterparty", "issuance")
_EACH = 2


def chosen(names: Iterable[str]) -> Iterator[tuple[str, Example]]:
    """Give the first examples of each detector that fire with its defaults; one where they need tables."""
    for name in names:
        firing = [one for one in read(detectors.available()[name]) if one.fires and not one.parameters]
        needs_tables = any(published(firing[0].tables))
        for example in firing[: 1 if needs_tables else _EACH]:
            yield name, example


def published(tables: Tables) -> list[Published]:
    """Give all tables of all kinds, each with its versions."""
    return [version for history in vars(tables).values() for version in history.versions]


def apart(event: Event, prefix: str) -> Event:
    """Give an event with names that no other example has."""
    if not isinstance(event, Transaction | CardIssued):
        return event
    renamed = {
        name: f"{prefix}-{value}" for name in _TOKENS if (value := getattr(event, name, None)) is not None
    }
    return msgspec.structs.replace(event, event_id=f"{prefix}-{event.event_id}", **renamed)


def write(folder: Path) -> None:
    """Write stream, tables and profile."""
    profile = yaml.safe_load(_PROFILE.read_text("utf-8"))
    events: list[Event] = []
    tables: dict[tuple[type, datetime], Published] = {}
    for number, (_, example) in enumerate(chosen(load_profile(_PROFILE).detectors)):
        given = published(example.tables)
        # What a table names must keep its name.
        prefix = f"x{number}"
        events += [
            msgspec.structs.replace(event, event_id=f"{prefix}-{event.event_id}")
            if given and isinstance(event, Transaction)
            else apart(event, prefix)
            for event in example.events
        ]
        for table in given:
            key = type(table), table.effective_at
            known = tables.get(key)
            if isinstance(known, CompromisePoints) and isinstance(table, CompromisePoints):
                table = msgspec.structs.replace(known, points=(*known.points, *table.points))
            tables[key] = table
    folder.mkdir(parents=True, exist_ok=True)
    events.sort(key=lambda event: event.at_ms)
    encode = msgspec.json.Encoder().encode
    with writing(folder / "transactions.jsonl.zst") as stream:
        for event in events:
            stream.write(encode(_as_told(event)) + b"\n")
    profile |= {"name": "examples", "tables": []}
    for number, table in enumerate(tables.values()):
        path = folder / f"table-{number}.json"
        path.unlink(missing_ok=True)
        write_table(path, table)
        profile["tables"].append(path.name)
    (folder / "profile.yaml").write_text(yaml.safe_dump(profile, sort_keys=False), "utf-8")


def _as_told(event: Any) -> Any:
    """Give an event as it came in, without what the codec derives."""
    return msgspec.structs.replace(event, at_ms=0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, required=True)
    write(parser.parse_args().out)
