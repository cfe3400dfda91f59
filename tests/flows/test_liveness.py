"""The judge of rules: what it says of counts, hour after hour, and when it says nothing."""

from typing import Any

import pytest

from config.profiles import Liveness
from detectors import build
from flows.liveness import ALL, Illness, Judge
from flows.liveness_rules import Rule, fields_needed, not_judged, rules_of
from observability.hours import STRIDE, Hour

KINDS = ("transaction",)


def rule(name: str = "burst", **declared: Any) -> Rule:
    known: dict[str, Any] = {
        "kinds": KINDS, "key": "card", "needs": {}, "least_per_million": None, "most_share": 0.05,
    }  # fmt: skip
    return Rule(name=name, **known | declared)


def hour(number: int, events: int = 1000, **counts: Any) -> Hour:
    """Give the counts of one hour in which nothing but transactions came."""
    return Hour(hour=number, events={"transaction": events}, **counts)


def judged(rules: list[Rule], hours: list[Hour], settings: Liveness | None = None, **how: Any) -> set[Any]:
    judge = Judge(rules, settings or Liveness(), **how)
    for each in hours:
        judge.judge(each)
    return {(problem.detector, problem.problem, problem.about) for problem in judge.problems}


def test_a_rule_that_fires_at_more_events_than_is_credible_is_ill() -> None:
    found = judged([rule()], [hour(1, alerts={"burst": 51})])
    assert found == {("burst", Illness.ALWAYS_FIRES, "")}
    assert judged([rule()], [hour(1, alerts={"burst": 50})]) == set()


def test_a_share_is_judged_on_enough_events_only_however_many_hours_that_takes() -> None:
    few = [hour(number, 400, alerts={"burst": 300}) for number in range(3)]
    assert judged([rule()], few[:2]) == set()
    assert judged([rule()], few) == {("burst", Illness.ALWAYS_FIRES, "")}


def test_what_the_profile_says_of_a_share_goes_before_what_the_detector_declares() -> None:
    (told,) = rules_of([build("burst", {})], Liveness(most_share={"burst": 0.6}))
    assert judged([told], [hour(1, alerts={"burst": 500})]) == set()
    assert told.least_per_million is not None


@pytest.mark.parametrize(("events", "ill"), [(46_000, False), (46_100, True)])
def test_silence_is_told_once_it_is_less_likely_than_one_in_a_hundred(events: int, ill: bool) -> None:
    # 100 in a million: 4.6 alerts are due in 46,000 events, and exp(-4.6) is just above 1 %.
    found = judged([rule(least_per_million=100.0)], [hour(1, events)])
    assert found == ({("burst", Illness.NEVER_FIRES, "")} if ill else set())


def test_silence_adds_up_over_hours_and_an_alert_ends_it() -> None:
    silent = [hour(number, 20_000) for number in range(3)]
    rules = [rule(least_per_million=100.0)]
    assert judged(rules, silent) == {("burst", Illness.NEVER_FIRES, "")}
    heard = [*silent[:1], hour(1, 20_000, alerts={"burst": 1}), *silent[2:]]
    assert judged(rules, heard) == set()
    assert judged(rules, [*silent, hour(3, 10, alerts={"burst": 1})]) == set()


def test_a_rare_rule_of_which_nobody_says_how_often_it_fires_is_never_called_silent() -> None:
    assert judged([rule()], [hour(number, 10**9) for number in range(9)]) == set()
    assert not_judged([rule("ring"), rule(least_per_million=1.0)]) == ("ring",)


def test_events_without_the_key_are_no_events_for_a_rule() -> None:
    by_terminal = rule(key="terminal", least_per_million=100.0)
    there = {"sampled": {"transaction": 1000}, "present": {"transaction.terminal": 1}}
    assert judged([by_terminal], [hour(1, 100_000, **there)]) == set()
    there = {"sampled": {"transaction": 1000}, "present": {"transaction.terminal": 900}}
    assert judged([by_terminal], [hour(1, 100_000, **there)]) == {("burst", Illness.NEVER_FIRES, "")}


@pytest.mark.parametrize(("present", "missing"), [(0, True), (1, True), (2, False)])
def test_a_field_is_missing_when_next_to_no_event_has_it(present: int, missing: bool) -> None:
    needy = rule(needs={"place": KINDS})
    seen = {"sampled": {"transaction": 1000}, "present": {"transaction.place": present}}
    found = judged([needy], [hour(1, 16_000, **seen)])
    assert found == ({("burst", Illness.FIELD_MISSING, "place")} if missing else set())


