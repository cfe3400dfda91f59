from datetime import timedelta

import pytest

from devices.history import in_order
from devices.ledger import Course
from devices.registry import Cassette
from devices.state import state_at
from domain.instants import to_ms
from tests.devices.made import CODES, MIDNIGHT, MINUTE, alive, device, recycler, site, told, watch

AXES = ("run", "transaction", "network", "module", "cashbox")


def state(events, *records, minute: float = 60, on="atm-1"):
    found = state_at(Course(on, watch(events, *records)), to_ms(MIDNIGHT + minute * MINUTE), CODES)
    assert found is not None
    return found


def values(found):
    return tuple(getattr(found, axis).value for axis in AXES)


def test_what_was_never_heard_of_is_unknown_on_every_axis_and_has_no_expiry():
    found = state([])
    assert values(found) == ("unknown",) * 5
    assert {getattr(found, axis).expires_ms for axis in AXES} == {None}


def test_each_axis_expires_by_itself():
    heard_ms = to_ms(MIDNIGHT + 60 * MINUTE)
    quiet = alive(0, 60)
    fresh = state(quiet, minute=74.9)
    assert values(fresh) == ("healthy", "healthy", "healthy", "healthy", "ok")
    # Three heartbeats of 5 minutes for what the device does, twelve for what it holds.
    assert fresh.run.expires_ms == heard_ms + 15 * 60_000
    assert fresh.cashbox.expires_ms == heard_ms + 60 * 60_000
    assert values(state(quiet, minute=75)) == ("unknown", "unknown", "unknown", "healthy", "ok")
    assert values(state(quiet, minute=120)) == ("unknown",) * 5


@pytest.mark.parametrize(
    ("code", "fields", "expected"),
    [
        ("cdm_fatal", {}, ("no_service", "no_service", "healthy", "fatal", "ok")),
        ("cdm_fatal", {"severity": 2}, ("partial_service", "healthy", "healthy", "warning", "ok")),
        ("cash_out", {"component": "dispenser"}, ("no_service", "no_service", "healthy", "healthy", "empty")),
        ("cash_low", {"unit": 1}, ("healthy", "healthy", "healthy", "healthy", "low")),
        (
            "cassette_missing",
            {"component": "reject_bin"},
            ("no_service", "no_service", "healthy", "healthy", "fault"),
        ),
        ("host_session_lost", {}, ("host_lost", "no_service", "fatal", "healthy", "ok")),
        ("app_hang_suspected", {}, ("no_service", "suspect", "healthy", "healthy", "ok")),
        ("supervisor_enter", {}, ("maintenance", "no_service", "healthy", "healthy", "ok")),
        ("out_of_service_ordered", {}, ("stopped", "no_service", "healthy", "healthy", "ok")),
        ("card_retained", {}, ("healthy", "healthy", "healthy", "fatal", "ok")),
        ("device_offline", {}, ("unknown", "healthy", "fatal", "healthy", "ok")),
    ],
)
def test_a_code_drives_its_axis_and_leaves_the_others(code, fields, expected):
    assert values(state([*alive(0, 58), told(59, code, **fields)])) == expected


def test_what_was_demanded_stands_beside_what_is():
    found = state([*alive(0, 60), told(10, "cdm_fatal")], device(demanded="out_of_service"), site())
    assert (found.demanded, found.run.value, found.module.value) == ("out_of_service", "stopped", "fatal")


def test_half_a_recycler_serves_the_other_half():
    found = state(
        [*alive(0, 60, on="crs-1"), told(10, "cim_fatal", on="crs-1")], recycler(), site(), on="crs-1"
    )
    assert (found.run.value, found.transaction.value, found.serves) == (
        "partial_service",
        "partial_service",
        ("withdraw",),
    )


def test_one_empty_cassette_of_two_makes_cash_low_and_two_make_it_empty():
    fitted = tuple(Cassette(unit=unit, denomination_minor=10_000, currency="CNY") for unit in (1, 2))
    first, second = told(10, "cash_out", unit=1), told(20, "cash_out", unit=2)
    records = device(cassettes=fitted), site()
    assert state([*alive(0, 60), first], *records).cashbox.value == "low"
    assert state([*alive(0, 60), first, second], *records).cashbox.value == "empty"


def test_a_shared_outage_shows_on_the_network_axis_of_a_silent_device():
    found = state(
        [*alive(0, 10), told(12, "branch_link_down", on="probe")], device(), device(id="probe"), site()
    )
    assert (found.network.value, found.network.causes) == ("fatal", ("branch_link_down",))
    assert found.run.value == "unknown"


def test_what_only_the_desk_clears_is_not_ended_by_the_device_but_stops_colouring_it_after_a_day():
    events = [*alive(0, 3000), told(10, "tamper"), told(20, "tamper", "clear")]
    assert [condition.code for condition in state(events).conditions] == ["tamper"]
    assert state(events, minute=10 + 1440).conditions == ()


def test_a_condition_keeps_the_time_it_began_when_it_is_said_again():
    (found,) = state([*alive(0, 60), told(10, "cdm_fatal"), told(30, "cdm_fatal")]).conditions
    assert (found.since_ms, found.last_ms) == tuple(to_ms(MIDNIGHT + minute * MINUTE) for minute in (10, 30))


def test_a_device_that_was_not_on_record_has_no_state():
    late = device(effective_at=MIDNIGHT + timedelta(days=1))
    assert state_at(Course("atm-1", watch([], late)), to_ms(MIDNIGHT), CODES) is None


def test_reports_are_ordered_by_time_then_sequence_then_id():
    late = told(20, "cdm_fatal", event_id="a")
    second = told(10, "cdm_fatal", event_id="b", sequence=2)
    first = told(10, "cdm_fatal", "clear", event_id="c", sequence=1)
    unnumbered = told(10, "cdm_fatal", event_id="d")
    assert in_order([late, second, first, unnumbered]) == (unnumbered, first, second, late)


def test_a_repeat_is_known_by_its_id_or_by_its_sequence_time_and_content():
    first = told(10, "cdm_fatal", event_id="a", sequence=7)
    same_id = told(30, "cdm_fatal", "clear", event_id="a")
    same_number = told(10, "cdm_fatal", event_id="b", sequence=7)
    same_message = told(10, "note_jam", event_id="c", sequence=7)
    after_restart = told(500, "cdm_fatal", event_id="d", sequence=7)
    kept = in_order([same_id, after_restart, same_number, same_message, first])
    assert kept == (first, same_message, after_restart)
