"""Events as people write them."""

from typing import Any

import pytest

from domain.event_lines import EventLineError, EventLines
from domain.events import CardIssued, Progress, Transaction
from domain.instants import to_ms

DEFAULTS = {"card": "c1", "amount_minor": 5, "currency": "CNY", "channel": "pos", "branch": "north"}
PLACES = {"taipei": {"lat": 25.03, "lon": 121.57, "city": "Taipei"}}
START = "2026-03-02T23:30:00+08:00"


def read(*said: dict[str, Any], **defaults: Any) -> list[Any]:
    lines = EventLines(START, "Asia/Shanghai", PLACES, DEFAULTS | defaults)
    for line in said:
        lines.add(line)
    return lines.events


def seconds(events: list[Any]) -> list[float]:
    start_ms = to_ms(events[0].at) - events[0].at_ms + EventLines(START, "UTC", {}, {}).time_ms("0s")
    return [(event.at_ms - start_ms) / 1000 for event in events]


def test_times_count_from_the_start_from_the_event_before_or_are_written_out() -> None:
    events = read(
        {"at": "1h30m"}, {"after": "250ms"}, {"every": "10s", "times": 2}, {"at": "2026-03-02T15:30:01Z"}
    )
    assert seconds(events) == [5400, 5400.25, 5410.25, 5420.25, 1]
    assert all(event.at_ms == to_ms(event.at) for event in events)


def test_a_time_before_the_start_and_a_first_line_with_every() -> None:
    assert seconds(read({"every": "1m", "times": 3}, {"at": "-2d"})) == [0, 60, 120, -172_800]


def test_repetitions_count_and_take_turns() -> None:
    events = read({"at": "0s", "every": "1s", "times": 3, "card": "c{n}", "amount_minor": [7, 8, 9]})
    assert [(event.event_id, event.card, event.amount_minor) for event in events] == [
        ("e1", "c1", 7),
        ("e2", "c2", 8),
        ("e3", "c3", 9),
    ]


def test_a_repeat_is_the_same_event_once_more() -> None:
    first, second, again = read({"at": "0s"}, {"after": "1s"}, {"repeat": "e1"})
    assert again is first
    assert again is not second


def test_places_go_by_name_and_sessions_last() -> None:
    (event,) = read({"at": "0s", "place": "taipei", "lasts": "90s"})
    assert event.place.city == "Taipei"
    assert (event.ended_at - event.at).total_seconds() == 90


def test_where_cards_were_opened_gives_their_key_by_the_local_date() -> None:
    used, opened, other = read(
        {"at": "0s", "issued": {"branch": "south", "at": "-1h", "place": "taipei"}},
        {"kind": "card_issued", "at": "1h", "customer": "k1"},
        {"at": "1h", "issued": {"branch": "south", "at": "1h"}, "issuance": "said"},
    )
    assert isinstance(used, Transaction)
    assert (used.issuance, used.issued.place.city) == ("south|2026-03-02", "Taipei")
    assert isinstance(opened, CardIssued)
    assert opened.issuance == "north|2026-03-03"
    assert other.issuance == "said"


def test_time_can_pass_without_an_event() -> None:
    (event,) = read({"kind": "progress", "at": "1s"})
    assert isinstance(event, Progress)


def test_a_terminal_of_a_branch_is_no_opening() -> None:
    (event,) = read({"at": "0s"})
    assert (event.branch, event.issuance) == ("north", None)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, "say when"),
        ({"after": "1s"}, "say when"),
        ({"at": "10"}, "'10' is no time; write 90s, 1h30m, -2d or ISO 8601"),
        ({"at": 630}, "630 is no time"),
        ({"at": "2026-03-02T10:00:00"}, "with an offset"),
        ({"every": "often", "times": 2}, "'often' is no span of time"),
        ({"at": "0s", "times": 0}, "whole number from 1, not 0"),
        ({"at": "0s", "times": True}, "whole number from 1, not True"),
        ({"at": "0s", "times": 3, "amount_minor": [1, 2]}, "one value for each of the 3 times, not 2"),
        (
            {"at": "0s", "kind": "transfer"},
            "should be one of transaction, card_issued, progress, disposition, chargeback, telemetry",
        ),
        ({"at": "0s", "ammount_minor": 1}, "unknown field 'ammount_minor'; there are repeat, kind, at"),
        ({"at": "0s", "place": "mars"}, "place 'mars' should be one of taipei"),
        ({"at": "0s", "amount_minor": -1}, "Expected `int` >= 0"),
        ({"at": "0s", "channel": "phone"}, "Invalid enum value 'phone'"),
        ({"repeat": "e1"}, "name the id of an event before it"),
    ],
)
def test_what_a_line_cannot_mean_is_said(said: dict[str, Any], told: str) -> None:
    with pytest.raises(EventLineError) as raised:
        read(said)
    assert told in str(raised.value)
