"""What alerts are worth in the order of their probability, as a desk with so much time would take them up."""

from collections.abc import Sequence
from itertools import groupby

from tuning.measures.judging import Judge, Judged


def average_precision(judged: Sequence[Judged], frauds: int) -> float | None:
    """Give the area under precision by recall, as the least probability that is looked at goes down.

    Sum of (recall gained) x (precision there) over the distinct probabilities, so that alerts of one
    probability come together and their order does not matter. Precision is over labelled alerts, recall over
    all `frauds`; what no alert finds adds nothing. None without labelled alerts or without fraud.

    It is the step-wise sum that scikit-learn calls average precision, with alerts as what is ranked.
    """
    labelled = sorted((each for each in judged if each.true is not None), key=_falling)
    if not labelled or not frauds:
        return None
    area = 0.0
    true = count = 0
    found: set[str] = set()
    for _, together in groupby(labelled, key=_falling):
        before = len(found)
        for each in together:
            count += 1
            true += bool(each.true)
            found.update(use.event_id for use in each.frauds)
        area += (len(found) - before) / frauds * true / count
    return area


def card_precision(judged: Sequence[Judged], judge: Judge, most: int) -> float | None:
    """Give the share with fraud that day among the `most` cards of the highest probability, the mean of days.

    A card is left out from the day after it became known to be in a thief's hands: by a label, or because it
    was among those looked at. Places that no alert fills count as misses, cards without a label on that day
    do not count. Of equals those whose alert came first go first. None where no day has labels.

    Source: Y.-A. Le Borgne et al., Reproducible Machine Learning for Credit Card Fraud Detection - Practical
    Handbook (2022), chapter 4, card precision top-k.
    """
    known_on: dict[str, int] = {}
    for use in judge.frauds:
        day = judge.day(use.known_ms)
        known_on[use.card] = min(day, known_on.get(use.card, day))
    places = _places(judged)
    shares = []
    for day in judge.days:
        open_cards = (card for card in places.get(day, ()) if known_on.get(card, day) >= day)
        looked_at = [card for _, card in zip(range(most), open_cards, strict=False)]
        hits = [card for card in looked_at if day in judge.fraud_days.get(card, ())]
        unlabelled = sum(day not in judge.labelled_days.get(card, ()) for card in looked_at)
        for card in hits:
            known_on[card] = min(day, known_on.get(card, day))
        if most > unlabelled:
            shares.append(len(hits) / (most - unlabelled))
    return sum(shares) / len(shares) if shares else None


def _places(judged: Sequence[Judged]) -> dict[int, list[str]]:
    """Give the cards of each day in the order in which they would be looked at."""
    best: dict[int, dict[str, tuple[float, int, str]]] = {}
    for each in judged:
        for card in each.cards:
            of_day = best.setdefault(each.day, {})
            place = (-each.probability, each.at_ms, card)
            of_day[card] = min(place, of_day.get(card, place))
    return {day: [card for _, _, card in sorted(of_day.values())] for day, of_day in best.items()}


def _falling(judged: Judged) -> float:
    return -judged.probability
