"""A desk with everything that goes wrong on one: whatever happens in whatever order, its promises hold.

Agents claim, call, forget what they hold, come back too late; processes die and stores are opened again; the
clock jumps both ways; alerts arrive, arrive again, and make one case of several.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cases.calling.results import Report
from cases.case import Outcome, Status
from cases.errors import CaseError, NotYours
from cases.store import open_store
from cases.who import Role, Who
from cases.work.leases import held as held_by
from cases.work.moves import WAITING_REASONS, exhaust, finish, wait
from cases.work.service import Claimed
from domain.findings import Severity
from domain.reference import Customer, PhoneNumber
from tests.cases.made import MINUTE_MS, NOON_MS, alert
from tests.cases.work.promises import Promises
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.slow

LEAD = Who("lead", Role.LEAD)
AGENTS = (Who("a0"), Who("a1"), Who("a2"), LEAD)
PEOPLE = tuple(f"u{number}" for number in range(4))
CARDS = {f"c{number}": f"u{number // 2}" for number in range(8)}

agents = st.sampled_from(AGENTS)
cards = st.sampled_from(sorted(CARDS))
some = st.integers(0, 7)


class Desk(Promises):
    """The desk, and what it must be like according to what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = self.latest_ms = NOON_MS
        self.holders: dict[int, tuple[str, int]] = {}
        self.held: dict[str, Claimed] = {}
        self.lost: dict[str, Claimed] = {}
        self.store = open_store(self.url)
        self.store.reference.put(
            Customer(
                id=name,
                effective_at=datetime(2020, 1, 1, tzinfo=UTC),
                tier="standard",
                time_zone="Asia/Shanghai",
                numbers=(PhoneNumber(reference=f"{name}-mobile", kind="mobile"),),
            )
            for name in PEOPLE
        )

    def teardown(self) -> None:
        super().teardown()
        self.store.close()

    # What comes in

    @initialize(found=st.lists(cards, min_size=1, max_size=4))
    def the_night_begins(self, found: list[str]) -> None:
        for card in found:
            self.feed(alert(f"{len(self.fed)}", card, CARDS[card], at_ms=self.at))

    @rule(card=cards, known=st.booleans(), severity=st.sampled_from(Severity), ring=st.sampled_from("  rq"))
    def an_alert_comes(self, card: str, known: bool, severity: Severity, ring: str) -> None:
        customer = CARDS[card] if known else None
        self.feed(
            alert(f"{len(self.fed)}", card, customer, severity=severity, ring=ring.strip(), at_ms=self.at)
        )

    @rule(members=st.lists(cards, min_size=2, max_size=4, unique=True), known=st.booleans())
    def an_alert_about_several_comes(self, members: list[str], known: bool) -> None:
        named = [(card, CARDS[card] if known else None) for card in members]
        self.feed(alert(f"{len(self.fed)}", scope="branch", key="b", members=named, at_ms=self.at))

    @precondition(lambda self: self.fed)
    @rule(which=some)
    def an_alert_comes_again(self, which: int) -> None:
        again = list(self.fed.values())[which % len(self.fed)]
        assert self.store.cases.take_in([again]) == 0

    def feed(self, made: Any) -> None:
        self.fed[made.id] = made
        assert self.store.cases.take_in([made]) == 1

    # What people do

    @rule(who=agents, skilled=st.booleans())
    def somebody_takes_the_next(self, who: Who, skilled: bool) -> None:
        skills = ("general", "lead", "legal") if skilled else ()
        self.attempt(who, lambda: self.store.work.next(who, self.now_ms, skills=skills))

    @rule(who=agents, which=some)
    def somebody_claims_a_case(self, who: Who, which: int) -> None:
        cases = self.store.cases.list(Status)
        if cases:
            case_id = cases[which % len(cases)].id
            self.attempt(who, lambda: self.store.work.claim(case_id, who, self.now_ms))

    @rule(who=agents)
    def somebody_stays_at_it(self, who: Who) -> None:
        if held := self.held.get(who.name):
            renew = self.store.work.renew
            self.attempt(who, lambda: renew(held.task.id, who, held.task.lease_no, self.now_ms))

    @rule(who=agents)
    def somebody_begins_a_call(self, who: Who) -> None:
        self.with_held(who, lambda held: self.store.calling.begin_call(held.task.id, who, self.now_ms))

    @rule(
        who=agents, how=st.sampled_from(["no_answer", "busy", "genuine", "confirmed_fraud", "wrong_number"])
    )
    def somebody_reports_a_call(self, who: Who, how: str) -> None:
        def record(held: Claimed) -> None:
            no = held.task.lease_no
            report = Report(task_id=held.task.id, disposition=how, lease_no=no, checked=("identity",))
            self.store.calling.record(report, who, self.now_ms)

        self.with_held(who, record)

    @rule(who=agents, reason=st.sampled_from(WAITING_REASONS), minutes=st.integers(-5, 600))
    def somebody_puts_a_task_off(self, who: Who, reason: str, minutes: int) -> None:
        wake_ms = self.now_ms + minutes * MINUTE_MS
        self.with_task(who, lambda db, task: wait(db, task, reason, wake_ms, who, self.now_ms))

    @rule(who=agents)
    def somebody_finishes_a_task(self, who: Who) -> None:
        self.with_task(who, lambda db, task: finish(db, task, who, self.now_ms))

    @rule(who=agents)
    def somebody_gives_a_task_up(self, who: Who) -> None:
        self.with_task(who, lambda db, task: exhaust(db, task, who, self.now_ms))

    @rule(who=agents)
    def somebody_gives_a_task_back(self, who: Who) -> None:
        release = self.store.work.release
        self.with_held(who, lambda held: release(held.case.id, who, "why not", self.now_ms))

    @rule(who=agents)
    def somebody_goes_home(self, who: Who) -> None:
        self.store.work.end_shift(who.name, who, self.now_ms)
        self.see()

    @rule(who=agents, outcome=st.sampled_from(Outcome))
    def somebody_closes_a_case(self, who: Who, outcome: Outcome) -> None:
        close = self.store.work.close
        self.with_held(who, lambda held: close(held.case.id, who, None, outcome, "", self.now_ms))

    @rule(who=agents, outcome=st.sampled_from(Outcome))
    def somebody_takes_a_case_and_closes_it(self, who: Who, outcome: Outcome) -> None:
        self.somebody_takes_the_next(who, True)
        self.somebody_closes_a_case(who, outcome)

    @rule(who=agents, reason=st.sampled_from(WAITING_REASONS), minutes=st.integers(1, 600))
    def somebody_takes_a_task_and_puts_it_off(self, who: Who, reason: str, minutes: int) -> None:
        self.somebody_takes_the_next(who, True)
        self.somebody_puts_a_task_off(who, reason, minutes)

    @rule(who=agents)
    def somebody_escalates_a_case(self, who: Who) -> None:
        escalate = self.store.work.escalate
        self.with_held(who, lambda held: escalate(held.case.id, who, "legal", "", self.now_ms))

    @rule(which=some)
    def a_team_returns_a_case(self, which: int) -> None:
        cases = self.store.cases.list([Status.ESCALATED])
        if cases:
            self.store.work.hand_back(cases[which % len(cases)].id, LEAD, "", self.now_ms)

    @rule(which=some)
    def a_lead_reopens_a_case(self, which: int) -> None:
        cases = self.store.cases.list([Status.CLOSED])
        if cases:
            case_id = cases[which % len(cases)].id
            self.with_errors(lambda: self.store.work.reopen(case_id, LEAD, "new proof", self.now_ms))

    @rule(who=agents)
    def somebody_comes_too_late(self, who: Who) -> None:
        lost = self.lost.get(who.name)
        if lost is not None:
            with pytest.raises(NotYours):
                self.store.work.complete(lost.task.id, who, lost.task.lease_no, "a word", self.now_ms)

    # What goes wrong

    @rule()
    def the_process_dies(self) -> None:
        self.store.close()
        self.store = open_store(self.url)

    @rule(minutes=st.sampled_from([-30, -1, 0, 1, 2, 10, 60, 600]))
    def the_clock_jumps(self, minutes: int) -> None:
        self.now_ms += minutes * MINUTE_MS
        self.latest_ms = max(self.latest_ms, self.now_ms)

    @rule()
    def time_does_its_work(self) -> None:
        self.store.work.sweep(self.now_ms)
        self.see()

    @property
    def at(self) -> int:
        return self.now_ms - NOON_MS

    def attempt(self, who: Who, claim: Callable[[], Claimed | None]) -> None:
        """Claim or renew, and hold what comes of it against what others hold."""
        claimed = self.with_errors(claim)
        if claimed is None:
            return
        task = claimed.task
        holder, until_ms = self.holders.get(task.id, (who.name, 0))
        assert holder == who.name or until_ms <= self.latest_ms, f"{task.id} is claimed twice"
        assert task.lease_by == who.name
        assert task.lease_until_ms is not None
        self.holders[task.id] = (who.name, task.lease_until_ms)
        self.held[who.name] = claimed
        self.see()

    def with_held(self, who: Who, act: Callable[[Claimed], Any]) -> None:
        """Do something with what somebody believes to hold; it may be refused, and ends the hold or not."""
        if held := self.held.get(who.name):
            self.with_errors(lambda: act(held))
            self.see()

    def with_task(self, who: Who, move: Callable[[Any, int], None]) -> None:
        """Move the task that somebody believes to hold, if they do."""

        def act(held: Claimed) -> None:
            with self.store.db.writing():
                held_by(self.store.db, held.task.id, who, held.task.lease_no, self.now_ms)
                move(self.store.db, held.task.id)

        self.with_held(who, act)

    def with_errors(self, act: Callable[[], Any]) -> Any:
        """Do what may be refused; everything else that goes wrong is a bug."""
        try:
            return act()
        except CaseError:
            return None

    def see(self) -> None:
        """Drop from the model what nobody holds any more."""
        rows = self.raw.ask("SELECT id, lease_by, lease_no FROM task WHERE state = 'leased'")
        leased = {row["id"]: (row["lease_by"], row["lease_no"]) for row in rows}
        self.holders = {task: holder for task, holder in self.holders.items() if task in leased}
        for name, held in list(self.held.items()):
            if leased.get(held.task.id) != (name, held.task.lease_no):
                self.lost[name] = self.held.pop(name)


def keeps_its_promises(urls: Iterator[str], examples: int) -> None:
    """Run many nights, each on an empty store."""

    class Night(Desk):
        def __init__(self) -> None:
            self.url = next(urls)
            super().__init__()

    run_state_machine_as_test(
        Night,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )


def test_a_desk_on_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    keeps_its_promises((f"sqlite:///{tmp_path}/night-{n}.db" for n in count()), 60)


def test_a_desk_on_postgresql_keeps_its_promises(
    postgres_server: PostgresServer, postgres_template: str, keys_folder: Path
) -> None:
    def urls() -> Iterator[str]:
        for number in count():
            name = f"night_{number}"
            postgres_server.run(f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY file_copy")
            yield postgres_server.url(name)

    keeps_its_promises(urls(), 10)
