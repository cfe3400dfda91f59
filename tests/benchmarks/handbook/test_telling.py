"""Nothing is told before its time, and under feedback nothing that nobody asked."""

from datetime import timedelta

from benchmarks.handbook.telling import Claims, Desk, telling
from benchmarks.handbook.uses import DAY_MS, Use
from domain.events import Chargeback, Disposition, Transaction
from domain.instants import from_ms

WEEK_MS = 7 * DAY_MS


def use(at_ms: int, card: str, *, fraud: bool = False) -> Use:
    event = Transaction(
        event_id=f"{card}-{at_ms}",
        at=from_ms(at_ms),
        card=card,
        customer=card,
        terminal="t",
        amount_minor=1000,
        currency="EUR",
        channel="pos",
        at_ms=at_ms,
    )
    return Use(event, fraud)


def said(labels: list[tuple[int, Chargeback | Disposition]]) -> dict[str | None, str]:
    return {label.trigger: label.outcome for _, label in labels if isinstance(label, Disposition)}


def test_a_claim_is_known_to_the_millisecond_a_week_after_its_use() -> None:
    claims = Claims()
    claims.add(use(DAY_MS, "a", fraud=True), None)
    claims.add(use(DAY_MS + 5, "b"), None)
    assert list(claims.known(DAY_MS + WEEK_MS - 1)) == []
    [(known_ms, label)] = claims.known(DAY_MS + WEEK_MS)
    assert known_ms == DAY_MS + WEEK_MS
    assert isinstance(label, Chargeback)
    assert (label.about, label.fraud, label.terminal) == (f"a-{DAY_MS}", True, "t")
    assert label.at - label.transaction_at == timedelta(days=7)
    [(_, honest)] = claims.known(DAY_MS + WEEK_MS + 5)
    assert isinstance(honest, Chargeback)
    assert not honest.fraud


def test_claims_of_the_first_days_alone_end_there() -> None:
    claims = Claims(days=2)
    for day in (3, 4, 5):
        claims.add(use(day * DAY_MS, "a"), None)
    assert len(list(claims.known(99 * DAY_MS))) == 2


def test_the_desk_knows_at_noon_of_the_next_day_about_all_uses_of_the_cards_it_called() -> None:
    desk = Desk(alerts_a_day=1, audit_cards=0)
    uses = {"low": (0.1, False), "high": (0.9, True), "middle": (0.5, True)}
    for number, (card, (score, fraud)) in enumerate(uses.items()):
        desk.add(use(10 * DAY_MS + number, card, fraud=fraud), score)
    desk.add(use(10 * DAY_MS + 7, "high"), 0.2)
    noon_ms = 11 * DAY_MS + DAY_MS // 2
    assert list(desk.known(noon_ms - 1)) == []
    assert said(list(desk.known(noon_ms))) == {
        f"high-{10 * DAY_MS + 1}": "confirmed_fraud",
        f"high-{10 * DAY_MS + 7}": "genuine",
    }
    assert (desk.called, desk.confirmed) == (1, 1)


def test_a_confirmed_card_is_not_called_again_for_a_week_and_a_genuine_one_is() -> None:
    desk = Desk(alerts_a_day=2, audit_cards=0)
    asked: dict[str, list[int]] = {"bad": [], "good": []}
    for day in range(10, 21):
        desk.add(use(day * DAY_MS, "bad", fraud=True), 0.9)
        desk.add(use(day * DAY_MS, "good"), 0.8)
        for known_ms, label in desk.known((day + 1) * DAY_MS):
            assert isinstance(label, Disposition)
            asked[label.key].append(known_ms // DAY_MS - 1)
    assert asked == {"bad": [10, 18], "good": list(range(10, 20))}


def test_the_audit_draws_others_by_lot_and_always_the_same() -> None:
    def called() -> set[str | None]:
        desk = Desk(alerts_a_day=3, audit_cards=4)
        for number in range(40):
            desk.add(use(10 * DAY_MS + number, f"card-{number:02}"), number / 40)
        return {label.key for _, label in desk.known(12 * DAY_MS) if isinstance(label, Disposition)}

    found = called()
    assert {"card-39", "card-38", "card-37"} < found
    assert len(found) == 7
    assert called() == found


def test_nobody_is_called_before_there_are_scores() -> None:
    desk = Desk(alerts_a_day=3, audit_cards=4)
    desk.add(use(10 * DAY_MS, "a", fraud=True), None)
    assert list(desk.known(20 * DAY_MS)) == []


def test_sources_are_told_together_in_the_order_of_what_was_known_when() -> None:
    told = telling("both", alerts_a_day=1, audit_cards=0, claims_days=0)
    for day in range(10, 20):
        told.add(use(day * DAY_MS, "a"), 0.5)
    labels = told.known(20 * DAY_MS)
    assert [label.at_ms for label in labels] == sorted(label.at_ms for label in labels)
    assert {type(label) for label in labels} == {Chargeback, Disposition}
    assert {type(label) for label in with_feedback_alone()} == {Disposition}


def with_feedback_alone() -> list[Chargeback | Disposition]:
    told = telling("feedback", alerts_a_day=1, audit_cards=0, claims_days=0)
    for day in range(10, 20):
        told.add(use(day * DAY_MS, "a"), 0.5)
    return told.known(30 * DAY_MS)
