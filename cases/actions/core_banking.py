"""The port to the bank's core systems: what it is asked, and what it answers."""

from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from cases.actions.kinds import Operation


class Instruction(Struct, frozen=True, kw_only=True):
    """What the bank is asked to do.

    `key` stays the same however often the instruction is sent, and so does everything else in it: the bank
    carries out a key once and answers a repeat as it answered first. `until_ms` is when the effect ends by
    itself, None for never. A lift names in `lifts` the key of what it undoes, and in `in_force` the keys that
    still hold the same target: a target stays held as long as anything holds it. A bank that is told to lift
    what it has not seen says that it is done, and refuses that key when it comes after all.
    """

    key: str
    operation: Operation
    target: str
    action: str
    case: str | None
    basis: str | None
    made_by: str
    checked_by: str | None
    at_ms: int
    until_ms: int | None = None
    lifts: str | None = None
    in_force: tuple[str, ...] = ()


class Verdict(StrEnum):
    """How the bank answered."""

    DONE = "done"  # carried out, now or when the key came first
    REJECTED = "rejected"  # will not be carried out, however often it is asked
    RETRY = "retry"  # no answer, or not now


class Answer(Struct, frozen=True, kw_only=True):
    """The bank's answer; `detail` is fit to be shown and holds no secret, `reference` is the bank's own."""

    verdict: Verdict
    detail: str = ""
    reference: str | None = None


class CoreBanking(Protocol):
    """The bank's core systems."""

    def carry_out(self, instruction: Instruction) -> Answer:
        """Ask the bank; whatever the network or the bank does becomes an answer and never an exception."""
