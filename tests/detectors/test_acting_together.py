"""Rings in step against the plain definition, in order and out of order, and queues of strangers."""

from collections import Counter
from collections.abc import Iterable
from itertools import combinations
from random import Random

from hypothesis import event as noted
from hypothesis import given
from hypothesis import strategies as st

from detectors.acting_together import CARDS as CARDS_KNOWN
from detectors.acting_together import GROUPS, TERMINALS, ActingTogether
from detectors.examples import run
from domain.events import Place, Transaction
from domain.instants import from_ms
from domain.tables import Tables
from tests.detectors.contract import packed

START_MS = 1_772_416_800_000
MINUTE_MS = 60_000
CARDS = range(6)
HERE = Place(lat=31.311, lon=120.611, error_km=0.1)
# A round: minutes after the one before, the machine, and who comes there after how many minutes.
ROUNDS = st.lists(
    st.tuples(
        st.integers(0, 15),
        st.sampled_from("ab"),
        st.lists(st.tuples(st.sampled_from(CARDS), st.integers(0, 4)), max_size=6),
    ),
    max_size=5,
)


def use(number: int, at_ms: int, card: int, machine: str) -> Transaction:
    return Transaction(
        event_id=f"e{number}",
        at=from_ms(at_ms),
        at_ms=at_ms,
        card=f"c{card}",
        # Two cards each: a ring of three customers has five at least.
        customer=f"k{card // 2}",
        terminal=machine,
        place=HERE,
        amount_minor=100,
        currency="CNY",
        channel="atm",
        type="withdrawal",
    )


def in_step(events: Iterable[Transaction], one: str, other: str) -> bool:
    """Look at two cards as the docstring says it."""
    first, second = ([event for event in events if event.card == card] for card in (one, other))
    times, last_ms = 0, 0
    for at_ms in sorted(
        max(a.at_ms, b.at_ms)
        for a in first
        for b in second
        if a.terminal == b.terminal and abs(a.at_ms - b.at_ms) <= 3 * MINUTE_MS
    ):
        if at_ms - last_ms >= 10 * MINUTE_MS:
            times, last_ms = times + 1, at_ms
    return times >= 2


def rings(events: list[Transaction]) -> set[frozenset[str]]:
    """Give the connected parts of the cards in step that are of two customers at least."""
    names = [f"c{card}" for card in CARDS]
    parts: list[set[str]] = [{name} for name in names]
    for one, other in combinations(names, 2):
        if in_step(events, one, other):
            tied = [part for part in parts if one in part or other in part]
            parts = [part for part in parts if part not in tied] + [set().union(*tied)]
    return {frozenset(part) for part in parts if len({int(name[1:]) // 2 for name in part}) > 1}


@given(rounds=ROUNDS, delays=st.lists(st.integers(0, 5), min_size=30, max_size=30))
def test_it_tells_of_every_connected_part_of_cards_in_step_however_late_its_uses_come(
    rounds: list[tuple[int, str, list[tuple[int, int]]]], delays: list[int]
) -> None:
    made = ActingTogether(min_cards=2, min_customers=2)
    events: list[tuple[int, Transaction]] = []
    seen: Counter[int] = Counter()
    minute = 0
    for pause, machine, turns in rounds:
        minute += pause
        for card, gap in turns:
            minute += gap
            seen[card] += 1
            # More than it remembers of a card would be another test.
            if seen[card] <= 6:
                number = len(events)
                coming = use(number, START_MS + minute * MINUTE_MS, card, machine)
                events.append((minute + delays[number], coming))
    arrived = [event for _, event in sorted(events, key=lambda one: one[0])]
    told = [
        frozenset(member.card for member in fired.finding.members) for fired in run(made, arrived, Tables())
    ]
    expected = rings(arrived)
    noted(f"{len(expected)} rings")
    assert expected <= set(told)
    assert all(any(part <= ring for ring in expected) for part in told)
    assert len(told) == len(set(told))


def test_queues_of_strangers_are_quiet_and_bounded() -> None:
    """Six machines, a visit a minute at each, and one in ten goes on to the next machine."""
    random = Random(5)
    made = ActingTogether()
    events: list[Transaction] = []
    for number in range(6_000):
        again = random.random() < 0.1
        visitor = number - random.randrange(1, 60) if again else number
        at_ms = START_MS + number * 10_000
        # Two cards of a customer would have consecutive numbers.
        events.append(use(number, at_ms, 2 * visitor, f"m{random.randrange(6)}"))
    assert run(made, events, Tables()) == []
    state = made.start()
    for event in events:
        made.step(state, event)
    assert len(packed(made, state)) < 60_000


def test_a_ring_is_found_among_them() -> None:
    random = Random(5)
    strangers = [
        use(number, START_MS + number * 15_000, 100 + 2 * number, f"m{random.randrange(6)}")
        for number in range(240)
    ]
    ring = [
        use(9_000 + 10 * stop + card, START_MS + (stop * 15 + card) * MINUTE_MS, card, f"m{stop}")
        for stop in range(3)
        for card in CARDS
    ]
    fired = run(ActingTogether(), sorted([*strangers, *ring], key=lambda event: event.at_ms), Tables())
    assert {member.card for member in fired[-1].finding.members} == {f"c{card}" for card in CARDS}
    assert [found.finding.evidence["cards"] for found in fired] == [5, 6]


def test_whoever_keeps_coming_is_not_forgotten_for_strangers() -> None:
    def strangers(first: int) -> list[tuple[int, str]]:
        return [(first + 2 * number, "m9") for number in range(300)]

    # The two meet, come once each for themselves, and meet again.
    turns = [
        (0, "m0"),
        (2, "m0"),
        *strangers(1_000),
        (0, "m1"),
        (2, "m2"),
        *strangers(2_000),
        (0, "m3"),
        (2, "m3"),
    ]
    events = [
        use(number, START_MS + number * 20_000, card, machine) for number, (card, machine) in enumerate(turns)
    ]
    fired = run(ActingTogether(min_cards=2, min_customers=2), events, Tables())
    assert [[member.card for member in found.finding.members] for found in fired] == [["c2", "c0"]]


def test_whatever_comes_its_memory_has_bounds() -> None:
    made = ActingTogether(min_cards=2, min_customers=2)
    state = made.start()
    number = 0
    for pair in range(60):
        # Two cards meet at machine after machine, and nobody else comes there.
        for stop in range(8):
            for card in (4 * pair, 4 * pair + 2):
                at_ms = START_MS + number * 1_000 + stop * 11 * MINUTE_MS
                made.step(state, use(number, at_ms, card, f"m{pair}-{stop}"))
                number += 1
    assert 0 < len(state[GROUPS]) <= 16
    assert 0 < len(state[TERMINALS]) <= 64
    assert max(len(known.visits) for known in state[CARDS_KNOWN].values()) == 6
