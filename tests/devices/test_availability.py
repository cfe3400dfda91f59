"""Golden examples: the arithmetic stands beside each, in minutes of a day of 1440."""

from datetime import UTC, date, datetime, timedelta

import pytest

from devices.availability import CREDITS, CreditError, assess, check_credits
from devices.failures import Acknowledgement, Failure, failures_of, repeats_of, spread
from devices.month import Month, month_of_fleet
from domain.instants import to_ms
from tests.devices.made import (
    CODES,
    HOUR_MS,
    MIDNIGHT,
    MINUTE_MS,
    OFFICE,
    alive,
    device,
    ledger,
    recycler,
    site,
    told,
    watch,
)

OCTOBER = Month(2026, 10)
MONDAY = date(2026, 10, 5)


def month(events, *records, last=MONDAY, **options):
    """Account from Thursday 1st to Monday 5th of October; devices come on record on Monday."""
    return month_of_fleet(watch(events, *records), OCTOBER, last=last, **options)


def minutes(rate):
    return rate.numerator_ms / MINUTE_MS, rate.denominator_ms / MINUTE_MS


MONDAYS = {"effective_at": MIDNIGHT}


@pytest.fixture
def fleet_of_two():
    """A day of one ATM open around the clock and one recycler open from 09:00 to 17:00."""
    events = [
        *alive(0, 1440),
        *alive(0, 1440, on="crs-1"),
        # ATM, minutes: 100 jammed, 40 without cash, 60 told to stop, 20 without paper, 30 without host.
        told(100, "note_jam"),
        told(200, "note_jam", "clear"),
        told(300, "cash_out", component="dispenser"),
        told(340, "cash_out", "clear", component="dispenser"),
        told(400, "out_of_service_ordered"),
        told(460, "out_of_service_ordered", "clear"),
        told(500, "receipt_out"),
        told(520, "receipt_out", "clear"),
        told(600, "host_session_lost"),
        told(630, "host_session_lost", "clear"),
        # Recycler: dispenser dead from 08:00 (closed) to 11:00, so 120 of the 480 minutes asked for.
        told(480, "cdm_fatal", on="crs-1"),
        told(660, "cdm_fatal", "clear", on="crs-1"),
    ]
    return month(events, device(**MONDAYS), recycler(service=OFFICE, **MONDAYS), site())


def test_minutes_are_summed_before_they_are_divided(fleet_of_two):
    account = fleet_of_two.account
    # Asked for: 1440 - 60 planned + 480 = 1860. ATM full: 1380 - 100 - 40 - 20 - 30 = 1190; recycler 360.
    assert minutes(account.service_rate) == (1190 + 360, 1860)
    # Partial: 20 without paper, 120 of half a recycler.
    assert minutes(account.usable_rate) == (1550 + 140, 1860)
    assert account.scheduled_ms == 1920 * MINUTE_MS
    # The mean of the two rates would be (1190/1380 + 360/480) / 2 = 0.806; the fleet's is 1550/1860 = 0.833.
    assert account.service_rate.value == pytest.approx(0.8333, abs=1e-4)


def test_withdrawals_and_deposits_are_accounted_for_apart(fleet_of_two):
    account = fleet_of_two.account
    # ATM: 1380 - 100 - 40 - 30 = 1210 of 1380; recycler: 480 - 120 = 360 of 480.
    assert minutes(account.availability("withdraw")) == (1210 + 360, 1380 + 480)
    # Only the recycler takes deposits, and took them all day.
    assert minutes(account.availability("deposit")) == (480, 480)


def test_the_assessed_open_rate_names_every_excuse(fleet_of_two):
    assessment = fleet_of_two.assessment
    # The jam and the host are excused; lack of cash (40), paper (20) and half a recycler (120) are not.
    assert [(excuse.bucket, excuse.cause, excuse.ms / MINUTE_MS) for excuse in assessment.excuses] == [
        ("hard_fault", "note_jam", 100),
        ("host_link", "host_session_lost", 30),
    ]
    assert minutes(assessment.open_rate) == (1550 + 130, 1860)
    assert assessment.service_rate == fleet_of_two.account.service_rate


