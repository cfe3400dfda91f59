"""The parts of a package that programs read: JSON and CSV, the same dossier always as the same bytes."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from io import StringIO
from typing import Any

import orjson

from cases.actions.action import action_record
from cases.actions.kinds import Kind
from cases.calling.sentence import tried_sentence
from cases.evidence.dossier import Dossier, Values, party_of
from domain.card_masking import mask_text
from domain.instants import iso
from domain.money import minor_digits

# What the export does to its own action would make the next package another one.
_CHANGED_BY_EXPORT = ("status", "executed_at", "result", "expires_at", "end_reason")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def timeline(dossier: Dossier) -> bytes:
    """Write everything that happened, a JSON object a line, in the order of its time."""
    lines = (
        {
            "at": iso(event["at_ms"]),
            "case": event["case_id"],
            "by": event["actor"],
            "what": event["what"],
            "old": event["old"],
            "new": event["new"],
            "note": _masked(event["note"]),
        }
        for event in dossier.events
    )
    return b"".join(orjson.dumps(line) + b"\n" for line in lines)


def attempts(dossier: Dossier) -> bytes:
    """Write every call, a line each, with the sentence that sums up the calls to the same party."""
    sentences = {
        party: tried_sentence(tried, dossier.zone_of(party)) for party, tried in dossier.tried().items()
    }
    rows = (
        {
            "attempt": attempt["id"],
            "party": party_of(attempt),
            "number": attempt["reference"],
            "agent": attempt["agent"],
            "started_at": iso(attempt["started_at_ms"]),
            "answered_at": _time(attempt["answered_at_ms"]),
            "ended_at": _time(attempt["ended_at_ms"]),
            "result": attempt["disposition"] or "not ended",
            "checklist": " ".join(orjson.loads(attempt["checklist"])),
            "script": f"{attempt['script']} version {attempt['script_version']}",
            "note": _masked(attempt["note"]),
            "recording": attempt.get("recording_ref"),
            "altogether": sentences[party_of(attempt)],
        }
        for attempt in dossier.attempts
    )
    return _csv(_ATTEMPT_COLUMNS, rows)


def alerts(dossier: Dossier) -> bytes:
    """Write every alert with its rule's version, the parameters in force and its evidence."""
    return _json(list(dossier.alerts))


def transactions(dossier: Dossier) -> bytes:
    """Write every transaction that an alert names: cards by token and last four digits."""
    return _csv(_TRANSACTION_COLUMNS, (row | _amount(row) for row in transaction_rows(dossier)))


def actions(dossier: Dossier) -> bytes:
    """Write what was done, with who made and who checked it, and the orders of authorities it rests on."""
    return _json(
        {
            "actions": [_action(action_record(each)) for each in dossier.actions],
            "orders": [_order(each) for each in dossier.orders],
        }
    )


def recordings(dossier: Dossier) -> bytes:
    """Write which recordings there are of calls; the recordings stay where they are."""
    return _json(
        [
            {
                "attempt": attempt["id"],
                "agent": attempt["agent"],
                "number": attempt["reference"],
                "started_at": iso(attempt["started_at_ms"]),
                "ended_at": _time(attempt["ended_at_ms"]),
                "recording": attempt.get("recording_ref"),
            }
            for attempt in dossier.attempts
        ]
    )


def transaction_rows(dossier: Dossier) -> Iterator[Values]:
    """Give the transactions that the alerts name: what set one off, and the others that it rests on."""
    seen: set[str] = set()
    for alert in dossier.alerts:
        evidence = alert["evidence"]
        trigger = alert["event_id"]
        for event in dict.fromkeys((*_others(evidence, trigger), trigger)):
            if not event or event in seen:
                continue
            seen.add(event)
            own = event == trigger
            yield {
                "event": event,
                "at": alert["at"] if own else None,
                "card": alert["card"],
                "last4": alert["last4"],
                "customer": alert["customer"],
                "amount_minor": evidence.get("amount_minor") if own else None,
                "currency": alert["currency"],
                "where": _where(alert) if own else None,
                "alert": alert["id"],
                "detector": alert["detector"],
                "role": "set off the alert" if own else "named by the alert",
            }


_ATTEMPT_COLUMNS = (
    *("attempt", "party", "number", "agent", "started_at", "answered_at", "ended_at", "result"),
    *("checklist", "script", "note", "recording", "altogether"),
)
_TRANSACTION_COLUMNS = (
    *("event", "at", "card", "last4", "customer", "amount", "currency", "where", "alert", "detector", "role"),
)


def _others(evidence: Mapping[str, Any], trigger: str) -> Iterable[str]:
    named = evidence.get("events")
    return (str(each) for each in named if each != trigger) if isinstance(named, list) else ()


def _where(alert: Values) -> str | None:
    """Give where the transaction took place, as far as the alert says."""
    evidence = alert["evidence"]
    for name in ("to", "where"):
        if isinstance(evidence.get(name), str):
            return str(evidence[name])
    return f"{alert['scope']}:{alert['key']}" if alert["scope"] not in ("card", "customer") else None


def _action(record: Values) -> Values:
    own = record["kind"] == Kind.EVIDENCE_EXPORT
    return {
        name: _masked(value) if name == "reason" else value
        for name, value in record.items()
        if not (own and name in _CHANGED_BY_EXPORT)
    }


def _order(row: Values) -> Values:
    return {
        "number": row["number"],
        "authority": row["authority"],
        "scope": orjson.loads(row["scope"]),
        "term_from": iso(row["term_from_ms"]),
        "term_to": iso(row["term_to_ms"]),
        "received_at": iso(row["received_at_ms"]),
        "received_by": row["received_by"],
        "note": _masked(row["note"]),
    }


def _amount(row: Values) -> Values:
    if row["amount_minor"] is None or not row["currency"]:
        return {"amount": None, "currency": None}
    return {"amount": f"{Decimal(row['amount_minor']).scaleb(-minor_digits(row['currency'])):f}"}


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else iso(at_ms)


def _masked(text: str | None) -> str | None:
    """Mask what people typed once more: it leaves the house."""
    return mask_text(text) if text else text


def _json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"


def _csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Write a table for spreadsheets: with the mark by which they see that it is UTF-8, and no formulas."""
    text = StringIO(newline="")
    table = csv.writer(text)
    names = list(columns)
    table.writerow(names)
    for row in rows:
        table.writerow(_cell(row[name]) for name in names)
    return text.getvalue().encode("utf-8-sig")


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
