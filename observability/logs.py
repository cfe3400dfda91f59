"""Structured logs: one JSON object a line on stderr, and nobody's token in them.

A log is read, copied and kept by more people than the queue is. Above DEBUG no card, customer or other
token leaves the process through it, neither as a field nor inside the text of an exception.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from typing import Any, TextIO

import orjson

from domain.instants import iso

# Fields that name or describe somebody; `key` is the card or customer that a detector watches.
WITHHELD = frozenset(
    {"account", "card", "counterparty", "customer", "evidence", "key", "last4", "members", "raw", "token"}
)
LEVELS = ("debug", "info", "warning", "error")

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"asctime", "message", "taskName"}


class Discretion(logging.Filter):
    """Takes the withheld fields out of every record above DEBUG, and says that it did."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG:
            return True
        fields = record.__dict__
        found = sorted(WITHHELD & fields.keys())
        for name in found:
            del fields[name]
        if found:
            record.withheld = found
        if isinstance(record.args, Mapping):
            record.args = {
                name: "(withheld)" if name in WITHHELD else value for name, value in record.args.items()
            }
        return True


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object: at, level, logger, message, its own fields, and the error."""

    def __init__(self, whole_errors: bool) -> None:
        """Write exceptions with their text only where `whole_errors`: it may quote what an event held."""
        super().__init__()
        self._whole_errors = whole_errors

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": iso(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            line["error"] = self._error(error)
        return _one_line(line)

    def _error(self, error: BaseException) -> dict[str, Any]:
        frames = traceback.extract_tb(error.__traceback__)
        told: dict[str, Any] = {
            "type": type(error).__name__,
            "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if self._whole_errors:
            told["text"] = str(error)
        elif isinstance(error, OSError) and error.strerror:
            # The system's own words (disk full, connection refused) never quote an event.
            told["text"] = error.strerror
        return told


def _one_line(line: dict[str, Any]) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # An integer beyond 64 bits or half a surrogate pair: rather slower than lost.
        return json.dumps(line, default=str, skipkeys=True)


def set_up_logs(level: str, stream: TextIO | None = None) -> None:
    """Send every log of the process from `level` (one of LEVELS) up to `stream`, stderr by default."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter(whole_errors=level == "debug"))
    handler.addFilter(Discretion())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
