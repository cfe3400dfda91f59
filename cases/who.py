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
    PROPOSE_BLOCK = "propose_block"
    APPROVE_BLOCK = "approve_block"
    PROPOSE_RULE = "propose_rule"
    APPROVE_RULE = "approve_rule"
    EXPORT_EVIDENCE = "export_evidence"
    APPROVE_EXPORT = "approve_export"
    RUN_STORE = "run_store"  # migrate, archive, purge
    READ_AUDIT = "read_audit"


_READERS = frozenset({Right.READ_CASES})

# Deny by default: what is not here is not allowed.
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.AGENT: _READERS | {Right.WORK_CASES, Right.PROPOSE_BLOCK},
    Role.LEAD: _READERS
    | {
        Right.WORK_CASES,
        Right.WORK_FOR_OTHERS,
        Right.PROPOSE_BLOCK,
        Right.APPROVE_BLOCK,
        Right.EXPORT_EVIDENCE,
        Right.READ_AUDIT,
    },
    Role.ANALYST: _READERS | {Right.PROPOSE_RULE, Right.APPROVE_RULE, Right.EXPORT_EVIDENCE},
    Role.OPS: frozenset({Right.RUN_STORE}),
    Role.AUDITOR: _READERS | {Right.READ_AUDIT},
    Role.COMPLIANCE: _READERS | {Right.APPROVE_BLOCK, Right.APPROVE_EXPORT, Right.READ_AUDIT},
    Role.SYSTEM: frozenset(Right),
}


class Who(NamedTuple):
    """A person with a role, in one login session; the name is what every record of theirs says."""

    name: str
    role: Role = Role.AGENT
    session: str = ""

    def require(self, right: Right) -> None:
        """Raise NotAllowed, saying who may, unless this role has the right."""
        if right in RIGHTS[self.role]:
            return
        may = ", ".join(role for role in Role if role is not Role.SYSTEM and right in RIGHTS[role])
        raise NotAllowed(f"{self.name} ({self.role}) may not {right.replace('_', ' ')}; that takes: {may}")


# What riskdesk does by itself.
DESK_ITSELF = Who("riskdesk", Role.SYSTEM)
