"""Why a case is one: its findings with what they rest on, its rank, and how findings combine."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from msgspec import convert

from cases.case import Case, CaseFile, DeviceItem
from cases.combination import CombinationPolicy
from cases.knowledge.article import Article
from desk.case_page.facts import Fact, Facts
from desk.context import Context
from desk.formats import Formats
from domain.combining import combined
from domain.findings import Severity
from domain.instants import to_ms

# A page holds so many findings with all they rest on, and so many earlier ones of each.
MOST_FINDINGS, _MOST_EARLIER, _MOST_ITEMS = 20, 10, 40
_LEARNED = "contributions"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


class Learned(NamedTuple):
    """One reason of the learned model: what it saw, and how much that weighs beside the heaviest."""

    words: str
    weight: float
    share: float


class Earlier(NamedTuple):
    """A finding that a later one says more about."""

    at_ms: int
    reason: str


class Finding(NamedTuple):
    """One finding, the newest of those that tell of the same as it grows."""

    id: str
    detector: str
    version: int
    at_ms: int
    severity: str
    probability: float
    exposure_minor: int
    currency: str
    reason: str
    last4: str | None
    facts: tuple[Fact, ...]
    settings: tuple[Fact, ...]
    learned: tuple[Learned, ...]
    article: Article | None
    earlier: tuple[Earlier, ...]
    earlier_count: int


class Combined(NamedTuple):
    """How the findings of several detectors became one probability.

    `parts` are each detector's strongest finding, the strongest first, with the probability that the case had
    with those so far.
    """

    parts: tuple[tuple[str, float, float], ...]
    share: float


class Why(NamedTuple):
    """What the page says of why; `more` findings are left out of `findings`, the least bad ones."""

    worst: Finding | None
    others: tuple[Finding, ...]
    more: int
    combined: Combined | None
    items: tuple[DeviceItem, ...]
    at_branches: tuple[DeviceItem, ...]
    exposures: tuple[tuple[int, str], ...]
    band_reason: str
    due_reason: str
    first_alert_ms: int | None


def why_of(here: Context, file: CaseFile) -> Why:
    """Say why a case is one, the worst first."""
    articles = _articles(here, file)
    groups = _grouped(file.evidence)
    findings = [_finding(here, group, articles) for group in groups[:MOST_FINDINGS]]
    breakdown = file.case.breakdown
    first = breakdown.get("first_alert")
    return Why(
        worst=findings[0] if findings else None,
        others=tuple(findings[1:]),
        more=max(0, len(groups) - MOST_FINDINGS),
        combined=_combined(file.case, here.store.policy.combination),
        items=file.items[:_MOST_ITEMS],
        at_branches=file.at_branches[:_MOST_ITEMS],
        exposures=tuple(
            (minor, of) for of, minor in sorted(breakdown.get("exposure_minor", {}).items()) if of
        ),
        band_reason=localised(breakdown.get("band_reason", ""), here.formats),
        due_reason=localised(breakdown.get("due_reason", ""), here.formats),
        first_alert_ms=None if first is None else instant_ms(first),
    )


def instant_ms(written: str) -> int:
    """Read a time as records write it."""
    return to_ms(convert(written, datetime))


def localised(text: str, formats: Formats) -> str:
    """Write the times in a text as its reader's clock showed them."""
    return _INSTANT.sub(lambda found: formats.moment(instant_ms(found[0])), text)


def alert_times_ms(file: CaseFile) -> tuple[int, ...]:
    """Give when the alerts of a case fired, in order."""
    return tuple(sorted(instant_ms(alert["at"]) for alert in file.evidence))


def named_events(file: CaseFile) -> frozenset[str]:
    """Give the events that the alerts of a case name."""
    return frozenset(
        event
        for alert in file.evidence
        for event in (alert["event_id"], *alert["evidence"].get("events", ()))
    )


def _grouped(alerts: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put alerts that grow about one thing together, the newest first; the worst group first."""
    groups: defaultdict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda alert: (alert["at"], alert["id"]), reverse=True):
        one = alert["ring"] or alert["id"]
        groups[(alert["detector"], alert["scope"], alert["key"], one)].append(alert)
    return sorted(groups.values(), key=lambda group: _badness(group[0]))


def _badness(alert: Mapping[str, Any]) -> tuple[int, float, int, str]:
    severity = Severity[alert["severity"].upper()]
    return severity, -alert["probability"], -instant_ms(alert["at"]), alert["id"]


def _finding(here: Context, group: Sequence[Mapping[str, Any]], articles: Mapping[str, Article]) -> Finding:
    alert, *before = group
    facts = Facts(here.formats, here.language, alert["currency"])
    evidence = alert["evidence"]
    return Finding(
        id=alert["id"],
        detector=alert["detector"],
        version=alert["version"],
        at_ms=instant_ms(alert["at"]),
        severity=alert["severity"],
        probability=alert["probability"],
        exposure_minor=alert["exposure_minor"],
        currency=alert["currency"],
        reason=alert["reason"],
        last4=alert["last4"],
        facts=facts.told(evidence, left_out=(_LEARNED, "events")),
        settings=facts.settings(evidence, alert["parameters"]),
        learned=tuple(_learned(evidence.get(_LEARNED, ()))),
        article=articles.get(alert["detector"]),
        earlier=tuple(Earlier(instant_ms(one["at"]), one["reason"]) for one in before[:_MOST_EARLIER]),
        earlier_count=len(before),
    )


def _learned(contributions: Iterable[Mapping[str, Any]]) -> Iterable[Learned]:
    found = list(contributions)
    heaviest = max((abs(one["weight"]) for one in found), default=0.0) or 1.0
    for one in found:
        yield Learned(one["words"], one["weight"], abs(one["weight"]) / heaviest)


def _articles(here: Context, file: CaseFile) -> dict[str, Article]:
    """Give the best article about each detector of a case."""
    if not file.evidence:
        return {}
    found: dict[str, Article] = {}
    for hit in here.store.knowledge.for_case(file.case.id, limit=20):
        for detector in hit.detectors:
            found.setdefault(detector, hit.article)
    return found


def _combined(case: Case, policy: CombinationPolicy) -> Combined | None:
    findings: Mapping[str, float] = case.breakdown.get("findings", {})
    if len(findings) < 2:
        return None
    ordered = sorted(findings.items(), key=lambda item: (-item[1], item[0]))
    so_far: dict[str, float] = {}
    parts = []
    for detector, probability in ordered:
        so_far[detector] = probability
        together = combined(so_far, base=policy.base, further=policy.further, offsets=policy.offsets)
        parts.append((detector, probability, together))
    return Combined(tuple(parts), policy.further)
