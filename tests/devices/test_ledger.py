import pytest

from devices.registry import Cassette
from tests.devices.made import (
    HOUR,
    MIDNIGHT,
    OFFICE,
    alive,
    device,
    ledger,
    recycler,
    site,
    spans,
    told,
    watch,
    work,
)

DAY = alive(0, 1440)


def course(events, *records, on="atm-1"):
    return spans(ledger(watch([*alive(0, 1440, on=on), *events], *records), on=on))


def test_a_day_without_a_report_is_unknown_and_neither_up_nor_down():
    assert spans(ledger(watch([]))) == [(0, 1440, "unknown", "no_report")]


def test_a_device_that_only_says_that_it_is_alive_is_in_full_service():
    assert course([]) == [(0, 1440, "full", "")]


def test_silence_becomes_unknown_after_three_missed_heartbeats_and_ends_with_the_next_word():
    found = spans(ledger(watch([*alive(0, 600), *alive(700, 1440)])))
    assert found == [(0, 615, "full", ""), (615, 700, "unknown", "no_report"), (700, 1440, "full", "")]


def test_a_fault_lasts_until_it_is_cleared():
    found = course([told(60, "cdm_fatal"), told(90, "cdm_fatal", "clear")])
    assert found == [(0, 60, "full", ""), (60, 90, "hard_fault", "cdm_fatal"), (90, 1440, "full", "")]


def test_a_clear_without_a_raise_changes_nothing():
    assert course([told(90, "cdm_fatal", "clear")]) == [(0, 1440, "full", "")]


def test_a_state_of_no_error_ends_every_level_of_its_family():
    low = {"component": "dispenser", "severity": 2}
    events = [
        told(10, "cash_low", "state", **low),
        told(20, "cash_out", "state", component="dispenser", severity=4),
        told(50, "cash_low", "state", component="dispenser", severity=0),
    ]
    assert course(events) == [(0, 20, "full", ""), (20, 50, "supply", "cash_out"), (50, 1440, "full", "")]


def test_a_module_that_only_warns_leaves_the_machine_partial():
    found = course([told(60, "cdm_fatal", "state", severity=2), told(90, "cdm_fatal", "state", severity=0)])
    assert found[1] == (60, 90, "partial", "cdm_fatal")


def test_a_routine_remark_about_a_module_is_no_loss():
    assert course([told(60, "cdm_fatal", "state", severity=1)]) == [(0, 1440, "full", "")]


def test_half_a_recycler_is_partial_and_says_what_still_works():
    events = [*alive(0, 1440, on="crs-1"), told(60, "cdm_fatal", on="crs-1")]
    found = ledger(watch(events, recycler(), site()), on="crs-1")
    assert [(part.bucket, part.serves, part.lacks) for part in found] == [
        ("full", ("withdraw", "deposit"), ()),
        ("partial", ("deposit",), ("withdraw",)),
    ]


def test_without_a_card_reader_nothing_works():
    found = course([told(60, "card_jam", on="crs-1")], recycler(), site(), on="crs-1")
    assert found[-1] == (60, 1440, "hard_fault", "card_jam")


def test_a_jam_where_notes_go_in_stops_deposits_only():
    events = [*alive(0, 1440, on="crs-1"), told(60, "note_jam", on="crs-1", component="acceptor")]
    assert ledger(watch(events, recycler(), site()), on="crs-1")[-1].lacks == ("deposit",)


def test_only_the_last_cassette_leaves_the_machine_without_cash():
    fitted = tuple(Cassette(unit=unit, denomination_minor=10_000, currency="CNY") for unit in (1, 2))
    out = [told(minute, "cash_out", unit=unit) for minute, unit in ((60, 1), (90, 2))]
    found = course([*out, told(120, "cash_loaded")], device(cassettes=fitted), site())
    assert found[1:] == [
        (60, 90, "partial", "cash_out"),
        (90, 120, "supply", "cash_out"),
        (120, 1440, "full", ""),
    ]


def test_where_the_register_names_no_cassettes_those_heard_of_count():
    events = [told(30, "cash_low", "state", unit=2, severity=0), told(60, "cash_out", unit=1)]
    assert course(events)[-1] == (60, 1440, "partial", "cash_out")


def test_a_cassette_counts_from_when_it_is_first_heard_of():
    events = [told(60, "cash_out", unit=1), told(90, "counted", "count", component="cassette", unit=2)]
    assert course(events)[1:] == [(60, 90, "supply", "cash_out"), (90, 1440, "partial", "cash_out")]


def test_a_load_of_one_cassette_says_nothing_of_the_other():
    events = [told(60, "cash_out", unit=1), told(60, "cash_out", unit=2, event_id="second")]
    assert course([*events, told(90, "cash_loaded", unit=2, component="cassette")])[1:] == [
        (60, 90, "supply", "cash_out"),
        (90, 1440, "partial", "cash_out"),
    ]


