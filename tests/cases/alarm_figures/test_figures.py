"""The figures of a period's alarms, against what was counted by hand."""

import pytest

from cases.alarm_figures.against import against_limits
from cases.alarm_figures.limits import PER_HOUR, PRIORITY_MIX, level
from cases.alarm_figures.rows import EventRow, Identity
from cases.kpi.values import Ratio
from devices.failures import Spread
from tests.cases.alarm_figures.histories import DAY_MS, MINUTE_MS, NOON_MS, figures, history, minutes, told

DAY = 24 * 60


def test_what_is_never_suppressed_counts_in_the_whole_and_is_given_apart() -> None:
    found = figures([*told(range(10)), *told([3, 4], code="card_retained", priority=1)])
    assert (found.all.count, found.managed.count, found.never_suppressed.count) == (12, 10, 2)
    # Eleven in less than ten minutes once the second card is there: a flood of all, not of what is managed.
    assert [minutes(flood.from_ms) for flood in found.all.floods] == [8]
    assert found.managed.floods == ()
    assert (found.all.per_ten_minutes.peak, found.managed.per_ten_minutes.peak) == (12, 10)


def test_an_alarm_counts_when_the_desk_was_told_and_a_beginning_when_it_began() -> None:
    held = history("a", (-2, "raised"), (1, "annunciated"), (5, "returned"), (6, "reopened"))
    early = history("b", (-2, "raised"), (-1, "annunciated"))
    later = history("c", (59, "raised"), (61, "annunciated"))
    found = figures([held, early, later])
    assert (found.all.count, found.raised) == (1, 2)
    assert [each.alarm.id for each in found.annunciations] == ["a"]
    assert (found.devices_told, found.devices_raised) == (1, 1)


def test_chatter_is_a_condition_that_begins_three_times_in_ten_minutes() -> None:
    often = [history(f"a{at}", (at, "raised"), (at + 1, "returned")) for at in (0, 4, 9.9)]
    slower = [
        history(f"b{at}", (at, "raised"), (at + 1, "returned"), unit=2, device="atm-2") for at in (0, 5, 10)
    ]
    reopened = history(
        "c",
        (0, "raised"),
        (0, "annunciated"),
        (1, "returned"),
        (2, "reopened"),
        (3, "returned"),
        (4, "reopened"),
        code="card_jam",
        component="card_reader",
    )
    found = figures([*often, *slower, reopened]).nuisance
    assert [(each.identity.code, each.most, each.most_told, each.times) for each in found.chattering] == [
        ("card_jam", 3, 1, 3),
        ("note_jam", 3, 0, 3),
    ]
    assert found.conditions == 3
    assert found.chattering_told == ()


def test_chatter_that_nothing_held_back_is_told_apart() -> None:
    loud = [history(f"a{at}", (at, "raised"), (at, "annunciated"), (at + 1, "closed")) for at in (0, 2, 4)]
    found = figures(loud).nuisance
    assert [each.most_told for each in found.chattering_told] == [3]


def test_what_is_over_in_less_than_thirty_seconds_is_fleeting_unless_it_chatters() -> None:
    short = history("a", (0, "raised"), (0.25, "returned"))
    half = history("b", (0, "raised"), (0, "annunciated"), (0.5, "returned"), device="atm-2")
    told_short = history("c", (0, "raised"), (0, "annunciated"), (0.4, "returned"), device="atm-3")
    chatter = [history(f"d{at}", (at, "raised"), (at + 0.1, "returned"), device="atm-4") for at in (1, 2, 3)]
    lasting = history("e", (0, "raised"), device="atm-5")
    found = figures([short, half, told_short, *chatter, lasting]).nuisance
    assert found.fleeting == Ratio(2, 6)
    assert found.fleeting_told == Ratio(1, 2)


