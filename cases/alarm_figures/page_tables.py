"""The tables of the report on alarms: what came of them, what held them back, and which were a nuisance."""

from collections.abc import Iterator, Mapping

from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.rows import Identity
from cases.alarm_figures.wording import AlarmWording, share
from cases.kpi.values import Ratio
from devices.page import Cell, note, table
from domain.instants import span_ms

# Of a long list as much as anyone reads; all of it is in the JSON.
_MOST_ROWS = 50
_SECOND_MS = 1000
_MINUTE_MS = 60 * _SECOND_MS
_HOUR_MS = 60 * _MINUTE_MS


def answers(found: AlarmFigures, wording: AlarmWording) -> str:
    """Write how soon alarms were taken up."""
    known, say = found.answers, wording.say
    number = f"{known.waits.number:,}"
    rows: list[list[Cell]] = [
        [say("median"), wording.minutes(known.waits.median_ms), number],
        [say("p90"), wording.minutes(known.waits.p90_ms), number],
        [say("mean"), wording.minutes(known.waits.mean_ms), number],
        [say("unanswered"), "", f"{known.unanswered:,}"],
        [say("waiting"), "", f"{known.waiting:,}"],
        [say("longest_wait"), wording.minutes(known.longest_wait_ms), ""],
    ]
    return table([say("answers"), say("value"), say("alarms")], rows)


def precision(found: AlarmFigures, wording: AlarmWording) -> Iterator[str]:
    """Write what the cases of alarms were closed as, by code."""
    if not found.precision:
        yield note(wording.say("nothing_closed"))
        return
    rows: list[list[Cell]] = [
        [
            wording.cause(each.code),
            _reasons(each.reasons, wording),
            _counted(each.right),
            _counted(each.needed),
        ]
        for each in found.precision
    ]
    heads = [wording.say(key) for key in ("condition", "reasons", "right", "needed")]
    yield table(heads, rows, words=2)
    yield note(wording.say("precision_note"))


def suppressed(found: AlarmFigures, wording: AlarmWording) -> Iterator[str]:
    """Write how many alarms were held back, by reason."""
    if not found.suppressed:
        yield note(wording.say("nothing_suppressed"))
        return
    total = found.suppressed_alarms
    rows: list[list[Cell]] = [
        [wording.reason(kind), f"{count:,}", share(Ratio(count, total))]
        for kind, count in found.suppressed.items()
    ]
    yield table([wording.say(key) for key in ("reason", "alarms", "share")], rows)
    yield note(wording.say("suppressed_note", alarms=f"{total:,}", released=f"{found.released:,}"))


def nuisance(found: AlarmFigures, policy: AlarmFigurePolicy, wording: AlarmWording) -> Iterator[str]:
    """Write what chattered and what is stale, the worst first."""
    known, say = found.nuisance, wording.say
    yield note(
        say(
            "nuisance_note",
            times=policy.chatter_times,
            within=span_ms(policy.chatter_within) // _MINUTE_MS,
            fleeting=span_ms(policy.fleeting_under) // _SECOND_MS,
            stale=span_ms(policy.stale_after) // _HOUR_MS,
        )
    )
    if known.chattering:
        rows: list[list[Cell]] = [
            [*_named(each.identity, wording), f"{each.most:,}", f"{each.most_told:,}", f"{each.times:,}"]
            for each in known.chattering[:_MOST_ROWS]
        ]
        heads = ("chattering", "place", "most_began", "most_told", "times")
        yield table([say(key) for key in heads], rows, words=2)
    else:
        yield note(say("nothing_chatters"))
    if known.stale:
        rows = [
            [*_named(each.identity, wording), wording.at(each.since_ms)] for each in known.stale[:_MOST_ROWS]
        ]
        yield table([say(key) for key in ("stale_now", "place", "since")], rows, words=2)
    else:
        yield note(say("nothing_stale"))


def shelved(found: AlarmFigures, wording: AlarmWording) -> str:
    """Write what is put aside, with the time left."""
    say = wording.say
    if not found.shelved:
        return note(say("nothing_shelved"))
    rows: list[list[Cell]] = [
        [
            *_named(each.identity, wording),
            each.shelved_by,
            each.shelve_reason,
            wording.at(each.shelved_until_ms),
            wording.minutes(each.shelved_until_ms - found.now_ms),
        ]
        for each in found.shelved
    ]
    return table([say(key) for key in ("condition", "place", "by", "reason", "until", "left")], rows, words=4)


def _named(identity: Identity, wording: AlarmWording) -> tuple[str, str]:
    """Give the name of a condition and where it is."""
    what = f"{identity.component} {identity.unit}" if identity.unit else identity.component
    return wording.cause(identity.code), f"{identity.place} · {what.replace('_', ' ')}"


def _reasons(reasons: Mapping[str, int], wording: AlarmWording) -> str:
    return ", ".join(f"{wording.closed(reason)} {count}" for reason, count in reasons.items())


def _counted(ratio: Ratio) -> str:
    return f"{share(ratio)} ({ratio.numerator} / {ratio.denominator})"
