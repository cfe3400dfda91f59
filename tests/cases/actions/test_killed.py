"""An executor killed between the effect and its record: the bank has one effect all the same."""

import sys
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from cases.actions.executor import Executor, Step
from cases.actions.life import Status
from cases.actions.policy import ActionPolicy
from cases.store import Store
from connectors.loopback_bank import LoopbackBank
from domain.instants import span_ms
from tests.cases.actions.desk import AGENT, CARD, open_case, proposal
from tests.cases.made import NOON_MS

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("deaths", [1, 3])
def test_an_executor_killed_after_the_effect_leaves_one_effect(
    store: Store, url: str, tmp_path: Path, deaths: int
) -> None:
    made = store.actions.propose(proposal(case_id=open_case(store)), AGENT, NOON_MS)
    bank = LoopbackBank(tmp_path / "bank.db")
    held_ms = span_ms(ActionPolicy().held_for)
    for death in range(deaths):
        now_ms = str(NOON_MS + death * held_ms)
        command = [
            sys.executable,
            "-m",
            "tests.cases.actions.executor_to_kill",
            url,
            str(bank.journal),
            now_ms,
        ]
        with Popen(command, cwd=ROOT, stdout=PIPE, text=True) as executor:
            assert executor.stdout is not None
            assert executor.stdout.readline() == "done\n"
            executor.kill()
    assert store.actions.get(made.id, AGENT).status is Status.EXECUTING
    assert len(bank.effects()) == 1
    after = NOON_MS + deaths * held_ms
    assert Executor(store.db, bank, ActionPolicy(), lambda: after - 1).run_due() == []
    assert Executor(store.db, bank, ActionPolicy(), lambda: after).run_due() == [Step.DONE]
    assert [each.key for each in bank.effects()] == [made.idempotency_key]
    assert bank.held(CARD, after) == (made.idempotency_key,)
    done = store.actions.get(made.id, AGENT)
    assert (done.status, done.result["reference"]) == (Status.DONE, "loopback-1")
