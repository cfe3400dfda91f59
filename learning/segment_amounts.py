"""What each segment of card use spends, learnt from recorded transactions with River.

River stays on this side: a detector reads the published numbers and never a model.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from math import isfinite, log, sqrt

import msgspec
from river import stats

from domain.events import MONEY_OUT, Transaction
from domain.instants import iso, to_ms
from domain.tables import SegmentAmount, SegmentAmounts
from learning.published import TableError

# A segment that always spends the same must not make any other amount infinitely far.
_LEAST_SD = 0.05


class _Segment:
    """Mean, spread and one quantile of a stream of logs, in constant memory."""

    def __init__(self, quantile: float) -> None:
        self._mean = stats.Mean()
        self._var = stats.Var()
        # The P2 algorithm: R. Jain, I. Chlamtac, Communications of the ACM 28 (1985).
        self._high = stats.Quantile(quantile)
        self._quantile = quantile

    def learn(self, value: float) -> None:
        # One value that is no number would spoil River's sums for good.
        if not isfinite(value):
            raise TableError(f"{value} is no logarithm of an amount")
        self._mean.update(value)
        self._var.update(value)
        self._high.update(value)

    def publish(self) -> SegmentAmount:
        return SegmentAmount(
            mean=round(self._mean.get(), 6),
            sd=round(max(_LEAST_SD, sqrt(self._var.get())), 6),
            high=round(self._high.get() or 0.0, 6),
            quantile=self._quantile,
            count=int(self._mean.n),
        )


def learn_segment_amounts(
    transactions: Iterable[Transaction], effective_at: datetime, *, quantile: float = 0.99, least: int = 200
) -> SegmentAmounts:
    """Learn the table that is in force from `effective_at` on.

    Only approved purchases, withdrawals and transfers out count; a segment is `currency|type|channel`, and
    one with fewer than `least` amounts is left out. The table's version is a digest of what it says.

    Raises TableError when `effective_at` does not lie behind every event, when it has no time zone, when
    `quantile` is not between a half and 1, or when no segment has enough amounts.
    """
    if effective_at.tzinfo is None:
        raise TableError("effective_at has no time zone; write an offset such as +08:00")
    if not 0.5 <= quantile < 1:
        raise TableError(f"quantile is {quantile}; a high amount lies from 0.5 on and below 1")
    effective_ms = to_ms(effective_at)
    segments: dict[str, _Segment] = {}
    for event in transactions:
        if event.at_ms >= effective_ms:
            raise TableError(
                f"event {event.event_id} is of {iso(event.at_ms)}, and the table would be in force from "
                f"{iso(effective_ms)}: a table must not know its own time; give a later one"
            )
        if event.outcome != "approved" or event.type not in MONEY_OUT:
            continue
        name = f"{event.currency}|{event.type}|{event.channel}"
        segment = segments.get(name)
        if segment is None:
            segment = segments[name] = _Segment(quantile)
        segment.learn(log(max(1, event.amount_minor)))
    learnt = {name: segment.publish() for name, segment in sorted(segments.items())}
    enough = {name: segment for name, segment in learnt.items() if segment.count >= least}
    if not enough:
        most = max((segment.count for segment in learnt.values()), default=0)
        raise TableError(f"no segment has {least} amounts, the largest has {most}; give more events")
    version = blake2b(msgspec.json.encode(enough), digest_size=6).hexdigest()
    return SegmentAmounts(effective_at=effective_at, version=version, segments=enough)
