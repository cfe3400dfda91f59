"""Simulated nights as alerts and episodes: the product's rules on incidents whose truth is on record.

Each night goes through the product's own commands (benchmarks/nights.py). A party is a customer; an alert
that names several cards is one about each of their customers, and its exposure is shared out evenly among
them. A customer's episode are the approved uses that take money off one of their cards within one
incident, the uses included by which honest owners contradict a clone; it ends with the last. Amounts of
different currencies are put on one scale by powers of ten, as the learned score does.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

from benchmarks.nights import Stream, replayed
from benchmarks.ranking.calls import HOUR_MS, Alert, Episode, Truth
from benchmarks.ranking.figures import Span
from connectors.alert_file import read_alert_file
from domain.events import MONEY_OUT
from domain.findings import Member, Severity
from domain.instants import to_ms
from domain.money import dollar_minor
from simulation.truth import Incident

# Seeds that no other benchmark has: nights to learn from, and those that are judged.
PAST_SEEDS, FIRST_JUDGED_SEED = range(401, 405), 411
CURRENCY = "CNY"
# The queue is worked on for so long after the night is over.
_AFTER_MS = 2 * HOUR_MS


class Told(Struct, frozen=True, kw_only=True):
    """What an alert record says."""

    at: datetime
    detector: str
    severity: str
    probability: float
    exposure_minor: int
    currency: str
    card: str | None
    customer: str | None
    members: tuple[Member, ...]


class Paid(Struct, frozen=True, kw_only=True):
    """What is needed of a line of the stream."""

    event_id: str
    at: datetime
    card: str
    currency: str = ""
    amount_minor: int = 0
    type: str = "purchase"
    outcome: str = "approved"


class Held(Struct, frozen=True, kw_only=True):
    """Whose a card is, of a line of reference data."""

    record: str
    id: str = ""
    customer: str = ""


def measured(seeds: Iterable[int]) -> list[Span]:
    """Simulate and replay nights, each in a temporary folder of its own."""
    spans = []
    for seed in seeds:
        with TemporaryDirectory(prefix="riskdesk-ranking-") as folder:
            spans.append(_night(Stream(seed=seed), Path(folder)))
    return spans


def _night(stream: Stream, folder: Path) -> Span:
    incidents = replayed(stream, folder).incidents
    told = msgspec.convert(list(read_alert_file(folder / "alerts.jsonl")), list[Told])
    paid = msgspec.json.Decoder(Paid).decode_lines(_transactions(folder / "events.jsonl"))
    held = msgspec.json.Decoder(Held).decode_lines((folder / "bank.jsonl").read_bytes())
    holders = {each.id: each.customer for each in held if each.record == "card"}
    alerts = sorted(alert for each in told for alert in alerts_of(each))
    times = [to_ms(each.at) for each in paid]
    truth = Truth(_not_overlapping(episodes_of(incidents, {each.event_id: each for each in paid}, holders)))
    return Span(alerts, truth, min(times), max(times) + _AFTER_MS)


def alerts_of(told: Told) -> Iterator[Alert]:
    """Give an alert for each customer that an alert record names."""
    named = {member.customer or member.card for member in told.members}
    cards = {member.card for member in told.members}
    if told.customer or told.card:
        named.add(told.customer or told.card or "")
        cards.add(told.card or "")
    joint_minor = _comparable(told.exposure_minor, told.currency)
    for party in named:
        yield Alert(
            at_ms=to_ms(told.at),
            party=party,
            detector=told.detector,
            severity=Severity[told.severity.upper()],
            probability=told.probability,
            exposure_minor=joint_minor // len(named),
            joint_minor=joint_minor,
            people=len(named),
            cards=len(cards),
        )


def episodes_of(
    incidents: Sequence[Incident], paid: Mapping[str, Paid], holders: Mapping[str, str]
) -> Iterator[Episode]:
    """Give the episode of each customer whose money goes in an incident."""
    for incident in incidents:
        losses: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
        for each in filter(None, map(paid.get, incident.event_ids)):
            if each.type in MONEY_OUT and each.outcome == "approved":
                loss = to_ms(each.at), _comparable(each.amount_minor, each.currency)
                losses[holders.get(each.card, each.card)].append(loss)
        for customer, of_customer in losses.items():
            first, *later = sorted(of_customer)
            yield Episode(customer, first[0], (later[-1] if later else first)[0] + 1, tuple(later))


def _not_overlapping(episodes: Iterable[Episode]) -> Iterator[Episode]:
    """Join episodes of a customer that overlap: one call stops both."""
    last: Episode | None = None
    for episode in sorted(episodes):
        if last is not None and last.party == episode.party and episode.first_ms < last.until_ms:
            losses = (*last.losses, *episode.losses)
            last = Episode(
                last.party, last.first_ms, max(last.until_ms, episode.until_ms), tuple(sorted(losses))
            )
            continue
        if last is not None:
            yield last
        last = episode
    if last is not None:
        yield last


def _comparable(minor: int, currency: str) -> int:
    """Put an amount into minor units of about the size of the bank's currency."""
    return minor * dollar_minor(CURRENCY) // dollar_minor(currency) if currency else minor


def _transactions(path: Path) -> bytes:
    return b"".join(line for line in path.open("rb") if b'"kind":"transaction"' in line)
