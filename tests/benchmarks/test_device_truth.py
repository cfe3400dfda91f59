"""The judge of device watch finds, misses and counts what a hand-made month holds."""

from typing import Any

import pytest

from benchmarks.device_truth import (
    Answer,
    Incident,
    Shown,
    Tally,
    answers,
    never_suppressed_answers,
    nuisances,
    precision,
    right_items,
    tallies,
    tally,
)
from domain.instants import from_ms

HOUR_MS = 3_600_000
NEVER = frozenset({"card_retained", "cash_uncertain", "tamper"}).__contains__


def incident(begins_h: float, ends_h: float, *codes: str, **fields: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "-".join((*codes, str(begins_h))),
        "kind": "".join(codes[:1]),
        "device": "d1",
        "branch": "b1",
        "devices": (),
        "harm": False,
        "expect": "item",
        "within_s": 600,
    }
    times = {"begins": from_ms(round(begins_h * HOUR_MS)), "ends": from_ms(round(ends_h * HOUR_MS))}
    return Incident(codes=codes, **given | times | fields)


def shown(code: str, at_h: float, until_h: float | None = None, **fields: Any) -> Shown:
    until_ms = None if until_h is None else round(until_h * HOUR_MS)
    given: dict[str, Any] = {"device": "d1", "branch": "b1", "item": f"C{code}{at_h}"}
    return Shown(code=code, at_ms=round(at_h * HOUR_MS), until_ms=until_ms, **given | fields)


def judged(of: Incident, *alarms: Shown) -> Answer:
    (answer,) = answers([of], alarms, NEVER)
    return answer


JAM = incident(2, 3, "note_jam", "cdm_fatal")


@pytest.mark.parametrize(
    ("alarm", "delay_s"),
    [
        (shown("note_jam", 2.1), 360),
        (shown("cdm_fatal", 2.1), 360),  # any of the codes
        (shown("note_jam", 1.5), 0),  # stood when it began
        (shown("note_jam", 3), 3600),
        (shown("note_jam", 1.5, 2), 0),
        (shown("note_jam", 1.5, 1.99), None),  # closed before it began
        (shown("note_jam", 3.01), None),  # over before it was shown
        (shown("card_jam", 2.1), None),
        (shown("note_jam", 2.1, device="d2"), None),
        (shown("note_jam", 2.1, device="d2", branch="d1"), None),
    ],
)
def test_an_alarm_belongs_by_its_code_its_place_and_its_time(alarm: Shown, delay_s: float | None) -> None:
    assert judged(JAM, alarm).delay_ms == (None if delay_s is None else delay_s * 1000)


def test_an_incident_that_is_short_may_be_shown_until_its_time_is_up() -> None:
    short = incident(2, 2.01, "note_jam", within_s=1800)
    assert judged(short, shown("note_jam", 2.5)).in_time
    assert not judged(short, shown("note_jam", 2.51)).shown


