"""Whatever people, time and the network do, the bank in the end holds what the desk says it holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.actions.action import Action
from cases.actions.core_banking import Answer, Instruction, Verdict
from cases.actions.executor import Executor
from cases.actions.kinds import Kind
from cases.actions.life import Status
from cases.actions.policy import ActionPolicy, Unchecked
from cases.actions.service import SqlActions
from cases.errors import CaseError
from cases.sqlite import SqliteDatabase
from cases.store import Store, open_store
from connectors.loopback_bank import LoopbackBank
from tests.cases.actions.desk import AGENT, COMPLIANCE, LEAD, OTHER_AGENT, open_case, police_order, proposal
from tests.cases.made import HOUR_MS, MINUTE_MS, NOON_MS
from tests.sqlite_store import sqlite_store

CARDS = ("card:tok_7f3a", "card:tok_2")
PEOPLE = (AGENT, OTHER_AGENT, LEAD, COMPLIANCE)
POLICY = ActionPolicy(attempts=100, retry_at_most=timedelta(minutes=1), unchecked=Unchecked.LIFT)


@dataclass
class BadLine:
    """A line to the bank that loses requests, loses answers, and delivers old requests again."""

    bank: LoopbackBank
    luck: Random
    sent: list[Instruction] = field(default_factory=list)
    good: bool = False

    def carry_out(self, instruction: Instruction) -> Answer:
        self.sent.append(instruction)
        if not self.good:
            if self.luck.random() < 0.3:
                self.bank.carry_out(self.luck.choice(self.sent))
            if self.luck.random() < 0.4:
                return Answer(verdict=Verdict.RETRY, detail="lost on the way there")
        answer = self.bank.carry_out(instruction)
        if not self.good and self.luck.random() < 0.4:
            return Answer(verdict=Verdict.RETRY, detail="lost on the way back")
        return answer


@dataclass
class Night:
    """One store, one bank and a clock, to which chance does what may happen."""

    store: Store
    line: BadLine
    case_id: str
    luck: Random
    now_ms: int = NOON_MS

    @property
    def actions(self) -> SqlActions:
        return SqlActions(self.store.db, POLICY)

    def some(self) -> Action:
        return self.luck.choice(list(self.actions.list(AGENT)))

    def step(self) -> None:
        who, target = self.luck.choice(PEOPLE), self.luck.choice(CARDS)
        kind = self.luck.choice((Kind.TEMPORARY_BLOCK, Kind.TEMPORARY_BLOCK, Kind.RELEASE, Kind.FREEZE))
        wanted = proposal(kind, target, case_id=self.case_id)
        ways: list[Callable[[], object]] = [
            partial(self.actions.propose, wanted, who, self.now_ms),
            lambda: self.actions.approve(self.some().id, who, self.now_ms),
            lambda: self.actions.reject(self.some().id, who, "no", self.now_ms),
            lambda: self.actions.reverse(self.some().id, who, "let go", self.now_ms),
            lambda: self.actions.record_order(police_order(), who, self.now_ms, kind=Kind.FREEZE),
            lambda: self.actions.expire(self.now_ms),
            self.execute,
            self.execute,
            self.wait,
        ]
        try:
            self.luck.choice(ways)()
        except (CaseError, IndexError):
            # Refused, or nothing there yet: people try what they may not.
            return

    def execute(self) -> None:
        Executor(self.store.db, self.line, POLICY, lambda: self.now_ms).run_due(self.luck.randint(1, 3))

    def wait(self) -> None:
        self.now_ms += self.luck.choice((MINUTE_MS, 20 * MINUTE_MS, 5 * HOUR_MS, 30 * HOUR_MS))

    def settle(self) -> None:
        """Let the line work and the desk come to rest; then all that was ever sent comes once more."""
        self.line.good = True
        for _ in range(10):
            self.actions.expire(self.now_ms)
            Executor(self.store.db, self.line, POLICY, lambda: self.now_ms).run_due()
            self.now_ms += MINUTE_MS
        for old in self.line.sent:
            self.line.bank.carry_out(old)


@settings(max_examples=40, deadline=None)
@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=60))
def test_in_the_end_the_bank_holds_what_the_desk_says(seed: int, steps: int) -> None:
    luck = Random(seed)
    with TemporaryDirectory() as folder, open_store(sqlite_store(Path(folder) / "desk.db")) as store:
        assert isinstance(store.db, SqliteDatabase)
        line = BadLine(LoopbackBank(Path(folder) / "bank.db"), luck)
        night = Night(store, line, open_case(store), luck)
        for _ in range(steps):
            night.step()
        night.settle()
        everything = night.actions.list(AGENT, limit=1000)
        for card in CARDS:
            held = {
                each.idempotency_key
                for each in everything
                if each.target == card and each.kind is not Kind.RELEASE and each.status is Status.DONE
            }
            assert set(line.bank.held(card, night.now_ms)) == held
        at_rest = {Status.DONE, Status.REJECTED, Status.EXPIRED, Status.REVERSED, Status.PROPOSED}
        assert {each.status for each in everything} <= at_rest
        sent = {each.action for each in line.sent}
        for each in everything:
            assert each.checker != each.maker
            if each.status is Status.DONE:
                assert each.verdict != "rejected"
                assert each.expires_at_ms is None or each.expires_at_ms > night.now_ms - MINUTE_MS
            if each.id in sent and each.kind is Kind.FREEZE:
                assert each.verdict == "approved"
        assert store.audit.verify().breaks == ()
