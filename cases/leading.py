"""What a lead does with cases of others: keeping one for an agent, and making one of several."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cases.case import Case, Status
from cases.database import Database, Row, as_json
from cases.errors import NotPossible, WrongUse
from cases.grouping import Group
from cases.intake import join
from cases.policy import QueuePolicy
from cases.reading import read_case
from cases.standing import restate
from cases.who import Right, Who
from cases.work.agent_states import AgentState, follow_work
from cases.work.claims import free_tasks
from cases.work.journal import enter
from cases.work.moves import live_case
from domain.card_masking import mask_text
from domain.instants import iso

# For so long nobody else is given a case that was kept for an agent; then it is anybody's.
KEPT_MS = 30 * 60_000
MOST_MERGED = 100


@dataclass(frozen=True)
class SqlLeading:
    """What leads do, in an SQL database. Every method is one transaction, and takes the lead's right."""

    db: Database
    policy: QueuePolicy

    def assign(self, case_id: str, agent: str, who: Who, reason: str, now_ms: int) -> Case:
        """Keep a case for an agent who is at work: for half an hour `next` gives it to nobody else.

        Who holds it loses it, unless they are on the phone. Raises NotAllowed, WrongUse without a reason,
        NotFound, AlreadyClosed, AlreadyMerged, NotPossible.
        """
        note = _why(who, reason)
        with self.db.writing():
            case = live_case(self.db, case_id)
            if case["status"] == Status.ESCALATED:
                raise NotPossible(f"{case_id} is with the team {case['team']!r}; return it first")
            _at_work(self.db, agent)
            held = [row for row in self.db.rows("live_tasks", case_id=case_id) if row["lease_by"] is not None]
            if any(row["lease_by"] == agent for row in held):
                raise NotPossible(f"{agent} has {case_id} already")
            if any(row["calling"] for row in held):
                raise NotPossible(f"a call of {case_id} is open; end it first")
            free_tasks(self.db, held, who, reason, now_ms)
            until_ms = now_ms + KEPT_MS
            self.db.run("keep_tasks_for", case_id=case_id, agent=agent, until_ms=until_ms, kept_ms=KEPT_MS)
            enter(self.db, case_id, who, "assigned", now_ms, new=f"{agent} until {iso(until_ms)}", note=note)
            for holder in sorted({row["lease_by"] for row in held}):
                follow_work(self.db, holder, now_ms)
            return read_case(self.db, case_id)

    def kept(self, case_ids: Iterable[str], now_ms: int) -> dict[str, str]:
        """Give for whom cases are kept, those of these that are."""
        with self.db.reading():
            rows = self.db.rows("kept_tasks", ids=as_json(case_ids), now_ms=now_ms)
            return {row["case_id"]: row["prefer_agent"] for row in rows}

    def merge(self, case_id: str, others: Sequence[str], who: Who, reason: str, now_ms: int) -> Case:
        """Let a case of fraud take in others: their alerts, people and tasks, with whoever holds these.

        Raises NotAllowed, WrongUse, NotFound, AlreadyClosed, AlreadyMerged, and NotPossible for a case of
        another kind.
        """
        note = _why(who, reason)
        merged = tuple(dict.fromkeys(others))
        if not merged or case_id in merged or len(merged) > MOST_MERGED:
            raise WrongUse(f"name 1 to {MOST_MERGED} other cases that {case_id} is to take in")
        with self.db.writing():
            # All of them in one order, as intake takes them: two that want the same wait for one another.
            self.db.rows("lock_tasks", ids=as_json((case_id, *merged)))
            for each in sorted((case_id, *merged)):
                _can_merge(live_case(self.db, each))
            before = {row["id"]: row for row in self.db.rows("cases", ids=as_json((case_id, *merged)))}
            group = Group(case_id, False, merged, (), now_ms)
            join(self.db, group, before)
            restate(self.db, [group], before, {}, self.policy, now_ms)
            for each in merged:
                enter(self.db, each, who, "merged", now_ms, new=case_id, note=note)
                enter(self.db, case_id, who, "took_in", now_ms, new=each, note=note)
            return read_case(self.db, case_id)


def _why(who: Who, reason: str) -> str:
    who.require(Right.WORK_FOR_OTHERS)
    if not reason.strip():
        raise WrongUse("say why; it is kept with every one of these cases")
    return mask_text(reason)


def _at_work(db: Database, agent: str) -> None:
    state = next((row["state"] for row in db.rows("current_state", agent=agent)), AgentState.OFFLINE)
    if state == AgentState.OFFLINE:
        here = ", ".join(row["agent"] for row in db.rows("agents_now")) or "nobody"
        raise NotPossible(f"{agent} is not at work; at work: {here}")


def _can_merge(case: Row) -> None:
    if case["kind"] != "fraud":
        raise NotPossible(
            f"{case['id']} is a case of kind {case['kind']}; those of fraud alone are merged by hand, "
            "another closes as a duplicate"
        )
