"""What must hold on a desk at any moment, asked of the store with plain SQL."""

from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from cases.case import LIVE
from cases.work.states import TaskState, standing
from tests.cases.work.raw import raw_of

LIVE_TASK = "task.state IN ('ready', 'waiting', 'leased')"
LIVE_CASE = "case_.status IN ('open', 'working', 'waiting', 'escalated')"


class Promises(RuleBasedStateMachine):
    """A desk whose store lies at `url`; `fed` are the alerts that it was given."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.fed: dict[str, Any] = {}
        self.ended: dict[str, int] = {}
        self.lease_no: dict[int, int] = {}
        self.raw = raw_of(self.url)

    def teardown(self) -> None:
        self.raw.close()

    @invariant()
    def every_live_case_has_something_to_do_and_no_other_has(self) -> None:
        assert not self.raw.ask(
            f"SELECT id FROM case_ WHERE {LIVE_CASE} AND NOT EXISTS"
            f" (SELECT 1 FROM task WHERE task.case_id = case_.id AND {LIVE_TASK})"
        )
        assert not self.raw.ask(
            "SELECT task.id FROM task JOIN case_ ON case_.id = task.case_id"
            f" WHERE {LIVE_TASK} AND NOT {LIVE_CASE}"
        )

    @invariant()
    def every_case_stands_where_its_tasks_put_it(self) -> None:
        rows = self.raw.ask(
            "SELECT case_.id, case_.status, task.state FROM case_ JOIN task ON task.case_id = case_.id"
            f" WHERE {LIVE_TASK} AND case_.status <> 'escalated'"
        )
        states: dict[tuple[str, str], set[TaskState]] = {}
        for row in rows:
            states.setdefault((row["id"], row["status"]), set()).add(TaskState(row["state"]))
        for (_, status), found in states.items():
            assert status == standing(found)

    @invariant()
    def nobody_is_on_two_calls(self) -> None:
        assert not self.raw.ask(
            "SELECT customer FROM attempt JOIN task ON task.id = attempt.task_id"
            " WHERE attempt.ended_at_ms IS NULL AND task.calling = 1 AND customer IS NOT NULL"
            " GROUP BY customer HAVING COUNT(*) > 1"
        )
        assert not self.raw.ask(
            "SELECT subject FROM task WHERE calling = 1 GROUP BY subject HAVING COUNT(*) > 1"
        )

    @invariant()
    def no_alert_is_lost(self) -> None:
        rows = self.raw.ask("SELECT alert.id, case_.status FROM alert JOIN case_ ON case_.id = alert.case_id")
        assert sorted(row["id"] for row in rows) == sorted(self.fed)
        assert "merged" not in {row["status"] for row in rows}

    @invariant()
    def everybody_has_one_live_case_at_most(self) -> None:
        assert not self.raw.ask(
            "SELECT subject FROM case_subject WHERE live = 1 GROUP BY subject HAVING COUNT(*) > 1"
        )
        assert not self.raw.ask(
            "SELECT case_.id FROM case_ JOIN case_subject ON case_subject.case_id = case_.id"
            f" WHERE {LIVE_CASE} AND case_subject.live = 0"
        )

    @invariant()
    def what_has_ended_begins_again_only_by_being_reopened(self) -> None:
        for row in self.raw.ask("SELECT id, status, reopened FROM case_"):
            before = self.ended.get(row["id"])
            if before is not None and row["status"] in LIVE:
                assert row["reopened"] > before
            if row["status"] == "merged":
                self.ended[row["id"]] = 10**9
            elif row["status"] == "closed":
                self.ended[row["id"]] = row["reopened"]

    @invariant()
    def the_number_of_a_lease_never_goes_back(self) -> None:
        for row in self.raw.ask("SELECT id, lease_no FROM task"):
            assert row["lease_no"] >= self.lease_no.get(row["id"], 0)
            self.lease_no[row["id"]] = row["lease_no"]

    @invariant()
    def every_act_is_in_the_audit(self) -> None:
        (events,) = self.raw.ask(
            "SELECT COUNT(*) AS n FROM case_event WHERE actor LIKE 'a%' OR actor = 'lead'"
        )
        (acts,) = self.raw.ask("SELECT COUNT(*) AS n FROM audit WHERE actor LIKE 'a%' OR actor = 'lead'")
        assert acts["n"] >= events["n"]
