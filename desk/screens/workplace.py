"""What an agent has before them: the case they hold, what is to be done in it, and what comes up next.

The screens `work`, `calls`, `tasks` and `blocks` are the buttons of this one place: each ends by showing it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from fastapi.responses import RedirectResponse, Response

from cases.actions.action import Action
from cases.actions.kinds import RULES, Kind
from cases.actions.life import IN_FORCE
from cases.calling.dispositions import DISPOSITIONS, Disposition
from cases.calling.service import Calling, OpenCall
from cases.case import Case, CaseFile, Outcome, Status
from cases.device_cases.closing import CloseReason
from cases.device_cases.retained import HANDLED, RetainedCard
from cases.errors import CannotCall, NotPossible
from cases.finding import Wanted
from cases.work.agent_states import AgentState
from cases.work.service import Claimed
from desk.bank.vault import VaultAway
from desk.context import Context
from desk.offering import Offer
from desk.screens.case import case_parts, seen
from desk.wording import say
from domain.instants import from_ms, span_ms

CALLS = frozenset({"call_customer", "call_site"})
# Agents say these by themselves; the rest is seen from what they do.
SAID_STATES = (AgentState.AVAILABLE, AgentState.BREAK, AgentState.ADMIN)
# Whom a case can go to; another name can be typed.
TEAMS = ("lead", "legal", "compliance", "vendor", "cash", "security", "host")

_UP_NEXT = 20
_LOOKED_AT = 100
_SHOWN_WAITING = 5
_ACTIONS = 20
_MINUTE_MS = 60_000


class Standing(NamedTuple):
    """An action of a case; one that holds something can be released."""

    action: Action
    holds: bool


class Undo(NamedTuple):
    """What can be taken back by another act of the same service: a release, or an escalation."""

    what: str
    case_id: str


def here_say(here: Context, key: str, **values: Any) -> str:
    """Give a phrase of this screen in the person's language."""
    return say(here.language, f"work.{key}", **values)


def show(
    here: Context,
    *,
    task_id: int | None = None,
    by_hand: bool = False,
    told: str = "",
    refusal: str = "",
    undo: Undo | None = None,
    offer: Offer | None = None,
) -> Response:
    """Show the place: as a part of the page to who asked for one, else as the page.

    `told` says what was just done, `refusal` what could not be, where the place changed all the same; `offer`
    is what is best done next in the case that was worked until now.
    """
    if not here.by_htmx and here.request.method == "POST":
        return RedirectResponse("/work", 303)
    mine = here.store.work.mine(here.who)
    held = next((each for each in mine if each.task.id == task_id), mine[0] if mine else None)
    values: dict[str, Any] = {
        "mark": "",
        **up_next(here),
        **(_at_work(here, held, by_hand) if held else nothing_held(here)),
        "held": held,
        "others": tuple(each for each in mine if each is not held),
        "state": _state(here),
        "said_states": SAID_STATES,
        "told": told,
        "refusal": refusal,
        "lost": "",
        "task_id": held and held.task.id,
        "undo": undo,
        "offer": offer,
        "offer_seen": standing(here, offer.case_id)["seen_actions"] if offer else "",
        **_block_choices(here),
    }
    return here.page("work/place.html" if here.by_htmx else "work/work.html", **values)


def go_on(
    here: Context, told: str, *, auto_next: bool, task_id: int | None = None, offer: Offer | None = None
) -> Response:
    """Show what comes after something is done: the same case where it goes on, else the next, if wanted."""
    if auto_next and not here.store.work.mine(here.who):
        try:
            claim_next(here)
        except (NotPossible, CannotCall) as error:
            return show(here, told=told, refusal=here.words_of(error), offer=offer)
    return show(here, task_id=task_id, told=told, offer=offer)


def claim_next(here: Context) -> Claimed | None:
    """Claim the best task for this person's skills. Raises as the service does."""
    skills = here.session.user.skills if here.session else ()
    return here.store.work.next(here.who, here.now_ms, skills=skills)


def up_next(here: Context) -> dict[str, Any]:
    """Give what nobody has taken up yet, the most pressing first."""
    # Once a minute, since open pages ask by themselves.
    if here.desk.rates.take(f"seen:{here.who.session}:queue", here.now_ms, most=1, per_ms=_MINUTE_MS):
        here.viewed("queue:live")
    found, _ = here.store.cases.behind(Wanted(statuses=(Status.OPEN,)), None, _UP_NEXT)
    return {"up_next": found, "kept": here.store.leading.kept([case.id for case in found], here.now_ms)}


def standing(here: Context, case_id: str) -> dict[str, Any]:
    """Give what was done to cards and payments in a case, and a mark by which a form knows what it saw."""
    actions = here.store.actions.list(here.who, case_id=case_id, limit=_ACTIONS)
    return {
        "actions": [Standing(each, _holds(each)) for each in actions],
        "seen_actions": "-".join(f"{each.id}.{each.status}" for each in actions) or "none",
    }


