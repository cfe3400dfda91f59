"""What a second person says goes to the service that asked for one, which looks at everything once more."""

from cases.errors import NotFound
from cases.profiles.version import Reference
from cases.store import Store
from cases.who import Who
from desk.approvals.waiting import Group


def approve(store: Store, group: Group, id_: str, who: Who, now_ms: int, note: str) -> None:
    """Let something take effect. Raises what the services raise."""
    if group is Group.ACTION:
        store.actions.approve(id_, who, now_ms, note)
    elif group is Group.PROFILE:
        store.profiles.approve(Reference.parse(id_), who, now_ms, note)
    elif group is Group.MODEL:
        store.models.approve(Reference.parse(id_).number, who, now_ms, note)
    else:
        store.accounts.approve_user(who, id_, now_ms, note)


def reject(store: Store, group: Group, id_: str, who: Who, now_ms: int, reason: str) -> None:
    """Turn something down, or take back what one proposed oneself. Raises what the services raise."""
    if group is Group.ACTION:
        store.actions.reject(id_, who, reason, now_ms)
    elif group is Group.PROFILE:
        store.profiles.refuse(Reference.parse(id_), who, now_ms, reason)
    elif group is Group.MODEL:
        store.models.refuse(Reference.parse(id_).number, who, now_ms, reason)
    else:
        store.accounts.refuse_user(who, id_, now_ms, reason)


def parts_of(item: str) -> tuple[Group, str]:
    """Read `group:id`. Raises NotFound for anything else."""
    group, _, id_ = item.partition(":")
    if group not in set(Group) or not id_:
        raise NotFound(f"{item[:80]!r} names nothing that could wait for a second person")
    return Group(group), id_
