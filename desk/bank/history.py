"""The port to what cards did: their transactions around a case, wherever the bank keeps them.

What a case rests on lies in its alerts; this is what happened around it, looked up when a page is opened
and kept nowhere. A page that cannot have it says so and shows the rest.
"""

# ruff: noqa: N818 - the names are what the desk says, and the tree shows that they are errors.

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol

import msgspec
from msgspec import Meta, Struct

from desk.bank.request import BankAwayError, BankRequest
from domain.card_numbers import SHORTEST_NUMBER, holds_card_number
from domain.event_fields import Balance, Currency, Last4, Latitude, Longitude, Minor, Token, Word
from domain.events import Channel, DeclineReason, Outcome, TransactionType
from domain.instants import iso

# More would be no page.
MOST_ENTRIES = 2_000


class HistoryAway(Exception):
    """The history cannot be had now; the message is fit for the page."""


class NoHistorySetUp(HistoryAway):
    """This installation is connected to no history."""


class HistoryEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One use of a card; `place`, `lat` and `lon` (degrees) are where, as far as it is known."""

    event_id: Token
    at_ms: Balance
    card: Token
    amount_minor: Minor
    currency: Currency
    type: TransactionType
    channel: Channel
    outcome: Outcome
    decline_reason: DeclineReason | None = None
    last4: Last4 | None = None
    place: Word = ""
    lat: Latitude | None = None
    lon: Longitude | None = None
    terminal: Token | None = None
    merchant: Token | None = None
    customer: Token | None = None


class CardHistory(Protocol):
    """What knows the transactions of cards."""

    def around(
        self, cards: Sequence[str], from_ms: int, to_ms: int, limit: int = MOST_ENTRIES
    ) -> tuple[HistoryEntry, ...]:
        """Give the uses of some cards from `from_ms` to `to_ms`, both included, in the order of time.

        Where there are more than `limit` it gives those nearest to the middle of that time. Raises
        HistoryAway.
        """


@dataclass(frozen=True)
class NoHistory:
    """The history of an installation that is connected to none."""

    def around(
        self, cards: Sequence[str], from_ms: int, to_ms: int, limit: int = MOST_ENTRIES
    ) -> tuple[HistoryEntry, ...]:
        raise NoHistorySetUp("no history of transactions is set up here; what alerts name is all there is")


class _Answer(Struct, frozen=True):
    entries: Annotated[tuple[HistoryEntry, ...], Meta(max_length=100_000)]


@dataclass(frozen=True, init=False)
class HttpHistory:
    """Asks a system of the bank, as `desk.bank.request` says.

    Sent: `{"cards": [...], "from": "2026-09-18T04:00:00.000Z", "to": ..., "limit": 2000}`. Expected:
    `{"entries": [{"event_id": ..., "at_ms": ..., ...}]}` with the fields of HistoryEntry; others are left
    alone. An answer that holds a card number instead of a token is refused whole.
    """

    _request: BankRequest

    def __init__(self, url: str, secret: bytes, clock: Callable[[], int], timeout_s: float = 3.0) -> None:
        """Ask at `url`. Raises BankAddressUnfitError."""
        object.__setattr__(self, "_request", BankRequest(url, secret, clock, timeout_s))

    def around(
        self, cards: Sequence[str], from_ms: int, to_ms: int, limit: int = MOST_ENTRIES
    ) -> tuple[HistoryEntry, ...]:
        if not cards:
            return ()
        asked = {"cards": list(cards), "from": iso(from_ms), "to": iso(to_ms), "limit": limit}
        try:
            answer = self._request.ask(msgspec.json.encode(asked))
            found = msgspec.json.decode(answer, type=_Answer).entries
        except BankAwayError as error:
            raise HistoryAway(f"the bank's history of transactions is away: {error}") from None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise HistoryAway(
                "the bank's history of transactions answered something else than entries"
            ) from None
        if any(names_card_number(entry) for entry in found):
            raise HistoryAway("the bank's history of transactions holds card numbers, which are not shown")
        known = frozenset(cards)
        return nearest(
            (entry for entry in found if entry.card in known and from_ms <= entry.at_ms <= to_ms),
            (from_ms, to_ms),
            limit,
        )


def names_card_number(entry: HistoryEntry) -> bool:
    """Tell whether a card number stands where a token should."""
    texts = (entry.event_id, entry.card, entry.customer, entry.merchant, entry.terminal, entry.place)
    return any([holds_card_number(text) for text in texts if text and len(text) >= SHORTEST_NUMBER])


def nearest(
    entries: Iterable[HistoryEntry], span_ms: tuple[int, int], limit: int
) -> tuple[HistoryEntry, ...]:
    """Give each event once, at most `limit` of them nearest to the middle of a span, in order of time."""
    once = {entry.event_id: entry for entry in entries}.values()
    twice_middle = sum(span_ms)
    kept = sorted(once, key=lambda entry: (abs(2 * entry.at_ms - twice_middle), entry.event_id))[:limit]
    return tuple(sorted(kept, key=lambda entry: (entry.at_ms, entry.event_id)))
