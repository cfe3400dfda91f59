"""Who does something at the desk, and in what role: the rights of each role, denied by default."""

from enum import StrEnum
from typing import NamedTuple

from cases.errors import NotAllowed


class Role(StrEnum):
    """What a person at the desk is."""

    AGENT = "agent"
    LEAD = "lead"
    ANALYST = "analyst"
    OPS = "ops"
    AUDITOR = "auditor"
    COMPLIANCE = "compliance"
    SYSTEM = "system"  # riskdesk itself: intake, sweeper, executor


class Right(StrEnum):
    """What a role may do."""

    WORK_CASES = "work_cases"  # claim, call, dispose of, close what one holds oneself
    WORK_FOR_OTHERS = "work_for_others"  # release and reassign what others hold, review what is stuck
    READ_CASES = "read_cases"
    WRITE_NOTES = "write_notes"  # into the timeline of any case
    REVEAL_NUMBERS = "reveal_numbers"  # have a telephone or card number shown in full, with a reason
    SHELVE_ALARM = "shelve_alarm"  # hide an alarm of a device for a while
    PROPOSE_BLOCK = "propose_block"
    APPROVE_BLOCK = "approve_block"
    PROPOSE_FREEZE = "propose_freeze"
    APPROVE_FREEZE = "approve_freeze"
    RELEASE_BLOCK = "release_block"
    RECORD_ORDER = "record_order"  # what an authority ordered
    PROPOSE_REPORT = "propose_report"  # to legal, compliance or the police
    APPROVE_REPORT = "approve_report"
    PROPOSE_LIST = "propose_list"
    PROPOSE_RULE = "propose_rule"
    APPROVE_RULE = "approve_rule"
    EXPORT_EVIDENCE = "export_evidence"
    APPROVE_EXPORT = "approve_export"
    RUN_STORE = "run_store"  # migrate, archive, purge
    ANSWER_ORDERS = "answer_orders"  # accept, return and finish work orders, also for who has no account
    EDIT_KNOWLEDGE = "edit_knowledge"
    PLACE_HOLD = "place_hold"  # keep what the law wants kept
    RELEASE_HOLD = "release_hold"
    READ_AUDIT = "read_audit"
    PROPOSE_USER = "propose_user"  # who may sign in, and as what
    APPROVE_USER = "approve_user"
    MANAGE_WEBHOOKS = "manage_webhooks"  # whom the desk tells what by itself


_READERS = frozenset({Right.READ_CASES})

# Deny by default: what is not here is not allowed.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AGENT: _READERS
    | {
        Right.WORK_CASES,
        Right.WRITE_NOTES,
        Right.REVEAL_NUMBERS,
        Right.PROPOSE_BLOCK,
        Right.RELEASE_BLOCK,
        Right.RECORD_ORDER,
        Right.PROPOSE_LIST,
        Right.ANSWER_ORDERS,
    },
    Role.LEAD: _READERS
    | {
        Right.WORK_CASES,
        Right.WRITE_NOTES,
        Right.REVEAL_NUMBERS,
        Right.WORK_FOR_OTHERS,
        Right.SHELVE_ALARM,
        Right.PROPOSE_BLOCK,
        Right.APPROVE_BLOCK,
        Right.PROPOSE_FREEZE,
        Right.RELEASE_BLOCK,
        Right.RECORD_ORDER,
        Right.PROPOSE_REPORT,
        Right.PROPOSE_LIST,
        Right.APPROVE_RULE,
        Right.EXPORT_EVIDENCE,
        Right.READ_AUDIT,
        Right.ANSWER_ORDERS,
        Right.EDIT_KNOWLEDGE,
        Right.PLACE_HOLD,
        Right.PROPOSE_USER,
        Right.APPROVE_USER,
        Right.MANAGE_WEBHOOKS,
    },
    Role.ANALYST: _READERS
    | {
        Right.WRITE_NOTES,
        Right.REVEAL_NUMBERS,
        Right.PROPOSE_RULE,
        Right.APPROVE_RULE,
        Right.PROPOSE_LIST,
        Right.PROPOSE_REPORT,
        Right.EXPORT_EVIDENCE,
        Right.EDIT_KNOWLEDGE,
    },
    Role.OPS: frozenset({Right.RUN_STORE, Right.PROPOSE_USER, Right.MANAGE_WEBHOOKS}),
    Role.AUDITOR: _READERS | {Right.READ_AUDIT},
    Role.COMPLIANCE: _READERS
    | {
        Right.WRITE_NOTES,
        Right.REVEAL_NUMBERS,
        Right.APPROVE_BLOCK,
        Right.APPROVE_FREEZE,
        Right.RECORD_ORDER,
        Right.APPROVE_REPORT,
        Right.APPROVE_EXPORT,
        Right.READ_AUDIT,
        Right.ANSWER_ORDERS,
        Right.PLACE_HOLD,
        Right.RELEASE_HOLD,
        Right.APPROVE_USER,
    },
    Role.SYSTEM: frozenset(Right),
}


class Who(NamedTuple):
    """A person with a role, in one login session; the name is what every record of theirs says.

    A program that acts for a person has `only` some of the rights of that role.
    """

    name: str
    role: Role = Role.AGENT
    session: str = ""
    only: frozenset[Right] | None = None

    def may(self, right: Right) -> bool:
        """Tell whether this role has the right, and nothing takes it away."""
        return right in RIGHTS[self.role] and (self.only is None or right in self.only)

    def require(self, right: Right) -> None:
        """Raise NotAllowed, saying who may, for whoever has not the right."""
        if self.may(right):
            return
        if right in RIGHTS[self.role]:
            raise NotAllowed(f"{self.name} may not {right.replace('_', ' ')}: no scope of it allows that")
        may = ", ".join(role for role in Role if role is not Role.SYSTEM and right in RIGHTS[role])
        raise NotAllowed(
            f"{self.name} ({self.role}) may not {right.replace('_', ' ')}; that takes: {may}"
        ).known_as("not_allowed", name=self.name, role=self.role.value)


# What riskdesk does by itself.
DESK_ITSELF = Who("riskdesk", Role.SYSTEM)
