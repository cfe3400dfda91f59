from collections import defaultdict
from itertools import islice

from benchmarks.latency_stream import _BOUGHT, _DRAWN, _PLOT, _uses


def test_a_planted_card_has_its_plot_in_order_and_alerts_once() -> None:
    done = defaultdict(list)
    for card, what in islice(_uses(cards=50, every=20), 20 * 40):
        done[card].append(what)
    planted = {card: what for card, what in done.items() if card >= 50}
    assert all(tuple(what) == _PLOT[: len(what)] for what in planted.values())
    assert sum(_DRAWN in what for what in planted.values()) >= 30
    assert {what for card, uses in done.items() if card < 50 for what in uses} == {_BOUGHT}


def test_of_so_many_events_four_are_planted_once_it_is_under_way() -> None:
    uses = list(islice(_uses(cards=50, every=20), 20 * 40))[20 * 10 :]
    assert sum(card >= 50 for card, _ in uses) * 20 in range(4 * len(uses) - 100, 4 * len(uses) + 100)