def test_the_earliest_alarm_gives_the_delay_and_decides_whether_it_is_in_time() -> None:
    late, early = shown("note_jam", 2.5), shown("cdm_fatal", 2.25)
    answer = judged(JAM, late, early)
    assert (answer.shown, answer.delay_ms, answer.in_time) == ((early, late), HOUR_MS // 4, False)


@pytest.mark.parametrize(
    ("of", "until_h"),
    [
        (incident(2, 3, "card_retained", harm=True), None),
        (incident(2, 3, "tamper"), 4),
    ],
)
def test_harm_and_security_must_be_shown_anew(of: Incident, until_h: float | None) -> None:
    assert not judged(of, shown(of.codes[0], 1, until_h)).shown
    assert judged(of, shown(of.codes[0], 2)).delay_ms == 0


def test_the_item_of_another_customer_does_not_count() -> None:
    swallowed = incident(2, 3, "card_retained", harm=True, member="u1")
    assert not judged(swallowed, shown("card_retained", 2, members=frozenset({"u2"}))).shown
    assert judged(swallowed, shown("card_retained", 2, members=frozenset({"u1", "u2"}))).shown
    assert judged(swallowed, shown("card_retained", 2)).shown  # the alarm names nobody


def test_an_outage_is_found_at_its_branch_or_at_any_of_its_devices() -> None:
    cut = incident(2, 3, "branch_link_down", "device_offline", device=None, devices=("d1", "d2"))
    assert judged(cut, shown("branch_link_down", 2.2, device=None)).shown
    assert judged(cut, shown("branch_link_down", 2.2, device="probe")).shown  # whoever tells of it
    assert judged(cut, shown("device_offline", 2.2, device="d2")).shown
    assert not judged(cut, shown("device_offline", 2.2, device="d3")).shown
    assert not judged(cut, shown("branch_link_down", 2.2, device=None, branch="b2")).shown


def test_an_outage_that_is_wider_than_a_branch_is_found_wherever_it_is_told() -> None:
    host = incident(2, 3, "host_down", device=None, branch=None, devices=("d1", "d2"))
    assert judged(host, shown("host_down", 2.2, device="watch", branch="b9")).shown
    assert judged(host, shown("host_down", 2.2, device=None, branch=None)).shown
    assert not judged(host, shown("region_link_down", 2.2, device=None, branch=None)).shown


def test_recall_delays_and_shares_are_counted_over_those_that_ask_for_an_item() -> None:
    asked = [incident(hour, hour + 1, "note_jam") for hour in range(1, 11)]
    chatter = incident(1, 2, "receipt_low", expect="none")
    alarms = [shown("note_jam", hour + hour / 60, hour + 0.5) for hour in range(1, 10)]  # 1 to 9 minutes late
    alarms.append(shown("note_jam", 10 + 30 / 60))
    answered = answers([*asked, chatter], alarms, NEVER)
    counted = tally(answered)
    assert counted == Tally(10, 10, 9, (*(60.0 * minute for minute in range(1, 10)), 1800.0))
    assert (counted.recall, counted.kept) == (1.0, 0.9)
    assert (counted.median_s, counted.p90_s, counted.longest_s) == (330, 540, 1800)


def test_what_was_missed_is_in_the_counts_and_not_in_the_delays() -> None:
    counted = tallies(answers([JAM, incident(5, 6, "ups_low")], [shown("note_jam", 2)], NEVER))
    assert counted == {"note_jam": Tally(1, 1, 1, (0.0,)), "ups_low": Tally(1, 0, 0, ())}
    assert (counted["ups_low"].recall, counted["ups_low"].median_s) == (0.0, None)
    nothing = tally([])
    assert (nothing.recall, nothing.kept, nothing.p90_s, nothing.longest_s) == (None, None, None, None)


def test_an_item_is_right_when_one_of_its_alarms_belongs_to_an_incident() -> None:
    alarms = [
        shown("note_jam", 2.1, item="C1"),
        shown("receipt_low", 2.2, item="C1"),
        shown("receipt_low", 5, item="C2"),
    ]
    nuisance = incident(4, 6, "receipt_low", expect="none")
    answered = answers([JAM, nuisance], alarms, NEVER)
    assert right_items(answered) == {"C1"}
    assert precision(["C1", "C2"], answered) == 0.5
    assert precision([], answered) is None


def test_a_nuisance_counts_once_when_it_made_a_wrong_item() -> None:
    chatter = [incident(hour, hour + 1, "receipt_low", expect="none", kind="chatter") for hour in (2, 4, 6)]
    alarms = [
        shown("receipt_low", 2.2, 3, item="C1"),  # with the jam's: no item of its own
        shown("note_jam", 2.1, item="C1"),
        shown("receipt_low", 4.1, 4.2, item="C2"),
        shown("receipt_low", 4.6, 4.7, item="C2"),
    ]
    assert nuisances(answers([JAM, *chatter], alarms, NEVER)) == {"chatter": (3, 1)}


def test_whatever_comes_where_nothing_was_to_come_is_the_nuisances() -> None:
    supervised = incident(4, 6, kind="supervised", expect="none", within_s=None)
    before = shown("note_jam", 3.9, None, item="C1")
    assert nuisances(answers([supervised], [before], NEVER)) == {"supervised": (1, 0)}
    assert nuisances(answers([supervised], [shown("ups_low", 5)], NEVER)) == {"supervised": (1, 1)}


def test_what_people_must_end_is_late_for_an_hour_and_then_lost() -> None:
    kept = incident(2, 2, "card_retained", harm=True, ends=None)
    late, lost = judged(kept, shown("card_retained", 3)), judged(kept, shown("card_retained", 3.5))
    assert (late.in_time, late.delay_ms, lost.delay_ms) == (False, HOUR_MS, None)


def test_lost_and_late_are_told_of_harm_and_security_alone() -> None:
    swallowed = incident(2, 9, "card_retained", harm=True, within_s=60)
    opened = incident(2, 9, "tamper", within_s=60)
    answered = answers([JAM, swallowed, opened], [shown("tamper", 2.5)], NEVER)
    kept = [
        (each.incident.kind, each.delay_ms, each.in_time)
        for each in never_suppressed_answers(answered, NEVER)
    ]
    assert kept == [("card_retained", None, False), ("tamper", HOUR_MS // 2, False)]
