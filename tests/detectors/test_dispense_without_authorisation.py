"""Notes against approvals: honest machines never fire, and of theft no note is lost from the sum."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from detectors.dispense_without_authorisation import DispenseWithoutAuthorisation
from detectors.examples import run
from domain.events import Event, Progress, Transaction
from domain.instants import from_ms
from domain.tables import Tables
from domain.telemetry import Counters
from tests.detectors.reports import report
from tests.detectors.streams import START_MS

NOTE_MINOR = 10_000
END_S = 7_200
# When notes are paid out (s), how many, from which of two cassettes.
PAYMENTS = st.lists(
    st.tuples(st.integers(10, END_S - 200), st.integers(1, 30), st.integers(1, 2)), max_size=20
).map(sorted)


def counted(at_s: int, unit: int, payments: list[tuple[int, int, int]]) -> Event:
    """Count a cassette as it is after the payments up to then."""
    notes = sum(paid for paid_s, paid, of in payments if of == unit and paid_s <= at_s)
    return report(
        START_MS + at_s * 1000,
        event_id=f"n{at_s}-{unit}",
        component="cassette",
        code="counted",
        edge="count",
        unit=unit,
        counters=Counters(dispensed=1_000 + notes, denomination_minor=NOTE_MINOR, load="l1"),
    )


def approved(at_s: int, notes: int, number: int) -> Event:
    at_ms = START_MS + at_s * 1000
    return Transaction(
        event_id=f"t{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card="c1",
        device="d1",
        amount_minor=notes * NOTE_MINOR,
        currency="CNY",
        channel="atm",
        type="withdrawal",
    )


def night(
    payments: list[tuple[int, int, int]], approvals: list[tuple[int, int]], every_s: int
) -> list[Event]:
    events = [counted(at_s, unit, payments) for at_s in range(0, END_S + 1, every_s) for unit in (1, 2)]
    events += [approved(at_s, notes, number) for number, (at_s, notes) in enumerate(approvals)]
    end_ms = START_MS + 10 * END_S * 1000
    return [*sorted(events, key=lambda event: event.at_ms), Progress(at=from_ms(end_ms), at_ms=end_ms)]


def missing(events: list[Event], **parameters: Any) -> int:
    made = DispenseWithoutAuthorisation(tolerance_notes=0, pause=timedelta(milliseconds=1), **parameters)
    return sum(fired.finding.exposure_minor for fired in run(made, events, Tables()))


@given(
    payments=PAYMENTS,
    early=st.lists(st.integers(-55, 55), min_size=20, max_size=20),
    every_s=st.sampled_from((30, 300, 1800)),
)
def test_what_was_approved_within_the_slack_never_fires(
    payments: list[tuple[int, int, int]], early: list[int], every_s: int
) -> None:
    approvals = [
        (max(0, at_s - before), notes) for (at_s, notes, _), before in zip(payments, early, strict=False)
    ]
    assert missing(night(payments, approvals, every_s)) == 0


@given(payments=PAYMENTS, every_s=st.sampled_from((30, 300, 1800)))
def test_of_what_nobody_approved_every_note_is_told_of(
    payments: list[tuple[int, int, int]], every_s: int
) -> None:
    assert missing(night(payments, [], every_s)) == sum(notes for _, notes, _ in payments) * NOTE_MINOR


@given(payments=PAYMENTS, stolen=PAYMENTS, every_s=st.sampled_from((300, 1800)))
def test_honest_use_beside_it_hides_no_theft(
    payments: list[tuple[int, int, int]], stolen: list[tuple[int, int, int]], every_s: int
) -> None:
    approvals = [(at_s, notes) for at_s, notes, _ in payments]
    events = night(sorted([*payments, *stolen]), approvals, every_s)
    assert missing(events) == sum(notes for _, notes, _ in stolen) * NOTE_MINOR
