"""Whatever the order and the batches in which signals come, and however often: the same tables."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from shutil import copytree
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.store import Store, open_store
from devices.codes import catalogue
from domain.alerts import Alert
from domain.findings import Member
from tests.cases.alarms.watched import NOON_MS, SMALL_FLEET, alarm_tables, at_s, maintenance, signal
from tests.sqlite_store import sqlite_store

DEVICE_CODES = (
    ("note_jam", "dispenser"),
    ("note_jam", "dispenser"),
    ("card_jam", "card_reader"),
    ("flapping", "dispenser"),
    ("device_offline", "network"),
    ("silent_device", "device"),
    ("power_fail", "power"),
    ("supervisor_enter", "device"),
    ("card_retained", "card_reader"),
    ("dispense_without_auth", "dispenser"),
    ("receipt_low", "receipt_printer"),
)
BRANCH_CODES = (
    ("branch_link_down", "network"),
    ("branch_power_down", "power"),
    ("host_down", "host_session"),
)
UNTIL_S = 20_000


@st.composite
def occurrences(draw: st.DrawFn) -> list[Alert]:
    """Give one condition that comes and goes, some times for longer than it is held."""
    place = draw(st.sampled_from(["d1", "d2", "d3", "d4", "d5", "d9", "b1", "b2"]))
    code, component = draw(st.sampled_from(BRANCH_CODES if place.startswith("b") else DEVICE_CODES))
    found, at = [], draw(st.integers(0, 4000))
    about: dict[str, Any] = {"component": component, "unit": draw(st.sampled_from([0, 0, 1]))}
    member = Member(card=f"c-{place}", customer=f"u-{place}") if code == "card_retained" else None
    for _ in range(draw(st.integers(1, 4))):
        lasts = draw(st.sampled_from([0, 5, 60, 300, 1500, 5000]))
        members = (member,) if member is not None and draw(st.booleans()) else ()
        found.append(signal(code, place, at, **about, members=members))
        if draw(st.booleans()) or draw(st.booleans()):
            found.append(signal(code, place, at + lasts, since=at, over=True, **about))
        at += lasts + draw(st.sampled_from([0, 1, 30, 300, 2500]))
    return found


floods = st.lists(occurrences(), min_size=1, max_size=14).map(lambda found: list(chain(*found)))


class Arrival(NamedTuple):
    """Batches of signals, each with the time that is reached with it."""

    batches: list[tuple[list[Alert], int]]


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Alert], Arrival]:
    """Give signals, and an order of arrival in which nothing comes after its time was reached."""
    signals = list({alert.id: alert for alert in draw(floods)}.values())
    left = draw(st.permutations(signals))
    batches, reached_ms = [], 0
    while left:
        size = draw(st.integers(1, max(1, len(left))))
        batch, left = left[:size], left[size:]
        repeats = draw(st.lists(st.sampled_from(signals[: len(batch)]), max_size=3))
        batch += [each for each in repeats if each not in left]
        most_ms = min((alert.told_ms for alert in left), default=at_s(UNTIL_S)) - 1
        reached_ms = max(reached_ms, min(most_ms, most_ms - draw(st.integers(0, 600_000))))
        batches.append((batch, reached_ms))
    batches.append(([], at_s(UNTIL_S)))
    return signals, Arrival(batches)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a fleet, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    with open_store(sqlite_store(folder / "desk.db")) as store:
        store.reference.put([*SMALL_FLEET, maintenance("m1", 500, 2500, device="d2")])
    return folder


@pytest.fixture(scope="module")
def stores(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where copies of it are made."""
    return iter(lambda: copytree(template, tmp_path_factory.mktemp("s") / "copy"), None)


def told(folder: Path, batches: Sequence[tuple[list[Alert], int]]) -> dict[str, Any]:
    """Take in batches and give the tables, without how often they were written."""
    url = f"sqlite:///{folder}/desk.db"
    with open_store(url) as store:
        for batch, reached_ms in batches:
            store.alarms.take_in(batch, reached_ms)
    return tables_of(url)


