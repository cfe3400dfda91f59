import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observability.logs import LEVELS, WITHHELD, set_up_logs

SECRET = "tok-4711-secret"


@pytest.fixture(autouse=True)
def root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    # An own list: the set-up closes the handlers it finds, and pytest's must survive that.
    root.handlers = []
    yield
    root.handlers = handlers
    root.setLevel(level)


def logged(level: str, write: Any) -> tuple[str, list[dict[str, Any]]]:
    """Give what `write` logs at `level`, as text and as parsed lines."""
    stream = io.StringIO()
    set_up_logs(level, stream)
    write(logging.getLogger("flows.watch"))
    text = stream.getvalue()
    return text, [json.loads(line) for line in text.split("\n") if line]


def test_a_line_is_one_json_object_with_the_fields_that_were_given() -> None:
    _, [line] = logged("info", lambda log: log.info("block read", extra={"lines": 3, "partition": "p0"}))
    assert line.pop("at").endswith("Z")
    assert line == {
        "level": "info",
        "logger": "flows.watch",
        "message": "block read",
        "lines": 3,
        "partition": "p0",
    }


def test_what_is_below_the_level_is_not_written() -> None:
    text, _ = logged("warning", lambda log: log.info("block read"))
    assert text == ""


@pytest.mark.parametrize("field", sorted(WITHHELD))
@pytest.mark.parametrize("level", [level for level in LEVELS if level != "debug"])
def test_no_token_leaves_above_debug(field: str, level: str) -> None:
    def write(log: logging.Logger) -> None:
        log.log(logging.getLevelNamesMapping()[level.upper()], "alert", extra={field: SECRET, "lines": 1})

    text, [line] = logged("debug", write)
    assert SECRET not in text
    assert line["withheld"] == [field]
    assert line["lines"] == 1


def test_a_token_named_in_the_message_is_withheld_too() -> None:
    text, [line] = logged(
        "info", lambda log: log.info("card %(card)s at %(lines)d", {"card": SECRET, "lines": 2})
    )
    assert SECRET not in text
    assert line["message"] == "card (withheld) at 2"


def test_debug_shows_everything() -> None:
    _, [line] = logged("debug", lambda log: log.debug("alert", extra={"card": SECRET}))
    assert line["card"] == SECRET


def fail(log: logging.Logger) -> None:
    try:
        raise KeyError(SECRET)
    except KeyError:
        log.exception("detector failed")


def test_an_exception_shows_where_but_not_what_it_quotes() -> None:
    text, [line] = logged("info", fail)
    assert SECRET not in text
    assert line["error"]["type"] == "KeyError"
    assert "fail" in line["error"]["where"][-1]


def test_an_exception_is_whole_when_the_process_logs_at_debug() -> None:
    _, [line] = logged("debug", fail)
    assert SECRET in line["error"]["text"]


def test_the_systems_own_words_are_shown() -> None:
    def write(log: logging.Logger) -> None:
        try:
            Path("/nowhere/at/all").read_bytes()
        except OSError:
            log.exception("cannot read")

    _, [line] = logged("info", write)
    assert line["error"]["text"] == "No such file or directory"


@given(
    st.text(st.characters(codec=None)),
    st.dictionaries(st.text(min_size=1) | st.integers(), st.text() | st.integers() | st.none() | st.binary()),
)
def test_whatever_is_logged_is_one_line_and_none_is_lost(message: str, values: dict[Any, Any]) -> None:
    text, lines = logged("info", lambda log: log.info("%s", message, extra={"values": values}))
    assert text.count("\n") == 1
    assert len(lines) == 1
