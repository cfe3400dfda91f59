"""Having a number shown in full: who may, why and how often, and the record of it, which comes first.

The digits themselves never come here: they lie with the bank, and only their handle is kept.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from cases.audit.log import record
from cases.case import Status
from cases.database import Database
from cases.errors import NotAllowed, NotFound, NotPossible, NotYours, WrongUse
from cases.people import people_of
from cases.timeline import event
from cases.who import Right, Who
from cases.work.leases import held
from cases.work.moves import case_row
from domain.card_masking import mask_text

REVEALED, REFUSED = "revealed", "reveal_refused"
HOUR_MS = 3_600_000
_SHORTEST, _LONGEST = 4, 200


class RevealedTooOften(NotPossible):
    """Somebody had as many numbers shown within an hour as the desk allows."""


class RevealReason(StrEnum):
    """What a number is needed for; DIAL needs no words, and is good for the call that is open alone."""

    DIAL = "dial"  # whoever calls dials the number by hand
    DIAL_BY_HAND = "dial_by_hand"  # the dialler is away, or the customer asks for another telephone
    COMPARE = "compare"  # with what a customer or another bank names
    CORRECT_RECORD = "correct_record"  # the bank's record of it seems wrong
    ORDER = "order"  # an authority, or a department, asks for it in writing
    OTHER = "other"


# What somebody can say who has no call open.
SAID_REASONS = tuple(reason for reason in RevealReason if reason is not RevealReason.DIAL)


class Wanted(Struct, frozen=True, kw_only=True):
    """A number to be shown: of a telephone by its reference, of a card by its token, and what for."""

    kind: Literal["phone", "card"]
    handle: str
    reason: RevealReason
    words: str = ""


@dataclass(frozen=True)
class SqlReveals:
    """The record of numbers that were shown."""

    db: Database

    def check(self, case_id: str, wanted: Wanted, who: Who, now_ms: int, most_an_hour: int) -> None:
        """Make sure that `who` may have a number of a case shown; asked before the vault is.

        Raises NotAllowed, NotFound, NotYours, NotPossible, WrongUse for a reason that says too little, and
        RevealedTooOften, which is put on record.
        """
        try:
            # It locks the rows that it goes by, as the record will.
            with self.db.writing():
                self._check(case_id, wanted, who, now_ms, most_an_hour)
        except RevealedTooOften as refused:
            with self.db.writing():
                record(self.db, who, REFUSED, f"case:{case_id}", now_ms, reason=str(refused))
            raise

    def record(self, case_id: str, wanted: Wanted, who: Who, now_ms: int, most_an_hour: int) -> None:
        """Put on record that `who` is shown a number, before it is shown: timeline and audit, or neither.

        What was said of the reason is in the timeline, and in the audit its hash. Raises what `check` does.
        """
        with self.db.writing():
            self._check(case_id, wanted, who, now_ms, most_an_hour)
            what, words = f"{wanted.kind} {wanted.handle}", mask_text(wanted.words.strip())
            named = wanted.reason.value.replace("_", " ")
            note = f"{named}: {words}" if words else named
            self.db.run("add_event", **event(case_id, now_ms, who.name, REVEALED, new=what, note=note))
            reason = f"{what}: {wanted.reason.value}"
            record(self.db, who, REVEALED, f"case:{case_id}", now_ms, after=[what, note], reason=reason)

    def left(self, who: Who, now_ms: int, most_an_hour: int) -> int:
        """Give how many numbers `who` may still have shown now."""
        with self.db.reading():
            return max(0, most_an_hour - len(self._within_the_hour(who, now_ms)))

    def _check(self, case_id: str, wanted: Wanted, who: Who, now_ms: int, most_an_hour: int) -> None:
        who.require(Right.REVEAL_NUMBERS)
        case = case_row(self.db, case_id)
        if not who.may(Right.WORK_FOR_OTHERS):
            self._is_theirs(case_id, case["status"], who, now_ms)
        if wanted.reason is RevealReason.DIAL:
            self._is_called(case_id, wanted, who)
        elif not _SHORTEST <= len(wanted.words.strip()) <= _LONGEST:
            raise WrongUse(f"say in {_SHORTEST} to {_LONGEST} characters what the number is needed for")
        if wanted.handle not in self._handles(case_id, wanted.kind, now_ms):
            raise NotFound(f"{wanted.handle!r} is no {wanted.kind} of case {case_id}; open the page anew")
        times_ms = self._within_the_hour(who, now_ms)
        if len(times_ms) >= most_an_hour:
            minutes = 1 + (times_ms[most_an_hour - 1] + HOUR_MS - now_ms) // 60_000
            raise RevealedTooOften(
                f"{who.name} had {len(times_ms)} numbers shown within the hour, and {most_an_hour} is the "
                f"most; try again in {minutes} minutes, or ask a lead to look it up"
            )

    def _is_theirs(self, case_id: str, status: str, who: Who, now_ms: int) -> None:
        """Make sure that an agent holds the case, or that it was handed to the teams of others."""
        if not who.may(Right.WORK_CASES):
            if status != Status.ESCALATED:
                raise NotAllowed(
                    f"{who.name} ({who.role}) sees numbers of cases that were handed to a team; {case_id} is "
                    f"{status}: ask its holder or a lead"
                )
            return
        mine = [
            task
            for task in self.db.rows("live_tasks", case_id=case_id)
            if task["lease_by"] == who.name and task["lease_until_ms"] > now_ms
        ]
        if not mine:
            raise NotYours(f"numbers are shown to whoever holds the case; claim {case_id} first")
        held(self.db, mine[0]["id"], who, None, now_ms)

    def _is_called(self, case_id: str, wanted: Wanted, who: Who) -> None:
        """Make sure that `who` is calling that very number."""
        rows = self.db.rows("open_calls_of_case", case_id=case_id)
        calls = {(row["agent"], row["reference"]) for row in rows}
        if wanted.kind != "phone" or (who.name, wanted.handle) not in calls:
            raise NotPossible("digits are shown to who has a call open on them; dial first")

    def _handles(self, case_id: str, kind: str, now_ms: int) -> set[str]:
        people = people_of(self.db, case_id, now_ms)
        if kind == "card":
            return {card.token for person in people for card in person.cards}
        return {number.reference for person in people if person.record for number in person.record.numbers}

    def _within_the_hour(self, who: Who, now_ms: int) -> list[int]:
        rows = self.db.rows("reveals_since", actor=who.name, since_ms=now_ms - HOUR_MS)
        return [row["at_ms"] for row in rows]
