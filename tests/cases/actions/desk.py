"""A desk with one case about one card, its people, and a bank whose answers the test decides."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import psycopg

from cases.actions.action import Action, Basis, Order
from cases.actions.core_banking import Answer, Instruction, Verdict
from cases.actions.executor import Executor
from cases.actions.kinds import Kind, Target
from cases.actions.policy import ActionPolicy
from cases.actions.proposing import Proposal
from cases.actions.service import SqlActions
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import HOUR_MS, NOON_MS, alert

AGENT, OTHER_AGENT = Who("agent-7"), Who("agent-8")
LEAD, OTHER_LEAD = Who("lead-2", Role.LEAD), Who("lead-3", Role.LEAD)
COMPLIANCE = Who("comp-1", Role.COMPLIANCE)
ANALYST, OTHER_ANALYST = Who("ana-1", Role.ANALYST), Who("ana-2", Role.ANALYST)
CARD = "card:tok_7f3a"
TERMS = Basis.parse("terms")
DONE = Answer(verdict=Verdict.DONE, reference="b-1")
AWAY = Answer(verdict=Verdict.RETRY, detail="away")
REFUSED = Answer(verdict=Verdict.REJECTED, detail="no such card")


def open_case(store: Store, exposure_minor: int = 0) -> str:
    """Take in one alert about the card, and give the case it opens."""
    store.cases.take_in([alert("a", "tok_7f3a", "u1", exposure_minor=exposure_minor)])
    return store.cases.list()[0].id


def proposal(kind: Kind = Kind.TEMPORARY_BLOCK, target: str = CARD, **fields: object) -> Proposal:
    """Give a proposal that says why; a block rests on the card's terms unless told otherwise."""
    blocks = kind in (Kind.TEMPORARY_BLOCK, Kind.STOP_PAYMENT)
    given = {"reason": "card tested abroad", "basis": TERMS if blocks else None, **fields}
    return Proposal(kind=kind, target=target, **given)


def police_order(number: str = "2026-0417", *, from_ms: int = NOON_MS, hours: int = 20) -> Order:
    """Give an order about the card, in force for so many hours."""
    return Order(
        number=number,
        authority="Police, district 3",
        scope=(Target("card", "tok_7f3a"),),
        term_from_ms=from_ms,
        term_to_ms=from_ms + hours * HOUR_MS,
    )


def execute(url: str, sql: str, *values: object) -> None:
    """Run one statement on the database itself, past all of riskdesk's code; `?` stands for a value."""
    if url.startswith("postgresql://"):
        with psycopg.connect(url, autocommit=True) as postgres:
            postgres.execute(sql.replace("?", "%s").encode(), values)
        return
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        connection.execute(sql, values)
    finally:
        connection.close()


def call(url: str, store: Store, case_id: str, disposition: str | None, attempt_id: int = 1) -> None:
    """Put an attempt on record: ended with a disposition, or open with the customer on the line."""
    with store.db.reading():
        (task,) = store.db.rows("live_tasks", case_id=case_id)
    execute(
        url,
        "INSERT INTO attempt (id, task_id, case_id, customer, reference, agent, lease_no, started_at_ms, "
        "answered_at_ms, ended_at_ms, disposition, script, script_version) "
        "VALUES (?, ?, ?, 'u1', 'n1', 'agent-7', 1, ?, ?, ?, ?, 'travel', 1)",
        *(attempt_id, task["id"], case_id, NOON_MS, NOON_MS + 1, disposition and NOON_MS + 2, disposition),
    )


@dataclass
class Bank:
    """A bank that answers what it is told to, in turn, then DONE; it keeps what it was sent."""

    answers: Iterable[Answer] = ()
    sent: list[Instruction] = field(default_factory=list)
    _turn: Iterator[Answer] = field(init=False)

    def __post_init__(self) -> None:
        self._turn = iter(self.answers)

    def carry_out(self, instruction: Instruction) -> Answer:
        self.sent.append(instruction)
        return next(self._turn, DONE)


def run_all(store: Store, bank: Bank, now_ms: int, policy: ActionPolicy | None = None) -> list[str]:
    """Work off what is due, and say what came of each message."""
    executor = Executor(store.db, bank, policy or ActionPolicy(), lambda: now_ms)
    return [step.value for step in executor.run_due()]


def block(store: Store, case_id: str, now_ms: int = NOON_MS, policy: ActionPolicy | None = None) -> Action:
    """Let the agent block the card, and the bank carry it out."""
    actions = SqlActions(store.db, policy or ActionPolicy())
    made = actions.propose(proposal(case_id=case_id), AGENT, now_ms)
    run_all(store, Bank(), now_ms, policy)
    return actions.get(made.id, AGENT)
