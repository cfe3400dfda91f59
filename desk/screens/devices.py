"""The devices: branches by what is wrong there, one device's day, and faulty machines by month."""

from collections.abc import Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup

from cases.alarms.histories import DeviceHistory
from cases.errors import NotFound, WrongUse
from cases.who import Right
from desk.context import Context
from desk.drawing.bars import BarWords, Column, bars
from desk.drawing.branch_map import BranchMapWords, State, branch_map
from desk.drawing.ledger import LedgerWords, Stretch, Strip, ledger
from desk.fleet_view import STATES, drawn, fleet_view
from desk.guarding import Needs
from desk.telling import see
from desk.wording import say
from devices.codes import catalogue
from devices.wording import Wording
from domain.instants import from_ms, to_ms

router = APIRouter()
Reader = Annotated[Context, Needs(Right.READ_CASES)]

_DAY_MS = 24 * 3600 * 1000
_MONTHS = 12
# The colours of a device's day, by the priority of what was wrong.
_KINDS = {1: "bucket-hard_fault", 2: "bucket-soft_fault", 3: "bucket-supply", 4: "bucket-maintenance"}


@router.get("/devices")
def page(here: Reader) -> HTMLResponse:
    """Show the branches on a map and those with something wrong as a list; live."""
    fleet = here.store.reference.fleet(here.store.policy.calling.time_zone)
    view = fleet_view(fleet, here.store.alarms.list(), here.now_ms)
    states = [State(kind, _say(here, name), sign) for kind, name, sign in STATES]
    words = BranchMapWords(
        title=_say(here, "map"), description=_say(here, "map_is"), nothing=_say(here, "no_branches")
    )
    return here.page(
        "devices/fleet.html" if here.by_htmx else "devices/devices.html",
        view=view,
        picture=Markup(branch_map(drawn(view, fleet, here.now_ms), states, words, width=640.0)),
        trend=_trend(here),
        settled_ms=_settled(here),
        cause=_wording(here).cause,
    )


@router.get("/devices/{device}")
def device(here: Reader, device: str) -> HTMLResponse:
    """Show one device: what it is, its day, its alarms, and the cases about it."""
    fleet = here.store.reference.fleet(here.store.policy.calling.time_zone)
    known = fleet.devices.at(device, here.now_ms)
    until_ms = _settled(here)
    history = here.store.alarms.history(device, until_ms - 30 * _DAY_MS, until_ms + 1, here.who)
    if known is None and not history.alarms:
        raise NotFound(f"there is no device {device!r} on record; the list of branches names those there are")
    here.viewed(f"device:{device}")
    return here.page(
        "devices/device.html",
        device=device,
        known=known,
        site=fleet.sites.at(known.branch, here.now_ms) if known else None,
        work=fleet.maintenance_at(device, here.now_ms),
        history=history,
        strip=Markup(_strip(here, device, history, until_ms)),
        until_ms=until_ms,
        retained=[
            card
            for card in here.store.device_cases.retained(
                here.who, here.now_ms, branch=known.branch if known else None
            )
            if card.device == device
        ],
        cause=_wording(here).cause,
    )


@router.post("/devices/{device}/shelve")
def shelve(
    here: Annotated[Context, Needs(Right.SHELVE_ALARM)],
    device: str,
    alarm: Annotated[str, Form()],
    hours: Annotated[float, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """Hide an alarm for a while, for a reason."""
    if not 0 < hours <= 72:
        raise WrongUse("hours should be more than 0 and at most 72")
    until_ms = here.now_ms + round(hours * 3_600_000)
    here.store.alarms.shelve(alarm, until_ms, reason, here.who, here.now_ms)
    return see(here, f"/devices/{device}")


@router.post("/devices/{device}/unshelve")
def unshelve(
    here: Annotated[Context, Needs(Right.SHELVE_ALARM)],
    device: str,
    alarm: Annotated[str, Form()],
    reason: Annotated[str, Form()],
) -> Response:
    """Show an alarm again before its time."""
    here.store.alarms.unshelve(alarm, reason, here.who, here.now_ms)
    return see(here, f"/devices/{device}")


def _settled(here: Context) -> int:
    """Give up to when alarms are known: a replay of an old day ends with that day."""
    span = here.store.alarm_figures.span()
    return here.now_ms if span is None else min(here.now_ms, span.to_ms)


def _strip(here: Context, name: str, history: DeviceHistory, until_ms: int) -> str:
    begun_ms = until_ms - _DAY_MS
    stretches: list[Stretch] = []
    at_ms = begun_ms
    for spell in history.spells:
        if spell.end_ms <= begun_ms:
            continue
        begin_ms = max(spell.begin_ms, begun_ms)
        if begin_ms > at_ms:
            stretches.append(Stretch(at_ms, begin_ms, "bucket-full", _say(here, "fine")))
        priority = _say(here, f"priority_{spell.priority}")
        stretches.append(Stretch(begin_ms, spell.end_ms, _KINDS[spell.priority], priority))
        at_ms = spell.end_ms
    if at_ms < until_ms:
        stretches.append(Stretch(at_ms, until_ms, "bucket-full", _say(here, "fine")))
    kinds = {_KINDS[priority]: _say(here, f"priority_{priority}") for priority in _KINDS}
    words = LedgerWords(
        title=_say(here, "day_of", device=name),
        description=_say(here, "day_is"),
        kinds={**kinds, "bucket-full": _say(here, "fine")},
        lasted=lambda length_ms: f"· {here.formats.number(round(length_ms / 3_600_000, 1))} h",
        day=lambda day: f"{day:%d.%m.}",
    )
    return ledger([Strip(name, stretches)], (begun_ms, until_ms), here.time_zone, words, width=1300.0)


def _trend(here: Context) -> Markup:
    """Draw how many devices the desk was told of in each of the last months."""
    months = _months(_settled(here), ZoneInfo(here.store.policy.calling.time_zone))
    counts = here.store.alarms.devices_told([span for _, span in months], here.who)
    columns = [
        Column(f"{first:%m}", float(count), f"{first:%Y-%m}: {here.formats.number(count)}")
        for (first, _), count in zip(months, counts, strict=True)
    ]
    words = BarWords(title=_say(here, "trend"), description=_say(here, "trend_is"))
    return Markup(bars(columns, words, width=640.0))


def _months(until_ms: int, zone: ZoneInfo) -> Sequence[tuple[date, tuple[int, int]]]:
    """Give the first days of the last local months with their span, the last one as far as it has come."""
    last = from_ms(until_ms).astimezone(zone)
    number = last.year * 12 + last.month - 1
    firsts = [date(each // 12, each % 12 + 1, 1) for each in range(number - _MONTHS + 1, number + 2)]
    begins = [to_ms(datetime.combine(first, time(), zone)) for first in firsts]
    return list(zip(firsts, pairwise(begins), strict=False))


def _wording(here: Context) -> Wording:
    return Wording(here.language, catalogue())


def _say(here: Context, key: str, **values: object) -> str:
    return say(here.language, f"devices.{key}", **values)
