"""Gives a simulated stream a shape that the simulation does not make: cut, out of order, with verdicts.

`python -m benchmarks.parity_shapes by-card STREAM -o FOLDER`: two files, the events of a card all in one.
`python -m benchmarks.parity_shapes disorder STREAM --seed N -o FOLDER`: two files of events that come up to
50 s late, each in either file; some twice; among them hostile lines, terminals with a wrong clock, and marks
of progress.
`python -m benchmarks.parity_shapes verdicts STREAM ALERTS --seed N -o FOLDER`: one file, and in it what a
desk found out about the alerts, some of it taken back.

The same seed gives the same lines.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import orjson
import zstandard

from connectors.alert_file import read_alert_file
from connectors.streams import writing
from domain.instants import iso, to_ms

Record = dict[str, Any]

_PARTS = 2
_SECOND_MS = 1_000
_MINUTE_MS = 60 * _SECOND_MS
# Below the lateness of the profile, a minute, which the marks of progress stay behind.
_MOST_LATE_MS = 50 * _SECOND_MS
_MARK_EVERY_MS = 5 * _MINUTE_MS
_LATE_SHARE, _REPEATED_SHARE, _HOSTILE_SHARE, _GROWN_SHARE, _CRLF_SHARE = 0.4, 0.02, 0.015, 0.02, 0.02
# One terminal in so many is wrong by one of these: refused, believed and far ahead, slow beyond the lateness.
_WRONG_CLOCKS = 15
_WRONG_BY_MS = (60 * _MINUTE_MS, 4 * _MINUTE_MS, -20 * _MINUTE_MS)
_OUTCOMES = ("confirmed_fraud", "genuine", "false_alarm", "unreachable")
_KNOWN_AFTER_MS = (10 * _MINUTE_MS, 180 * _MINUTE_MS)
_RETRACTED_SHARE = 0.2
_HOSTILE = (
    b"",
    b"no event at all",
    b"\xff\xfe\x00 not text",
    b"[" * 3_000,
    b"[1,2,3]",
    b"null",
    b'{"kind":"withdrawn"}',
    b'{"kind":"transaction","event_id":"h1"}',
    b'{"kind":"transaction","event_id":"h2","at":"2026-09-18T14:00:00","card":"h","amount_minor":1,'
    b'"currency":"CNY","channel":"pos"}',
    b'{"kind":"transaction","event_id":"h3","at":"1970-01-01T00:00:00Z","card":"h","amount_minor":1,'
    b'"currency":"CNY","channel":"pos"}',
    b'{"kind":"transaction","event_id":"h4","at":"2026-09-18T14:00:00Z","card":"h","amount_minor":-1e400,'
    b'"currency":"CNY","channel":"pos"}',
    b'{"kind":"transaction","padding":"' + b"x" * 70_000 + b'"}',
)


def by_card(lines: Iterable[bytes]) -> list[list[bytes]]:
    """Cut a stream in parts; all events of a card come in one, in their order."""
    parts: list[list[bytes]] = [[] for _ in range(_PARTS)]
    for line in lines:
        parts[crc32(orjson.loads(line)["card"].encode()) // 7 % _PARTS].append(line)
    return parts


def disordered(lines: Iterable[bytes], seed: int) -> list[list[bytes]]:
    """Put a stream in parts that hold its events as a bad day of the network would bring them."""
    random = Random(seed)
    arriving: list[tuple[int, int, bytes]] = []
    for number, line in enumerate(lines):
        event = orjson.loads(line)
        at_ms = _ms(event["at"])
        arrives_ms = at_ms + (random.randrange(_MOST_LATE_MS) if random.random() < _LATE_SHARE else 0)
        for name in {"at", "ended_at"} & event.keys():
            event[name] = iso(_ms(event[name]) + _wrong_by_ms(event.get("terminal")))
        event["ingested_at"] = iso(arrives_ms)
        if random.random() < _GROWN_SHARE:
            event["loyalty"] = {"points": number}
        written = orjson.dumps(event) + (b"\r" if random.random() < _CRLF_SHARE else b"")
        arriving.append((arrives_ms, number, written))
        if random.random() < _REPEATED_SHARE:
            arriving.append((at_ms + random.randrange(_MOST_LATE_MS), number, written))
        if random.random() < _HOSTILE_SHARE:
            arriving.append((arrives_ms, number, random.choice(_HOSTILE)))
    return _dealt(sorted(arriving), random)


def with_verdicts(lines: Iterable[bytes], alerts: Iterable[Record], seed: int) -> list[bytes]:
    """Put what a desk found out about alerts into their stream, each when it became known."""
    random = Random(seed)
    # A desk writes down what happened after the events of the same moment.
    timed = [(_ms(orjson.loads(line)["at"]), False, line) for line in lines]
    arriving: list[tuple[int, bool, bytes]] = []
    latest_ms = 0
    for at_ms, told, line in timed:
        latest_ms = max(latest_ms, at_ms)
        arriving.append((latest_ms, told, line))
    for verdict in _verdicts(alerts, random):
        arriving.append((_ms(verdict["at"]), True, orjson.dumps(verdict)))
    return [line for *_, line in sorted(arriving, key=lambda each: each[:2])]


def _ms(at: str) -> int:
    return to_ms(datetime.fromisoformat(at))


def _wrong_by_ms(terminal: str | None) -> int:
    """Give by how much the clock of a terminal is wrong, in ms: the same for all of its events."""
    if terminal is None:
        return 0
    drawn = crc32(terminal.encode())
    return _WRONG_BY_MS[drawn // _WRONG_CLOCKS % len(_WRONG_BY_MS)] if drawn % _WRONG_CLOCKS == 0 else 0


def _dealt(arriving: Iterable[tuple[int, int, bytes]], random: Random) -> list[list[bytes]]:
    """Deal lines to the parts as they come, and tell each part now and then how far time has come."""
    parts: list[list[bytes]] = [[] for _ in range(_PARTS)]
    mark_ms = 0
    for arrives_ms, _, line in arriving:
        if arrives_ms >= mark_ms:
            mark_ms = arrives_ms + _MARK_EVERY_MS
            for part in parts:
                part.append(orjson.dumps({"kind": "progress", "at": iso(arrives_ms - _MINUTE_MS)}))
        random.choice(parts).append(line)
    return parts


def _verdicts(alerts: Iterable[Record], random: Random) -> Iterator[Record]:
    for number, alert in enumerate(alerts):
        at_ms = _ms(alert["at"]) + random.randrange(*_KNOWN_AFTER_MS)
        verdict = {
            "kind": "disposition",
            "event_id": f"verdict-{number}",
            "at": iso(at_ms),
            "case": f"case-{number}",
            "outcome": random.choice(_OUTCOMES),
            "alert": alert["id"],
            "alert_at": alert["at"],
            **{name: alert[name] for name in ("detector", "scope", "key", "card", "customer")},
            "trigger": alert["event_id"] or None,
        }
        yield verdict
        if random.random() < _RETRACTED_SHARE:
            back = {"event_id": f"verdict-{number}-back", "at": iso(at_ms + _MINUTE_MS), "retracted": True}
            yield verdict | back


def main() -> None:
    """Write the shape that was asked for."""
    parser = argparse.ArgumentParser(description="Give a simulated stream another shape.")
    parser.add_argument("shape", choices=("by-card", "disorder", "verdicts"))
    parser.add_argument("stream", type=Path, help="what `riskdesk simulate` wrote")
    parser.add_argument("alerts", type=Path, nargs="?", help="for verdicts: the alerts that it gives")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the files")
    given = parser.parse_args()
    lines = unpacked(given.stream).splitlines()
    if given.shape == "by-card":
        shaped = by_card(lines)
    elif given.shape == "disorder":
        shaped = disordered(lines, given.seed)
    elif given.alerts is None:
        parser.error("verdicts are about alerts: give the alert file behind the stream")
    else:
        shaped = [with_verdicts(lines, read_alert_file(given.alerts), given.seed)]
    _write(given.out, shaped)


def unpacked(path: Path) -> bytes:
    """Give the content of a file, decompressed where its name ends in .zst."""
    data = path.read_bytes()
    if path.suffix != ".zst":
        return data
    with zstandard.ZstdDecompressor().stream_reader(BytesIO(data), read_across_frames=True) as stream:
        return stream.read()


def _write(folder: Path, parts: Sequence[Sequence[bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = ["transactions"] if len(parts) == 1 else [f"part-{number}" for number in range(len(parts))]
    for name, lines in zip(names, parts, strict=True):
        with writing(folder / f"{name}.jsonl.zst") as out:
            out.writelines(line + b"\n" for line in lines)


if __name__ == "__main__":
    main()
