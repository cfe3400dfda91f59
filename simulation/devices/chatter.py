"""What machines say that nobody need act on, and sensors that cannot keep still."""

from typing import NamedTuple

import numpy as np

from domain.telemetry import Component
from simulation.devices.faults import self_clears_in_s
from simulation.devices.happenings import Span
from simulation.devices.stage import Stage
from simulation.hours import HOUR_MS, MINUTE_MS


class _Blip(NamedTuple):
    code: str
    component: Component
    weight: float


_BLIPS = (
    _Blip("card_jam", "card_reader", 3),
    _Blip("note_jam", "dispenser", 4),
    _Blip("transport_inop", "dispenser", 2),
    _Blip("shutter_jam", "dispenser", 1.5),
    _Blip("app_fault", "app", 2),
    _Blip("host_session_lost", "host_session", 3),
    _Blip("receipt_jam", "receipt_printer", 2),
    _Blip("camera_fail", "camera", 1),
)
# What chatters, with how long it rests in between, in seconds.
_CHATTERS = (
    _Blip("shutter_jam", "dispenser", 3),
    _Blip("card_jam", "card_reader", 4),
    _Blip("note_jam", "dispenser", 3),
    _Blip("host_session_lost", "host_session", 2),
)
_SERIES_MIN = (50, 150)
_STEP_S = (25, 90)
# Nagios takes 30 % of 21 states for flapping: with heartbeats between, nine changes are beyond it.
_CHANGES_KNOWN = 9
# The same blip comes again no sooner, or it would be a sensor that chatters.
_APART_MS = 4 * HOUR_MS
# Heartbeats come within so much of their time: a span shorter by twice that holds one of them at most.
_JITTER_MS = 4_000


def chattering(stage: Stage) -> None:
    """A worn sensor raises and clears one condition for an hour or two: one thing, and to be mended."""
    what = _CHATTERS[_draw(stage, _CHATTERS)]
    span_ms = stage.seconds(_SERIES_MIN[0] * 60, _SERIES_MIN[1] * 60)
    machine, at_ms = stage.pick(span_ms)
    now_ms, edges = at_ms, []
    while now_ms < at_ms + span_ms:
        edges.append(now_ms)
        now_ms += stage.seconds(*_STEP_S)
    for number, edge_ms in enumerate(edges[: len(edges) // 2 * 2]):
        stage.say(edge_ms, machine, what.component, what.code, "clear" if number % 2 else "raise")
    stage.tell(
        "chattering",
        at_ms,
        at_ms + span_ms,
        devices=(machine,),
        codes=("flapping",),
        known_after_s=(edges[_CHANGES_KNOWN] - at_ms) / 1_000,
    )


def blips(stage: Stage) -> None:
    """Strew short faults that clear themselves over the fleet and the whole window."""
    plan, rng = stage.plan, stage.rng
    for machine in range(stage.estate.machines):
        latest: dict[int, int] = {}
        often = plan.level.blips_a_day * float(rng.gamma(4.0, 0.25))
        moments = np.sort(rng.integers(*_inside(stage), size=int(rng.poisson(often * plan.days))))
        for at_ms in moments.tolist():
            number = _draw(stage, _BLIPS)
            what = _BLIPS[number]
            over_ms = at_ms + stage.seconds(4, self_clears_in_s(what.code))
            if at_ms - latest.get(number, 0) < _APART_MS:
                continue
            if stage.free(machine, at_ms - MINUTE_MS, over_ms + MINUTE_MS):
                latest[number] = at_ms
                stage.book((machine,), at_ms - MINUTE_MS, over_ms + MINUTE_MS)
                stage.say(at_ms, machine, what.component, what.code)
                stage.say(over_ms, machine, what.component, what.code, "clear")
                stage.tell_nuisance("blip", at_ms, over_ms, (what.code,), devices=(machine,))


def missed_heartbeats(stage: Stage) -> None:
    """Lose single heartbeats: only two in a row, with nothing else heard, are a lost machine."""
    plan, rng = stage.plan, stage.rng
    beat_ms = plan.heartbeat_ms
    for machine in range(stage.estate.machines):
        moments = np.sort(
            rng.integers(*_inside(stage), size=int(rng.poisson(plan.level.missed_a_day * plan.days)))
        )
        latest_ms = 0
        for at_ms in moments.tolist():
            if at_ms - latest_ms > 4 * beat_ms and stage.free(
                machine, at_ms - 3 * beat_ms, at_ms + 3 * beat_ms
            ):
                latest_ms = at_ms
                over_ms = at_ms + beat_ms - _JITTER_MS
                stage.weather.missed.append(Span(machine, at_ms, over_ms))
                stage.tell_nuisance(
                    "missed_heartbeat", at_ms, over_ms, ("device_offline",), devices=(machine,)
                )


def _inside(stage: Stage) -> tuple[int, int]:
    return stage.window.start_ms + MINUTE_MS, max(
        stage.window.start_ms + 2 * MINUTE_MS, stage.window.end_ms - HOUR_MS
    )


def _draw(stage: Stage, among: tuple[_Blip, ...]) -> int:
    weights = np.array([one.weight for one in among])
    return int(stage.rng.choice(len(among), p=weights / weights.sum()))
