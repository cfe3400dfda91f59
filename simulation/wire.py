"""The stream as lines of JSON, one event a line, in the order they arrive."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import numpy as np

from domain.events import CardIssued, Transaction
from domain.instants import EPOCH
from simulation import uses as code
from simulation.amounts import local_money
from simulation.hours import LOCAL
from simulation.network import NO_BRANCH
from simulation.night import Night
from simulation.plan import Plan, Step
from simulation.tokens import Tokens
from simulation.uses import CHANNELS, ENTRIES, NONE, REFUSALS, TYPES, Ints

_LOCAL_EPOCH = EPOCH.astimezone(LOCAL)
_MONEY_IN = (code.DEPOSIT, code.TRANSFER_IN, code.REFUND, code.REVERSAL)
# Median of what is left on an account at its lowest, in fen.
_CUSHION_FEN = 1_200_000
_CHUNK = 4_096


class _Use(NamedTuple):
    """One row of the uses, by name."""

    at_ms: int
    span_ms: int
    customer: int
    card: int
    terminal: int
    party: int
    fen: int
    type: int
    channel: int
    entry: int
    refusal: int
    part: int


class EventIds:
    """The ids of a stream's events by their number in the order they arrive, from 0."""

    def __init__(self, plan: Plan) -> None:
        """Draw what the ids of this plan begin with: streams of different seeds or starts share none."""
        self._prefix = Tokens(plan.random(Step.EVENT_IDS), "ev")[plan.start_ms % 2**32]

    def __getitem__(self, number: int) -> str:
        """Give the id of one event."""
        return f"{self._prefix}-{number + 1:08d}"


def event_lines(night: Night) -> Iterator[bytes]:
    """Give the stream in pieces of many lines, each line with its newline."""
    encoder = msgspec.json.Encoder()
    ids, left_fen, rows = EventIds(night.plan), balances(night), night.uses
    for start in range(0, len(night.arrivals), _CHUNK):
        events = night.arrivals[start : start + _CHUNK]
        uses = map(_Use._make, rows[events[events < len(rows)]].tolist())
        chunk: list[Transaction | CardIssued] = []
        for number, event in enumerate(events.tolist(), start):
            if event < len(rows):
                chunk.append(_transaction(night, ids[number], next(uses), int(left_fen[event])))
            else:
                chunk.append(_card_issued(night, ids[number], int(night.opened[event - len(rows)])))
        yield encoder.encode_lines(chunk)


def balances(night: Night) -> Ints:
    """Give what is left on the account behind the card after each use, in fen; it never falls below 0."""
    rows = night.uses
    sign = np.where(np.isin(rows["type"], _MONEY_IN), 1, -1)
    change = np.where(rows["refusal"] == 0, sign * rows["fen"], 0)
    # Uses at the very same moment count in the order they arrive.
    arrival = np.argsort(night.arrivals)[: len(rows)]
    order = np.lexsort((arrival, rows["at_ms"], rows["card"]))
    card, running = rows["card"][order], np.cumsum(change[order])
    first = np.searchsorted(card, np.arange(len(night.people.cards)))
    before = np.concatenate(([0], running))[first]
    running -= before[card]
    lowest = np.zeros(len(night.people.cards), dtype=np.int64)
    np.minimum.at(lowest, card, running)
    rng = night.plan.random(Step.BALANCES)
    cushion = np.round(_CUSHION_FEN * np.exp(rng.standard_normal(len(lowest)))).astype(np.int64)
    left = np.empty(len(rows), dtype=np.int64)
    left[order] = running + (cushion - lowest)[card]
    return left


def _at(at_ms: int, zone: datetime = _LOCAL_EPOCH) -> datetime:
    return zone + timedelta(milliseconds=at_ms)


def _transaction(night: Night, event_id: str, use: _Use, left_fen: int) -> Transaction:
    network, parties = night.network, night.parties
    present, remote = use.terminal != NONE, use.channel in (code.ECOM, code.MOTO)
    # Payment gateways stamp in UTC, everyone else in local time.
    zone = EPOCH if remote else _LOCAL_EPOCH
    place = network.places[use.terminal] if present else None
    amount, currency = local_money(place.country if place else None, use.fen, use.channel == code.ATM)
    fields: dict[str, Any] = {}
    if present:
        fields["terminal"], fields["place"] = network.terminals[use.terminal], place
        fields["mcc"] = network.mcc[use.terminal]
        if use.channel == code.POS:
            fields["merchant"] = network.merchants[use.terminal]
    elif remote:
        fields["merchant"], fields["mcc"] = parties.tokens[use.party], parties.mcc(use.party)
    elif use.party != NONE:
        fields["counterparty"] = parties.tokens[use.party]
    # Only the bank's own machines, counters and telephones know whose card it is.
    if use.channel == code.MOBILE or (present and network.branch[use.terminal] != NO_BRANCH):
        fields["customer"] = night.people.customers[use.customer]
    if use.span_ms:
        fields["ended_at"] = _at(use.at_ms + use.span_ms, zone)
    if use.refusal:
        fields["outcome"], fields["decline_reason"] = "declined", REFUSALS[use.refusal]
    elif currency == "CNY":
        fields["balance_after_minor"] = left_fen
    return Transaction(
        event_id=event_id,
        at=_at(use.at_ms, zone),
        card=night.people.cards[use.card],
        amount_minor=amount,
        currency=currency,
        channel=CHANNELS[use.channel],
        type=TYPES[use.type],
        entry=ENTRIES[use.entry],
        **fields,
    )


def _card_issued(night: Night, event_id: str, card: int) -> CardIssued:
    people, branches = night.people, night.network.branches
    branch = int(people.opened_at[card])
    return CardIssued(
        event_id=event_id,
        at=_at(int(people.opened_ms[card])),
        card=people.cards[card],
        customer=people.customers[people.card_customer[card]],
        branch=branches.tokens[branch],
        place=branches.places[branch],
        officer=branches.officers[branch][people.officer[card]],
    )
