"""Where commands take alerts from: a file of them, or a store."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from cases.who import Who
from cli.desk_options import now_ms, opened
from connectors.alert_file import read_alert_file
from connectors.errors import BrokenAlertFileError


class AlertSource(click.ParamType[str]):
    """A file of alerts that is there, or the URL of a store."""

    name = "file or store"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if "://" not in value and not Path(value).is_file():
            self.fail(
                f"{value!r} is no file; give a file of alerts or a store: sqlite:///path, postgresql://...",
                param,
                ctx,
            )
        return value


def is_store(source: str) -> bool:
    """Tell a store from a file."""
    return "://" in source


def read_alerts(source: str, reader: Who) -> list[dict[str, Any]]:
    """Read all alert records of a source; a store's audit says that `reader` saw them.

    Raises BrokenAlertFileError where a line is no alert that was told by a run or a replay.
    """
    if not is_store(source):
        return list(_whole(source, read_alert_file(Path(source))))
    with opened(source) as store:
        return list(_whole(source, store.alert_records.all(reader, now_ms())))


# What every alert of a run has, and what explains it needs.
_NEEDED = (
    *("id", "at", "detector", "scope", "key", "event_id", "severity", "probability", "exposure_minor"),
    *("evidence", "version", "parameters"),
)


def _whole(source: str, records: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for record in records:
        if lacking := [name for name in _NEEDED if name not in record]:
            raise BrokenAlertFileError(
                f"{source}: alert {record['id']} has no {', '.join(lacking)}; "
                "give alerts that a replay or a run wrote"
            )
        yield record
