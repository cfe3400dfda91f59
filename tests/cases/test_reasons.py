"""What a case says of itself: every distinct sentence, and of what grows only the latest."""

from tests.cases.made import MINUTE_MS, alert


def test_of_a_ring_that_grows_only_the_latest_alert_speaks(store):
    growing = [
        alert(
            f"a{cards}",
            f"card-{cards}",
            "customer",
            detector="opened_together",
            key="branch|2026-03-01",
            ring="opened",
            reason=f"{cards} cards",
            at_ms=cards * MINUTE_MS,
        )
        for cards in (4, 5, 6)
    ]
    store.cases.take_in([*growing, alert("b", "card-4", "customer", reason="a burst")])
    (case,) = store.cases.list()
    assert case.alerts == 4
    assert sorted(case.reasons) == ["6 cards", "a burst"]


def test_alerts_about_different_cards_of_a_ring_all_speak(store):
    both = [
        alert(name, name, "customer", key=name, ring="travel", reason=f"card {name} travelled")
        for name in ("a", "b")
    ]
    store.cases.take_in(both)
    (case,) = store.cases.list()
    assert sorted(case.reasons) == ["card a travelled", "card b travelled"]
