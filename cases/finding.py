"""Finding cases: what a page of the queue asks for, and the cases that fit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from cases.case import LIVE, Case, CaseKind, Status
from cases.database import Database, Row, as_json
from cases.errors import WrongUse
from cases.ranking import BAND_NAMES
from cases.reading import read_cases

# Nobody pages further, and of a larger total `more than` says enough.
MOST_COUNTED = 20_000
MOST_AT_ONCE = 100
BANDS = tuple(range(len(BAND_NAMES)))
_FOR_EVER_MS = 2**62
_LONGEST_TEXT = 80


class Wanted(Struct, frozen=True, kw_only=True):
    """What is asked for; everything that is given must fit.

    `holder` holds a task of the case, of one that is `unheld` nobody does. `detector` gave one of its alerts.
    `text` is part of its id, of what it concerns, of a customer's or card's token, or of a reason, in either
    case. `due_before_ms` finds what is overdue. None of this but `detector` and `text` asks of a case that
    has ended, but when: from `ended_from_ms` on.
    """

    statuses: tuple[Status, ...] = LIVE
    kinds: tuple[CaseKind, ...] = tuple(CaseKind)
    bands: tuple[int, ...] = BANDS
    holder: str | None = None
    unheld: bool = False
    team: str | None = None
    detector: str | None = None
    text: str = ""
    due_before_ms: int | None = None
    ended_from_ms: int = 0


class Found(Struct, frozen=True, kw_only=True):
    """A page of cases: the live ones by rank, then those that ended, the last first.

    `total` is how many fit in all, and `more` that there are even more than were counted.
    """

    cases: tuple[Case, ...]
    total: int
    more: bool


def find(db: Database, wanted: Wanted, limit: int, skipped: int) -> Found:
    """Give the cases that fit, at most `limit` of them behind the first `skipped`; inside a transaction.

    Raises WrongUse for a page that cannot be, or a text that is too long.
    """
    if limit < 1 or skipped < 0 or skipped + limit > MOST_COUNTED:
        raise WrongUse(f"{limit} cases behind {skipped}; 1 to {MOST_COUNTED} can be shown, so narrow it down")
    if len(wanted.text) > _LONGEST_TEXT:
        raise WrongUse(f"a text of {len(wanted.text)} characters; look for {_LONGEST_TEXT} at most")
    if wanted == Wanted(ended_from_ms=wanted.ended_from_ms):
        return _whole_queue(db, limit, skipped)
    values = _values(wanted)
    total = 0
    ids: list[str] = []
    for found, counted, statuses in (
        ("find_live", "count_live", [each for each in wanted.statuses if each in LIVE]),
        ("find_ended", "count_ended", [each for each in wanted.statuses if each not in LIVE]),
    ):
        if statuses:
            asked = values | {"statuses": as_json(statuses)}
            # Those that ended begin where the live ones stop.
            behind, room = max(0, skipped - total), limit - len(ids)
            if wanted.text:
                # What cases say takes long to read, so the page and the total come of one reading.
                fitting = _ids(db.rows(found, **asked, limit=MOST_COUNTED + 1, skipped=0))
                ids += fitting[behind : behind + room]
                total += len(fitting)
            else:
                fitting = _ids(db.rows(found, **asked, limit=room, skipped=behind))
                ids += fitting
                # A page that ends before its limit says how many there are.
                known = behind + len(fitting) if fitting and len(fitting) < room else None
                total += _count(db, counted, **asked) if known is None else known
    return Found(cases=several(db, ids), total=min(total, MOST_COUNTED), more=total > MOST_COUNTED)


def _whole_queue(db: Database, limit: int, skipped: int) -> Found:
    """Give a page of all that is live: where a case stands on it says where it stands in the queue."""
    values = _values(Wanted()) | {"statuses": as_json(LIVE)}
    ids = _ids(db.rows("find_live", **values, limit=limit, skipped=skipped))
    total = _count(db, "count_all_live") if len(ids) == limit or not ids else skipped + len(ids)
    cases = _placed(db, ids, {case_id: place for place, case_id in enumerate(ids, skipped + 1)})
    return Found(cases=cases, total=min(total, MOST_COUNTED), more=total > MOST_COUNTED)


def _count(db: Database, name: str, **values: Any) -> int:
    found: int = db.rows(name, **values, limit=MOST_COUNTED + 1, skipped=0)[0]["cases"]
    return found


class Behind(Struct, frozen=True, kw_only=True):
    """Where a page ended: behind a live case, or behind one that has ended, of which `band` is None."""

    band: int | None
    at_ms: int
    id: str


def find_behind(
    db: Database, wanted: Wanted, limit: int, behind: Behind | None
) -> tuple[tuple[Case, ...], Behind | None]:
    """Give the cases that fit behind one, in the order of `find`, and where the next begin if there are more.

    Between two pages only what changes its own place can come twice or be left out. Inside a transaction.
    """
    if not 1 <= limit <= MOST_AT_ONCE:
        raise WrongUse(f"{limit} cases at once; 1 to {MOST_AT_ONCE} can be given")
    if len(wanted.text) > _LONGEST_TEXT:
        raise WrongUse(f"a text of {len(wanted.text)} characters; look for {_LONGEST_TEXT} at most")
    values = _values(wanted)
    live = [each for each in wanted.statuses if each in LIVE]
    ended = [each for each in wanted.statuses if each not in LIVE]
    if behind is not None and behind.band is None:
        live, values["before_ms"], values["before_id"] = [], behind.at_ms, behind.id
    elif behind is not None:
        values |= {"after_band": behind.band, "after_ms": behind.at_ms, "after_id": behind.id}
    ids: list[str] = []
    for name, statuses in (("find_live", live), ("find_ended", ended)):
        if statuses and len(ids) <= limit:
            asked = values | {"statuses": as_json(statuses), "limit": limit + 1 - len(ids), "skipped": 0}
            ids += _ids(db.rows(name, **asked))
    page = ids[:limit]
    return several(db, page), _behind(db, page[-1]) if len(ids) > limit else None


def _behind(db: Database, case_id: str) -> Behind:
    (row,) = db.rows("places_of", ids=as_json([case_id]))
    if row["status"] in LIVE:
        return Behind(band=row["band"], at_ms=row["rank_ms"], id=row["id"])
    return Behind(band=None, at_ms=row["ended_ms"], id=row["id"])


def _ids(rows: Iterable[Row]) -> list[str]:
    return [row["id"] for row in rows]


def several(db: Database, ids: Sequence[str]) -> tuple[Case, ...]:
    """Give these cases in this order, without those that are not there; inside a transaction."""
    return _placed(db, ids, _places(db, ids))


def _placed(db: Database, ids: Sequence[str], places: Mapping[str, int]) -> tuple[Case, ...]:
    rows = {row["id"]: row for row in db.rows("cases_by_id", ids=as_json(ids))}
    placed: list[Row] = [dict(rows[name]) | {"place": places.get(name)} for name in ids if name in rows]
    return read_cases(db, placed)


def _places(db: Database, ids: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    place = 0
    for row in db.rows("steps_between", ids=as_json(ids)):
        if row["in_bands_ahead"] is not None:
            place = row["in_bands_ahead"]
        place += row["step"]
        places[row["id"]] = place
    return places


def _values(wanted: Wanted) -> dict[str, Any]:
    return {
        "kinds": as_json(wanted.kinds),
        "bands": as_json(str(band) for band in wanted.bands),
        "holder": wanted.holder,
        "unheld": int(wanted.unheld),
        "team": wanted.team,
        "detector": wanted.detector,
        "likeness": _likeness(wanted.text),
        "due_before_ms": _FOR_EVER_MS if wanted.due_before_ms is None else wanted.due_before_ms,
        "ended_from_ms": wanted.ended_from_ms,
        "after_band": -1,
        "after_ms": 0,
        "after_id": "",
        "before_ms": _FOR_EVER_MS,
        "before_id": "",
    }


def _likeness(text: str) -> str | None:
    """Give the pattern that finds a text anywhere; `!` keeps what would stand for others from doing so."""
    if not text.strip():
        return None
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return f"%{_lowered(text.strip())}%"


def _lowered(text: str) -> str:
    """Lower letters as both databases do: those of ASCII."""
    return "".join(sign.lower() if sign.isascii() else sign for sign in text)


def known_names(db: Database) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the teams that have live cases, and the detectors that gave alerts; inside a transaction."""
    return _column(db.rows("teams_with_cases"), "team"), _column(db.rows("known_detectors"), "detector")


def _column(rows: Iterable[Row], name: str) -> tuple[str, ...]:
    return tuple(row[name] for row in rows)