def test_stale_is_with_the_desk_for_more_than_a_day_without_going_back_to_normal() -> None:
    stale = history("a", (-60, "raised"), (0, "annunciated"), (5, "acknowledged"))
    exactly = history("b", (60, "raised"), (60, "annunciated"), device="atm-2")
    gone = history("c", (0, "raised"), (0, "annunciated"), (DAY + 30, "returned"), device="atm-3")
    never_told = history("d", (0, "raised"), (0, "suppressed", "power:x"), device="atm-4")
    found = figures([stale, exactly, gone, never_told], DAY + 60).nuisance
    assert [(each.alarm, minutes(each.since_ms)) for each in found.stale] == [("a", 0)]
    # On the second day, counted from noon, `gone` was stale too for half an hour.
    assert found.most_stale == 2
    assert figures([stale], DAY).nuisance.most_stale == 0


def test_days_before_the_period_do_not_count() -> None:
    over = history("a", (-3 * DAY, "raised"), (-3 * DAY, "annunciated"), (-60, "returned"))
    lasts = history("b", (-3 * DAY, "raised"), (-3 * DAY, "annunciated"), device="atm-2")
    assert figures([over, lasts], 60).nuisance.most_stale == 1


def test_what_comes_back_after_it_was_told_is_stale_from_then_on() -> None:
    back = history(
        "a", (0, "raised"), (0, "annunciated"), (10, "returned"), (20, "reopened"), (25, "acknowledged")
    )
    (stale,) = figures([back], 2 * DAY).nuisance.stale
    assert minutes(stale.since_ms) == 20


def test_what_was_hidden_or_dealt_with_is_with_the_desk_no_more() -> None:
    shelved = history("a", (0, "raised"), (0, "annunciated"), (60, "suppressed", "shelved"))
    again = history(
        "b",
        (0, "raised"),
        (0, "annunciated"),
        (9, "suppressed", "outage:x"),
        (30, "annunciated"),
        device="atm-2",
    )
    (stale,) = figures([shelved, again], 2 * DAY).nuisance.stale
    assert (stale.alarm, minutes(stale.since_ms)) == ("b", 30)
    assert figures([shelved], 90).answers.waiting == 0


def test_the_ten_most_frequent_have_their_share_of_all() -> None:
    # Twelve devices, of which the first had an alarm three times: 3 + 9 of 14.
    found = figures([*told(range(12)), *told([30, 40], device="atm-0")])
    assert found.top_devices.counts[0] == ("atm-0", 3)
    assert len(found.top_devices.counts) == 10
    assert found.top_devices.share == Ratio(12, 14)
    assert found.top_codes.counts == (("note_jam", 14),)
    assert found.top_alarms.counts[0] == ("atm-0|cash_dispenser|0|note_jam", 3)
    (line,) = (line for line in against_limits(found) if line.name == "top_ten_share")
    assert (line.part, line.whole, line.verdict) == (12, 14, "too_many")


def test_priorities_are_shares_of_what_was_told() -> None:
    found = figures([*told([1], priority=1), *told([2, 3, 4], priority=4)])
    assert found.priorities == {1: Ratio(1, 4), 2: Ratio(0, 4), 3: Ratio(0, 4), 4: Ratio(3, 4)}
    assert sum(PRIORITY_MIX.values()) == pytest.approx(1.01)  # "less than 1 %" at the top


def test_taking_up_is_counted_from_the_annunciation() -> None:
    histories = [
        history(
            f"a{wait}", (0, "raised"), (2, "annunciated"), (2 + wait, "acknowledged"), device=f"atm-{wait}"
        )
        for wait in (1, 2, 3, 10)
    ]
    late = history("b", (0, "raised"), (1, "annunciated"), (2, "returned"), (6, "acknowledged"))
    left = history("c", (0, "raised"), (1, "annunciated"), (2, "returned"))
    waits = history("d", (0, "raised"), (50, "annunciated"))
    again = history("e", (0, "raised"), (40, "annunciated"), (41, "returned"), (42, "reopened"))
    found = figures([*histories, late, left, waits, again]).answers
    # 1, 2, 3, 5 and 10 minutes; the 90th percentile lies 60 % of the way from 5 to 10.
    assert found.waits == Spread(5, 4.2 * MINUTE_MS, 3 * MINUTE_MS, 8 * MINUTE_MS)
    assert (found.unanswered, found.waiting, found.longest_wait_ms) == (1, 2, 20 * MINUTE_MS)


