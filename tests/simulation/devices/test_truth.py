"""Every incident of the truth is really in the stream, and every nuisance stays one."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from devices.codes import catalogue
from simulation.devices.truth import Truth
from simulation.devices.weather import KINDS
from tests.simulation.devices.recorded_month import RecordedMonth, begins_ms, ends_ms

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
# What is told by a report with the very code, raised as it begins.
REPORTED = {
    *(code for code in catalogue().codes if catalogue()[code].handling not in ("record", "security")),
    "outlasting_fault",
    "broken_shutter",
    "seismic",
    "foreign_device",
    "cash_trapping",
    "power_cut",
    "host_down",
    "region_cut",
} - {"supervisor_overstay", "flapping"}
BY_OTHER_SIGNS: dict[str, Callable[[RecordedMonth, Truth], bool]] = {}


def told_by(*kinds: str) -> Callable[[Callable[[RecordedMonth, Truth], bool]], None]:
    def keep(check: Callable[[RecordedMonth, Truth], bool]) -> None:
        BY_OTHER_SIGNS.update(dict.fromkeys(kinds, check))

    return keep


@told_by("lost_machine", "link_cut")
def _dark(month: RecordedMonth, truth: Truth) -> bool:
    """Nothing is heard of any device but what came by the host's line."""
    return all(
        event.code == "card_retained"
        for device in truth.devices
        for event in month.said(device, begins_ms(truth), ends_ms(truth))
    )


@told_by("silent_machine")
def _silent(month: RecordedMonth, truth: Truth) -> bool:
    (device,), span = truth.devices, (begins_ms(truth), ends_ms(truth))
    beats = [event for event in month.said(device, *span) if event.edge == "heartbeat"]
    return not month.used(device, *span) and len(beats) > 10


@told_by("supervisor_overstay")
def _overstay(month: RecordedMonth, truth: Truth) -> bool:
    said = month.said(truth.devices[0], begins_ms(truth), ends_ms(truth) + 1)
    codes = [event.code for event in said if event.code.startswith("supervisor")]
    return codes == ["supervisor_enter", "supervisor_exit"] and ends_ms(truth) - begins_ms(truth) > HOUR_MS


@told_by("chattering")
def _chattering(month: RecordedMonth, truth: Truth) -> bool:
    said = month.said(truth.devices[0], begins_ms(truth), ends_ms(truth))
    edges = [event.edge for event in said if event.edge in ("raise", "clear") and event.severity != 1]
    return len(edges) > 20 and all(before != after for before, after in pairwise(edges))


@told_by("wear", "firmware_regression")
def _often(month: RecordedMonth, truth: Truth) -> bool:
    """Each device fails for moments much more often than in as long a time before."""
    span_ms = ends_ms(truth) - begins_ms(truth)
    during = before = 0
    what = "note_jam" if truth.kind == "wear" else "app_fault"
    for device in truth.devices:
        during += _raises(month, device, what, begins_ms(truth), ends_ms(truth))
        before += _raises(month, device, what, begins_ms(truth) - span_ms, begins_ms(truth))
    return during > 3 * before + 3 * len(truth.devices)


def _raises(month: RecordedMonth, device: str, code: str, from_ms: int, to_ms: int) -> int:
    said = month.said(device, from_ms, to_ms)
    return sum(event.edge == "raise" and event.code == code for event in said)


@told_by("bad_notes")
def _rejecting(month: RecordedMonth, truth: Truth) -> bool:
    return _share(month, truth, "cassette", "rejected", "dispensed") > 0.02


@told_by("skimming")
def _misreading(month: RecordedMonth, truth: Truth) -> bool:
    return _share(month, truth, "card_reader", "errors", "attempts") > 0.06


def _share(month: RecordedMonth, truth: Truth, component: str, bad: str, good: str) -> float:
    """Give how much goes wrong, by the counters of one load each."""
    wrong = right = 0
    counts: dict[tuple[int, str | None], list[tuple[int, int]]] = {}
    for event in month.said(truth.devices[0], begins_ms(truth), ends_ms(truth)):
        if event.counters is not None and event.component == component:
            pair = getattr(event.counters, bad), getattr(event.counters, good)
            if None not in pair:
                counts.setdefault((event.unit, event.counters.load), []).append(pair)
    for pairs in counts.values():
        wrong += pairs[-1][0] - pairs[0][0]
        right += pairs[-1][1] - pairs[0][1]
    return wrong / right


@told_by("jackpotting", "malware")
def _drained(month: RecordedMonth, truth: Truth) -> bool:
    """Hundreds of notes leave while nobody uses the machine."""
    span = begins_ms(truth), begins_ms(truth) + HOUR_MS
    before = month.said(truth.devices[0], span[0] - 2 * HOUR_MS, span[0])
    after = month.said(truth.devices[0], *span)
    return not month.used(truth.devices[0], *span) and _dispensed(after) - _dispensed(before) >= 320


