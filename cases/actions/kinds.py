"""The kinds of action as one table: who may make one, who checks it and when, and what it names."""

from enum import StrEnum
from typing import NamedTuple

from cases.errors import WrongUse
from cases.who import Right
from domain.card_numbers import holds_card_number


class Kind(StrEnum):
    """What the desk can do to others."""

    TEMPORARY_BLOCK = "temporary_block"
    STOP_PAYMENT = "stop_payment"
    FREEZE = "freeze"
    RELEASE = "release"
    REPORT_LEGAL = "report_legal"
    REPORT_COMPLIANCE = "report_compliance"
    REPORT_POLICE = "report_police"
    EVIDENCE_EXPORT = "evidence_export"
    RULE_CHANGE = "rule_change"
    LIST_CHANGE = "list_change"


class Second(StrEnum):
    """When the second person looks at an action."""

    BEFORE = "before"  # nothing happens until another person approved
    AFTER = "after"  # it takes effect at once, and another person checks it within a set time
    NONE = "none"  # one person may do it alone


class Operation(StrEnum):
    """What the bank is asked to do."""

    BLOCK = "block"
    STOP_PAYMENT = "stop_payment"
    FREEZE = "freeze"
    LIFT = "lift"  # undo one of the others


class BasisKind(StrEnum):
    """What entitles the bank to block."""

    CONSENT = "consent"  # the customer's, given in an attempt on record
    TERMS = "terms"  # those of the card
    ORDER = "order"  # an authority's, recorded with its number


class Target(NamedTuple):
    """What an action is about, written `kind:id`."""

    kind: str
    id: str

    def __str__(self) -> str:
        """Write it as `parse` reads it."""
        return f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str, allowed: frozenset[str]) -> "Target":
        """Read `kind:id`. Raises WrongUse for another kind, no id, or a card number instead of a token."""
        kind, _, token = text.partition(":")
        if kind not in allowed or not token.strip() or len(token) > _LONGEST_ID or not token.isprintable():
            want = " or ".join(f"{each}:ID" for each in sorted(allowed))
            raise WrongUse(f"{text[:80]!r} is nothing this can be done to; write {want}")
        if holds_card_number(token):
            raise WrongUse("a target holds a card number; name the card by its token instead")
        return cls(kind, token)


class Rule(NamedTuple):
    """What holds for a kind. `operation` is None where the bank's systems have no part in it.

    `second` says when a second person is needed at most: a temporary block falls back to before where its
    basis does not let one person act, and a small release of a customer who was right needs none.
    """

    make: Right
    check: Right
    second: Second
    targets: frozenset[str]
    bases: frozenset[BasisKind]
    operation: Operation | None

    @property
    def reversible(self) -> bool:
        """Tell whether a release can undo it."""
        return self.operation in (Operation.BLOCK, Operation.STOP_PAYMENT, Operation.FREEZE)


# What is lifted when its time is over.
ENDING = frozenset({Kind.TEMPORARY_BLOCK, Kind.FREEZE})

_LONGEST_ID = 128
_HOLDABLE = frozenset({"card", "account", "channel"})
_CASE = frozenset({"case"})
_ANY_BASIS = frozenset(BasisKind)
_NO_BASIS: frozenset[BasisKind] = frozenset()
_REPORT = Rule(Right.PROPOSE_REPORT, Right.APPROVE_REPORT, Second.BEFORE, _CASE, _NO_BASIS, None)

RULES: dict[Kind, Rule] = {
    Kind.TEMPORARY_BLOCK: Rule(
        Right.PROPOSE_BLOCK, Right.APPROVE_BLOCK, Second.AFTER, _HOLDABLE, _ANY_BASIS, Operation.BLOCK
    ),
    Kind.STOP_PAYMENT: Rule(
        Right.PROPOSE_BLOCK,
        Right.APPROVE_BLOCK,
        Second.BEFORE,
        frozenset({"payment"}),
        _ANY_BASIS,
        Operation.STOP_PAYMENT,
    ),
    Kind.FREEZE: Rule(
        Right.PROPOSE_FREEZE,
        Right.APPROVE_FREEZE,
        Second.BEFORE,
        _HOLDABLE,
        frozenset({BasisKind.ORDER}),
        Operation.FREEZE,
    ),
    # Above the limit of one person, whoever may check what is released checks the release.
    Kind.RELEASE: Rule(
        Right.RELEASE_BLOCK,
        Right.APPROVE_BLOCK,
        Second.BEFORE,
        _HOLDABLE | {"payment"},
        _NO_BASIS,
        Operation.LIFT,
    ),
    Kind.REPORT_LEGAL: _REPORT,
    Kind.REPORT_COMPLIANCE: _REPORT,
    Kind.REPORT_POLICE: _REPORT,
    Kind.EVIDENCE_EXPORT: Rule(
        Right.EXPORT_EVIDENCE, Right.APPROVE_EXPORT, Second.BEFORE, _CASE, _NO_BASIS, None
    ),
    Kind.RULE_CHANGE: Rule(
        Right.PROPOSE_RULE, Right.APPROVE_RULE, Second.BEFORE, frozenset({"rule"}), _NO_BASIS, None
    ),
    Kind.LIST_CHANGE: Rule(
        Right.PROPOSE_LIST, Right.APPROVE_RULE, Second.BEFORE, frozenset({"list"}), _NO_BASIS, None
    ),
}