def test_precision_counts_each_case_once_by_what_it_was_closed_as() -> None:
    def closed(name: str, case: str | None, reason: str | None, code: str = "note_jam") -> object:
        events = ((0, "raised"), (1, "annunciated"))
        return history(name, *events, case_id=case, close_reason=reason, code=code, device=name)

    found = figures(
        [
            closed("a", "c1", "slm_fixed"),
            closed("b", "c1", "slm_fixed"),
            closed("c", "c2", "cleared_itself"),
            closed("d", "c3", "no_fault_found"),
            closed("e", "c4", "undetermined"),
            closed("f", "c5", None),
            closed("g", None, None),
            closed("h", "c6", "false_detection_rule", "silent_device"),
        ]
    )
    jam, silent = found.precision
    assert (jam.code, jam.right, jam.needed) == ("note_jam", Ratio(2, 3), Ratio(1, 3))
    assert jam.reasons == {"cleared_itself": 1, "no_fault_found": 1, "slm_fixed": 1, "undetermined": 1}
    assert (silent.right, silent.needed) == (Ratio(0, 1), Ratio(0, 1))


def test_what_was_held_back_is_counted_once_for_each_kind_of_reason() -> None:
    child = history("a", (0, "raised"), (1, "suppressed", "outage:p"), (9, "released"), (9, "annunciated"))
    twice = history("b", (0, "raised"), (1, "suppressed", "outage:p"), (3, "suppressed", "outage:q"))
    both = history("c", (0, "raised"), (1, "suppressed", "supervisor"), (3, "suppressed", "shelved"))
    before = history("d", (-9, "raised"), (-5, "suppressed", "shelved"))
    dealt_with = history("e", (0, "raised"), (1, "annunciated"), (5, "suppressed", "handled"))
    found = figures([child, twice, both, before, dealt_with])
    assert found.suppressed == {"outage": 2, "supervisor": 1, "shelved": 1}
    assert (found.suppressed_alarms, found.released) == (3, 1)
    assert [minutes(each.at_ms) for each in found.suppressions] == [1, 1, 1, 3]


def test_the_time_that_the_flood_gate_held_alarms_back_is_cut_to_the_period() -> None:
    gate = [(-5, "flood_began"), (3, "flood_ended"), (50, "flood_began")]
    rows = tuple(EventRow("", NOON_MS + at * MINUTE_MS, what) for at, what in gate)
    assert figures([], gate=rows).gate_ms == (3 + 10) * MINUTE_MS


@pytest.mark.parametrize(
    ("average", "peak", "named"),
    [
        (0, 0, "predictive"),
        (0.099, 2, "predictive"),
        (0.1, 2, "robust"),
        (0.05, 3, "robust"),
        (0.5, 5, "stable"),
        (0.9, 10, "stable"),
        (0.9, 11, "reactive"),
        (1, 1, "reactive"),
        (1.99, 100, "reactive"),
        (2, 1, "overloaded"),
        (0.1, 101, "overloaded"),
    ],
)
def test_eemua_level_is_the_best_that_average_and_peak_allow(average: float, peak: int, named: str) -> None:
    assert level(average, peak) == named


def test_a_value_at_its_limit_is_within_it() -> None:
    assert [PER_HOUR.verdict(value) for value in (6, 6.01, 12, 12.01)] == [
        "acceptable",
        "manageable",
        "manageable",
        "too_many",
    ]


def test_what_has_no_device_is_known_by_its_branch() -> None:
    assert history("a", device=None).alarm.identity == Identity("b1", "cash_dispenser", 0, "note_jam")
    found = figures(told([1, 2], device=None))
    assert (found.devices_told, found.top_devices.counts) == (0, ())


def test_a_quiet_period_has_figures_too() -> None:
    found = figures([], DAY)
    assert found.level == "predictive"
    assert (found.all.count, found.top_codes.share, found.to_ms - found.from_ms) == (0, Ratio(0, 0), DAY_MS)
    assert found.answers.waits == Spread(0)
