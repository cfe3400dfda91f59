"""What reading a line costs: three ways to decode and check one, and the whole codec on feeds of all sorts.

`python -m benchmarks.codec` reads the recorded night. All cases run in turn, round by round, so that they
suffer alike from a noisy machine; the ratios are what counts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from time import process_time_ns
from typing import Annotated, Any, Literal, NamedTuple

import click
import msgspec
import orjson
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from benchmarks.markdown import table
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from connectors.files import read_blocks
from domain.events import Channel, DeclineReason, Entry, Event, Outcome, Place, Transaction, TransactionType

NIGHT = Path(__file__).parent.parent / "replay_data" / "night" / "transactions.jsonl.zst"
BLOCK_BYTES = 1 << 18
ANY_TIME = TimeBounds(0, 2**42, 0)


class Case(NamedTuple):
    """A way to read: called with each block of its lines, it gives the number of events."""

    name: str
    read: Callable[[bytes], int]
    lines: Sequence[bytes]


# --- three ways to decode and check

_LINES = msgspec.json.Decoder(Event)

Token = Annotated[str, Field(min_length=1, max_length=64)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]


class PydanticPlace(BaseModel):
    """`domain.events.Place`, in pydantic's terms."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    lat: Annotated[Degrees, Field(ge=-90, le=90)]
    lon: Annotated[Degrees, Field(ge=-180, le=180)]
    city: Annotated[str, Field(max_length=64)] = ""
    country: Annotated[str, Field(min_length=2, max_length=2)] | None = None
    error_km: Annotated[Degrees, Field(ge=0, le=20_038)] = 0.0