def _holds(action: Action) -> bool:
    return RULES[action.kind].reversible and action.status in IN_FORCE


def parts(here: Context, case_id: str) -> dict[str, Any]:
    """Give what is shown of a case while somebody works on it."""
    seen(here, case_id)
    mark = mark_of(here, case_id)  # before the rest is read, so that nothing that comes between is missed
    return {**case_parts(here, case_id), **standing(here, case_id), "mark": mark}


def mark_of(here: Context, case_id: str) -> str:
    """Give what changes whenever something that is shown of a case does."""
    return f"{here.store.cases.mark(case_id)}-{standing(here, case_id)['seen_actions']}"


def _at_work(here: Context, held: Claimed, by_hand: bool) -> dict[str, Any]:
    case, task = held.case, held.task
    file = here.store.cases.show(case.id)
    calls = here.store.calling.calls(case.id, here.who, here.now_ms)
    call = next((each for each in calls if each.task_id == task.id), None)
    open_call = here.store.calling.open_call(task.id) if call else None
    return {
        **parts(here, case.id),
        **_choices(here, held, file),
        "file": file,
        "call": call,
        "open_call": open_call,
        "by_hand": by_hand and call is not None and open_call is None,
        "numbers": _masked(here, call, open_call),
        "there_clock": _wall_clock(here, call) if call else "",
        "script": here.store.calling.script(case.id),
        "groups": _groups(case),
        "about": next((each for each in calls if each.subject == task.subject), None),
        "cards_kept": _cards_kept(here, file),
    }


def _choices(here: Context, held: Claimed, file: CaseFile) -> dict[str, Any]:
    """Give what the dialogs let one choose from."""
    called = held.task.subject.partition(":")[2]
    return {
        "targets": sorted(held.case.members, key=lambda card: card.customer != called)[:_LOOKED_AT],
        "payments": tuple(dict.fromkeys(str(alert["event_id"]) for alert in file.evidence))[:_ACTIONS],
        "outcomes": tuple(Outcome),
        "close_reasons": tuple(CloseReason),
        "handled": HANDLED,
        "teams": TEAMS,
    }


def _block_choices(here: Context) -> dict[str, Any]:
    """Give on what basis, by whom and for how long a card may be blocked."""
    policy = here.store.policy.actions
    return {
        "one_person": sorted(policy.one_person_bases),
        "check_within_ms": span_ms(policy.check_within),
        "block_minutes": policy.block_for // timedelta(minutes=1),
        "block_at_most": policy.block_at_most // timedelta(minutes=1),
        "bases": sorted(RULES[Kind.TEMPORARY_BLOCK].bases),
    }


def nothing_held(here: Context) -> dict[str, Any]:
    """Give what waits and until when, for who has nothing to do."""
    waiting, _ = here.store.cases.behind(Wanted(statuses=(Status.WAITING,)), None, _LOOKED_AT)
    by_time = sorted(waiting, key=lambda case: case.wake_at_ms or 0)
    elsewhere = here.store.work.mine(here.who, elsewhere=True)
    return {
        "elsewhere": elsewhere,
        "state": _state(here),
        "waiting": by_time[:_SHOWN_WAITING],
        "waiting_count": len(waiting),
        "looked_at": _LOOKED_AT,
    }


def _groups(case: Case) -> Mapping[str, Sequence[Disposition]]:
    """Give how a call in this case can end, by whom it reached."""
    groups: dict[str, list[Disposition]] = {"person": [], "other": [], "nobody": []}
    for each in DISPOSITIONS.values():
        if case.kind in each.cases:
            groups["person" if each.right_party else "other" if each.human else "nobody"].append(each)
    return groups


def _masked(here: Context, call: Calling | None, open_call: OpenCall | None) -> Mapping[str, str]:
    """Give the masked numbers of a call by their handles; what the vault does not give is left out."""
    if call is None:
        return {}
    wanted = dict.fromkeys(number.reference for number in call.numbers)
    if open_call is not None:
        wanted[open_call.reference] = None
    try:
        return here.desk.vault.masked_numbers(tuple(wanted), "phone")
    except VaultAway:
        return {}  # the bank's own handle is shown


def _wall_clock(here: Context, call: Calling) -> str:
    """Give what the clock shows where the customer is."""
    return f"{from_ms(here.now_ms).astimezone(ZoneInfo(call.zone)):%H:%M}"


def _cards_kept(here: Context, file: CaseFile) -> tuple[RetainedCard, ...]:
    if not any(item.code == "card_retained" for item in file.items):
        return ()
    return here.store.device_cases.retained(here.who, here.now_ms, case_id=file.case.id)


def _state(here: Context) -> str:
    states = here.store.work.states(here.who)
    return next((each.state for each in states if each.agent == here.who.name), AgentState.OFFLINE.value)
