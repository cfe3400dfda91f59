"""The timeline of a case: what happened to it, when and by whom, in lines that are never changed."""

from typing import Any

# Who did it, when it was no person.
DESK = "riskdesk"


def event(
    case_id: str,
    at_ms: int,
    actor: str,
    what: str,
    *,
    old: str | None = None,
    new: str | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """Give one line as the store takes it."""
    return {
        "case_id": case_id,
        "at_ms": at_ms,
        "actor": actor,
        "what": what,
        "old": old,
        "new": new,
        "note": note,
    }
