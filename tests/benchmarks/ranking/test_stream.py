"""Scores of the stream become alerts, and its frauds episodes; nights do so with the truth on record."""

from datetime import UTC, datetime

from benchmarks.handbook.scored import Scored
from benchmarks.handbook.uses import DAY_MS, Use
from benchmarks.ranking.nights import Paid, Told, _not_overlapping
from benchmarks.ranking.nights import alerts_of as alerts_of_record
from benchmarks.ranking.nights import episodes_of as episodes_of_incidents
from benchmarks.ranking.stream import alerts_of, episodes_of
from domain.events import Transaction
from domain.findings import Member, Severity
from domain.instants import from_ms
from simulation.truth import Incident

AT = datetime(2026, 9, 18, 12, tzinfo=UTC)


def scored(*rows: tuple[float, str, int, bool, float]) -> Scored:
    found = Scored(0)
    for day, customer, amount_minor, fraud, probability in rows:
        at_ms = round(day * DAY_MS)
        event = Transaction(
            event_id=f"{customer}-{at_ms}",
            at=from_ms(at_ms),
            card=customer,
            customer=customer,
            amount_minor=amount_minor,
            currency="EUR",
            channel="pos",
            at_ms=at_ms,
        )
        found.add(Use(event, fraud), probability * 10, probability)
    return found


def test_uses_of_enough_probability_are_alerts_with_their_amount_exposed() -> None:
    alerts = alerts_of(scored((1, "a", 500, False, 0.009), (2, "b", 700, True, 0.01)), 0.01)
    [alert] = alerts
    assert (alert.at_ms, alert.party, alert.exposure_minor) == (2 * DAY_MS, "b", 700)
    assert alert.severity is Severity.MEDIUM


def test_frauds_within_a_week_of_the_first_are_one_episode_and_the_first_is_lost_anyway() -> None:
    rows = [(day, "a", 100 + day, True, 0.5) for day in (1, 2, 7, 8, 9)]
    episodes = episodes_of(scored(*rows, (9.5, "a", 1, False, 0.5)))
    assert [(one.first_ms // DAY_MS, one.until_ms // DAY_MS) for one in episodes] == [(1, 8), (8, 15)]
    assert [[minor for _, minor in one.losses] for one in episodes] == [[102, 107], [109]]


def told(**changes: object) -> Told:
    fields = {
        "at": AT,
        "detector": "opened_together",
        "severity": "high",
        "probability": 0.7,
        "exposure_minor": 600,
        "currency": "CNY",
        "card": "card-1",
        "customer": "ann",
        "members": (),
        **changes,
    }
    return Told(**fields)  # type: ignore[arg-type]


def test_an_alert_about_several_is_one_for_each_of_them_with_its_share() -> None:
    members = tuple(
        Member(card=card, customer=customer)
        for card, customer in (("card-1", "ann"), ("card-2", "ann"), ("card-3", "bob"), ("card-4", None))
    )
    alerts = {alert.party: alert for alert in alerts_of_record(told(members=members))}
    assert set(alerts) == {"ann", "bob", "card-4"}
    assert {(one.exposure_minor, one.joint_minor, one.people, one.cards) for one in alerts.values()} == {
        (200, 600, 3, 4)
    }


def test_an_alert_about_one_card_is_about_its_customer() -> None:
    [alert] = alerts_of_record(told(currency="JPY", exposure_minor=90))
    assert (alert.party, alert.people, alert.cards) == ("ann", 1, 1)
    assert alert.joint_minor == 900  # a hundred minor units to a dollar instead of a thousand


def paid_at(hour: int, event_id: str, card: str, minor: int, **changes: str) -> Paid:
    at = AT.replace(hour=hour)
    return Paid(event_id=event_id, at=at, card=card, currency="CNY", amount_minor=minor, **changes)


def test_an_incident_robs_each_customer_whose_money_goes() -> None:
    paid = [
        paid_at(12, "1", "card-1", 10, type="withdrawal"),
        paid_at(13, "2", "card-2", 20),
        paid_at(14, "3", "card-1", 30, outcome="declined"),
        paid_at(14, "4", "card-1", 40, type="deposit"),
        paid_at(15, "5", "card-3", 50),
    ]
    incident = Incident(
        id="i", kind="k", detector="burst", ring=None, at="", until="",
        event_ids=("1", "2", "3", "4", "5", "gone"), cards=(), customers=(),
    )  # fmt: skip
    holders = {"card-1": "ann", "card-2": "ann", "card-3": "bob"}
    found = list(episodes_of_incidents([incident], {one.event_id: one for one in paid}, holders))
    assert [(one.party, [minor for _, minor in one.losses]) for one in found] == [("ann", [20]), ("bob", [])]
    ann = found[0]
    assert ann.until_ms - ann.first_ms == 3_600_001
    # Of two at once one call stops both; what the second would have begun with can be saved as well.
    later = ann._replace(first_ms=ann.first_ms + 1, until_ms=ann.until_ms + 5, losses=((ann.until_ms, 5),))
    [joined] = _not_overlapping([later, ann])
    assert (joined.first_ms, joined.until_ms) == (ann.first_ms, ann.until_ms + 5)
    assert [minor for _, minor in joined.losses] == [20, 5]
