"""The published protocol, held against a slow reading of its description."""

from random import Random

import pytest

from benchmarks.handbook.protocol import Figures, means, training_day, week_figures
from benchmarks.handbook.scored import Scored
from benchmarks.handbook.uses import DAY_MS, Use
from domain.events import Transaction
from domain.instants import from_ms

# Test weeks begin on day 114, so that the training week is from day 100 to 106.
TEST_DAY = 114


def use(day: int, customer: str, *, fraud: bool = False, ms: int = 0) -> Use:
    at_ms = day * DAY_MS + ms
    event = Transaction(
        event_id=f"{customer}-{at_ms}",
        at=from_ms(at_ms),
        card=customer,
        customer=customer,
        terminal="t",
        amount_minor=1000,
        currency="EUR",
        channel="pos",
        at_ms=at_ms,
    )
    return Use(event, fraud)


def scored(uses: list[tuple[Use, float]]) -> Scored:
    found = Scored(TEST_DAY)
    for each, score in sorted(uses, key=lambda pair: pair[0].event.at_ms):
        found.add(each, score, 0.5)
    return found


def every_day() -> list[tuple[Use, float]]:
    """One genuine and one fraudulent use of cards of their own on each test day."""
    return [
        pair
        for day in range(TEST_DAY, TEST_DAY + 7)
        for pair in ((use(day, f"good-{day}"), 0.0), (use(day, f"bad-{day}", fraud=True), 1.0))
    ]


def test_the_training_week_begins_two_weeks_before_the_test_week() -> None:
    assert training_day(TEST_DAY) == 100


@pytest.mark.parametrize(
    ("fraud_day", "first_day_out"),
    [
        (99, None),  # before the training week: the handbook does not look there
        (100, 114),
        (106, 114),  # the last one that is older than the delay on the first morning
        (107, 115),
        (112, 120),
        (113, None),  # known on the morning behind the week
    ],
)
def test_a_card_is_left_out_from_the_day_on_which_its_fraud_is_known(
    fraud_day: int, first_day_out: int | None
) -> None:
    uses = [*every_day(), (use(fraud_day, "known", fraud=True), 0.0)]
    uses += [(use(day, "known", ms=1), 0.5) for day in range(TEST_DAY, TEST_DAY + 7)]
    found = week_figures(scored(uses), TEST_DAY, training_day(TEST_DAY))
    days = 7 if first_day_out is None else first_day_out - TEST_DAY
    assert found.uses == 14 + days


def test_with_the_whole_history_older_frauds_make_a_card_known_too() -> None:
    uses = [*every_day(), (use(50, "known", fraud=True), 0.0), (use(TEST_DAY, "known", ms=1), 0.5)]
    assert week_figures(scored(uses), TEST_DAY, 0).uses == 14


def test_the_figures_are_those_of_a_slow_reading() -> None:
    random = Random(1)
    uses = [
        (use(day, f"c{random.randrange(400)}", fraud=random.random() < 0.1, ms=number), random.random())
        for day in range(95, TEST_DAY + 7)
        for number in range(350)
    ]
    found = week_figures(scored(uses), TEST_DAY, training_day(TEST_DAY))
    expected = slowly(uses)
    assert found == pytest.approx(expected)
    assert 0 < found.cp100 < found.oracle < 1


def slowly(uses: list[tuple[Use, float]]) -> Figures:
    left, shares, best = [], [], []
    caught: set[str | None] = set()
    caught_at_best: set[str | None] = set()
    for day in range(TEST_DAY, TEST_DAY + 7):
        known = {
            each.event.customer
            for each, _ in uses
            if each.fraud and 100 <= each.event.at_ms // DAY_MS <= day - 8
        }
        today = [
            (each.event.customer, score, each.fraud)
            for each, score in uses
            if each.event.at_ms // DAY_MS == day and each.event.customer not in known
        ]
        left += today
        highest = {
            card: max(score for other, score, _ in today if other == card)
            for card, _, _ in today
            if card not in caught
        }
        bad = {card for card, _, fraud in today if fraud}
        hits = set(sorted(highest, key=lambda card: -highest[card])[:100]) & bad
        caught |= hits
        shares.append(len(hits) / 100)
        open_bad = bad - caught_at_best
        best.append(min(100, len(open_bad)) / 100)
        caught_at_best |= open_bad
    frauds = [score for _, score, fraud in left if fraud]
    genuine = [score for _, score, fraud in left if not fraud]
    pairs = sum(one > other for one in frauds for other in genuine)
    precisions = [
        sum(other >= score for other in frauds) / sum(other >= score for _, other, _ in left)
        for score in frauds
    ]
    return Figures(
        auc=pairs / (len(frauds) * len(genuine)),
        ap=sum(precisions) / len(frauds),
        cp100=sum(shares) / 7,
        oracle=sum(best) / 7,
        uses=len(left),
        frauds=len(frauds),
    )


def test_a_day_without_a_scored_use_is_told() -> None:
    uses = [pair for pair in every_day() if pair[0].event.at_ms // DAY_MS != TEST_DAY + 3]
    with pytest.raises(ValueError, match="nothing was scored on 1970-04-28"):
        week_figures(scored(uses), TEST_DAY, training_day(TEST_DAY))


def test_weeks_count_alike_whatever_their_size() -> None:
    weeks = [Figures(0.8, 0.2, 0.1, 0.4, 10, 1), Figures(0.9, 0.6, 0.3, 0.4, 90, 9)]
    assert means(weeks) == pytest.approx(Figures(0.85, 0.4, 0.2, 0.4, 100, 10))
