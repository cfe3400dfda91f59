"""Whom a case concerns, as the page shows them: people and cards, masked numbers, and what was tried."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cases.calling.attempts import Attempt
from cases.calling.contacts import Number, Wish
from cases.calling.dispositions import DISPOSITIONS
from cases.calling.sentence import NOT_TRIED
from cases.calling.service import Calling
from cases.case import Case, CaseFile
from cases.people import CardHeld, Person
from cases.reveals import SAID_REASONS, RevealReason
from cases.who import Right
from desk.bank.vault import VaultAway
from desk.context import Context
from domain.instants import from_ms

_MOST_PEOPLE, _MOST_ATTEMPTS = 30, 50


class Phone(NamedTuple):
    """A telephone number as it is shown; `digits` are masked, empty where nobody knows them.

    `barred` says why it is not rung, but where a wish says so that is shown above.
    """

    number: Number
    digits: str
    is_next: bool
    barred: str


class CardShown(NamedTuple):
    """A card as it is shown, by its last digits."""

    held: CardHeld
    flagged: bool


class Call(NamedTuple):
    """A call of the case and what comes next in it; `local` is the time where it rings."""

    calling: Calling
    local: datetime

    @property
    def tried(self) -> bool:
        """Whether anybody has rung."""
        return self.calling.tried != NOT_TRIED

    @property
    def over(self) -> bool:
        """Whether nothing of it is left to do."""
        return self.calling.state in ("done", "void", "dead")


class Customer(NamedTuple):
    """A person of the case; without a `call` nobody is to call them."""

    person: Person
    local: datetime | None
    phones: tuple[Phone, ...]
    wishes: tuple[Wish, ...]
    cards: tuple[CardShown, ...]
    call: Call | None


class People(NamedTuple):
    """The customer block: people, `more` of whom are left out, and places that are called instead."""

    customers: tuple[Customer, ...]
    more: int
    sites: tuple[Call, ...]
    vault_words: str
    may_reveal: bool
    reveals_left: int
    reasons: tuple[RevealReason, ...]


class Tried(NamedTuple):
    """One attempt as it is shown; `words` say how it ended."""

    attempt: Attempt
    words: str
    digits: str


class Attempts(NamedTuple):
    """The contact history: each attempt, the newest first, and for each subject the computed sentence."""

    tried: tuple[Tried, ...]
    more: int
    calls: tuple[Call, ...]

    @property
    def untried(self) -> tuple[str, ...]:
        """Those whom nobody has rung yet, while somebody is to."""
        return tuple(
            call.calling.subject.partition(":")[2] for call in self.calls if not call.tried and not call.over
        )


def people_of(here: Context, file: CaseFile, calls: Sequence[Call]) -> People:
    """Give whom a case concerns; all numbers come from the vault at once."""
    people = here.store.people.of_case(file.case.id, here.who, here.now_ms)
    by_subject = {call.calling.subject: call for call in calls}
    shown = people[:_MOST_PEOPLE]
    found = [(person, _call_of(person, by_subject)) for person in shown]
    numbers = {person.id: _numbers(person, call) for person, call in found}
    handles = [number.reference for each in numbers.values() for number in each]
    phones, words = masked(here, handles)
    flagged = {alert["card"] for alert in file.evidence}
    may_reveal = _may_reveal(here, file.case)
    return People(
        customers=tuple(
            Customer(
                person=person,
                local=local_time(person.record.time_zone, here.now_ms) if person.record else None,
                phones=tuple(
                    Phone(each, phones.get(each.reference, ""), _is_next(each, call), _barred(each, call))
                    for each in numbers[person.id]
                ),
                wishes=call.calling.wishes if call else (),
                cards=tuple(CardShown(card, card.token in flagged) for card in person.cards),
                call=call,
            )
            for person, call in found
        ),
        more=len(people) - len(shown),
        sites=tuple(call for call in calls if not call.calling.subject.startswith(("customer:", "card:"))),
        vault_words=words,
        may_reveal=may_reveal,
        reveals_left=here.store.reveals.left(here.who, here.now_ms, here.desk.settings.reveals_per_hour)
        if may_reveal
        else 0,
        reasons=SAID_REASONS,
    )


def calls_of(here: Context, case_id: str) -> tuple[Call, ...]:
    """Give the calls of a case, of each subject the last one."""
    found = {call.subject: call for call in here.store.calling.calls(case_id, here.who, here.now_ms)}
    return tuple(Call(each, local_time(each.zone, here.now_ms)) for each in found.values())


def attempts_of(here: Context, case_id: str, calls: Sequence[Call]) -> Attempts:
    """Give the contact history of a case."""
    attempts = here.store.calling.attempts(case_id, here.who)
    newest = attempts[::-1][:_MOST_ATTEMPTS]
    digits, _ = masked(here, list(dict.fromkeys(each.reference for each in newest)))
    tried = tuple(Tried(each, _ended(each), digits.get(each.reference, each.reference)) for each in newest)
    return Attempts(tried, len(attempts) - len(newest), tuple(calls))


def masked(here: Context, handles: Sequence[str]) -> tuple[Mapping[str, str], str]:
    """Give masked telephone numbers by handle, and why there are none where the vault is away."""
    if not handles:
        return {}, ""
    try:
        return here.desk.vault.masked_numbers(handles, "phone"), ""
    except VaultAway as away:
        return {}, str(away)


def local_time(zone: str, now_ms: int) -> datetime:
    """Give what a clock shows in a time zone."""
    return from_ms(now_ms).astimezone(ZoneInfo(zone))


def _may_reveal(here: Context, case: Case) -> bool:
    """Whether to offer it; the service decides."""
    if not here.may(Right.REVEAL_NUMBERS):
        return False
    if here.may(Right.WORK_FOR_OTHERS):
        return True
    if not here.may(Right.WORK_CASES):
        return case.status == "escalated"
    return any(lease.by == here.who.name and lease.until_ms > here.now_ms for lease in case.leases)


def _call_of(person: Person, calls: Mapping[str, Call]) -> Call | None:
    subjects = [f"customer:{person.id}", *(f"card:{card.token}" for card in person.cards)]
    return next((calls[subject] for subject in subjects if subject in calls), None)


def _numbers(person: Person, call: Call | None) -> tuple[Number, ...]:
    """Give the numbers of a person: as the call has them, else as the bank has."""
    if call is not None and call.calling.numbers:
        return call.calling.numbers
    known = person.record.numbers if person.record else ()
    return tuple(Number(reference=number.reference, kind=number.kind) for number in known)


def _is_next(number: Number, call: Call | None) -> bool:
    return call is not None and not call.over and call.calling.next == number.reference


def _barred(number: Number, call: Call | None) -> str:
    wishes = {wish.words for wish in call.calling.wishes} if call else set()
    return "" if number.why_not is None or number.why_not in wishes else number.why_not


def _ended(attempt: Attempt) -> str:
    known = DISPOSITIONS.get(attempt.disposition or "")
    return known.words if known else ""
