"""Simulated streams, run through the product's own commands, and what really happened in them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import Struct

from connectors.alert_file import read_alert_file
from simulation.truth import Incident, Lookalike

ROOT = Path(__file__).parent.parent
# The recorded night's own, with a table learnt from two weeks before it.
PROFILE = ROOT / "replay_data" / "night" / "profile.yaml"
START = "2026-09-18T12:00+08:00"

_TRUTHS = msgspec.json.Decoder(Incident | Lookalike)


class Named(Struct, frozen=True):
    """A card that an alert names as a member."""

    card: str


class Seen(Struct, frozen=True, kw_only=True):
    """What an alert record must tell to be judged; `at` is ISO 8601 in UTC, as in the truth."""

    id: str
    detector: str
    at: str
    event_id: str
    card: str | None
    reason: str
    members: tuple[Named, ...]

    @property
    def cards(self) -> frozenset[str]:
        """All cards that it names."""
        named = frozenset(member.card for member in self.members)
        return named | {self.card} if self.card else named


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What to simulate; the sizes are the recorded night's."""

    seed: int
    customers: int = 3_000
    hours: int = 20
    events: int = 32_000
    incidents: bool = True

    @property
    def options(self) -> list[str]:
        """The options of `riskdesk simulate` that say so."""
        sizes = {"seed": self.seed, "customers": self.customers, "hours": self.hours, "events": self.events}
        given = [word for name, size in sizes.items() for word in (f"--{name}", str(size))]
        return [*given, "--start", START, *([] if self.incidents else ["--no-incidents"])]


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """A stream's truth, and the alerts that the flow gave on it."""

    stream: Stream
    transactions: int
    truths: tuple[Incident | Lookalike, ...]
    alerts: tuple[Seen, ...]

    @property
    def incidents(self) -> list[Incident]:
        """What was planted."""
        return [truth for truth in self.truths if isinstance(truth, Incident)]

    @property
    def lookalikes(self) -> list[Lookalike]:
        """What only looks like an incident."""
        return [truth for truth in self.truths if isinstance(truth, Lookalike)]


def riskdesk(*arguments: object) -> bytes:
    """Run the command as a user does and give what it prints.

    Settings of the environment are left out: the numbers must not depend on them. Raises RuntimeError
    with what it complains of when it fails.
    """
    settings = {name: value for name, value in os.environ.items() if not name.startswith("RISKDESK_")}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *map(str, arguments)],
        cwd=ROOT,
        env=settings | {"RISKDESK_LOG_LEVEL": "error"},
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"riskdesk {arguments[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout


def replayed(stream: Stream, folder: Path) -> Replayed:
    """Simulate a stream, load its bank, replay it into a queue; all files lie in `folder` afterwards.

    Raises RuntimeError when a command fails or the flow refuses events that the simulation made.
    """
    events, truth, bank = folder / "events.jsonl", folder / "truth.jsonl", folder / "bank.jsonl"
    store, alerts = f"sqlite:///{folder / 'queue.sqlite'}", folder / "alerts.jsonl"
    riskdesk("simulate", *stream.options, "-o", events, "--truth", truth, "--reference", bank)
    riskdesk("reference", "load", bank, "--store", store)
    printed = riskdesk("replay", PROFILE, events, "--store", store, "--alerts", alerts, "--quiet", "--json")
    progress = msgspec.json.decode(printed)
    lines = events.read_bytes()
    whole = {"events": lines.count(b"\n"), "rejected": 0, "repeats": 0, "unresolved": 0}
    if whole != {name: progress[name] for name in whole}:
        raise RuntimeError(f"the flow did not take the stream of seed {stream.seed} whole: {progress}")
    return Replayed(
        stream=stream,
        transactions=lines.count(b'"kind":"transaction"'),
        truths=tuple(_TRUTHS.decode_lines(truth.read_bytes())),
        alerts=tuple(msgspec.convert(list(read_alert_file(alerts)), list[Seen])),
    )