def _dispensed(said: list) -> int:  # type: ignore[type-arg]
    newest = {
        event.unit: event.counters.dispensed or 0
        for event in said
        if event.component == "cassette" and event.counters and event.counters.dispensed is not None
    }
    return sum(newest.values())


@told_by("forced_door")
def _opened(month: RecordedMonth, truth: Truth) -> bool:
    said = month.said(truth.devices[0], begins_ms(truth) - HOUR_MS, begins_ms(truth) + 1)
    return said[-1].code == "door_open" and not any(event.code == "supervisor_enter" for event in said)


@told_by("reversal_fraud")
def _reversed(month: RecordedMonth, truth: Truth) -> bool:
    used = month.used(truth.devices[0], begins_ms(truth), ends_ms(truth))
    return [use.type for use in used] == ["withdrawal", "reversal"] * 5 and len({u.card for u in used}) == 1


def _is_there(month: RecordedMonth, truth: Truth) -> bool:
    if truth.kind in BY_OTHER_SIGNS:
        return BY_OTHER_SIGNS[truth.kind](month, truth)
    assert truth.kind in REPORTED, truth.kind
    places = truth.devices
    if truth.kind in ("host_down", "region_cut", "power_cut"):
        places = tuple(device for device, known in month.devices.items() if known.kind == "link_probe")
    until_ms = begins_ms(truth) + (truth.within_s or 0) * 1_000
    # A fault that outlasts planned work was raised within it.
    since_ms = begins_ms(truth) - (HOUR_MS if truth.kind == "outlasting_fault" else 0)
    return any(
        event.code in truth.codes and event.edge != "clear"
        for device in places
        for event in month.said(device, since_ms, until_ms)
    )


def test_every_incident_has_its_reports_in_the_stream(month: RecordedMonth) -> None:
    missing = [truth for truth in month.incidents if not _is_there(month, truth)]
    assert missing == []


def test_each_kind_that_was_planted_is_in_the_truth(month: RecordedMonth) -> None:
    told = {truth.kind for truth in month.truths}
    renamed = {
        "link_cut_with_card": "card_retained",
        "planned_branch_work": "planned_work",
        "cash_short": "cash_out",
        "cash_retained": "cash_retracted",
        "component_fault": "note_jam",
    }
    assert {renamed.get(kind, kind) for kind in KINDS} <= told


def test_what_must_be_made_of_it_is_whole(month: RecordedMonth) -> None:
    codes = catalogue()
    for truth in month.truths:
        assert truth.codes
        assert all(code in codes for code in truth.codes)
        assert (truth.within_s is None) == (truth.expect == "none")
        assert truth.device is None or truth.devices == (truth.device,)
        assert (truth.member is not None) == (truth.harm and truth.kind != "cash_trapping")
    assert [truth.id for truth in month.truths] == [f"truth-{n}" for n in range(1, len(month.truths) + 1)]


def test_real_faults_have_an_end_with_a_clear_and_harm_and_security_have_none(month: RecordedMonth) -> None:
    codes = catalogue()
    for truth in month.incidents:
        if codes.never_suppressed(truth.codes[0]):
            assert truth.ends is None or truth.kind == "skimming"
            continue
        assert begins_ms(truth) < ends_ms(truth) <= month.plan.window.end_ms
        if truth.kind in ("note_jam", "cdm_fatal", "card_jam", "receipt_out", "app_fault", "epp_fail"):
            last = month.said(truth.devices[0], ends_ms(truth), ends_ms(truth) + 1)
            assert (truth.kind, "clear") in {(event.code, event.edge) for event in last}


def test_the_customer_of_a_harm_is_whoever_used_the_machine_last(month: RecordedMonth) -> None:
    harms = [truth for truth in month.incidents if truth.member is not None]
    assert len(harms) >= 10
    for truth in harms:
        used = month.used(truth.devices[0], begins_ms(truth) - 5 * MINUTE_MS, begins_ms(truth) + 1)
        assert used[-1].customer == truth.member


def test_a_swallowed_card_lies_within_the_cut_of_its_branch(month: RecordedMonth) -> None:
    cuts = [truth for truth in month.incidents if truth.kind == "link_cut" and len(truth.devices) > 2]
    kept = [truth for truth in month.incidents if truth.kind == "card_retained"]
    during = [
        card
        for card in kept
        for cut in cuts
        if card.branch == cut.branch and begins_ms(cut) < begins_ms(card) < ends_ms(cut)
    ]
    assert len(during) == 2


@pytest.mark.parametrize("kind", ["blip", "missed_heartbeat", "link_blip"])
def test_what_clears_itself_does_so_within_its_hold(month: RecordedMonth, kind: str) -> None:
    nuisances = [truth for truth in month.truths if truth.kind == kind]
    assert nuisances
    codes = catalogue()
    for truth in nuisances:
        handling = codes.handling_of(codes[truth.codes[0]])
        held_ms = (handling.hold_s + handling.hold_heartbeats * month.plan.heartbeat_s) * 1_000
        assert 0 < ends_ms(truth) - begins_ms(truth) < held_ms
