"""The rules that run: which profile says so, how each detector is set, and what it brought."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from msgspec import Struct

from cases.errors import CaseError
from cases.kpi.values import Ratio
from cases.profiles.version import Reference, Version
from cases.rule_figures import DAY_MS, precision
from cases.signing_off.change import Change
from cases.store import Store
from desk.standing import of_profiles

# Over how many days alerts a day are counted, and cases that were closed.
LOAD_DAYS = 28
CLOSED_DAYS = 180


class Rule(Struct, frozen=True, kw_only=True):
    """A detector: `profile` is the one that runs it, None where none in force does; `set` is what that sets.

    `precision` is of the cases that were closed with an alert of it.
    """

    name: str
    profile: str | None
    set: dict[str, Any]
    alerts: int
    last_ms: int | None
    precision: Ratio


class Profile(Struct, frozen=True, kw_only=True):
    """A profile with the versions it has, the last one first, and what was decided about it."""

    name: str
    versions: tuple[Version, ...]
    stands: Mapping[str, str]
    now: Change | None
    waiting: Change | None
    trouble: str = ""


class Window(Struct, frozen=True, kw_only=True):
    """The days over which alerts are counted, up to `to_ms`: the last alert, where none came since."""

    from_ms: int
    to_ms: int

    @property
    def days(self) -> float:
        """How many days it has."""
        return (self.to_ms - self.from_ms) / DAY_MS


def profiles(store: Store) -> list[Profile]:
    """Give every profile of the store by name."""
    versions, changes = store.profiles.versions(), store.profiles.changes()
    return [
        _profile(
            store,
            name,
            tuple(reversed([each for each in versions if each.name == name])),
            [each for each in changes if each.name == name],
        )
        for name in sorted({each.name for each in versions})
    ]


def window(store: Store, now_ms: int) -> Window:
    """Give the days that alerts are counted over."""
    last_ms = store.rule_figures.last_alert_ms(now_ms)
    to_ms = 1 + (now_ms if last_ms is None or now_ms - last_ms < DAY_MS else last_ms)
    return Window(from_ms=to_ms - LOAD_DAYS * DAY_MS, to_ms=to_ms)


def rules(store: Store, profiles: list[Profile], over: Window, now_ms: int, zone: str) -> list[Rule]:
    """Give every detector that a profile in force runs or that had an alert, the busiest first."""
    running = {
        name: (profile.name, set_)
        for profile in profiles
        if profile.now is not None and not profile.trouble
        for name, set_ in settings(store, profile.now).items()
    }
    loads = {each.detector: each for each in store.rule_figures.loads(over.from_ms, over.to_ms)}
    right = precision(store.kpi.voice(now_ms - CLOSED_DAYS * DAY_MS, now_ms + 1, ZoneInfo(zone)))
    found = [
        Rule(
            name=name,
            profile=running[name][0] if name in running else None,
            set=running[name][1] if name in running else {},
            alerts=loads[name].alerts if name in loads else 0,
            last_ms=loads[name].last_ms if name in loads else None,
            precision=right.get(name, Ratio(0, 0)),
        )
        for name in sorted({*running, *loads})
    ]
    return sorted(found, key=lambda rule: -rule.alerts)


def days(store: Store, detector: str, over: Window, zone: str) -> dict[date, int]:
    """Give how many alerts a detector told of on each day."""
    return store.rule_figures.days(detector, over.from_ms, over.to_ms, ZoneInfo(zone))


def months(store: Store, detector: str, now_ms: int, zone: str) -> list[tuple[str, Ratio]]:
    """Give for each month (`2026-11`) how often the detector was right, of the cases closed in it."""
    voices = store.kpi.voice(now_ms - CLOSED_DAYS * DAY_MS, now_ms + 1, ZoneInfo(zone))
    return [(each.month, precision([each])[detector]) for each in voices if each.detector == detector]


def settings(store: Store, change: Change) -> dict[str, dict[str, Any]]:
    """Give what a version of a profile sets of each detector; what it does not set has its default."""
    _, content = store.profiles.get(Reference(change.name, change.number))
    said = yaml.safe_load(content.text)
    found = said.get("detectors") if isinstance(said, dict) else None
    if not isinstance(found, dict):
        return {}
    return {str(name): dict(set_) if isinstance(set_, dict) else {} for name, set_ in found.items()}


def _profile(store: Store, name: str, versions: tuple[Version, ...], changes: list[Change]) -> Profile:
    trouble, now = "", None
    if any(change.in_force_since_ms is not None for change in changes):
        try:
            now = store.profiles.in_force(name).change
        except CaseError as error:
            trouble = str(error)
    waiting = changes[-1] if changes and changes[-1].decision is None else None
    return Profile(
        name=name,
        versions=versions,
        stands=of_profiles(changes),
        now=now,
        waiting=waiting,
        trouble=trouble,
    )
