"""What the tests ask the bank to do."""

from cases.actions.core_banking import Instruction
from cases.actions.kinds import Operation

NOW_MS = 1_772_712_000_123
BLOCK = Instruction(
    key="k-1",
    operation=Operation.BLOCK,
    target="card:tok_7f3a",
    action="A1",
    case="C1",
    basis="terms",
    made_by="agent-7",
    checked_by=None,
    at_ms=NOW_MS,
    until_ms=NOW_MS + 1,
)
LIFT = Instruction(
    key="k-1-lift",
    operation=Operation.LIFT,
    target="card:tok_7f3a",
    action="A1",
    case="C1",
    basis="terms",
    made_by="agent-7",
    checked_by="lead-2",
    at_ms=NOW_MS,
    lifts="k-1",
)
