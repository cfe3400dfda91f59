"""Explanations of alerts as a person reads them, and as a record."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from domain.events import CardIssued, Disposition, Event, Progress, Transaction
from domain.instants import iso, span_words
from domain.money import money_words
from domain.telemetry import Telemetry
from domain.wording import counted, listed
from tuning.explain.explanations import Explanation, Unexplained
from tuning.explain.slices import Slice

_EVENTS_SHOWN = 20
_NAMES_SHOWN = 4


def explanation_lines(said: Explanation) -> Iterator[str]:
    """Say why an alert fired, what was in force, and by which events it fires again."""
    alert = said.alert
    yield f"{alert['detector']}  {alert['id']}"
    yield f"  {alert['at']}  {alert['severity']}, {alert['probability']:.1%}  {alert['scope']} {alert['key']}"
    yield f"  Why: {alert['reason']}"
    yield f"  The rule: {said.notices}"
    values = ", ".join(f"{name} {_value(said, name, value)}" for name, value in alert["parameters"].items())
    yield f"  In force: version {alert['version']}, {values}"
    yield f"  Today: {_today(said)}"
    yield f"  {_again(said)}"
    yield from _events(said.slices.least)


def unexplained_line(said: Unexplained) -> str:
    """Say why an alert does not fire again."""
    return f"{said.alert['detector']}  {said.alert['id']}  does not fire again: {said.why}"


def explanation_record(said: Explanation) -> dict[str, Any]:
    """Give an explanation as plain values; spans are in seconds, as alerts have them."""
    slices = said.slices
    return {
        "alert": said.alert,
        "notices": said.notices,
        "today": {
            "enabled": said.enabled,
            "version": said.version,
            "changes": {change.name: {"then": change.then, "now": change.now} for change in said.changes},
        },
        "exact": None if slices.exact is None else _slice_record(slices.exact),
        "minimal": _slice_record(slices.least),
        "differing": slices.differing,
    }


def _slice_record(slice_: Slice) -> dict[str, Any]:
    fires = [{"at": iso(fired.at_ms), "reason": fired.finding.reason} for fired in slice_.fired]
    return {"events": msgspec.to_builtins(slice_.events), "fires": fires}


def _today(said: Explanation) -> str:
    same_rule = said.version == said.alert["version"]
    parts = ["the same version" if same_rule else f"version {said.version}"]
    if not said.enabled:
        parts.append("not enabled in this profile")
    whose = "the profile's" if said.enabled else "the defaults"
    changes = [f"{name} {_value(said, name, now)}" for name, _, now in said.changes]
    parts.append(f"{whose} are {listed(changes)}" if changes else "the same parameters")
    return "; ".join(parts)


def _again(said: Explanation) -> str:
    exact, least = said.slices.exact, said.slices.least
    few = counted(len(least.events), "event")
    if exact is None:
        differing = listed(said.slices.differing)
        return f"It fires again by {few}, but not as it was: {differing} come out otherwise"
    if len(exact.events) == len(least.events):
        return f"It fires again, with all of its evidence, by {few}:"
    return (
        f"It fires again, with all of its evidence, by {counted(len(exact.events), 'event')}; {few} will do:"
    )


def _events(slice_: Slice) -> Iterator[str]:
    for event in slice_.events[-_EVENTS_SHOWN:]:
        yield f"    {iso(event.at_ms)}  {_event(event)}"
    if (more := len(slice_.events) - _EVENTS_SHOWN) > 0:
        yield f"    and before these {counted(more, 'more event')}"


def _event(event: Event) -> str:
    words: tuple[str, ...]
    match event:
        case Progress():
            return "time has passed"
        case Transaction():
            where = event.place.city if event.place else ""
            declined = "declined" if event.outcome == "declined" else ""
            money = money_words(event.amount_minor, event.currency)
            words = (event.event_id, event.card, event.channel, event.type, declined, money, where)
        case CardIssued():
            words = (event.event_id, event.card, "card issued", event.branch)
        case Disposition():
            words = (event.event_id, event.outcome)
        case Telemetry():
            words = (event.event_id, event.device, event.component, event.code, event.edge)
    return "  ".join(word for word in words if word)


def _value(said: Explanation, name: str, value: Any) -> str:
    """Write a parameter as alerts carry it; the detector knows which of them are spans of time."""
    default = getattr(said.detector(), name, None)
    if isinstance(default, timedelta) and isinstance(value, int | float):
        return span_words(round(value * 1000))
    if isinstance(value, list | dict):
        each = [f"{key}={one}" for key, one in value.items()] if isinstance(value, dict) else value
        more = len(each) - _NAMES_SHOWN
        return "/".join(map(str, each[:_NAMES_SHOWN])) + (f" and {more} more" if more > 0 else "")
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
