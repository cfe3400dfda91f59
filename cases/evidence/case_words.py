"""How what is on record about a case is said in a document."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from cases.actions.action import Action
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.calling.dispositions import DISPOSITIONS
from cases.evidence.amounts import amount_spoken
from cases.evidence.dossier import Values
from domain.card_masking import mask_text
from domain.instants import span_words
from domain.money import money_words
from domain.wording import listed

# More would fill pages; alerts.json has all of it.
_DETAILS_SHOWN = 14
# How alerts write times.
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# What took effect, whatever became of it later.
_TOOK_EFFECT = frozenset({Status.APPROVED, Status.EXECUTING, Status.DONE, Status.REVERSING, Status.REVERSED})


def plain(name: str) -> str:
    """Write a name of ours as words."""
    return name.replace("_", " ")


def standing_words(case: Values) -> str:
    """Say where a case stands."""
    if case["outcome"]:
        because = f" ({plain(case['close_reason'])})" if case["close_reason"] else ""
        return f"closed as {plain(case['outcome'])}{because} by {case['closed_by']}"
    return str(case["status"])


def amount_words(amount_minor: int, currency: str) -> str:
    """Write an amount in figures and in words."""
    if not currency:
        return "not known"
    return f"{money_words(amount_minor, currency)} ({amount_spoken(amount_minor, currency)})"


def amount_figures(amount_minor: int, currency: str) -> str:
    """Write an amount in figures alone."""
    return money_words(amount_minor, currency) if currency else "not known"


def deeds(actions: Sequence[Action]) -> str:
    """Say what took effect, without the export itself."""
    done = [
        f"{plain(each.kind)} of {each.target}"
        for each in actions
        if each.kind is not Kind.EVIDENCE_EXPORT and each.status in _TOOK_EFFECT
    ]
    return listed(done) if done else "no block, freeze or report yet"


def action_state(action: Action) -> str:
    """Say what became of an action; the export's own state would change with the export."""
    if action.kind is Kind.EVIDENCE_EXPORT:
        return action.verdict or "proposed"
    return plain(action.end_reason or action.status)


def rule_words(alert: Values) -> str:
    """Name the rule behind an alert."""
    return f"{plain(alert['detector'])}, version {alert['version']}, probability {alert['probability']:.2f}"


def evidence_words(alert: Values, moment: Callable[[str], str]) -> str:
    """Write the evidence of an alert, the first of it where it is long; `moment` writes its times."""
    said = [
        _fact(name, value, alert["currency"], moment)
        for name, value in alert["evidence"].items()
        if value is not None
    ]
    more = len(said) - _DETAILS_SHOWN
    return "; ".join(said[:_DETAILS_SHOWN]) + (f"; and {more} more in alerts.json" if more > 0 else "")


def event_words(event: Values) -> str:
    """Say what happened in one line of the timeline."""
    what, old, new = event["what"], event["old"], event["new"]
    note = mask_text(event["note"] or "")
    if what.startswith("action_"):
        return f"{plain(what)}: {note}"
    if what == "attempt" and new in DISPOSITIONS:
        said = f"called {old or ''}: {DISPOSITIONS[new].words}"
    else:
        change = " to ".join(value for value in (old, new) if value)
        said = f"{plain(what)}: {change}" if change else plain(what)
    return f"{said} ({note})" if note else said


def lasted_words(attempt: Values) -> str:
    """Say how long a call took."""
    if attempt["ended_at_ms"] is None:
        return "not ended"
    return span_words(attempt["ended_at_ms"] - attempt["started_at_ms"])


def result_words(attempt: Values) -> str:
    """Say how a call ended."""
    code = attempt["disposition"]
    return DISPOSITIONS[code].words if code in DISPOSITIONS else code or "not ended"


def _fact(name: str, value: Any, currency: str, moment: Callable[[str], str]) -> str:
    """Write one field of the evidence; its name says the unit of its figure."""
    if isinstance(value, int) and name.endswith("_minor") and currency:
        return f"{plain(name.removesuffix('_minor'))}: {money_words(value, currency)}"
    if isinstance(value, int | float) and name.endswith("_s"):
        return f"{plain(name.removesuffix('_s'))}: {span_words(round(value * 1000))}"
    if isinstance(value, str):
        return f"{plain(name)}: {moment(value) if _INSTANT.fullmatch(value) else value}"
    return f"{plain(name)}: {orjson.dumps(value).decode()}"
