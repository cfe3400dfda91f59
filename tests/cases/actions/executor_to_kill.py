"""An executor for a test to kill: it stops between the bank's answer and its own record of it.

Run as `python -m tests.cases.actions.executor_to_kill STORE_URL JOURNAL NOW_MS`. It prints a line when
the bank has carried the instruction out, and then waits to be killed.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from cases.actions.core_banking import Answer, Instruction
from cases.actions.executor import Executor
from cases.actions.policy import ActionPolicy
from cases.store import open_store
from connectors.loopback_bank import LoopbackBank


@dataclass(frozen=True)
class StopsAfterEffect:
    """The loopback bank, whose answer never arrives."""

    bank: LoopbackBank

    def carry_out(self, instruction: Instruction) -> Answer:
        answer = self.bank.carry_out(instruction)
        sys.stdout.write(f"{answer.verdict}\n")
        sys.stdout.flush()
        Event().wait()
        return answer


if __name__ == "__main__":
    url, journal, now_ms = sys.argv[1:]
    with open_store(url, create=False) as store:
        bank = StopsAfterEffect(LoopbackBank(Path(journal)))
        Executor(store.db, bank, ActionPolicy(), lambda: int(now_ms)).run_due()
