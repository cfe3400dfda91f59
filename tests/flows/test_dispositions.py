"""What the desk found out runs in beside the transactions: read, counted, and nothing else changes."""

import orjson
import pytest

from cases.case import Outcome
from cases.store import open_store
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from domain.events import Disposition
from domain.instants import from_ms
from tests.cases.closed import close, closed_case, reopen
from tests.cases.made import HOUR_MS, NOON_MS, alert
from tests.flows.made import START_MS, Bank, Counting, NoticingSilence, batches_of, plan_of, use
from tests.flows.running import NIGHT, PROFILE, lines_in

EXPECTED = NIGHT / "alerts.jsonl"
ANY_TIME = TimeBounds(0, 2**42, 0)


@pytest.fixture
def exported(riskdesk, tmp_path):
    """What a desk found out: a case of two alerts closed, one reopened and closed again."""
    url = f"sqlite:///{tmp_path}/desk.sqlite"
    with open_store(url) as store:
        closed_case(store, [alert("a", "c1", "u1"), alert("b", "c1", "u1", at_ms=1)])
        again = closed_case(store, [alert("c", "c2", "u2")], at_ms=NOON_MS + HOUR_MS)
        reopen(store, again, NOON_MS + 2 * HOUR_MS)
        close(store, again, Outcome.CONFIRMED_FRAUD, NOON_MS + 3 * HOUR_MS)
    path = tmp_path / "dispositions.jsonl"
    command = ("feedback", "export", "--since", "2026-03-01T00:00:00Z", "--store", url, "-o", path)
    riskdesk(*command).finish()
    before = path.read_bytes()
    riskdesk(*command).finish()
    assert path.read_bytes() == before
    return path


def test_the_codec_reads_what_was_exported_in_the_order_in_which_it_became_known(exported):
    events, rejected = Codec(ANY_TIME).decode(Block("d", 0, exported.read_bytes()))
    assert rejected == []
    assert [type(event) for event in events] == [Disposition] * 5
    assert [event.at_ms - NOON_MS for event in events] == [0, 0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    assert [(event.outcome, event.retracted) for event in events[2:]] == [
        ("genuine", False),
        ("genuine", True),
        ("confirmed_fraud", False),
    ]


@pytest.mark.slow
def test_a_replay_with_the_file_beside_the_night_gives_the_same_alerts(
    riskdesk, store, tmp_path, night, exported
):
    alerts = tmp_path / "alerts.jsonl"
    command = riskdesk("replay", PROFILE, night, exported, "--store", store, "--alerts", alerts, "--json")
    command.finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()
    counts = orjson.loads(command.out)
    assert counts["events"] == lines_in(night) + lines_in(exported)
    assert (counts["rejected"], counts["repeats"], counts["errors"]) == (0, 0, 0)


@pytest.mark.slow
def test_a_replay_with_dispositions_among_the_transactions_gives_the_same_alerts(
    riskdesk, store, tmp_path, night, exported
):
    mixed = tmp_path / "mixed.jsonl"
    lines = night.read_bytes().splitlines(keepends=True)
    half = len(lines) // 2
    mixed.write_bytes(b"".join([*lines[:half], exported.read_bytes(), *lines[half:]]))
    alerts = tmp_path / "alerts.jsonl"
    riskdesk("replay", PROFILE, mixed, "--store", store, "--alerts", alerts).finish()
    assert alerts.read_bytes() == EXPECTED.read_bytes()


def told(minute: float, card: str = "k") -> Disposition:
    at_ms = START_MS + round(minute * 60_000)
    return Disposition(
        event_id="d1",
        at=from_ms(at_ms),
        at_ms=at_ms,
        case="C1",
        outcome="genuine",
        alert="a1",
        alert_at=from_ms(START_MS),
        detector="burst",
        scope="card",
        key=card,
        card=card,
    )


def test_no_batch_holds_a_disposition_that_no_detector_reads():
    plans = (plan_of(Counting(), own_log=True), plan_of(NoticingSilence()))
    routed = batches_of(plans, "p", [use("e1", 0), told(1), use("e2", 2)], False)
    assert {event.event_id for _, batch in routed for event in batch.events} == {"e1", "e2"}


def test_a_disposition_tells_that_time_has_passed():
    bank = Bank(plan_of(NoticingSilence()))
    bank.read(("p", [use("e1", 0)], False), ("p", [told(11, "other")], False))
    assert [said[0] for each in bank.told.values() for said in each] == ["NoticingSilence"]
