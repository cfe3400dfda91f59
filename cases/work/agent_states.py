"""What agents are doing: said by themselves, or seen from what they hold and whom they call.

Every state ends when the next begins. Claiming, calling and finishing say by themselves what an agent does;
that somebody has a break or something else to do, only they can say.
"""

from enum import StrEnum
from typing import NamedTuple

from cases.database import Database, Row
from cases.errors import WrongUse
from domain.instants import iso


class AgentState(StrEnum):
    """What an agent is doing."""

    AVAILABLE = "available"  # waits for a case
    PREVIEW = "preview"  # reads the case before the call
    DIALING = "dialing"
    TALKING = "talking"  # on hold included
    WRAPUP = "wrapup"  # writes down what came of it
    BREAK = "break"
    ADMIN = "admin"  # training, meetings, other work
    OFFLINE = "offline"  # logged out


class Called(NamedTuple):
    """When an agent's call began, was answered (None: never) and ended."""

    began_ms: int
    answered_ms: int | None
    ended_ms: int


class AgentNow(NamedTuple):
    """What an agent does, since when, and why, where they said so."""

    agent: str
    state: str
    from_ms: int
    reason: str


# Nobody on a break is asked whether they are: only they end it.
_AWAY = frozenset({AgentState.BREAK, AgentState.ADMIN, AgentState.OFFLINE})


def enter_state(db: Database, agent: str, state: AgentState, now_ms: int, reason: str = "") -> None:
    """End what an agent does and begin `state`; the state the agent is in goes on. Inside `writing`.

    Raises WrongUse for an agent without a name, or a time before the present state began.
    """
    if not agent.strip() or len(agent) > 64:
        raise WrongUse("an agent needs a name of 1 to 64 characters")
    present = _present(db, agent)
    if present is not None and present["state"] != state and now_ms < present["from_ms"]:
        raise WrongUse(
            f"{agent} is {present['state']} since {iso(present['from_ms'])}, after {iso(now_ms)}; "
            "set the clock of this machine right"
        )
    _change(db, agent, present, state, now_ms, reason)


def follow_work(db: Database, agent: str, now_ms: int) -> None:
    """Let an agent's state follow from what they hold: a call, a case to read, or nothing. Inside `writing`.

    Who holds nothing is available again, unless they said that they are away.
    """
    held = db.rows("tasks_of_agent", agent=agent)
    present = _present(db, agent)
    if held:
        calling = any(task["calling"] for task in held)
        if calling and present is not None and present["state"] == AgentState.TALKING:
            return
        state = AgentState.DIALING if calling else AgentState.PREVIEW
    elif present is not None and present["state"] in _AWAY:
        return
    else:
        state = AgentState.AVAILABLE
    _change(db, agent, present, state, now_ms)


def follow_answer(db: Database, agent: str, at_ms: int) -> None:
    """Let an agent who dials talk, since somebody took up the call. Inside `writing`."""
    present = _present(db, agent)
    if present is not None and present["state"] == AgentState.DIALING:
        _change(db, agent, present, AgentState.TALKING, at_ms)


def follow_call(db: Database, agent: str, call: Called, now_ms: int) -> None:
    """Let an agent's states follow from a call that is over and was written up `now`. Inside `writing`."""
    present = _present(db, agent)
    # Whose talk was seen as it began is not dialling once more.
    heard = present is not None and present["state"] == AgentState.TALKING and call.answered_ms is not None
    stages = [] if heard else [(AgentState.DIALING, call.began_ms)]
    if call.answered_ms is not None:
        stages.append((AgentState.TALKING, call.answered_ms))
    stages.append((AgentState.WRAPUP, call.ended_ms))
    for state, at_ms in stages:
        _change(db, agent, _present(db, agent), state, at_ms)
    follow_work(db, agent, now_ms)


def leave(db: Database, agent: str, at_ms: int, reason: str) -> None:
    """Let an agent be gone: at the end of a shift, or of a lease that nobody renewed. Inside `writing`."""
    _change(db, agent, _present(db, agent), AgentState.OFFLINE, at_ms, reason)


def _present(db: Database, agent: str) -> Row | None:
    found = db.rows("current_state", agent=agent)
    return found[0] if found else None


def _change(
    db: Database, agent: str, present: Row | None, state: AgentState, at_ms: int, reason: str = ""
) -> None:
    if present is not None:
        if present["state"] == state:
            return
        # What is seen is told afterwards, by several clocks: it never ends a state before it began.
        at_ms = max(at_ms, present["from_ms"])
        db.run("end_state", id=present["id"], now_ms=at_ms)
    db.run("begin_state", agent=agent, state=AgentState(state).value, now_ms=at_ms, reason=reason)
