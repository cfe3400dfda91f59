"""Cuts of a branch's line are counted by their items."""

from typing import Any

from benchmarks.device_cuts import cuts, harm_during
from benchmarks.device_truth import Incident, Shown, answers
from domain.instants import from_ms

HOUR_MS = 3_600_000
NEVER = frozenset({"card_retained", "cash_uncertain", "tamper"}).__contains__


def incident(begins_h: float, ends_h: float, *codes: str, **fields: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "-".join((*codes, str(begins_h))),
        "kind": "".join(codes[:1]),
        "device": "d1",
        "branch": "b1",
        "devices": (),
        "harm": False,
        "expect": "item",
        "within_s": 600,
    }
    times = {"begins": from_ms(round(begins_h * HOUR_MS)), "ends": from_ms(round(ends_h * HOUR_MS))}
    return Incident(codes=codes, **given | times | fields)


def shown(code: str, at_h: float, until_h: float | None = None, **fields: Any) -> Shown:
    until_ms = None if until_h is None else round(until_h * HOUR_MS)
    given: dict[str, Any] = {"device": "d1", "branch": "b1", "item": f"C{code}{at_h}"}
    return Shown(code=code, at_ms=round(at_h * HOUR_MS), until_ms=until_ms, **given | fields)


CUT = incident(2, 4, "branch_link_down", kind="link_cut", device=None, devices=("d1", "d2"))
BRANCHES = {"d1": "b1", "d2": "b1", "d3": "b2"}
OUTAGE = shown("branch_link_down", 2.2, device=None, item="C1")


def items_of_the_cut(*alarms: Shown, beside: tuple[Incident, ...] = ()) -> set[str]:
    (cut,) = cuts(answers([CUT, *beside], alarms, NEVER), alarms, BRANCHES)
    return set(cut.items)


def test_a_cut_with_its_devices_in_one_item_has_one() -> None:
    child = shown("device_offline", 2.3, device="d2", item="C1")
    assert items_of_the_cut(OUTAGE, child) == {"C1"}


def test_every_other_item_that_follows_from_the_missing_line_counts_too() -> None:
    assert items_of_the_cut(OUTAGE, shown("device_offline", 2.1, item="C2")) == {"C1", "C2"}
    assert items_of_the_cut(OUTAGE, shown("silent_device", 3, device="d2", item="C2")) == {"C1", "C2"}


def test_what_has_another_cause_place_or_time_is_no_item_of_the_cut() -> None:
    jam = shown("note_jam", 2.5, item="C2")
    elsewhere = shown("device_offline", 2.5, device="d3", branch="b2", item="C3")
    after = shown("device_offline", 4.1, item="C4")
    dead = incident(1.9, 9, "device_offline", device="d2", within_s=7200)
    its_own = shown("device_offline", 2.1, device="d2", item="C5")
    assert items_of_the_cut(OUTAGE, jam, elsewhere, after, its_own, beside=(dead,)) == {"C1"}


def test_the_power_of_its_machines_follows_from_a_cut_of_power_alone() -> None:
    power = incident(2, 4, "branch_power_down", kind="power_cut", device=None, devices=("d1", "d2"))
    alarms = (OUTAGE._replace(code="branch_power_down"), shown("ups_low", 2.1, item="C2"))
    (cut,) = cuts(answers([power], alarms, NEVER), alarms, BRANCHES)
    assert cut.items == {"C1", "C2"}
    assert items_of_the_cut(OUTAGE, shown("ups_low", 2.1, item="C2")) == {"C1"}


def test_a_cut_that_nobody_was_shown_has_no_item_and_no_delay() -> None:
    (cut,) = cuts(answers([CUT], [], NEVER), [], BRANCHES)
    assert (cut.items, cut.delay_ms) == (frozenset(), None)


def test_harm_during_a_cut_needs_an_item_that_is_not_the_cuts() -> None:
    during = incident(3, 5, "card_retained", harm=True, device="d2")
    after = incident(4, 5, "cash_uncertain", harm=True, device="d2")
    alarms = (OUTAGE, shown("card_retained", 3, device="d2", item="C2"))
    answered = answers([CUT, during, after], alarms, NEVER)
    assert harm_during(cuts(answered, alarms, BRANCHES), answered) == (1, 1)
    lumped = (OUTAGE, shown("card_retained", 3, device="d2", item="C1"))
    answered = answers([CUT, during, after], lumped, NEVER)
    assert harm_during(cuts(answered, lumped, BRANCHES), answered) == (1, 0)
