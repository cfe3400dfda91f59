"""What the findings of each detector are worth together, learnt from what the desk found out about cases.

Two things are fitted by the likelihood of the labels: each detector's offset in log odds, drawn towards 0 as
if `strength` cases had said that the detector is right as it is, and the share in which further ones count.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import log
from typing import NamedTuple

from domain.combining import ClosedCase, combined, corrected, held

# How far offsets and the share move at first, and where halving that ends.
_STEP, _SMALLEST_STEP = 0.5, 0.01
_SHARE_STEP = 0.2
_ROUNDS = 40
_MOST_OFFSET = 6.0


class Fitted(NamedTuple):
    """What was learnt, and how well it tells the later cases, which had no part in it.

    Losses are means of -log of the probability that the outcome was given: `before` with the strongest
    finding alone, `after` with what was learnt. `detectors` is how many cases spoke of each.
    """

    base: float
    further: float
    offsets: dict[str, float]
    learnt_from: int
    tested_on: int
    loss_before: float
    loss_after: float
    detectors: dict[str, int]

    @property
    def helps(self) -> bool:
        """Whether the later cases are told better than by the strongest finding alone."""
        return self.loss_after < self.loss_before


class CombinationError(ValueError):
    """Cases that nothing can be learnt from."""


def fit_combination(
    cases: Iterable[ClosedCase], *, base: float = 0.05, strength: float = 20.0, least: int = 50
) -> Fitted:
    """Learn from the earlier two thirds of the cases and test on the later third, by when they were known.

    Raises CombinationError when there are fewer than `least` cases, or all had one outcome.
    """
    ordered = sorted(cases, key=lambda case: (case.known_ms, case.case))
    if len(ordered) < least:
        raise CombinationError(f"{len(ordered)} closed cases with an outcome; {least} are needed at least")
    split = len(ordered) * 2 // 3
    early, late = ordered[:split], ordered[split:]
    if len({case.fraud for case in early}) < 2:
        raise CombinationError("all of the earlier cases had one outcome; wait for others")
    further, offsets = _fit(early, base, strength)
    return Fitted(
        base=base,
        further=further,
        offsets={name: round(offset, 3) for name, offset in sorted(offsets.items())},
        learnt_from=len(early),
        tested_on=len(late),
        loss_before=_loss(late, base, 0.0, {}),
        loss_after=_loss(late, base, further, offsets),
        detectors=_counts(ordered),
    )


def _fit(cases: Sequence[ClosedCase], base: float, strength: float) -> tuple[float, dict[str, float]]:
    """Fit in turn: the offsets for a share, one by one, and then the share for them."""
    further, offsets = 0.3, dict.fromkeys(_counts(cases), 0.0)
    scale = 1.0
    for _ in range(_ROUNDS):
        moved = False
        for name in offsets:
            moved |= _improve(cases, base, further, offsets, name, scale * _STEP, strength)
        tried = (further, max(0.0, further - scale * _SHARE_STEP), min(1.0, further + scale * _SHARE_STEP))
        best = min(tried, key=lambda share: _loss(cases, base, share, offsets))
        moved |= best != further
        further = best
        if not moved:
            scale /= 2
            if scale * _STEP < _SMALLEST_STEP:
                break
    return round(further, 3), offsets


def _improve(
    cases: Sequence[ClosedCase],
    base: float,
    further: float,
    offsets: dict[str, float],
    name: str,
    step: float,
    strength: float,
) -> bool:
    """Move one offset by a step if that tells the cases better; only those that it speaks in change."""
    spoke = [case for case in cases if name in case.findings]

    def cost(offset: float) -> float:
        tried = {**offsets, name: offset}
        return len(spoke) * _loss(spoke, base, further, tried) + strength * _drawn(spoke, name, offset)

    here = offsets[name]
    best = min((here, max(-_MOST_OFFSET, here - step), min(_MOST_OFFSET, here + step)), key=cost)
    offsets[name] = best
    return best != here


def _drawn(cases: Sequence[ClosedCase], name: str, offset: float) -> float:
    """Give what moving away costs: the mean divergence from what the detector says itself."""
    total = 0.0
    for case in cases:
        said = held(case.findings[name])
        now = corrected(said, offset)
        total += said * log(said / now) + (1 - said) * log((1 - said) / (1 - now))
    return total / len(cases)


def _loss(cases: Sequence[ClosedCase], base: float, further: float, offsets: Mapping[str, float]) -> float:
    total = 0.0
    for case in cases:
        probability = held(combined(case.findings, base=base, further=further, offsets=offsets))
        total -= log(probability if case.fraud else 1 - probability)
    return total / len(cases)


def _counts(cases: Iterable[ClosedCase]) -> dict[str, int]:
    found: dict[str, int] = {}
    for case in cases:
        for name in case.findings:
            found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))
