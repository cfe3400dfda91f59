"""Pictures of availability as SVG, drawn here: they need no script and print as they look.

Colours come from classes `bucket-...` of the page; every part carries its figures as a title.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from math import ceil

from devices.availability import Account
from devices.buckets import PRECEDENCE, Bucket
from devices.month import MonthOfFleet
from devices.wording import Wording

WIDTH = 960
_HOUR_MS = 3_600_000
_LEFT, _RIGHT, _TOP = 64, 16, 12
_PLOT_HEIGHT = 200
_BELOW = 28
_ROW, _NAMES, _FIGURES = 26, 160, 72
# What was asked for and not fully met, the gravest first.
LOSSES: tuple[Bucket, ...] = tuple(
    bucket for bucket in PRECEDENCE if bucket not in ("out_of_window", "planned_stop", "full")
)
_NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)


def days_picture(found: MonthOfFleet, wording: Wording) -> str:
    """Draw what each day lost, by bucket, as a share of the time asked for."""
    shares = {day: _lost_shares(account) for day, account in found.days.items()}
    most = max((sum(lost.values()) for lost in shares.values()), default=0.0)
    top = next(nice for nice in _NICE if most <= nice or nice == _NICE[-1])
    slot = (WIDTH - _LEFT - _RIGHT) / max(1, len(shares))
    parts = list(_grid(top, lambda value: f"{100 * value:g} %"))
    for index, (day, lost) in enumerate(shares.items()):
        x, above = _LEFT + index * slot, float(_TOP + _PLOT_HEIGHT)
        for bucket, share in lost.items():
            height = _PLOT_HEIGHT * share / top
            above -= height
            title = f"{day.isoformat()} · {wording.bucket(bucket)} · {100 * share:.2f} %"
            parts.append(_bar(x + slot * 0.12, above, slot * 0.76, height, bucket, title))
        parts.append(_text(x + slot / 2, _TOP + _PLOT_HEIGHT + 18, str(day.day), "middle"))
    return _picture(_TOP + _PLOT_HEIGHT + _BELOW, wording.say("days_picture"), parts)


def trend_picture(found: MonthOfFleet, wording: Wording) -> str:
    """Draw how many distinct devices had a fault in each month."""
    most = max((each.faulty for each in found.trend), default=0)
    top = max(4, ceil(most / 4) * 4)
    slot = (WIDTH - _LEFT - _RIGHT) / max(1, len(found.trend))
    parts = list(_grid(top, lambda value: f"{value:g}"))
    for index, each in enumerate(found.trend):
        height = _PLOT_HEIGHT * each.faulty / top
        width = min(slot * 0.6, 80)
        middle, above = _LEFT + (index + 0.5) * slot, _TOP + _PLOT_HEIGHT - height
        title = f"{each.month} · {each.faulty} / {each.devices}"
        parts.append(_bar(middle - width / 2, above, width, height, "hard_fault", title))
        parts.append(_text(middle, above - 5, f"{each.faulty} / {each.devices}", "middle"))
        parts.append(_text(middle, _TOP + _PLOT_HEIGHT + 18, str(each.month), "middle"))
    return _picture(_TOP + _PLOT_HEIGHT + _BELOW, wording.say("trend_picture"), parts)


def worst_picture(found: MonthOfFleet, wording: Wording, most: int = 15) -> str:
    """Draw where the devices that lost the most time lost it."""
    worst = found.worst(most)
    longest_ms = max((known.lost_ms for known in worst), default=1)
    scale = (WIDTH - _NAMES - _FIGURES) / longest_ms
    parts = []
    for index, known in enumerate(worst):
        x, y = float(_NAMES), index * _ROW + 4
        parts.append(_text(_NAMES - 8, y + 14, known.device.id, "end"))
        for bucket in LOSSES:
            length_ms = known.account.by_bucket[bucket]
            if length_ms:
                title = f"{known.device.id} · {wording.bucket(bucket)} · {length_ms / _HOUR_MS:,.1f} h"
                parts.append(_bar(x, y, length_ms * scale, _ROW - 8, bucket, title))
                x += length_ms * scale
        parts.append(_text(x + 6, y + 14, f"{known.lost_ms / _HOUR_MS:,.1f}", "start"))
    return _picture(max(1, len(worst)) * _ROW, wording.say("worst_picture"), parts)


def _lost_shares(account: Account) -> Mapping[Bucket, float]:
    sums, asked_ms = account.by_bucket, account.demanded_ms
    return {bucket: sums[bucket] / asked_ms for bucket in LOSSES if sums[bucket]} if asked_ms else {}


def _grid(top: float, said: Callable[[float], str]) -> Iterator[str]:
    """Draw five lines from 0 to `top`, each with its figure."""
    for step in range(5):
        y = _TOP + _PLOT_HEIGHT * (1 - step / 4)
        yield f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:g}" y2="{y:g}"/>'
        yield _text(_LEFT - 8, y + 4, said(top * step / 4), "end")


def _bar(x: float, y: float, width: float, height: float, bucket: Bucket, title: str) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}"'
    return f'<rect class="bucket-{bucket}" {place}><title>{escape(title)}</title></rect>'


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.2f}" y="{y:.2f}" text-anchor="{anchor}">{escape(said)}</text>'


def _picture(height: float, label: str, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(label)}">'
    return "\n".join((head, *parts, "</svg>"))
