"""What alerts are worth: worked out by hand, and against definitions written out anew."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuning.labelled import DAY_MS, FIRST_DAY, HOUR_MS, START_MS, alert, use
from tuning.measures.days import by_day, precision_of, recall_of, span_of_days
from tuning.measures.figures import contributions, figures, overlaps, wilson
from tuning.measures.judging import Judge
from tuning.measures.labels import Labels

LATER_MS = START_MS + 400 * DAY_MS


def judged(alerts, uses, until_ms=LATER_MS):
    judge = Judge(Labels(uses), until_ms=until_ms)
    return judge.judge(alerts), judge


def verdicts(alerts, uses):
    return [each.true for each in judged(alerts, uses)[0]]


# --- what is true, false and unlabelled


def test_an_alert_is_true_when_its_trigger_is_fraud():
    assert verdicts([alert("e1", 1, card=None)], [use("e1", 1, True)]) == [True]


def test_an_alert_is_false_when_its_trigger_is_honest_and_nothing_lately_was_fraud():
    assert verdicts([alert("e1", 1)], [use("e1", 1, False)]) == [False]


def test_an_alert_on_an_unlabelled_event_is_neither():
    assert verdicts([alert("e2", 2)], [use("e1", 1, False)]) == [None]


@pytest.mark.parametrize(("fraud_h", "expected"), [(0, True), (-0.01, False), (24, True), (24.01, False)])
def test_a_fraud_on_the_card_counts_for_24_hours_and_not_before_it_happened(fraud_h, expected):
    uses = [use("fraud", fraud_h, True), use("e1", 24, False)]
    assert verdicts([alert("e1", 24)], uses) == [expected]


@pytest.mark.parametrize(("hours_later", "found"), [(0.5, 2), (24, 2), (24.01, 1)])
def test_what_comes_in_the_day_after_a_true_alert_is_found_as_well(hours_later, found):
    uses = [use("e1", 1, True), use("e2", 1 + hours_later, True)]
    assert figures([alert("e1", 1)], Labels(uses), until_ms=LATER_MS).found == found


def test_what_comes_after_a_false_alert_is_not_found():
    uses = [use("e1", 1, False), use("e2", 2, True)]
    told = figures([alert("e1", 1)], Labels(uses), until_ms=LATER_MS)
    assert (told.false, told.found) == (1, 0)


def test_a_fraud_on_another_card_does_not_count():
    assert verdicts([alert("e1", 1)], [use("fraud", 0, True, card="c2"), use("e1", 1, False)]) == [False]


def test_a_fraud_on_the_card_of_a_member_counts():
    uses = [use("fraud", 0, True, card="c2"), use("e1", 1, False)]
    assert verdicts([alert("e1", 1, members=("c1", "c2"))], uses) == [True]


def test_an_event_that_the_evidence_names_counts_however_long_ago():
    uses = [use("old", 0, True), use("e1", 100, False)]
    assert verdicts([alert("e1", 100, evidence={"events": ["old", "e1"]})], uses) == [True]
    assert verdicts([alert("e1", 100)], uses) == [False]


def test_what_is_not_known_yet_is_unlabelled():
    uses = [use("e1", 1, True, known_h=50)]
    alerts = [alert("e1", 1)]
    at_49_h, at_50_h = (START_MS + hour * HOUR_MS for hour in (49, 50))
    assert [figures(alerts, Labels(uses), until_ms=at).true for at in (at_49_h, at_50_h)] == [0, 1]
    early = figures(alerts, Labels(uses), until_ms=at_49_h)
    assert (early.false, early.unlabelled, early.frauds, early.precision) == (0, 1, 0, None)


# --- figures by hand

# Day 0: c1 is robbed twice (e1, e2), c2 is honest (e3). Day 1: c2 is robbed (e5), c1 honest (e4).
USES = [
    use("e1", 1, True, minor=1000),
    use("e2", 2, True, minor=500),
    use("e3", 3, False, card="c2"),
    use("e4", 30, False),
    use("e5", 31, True, card="c2", minor=70, currency="CNY"),
]
ALERTS = [
    alert("e2", 2, probability=0.9),  # true: finds e2, and e1 an hour before
    alert("e3", 3, card="c2", probability=0.5),  # false
    alert("e4", 30, detector="outlier", probability=0.4),  # false: 28 h after
    alert("e6", 32, detector="outlier", card="c3", probability=0.7),  # unlabelled
]


def test_figures_worked_out_by_hand():
    found = figures(ALERTS, Labels(USES), until_ms=LATER_MS)
    assert (found.alerts, found.cards) == (4, 3)
    assert (found.true, found.false, found.unlabelled) == (1, 2, 1)
    assert (found.frauds, found.found) == (3, 2)
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(2 / 3)
    assert found.f1 == pytest.approx(2 * (1 / 3) * (2 / 3) / (1 / 3 + 2 / 3))
    assert found.value_minor == {"EUR": 1500}
    assert found.value_all_minor == {"EUR": 1500, "CNY": 70}
    # One threshold at 0.9: recall 2/3 at precision 1/1; the false ones below gain nothing.
    assert found.average_precision == pytest.approx(2 / 3)


def test_card_days_worked_out_by_hand():
    days = figures(ALERTS, Labels(USES), until_ms=LATER_MS).card_days
    # Told of: c1 on day 0 (fraud), c2 on day 0, c1 on day 1, c3 on day 1 (no label).
    assert (days.true, days.false, days.unlabelled) == (1, 2, 1)
    assert (days.frauds, days.found) == (2, 1)
    assert (days.precision, days.recall) == (pytest.approx(1 / 3), 1 / 2)


def test_of_nothing_no_share_is_claimed():
    none = figures([], Labels([]), until_ms=LATER_MS)
    assert (none.precision, none.recall, none.f1, none.average_precision) == (None, None, None, None)
    assert none.card_precision == {10: None, 50: None, 100: None}


def test_found_nothing_is_an_f1_of_nought():
    found = figures([alert("e3", 3, card="c2")], Labels(USES), until_ms=LATER_MS)
    assert (found.precision, found.recall, found.f1) == (0, 0, 0)


def test_a_day_is_a_day_of_the_bank():
    from zoneinfo import ZoneInfo

    # 23:00 of day 0 in UTC is day 1 in Shanghai.
    judge = Judge(Labels([use("e1", 23, True)]), until_ms=LATER_MS, zone=ZoneInfo("Asia/Shanghai"))
    assert judge.fraud_days == {"c1": {FIRST_DAY + 1}}
    assert judged([], [use("e1", 23, True)])[1].fraud_days == {"c1": {FIRST_DAY}}


# --- by detector


def test_what_only_one_detector_finds_is_lost_without_it():
    alerts = [
        alert("e1", 1),
        alert("e1", 1, detector="outlier"),
        alert("e5", 31, card="c2", detector="outlier"),
    ]
    seen, judge = judged(alerts, USES)
    burst, outlier = contributions(seen, judge)
    assert (burst.detector, burst.only_found, burst.only_card_days) == ("burst", 0, 0)
    assert burst.without.found == 3
    assert (outlier.only_found, outlier.only_card_days, outlier.only_value_minor) == (1, 1, {"CNY": 70})
    assert (outlier.alone.found, outlier.without.found, outlier.without.alerts) == (3, 2, 1)


def test_overlaps_count_days_of_cards():
    seen, _ = judged([alert("e1", 1), alert("e2", 2), alert("e2", 2, detector="outlier"), *ALERTS[2:]], USES)
    assert overlaps(seen) == {
        ("burst", "burst"): 1,
        ("burst", "outlier"): 1,
        ("outlier", "burst"): 1,
        ("outlier", "outlier"): 3,
    }


# --- intervals


def test_wilson_at_the_ends_stays_a_share():
    assert wilson(0, 10)[0] == 0
    assert wilson(0, 10)[1] == pytest.approx(0.2775, abs=1e-4)  # z2 / (n + z2) = 3.8415 / 13.8415
    assert wilson(10, 10) == pytest.approx((1 - 0.2775, 1), abs=1e-4)
    assert wilson(0, 0) == (None, None)


@given(st.integers(0, 200), st.integers(1, 200))
def test_wilson_holds_just_what_the_normal_test_would_not_refuse(part, whole):
    part = min(part, whole)
    for bound in wilson(part, whole):
        away = abs(part / whole - bound)
        assert away <= 1.96 * sqrt(bound * (1 - bound) / whole) + 1e-9


# --- average precision and card precision


def oracle_average_precision(pairs, frauds):
    """Walk down the probabilities one by one and work out precision and recall of all above, anew."""
    area, recall_before = 0.0, 0.0
    for threshold in sorted({probability for probability, _ in pairs}, reverse=True):
        above = [found for probability, found in pairs if probability >= threshold]
        precision = sum(bool(found) for found in above) / len(above)
        recall = len(set().union(*above)) / frauds
        area += (recall - recall_before) * precision
        recall_before = recall
    return area


@given(st.lists(st.tuples(st.sampled_from((0.1, 0.2, 0.5, 0.9)), st.booleans()), min_size=1, max_size=40))
def test_average_precision_is_that_of_the_definition(drawn):
    uses = [use(f"e{n}", 48 * n, fraud, card=f"c{n}") for n, (_, fraud) in enumerate(drawn)]
    alerts = [alert(f"e{n}", 48 * n, card=f"c{n}", probability=p) for n, (p, _) in enumerate(drawn)]
    missed = use("missed", 1, True, card="missed")
    found = figures(alerts, Labels([*uses, missed]), until_ms=LATER_MS).average_precision
    pairs = [(p, {f"e{n}"} if fraud else set()) for n, (p, fraud) in enumerate(drawn)]
    assert found == pytest.approx(oracle_average_precision(pairs, 1 + sum(fraud for _, fraud in drawn)))


@given(st.permutations(range(6)))
def test_alerts_of_one_probability_may_come_in_any_order(order):
    uses = [use(f"e{n}", 48 * n, n % 2 == 0, card=f"c{n}") for n in range(6)]
    alerts = [alert(f"e{n}", 48 * n, card=f"c{n}") for n in order]
    assert figures(alerts, Labels(uses), until_ms=LATER_MS).average_precision == pytest.approx(0.5)


def test_an_unlabelled_alert_that_comes_first_takes_nothing_from_average_precision():
    unlabelled = alert("e6", 32, card="c3", probability=1.0)
    found = figures([unlabelled, alert("e1", 1)], Labels([use("e1", 1, True)]), until_ms=LATER_MS)
    assert found.average_precision == 1


def test_card_precision_is_the_mean_share_of_days():
    # Day 0: c1 (fraud) before c2 (honest); day 1: c2 (fraud) and c3 (no label).
    uses = [
        use("e1", 1, True),
        use("e2", 2, False, card="c2"),
        use("e3", 26, True, card="c2"),
    ]
    alerts = [
        alert("e2", 2, card="c2", probability=0.2),
        alert("e1", 1, probability=0.9),
        alert("e3", 26, card="c2", probability=0.3),
        alert("x", 27, card="c3", probability=0.9),
    ]
    found = figures(alerts, Labels(uses), until_ms=LATER_MS, cards_a_day=(1, 2, 4)).card_precision
    # k=1: 1/1 on day 0; on day 1 only c3 is looked at, which nobody knows about. k=2: 1/2 and 1/1.
    # k=4: 1/4 and, without c3, 1/3.
    assert found == {1: 1.0, 2: 0.75, 4: pytest.approx((1 / 4 + 1 / 3) / 2)}


@pytest.mark.parametrize(("known_h", "second_day"), [(1, 0.0), (23.9, 0.0), (24, 1.0)])
def test_a_card_known_to_be_in_a_thiefs_hands_is_not_looked_at_again(known_h, second_day):
    # The first fraud has no alert: only its label tells, from the day after it was known.
    uses = [use("e1", 1, True, known_h=known_h), use("e2", 26, True, known_h=40)]
    found = figures([alert("e2", 26)], Labels(uses), until_ms=LATER_MS, cards_a_day=(1,))
    assert found.card_precision == {1: second_day / 2}


def test_a_card_that_was_looked_at_is_known_from_the_next_day_on():
    uses = [use("e1", 1, True, known_h=200), use("e2", 26, True, known_h=200)]
    alerts = [alert("e1", 1), alert("e2", 26)]
    found = figures(alerts, Labels(uses), until_ms=LATER_MS, cards_a_day=(1,))
    assert found.card_precision == {1: 0.5}  # 1/1 on day 0, 0/1 on day 1


# --- properties

DRAWN_USES = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 3), st.booleans()), max_size=25)
DRAWN_ALERTS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 200), st.integers(0, 3), st.floats(0, 1)), max_size=25
)


@given(DRAWN_USES, DRAWN_ALERTS)
def test_counts_add_up_and_shares_lie_in_their_intervals(uses, alerts):
    made_uses = [use(f"e{n}", hour, fraud, card=f"c{card}") for n, (hour, card, fraud) in enumerate(uses)]
    made = [
        alert(f"e{n}", hour, card=f"c{card}", probability=p, detector=("burst", "outlier")[card % 2])
        for n, hour, card, p in alerts
    ]
    seen, judge = judged(made, made_uses)
    found = figures(made, Labels(made_uses), until_ms=LATER_MS)
    assert found.true + found.false + found.unlabelled == found.alerts == len(made)
    assert found.found <= found.frauds == sum(fraud for *_, fraud in uses)
    for rates in (found, found.card_days):
        if rates.precision is not None:
            assert rates.precision_low <= rates.precision <= rates.precision_high
        if rates.recall is not None:
            assert rates.recall_low <= rates.recall <= rates.recall_high
    if found.average_precision is not None:
        assert 0 <= found.average_precision <= found.recall + 1e-9
    for each in contributions(seen, judge):
        assert each.without.found + each.only_found == found.found
        assert each.alone.found >= each.only_found
    days = by_day(seen, judge, span_of_days([seen], judge))
    assert sum(day.alerts for day in days) == found.alerts
    if found.recall is not None:
        assert recall_of(days) == pytest.approx(found.recall)
    if found.precision is not None:
        assert precision_of(days) == pytest.approx(found.precision)


@given(DRAWN_USES, DRAWN_ALERTS)
def test_an_event_that_loses_its_honest_label_makes_no_detector_worse(uses, alerts):
    made_uses = [use(f"e{n}", hour, fraud, card=f"c{card}") for n, (hour, card, fraud) in enumerate(uses)]
    made = [alert(f"e{n}", hour, card=f"c{card}", probability=p) for n, hour, card, p in alerts]
    all_known = figures(made, Labels(made_uses), until_ms=LATER_MS)
    frauds_only = figures(made, Labels([each for each in made_uses if each.fraud]), until_ms=LATER_MS)
    assert frauds_only.true == all_known.true
    assert frauds_only.false == 0
    assert frauds_only.recall == all_known.recall
