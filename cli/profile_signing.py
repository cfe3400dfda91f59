"""How a version of a profile comes into force: one person proposes, another decides; all of it is kept."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson

from cases.profiles.version import Reference, Version, version_record
from cases.signing_off.change import Change, change_record
from cli.desk_options import JSON, STORE, WHO, Instant, now_ms, opened, options, who
from cli.profile_options import NAME, REFERENCE, WHY, plain_name
from cli.signing import REPORT, change_line, read_report
from domain.instants import iso, to_ms


@click.command(
    epilog='Example: riskdesk profile promote card_risk@2 --why "half the calls, no less fraud" '
    "--report backtest.html --agent ana-1 --role analyst --store sqlite:///desk.db"
)
@REFERENCE
@options(WHY, REPORT, WHO, STORE, JSON)
def promote(
    reference: Reference, why: str, report: Path | None, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Propose that a version come into force; another person approves it."""
    with opened(url) as store:
        made = store.profiles.promote(reference, who(agent, role), now_ms(), why, read_report(report))
    _say(made, as_json)


@click.command(
    epilog='Example: riskdesk profile rollback card_risk --to 1 --why "misses tested cards" --agent ana-1 '
    "--role analyst --store sqlite:///desk.db"
)
@NAME
@click.option("--to", type=click.IntRange(min=1), required=True, help="A version that was in force before.")
@options(WHY, REPORT, WHO, STORE, JSON)
def rollback(
    name: Reference, to: int, why: str, report: Path | None, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Propose to go back to a version that was in force before; another person approves it."""
    wanted = Reference(plain_name(name), to)
    with opened(url) as store:
        made = store.profiles.rollback(wanted, who(agent, role), now_ms(), why, read_report(report))
    _say(made, as_json)


@click.command(
    epilog="Example: riskdesk profile approve card_risk@2 --agent lead-2 --role lead --store sqlite:///desk.db"
)
@REFERENCE
@click.option("--note", default="", help="What you looked at; card numbers are masked.")
@options(WHO, STORE, JSON)
def approve(reference: Reference, note: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Let what was proposed come into force; runs take it when they are reloaded or started.

    With a number it is approved only if that is the version that was proposed.
    """
    with opened(url) as store:
        done = store.profiles.approve(reference, who(agent, role), now_ms(), note)
    _say(done, as_json)


@click.command(
    epilog='Example: riskdesk profile refuse card_risk@2 --why "the report ends before the holidays" '
    "--agent lead-2 --role lead --store sqlite:///desk.db"
)
@REFERENCE
@options(WHY, WHO, STORE, JSON)
def refuse(reference: Reference, why: str, agent: str, role: str, url: str, as_json: bool) -> None:
    """Turn down what was proposed; whoever proposed it takes it back by this."""
    with opened(url) as store:
        done = store.profiles.refuse(reference, who(agent, role), now_ms(), why)
    _say(done, as_json)


@click.command(epilog="Example: riskdesk profile history card_risk --store sqlite:///desk.db")
@NAME
@options(STORE, JSON)
def history(name: Reference, url: str, as_json: bool) -> None:
    """Tell all that happened to a profile: who did what, when, why, and on which report."""
    wanted = plain_name(name)
    with opened(url) as store:
        told = events(store.profiles.versions(wanted), store.profiles.changes(wanted))
    for each in told:
        click.echo(orjson.dumps(each) if as_json else _event_line(each))


@click.command(
    "in-force",
    epilog="Example: riskdesk profile in-force card_risk --at 2026-04-01T02:00:00+08:00 "
    "--store sqlite:///desk.db",
)
@NAME
@click.option("--at", type=Instant(), help="When.  [now]")
@options(STORE, JSON)
def in_force(name: Reference, at: datetime | None, url: str, as_json: bool) -> None:
    """Say which version is in force, or was at a time, and who decided so."""
    with opened(url) as store:
        found = store.profiles.in_force(plain_name(name), None if at is None else to_ms(at))
    if as_json:
        click.echo(
            orjson.dumps({**version_record(found.version), "by": change_record(found.change, "profile")})
        )
    else:
        click.echo(f"{found.version.what}  {found.version.digest}\n{change_line(found.change)}")


def events(versions: tuple[Version, ...], changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """Give what happened to a profile as JSON objects, in order."""
    told = [
        ((each.at_ms, 0, 0), _event(each.at_ms, "added", each.number, each.author, each.role, each.reason))
        for each in versions
    ]
    for change in changes:
        told += _events_of(change)
    return [event for _, event in sorted(told, key=lambda one: one[0])]


def _events_of(change: Change) -> Iterator[tuple[tuple[int, int, int], dict[str, Any]]]:
    record = change_record(change, "profile")
    event = _event(change.at_ms, "proposed", change.number, change.maker, change.role, change.reason)
    yield (change.at_ms, change.turn, 0), event | {"kind": change.kind.value, "report": record["report"]}
    if (decision := change.decision) is not None:
        what = decision.verdict.value
        event = _event(decision.at_ms, what, change.number, decision.checker, decision.role, decision.note)
        yield (decision.at_ms, change.turn, 1), event | {"kind": change.kind.value}


def _event(at_ms: int, what: str, number: int, name: str, role: str, why: str) -> dict[str, Any]:
    return {"at": iso(at_ms), "what": what, "number": number, "who": name, "role": role, "why": why}


def _event_line(event: dict[str, Any]) -> str:
    kind = f"{event['kind']} " if "kind" in event else ""
    line = f"{event['at']}  @{event['number']:<3} {kind}{event['what']} by {event['who']} ({event['role']})"
    if event["why"]:
        line += f": {event['why']}"
    if report := event.get("report"):
        line += f"; report {report['name']} sha256 {report['sha256']}"
    return line


def _say(change: Change, as_json: bool) -> None:
    click.echo(orjson.dumps(change_record(change, "profile")) if as_json else change_line(change))
