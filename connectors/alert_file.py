"""Alerts as JSON lines in one file: the sink that writes it, and what tools do with it."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
from bytewax.outputs import StatefulSinkPartition

from connectors.errors import BrokenAlertFileError, BrokenFileError
from connectors.line_file import LineFileSink
from connectors.streams import writing
from domain.alerts import Alert, alert_record

log = logging.getLogger(__name__)


class AlertFileSink(LineFileSink[Alert]):
    """Alerts, from items (key, Alert); parallelism, guarantee and resumption are those of LineFileSink."""

    part = "alerts"

    def record(self, item: Alert) -> dict[str, Any]:
        return alert_record(item)


class ExpendableAlertFileSink(AlertFileSink):
    """As AlertFileSink, but the flow goes on when the file cannot be written; the log says from when on.

    Guarantee: exactly once up to the first trouble, such as a full disk, and nothing more until the next
    start, which goes on behind the lines that were committed.
    """

    def build_part(
        self, step_id: str, for_part: str, resume_state: tuple[int, int] | None
    ) -> StatefulSinkPartition[Alert, tuple[int, int]]:
        try:
            part = super().build_part(step_id, for_part, resume_state)
        except (OSError, BrokenFileError) as error:
            return _Expendable(None, resume_state or (0, 0), error)
        return _Expendable(part, part.snapshot())


class _Expendable(StatefulSinkPartition[Alert, tuple[int, int]]):
    def __init__(
        self,
        part: StatefulSinkPartition[Alert, tuple[int, int]] | None,
        state: tuple[int, int],
        trouble: Exception | None = None,
    ) -> None:
        self._part = part
        self._state = state
        if trouble is not None:
            self._give_up(trouble)

    def write_batch(self, values: list[Alert]) -> None:
        if self._part is None:
            return
        try:
            self._part.write_batch(values)
        except OSError as error:
            self._give_up(error)

    def snapshot(self) -> tuple[int, int]:
        if self._part is not None:
            try:
                self._state = self._part.snapshot()
            except OSError as error:
                self._give_up(error)
        return self._state

    def close(self) -> None:
        if self._part is not None:
            with suppress(OSError):
                self._part.close()

    def _give_up(self, trouble: Exception) -> None:
        log.error("alerts of a profile that runs beside are no longer written: %s", trouble)
        self.close()
        self._part = None


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
