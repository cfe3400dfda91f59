"""A process killed while it holds a claim: what it held comes back, and whoever comes late is told."""

import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from cases.case import Status
from cases.errors import NotYours
from cases.integrity import faults
from cases.store import Store
from cases.who import Who
from domain.findings import Severity
from domain.instants import span_ms
from tests.cases.made import NOON_MS, alert
from tests.cases.worked import AGENT, customer

ROOT = Path(__file__).parents[3]
OTHER = Who("a18")


@pytest.fixture
def case_id(store: Store) -> str:
    """A store with one critical case, whose customer may be called at any hour."""
    store.reference.put([customer("u1")])
    store.cases.take_in([alert("a", "c1", "u1", severity=Severity.CRITICAL, exposure_minor=90_000)], NOON_MS)
    return store.cases.list()[0].id


def killed(url: str, when: str) -> tuple[int, int]:
    """Let a process claim and kill it, without a chance to tidy up; gives its task and lease number."""
    command = [sys.executable, "-m", "tests.cases.work.agent_to_kill", url, str(NOON_MS), when]
    with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as agent:
        assert agent.stdout is not None
        task_id, lease_no = agent.stdout.readline().split()
        agent.kill()
    assert agent.returncode == -9
    return int(task_id), int(lease_no)


def test_what_a_killed_process_held_is_ready_again_when_its_lease_ends(
    store: Store, url: str, case_id: str
) -> None:
    task_id, lease_no = killed(url, "holding")
    end_ms = NOON_MS + span_ms(store.policy.work.lease)
    assert store.work.next(OTHER, end_ms - 1) is None
    claimed = store.work.next(OTHER, end_ms)
    assert claimed is not None
    assert (claimed.case.id, claimed.task.id) == (case_id, task_id)
    assert claimed.task.lease_no > lease_no
    with pytest.raises(NotYours, match=r"taken over by a18 at 12:02 UTC .* what you wrote is kept"):
        store.work.complete(task_id, AGENT, lease_no, "she is in Xi'an", end_ms + 1)
    drafts = [(each.actor, each.note) for each in store.cases.show(case_id).timeline if each.what == "draft"]
    assert drafts == [(AGENT.name, "she is in Xi'an")]
    assert faults(store.db) == ()


def test_a_claim_that_was_not_committed_when_its_process_was_killed_never_was(
    store: Store, url: str, case_id: str
) -> None:
    task_id, lease_no = killed(url, "claiming")
    # A server needs a moment to see that the other end is gone.
    while (claimed := store.work.next(OTHER, NOON_MS)) is None:
        pass
    assert (claimed.task.id, claimed.task.lease_no) == (task_id, lease_no)
    assert [each.actor for each in store.cases.show(case_id).timeline if each.what == "claimed"] == ["a18"]


def test_a_call_that_was_open_when_its_process_was_killed_is_put_before_a_lead(
    store: Store, url: str, case_id: str
) -> None:
    task_id, _ = killed(url, "calling")
    end_ms = NOON_MS + span_ms(store.policy.work.lease)
    assert store.work.next(OTHER, end_ms) is None
    found = store.cases.show(case_id)
    assert found.case.status is Status.WORKING
    assert {(task.kind, task.skill, task.state) for task in found.tasks} == {
        ("call_customer", "general", "leased"),
        ("review", "lead", "ready"),
    }
    assert [each.what for each in found.timeline][-1] == "call_overran"
    assert store.calling.held_call(case_id, AGENT) == task_id
