"""The executor: sends what is approved to the bank, at least once, and writes down what came of it.

A message is taken in one transaction and settled in another; between the two the bank is asked. Whoever dies
in between leaves a message that is taken again once its hold is over, with the same key: the bank does a key
once. Several executors may work on one store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from msgspec import convert

from cases.actions.action import Action
from cases.actions.core_banking import Answer, CoreBanking, Instruction, Verdict
from cases.actions.kinds import ENDING, Kind, Operation
from cases.actions.life import Move, Status
from cases.actions.policy import ActionPolicy
from cases.actions.steps import alarm, end, found, move
from cases.database import Database
from cases.errors import NotFound
from cases.outbox import CORE_BANKING, Message, delivered, given_up, later, take
from cases.who import DESK_ITSELF
from domain.instants import iso, span_ms


class Step(StrEnum):
    """What came of one message."""

    DONE = "done"  # the bank has carried it out
    REJECTED = "rejected"  # the bank will not
    RETRY = "retry"  # it is tried again later
    GIVEN_UP = "given_up"  # the bank was tried often enough
    DROPPED = "dropped"  # it was no longer wanted when its turn came, and was not sent


@dataclass(frozen=True)
class Executor:
    """Sends approved actions to `bank`; `clock` says what time it is, in milliseconds since 1970."""

    db: Database
    bank: CoreBanking
    policy: ActionPolicy
    clock: Callable[[], int]

    def run_due(self, limit: int = 1000) -> list[Step]:
        """Work off what is due now, at most `limit` messages, and say what came of each."""
        steps: list[Step] = []
        while len(steps) < limit and (step := self.run_one()) is not None:
            steps.append(step)
        return steps

    def run_one(self) -> Step | None:
        """Take one message, ask the bank and write down its answer; None when nothing is due."""
        with self.db.writing():
            message = take(self.db, CORE_BANKING, self.clock(), span_ms(self.policy.held_for))
            if message is None:
                return None
            instruction = convert(message.payload, Instruction)
            if not self._begin(instruction):
                delivered(self.db, message, self.clock())
                return Step.DROPPED
        answer = self.bank.carry_out(instruction)
        with self.db.writing():
            return self._settle(message, instruction, answer)

    def _begin(self, instruction: Instruction) -> bool:
        """Tell whether the instruction is still wanted; what was approved is executing from here on."""
        now_ms = self.clock()
        try:
            action = found(self.db, instruction.action)
        except NotFound:
            # Purged with its case; a message that nobody can settle would come up for ever.
            return False
        if action.status in (Status.APPROVED, Status.EXECUTING) and _is_over(action, now_ms):
            end(self.db, action, "term", DESK_ITSELF, now_ms, "over before the bank had it")
            return False
        if action.status is Status.APPROVED:
            return move(self.db, action, Move.START, DESK_ITSELF, now_ms)
        return action.status is (Status.REVERSING if _lifts_itself(action, instruction) else Status.EXECUTING)

    def _settle(self, message: Message, instruction: Instruction, answer: Answer) -> Step:
        if answer.verdict is Verdict.DONE:
            if delivered(self.db, message, self.clock()):
                self._done(instruction, answer)
            return Step.DONE
        if instruction.operation is Operation.LIFT:
            # Never given up: whoever stays blocked without a reason is harmed as long as it lasts.
            return self._again(message, instruction, answer)
        if answer.verdict is Verdict.REJECTED:
            return self._fail(message, instruction, answer, Step.REJECTED)
        if message.attempts >= self.policy.attempts:
            return self._fail(message, instruction, answer, Step.GIVEN_UP)
        return self._again(message, instruction, answer)

    def _done(self, instruction: Instruction, answer: Answer) -> None:
        now_ms = self.clock()
        action = found(self.db, instruction.action)
        result = _result(answer)
        if action.status is Status.EXECUTING:
            note = f"{instruction.operation} carried out by the bank"
            move(self.db, action, Move.FINISH, DESK_ITSELF, now_ms, note=note, result=result)
        lifted = action if action.kind is not Kind.RELEASE else found(self.db, action.params["releases"])
        if instruction.operation is Operation.LIFT and lifted.status is Status.REVERSING:
            move(self.db, lifted, Move.LIFTED, DESK_ITSELF, now_ms, note="lifted by the bank")

    def _fail(self, message: Message, instruction: Instruction, answer: Answer, step: Step) -> Step:
        now_ms = self.clock()
        if not given_up(self.db, message, answer.detail, now_ms):
            return step
        action = found(self.db, instruction.action)
        if action.status is Status.EXECUTING:
            note = f"{instruction.operation} was not carried out: {answer.detail}"
            # A bank that rejects says so of every repeat; one that does not answer may have done it.
            if step is Step.GIVEN_UP:
                note += "; ask the bank whether it is in force all the same"
            move(self.db, action, Move.FAIL, DESK_ITSELF, now_ms, note=note, result=_result(answer))
            alarm(self.db, found(self.db, action.id), "failed", note, now_ms)
        return step

    def _again(self, message: Message, instruction: Instruction, answer: Answer) -> Step:
        now_ms = self.clock()
        next_ms = now_ms + span_ms(self.policy.wait_after(message.attempts))
        if later(self.db, message, answer.detail, next_ms) and message.attempts == self.policy.attempts:
            action = found(self.db, instruction.action)
            note = f"{action.target} could not be released: {answer.detail}; tried again at {iso(next_ms)}"
            alarm(self.db, action, "not_lifted", note, now_ms)
        return Step.RETRY


def _is_over(action: Action, now_ms: int) -> bool:
    return action.kind in ENDING and action.expires_at_ms is not None and action.expires_at_ms <= now_ms


def _lifts_itself(action: Action, instruction: Instruction) -> bool:
    return instruction.operation is Operation.LIFT and action.kind is not Kind.RELEASE


def _result(answer: Answer) -> Mapping[str, Any]:
    return {
        "verdict": answer.verdict.value,
        "reference": answer.reference,
        "detail": answer.detail,
    }
