"""All that a second person needs to decide: what changes, on what grounds, and whether they may at all."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from cases.accounts.users import AccountChange, User
from cases.actions.action import Action
from cases.actions.kinds import RULES, Kind
from cases.actions.life import IN_FORCE
from cases.case import Case
from cases.errors import CaseError, NotFound
from cases.models.table import MODEL
from cases.profiles.version import Content, Reference, Version
from cases.signing_off.change import Change
from cases.store import Store
from cases.who import Right, Who
from desk.approvals.differences import Beside, Line, beside, lines, tables, whole
from desk.approvals.waiting import Group, Waiting
from desk.rule_page.report_figures import KeyFigures, key_figures
from domain.tables import ModelCard, RiskModel


class ActionDetail(Struct, frozen=True, kw_only=True):
    """An action: its case, what it would undo, and what else holds the same target."""

    action: Action
    case: Case | None
    last4: str | None
    undoes: Action | None
    held_by: Sequence[Action]
    changes: Sequence[Beside]


class ProfileDetail(Struct, frozen=True, kw_only=True):
    """A profile: how it differs from the one in force, if there is one, and on what report that rests."""

    change: Change
    now: str | None
    since_ms: int | None
    lines: Sequence[Line]
    tables: Sequence[Beside]
    figures: KeyFigures | None
    trouble: str = ""


class ModelDetail(Struct, frozen=True, kw_only=True):
    """A model: its card beside that of the one in force."""

    change: Change
    now: str | None
    card: ModelCard | None
    card_now: ModelCard | None
    figures: Sequence[Beside]
    settings: Sequence[Beside]
    report: KeyFigures | None
    trouble: str = ""


class UserDetail(Struct, frozen=True, kw_only=True):
    """A user: who they are now, if they are there, and what shall become of them."""

    change: AccountChange
    user: User | None


Detail = ActionDetail | ProfileDetail | ModelDetail | UserDetail


def detail(store: Store, item: Waiting, who: Who) -> Detail:
    """Give what there is to see of something that waits. Raises NotFound, NotAllowed."""
    if item.group is Group.ACTION:
        return _action(store, item.id, who)
    if item.group is Group.PROFILE:
        return _profile(store, Reference.parse(item.id))
    if item.group is Group.MODEL:
        return _model(store)
    return _user(store, item.id, who)


def why_not(store: Store, item: Waiting, who: Who) -> str:
    """Say why `who` may not approve it, nothing where they may, as far as can be known before they try."""
    if item.group is Group.ACTION:
        return store.actions.why_not(item.id, who)
    if item.group is Group.PROFILE:
        return store.profiles.why_not(Reference.parse(item.id), who)
    if item.group is Group.MODEL:
        return store.models.why_not(None, who)
    # The first user of all decides alone; the service knows.
    try:
        who.require(Right.APPROVE_USER)
    except CaseError as refusal:
        return str(refusal)
    return ""


def _action(store: Store, action_id: str, who: Who) -> ActionDetail:
    action = store.actions.get(action_id, who)
    case = None if action.case_id is None else store.cases.show(action.case_id).case
    undone = action.params.get("releases") if action.kind is Kind.RELEASE else None
    holding = [
        each
        for each in store.actions.on_target(action.target, who)
        if each.id != action.id and each.status in IN_FORCE and RULES[each.kind].reversible
    ]
    before, after = (action.params.get(name) for name in ("before", "after"))
    return ActionDetail(
        action=action,
        case=case,
        last4=_last4(case, action.target),
        undoes=None if undone is None else store.actions.get(undone, who),
        held_by=holding,
        changes=beside(_mapping(before), _mapping(after)),
    )


def _last4(case: Case | None, target: str) -> str | None:
    kind, _, token = target.partition(":")
    if case is None or kind != "card":
        return None
    return next((member.last4 for member in case.members if member.card == token), None)


def _mapping(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    return {} if value is None else {"": value}


def _profile(store: Store, reference: Reference) -> ProfileDetail:
    change = next(each for each in reversed(store.profiles.changes(reference.name)) if not each.decision)
    figures = _figures(change)
    try:
        version, content = store.profiles.get(reference)
    except CaseError as error:
        return ProfileDetail(
            change=change, now=None, since_ms=None, lines=(), tables=(), figures=figures, trouble=str(error)
        )
    now: Version | None
    before: Content | None
    try:
        present = store.profiles.in_force(reference.name)
        since_ms, now = present.change.in_force_since_ms, present.version
        before = store.profiles.get(Reference(now.name, now.number))[1]
    except NotFound:
        since_ms, now, before = None, None, None
    return ProfileDetail(
        change=change,
        now=now.what if now else None,
        since_ms=since_ms,
        lines=whole(content.text) if before is None else lines(before.text, content.text),
        tables=tables(now.tables if now else {}, version.tables),
        figures=figures,
    )


def _model(store: Store) -> ModelDetail:
    change = next(each for each in reversed(store.models.changes()) if not each.decision)
    trouble, card, card_now, now = "", None, None, None
    try:
        card = _card(store, change.number)
        been = [each for each in store.models.in_force() if each.name == MODEL]
        if been:
            now, card_now = been[-1].what, _card(store, been[-1].number)
    except CaseError as error:
        trouble = str(error)
    return ModelDetail(
        change=change,
        now=now,
        card=card,
        card_now=card_now,
        figures=beside(card_now.figures if card_now else {}, card.figures if card else {}),
        settings=beside(card_now.settings if card_now else {}, card.settings if card else {}),
        report=_figures(change),
        trouble=trouble,
    )


def _figures(change: Change) -> KeyFigures | None:
    return None if change.report is None else key_figures(change.report.figures)


def _card(store: Store, number: int) -> ModelCard | None:
    _, content = store.models.get(MODEL, number)
    return content.card if isinstance(content, RiskModel) else None


def _user(store: Store, name: str, who: Who) -> UserDetail:
    change = next(each for each in store.accounts.changes(who, waiting=True) if each.name == name)
    try:
        return UserDetail(change=change, user=store.accounts.user(name))
    except NotFound:
        return UserDetail(change=change, user=None)