def test_a_credit_for_a_cause_goes_before_that_for_its_bucket(fleet_of_two):
    credits_ = {**CREDITS, "note_jam": 0.5, "receipt_out": 1.0}
    # 50 of the jam, 30 of the host, 20 of the paper.
    assert minutes(assess(fleet_of_two.account, credits_).open_rate) == (1550 + 100, 1860)


def test_everything_excused_is_never_more_than_all(fleet_of_two):
    everything = {bucket: 1.0 for bucket in fleet_of_two.account.by_bucket}
    assert assess(fleet_of_two.account, everything).open_rate.value == 1


@pytest.mark.parametrize(
    ("credit", "said"),
    [
        ({"hard_falt": 1.0}, "perhaps hard_fault"),
        ({"full": 1.0}, "no credit"),
        ({"supply": 1.5}, "from 0 to 1"),
        ({"supply": -0.1}, "from 0 to 1"),
    ],
)
def test_a_credit_that_means_nothing_is_refused(credit, said):
    with pytest.raises(CreditError, match=said):
        check_credits(credit, CODES)


def test_a_device_that_nothing_was_asked_of_has_no_rate():
    found = month(alive(0, 1440), device(demanded="planned_stop", **MONDAYS), site())
    assert found.account.service_rate.value is None
    assert minutes(found.account.service_rate) == (0, 0)


def test_only_cash_machines_are_accounted_for():
    kiosk = device(id="kiosk-1", kind="kiosk", **MONDAYS)
    found = month(alive(0, 1440), device(**MONDAYS), kiosk, site())
    assert [known.device.id for known in found.devices] == ["atm-1"]


def test_a_day_of_25_hours_has_1500_minutes():
    day = datetime(2026, 10, 25, tzinfo=UTC)
    found = month_of_fleet(
        watch([], device(effective_at=day - timedelta(hours=2)), site(time_zone="Europe/Berlin")),
        OCTOBER,
        last=day.date(),
    )
    assert found.account.scheduled_ms == 1500 * MINUTE_MS


# --- failures


def failures(events, *records, on="atm-1"):
    watched = watch([*alive(0, 2880, on=on), *events], *records)
    found = failures_of(ledger(watched, on=on, days=2), CODES)
    zero = to_ms(MIDNIGHT)
    return [
        (
            failure.code,
            (failure.onset_ms - zero) / MINUTE_MS,
            None if failure.restored_ms is None else (failure.restored_ms - zero) / MINUTE_MS,
        )
        for failure in found
    ]


def test_a_failure_lasts_from_onset_until_service_is_restored():
    assert failures([told(60, "epp_fail"), told(90, "epp_fail", "clear")]) == [("epp_fail", 60, 90)]
    assert failures([told(60, "epp_fail")]) == [("epp_fail", 60, None)]


def test_what_flaps_within_half_an_hour_is_one_failure():
    flaps = [
        told(60, "epp_fail"),
        told(70, "epp_fail", "clear"),
        told(99.9, "epp_fail"),
        told(120, "epp_fail", "clear"),
        told(150, "epp_fail"),
        told(160, "epp_fail", "clear"),
    ]
    # 70 to 99.9 is less than 30 minutes of service, 120 to 150 is not.
    assert failures(flaps) == [("epp_fail", 60, 120), ("epp_fail", 150, 160)]


def test_a_failure_goes_on_over_night_planned_work_and_silence():
    night = failures(
        [told(1000, "epp_fail"), told(1440 + 600, "epp_fail", "clear")], device(service=OFFICE), site()
    )
    assert night == [("epp_fail", 1000, 1440 + 600)]
    worked_on = [told(60, "epp_fail"), told(70, "supervisor_enter"), told(90, "epp_fail", "clear")]
    assert failures([*worked_on, told(95, "supervisor_exit")]) == [("epp_fail", 60, 95)]


def test_half_a_recycler_failed_but_a_missing_receipt_did_not():
    events = [
        told(60, "cdm_fatal", on="crs-1"),
        told(90, "cdm_fatal", "clear", on="crs-1"),
        told(200, "receipt_out", on="crs-1"),
        told(300, "cdm_fatal", "state", on="crs-1", severity=2),
    ]
    assert failures(events, recycler(), site(), on="crs-1") == [("cdm_fatal", 60, 90)]


