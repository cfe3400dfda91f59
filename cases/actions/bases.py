"""Whether what a person names as the basis of an action is on record, and how long it carries."""

from msgspec.structs import replace

from cases.actions.action import Basis
from cases.actions.kinds import BasisKind, Kind, Rule
from cases.actions.orders import get_order, require_covered
from cases.calling.dispositions import DISPOSITIONS
from cases.case import Outcome
from cases.database import Database, Row
from cases.errors import NotPossible, WrongUse


def proven(
    db: Database, kind: Kind, rule: Rule, basis: Basis | None, case_id: str | None, target: str, now_ms: int
) -> Basis | None:
    """Give the basis with what it rests on filled in.

    Raises WrongUse where the kind needs a basis, another one, or none; NotPossible or NotFound where what it
    rests on is not on record.
    """
    if basis is None:
        if rule.bases:
            raise WrongUse(f"a {_words(kind)} names its basis: {_listed(rule)}")
        return None
    if basis.kind not in rule.bases:
        allowed = _listed(rule) if rule.bases else "none"
        raise WrongUse(f"{basis} is no basis of a {_words(kind)}; allowed is {allowed}")
    if basis.kind is BasisKind.ORDER:
        require_covered(get_order(db, str(basis.order)), target, now_ms)
    if basis.kind is BasisKind.CONSENT:
        return replace(basis, attempt=_consent(db, case_id, basis.attempt))
    return basis


def was_genuine(db: Database, case_id: str | None) -> bool:
    """Tell whether the customer said in this case that it was them."""
    return case_id is not None and any(
        row["disposition"] and DISPOSITIONS[row["disposition"]].outcome == Outcome.GENUINE
        for row in db.rows("attempts_for_basis", case_id=case_id)
    )


def _consent(db: Database, case_id: str | None, attempt_id: int | None) -> int:
    """Give the attempt in which the right person was reached: the one that was named, else the latest."""
    if case_id is None:
        raise WrongUse("a customer consents in a call of a case; name the case")
    for row in db.rows("attempts_for_basis", case_id=case_id):
        if attempt_id in (None, row["id"]) and _reached(row):
            return int(row["id"])
    named = "no attempt" if attempt_id is None else f"attempt {attempt_id} is not one in which"
    tail = "reached the right person" if attempt_id is None else "the right person was reached"
    raise NotPossible(
        f"in {case_id} {named} {tail}, so that nobody can have consented; "
        "act on the card's terms (terms) or on an order (order:NUMBER)"
    )


def _reached(attempt: Row) -> bool:
    """Tell whether the customer was on the line, or is: a block is often set during the call."""
    if attempt["disposition"] is None:
        return attempt["answered_at_ms"] is not None and attempt["ended_at_ms"] is None
    return DISPOSITIONS[attempt["disposition"]].right_party


def _words(kind: Kind) -> str:
    return kind.value.replace("_", " ")


def _listed(rule: Rule) -> str:
    return ", ".join(sorted(rule.bases))
