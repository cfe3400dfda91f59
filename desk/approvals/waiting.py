"""What waits for a second person, and what second persons decided lately, whichever service it is of."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from cases.accounts.users import AccountChange
from cases.actions.action import Action
from cases.actions.life import Status
from cases.signing_off.change import Change, ChangeKind
from cases.store import Store
from cases.who import Right, Who

# What a page holds at most.
MOST = 100
_RECENT = 15
_LOOKED_AT = 200
_SEES_USERS = (Right.PROPOSE_USER, Right.APPROVE_USER, Right.READ_AUDIT)


class Group(StrEnum):
    """Which service it is of."""

    ACTION = "action"
    PROFILE = "profile"
    MODEL = "model"
    USER = "user"


class Waiting(Struct, frozen=True, kw_only=True):
    """Something that one person wants, and another one is to look at. Times are milliseconds since 1970.

    `due_ms` is when it lapses, or by when a block that is `in_force` already is to be checked; None for what
    waits as long as it takes. `own` is what the reader made, who cannot be its second person.
    """

    group: Group
    id: str
    kind: str
    about: str
    maker: str
    maker_role: str
    made_ms: int
    reason: str
    own: bool
    due_ms: int | None = None
    in_force: bool = False
    case_id: str | None = None

    @property
    def key(self) -> str:
        """Name it in addresses."""
        return f"{self.group}:{self.id}"


class Decided(Struct, frozen=True, kw_only=True):
    """What a second person said, and when."""

    group: Group
    kind: str
    about: str
    maker: str
    checker: str
    verdict: str
    at_ms: int
    note: str


def waiting(store: Store, who: Who, now_ms: int) -> list[Waiting]:
    """Give what waits and `who` may see, what is due first first. Raises NotAllowed for who may see none."""
    found = [_of_action(action, who) for action in store.actions.pending(who, now_ms)]
    found += [_of_change(change, Group.PROFILE, who) for change in _open(store.profiles.changes())]
    found += [_of_change(change, Group.MODEL, who) for change in _open(store.models.changes())]
    if _sees_users(who):
        found += [_of_user(change, who) for change in store.accounts.changes(who, waiting=True)]
    return sorted(found, key=lambda each: (each.due_ms is None, each.due_ms or each.made_ms))[:MOST]


def decided_lately(store: Store, who: Who) -> list[Decided]:
    """Give what second persons decided last and `who` may see, the newest first. Raises NotAllowed."""
    found = [*_checked(store.actions.list(who, limit=_LOOKED_AT))]
    found += _signed(store.profiles.changes(), Group.PROFILE)
    found += _signed(store.models.changes(), Group.MODEL)
    if _sees_users(who):
        found += _users_decided(store.accounts.changes(who))
    return sorted(found, key=lambda each: -each.at_ms)[:_RECENT]


def _sees_users(who: Who) -> bool:
    return any(map(who.may, _SEES_USERS))


def _is(who: Who, name: str) -> bool:
    return who.name.strip().casefold() == name.strip().casefold()


def _open(changes: Iterable[Change]) -> list[Change]:
    return [change for change in changes if change.decision is None]


def _of_action(action: Action, who: Who) -> Waiting:
    in_force = action.status is not Status.PROPOSED
    return Waiting(
        group=Group.ACTION,
        id=action.id,
        kind=action.kind.value,
        about=action.target,
        maker=action.maker,
        maker_role=action.maker_role,
        made_ms=action.made_at_ms,
        reason=action.reason,
        own=_is(who, action.maker),
        due_ms=action.alarm_at_ms if in_force else action.expires_at_ms,
        in_force=in_force,
        case_id=action.case_id,
    )


def _of_change(change: Change, group: Group, who: Who) -> Waiting:
    return Waiting(
        group=group,
        id=change.version,
        kind=f"{group}_{change.kind}",
        about=change.version,
        maker=change.maker,
        maker_role=change.role,
        made_ms=change.at_ms,
        reason=change.reason,
        own=_is(who, change.maker),
        due_ms=change.since_ms,
    )


def _of_user(change: AccountChange, who: Who) -> Waiting:
    return Waiting(
        group=Group.USER,
        id=change.name,
        kind=f"user_{change.kind}",
        about=change.name,
        maker=change.maker,
        maker_role=change.maker_role.value,
        made_ms=change.at_ms,
        reason=change.reason,
        own=_is(who, change.maker) or _is(who, change.name),
    )


def _checked(actions: Iterable[Action]) -> Iterator[Decided]:
    for action in actions:
        if action.checker is not None and action.checked_at_ms is not None:
            yield Decided(
                group=Group.ACTION,
                kind=action.kind.value,
                about=action.target,
                maker=action.maker,
                checker=action.checker,
                verdict=action.verdict or "",
                at_ms=action.checked_at_ms,
                note=action.reason,
            )


def _signed(changes: Iterable[Change], group: Group) -> Iterator[Decided]:
    for change in changes:
        if (decision := change.decision) is not None and change.kind is not ChangeKind.REFRESH:
            yield Decided(
                group=group,
                kind=f"{group}_{change.kind}",
                about=change.version,
                maker=change.maker,
                checker=decision.checker,
                verdict=decision.verdict.value,
                at_ms=decision.at_ms,
                note=decision.note or change.reason,
            )


def _users_decided(changes: Iterable[AccountChange]) -> Iterator[Decided]:
    for change in changes:
        if change.checker is not None and change.decided_ms is not None:
            yield Decided(
                group=Group.USER,
                kind=f"user_{change.kind}",
                about=change.name,
                maker=change.maker,
                checker=change.checker,
                verdict=change.verdict or "",
                at_ms=change.decided_ms,
                note=change.note or change.reason,
            )
