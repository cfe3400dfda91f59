"""What alarm management keeps in memory between one settling and the next, and when that may be believed."""

from collections.abc import Iterable
from typing import Any

import msgspec

from cases.alarms.board import Board
from cases.alarms.flood import Gate
from cases.alarms.live import LiveAlarm
from cases.alarms.places import Places
from cases.database import Database, Row
from cases.policy import QueuePolicy
from cases.reference import read_fleet
from domain.instants import span_ms


class Memory(msgspec.Struct, kw_only=True):
    """The alarms that are not closed and the flood gate, as of a version of the store's.

    `fleet` is what the store said about its devices' records when they were read. `next_ms` is when time does
    something next.
    """

    version: int
    fleet: tuple[int, int | None]
    board: Board
    gate: Gate
    next_ms: int | None = None


def recall(db: Database, known: Memory | None, clock: Row, policy: QueuePolicy) -> Memory:
    """Give what is known where the store has not changed since, and read it otherwise."""
    stamp = db.rows("fleet_stamp")[0]
    fleet = stamp["records"], stamp["latest_ms"]
    if known is not None and known.version == clock["version"] and known.fleet == fleet:
        return known
    same_fleet = known is not None and known.fleet == fleet
    places = known.board.places if known and same_fleet else _places(db, policy)
    modes = {(row["device"], row["code"]): row["since_ms"] for row in db.rows("alarm_modes")}
    alarms = map(LiveAlarm.of, db.rows("open_alarms"))
    gate = msgspec.json.decode(clock["gate"], type=Gate)
    return Memory(version=clock["version"], fleet=fleet, board=Board(places, alarms, modes), gate=gate)


def write_down(db: Database, memory: Memory, settled_ms: int) -> None:
    """Write what has changed, up to `settled_ms`; inside the caller's `writing`."""
    board = memory.board
    db.run_all("keep_alarm", [alarm.row for alarm in board.taken_changes()])
    memory.version = add_events(db, board.taken_events())
    for (device, code), since_ms in board.taken_modes().items():
        if since_ms is None:
            db.run("end_alarm_mode", device=device, code=code)
        else:
            db.run("keep_alarm_mode", device=device, code=code, since_ms=since_ms)
    db.run_all("empty_alarm_signal", [{"id": id_} for id_ in board.taken_done_with()])
    gate = msgspec.json.encode(memory.gate).decode()
    flood_since_ms = memory.gate.since_ms
    db.run("move_alarm_clock", settled_ms=settled_ms, flood_since_ms=flood_since_ms, gate=gate)


def add_events(db: Database, events: Iterable[dict[str, Any]]) -> int:
    """Write what happened to alarms, in order, and give the version that the store has with it."""
    kept = list(events)
    counted = db.rows("count_alarm_events", added=len(kept))[0]
    first = counted["last_event"] - len(kept) + 1
    db.run_all("add_alarm_event", [{**event, "id": id_} for id_, event in enumerate(kept, first)])
    return int(counted["version"])


def _places(db: Database, policy: QueuePolicy) -> Places:
    return Places(read_fleet(db, policy.calling.time_zone), span_ms(policy.alarms.heartbeat))
