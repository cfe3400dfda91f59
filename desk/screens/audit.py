"""The audit: who did and who saw what, whether the record is whole, and all of it as a file."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response, StreamingResponse

from cases.audit.chain import Entry
from cases.audit.service import Wanted
from cases.errors import WrongUse
from cases.who import Right
from desk.context import Context
from desk.errors import TooOften
from desk.guarding import Needs
from desk.telling import address
from desk.wording import say
from domain.instants import iso, to_ms

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_AUDIT)]
# What a page holds at most.
ROWS = 100
_HOUR_MS = 3_600_000
_EXPORTS, _CHECKS = 10, 20
_Word = Annotated[str, Query(max_length=200)]


@router.get("/audit")
def page(
    here: Reader,
    actor: _Word = "",
    verb: _Word = "",
    object: _Word = "",  # noqa: A002 - the query's name
    since: _Word = "",
    until: _Word = "",
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Show the newest rows that are asked for, and those before row `before`; reading is on record too."""
    wanted = _wanted(here, actor, verb, object, since, until)
    return _page(here, wanted, _asked(actor, verb, object, since, until), before, None)


@router.post("/audit/verify")
def verify(here: Reader) -> Response:
    """Read every row once more, and name those that are not as they were written."""
    _not_too_often(here, "verify", _CHECKS)
    return _page(here, Wanted(), {}, None, here.store.audit.verify())


@router.get("/audit/export")
def export(
    here: Reader,
    actor: _Word = "",
    verb: _Word = "",
    object: _Word = "",  # noqa: A002
    since: _Word = "",
    until: _Word = "",
) -> Response:
    """Give all rows that are asked for as JSON lines, the newest first."""
    _not_too_often(here, "export", _EXPORTS)
    rows = here.store.audit.export(here.who, here.now_ms, _wanted(here, actor, verb, object, since, until))
    headers = {"Content-Disposition": f'attachment; filename="audit-{iso(here.now_ms)[:10]}.jsonl"'}
    return StreamingResponse(_lines(rows), media_type="application/x-ndjson", headers=headers)


def _page(
    here: Context, wanted: Wanted, asked: dict[str, str], before: int | None, verified: object
) -> Response:
    rows = here.store.audit.page(here.who, here.now_ms, wanted, before=before, limit=ROWS + 1)
    older = rows[ROWS - 1].seq if len(rows) > ROWS else None
    return here.page(
        "audit/audit.html",
        rows=rows[:ROWS],
        asked={"actor": "", "verb": "", "object": "", "since": "", "until": "", **asked},
        here_path=address("/audit", **asked),
        newest=address("/audit", **asked) if before else None,
        older=address("/audit", **asked, before=str(older)) if older else None,
        export=address("/audit/export", **asked),
        verified=verified,
        seals=str(here.store.audit.seals_file().name),
        of_verb={each: address("/audit", **{**asked, "verb": each}) for each in _QUICK},
    )


# What somebody who reviews the desk asks for first.
_QUICK = ("viewed", "revealed", "signed_in", "sign_in_refused", "action_approved", "audit_exported")


def _asked(actor: str, verb: str, object_: str, since: str, until: str) -> dict[str, str]:
    said = {"actor": actor, "verb": verb, "object": object_, "since": since, "until": until}
    return {name: value.strip() for name, value in said.items() if value.strip()}


def _wanted(here: Context, actor: str, verb: str, object_: str, since: str, until: str) -> Wanted:
    found = Wanted(object_.strip() or None, actor.strip() or None, verb.strip() or None)
    if since.strip():
        found = found._replace(from_ms=_ms(here, since, timedelta()))
    if until.strip():
        # A day that is named without a time is in it as a whole, and so is a minute.
        whole = timedelta(days=1) if "T" not in until else timedelta(minutes=1)
        found = found._replace(to_ms=_ms(here, until, whole))
    return found


def _ms(here: Context, said: str, later: timedelta) -> int:
    """Read a time as the person's clock shows it."""
    try:
        at = datetime.fromisoformat(said.strip())
    except ValueError:
        raise WrongUse(say(here.language, "audit.no_time", said=said[:40])) from None
    at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(here.time_zone))
    return to_ms(at + later)


def _lines(rows: Iterator[Entry]) -> Iterator[bytes]:
    for row in rows:
        yield orjson.dumps(row._asdict() | {"at": iso(row.at_ms)}) + b"\n"


def _not_too_often(here: Context, what: str, most: int) -> None:
    if not here.desk.rates.take(f"{what}:{here.who.name}", here.now_ms, most=most, per_ms=_HOUR_MS):
        raise TooOften(say(here.language, "audit.too_often", most=most))
