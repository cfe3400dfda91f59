"""An agent's process for a test to kill while it holds a claim.

Run as `python -m tests.cases.work.agent_to_kill STORE_URL NOW_MS WHEN`, with WHEN `claiming` (inside the
transaction), `holding` or `calling`. It prints the task and its lease number, and then waits to be killed.
"""

import sys
from threading import Event

from cases.store import Store, open_store
from cases.work.claims import record_claim, take_next
from domain.instants import span_ms
from tests.cases.worked import AGENT


def _wait_to_be_killed(task_id: int, lease_no: int) -> None:
    sys.stdout.write(f"{task_id} {lease_no}\n")
    sys.stdout.flush()
    Event().wait()


def _claiming(store: Store, now_ms: int) -> None:
    policy = store.policy.work
    with store.db.writing(alone=False):
        task = take_next(store.db, AGENT, ["general"], now_ms, span_ms(policy.lease), policy)
        if task is not None:
            record_claim(store.db, task, AGENT, now_ms)
            _wait_to_be_killed(task["id"], task["lease_no"])


def _main(url: str, now_ms: int, when: str) -> None:
    with open_store(url, create=False) as store:
        if when == "claiming":
            _claiming(store, now_ms)
            return
        claimed = store.work.next(AGENT, now_ms)
        if claimed is None:
            return
        if when == "calling":
            store.calling.begin_call(claimed.task.id, AGENT, now_ms)
        _wait_to_be_killed(claimed.task.id, claimed.task.lease_no)


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
