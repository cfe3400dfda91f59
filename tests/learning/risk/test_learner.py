"""The learner sees uses, is told labels, and publishes what it learnt."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import timedelta
from itertools import permutations
from math import log
from statistics import fmean

import msgspec
import pytest

from domain.events import Transaction
from domain.instants import to_ms
from domain.risk_scoring import Scorer, audited
from domain.tables import TerminalRecord
from learning.published import TableError
from learning.risk.calibration import logistic
from learning.risk.labels import Label
from learning.risk.learner import Learner, LearnerState
from learning.risk.quality import auc
from learning.risk.settings import Settings
from tests.learning.risk.told import DAY, HOUR, START, claim, month, said, use

EVERYTHING = Settings(keep_genuine=1.0)
LATER = START + 40 * DAY


def learnt(*events: Transaction | Label, settings: Settings = EVERYTHING) -> Learner:
    learner = Learner(settings)
    feed(learner, events)
    return learner


def feed(learner: Learner, events: Iterable[Transaction | Label]) -> None:
    for event in events:
        if isinstance(event, Transaction):
            learner.see(event)
        else:
            learner.told(event)


def record(learner: Learner) -> TerminalRecord | None:
    return learner.publish_terminals(LATER).terminals.get("t1")


def known(learner: Learner) -> tuple[int, int]:
    learner.publish_terminals(LATER + 40 * DAY)
    return learner.lessons.counts.frauds, learner.lessons.counts.genuine


def test_scores_made_before_labels_put_fraud_first() -> None:
    learner, scored = Learner(), []
    for event, label in month(days=30):
        learner.told(label)
        seen = learner.see(event)
        if seen is not None and seen.score is not None:
            scored.append((seen.score, label.fraud))
    scores, frauds = zip(*scored[len(scored) // 2 :], strict=True)
    assert auc(scores, frauds) > 0.85


def test_what_is_published_scores_a_use_as_the_learner_does() -> None:
    made = [each for pair in month() for each in reversed(pair)]
    learner = learnt(*made)
    at = START + 21 * DAY
    model = learner.publish_model(at)
    scorer = Scorer(model)
    event = use("new", at, customer="u3", terminal="t2", amount_minor=70_000)
    seen = learner.see(event)
    assert seen is not None
    assert scorer.bins(seen.values) == seen.bins
    assert scorer.score(seen.bins) == seen.score
    assert scorer.probability(scorer.score(seen.bins)) > 0.3


def test_a_label_is_honoured_from_its_own_time_on_whenever_it_is_told() -> None:
    learner = learnt(use("e1"), claim("e1", START + 5 * DAY))
    assert learner.publish_terminals(START + 4 * DAY).terminals == {}
    assert list(learner.publish_terminals(START + 5 * DAY).terminals) == ["t1"]


def test_labels_told_ahead_or_in_order_teach_the_same() -> None:
    pairs = month(days=8)
    events = [event for event, _ in pairs]
    ahead = learnt(*(label for _, label in pairs), *events)
    in_order = learnt(*sorted([each for pair in pairs for each in pair], key=lambda event: event.at_ms))
    at = START + 12 * DAY
    assert ahead.publish_model(at) == in_order.publish_model(at)
    assert ahead.publish_terminals(at) == in_order.publish_terminals(at)


def test_a_label_of_a_use_that_comes_later_waits_for_it() -> None:
    assert known(learnt(claim("e1", START), use("e0"), use("e1", START + HOUR))) == (1, 0)


def test_what_nobody_spoke_of_is_never_taken_for_genuine() -> None:
    assert known(learnt(use("e1"), use("e2", START + HOUR))) == (0, 0)


def test_silence_is_genuine_only_after_the_time_that_is_set() -> None:
    learner = learnt(use("e1"), settings=Settings(confirm_after=10 * DAY, keep_genuine=1.0))
    learner.publish_terminals(START + 10 * DAY - timedelta(milliseconds=1))
    assert learner.lessons.counts.genuine == 0
    learner.publish_terminals(START + 10 * DAY)
    assert (learner.lessons.counts.genuine, learner.lessons.counts.silent) == (1, 1)


def test_a_claim_after_silence_corrects_it() -> None:
    settings = Settings(confirm_after=10 * DAY, keep_genuine=1.0)
    learner = learnt(use("e1"), claim("e1", START + 20 * DAY), settings=settings)
    found = record(learner)
    assert found is not None
    assert (found.row, found.genuine, found.lately) == (1, 0, 0.5)
    assert (learner.lessons.counts.corrected, learner.lessons.counts.frauds) == (1, 1)


def test_a_claim_that_is_retracted_after_the_time_of_silence_leaves_a_genuine_use() -> None:
    settings = Settings(confirm_after=10 * DAY, keep_genuine=1.0)
    back = claim("e1", START + 30 * DAY, retracted=True)
    learner = learnt(use("e1"), claim("e1", START + DAY), back, settings=settings)
    assert (known(learner), record(learner)) == ((0, 1), None)


def test_a_flip_puts_the_terminal_right_and_learns_the_other_way() -> None:
    learner = learnt(use("e1"), said("e1", START + DAY), claim("e1", START + 2 * DAY, fraud=False))
    assert record(learner) is None
    counts = learner.lessons.counts
    assert (counts.frauds, counts.genuine, counts.corrected) == (0, 1, 1)
    assert (counts.learnt_frauds, counts.learnt_genuine) == (1, 1)


def test_a_flip_is_learnt_whatever_share_of_the_genuine_is_drawn() -> None:
    few = Settings(keep_genuine=0.0001)
    learner = learnt(use("e1"), said("e1", START), claim("e1", START + DAY, fraud=False), settings=few)
    assert known(learner) == (0, 1)
    assert learner.lessons.counts.learnt_genuine == 1


def test_what_is_taken_back_is_unlabelled_again() -> None:
    back = said("e1", START + 2 * DAY, retracted=True, event_id="back")
    learner = learnt(use("e1"), said("e1", START + DAY), back)
    assert (known(learner), record(learner)) == ((0, 0), None)
    assert learner.lessons.counts.withdrawn == 1
    assert len(learner.lessons.judging) == 0


def test_labels_in_any_order_of_telling_come_to_the_same_terminals() -> None:
    uses = [use(f"e{number}", START + number * HOUR) for number in range(3)]
    labels: list[Label] = [claim("e0", START + 9 * DAY), claim("e1", START + 8 * DAY, fraud=False)]
    labels += [said("e2", START + 7 * DAY), said("e1", START + 6 * DAY)]
    found = [record(learnt(*uses, *order)) for order in permutations(labels)]
    assert found == [found[0]] * len(found)
    assert found[0] is not None
    assert (found[0].row, found[0].last_ms) == (1, uses[2].at_ms)


def test_of_genuine_uses_a_share_is_learnt_and_probabilities_are_corrected_for_it() -> None:
    learner = learnt(*(each for pair in month(days=60) for each in pair), settings=Settings(keep_genuine=0.2))
    frauds, genuine = known(learner)
    assert learner.lessons.counts.learnt_genuine == pytest.approx(0.2 * genuine, rel=0.2)
    assert learner.lessons.counts.learnt_frauds == frauds
    later = [judged for _, judged in learner.lessons.judging.dump()][-2000:]
    probabilities = [logistic(judged.score) for judged in later]
    assert fmean(probabilities) == pytest.approx(fmean(judged.fraud for judged in later), abs=0.03)


def test_a_use_that_comes_again_is_counted_and_changes_nothing() -> None:
    learner = learnt(use("e1"))
    before = deepcopy(learner.dump())
    assert learner.see(use("e1")) is None
    after = learner.dump()
    assert (before.customers, learner.counts.repeated) == (after.customers, 1)


@pytest.mark.parametrize("fields", [{"type": "deposit"}, {"customer": None}])
def test_uses_that_the_flow_does_not_score_are_none_of_its_business(fields: dict[str, str | None]) -> None:
    learner = Learner()
    assert learner.see(use("e1", **fields)) is None
    assert learner.counts.seen == 0


@pytest.mark.parametrize("cut", [1, 7, 300, 333])
def test_two_runs_learn_what_one_run_learns_to_the_last_bit(cut: int) -> None:
    settings = Settings(confirm_after=3 * DAY, keep_genuine=0.5, fading=0.99, most_judged=200)
    pairs = month(days=15, a_day=40)
    # Every third is never spoken of; a few are corrected.
    made: list[Transaction | Label] = []
    for number, (event, label) in enumerate(pairs):
        made.append(event)
        made += [label] if number % 3 else []
        made += [claim(event.event_id, label.at + DAY, fraud=not label.fraud)] if number % 50 == 1 else []
    whole, first = learnt(*made, settings=settings), learnt(*made[:cut], settings=settings)
    second = Learner.load(msgspec.msgpack.decode(msgspec.msgpack.encode(first.dump()), type=LearnerState))
    feed(second, made[cut:])
    at = START + 20 * DAY
    assert second.publish_model(at) == whole.publish_model(at)
    assert second.publish_terminals(at) == whole.publish_terminals(at)
    one, two = (msgspec.msgpack.encode(each.dump().lessons) for each in (whole, second))
    assert one == two


def test_publishing_at_a_refresh_changes_nothing_of_what_is_learnt_after() -> None:
    made = [each for pair in month(days=10) for each in pair]
    whole, daily = Learner(EVERYTHING), Learner(EVERYTHING)
    feed(whole, made)
    day = 0
    for event in made:
        if isinstance(event, Transaction) and event.at >= START + (day + 1) * DAY:
            day += 1
            daily.publish_terminals(START + day * DAY)
            if day > 4:
                daily.publish_model(START + day * DAY)
        feed(daily, [event])
    assert daily.publish_model(LATER) == whole.publish_model(LATER)


def test_a_table_must_not_know_its_own_time_and_must_know_something() -> None:
    learner = learnt(use("e1"))
    for at, told in [
        (START, "must not know its own time"),
        (START.replace(tzinfo=None), "write an offset"),
        (LATER, "0 frauds and 0 genuine uses were learnt"),
    ]:
        with pytest.raises(TableError, match=told):
            learner.publish_model(at)


def test_the_card_says_what_was_learnt_and_how_well_it_did() -> None:
    learner = learnt(*(each for pair in month(days=60) for each in pair))
    model = learner.publish_model(START + 63 * DAY)
    card = model.card
    counts = learner.lessons.counts
    assert (card.transactions, card.frauds, card.genuine) == (3600, counts.frauds, counts.genuine)
    assert card.learnt_from == START
    assert to_ms(card.learnt_until) == learner.dump().last_ms
    assert card.settings["keep_genuine"] == 1.0
    assert card.settings["remember_days"] == 90
    assert 0.8 < card.figures["auc"] <= 1
    assert card.figures["expected_calibration_error"] < 0.05
    assert card.figures["labels_frauds"] == counts.frauds
    assert sum(count for _, _, count in card.reliability) == pytest.approx(
        card.figures["labelled_scores"] / 2, abs=1
    )
    assert model.calibration


def test_the_version_is_of_what_the_model_says_and_not_of_its_time() -> None:
    learner = learnt(*(each for pair in month() for each in pair))
    one, other = learner.publish_model(LATER), learner.publish_model(LATER + DAY)
    assert one.effective_at < other.effective_at
    assert one.version == other.version


@pytest.mark.parametrize(
    ("settings", "weight"),
    [
        (Settings(keep_genuine=0.2, audit_share=0.5), 2 * 0.2),
        (Settings(keep_genuine=0.2, audit_share=0.5, confirm_after=80 * DAY), None),
        (Settings(keep_genuine=0.2, audit_share=0.5, alert_probability=0.9), 2 * 0.2),
        (Settings(keep_genuine=0.2), None),
    ],
)
def test_a_genuine_use_drawn_for_review_stands_for_those_that_nobody_reviewed(
    settings: Settings, weight: float | None
) -> None:
    drawn = next(
        name for name in map(str, range(100)) if audited(name, 0.5, 7) and not audited(name, 0.2, 17)
    )
    learner = learnt(use(drawn), said(drawn, START + HOUR, "genuine"), settings=settings)
    assert known(learner) == (0, 1)
    assert learner.lessons.counts.learnt_genuine == (weight is not None)
    # A first step of the intercept is half of its rate, times the weight.
    intercept, _ = learner.lessons.regression.weights()
    assert intercept == pytest.approx(log(0.2) - 0.01 * 0.5 * (weight or 0), abs=1e-6)


def test_drift_is_not_watched_while_the_first_model_learns() -> None:
    made = [each for pair in month(days=12) for each in pair]
    new, old = learnt(*made), learnt(*made, settings=Settings(keep_genuine=1.0, watch_after=HOUR))
    counted = [learner.lessons.drift.dump().uses for learner in (new, old)]
    assert counted[0] == 0 < counted[1]


def test_customers_are_bounded_and_counted() -> None:
    events = [use(f"e{number}", START + number * HOUR, customer=f"u{number}") for number in range(30)]
    learner = learnt(
        *events, use("last", START + 3 * DAY, customer="u0"), settings=Settings(most_customers=5)
    )
    assert len(learner.dump().customers) == 6
    assert learner.counts.customers_dropped > 0
