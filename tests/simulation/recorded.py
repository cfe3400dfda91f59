"""A simulated stream, read from its lines like a stranger would."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec

from domain.events import CardIssued, Transaction
from domain.instants import to_ms
from domain.reference import Branch, Card, Customer, Record, Terminal
from simulation.incidents import USUAL_INCIDENTS
from simulation.night import simulate
from simulation.plan import Plan
from simulation.reference import reference_records
from simulation.truth import Incident, Lookalike, truth_lines
from simulation.wire import event_lines

START = datetime.fromisoformat("2026-09-18T12:00:00+08:00")
EVENTS = msgspec.json.Decoder(Transaction | CardIssued)
TRUTHS = msgspec.json.Decoder(Incident | Lookalike)


@dataclass(frozen=True)
class Recorded:
    """A stream as its files hold it."""

    plan: Plan
    stream: bytes
    truth_file: bytes
    records: tuple[Record, ...]

    @cached_property
    def events(self) -> list[Transaction | CardIssued]:
        return EVENTS.decode_lines(self.stream)

    @cached_property
    def uses(self) -> list[Transaction]:
        return [event for event in self.events if isinstance(event, Transaction)]

    @cached_property
    def by_id(self) -> dict[str, Transaction | CardIssued]:
        return {event.event_id: event for event in self.events}

    @cached_property
    def truths(self) -> list[Incident | Lookalike]:
        return TRUTHS.decode_lines(self.truth_file)

    @cached_property
    def cards(self) -> dict[str, Card]:
        return {record.id: record for record in self.records if isinstance(record, Card)}

    @cached_property
    def customers(self) -> dict[str, Customer]:
        return {record.id: record for record in self.records if isinstance(record, Customer)}

    @cached_property
    def terminals(self) -> dict[str, Terminal]:
        return {record.id: record for record in self.records if isinstance(record, Terminal)}

    @cached_property
    def branches(self) -> dict[str, Branch]:
        return {record.id: record for record in self.records if isinstance(record, Branch)}

    def of_kind(self, kind: str) -> list[Incident | Lookalike]:
        return [truth for truth in self.truths if truth.kind == kind]

    def uses_of(self, truth: Incident | Lookalike) -> list[Transaction]:
        found = [self.by_id[event_id] for event_id in truth.event_ids]
        return sorted(
            (event for event in found if isinstance(event, Transaction)), key=lambda use: to_ms(use.at)
        )


USUAL_PLAN = Plan(
    seed=1,
    customers=600,
    start_ms=to_ms(START),
    hours=20.0,
    events=2_500,
    incidents={plot.kind: count for plot, count in USUAL_INCIDENTS.items()},
)


def recorded(plan: Plan) -> Recorded:
    night = simulate(plan)
    return Recorded(
        plan, b"".join(event_lines(night)), b"".join(truth_lines(night)), tuple(reference_records(night))
    )
