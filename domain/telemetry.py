"""What self-service devices report: faults, states, counts and signs of life, in the house's own codes.

Connectors translate what a protocol says into these; `devices/codes.yaml` says what each code means.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from domain.event_fields import Balance, Currency, Instant, Token

# What of a device a report is about; several of a kind (cassettes) are told apart by `unit`.
Component = Literal[
    "device",
    "card_reader",
    "capture_bin",
    "dispenser",
    "acceptor",
    "recycler",
    "cassette",
    "reject_bin",
    "retract_bin",
    "escrow",
    "depository",
    "coin_dispenser",
    "pinpad",
    "receipt_printer",
    "journal",
    "statement_printer",
    "passbook_printer",
    "cheque",
    "card_issuer",
    "barcode",
    "display",
    "audio",
    "camera",
    "sensors",
    "door",
    "power",
    "clock",
    "app",
    "network",
    "host_session",
]
Edge = Literal["raise", "clear", "state", "count", "heartbeat"]
# The scale of NDC: 0 no error, 1 routine, 2 warning, 3 suspend, 4 fatal.
Severity = Annotated[int, Meta(ge=0, le=4)]
Unit = Annotated[int, Meta(ge=0, le=99)]
# Numbers from here on have as many digits as card numbers.
Sequence = Annotated[int, Meta(ge=0, lt=10**12)]
Count = Annotated[int, Meta(ge=0, le=10**9)]
MOST_RAW = 256
Raw = Annotated[str, Meta(max_length=MOST_RAW)]


class Counters(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a unit holds and has done since it was last loaded or cleared; None where it was not said.

    `remaining` is what is in it now, `denomination_minor` what one note or coin is worth in minor units of
    `currency`, `load` the id of the load or clearing that the others count from: without a new one none of
    them but `remaining` falls. `attempts` and `errors` are of the component's own work, such as reads.
    """

    remaining: Count | None = None
    dispensed: Count | None = None
    deposited: Count | None = None
    rejected: Count | None = None
    retracted: Count | None = None
    captured: Count | None = None
    attempts: Count | None = None
    errors: Count | None = None
    denomination_minor: Count | None = None
    currency: Currency | None = None
    load: Token | None = None


class Telemetry(
    Struct,
    frozen=True,
    gc=False,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    tag="telemetry",
):
    """One report of a device about itself, or of what watches it.

    `edge` says how to read it: `raise` and `clear` begin and end a condition, which may come without the
    other; `state` says how things stand now: `severity` is how bad the condition is, 0 not at all, and of
    the codes of one family no other holds; `count` brings `counters`; `heartbeat` says that the device
    is alive.

    `sequence` numbers the device's reports, where it does; `raw` is what was received, cut short and with
    card numbers masked, for whoever must look closer. `branch`, `vendor` and `model` are joined behind the
    codec; `at_ms` is derived.
    """

    event_id: Token
    at: Instant
    device: Token
    component: Component
    code: Token
    edge: Edge
    severity: Severity = 0
    unit: Unit = 0
    sequence: Sequence | None = None
    counters: Counters | None = None
    raw: Raw = ""
    ingested_at: Instant | None = None
    branch: Token | None = None
    vendor: Token | None = None
    model: Token | None = None
    at_ms: Balance = 0
