"""Alarms as people read them: what is there, and what alarms were like."""

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from cases.alarm_figures.against import against_limits, line_cells, load_cells
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.wording import AlarmWording, share
from cases.alarms.view import AlarmView

_VERDICTS = {"acceptable": "green", "manageable": "yellow", "too_many": "red"}


def live_table(there: Sequence[AlarmView], wording: AlarmWording) -> Table | Text:
    """Give the alarms that are there, the most pressing first."""
    say = wording.say
    if not there:
        return Text(say("nothing_there"), "dim")
    heads = ("priority", "condition", "alarm", "state", "held_back_by", "until", "since", "case")
    table = _table(*(say(key) for key in heads))
    for alarm in there:
        held_back = wording.reason(alarm.suppressed_by.partition(":")[0]) if alarm.suppressed_by else ""
        shelved = "" if alarm.shelved_until_ms is None else wording.at(alarm.shelved_until_ms)
        cells = [str(alarm.priority), wording.cause(alarm.code), alarm.fingerprint]
        cells += [say(f"state_{alarm.state}"), held_back, shelved, wording.at(alarm.since_ms)]
        table.add_row(*(Text(cell) for cell in (*cells, alarm.case_id or "")))
    return table


def figure_tables(found: AlarmFigures, wording: AlarmWording) -> Iterator[Table | Text]:
    """Give the figures of a period: against their limits, by load, and what became of the alarms."""
    say = wording.say
    title = say("title", first=wording.at(found.from_ms), last=wording.at(found.to_ms))
    yield Text(f"\n{title}", "bold")
    table = _table(
        *(say(key) for key in ("figure", "value", "count", "acceptable_to", "manageable_to", "verdict"))
    )
    for line in against_limits(found):
        verdict = line.verdict
        standing = Text(say(f"verdict_{verdict}"), _VERDICTS[verdict]) if verdict else Text("")
        table.add_row(say(line.name), *line_cells(line), standing)
    yield table
    table = _table(
        *(say(key) for key in ("loads", "alarms", "per_day", "per_hour", "per_ten_minutes", "flood_time"))
    )
    loads = (("all", found.all), ("managed", found.managed), ("never_suppressed", found.never_suppressed))
    for name, load in loads:
        table.add_row(say(name), *load_cells(load))
    yield table
    yield Text(say("loads_note"), "dim")
    yield _work(found, wording)


def _work(found: AlarmFigures, wording: AlarmWording) -> Table:
    say, known = wording.say, found.answers
    table = _table(say("figure"), say("value"), say("count"))
    table.add_row(say("level"), say(f"level_{found.level}"), "")
    number = str(known.waits.number)
    table.add_row(f"{say('answers')}, {say('median')}", wording.minutes(known.waits.median_ms), number)
    table.add_row(f"{say('answers')}, {say('p90')}", wording.minutes(known.waits.p90_ms), number)
    table.add_row(say("waiting"), str(known.waiting), wording.minutes(known.longest_wait_ms))
    table.add_row(say("devices_told"), str(found.devices_told), str(found.devices_raised))
    for priority, ratio in found.priorities.items():
        table.add_row(say(f"priority_{priority}"), share(ratio), f"{ratio.numerator} / {ratio.denominator}")
    for kind, count in found.suppressed.items():
        table.add_row(f"{say('held_back')}: {wording.reason(kind)}", str(count), str(found.suppressed_alarms))
    return table


def _table(*heads: str) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for head in heads:
        table.add_column(head)
    table.add_row(*(Text(head, "dim") for head in heads))
    return table