class PydanticTransaction(BaseModel):
    """`domain.events.Transaction` as it comes in, in pydantic's terms."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    kind: Literal["transaction"]
    event_id: Token
    at: AwareDatetime
    card: Token
    amount_minor: Annotated[int, Field(ge=0, le=10**15)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    channel: Channel
    type: TransactionType = "purchase"
    outcome: Outcome = "approved"
    decline_reason: DeclineReason | None = None
    entry: Entry = "none"
    customer: Token | None = None
    last4: Annotated[str, Field(min_length=4, max_length=4)] | None = None
    merchant: Token | None = None
    mcc: Annotated[str, Field(min_length=4, max_length=4)] | None = None
    terminal: Token | None = None
    counterparty: Token | None = None
    place: PydanticPlace | None = None
    balance_after_minor: Annotated[int, Field(ge=-(10**15), le=10**15)] | None = None
    ended_at: AwareDatetime | None = None
    ingested_at: AwareDatetime | None = None


_PYDANTIC = TypeAdapter(PydanticTransaction)
_TOKENS = ("event_id", "card", "customer", "merchant", "terminal", "counterparty")
_KNOWN = frozenset({"kind", *Transaction.__struct_fields__})


def checked_by_hand(line: bytes) -> Transaction:
    """Decode with orjson and check the fields that a transaction usually has; no less would do."""
    found = orjson.loads(line)
    if found.pop("kind") != "transaction" or not found.keys() <= _KNOWN:
        raise ValueError("no transaction")
    for name in _TOKENS:
        value = found.get(name)
        if value is not None and not (isinstance(value, str) and 1 <= len(value) <= 64):
            raise ValueError(name)
    amount_minor = found["amount_minor"]
    if type(amount_minor) is not int or not 0 <= amount_minor <= 10**15:
        raise ValueError("amount_minor")
    if len(found["currency"]) != 3 or found["channel"] not in {
        "pos",
        "atm",
        "ecom",
        "moto",
        "mobile",
        "counter",
    }:
        raise ValueError("currency or channel")
    found["at"] = at = datetime.fromisoformat(found["at"])
    if at.tzinfo is None:
        raise ValueError("at")
    place = found.get("place")
    if place is not None:
        if not (-90 <= place["lat"] <= 90 and -180 <= place["lon"] <= 180):
            raise ValueError("place")
        found["place"] = Place(**place)
    return Transaction(**found)


def decoders(lines: Sequence[bytes]) -> list[Case]:
    """Give the ways to decode, the chosen one first."""

    def each(decode: Callable[[bytes], object]) -> Callable[[bytes], int]:
        return lambda data: len([decode(line) for line in data.splitlines()])

    return [
        Case("msgspec structs, a block at a time", lambda data: len(_LINES.decode_lines(data)), lines),
        Case("msgspec structs, a line at a time", each(_LINES.decode), lines),
        Case("orjson, then checks in Python", each(checked_by_hand), lines),
        Case("pydantic model", each(_PYDANTIC.validate_json), lines),
    ]


# --- the codec, with card numbers, times and line ends looked at


def feeds(lines: Sequence[bytes]) -> list[Case]:
    """Give feeds as they come, each through the whole codec."""
    codec = Codec(ANY_TIME)

    def decode(data: bytes) -> int:
        return len(codec.decode(Block("night", 1, data))[0])

    def changed(**fields: Any) -> list[bytes]:
        return [orjson.dumps(orjson.loads(line) | fields) for line in lines]

    refused = changed(amount_minor=-1)
    some_refused = [refused[place] if place % 300 == 0 else line for place, line in enumerate(lines)]
    return [
        Case("codec: as recorded", decode, lines),
        Case("codec: with an ingest stamp", decode, changed(ingested_at="2026-12-31T00:00:00Z")),
        Case("codec: merchant numbers of 15 digits", decode, changed(merchant="898110148990123")),
        Case("codec: one line in 300 refused", decode, some_refused),
        Case("codec: a field that is not known", decode, changed(scheme="debit")),
        Case("codec: every line refused", decode, refused),
    ]


# --- measuring


def blocks_of(lines: Sequence[bytes]) -> list[bytes]:
    """Put lines into blocks as a source hands them over."""
    blocks, block, size = [], [], 0
    for line in lines:
        block.append(line)
        size += len(line) + 1
        if size >= BLOCK_BYTES:
            blocks.append(b"\n".join(block) + b"\n")
            block, size = [], 0
    return [*blocks, b"\n".join(block) + b"\n"] if block else blocks


class Cost(NamedTuple):
    """What a case took in us of CPU time a line, and the share of its lines that are events."""

    us: float
    events: float


def measure(cases: Sequence[Case], rounds: int) -> dict[str, Cost]:
    """Give the cost of each case: its fastest of `rounds`, as noise only adds; the cases in turn."""
    spent: dict[str, list[float]] = {case.name: [] for case in cases}
    events: dict[str, float] = {}
    blocks = {case.name: blocks_of(case.lines) for case in cases}
    for _ in range(rounds):
        for case in cases:
            begun_ns = process_time_ns()
            read = sum(case.read(block) for block in blocks[case.name])
            spent[case.name].append((process_time_ns() - begun_ns) / 1000 / len(case.lines))
            events[case.name] = read / len(case.lines)
    return {name: Cost(min(each), events[name]) for name, each in spent.items()}


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=15, show_default=True, help="How often each.")
def main(rounds: int) -> None:
    """Print what each way of reading a line costs, in us of CPU time and as a multiple of the first."""
    lines = [
        line
        for block in read_blocks(NIGHT)
        for line in block.data.splitlines()
        if line.startswith(b'{"kind":"transaction"')
    ]
    found = measure([*decoders(lines), *feeds(lines)], rounds)
    first_us = next(iter(found.values())).us
    rows = [
        (name, f"{cost.us:.2f}", f"{cost.us / first_us:.2f}", f"{cost.events:.1%}")
        for name, cost in found.items()
    ]
    print(f"{len(lines)} transactions of {sum(map(len, lines)) / len(lines):.0f} bytes, {rounds} rounds\n")
    print(table(("", "us a line", "ratio", "events"), rows))


if __name__ == "__main__":
    main()
