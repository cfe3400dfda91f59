"""Actions with four eyes as one service: each method is one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cases.actions.action import Action, Order, action_of, order_of
from cases.actions.checking import approve, reject, to_check
from cases.actions.driving import drive
from cases.actions.hand import carry_out
from cases.actions.kinds import RULES, Kind, Rule
from cases.actions.life import Status
from cases.actions.orders import record_order
from cases.actions.policy import ActionPolicy
from cases.actions.proposing import Proposal, propose
from cases.actions.releasing import case_of
from cases.actions.steps import found
from cases.actions.sweeping import Swept, sweep
from cases.database import Database, Row
from cases.errors import NotAllowed, NotPossible
from cases.who import Right, Who


def requires(kind: Kind) -> Rule:
    """Say what holds for a kind: who may make one, who checks it and when, what it names."""
    return RULES[kind]


def approved(db: Database, kind: Kind, target: str, now_ms: int) -> Row | None:
    """Give the newest action of a kind on `target` that a second person approved and whose time is not over.

    Inside the caller's `reading` or `writing`: whoever carries it out asks in the transaction of doing so.
    """
    rows = db.rows("approved_action", kind=Kind(kind).value, target=target, now_ms=now_ms)
    return rows[0] if rows else None


@dataclass(frozen=True)
class SqlActions:
    """The actions of a store. Times are milliseconds since 1970; the caller says what time it is."""

    db: Database
    policy: ActionPolicy = field(default_factory=ActionPolicy)

    def propose(self, proposal: Proposal, who: Who, now_ms: int) -> Action:
        """Put an action on record; its status says whether it takes effect at once or waits for someone.

        Raises NotAllowed, WrongUse, NotPossible, NotFound.
        """
        with self.db.writing():
            return propose(self.db, self.policy, proposal, who, now_ms)

    def approve(self, action_id: str, who: Who, now_ms: int, note: str = "") -> Action:
        """Let a proposal take effect, or confirm a block that one person set.

        Raises NotAllowed for its maker and for the wrong role, NotPossible when it is too late, NotFound.
        """
        with self.db.writing():
            return approve(self.db, self.policy, action_id, who, now_ms, note)

    def reject(self, action_id: str, who: Who, reason: str, now_ms: int) -> Action:
        """Turn a proposal down, or end a block that one person set.

        Raises NotAllowed and NotPossible as `approve` does, WrongUse without a reason, NotFound.
        """
        with self.db.writing():
            return reject(self.db, action_id, who, now_ms, reason)

    def reverse(self, action_id: str, who: Who, reason: str, now_ms: int) -> Action:
        """Release what an action holds, and give the release, which may wait for a second person itself.

        Raises NotPossible for what cannot be undone or holds nothing, and whatever `propose` raises.
        """
        with self.db.writing():
            action = found(self.db, action_id)
            if not RULES[action.kind].reversible:
                raise NotPossible(f"{action.what} cannot be undone; propose what sets it right")
            release = Proposal(
                kind=Kind.RELEASE,
                target=action.target,
                reason=reason,
                case_id=case_of(self.db, action),
                releases=action.id,
            )
            return propose(self.db, self.policy, release, who, now_ms)

    def carry_out(self, action_id: str, who: Who, result: str, now_ms: int) -> Action:
        """Say that an approved report, export or change was carried out by hand, and what came of it.

        Raises NotAllowed, NotPossible, WrongUse, NotFound.
        """
        with self.db.writing():
            return carry_out(self.db, action_id, who, result, now_ms)

    def record_order(
        self,
        order: Order,
        who: Who,
        now_ms: int,
        *,
        kind: Kind | None = Kind.TEMPORARY_BLOCK,
        case_id: str | None = None,
    ) -> tuple[Action, ...]:
        """Record an order and block what it covers, each in `case_id` or in the live case it belongs to.

        Gives the blocks, also those that were made when the same order was recorded before. Before its term
        begins nothing is blocked; `expire` does it then. With `kind` None nothing ever is. Raises NotAllowed,
        NotPossible, WrongUse.
        """
        with self.db.writing():
            kept = record_order(self.db, order, who, now_ms)
            if kind is None:
                return ()
            return drive(self.db, self.policy, kept, kind, case_id, who, now_ms)

    def why_not(self, action_id: str, who: Who) -> str:
        """Say why `who` may not check an action as it stands, nothing where they may. Raises NotFound."""
        with self.db.reading():
            try:
                to_check(self.db, action_id, who)
            except (NotAllowed, NotPossible) as refusal:
                return str(refusal)
        return ""

    def get(self, action_id: str, who: Who) -> Action:
        """Give one action. Raises NotAllowed, NotFound."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return found(self.db, action_id)

    def list(
        self,
        who: Who,
        status: Status | None = None,
        kind: Kind | None = None,
        case_id: str | None = None,
        limit: int = 100,
    ) -> Sequence[Action]:
        """Give actions, the newest first; those of a case with those of cases merged into it.

        Raises NotAllowed.
        """
        who.require(Right.READ_CASES)
        with self.db.reading():
            rows = self.db.rows(
                "list_actions",
                status=status and status.value,
                kind=kind and kind.value,
                case_id=case_id,
                limit=limit,
            )
        return [action_of(row) for row in rows]

    def pending(self, who: Who, now_ms: int) -> Sequence[Action]:
        """Give what waits for a second person, what is due first first. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return [action_of(row) for row in self.db.rows("pending_actions", now_ms=now_ms)]

    def on_target(self, target: str, who: Who) -> Sequence[Action]:
        """Give everything that was done to a target, the newest first. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return [action_of(row) for row in self.db.rows("actions_on_target", target=target)]

    def ending(self, who: Who, from_ms: int, to_ms: int) -> Sequence[Action]:
        """Give the blocks in force whose term ends from `from_ms` on and before `to_ms`, the first first.

        Raises NotAllowed.
        """
        who.require(Right.READ_CASES)
        with self.db.reading():
            rows = self.db.rows("blocks_ending", from_ms=from_ms, to_ms=to_ms)
        return [action_of(row) for row in rows]

    def orders(self, who: Who, limit: int = 100) -> Sequence[Order]:
        """Give the orders on record, the newest first. Raises NotAllowed."""
        who.require(Right.READ_CASES)
        with self.db.reading():
            return [order_of(row) for row in self.db.rows("list_orders", limit=limit)]

    def approved(self, kind: Kind, target: str, now_ms: int) -> Action | None:
        """Give the action that lets somebody do `kind` to `target` now, None where nobody approved one."""
        with self.db.reading():
            row = approved(self.db, kind, target, now_ms)
        return None if row is None else action_of(row)

    def expire(self, now_ms: int) -> Swept:
        """Do what is due: proposals lapse, blocks end, orders begin, what nobody checked alarms."""
        with self.db.writing():
            return sweep(self.db, self.policy, now_ms)