def test_a_field_is_judged_on_enough_events_only_and_is_well_when_it_comes_back() -> None:
    needy = [rule(needs={"place": KINDS})]
    few = hour(1, 500, sampled={"transaction": 500 // STRIDE})
    assert judged(needy, [few]) == set()
    lacks = hour(1, sampled={"transaction": 100})
    has = hour(2, sampled={"transaction": 100}, present={"transaction.place": 60})
    judge = Judge(needy, Liveness())
    assert [problem.about for problem in judge.judge(lacks).begun] == ["place"]
    assert judge.judge(lacks).begun == ()
    over = judge.judge(has).over
    assert [(problem.problem, problem.about) for problem in over] == [(Illness.FIELD_MISSING, "place")]


def test_a_field_that_one_of_the_kinds_brings_is_not_missing() -> None:
    needy = rule(needs={"issuance": ("transaction", "card_issued")})
    seen = {
        "sampled": {"transaction": 900, "card_issued": 100},
        "present": {"transaction.issuance": 0, "card_issued.issuance": 100},
    }
    assert judged([needy], [hour(1, **seen)]) == set()


def steady(number: int, *, q: int) -> Hour:
    return hour(number, 1000 + q, partitions={"p": 1000, "q": q} if q else {"p": 1000})


def test_a_partition_that_came_every_hour_and_brings_nothing_has_stopped() -> None:
    before = [steady(number, q=900) for number in range(3)]
    assert judged([], [*before, steady(3, q=0)]) == {(ALL, Illness.FEED_STOPPED, "q")}
    assert judged([], [*before, steady(3, q=0), steady(4, q=0)]) == {(ALL, Illness.FEED_STOPPED, "q")}
    assert judged([], [*before, steady(3, q=0), steady(4, q=1)]) == set()


def test_a_partition_that_did_not_come_every_hour_has_not_stopped() -> None:
    assert judged([], [steady(0, q=900), steady(1, q=0), steady(2, q=900), steady(3, q=0)]) == set()


def test_a_partition_is_not_missed_where_the_others_bring_next_to_nothing_too() -> None:
    before = [steady(number, q=900) for number in range(3)]
    night = hour(3, 20, partitions={"p": 20})
    assert judged([], [*before, night]) == set()


def test_a_log_that_goes_on_where_another_ended_is_no_partition_that_stopped() -> None:
    days = [hour(number, partitions={"monday": 1000}) for number in range(24)]
    days += [hour(number, partitions={"tuesday": 1000}) for number in range(24, 48)]
    assert judged([], days) == set()


def test_an_hour_that_has_not_ended_stops_nobody() -> None:
    judge = Judge([], Liveness())
    for number in range(3):
        judge.judge(steady(number, q=900))
    assert judge.judge(steady(3, q=0), ended=False).begun == ()


def test_hours_in_which_nothing_came_at_all_tell_nothing_of_what_was_usual() -> None:
    before = [steady(number, q=900) for number in range(3)]
    assert judged([], [*before, steady(9, q=0)]) == set()


def test_a_kind_that_came_all_day_and_stops_ails_the_rules_that_read_it() -> None:
    rules = [rule("burst"), rule("jam", kinds=("telemetry",))]

    def both(number: int, reports: int) -> Hour:
        return Hour(hour=number, events={"transaction": 1000, "telemetry": reports})

    day = [both(number, 300) for number in range(24)]
    assert judged(rules, [*day, both(24, 0)]) == {("jam", Illness.FEED_STOPPED, "telemetry")}
    assert judged(rules, [*day[1:], both(24, 0)]) == set()


def test_where_other_machines_raise_alerts_too_it_is_not_judged_how_often_rules_fire() -> None:
    rules = [rule(least_per_million=10_000.0, needs={"place": KINDS})]
    silent = hour(1, 100_000, sampled={"transaction": 6000})
    assert judged(rules, [silent], whole=False) == {("burst", Illness.FIELD_MISSING, "place")}


def test_the_fields_looked_for_are_those_that_may_be_missing() -> None:
    enabled = [build("impossible_travel", {}), build("many_cards_one_terminal", {})]
    (fields,) = fields_needed(enabled).values()
    assert fields == {"place", "terminal"}
