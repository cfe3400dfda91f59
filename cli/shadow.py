"""The `shadow` command: what a profile in the shadow would have told, beside what was live."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import msgspec

from cli.alert_sources import AlertSource, read_alerts
from cli.desk_options import READER, Instant, options, who
from cli.diff import show_differences
from cli.zones import ZONE
from domain.instants import to_ms
from tuning.report.page import write_report
from tuning.shadow import Shadowed, compare_shadow, shadow_report


@click.command(
    epilog="""
Example: riskdesk shadow sqlite:///var/riskdesk.sqlite var/shadow.jsonl --since 2026-10-01T00:00+08:00
--report var/shadow.html
"""
)
@click.argument("live", type=AlertSource(), metavar="LIVE")
@click.argument("alerts", type=AlertSource(), metavar="SHADOW")
@click.option("--since", type=Instant(), help="From when on both ran, as ISO 8601 with an offset.")
@click.option("--until", type=Instant(), help="Up to before when both ran.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="HTML file for the report; a JSON file of the same numbers is written beside it.",
)
@options(ZONE, READER)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def shadow(
    live: str,
    alerts: str,
    since: datetime | None,
    until: datetime | None,
    report: Path | None,
    zone: ZoneInfo,
    agent: str,
    role: str,
    as_json: bool,
) -> None:
    """Say what a profile in the shadow would have told, beside what was LIVE.

    A run has one with --shadow, and writes its alerts to the file of --shadow-alerts, which is SHADOW here.
    LIVE is the store or the alert file of the same run. A shadow begins with nothing: with --since leave out
    the time in which its detectors had not yet seen what they remember. `riskdesk profile promote --report`
    keeps the report beside a decision.
    """
    reader = who(agent, role)
    found = compare_shadow(
        read_alerts(live, reader),
        read_alerts(alerts, reader),
        zone,
        since_ms=None if since is None else to_ms(since),
        until_ms=None if until is None else to_ms(until),
    )
    if report is not None:
        write_report(report, shadow_report(found, live, alerts, zone))
        report.with_suffix(".json").write_bytes(msgspec.json.encode(found))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        _show(found, live, alerts)
    if report is not None:
        click.echo(f"wrote {report} and {report.with_suffix('.json')}", err=True)


def _show(found: Shadowed, live: str, alerts: str) -> None:
    click.echo(f"from {found.since} to {found.until}")
    click.echo(f"live    {found.live_per_day:10,.1f} alerts a day")
    click.echo(f"shadow  {found.shadow_per_day:10,.1f} alerts a day")
    show_differences(found.differences, live, alerts)
