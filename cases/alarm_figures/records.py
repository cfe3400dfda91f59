"""Figures of alarms as plain records, each with its parts; times in milliseconds, moments ISO 8601."""

from collections.abc import Iterator
from typing import Any

from cases.alarm_figures.against import Line, against_limits
from cases.alarm_figures.limits import PRIORITY_MIX
from cases.alarm_figures.load import Load, Pace
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.rows import Identity
from cases.kpi.values import Ratio
from domain.instants import iso

Record = dict[str, Any]


def figure_records(found: AlarmFigures) -> Iterator[Record]:
    """Give all that is known of a period: what it is about, its loads, and a record for each figure."""
    yield {
        "figure": "period",
        "from": iso(found.from_ms),
        "to": iso(found.to_ms),
        "raised": found.raised,
        "annunciated": found.all.count,
        "devices_annunciated": found.devices_told,
        "devices_raised": found.devices_raised,
        "eemua_level": found.level,
    }
    for name in ("all", "managed", "never_suppressed"):
        yield {"figure": "load", "of": name, **_load(getattr(found, name))}
    for line in against_limits(found):
        yield {"figure": line.name, **_line(line)}
    for name in ("top_alarms", "top_codes", "top_devices"):
        top = getattr(found, name)
        yield {"figure": name, "counts": dict(top.counts), **_ratio(top.share)}
    for priority, ratio in found.priorities.items():
        yield {
            "figure": "priority",
            "priority": priority,
            **_ratio(ratio),
            "advised": PRIORITY_MIX[priority],
        }
    yield from _work(found)
    yield from _nuisance(found)


def _work(found: AlarmFigures) -> Iterator[Record]:
    """Give what the desk did with its alarms, and what it was spared."""
    waits = found.answers.waits
    yield {
        "figure": "annunciate_to_acknowledge",
        "count": waits.number,
        "mean_ms": waits.mean_ms,
        "median_ms": waits.median_ms,
        "p90_ms": waits.p90_ms,
        "unanswered": found.answers.unanswered,
        "waiting": found.answers.waiting,
        "longest_wait_ms": found.answers.longest_wait_ms,
    }
    for each in found.precision:
        yield {
            "figure": "precision",
            "code": each.code,
            **_ratio(each.right),
            "needed": _ratio(each.needed),
            "reasons": each.reasons,
        }
    yield {
        "figure": "suppressed",
        "alarms": found.suppressed_alarms,
        "released": found.released,
        "by_reason": found.suppressed,
        "flood_gate_ms": found.gate_ms,
    }
    for alarm in found.shelved:
        yield {
            "figure": "shelved",
            "alarm": alarm.id,
            **_identity(alarm.identity),
            "by": alarm.shelved_by,
            "reason": alarm.shelve_reason,
            "until": iso(alarm.shelved_until_ms),
            "left_ms": alarm.shelved_until_ms - found.now_ms,
        }


def _nuisance(found: AlarmFigures) -> Iterator[Record]:
    known = found.nuisance
    yield {"figure": "fleeting_of_all", **_ratio(known.fleeting)}
    for each in known.chattering:
        counts = {"most": each.most, "most_annunciated": each.most_told, "times": each.times}
        yield {"figure": "chatters", **_identity(each.identity), **counts}
    for alarm in known.stale:
        identity = _identity(alarm.identity)
        yield {"figure": "is_stale", "alarm": alarm.alarm, **identity, "since": iso(alarm.since_ms)}


def _load(load: Load) -> Record:
    return {
        "annunciated": load.count,
        "per_day": _pace(load.per_day),
        "per_hour": _pace(load.per_hour),
        "per_ten_minutes": _pace(load.per_ten_minutes),
        "hours_over_30": _ratio(load.busy_hours),
        "ten_minutes_over_10": _ratio(load.busy_ten_minutes),
        "time_in_flood": _ratio(load.flood_share),
        "floods": [{"from": iso(flood.from_ms), "to": iso(flood.to_ms)} for flood in load.floods],
    }


def _pace(pace: Pace) -> Record:
    peak_at = None if pace.peak_from_ms is None else iso(pace.peak_from_ms)
    return {"average": pace.average, "peak": pace.peak, "peak_from": peak_at}


def _line(line: Line) -> Record:
    return {
        "value": line.value,
        "numerator": line.part,
        "denominator": line.whole,
        "acceptable": line.limit.acceptable,
        "manageable": line.limit.manageable,
        "verdict": line.verdict,
    }


def _ratio(ratio: Ratio) -> Record:
    return {"value": ratio.value, "numerator": ratio.numerator, "denominator": ratio.denominator}


def _identity(identity: Identity) -> Record:
    return identity._asdict()
