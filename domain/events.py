"""The events that run in: frozen structs that the codec decodes and checks in one pass.

Times on the wire are ISO 8601 with an offset; money is an integer of minor units with its ISO 4217
code beside it; cards, customers and terminals are opaque tokens. Unknown fields are refused here, so that
decoding tells of each; the codec then takes the event without them, counts them and refuses card secrets.
"""

from math import floor
from typing import Literal

from msgspec import Struct

from domain.event_fields import (
    Balance,
    Country,
    Currency,
    ErrorKm,
    Instant,
    Last4,
    Latitude,
    Longitude,
    Mcc,
    Minor,
    ScopeKey,
    Token,
    Word,
)
from domain.telemetry import Telemetry

TransactionType = Literal[
    "purchase",
    "withdrawal",
    "deposit",
    "transfer_in",
    "transfer_out",
    "refund",
    "reversal",
    "balance_inquiry",
]
Channel = Literal["pos", "atm", "ecom", "moto", "mobile", "counter"]
Entry = Literal["chip", "contactless", "magstripe", "manual", "token", "none"]
Outcome = Literal["approved", "declined"]
DeclineReason = Literal["wrong_pin", "insufficient_funds", "over_limit", "stolen", "expired", "other"]
Tier = Literal["standard", "premium", "private"]
CaseOutcome = Literal[
    "confirmed_fraud", "genuine", "unreachable", "device_resolved", "false_alarm", "duplicate"
]

# What the desk's outcomes say of the event that an alert fired on; that nobody could be reached, or that two
# cases were one, says nothing.
SAYS_FRAUD: dict[str, bool] = {"confirmed_fraud": True, "genuine": False, "false_alarm": False}

# Only these channels put the card itself at a place.
CARD_PRESENT: frozenset[str] = frozenset({"pos", "atm", "counter"})
# What takes money off a card.
MONEY_OUT: frozenset[str] = frozenset({"purchase", "withdrawal", "transfer_out"})

# Squares of places: how many to a degree, and how inexact a place may be to lie in one.
_CELLS_A_DEGREE, _CELL_KM = 50, 2.0


class Place(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A point on the globe in degrees, with the radius in km inside which the truth lies."""

    lat: Latitude
    lon: Longitude
    city: Word = ""
    country: Country | None = None
    error_km: ErrorKm = 0.0


class Issued(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Where and when a card was opened; `place` is the branch's, where it is on record."""

    branch: Token
    at: Instant
    place: Place | None = None


class Transaction(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="transaction",
):
    """One use of a card, approved or declined; `reverses` is the event id of what it takes back.

    `tier` to `branch` come from reference data, joined once behind the codec; `at_ms` (milliseconds
    since 1970) is derived from `at` by the codec, so that no detector does calendar arithmetic.
    """

    event_id: Token
    at: Instant
    card: Token
    amount_minor: Minor
    currency: Currency
    channel: Channel
    type: TransactionType = "purchase"
    outcome: Outcome = "approved"
    decline_reason: DeclineReason | None = None
    entry: Entry = "none"
    customer: Token | None = None
    last4: Last4 | None = None
    merchant: Token | None = None
    mcc: Mcc | None = None
    terminal: Token | None = None
    counterparty: Token | None = None
    place: Place | None = None
    balance_after_minor: Balance | None = None
    ended_at: Instant | None = None
    ingested_at: Instant | None = None
    tier: Tier | None = None
    issued: Issued | None = None
    issuance: Token | None = None
    device: Token | None = None
    branch: Token | None = None
    reverses: Token | None = None
    at_ms: Balance = 0

    @property
    def cell(self) -> str | None:
        """Name the square of a fiftieth of a degree (about 2 km) that a card was used in.

        None for places that nobody knows so exactly, and where the card itself was not there.
        """
        place = self.place
        if place is None or place.error_km > _CELL_KM or self.channel not in CARD_PRESENT:
            return None
        return f"{floor(place.lat * _CELLS_A_DEGREE)}:{floor(place.lon * _CELLS_A_DEGREE)}"


class CardIssued(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="card_issued",
):
    """A card was opened for a customer at a branch.

    `issuance` (branch and local opening date) is joined behind the codec; `at_ms` is derived.
    """

    event_id: Token
    at: Instant
    card: Token
    customer: Token
    branch: Token
    place: Place | None = None
    officer: Token | None = None
    last4: Last4 | None = None
    ingested_at: Instant | None = None
    tier: Tier | None = None
    issuance: Token | None = None
    at_ms: Balance = 0


class Progress(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="progress",
):
    """Event time has reached `at` on this partition, although nothing happened: lets silence be noticed.

    Recorded in the stream by whoever writes it, so that a replay fires at the same places.
    """

    at: Instant
    at_ms: Balance = 0


class Disposition(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="disposition",
):
    """What the desk found out about one alert: the `outcome` of the case that it belonged to.

    `at` is when that became known, hours or days after what the alert was about (`alert_at`): a replay that
    puts both in order knows at every moment what the desk knew then, and nothing more. Of several about one
    alert the last holds; one that is `retracted` takes back the outcome it names, because the case was
    reopened, and until the next one nothing is known.

    `trigger` is the event that the alert fired on, where there was one; `scope` and `key` are what its
    detector watched, so that an alert without a card (about a device, a branch) has its subject as well.
    """

    event_id: Token
    at: Instant
    case: Token
    outcome: CaseOutcome
    alert: Token
    alert_at: Instant
    detector: Token
    scope: Token
    key: ScopeKey
    trigger: Token | None = None
    card: Token | None = None
    customer: Token | None = None
    retracted: bool = False
    at_ms: Balance = 0


class Chargeback(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="chargeback",
):
    """A claim about one transaction was decided: by chargeback, by the customer's word, or by investigation.

    `at` is when that became known, mostly days or weeks after the transaction `about` (its event id), which
    was at `transaction_at`. Of several about one transaction the last holds; one that is `retracted` takes
    back what was said. A bank that checks all of its transactions says so of the good ones too, with
    `fraud` false; otherwise what nobody claimed is simply not named.
    """

    event_id: Token
    at: Instant
    about: Token
    transaction_at: Instant
    fraud: bool = True
    retracted: bool = False
    card: Token | None = None
    terminal: Token | None = None
    at_ms: Balance = 0


Event = Transaction | CardIssued | Telemetry | Progress | Disposition | Chargeback
type_of_kind: dict[str, type[Event]] = {
    "transaction": Transaction,
    "card_issued": CardIssued,
    "progress": Progress,
    "disposition": Disposition,
    "chargeback": Chargeback,
    "telemetry": Telemetry,
}
