"""The judge of the detectors sees what was missed and what was wrong."""

from typing import Any

import pytest

from benchmarks.judging import Score, belongs, faults, missed, mistakes, outside, per_100_000, scores
from benchmarks.nights import Named, Replayed, Seen, Stream
from simulation.truth import Incident, Lookalike

BURST = Incident(
    id="truth-1",
    kind="burst",
    detector="burst",
    ring=None,
    at="2026-09-18T13:00:00.000Z",
    until="2026-09-18T13:09:00.000Z",
    event_ids=("b1", "b2"),
    cards=("card-1",),
    customers=("customer-1",),
)
RING = Incident(
    id="truth-2",
    kind="opened_together",
    detector="opened_together",
    ring="ring-1",
    at="2026-09-18T20:00:00.000Z",
    until="2026-09-18T22:00:00.000Z",
    event_ids=("r1", "r2"),
    cards=("card-2", "card-3", "card-4"),
    customers=("customer-2", "customer-3"),
)
FAMILY = Lookalike(
    id="truth-3",
    kind="family_opening",
    detector="opened_together",
    at=None,
    until=None,
    event_ids=("f1",),
    cards=("card-5", "card-6"),
    customers=("customer-5", "customer-6"),
)


def alert(detector: str, event_id: str, *, members: tuple[str, ...] = (), **fields: Any) -> Seen:
    given = {"id": f"{detector}-{event_id}", "at": "2026-09-18T21:00:00.000Z", "card": None, "reason": "so"}
    named = tuple(map(Named, members))
    return Seen(detector=detector, event_id=event_id, members=named, **given | fields)


def judged(*alerts: Seen) -> tuple[dict[str, Score], list[tuple[str, str, str]]]:
    stream = Replayed(stream=Stream(seed=9), transactions=50_000, truths=(BURST, RING, FAMILY), alerts=alerts)
    wrong = [(fault.what, fault.detector, fault.reason) for fault in faults([stream])]
    scored = scores([stream], ["burst", "impossible_travel", "opened_together"])
    assert len(missed(stream)) == sum(score.incidents - score.found for score in scored)
    assert len(outside(stream)) == sum(score.outside for score in scored)
    return {score.detector: score for score in scored}, wrong


def test_silence_misses_everything() -> None:
    scored, wrong = judged()
    assert (scored["burst"].recall, scored["opened_together"].recall) == (0.0, 0.0)
    assert scored["impossible_travel"].recall is None
    assert scored["burst"].precision is None
    assert [what for what, _, _ in wrong] == ["missed", "missed"]


def test_the_right_alerts_find_everything() -> None:
    scored, wrong = judged(
        alert("burst", "b2", card="card-1"),
        alert("opened_together", "r1", card="card-2", members=("card-2", "card-3")),
    )
    assert (scored["burst"].recall, scored["burst"].precision) == (1.0, 1.0)
    assert (scored["opened_together"].found, scored["opened_together"].cards_named) == (1, 2)
    assert wrong == []


def test_another_detector_does_not_find_an_incident_but_is_not_outside_either() -> None:
    scored, wrong = judged(alert("impossible_travel", "b1"))
    assert (scored["burst"].found, scored["impossible_travel"].outside) == (0, 0)
    assert ("missed", "burst", "burst truth-1") in wrong


def test_an_alert_about_nothing_is_outside() -> None:
    scored, wrong = judged(alert("burst", "b1"), alert("burst", "quiet"), alert("burst", "still"))
    assert scored["burst"].precision == pytest.approx(1 / 3)
    assert wrong.count(("outside", "burst", "so")) == 2


@pytest.mark.parametrize(
    ("at", "members", "expected"),
    [
        ("2026-09-18T21:00:00.000Z", ("card-9", "card-4"), True),
        ("2026-09-18T22:00:00.000Z", ("card-4",), True),
        ("2026-09-18T22:00:00.001Z", ("card-4",), False),
        ("2026-09-18T19:59:59.999Z", ("card-4",), False),
        ("2026-09-18T21:00:00.000Z", ("card-9",), False),
        ("2026-09-18T21:00:00.000Z", (), False),
    ],
)
def test_members_belong_to_an_incident_only_within_its_time(
    at: str, members: tuple[str, ...], expected: bool
) -> None:
    found = alert("opened_together", "elsewhere", at=at, card="card-4", members=members)
    assert belongs(found, RING) is expected


def test_a_lookalike_is_mistaken_by_its_own_detector_alone() -> None:
    assert mistakes(alert("opened_together", "elsewhere", members=("card-6", "card-9")), FAMILY)
    assert mistakes(alert("opened_together", "f1"), FAMILY)
    assert not mistakes(alert("burst", "f1"), FAMILY)
    scored, wrong = judged(alert("opened_together", "f1"), alert("burst", "f1"))
    assert scored["opened_together"].mistaken == 1
    assert ("mistaken", "opened_together", "family_opening truth-3") in wrong


def test_an_alert_on_a_ring_that_also_names_an_honest_card_mistakes_nobody() -> None:
    scored, _ = judged(alert("opened_together", "r1", members=("card-2", "card-5")))
    assert scored["opened_together"].mistaken == 0


def test_alerts_are_counted_against_the_transactions() -> None:
    stream = Replayed(
        stream=Stream(seed=9), transactions=50_000, truths=(), alerts=(alert("burst", "quiet"),)
    )
    assert per_100_000(stream, "burst") == 2.0
    assert per_100_000(stream, "impossible_travel") == 0.0
