"""Alerts as JSON lines in one file: the sink that writes it, and what tools do with it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from connectors.errors import BrokenAlertFileError
from connectors.line_file import LineFileSink
from connectors.streams import writing
from domain.alerts import Alert, alert_record


class AlertFileSink(LineFileSink[Alert]):
    """Alerts, from items (key, Alert); parallelism, guarantee and resumption are those of LineFileSink."""

    part = "alerts"

    def record(self, item: Alert) -> dict[str, Any]:
        return alert_record(item)


def read_alert_file(path: Path) -> Iterator[dict[str, Any]]:
    """Give the alert records of a file in its order.

    Raises BrokenAlertFileError naming a line that is no alert record: the file may still be written to.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            yield _record(path, number, line)


def sort_alert_file(path: Path) -> None:
    """Put the lines of a finished alert file in the order of event time and id.

    Two replays of one stream then give the same bytes, whatever the number of workers. The file is
    replaced whole; it must fit in memory. Raises BrokenAlertFileError as `read_alert_file` does.
    """
    with path.open("rb") as lines:
        keyed = [(*_place(_record(path, number, line)), line) for number, line in enumerate(lines, 1)]
    keyed.sort()
    with writing(path) as out:
        out.writelines(line for *_, line in keyed)


def _place(record: dict[str, Any]) -> tuple[str, str]:
    # Times are written in one way, in UTC and to the millisecond, so text sorts as time does.
    return record["at"], record["id"]


def _record(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BrokenAlertFileError(
            f"{path}:{number}: not a whole JSON line ({error}); is it still being written?"
        ) from error
    if not isinstance(record, dict) or not {"id", "at"} <= record.keys():
        raise BrokenAlertFileError(
            f"{path}:{number}: not an alert record; it must be an object with id and at"
        )
    return record
