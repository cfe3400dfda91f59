"""What really happened, for those who judge detectors and for nobody else: never part of the stream."""

from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct

from domain.instants import iso
from simulation.night import Night
from simulation.stage import Plot
from simulation.wire import EventIds


class Incident(Struct, frozen=True, kw_only=True, tag_field="record", tag="incident"):
    """Something wrong that was planted, and the detector that must see it.

    `at` and `until` are the times (ISO 8601, UTC) of its first and last event. `event_ids` are all uses
    that take part, also those by which honest owners contradict a clone. `ring` is the ring's name, None
    for an incident that is none.
    """

    id: str
    kind: str
    detector: str
    ring: str | None
    at: str
    until: str
    event_ids: tuple[str, ...]
    cards: tuple[str, ...]
    customers: tuple[str, ...]


class Lookalike(Struct, frozen=True, kw_only=True, tag_field="record", tag="lookalike"):
    """Honest life that `detector` must not take for an incident; its events may lie before the stream."""

    id: str
    kind: str
    detector: str
    at: str | None
    until: str | None
    event_ids: tuple[str, ...]
    cards: tuple[str, ...]
    customers: tuple[str, ...]


def truths(night: Night) -> Iterator[Incident | Lookalike]:
    """Give the incidents and then the lookalikes, numbered in the order in which they were planned."""
    ids = EventIds(night.plan)
    uses, opened = night.uses, night.opened
    card = np.concatenate((uses["card"], opened))[night.arrivals]
    at_ms = np.concatenate((uses["at_ms"], night.people.opened_ms[opened]))[night.arrivals]
    part = np.concatenate((uses["part"], np.full(len(opened), -1)))[night.arrivals]
    opening = night.arrivals >= len(uses)
    rings = 0
    for number, (name, plot) in enumerate(night.plots.items(), start=1):
        mine = (part == name) | (opening & np.isin(card, plot.cards))
        times = at_ms[mine]
        at, until = (iso(int(times.min())), iso(int(times.max()))) if len(times) else (None, None)
        event_ids = tuple(ids[event] for event in np.flatnonzero(mine).tolist())
        cards, customers = _names(night, plot)
        if not plot.incident or at is None or until is None:
            yield Lookalike(
                id=f"truth-{number}",
                kind=plot.kind,
                detector=plot.detector,
                at=at,
                until=until,
                event_ids=event_ids,
                cards=cards,
                customers=customers,
            )
            continue
        rings += plot.is_ring
        yield Incident(
            id=f"truth-{number}",
            kind=plot.kind,
            detector=plot.detector,
            ring=f"ring-{rings}" if plot.is_ring else None,
            at=at,
            until=until,
            event_ids=event_ids,
            cards=cards,
            customers=customers,
        )


def truth_lines(night: Night) -> Iterator[bytes]:
    """Give the truth as lines of JSON, each with its newline."""
    for truth in truths(night):
        yield msgspec.json.encode(truth) + b"\n"


def _names(night: Night, plot: Plot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    people = night.people
    return (
        tuple(people.cards[card] for card in plot.cards.tolist()),
        tuple(people.customers[customer] for customer in plot.customers.tolist()),
    )