def test_a_device_that_was_told_to_stop_is_not_at_fault():
    found = course([told(60, "out_of_service_ordered"), told(70, "cdm_fatal")])
    assert found[-1] == (60, 1440, "planned_stop", "out_of_service_ordered")
    stopped = course([told(70, "cdm_fatal")], device(demanded="out_of_service"), site())
    assert stopped == [(0, 1440, "planned_stop", "demanded")]


def test_supervisor_mode_and_planned_work_are_maintenance():
    found = course(
        [told(10, "supervisor_enter"), told(30, "supervisor_exit")], device(), site(), work(device="atm-1")
    )
    assert found[1:4] == [
        (10, 30, "maintenance", "supervisor_enter"),
        (30, 120, "full", ""),
        (120, 180, "maintenance", "planned_work"),
    ]


def test_planned_work_counts_from_when_it_was_decided_and_until_it_is_taken_back():
    decided = work(branch="b1", effective_at=MIDNIGHT + 2.25 * HOUR)
    undone = work(branch="b1", effective_at=MIDNIGHT + 2.5 * HOUR, cancelled=True)
    assert course([], device(), site(), decided, undone)[1] == (135, 150, "maintenance", "planned_work")


def test_nothing_is_asked_outside_the_service_window_not_even_to_stop():
    found = course([told(0, "out_of_service_ordered")], device(service=OFFICE), site())
    assert found == [
        (0, 540, "out_of_window", "service_window"),
        (540, 1020, "planned_stop", "out_of_service_ordered"),
        (1020, 1440, "out_of_window", "service_window"),
    ]


def test_what_cannot_be_heard_is_back_with_its_first_word():
    events = [*alive(0, 600), told(610, "device_offline"), *alive(700, 1440)]
    assert spans(ledger(watch(events))) == [
        (0, 610, "full", ""),
        (610, 700, "monitor_link", "device_offline"),
        (700, 1440, "full", ""),
    ]


def test_power_that_a_device_reported_before_it_fell_silent_is_unknown_once_its_word_is_old():
    events = [*alive(0, 600), told(600, "power_fail", event_id="gasp"), *alive(700, 1440)]
    assert spans(ledger(watch(events)))[1:] == [
        (600, 615, "power", "power_fail"),
        (615, 700, "unknown", "no_report"),
        (700, 1440, "full", ""),
    ]


@pytest.mark.parametrize(
    ("code", "bucket"),
    [("branch_link_down", "monitor_link"), ("branch_power_down", "power"), ("host_down", "host_link")],
)
def test_an_outage_that_one_reports_is_that_of_all_who_depend_on_the_same(code, bucket):
    records = (
        device(),
        device(id="atm-2", branch="b2"),
        device(id="atm-3", branch="b3"),
        site(link="l1", power="p1"),
        site(id="b2", link="l1", power="p1"),
        site(id="b3", link="l3", power="p3"),
    )
    quiet = [event for name in ("atm-1", "atm-2", "atm-3") for event in alive(0, 1440, on=name)]
    # One begins it, another ends it.
    outage = [told(60, code), told(90, code, "clear", on="atm-2")]
    watched = watch([*quiet, *outage], *records)
    expected = [(0, 60, "full", ""), (60, 90, bucket, code), (90, 1440, "full", "")]
    assert spans(ledger(watched, on="atm-1")) == expected
    assert spans(ledger(watched, on="atm-2")) == expected
    assert spans(ledger(watched, on="atm-3")) == (
        expected if code == "host_down" else [(0, 1440, "full", "")]
    )


def test_a_branch_without_power_stays_so_while_its_devices_are_silent():
    events = [*alive(0, 60), told(60, "branch_power_down", on="probe"), *alive(300, 1440)]
    events.append(told(290, "branch_power_down", "clear", on="probe"))
    records = device(), device(id="probe", kind="link_probe"), site()
    assert spans(ledger(watch(events, *records)))[1:3] == [
        (60, 290, "power", "branch_power_down"),
        (290, 300, "unknown", "no_report"),
    ]


# Each takes the minute from those below it.
IN_ORDER = [
    ("planned_stop", "planned_stop"),
    ("maintenance", "supervisor_enter"),
    ("host_link", "host_session_lost"),
    ("monitor_link", "device_offline"),
    ("unknown", "status_stale"),
    ("power", "power_fail"),
    ("hard_fault", "epp_fail"),
    ("supply", "reject_full"),
    ("soft_fault", "app_fault"),
    ("hang", "app_hang_suspected"),
    ("partial", "receipt_out"),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_the_bucket_with_precedence_takes_the_minute(first):
    found = ledger(watch([*alive(0, 60), *(told(61, code) for _, code in IN_ORDER[first:])]))
    assert spans(found)[1][2:] == IN_ORDER[first]