def test_a_lost_link_and_maintenance_are_no_failures_of_the_device():
    events = [told(60, "host_session_lost"), told(90, "host_session_lost", "clear")]
    assert failures([*events, told(100, "supervisor_enter"), told(120, "supervisor_exit")]) == []


def test_the_figures_come_with_their_counts():
    events = [
        *alive(0, 1440),
        told(100, "epp_fail"),
        told(140, "epp_fail", "clear"),
        told(400, "note_jam"),
        told(420, "note_jam", "clear"),
        told(800, "epp_fail"),
        told(920, "epp_fail", "clear"),
        told(1400, "note_jam"),
    ]
    acknowledged = [Acknowledgement("atm-1", 0, 60_000), Acknowledgement("atm-1", 0, 180_000)]
    found = month(events, device(**MONDAYS), site(), acknowledgements=acknowledged).reliability
    # Down 40 + 20 + 120 + 40 = 220 of 1440 minutes; MTBF 1220 / 4 failures = 305 minutes.
    assert (found.failures, found.unrestored) == (4, 1)
    assert found.mtbf_ms == 305 * MINUTE_MS
    # Three were put right: 20, 40 and 120 minutes; mean 60, median 40, p90 40 + 0.8 * 80 = 104.
    assert found.repairs.number == 3
    assert [found.repairs.mean_ms, found.repairs.median_ms] == [60 * MINUTE_MS, 40 * MINUTE_MS]
    assert found.repairs.p90_ms == pytest.approx(104 * MINUTE_MS)
    # MTTA (1 + 3) / 2 = 2 minutes.
    assert (found.acknowledgements.number, found.acknowledgements.mean_ms) == (2, 120_000)
    # The second failure of the PIN pad and the second of the dispenser, of four.
    assert (found.repeats, found.repeat_rate) == (2, 0.5)


def failed(onset_h: float, restored_h: float | None, *, component: str = "pinpad", on: str = "a") -> Failure:
    restored_ms = None if restored_h is None else round(restored_h * HOUR_MS)
    return Failure(on, "epp_fail", component, 0, round(onset_h * HOUR_MS), restored_ms)


def test_a_repeat_is_the_same_component_of_the_same_device_within_seven_days_of_its_repair():
    first, soon, late = failed(0, 1), failed(1 + 167.9, 170), failed(170 + 168, 400)
    assert repeats_of([first, soon, late]) == {soon}
    assert repeats_of([first, failed(2, 3, on="b"), failed(2, 3, component="app")]) == frozenset()


def test_of_one_duration_the_percentile_is_that_one_and_of_none_there_is_none():
    assert spread([5]) == (1, 5, 5, 5)
    assert spread([]) == (0, None, None, None)


def test_devices_with_a_fault_are_counted_once_a_month_and_in_every_month_they_touch():
    # In October atm-1 fails twice; atm-2 since the last evening of September; atm-3 never; atm-4 before.
    names = [f"atm-{number}" for number in range(1, 5)]
    records = [device(id=name, effective_at=MIDNIGHT - timedelta(days=20)) for name in names]
    fifth = 5 * 1440
    events = [event for name in names for event in alive(-20 * 1440, 1440, on=name, every=10)]
    events += [
        told(100, "epp_fail"),
        told(200, "epp_fail", "clear"),
        told(400, "note_jam"),
        told(-4 * 1440 - 60, "epp_fail", on="atm-2"),
        told(-fifth, "epp_fail", on="atm-4"),
        told(-fifth + 90, "epp_fail", "clear", on="atm-4"),
    ]
    found = month(events, *records, site(), months_before=2)
    assert [tuple(each) for each in found.trend] == [
        (Month(2026, 8), 0, 0),
        (Month(2026, 9), 2, 4),
        (Month(2026, 10), 2, 4),
    ]
    # The one that failed in September is no new failure of October.
    assert [failure.device for failure in found.failures] == ["atm-1", "atm-1"]
