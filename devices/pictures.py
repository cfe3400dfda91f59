"""Pictures of availability; colours come from classes `bucket-...` of the page."""

from collections.abc import Mapping
from math import ceil

from devices.availability import Account
from devices.buckets import PRECEDENCE, Bucket
from devices.drawing import BELOW, LEFT, PLOT_HEIGHT, RIGHT, TOP, WIDTH, bar, grid, picture, text
from devices.month import MonthOfFleet
from devices.wording import Wording

_HOUR_MS = 3_600_000
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
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(shares))
    parts = list(grid(top, lambda value: f"{100 * value:g} %"))
    for index, (day, lost) in enumerate(shares.items()):
        x, above = LEFT + index * slot, float(TOP + PLOT_HEIGHT)
        for bucket, share in lost.items():
            height = PLOT_HEIGHT * share / top
            above -= height
            title = f"{day.isoformat()} · {wording.bucket(bucket)} · {100 * share:.2f} %"
            parts.append(bar(x + slot * 0.12, above, slot * 0.76, height, f"bucket-{bucket}", title))
        parts.append(text(x + slot / 2, TOP + PLOT_HEIGHT + 18, str(day.day), "middle"))
    return picture(TOP + PLOT_HEIGHT + BELOW, wording.say("days_picture"), parts)


def trend_picture(found: MonthOfFleet, wording: Wording) -> str:
    """Draw how many distinct devices had a fault in each month."""
    most = max((each.faulty for each in found.trend), default=0)
    top = max(4, ceil(most / 4) * 4)
    slot = (WIDTH - LEFT - RIGHT) / max(1, len(found.trend))
    parts = list(grid(top, lambda value: f"{value:g}"))
    for index, each in enumerate(found.trend):
        height = PLOT_HEIGHT * each.faulty / top
        width = min(slot * 0.6, 80)
        middle, above = LEFT + (index + 0.5) * slot, TOP + PLOT_HEIGHT - height
        title = f"{each.month} · {each.faulty} / {each.devices}"
        parts.append(bar(middle - width / 2, above, width, height, "bucket-hard_fault", title))
        parts.append(text(middle, above - 5, f"{each.faulty} / {each.devices}", "middle"))
        parts.append(text(middle, TOP + PLOT_HEIGHT + 18, str(each.month), "middle"))
    return picture(TOP + PLOT_HEIGHT + BELOW, wording.say("trend_picture"), parts)


def worst_picture(found: MonthOfFleet, wording: Wording, most: int = 15) -> str:
    """Draw where the devices that lost the most time lost it."""
    worst = found.worst(most)
    longest_ms = max((known.lost_ms for known in worst), default=1)
    scale = (WIDTH - _NAMES - _FIGURES) / longest_ms
    parts = []
    for index, known in enumerate(worst):
        x, y = float(_NAMES), index * _ROW + 4
        parts.append(text(_NAMES - 8, y + 14, known.device.id, "end"))
        for bucket in LOSSES:
            length_ms = known.account.by_bucket[bucket]
            if length_ms:
                title = f"{known.device.id} · {wording.bucket(bucket)} · {length_ms / _HOUR_MS:,.1f} h"
                parts.append(bar(x, y, length_ms * scale, _ROW - 8, f"bucket-{bucket}", title))
                x += length_ms * scale
        parts.append(text(x + 6, y + 14, f"{known.lost_ms / _HOUR_MS:,.1f}", "start"))
    return picture(max(1, len(worst)) * _ROW, wording.say("worst_picture"), parts)


def _lost_shares(account: Account) -> Mapping[Bucket, float]:
    sums, asked_ms = account.by_bucket, account.demanded_ms
    return {bucket: sums[bucket] / asked_ms for bucket in LOSSES if sums[bucket]} if asked_ms else {}
