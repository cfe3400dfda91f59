"""How cases look on a screen: a line for the rank, and below it what a person needs to begin."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

import orjson
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cases.case import Case, CaseFile, DeviceItem, Task
from cases.ranking import BAND_NAMES, head_start_words
from cli.desk_times import Times
from domain.findings import Member
from domain.money import money_words
from domain.wording import counted

_COLOURS = ("bold red", "yellow", "default")
# Heading and width of each column; with one blank between them they fill 100.
_COLUMNS = (
    ("", 4),
    ("band", 8),
    ("due", 19),
    ("case", 11),
    ("subject", 31),
    ("alerts", 6),
    ("loss", 15),
)
_INDENT = 5
_REASONS_SHOWN = 4


def heading(times: Times) -> RenderableType:
    """Give the names of the columns of `ranked_lines`, with the offset of all times below."""
    names = (f"due ({times.name})" if name == "due" else name for name, _ in _COLUMNS)
    return _columns(Text(name, "dim") for name in names)


def ranked_lines(case: Case, times: Times) -> RenderableType:
    """Give a case as its line in the queue, with its reasons, and its members where they are several."""
    colour = _COLOURS[case.band]
    line = _columns(
        (
            Text(str(case.rank or "-")),
            Text(BAND_NAMES[case.band], colour),
            Text(times.second(case.due_ms)),
            Text(_plain(case.id)),
            Text(_plain(case.subject), "bold"),
            Text(str(case.alerts)),
            Text(_money(case.expected_loss_minor, case.currency)),
        )
    )
    below = [_plain(reason) for reason in case.reasons[:_REASONS_SHOWN]]
    more = len(case.reasons) - len(below)
    if more:
        below.append(f"and {counted(more, 'more reason')}: riskdesk queue show {case.id}")
    if len(case.members) > 1:
        below.extend(_member_lines(case.members))
    below.extend(f"with {_plain(lease.by)} until {times.second(lease.until_ms)}" for lease in case.leases)
    if case.wake_at_ms is not None:
        below.append(f"waits until {times.second(case.wake_at_ms)}: {_said(case.waiting_reason)}")
    if case.team is not None:
        below.append(f"with the team {_plain(case.team)}")
    if case.linked_to is not None:
        below.append(f"after {case.linked_to}, which is closed")
    if case.outcome is not None:
        because = f", {_said(case.close_reason)}" if case.close_reason else ""
        below.append(f"closed as {case.outcome}{because}")
    if case.merged_into is not None:
        below.append(f"went into {case.merged_into}")
    return Group(line, *(_below(text) for text in below))


def case_page(file: CaseFile, times: Times) -> RenderableType:
    """Give everything about one case."""
    case = file.case
    parts: list[RenderableType] = [heading(times), ranked_lines(case, times)]
    if len(case.members) == 1:
        parts += [_title("Card"), *(_below(line) for line in _member_lines(case.members))]
    parts += [_title("Rank"), *(_below(line) for line in _rank_words(case, times))]
    parts += items_lines(file, times)
    parts.append(_title("Alerts"))
    for alert in file.evidence:
        parts.append(
            _below(
                f"{times.of_text(alert['at'])}  {alert['severity']}  {alert['detector']}: {alert['reason']}"
            )
        )
        evidence = {
            "probability": alert["probability"],
            "exposure": _money(alert["exposure_minor"], alert["currency"]),
            **alert["evidence"],
        }
        parts.append(_below("; ".join(_fields(evidence)), deeper=4))
    parts += [_title("To do"), *(task_line(task, times) for task in file.tasks)]
    parts.append(_title("Timeline"))
    for entry in file.timeline:
        change = " -> ".join(value for value in (entry.old, entry.new) if value)
        note = f"({entry.note})" if entry.note else ""
        words = (times.second(entry.at_ms), entry.actor, entry.what.replace("_", " "), change, note)
        parts.append(_below("  ".join(word for word in words if word)))
    return Group(*parts)


def items_lines(file: CaseFile, times: Times) -> list[RenderableType]:
    """Give what is wrong with devices, and what else there is to ask of the branches that are called."""
    lines: list[RenderableType] = []
    for title, items in (("Devices", file.items), ("Ask the branch as well", file.at_branches)):
        if items:
            lines += [_title(title), *(_item_line(item, file.case.id, times) for item in items)]
    return lines


def _item_line(item: DeviceItem, case_id: str, times: Times) -> RenderableType:
    state = f"since {times.second(item.since_ms)}" if item.on else "over"
    other = f" ({item.case_id})" if item.case_id != case_id else ""
    return _below(f"P{item.priority}  {item.words}, {state}, due {times.second(item.due_ms)}{other}")


def task_line(task: Task, times: Times) -> RenderableType:
    """Give something to do as a line: where it stands, what it is, about whom, and what it waits for."""
    words = f"{task.state}: {task.kind} {task.subject}"
    if task.skill != "general":
        words += f", for {task.skill}"
    if task.wake_at_ms is not None:
        words += f", until {times.second(task.wake_at_ms)}: {_said(task.waiting_reason)}"
    if task.lease_by is not None and task.lease_until_ms is not None:
        words += f", with {task.lease_by} until {times.second(task.lease_until_ms)}"
    return _below(words)


def _columns(cells: Iterable[Text]) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for name, width in _COLUMNS:
        table.add_column(width=width, overflow="fold", justify="right" if name in ("", "alerts") else "left")
    table.add_row(*cells)
    return table


def _title(words: str) -> Text:
    return Text(f"\n{words}", "bold")


def _below(text: str, deeper: int = 0) -> Padding:
    return Padding(Text(_plain(text)), (0, 0, 0, _INDENT + deeper), expand=False)


def _member_lines(members: Iterable[Member]) -> Iterable[str]:
    """Say the cards of each customer on one line."""

    def customer(member: Member) -> str:
        return member.customer or ""

    for holder, cards in groupby(sorted(members, key=customer), key=customer):
        tokens = ", ".join(card.card + (f" (...{card.last4})" if card.last4 else "") for card in cards)
        yield f"{f'customer {holder}' if holder else 'customer unknown'}: {tokens}"


def _rank_words(case: Case, times: Times) -> Iterable[str]:
    """Say how the case came by its band and its time."""
    why = case.breakdown
    loss, exposure = (
        _money(minor, case.currency) for minor in (case.expected_loss_minor, case.exposure_minor)
    )
    yield f"{why['band']}: {why['band_reason']}"
    if "due_reason" in why:
        yield f"due {times.of_text(why['due'])}, {why['due_reason']}"
        return
    yield f"expected loss {loss} = {case.probability:.2f} x {exposure}"
    findings = why.get("findings", {})
    if len(findings) > 1:
        told = (f"{_said(name)} {probability:.2f}" for name, probability in _strongest(findings))
        yield f"probability {case.probability:.2f} from {', '.join(told)}"
    due, first = (times.of_text(why[name]) for name in ("due", "first_alert"))
    yield (
        f"due {due} = first alert {first} + {why['sla_s']:g} s x {why['tier_factor']:g} ({why['tier']} tier)"
    )
    if words := head_start_words(case.due_ms - case.rank_ms):
        yield f"inside its band {words}, as {loss} are at risk"


def _strongest(findings: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(findings.items(), key=lambda item: (-item[1], item[0]))


def _fields(values: Mapping[str, Any]) -> list[str]:
    return [
        f"{name.replace('_', ' ')}: {value if isinstance(value, str) else orjson.dumps(value).decode()}"
        for name, value in values.items()
    ]


def _said(word: str | None) -> str:
    return (word or "").replace("_", " ")


def _money(amount_minor: int, currency: str) -> str:
    return money_words(amount_minor, currency) if currency else "-"


def _plain(text: str) -> str:
    """Take out what could steer a terminal: tokens and notes come from outside."""
    return "".join(character if character.isprintable() else "?" for character in text)
