"""However many alarms there are, people get ten in ten minutes, and what cannot wait does not."""

from pathlib import Path
from typing import Any

import pytest

from cases.alarms.service import SqlAlarms
from cases.store import Store, open_store
from devices.registry import FleetRecord
from domain.alerts import Alert
from domain.findings import Member
from tests.cases.alarms.watched import (
    SMALL_FLEET,
    Recorder,
    alarm_tables,
    at_s,
    device,
    events_in_words,
    signal,
    site,
)

MINUTE = 60


def jams(count: int, at: float, code: str = "note_jam") -> list[Alert]:
    """Give the same trouble at many devices that are not on record."""
    return [signal(code, f"d{number + 100}", at) for number in range(count)]


def shown(url: str, *, from_s: float = -1e9, to_s: float = 1e9) -> list[dict[str, Any]]:
    """Give the alarms that people were told of, in order, each as often as they were."""
    tables = alarm_tables(url)
    alarms = {row["id"]: row for row in tables["alarm"]}
    return [
        alarms[row["alarm"]]
        for row in tables["alarm_event"]
        if row["what"] == "annunciated" and at_s(from_s) <= row["at_ms"] <= at_s(to_s)
    ]


def test_ten_are_shown_and_the_rest_waits_until_ten_minutes_have_passed(store: Store, url: str) -> None:
    store.alarms.take_in(jams(25, 0), at_s(119 + 10 * MINUTE))
    assert len(shown(url)) == 10
    store.alarms.take_in([], at_s(121 + 10 * MINUTE))
    assert len(shown(url)) == 20
    store.alarms.take_in([], at_s(122 + 20 * MINUTE))
    assert len(shown(url)) == 25
    waiting = [row for row in alarm_tables(url)["alarm"] if row["suppressed_by"] == "flood"]
    assert waiting == []


def test_those_that_wait_are_shown_by_priority(store: Store, url: str) -> None:
    store.alarms.take_in(jams(10, 0), at_s(200))
    # Degraded, held for ten minutes from long ago; then what puts machines out of service.
    less = [signal("receipt_jam", f"d{number}", 201, since=-3600) for number in range(3)]
    more = [signal("shutter_jam", f"d{number}", 205, since=-3600) for number in range(3)]
    store.alarms.take_in([*less, *more], at_s(130 + 10 * MINUTE))
    assert [row["code"] for row in shown(url, from_s=130)] == ["shutter_jam"] * 3 + ["receipt_jam"] * 3


def test_what_is_over_while_it_waits_is_never_shown(store: Store, url: str) -> None:
    signals = jams(15, 0)
    store.alarms.take_in(signals, at_s(200))
    waiting = [row["place"] for row in alarm_tables(url)["alarm"] if row["suppressed_by"] == "flood"]
    over = [signal("note_jam", place, 300, since=0, over=True) for place in waiting[:3]]
    store.alarms.take_in(over, at_s(3000))
    tables = alarm_tables(url)
    assert {row["place"] for row in shown(url)} == {row["place"] for row in tables["alarm"]} - set(
        waiting[:3]
    )
    told = {row["place"]: row["suppressed_by"] for row in tables["alarm"]}
    assert [told[place] for place in waiting[:3]] == ["flood"] * 3


def test_a_flood_begins_and_ends_once_with_one_summary(store: Store, url: str) -> None:
    store.alarms.take_in(jams(12, 0), at_s(3600))
    floods = [row for row in alarm_tables(url)["alarm_event"] if row["what"].startswith("flood")]
    assert [(row["what"], row["at_ms"], row["alarm"]) for row in floods] == [
        ("flood_began", at_s(120), None),
        ("flood_ended", at_s(120 + 10 * MINUTE), None),
    ]
    assert floods[0]["note"] == "more than 10 alarms ask to be shown within 10 minutes"
    assert floods[1]["note"] == (
        "12 alarms in 10 minutes since 2026-03-05T12:02:00.000Z: "
        "10 shown, 0 over before their turn, 2 waiting"
    )


def test_ten_alarms_in_ten_minutes_are_no_flood(store: Store, url: str) -> None:
    store.alarms.take_in([*jams(10, 0), signal("note_jam", "d1", 10 * MINUTE)], at_s(3600))
    assert [line for line in events_in_words(url) if "flood_" in line] == []


def test_what_must_never_be_hidden_does_not_wait_and_takes_nobodys_turn(store: Store, url: str) -> None:
    store.alarms.take_in(jams(30, 0), at_s(150))
    cards = [signal("card_retained", f"d{number}", 160 + number) for number in range(20)]
    store.alarms.take_in(cards, at_s(200))
    seized = [row for row in shown(url) if row["code"] == "card_retained"]
    assert [row["annunciated_at_ms"] - row["since_ms"] for row in seized] == [0] * 20
    store.alarms.take_in([], at_s(125 + 10 * MINUTE))
    assert len([row for row in shown(url) if row["code"] == "note_jam"]) == 20


def test_what_waits_is_hidden_by_an_outage_that_came_meanwhile(store: Store, url: str) -> None:
    store.reference.put(SMALL_FLEET)
    jammed = jams(10, 0)
    store.alarms.take_in([*jammed, signal("device_offline", "d4", 10)], at_s(140))
    store.alarms.take_in([signal("branch_link_down", "b2", 150)], at_s(130 + 10 * MINUTE))
    assert {row["code"] for row in shown(url, from_s=140)} == {"branch_link_down"}


@pytest.fixture
def large_url(tmp_path: Path) -> str:
    """A store with 200 branches of 50 devices."""
    url = f"sqlite:///{tmp_path}/desk.db"
    fleet: list[FleetRecord] = [site(f"b{number}", link=f"l{number}") for number in range(200)]
    fleet += [device(f"d{number}", f"b{number // 50}") for number in range(10_000)]
    with open_store(url) as store:
        store.reference.put(fleet)
    return url


def test_ten_thousand_alarms_at_once_are_ten_in_ten_minutes_and_none_is_lost(large_url: str) -> None:
    signals = [signal("note_jam", f"d{number}", number % 60) for number in range(10_000)]
    signals.append(signal("card_retained", "d77", 90, members=(Member(card="c1", customer="u1"),)))
    desk = Recorder()
    with open_store(large_url) as store:
        alarms = SqlAlarms(store.db, store.policy, desk)
        assert alarms.take_in(signals, at_s(90)) == 10_001
        for minute in range(2, 121):
            alarms.take_in([], at_s(minute * MINUTE))
        live = alarms.list()
    times = [at_ms for at_ms, code, _ in desk.shown if code == "note_jam"]
    assert len(times) == 120
    assert max(sum(at <= other <= at + 600_000 for other in times) for at in times) == 10
    assert [at_ms for at_ms, code, _ in desk.shown if code == "card_retained"] == [at_s(90)]
    assert len(live) == 10_001
    assert sum(alarm.suppressed_by == "flood" for alarm in live) == 10_000 - 120
