"""From what a device's message says to events: shared by every device protocol."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar

from devices.codes import catalogue
from domain.card_masking import mask_text
from domain.card_numbers import holds_card_number
from domain.instants import to_ms
from domain.telemetry import MOST_RAW, Component, Counters, Edge, Telemetry

UNKNOWN = "unknown_code"
UNKNOWN_DEVICE = "unknown"
_MOST_TOKEN = 64
_ID_BYTES = 10
# Separators of the protocols, shown as people write them down.
_SHOWN = str.maketrans({"\x1c": "|", "\x1d": "~"})
# Codes of a vendor come from outside: as many are told apart, the rest are counted together.
_TOLD_APART = 1000
OTHER_CODES = "(other)"

M = TypeVar("M")


class Received(NamedTuple):
    """What is known of a message beside its content; `device` is None where only the message names it."""

    at: datetime
    device: str | None = None
    sequence: int | None = None
    ingested_at: datetime | None = None


class Report(NamedTuple):
    """One thing that a message says, in our words; what is None is as the catalogue has it.

    `native` is the sender's own code where no table knows it.
    """

    code: str
    edge: Edge
    component: Component | None = None
    severity: int | None = None
    unit: int = 0
    counters: Counters | None = None
    native: str = ""


class Said(NamedTuple):
    """What became of one message: its reports (none when it is about something else), and its text."""

    reports: list[Report]
    raw: str
    device: str | None = None


HEARTBEAT = Report("heartbeat", "heartbeat")


class Translator(Generic[M]):
    """Turns messages into events and counts what no table knows; `other` counts messages of other kinds."""

    def __init__(self, protocol: str, read: Callable[[M], Said]) -> None:
        """Read messages with `read`; `protocol` begins the ids of the events."""
        self._protocol = protocol
        self._read = read
        self.messages = self.events = self.other = 0
        self.unknown: Counter[str] = Counter()

    def events_of(self, received: Received, message: M) -> list[Telemetry]:
        """Give the events of one message: at least one, unless it is of another kind."""
        said = self._read(message)
        device = received.device or said.device or UNKNOWN_DEVICE
        self.messages += 1
        self.other += not said.reports
        self.events += len(said.reports)
        for report in said.reports:
            if report.code == UNKNOWN:
                self._count(report.native)
        return [
            self._event(received, device, message, said.raw, index, report)
            for index, report in enumerate(said.reports)
        ]

    def _count(self, native: str) -> None:
        known = native in self.unknown or len(self.unknown) < _TOLD_APART
        self.unknown[native if known else OTHER_CODES] += 1

    def _event(
        self, received: Received, device: str, message: M, raw: str, index: int, report: Report
    ) -> Telemetry:
        code = catalogue()[report.code]
        severity = report.severity
        if severity is None:
            severity = code.severity if report.edge in ("raise", "state") else 0
        # The same message received twice is one event; a repeat has the same time and number.
        place = f"{device}\x1f{to_ms(received.at)}\x1f{received.sequence}\x1f{index}\x1f{message!r}"
        digest = blake2b(place.encode("utf-8", "surrogatepass"), digest_size=_ID_BYTES).hexdigest()
        return Telemetry(
            event_id=f"{self._protocol}-{digest}",
            at=received.at,
            device=device,
            component=report.component or code.component[0],
            code=code.name,
            edge=report.edge,
            severity=severity,
            unit=report.unit,
            sequence=received.sequence,
            counters=report.counters,
            raw=raw,
            ingested_at=received.ingested_at,
        )


def unknown(native: str, component: Component | None = None, unit: int = 0) -> Report:
    """Report what no table knows, with the sender's own code for it."""
    return Report(UNKNOWN, "raise", component, unit=unit, native=safe_text(native)[:_MOST_TOKEN].strip())


def safe_text(text: str) -> str:
    """Make a message's text fit to be kept: one short line, with card numbers and secrets written over."""
    text = text[: 4 * MOST_RAW].translate(_SHOWN)
    text = "".join(character if character.isprintable() else "?" for character in text)
    # Something behind the last digit says that the text was not cut within a number.
    masked = mask_text(text + "|")[:-1]
    return masked[:MOST_RAW]


def safe_token(text: str) -> str | None:
    """Give a device's own name for itself, None when it is none or could be a card number."""
    token = text.strip()
    if not token or len(token) > _MOST_TOKEN or not token.isprintable() or holds_card_number(token):
        return None
    return token


def most_common(unknown_codes: Counter[str], count: int = 20) -> dict[str, int]:
    """Give the codes that no table knew, the most frequent first."""
    return dict(sorted(unknown_codes.items(), key=lambda entry: (-entry[1], entry[0]))[:count])
