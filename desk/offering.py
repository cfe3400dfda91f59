"""What is offered once a call confirmed a fraud: to block the cards of that customer which still work."""

from collections.abc import Iterable

from msgspec import Struct

from cases.actions.action import Action
from cases.actions.kinds import RULES
from cases.actions.life import IN_FORCE, Status
from cases.calling.dispositions import DISPOSITIONS
from cases.calling.results import Recorded
from cases.case import Outcome
from cases.who import Right
from desk.context import Context
from domain.findings import Member

_MOST = 20


class Offer(Struct, frozen=True, kw_only=True):
    """Cards to block in a case that may have left the person's hands."""

    case_id: str
    customer: str
    cards: tuple[Member, ...]


def offer_after(here: Context, recorded: Recorded, subject: str, actions: Iterable[Action]) -> Offer | None:
    """Give what to offer after a call about a subject, in a case with these actions; None without a card."""
    ended = DISPOSITIONS[recorded.disposition]
    customer = subject.partition(":")[2]
    if ended.outcome != Outcome.CONFIRMED_FRAUD or not here.may(Right.PROPOSE_BLOCK):
        return None
    held = {
        each.target
        for each in actions
        if RULES[each.kind].reversible and each.status in (*IN_FORCE, Status.PROPOSED)
    }
    case = here.store.cases.show(recorded.case_id).case
    cards = tuple(
        each for each in case.members if each.customer == customer and f"card:{each.card}" not in held
    )
    if not cards:
        return None
    return Offer(case_id=case.id, customer=customer, cards=cards[:_MOST])