def tables_of(url: str) -> dict[str, Any]:
    tables = alarm_tables(url)
    for row in tables["alarm_clock"]:
        del row["version"], row["settled_ms"]
    return tables


@given(arrivals())
@settings(max_examples=40, deadline=None)
def test_order_batches_and_repeats_leave_no_trace(
    stores: Iterator[Path], given: tuple[list[Alert], Arrival]
) -> None:
    signals, arrival = given
    assert told(next(stores), arrival.batches) == told(next(stores), [(signals, at_s(UNTIL_S))])


@given(floods)
@settings(max_examples=40, deadline=None)
def test_whatever_happens_every_alarm_is_told_of_or_has_its_reason(
    stores: Iterator[Path], signals: list[Alert]
) -> None:
    tables = told(next(stores), [(signals, at_s(UNTIL_S))])
    by_id = {row["id"]: row for row in tables["alarm"]}
    for row in tables["alarm"]:
        shown = row["state"] in ("unacknowledged", "acknowledged")
        # What is pending is held until a time to come, hidden for a reason, or waits for the gate.
        if row["state"] == "pending":
            held = row["due_ms"] is not None and row["due_ms"] > at_s(UNTIL_S)
            parent = by_id.get(row["parent"] or "", {"state": "gone"})
            lasting = parent["state"] in ("pending", "unacknowledged", "acknowledged")
            assert held or (row["suppressed_by"] and (lasting or row["suppressed_by"] == "flood"))
        if shown:
            assert row["suppressed_by"] is None
            assert row["case_id"] is not None
    never = [row for row in tables["alarm"] if catalogue().never_suppressed(row["code"])]
    assert all(row["annunciated_at_ms"] is not None for row in never)
    raised = {alert.id for alert in signals if alert.alarm and catalogue().never_suppressed(alert.alarm.code)}
    raised -= {alert.id for alert in signals if alert.alarm and alert.alarm.over}
    assert raised <= {row["id"] for row in tables["alert"]}
    times = [row for row in tables["alarm_event"] if row["what"] == "annunciated"]
    for row in times:
        if catalogue().never_suppressed(by_id[row["alarm"]]["code"]):
            assert row["at_ms"] == by_id[row["alarm"]]["since_ms"]
    assert most_in_ten_minutes(tables) <= 10


def most_in_ten_minutes(tables: dict[str, Any]) -> int:
    """Give the most annunciations of what may be suppressed in any ten minutes, both ends within."""
    code_of = {row["id"]: row["code"] for row in tables["alarm"]}
    shown = [
        row["at_ms"]
        for row in tables["alarm_event"]
        if row["what"] == "annunciated" and not catalogue().never_suppressed(code_of[row["alarm"]])
    ]
    return max((sum(begin <= at <= begin + 600_000 for at in shown) for begin in shown), default=0)


def test_the_same_on_both_databases_one_by_one_and_at_once(
    store: Store, url: str, stores: Iterator[Path]
) -> None:
    signals = [
        signal("branch_link_down", "b1", 10, since=0),
        *(signal("device_offline", f"d{number}", 0) for number in (1, 2, 3, 4, 5)),
        signal("card_retained", "d1", 300, members=(Member(card="c1", customer="u1"),)),
        signal("note_jam", "d4", 300),
        signal("note_jam", "d4", 700, since=300, over=True),
        signal("supervisor_enter", "d4", 800),
        signal("card_jam", "d4", 900),
        signal("branch_link_down", "b1", 2000, since=0, over=True),
        *(signal("receipt_jam", f"d{number}", 3000, unit=unit) for number in (1, 2, 3) for unit in range(6)),
    ]
    store.reference.put([*SMALL_FLEET, maintenance("m1", 500, 2500, device="d2")])
    for alert in sorted(signals, key=lambda alert: alert.told_ms, reverse=True):
        store.alarms.take_in([alert], NOON_MS - 3_600_000)
    for second in range(0, UNTIL_S + 1, 40):
        store.alarms.take_in(signals[:3], at_s(second))
    assert tables_of(url) == told(next(stores), [(signals, at_s(UNTIL_S))])
