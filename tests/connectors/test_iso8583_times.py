"""Times without a year and a zone: New Year, leap days, clocks that differ, and terminals abroad."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.faults import Fault
from connectors.iso8583_message import CardMessage
from connectors.iso8583_spec import Zones
from connectors.iso8583_times import MessageTimes
from tests.connectors.card_messages import event_of, message

SHANGHAI = ZoneInfo("Asia/Shanghai")
UNIONPAY = Zones(
    transmission="Asia/Shanghai",
    local={"": "Asia/Shanghai", "344": "Asia/Hong_Kong", "840": "America/New_York"},
)
TIMES = MessageTimes(UNIONPAY)


def at_shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("field_7", "received", "expected"),
    [
        ("0301120000", "2026-03-01T12:00:01", "2026-03-01T12:00:00"),
        # On New Year's Eve, a second before and after, with clocks that are apart.
        ("1231235959", "2027-01-01T00:00:01", "2026-12-31T23:59:59"),
        ("0101000000", "2026-12-31T23:59:58", "2027-01-01T00:00:00"),
        ("0101000000", "2027-01-01T00:00:00", "2027-01-01T00:00:00"),
        # A store-and-forward message of months ago, and one whose clock is a day ahead at most.
        ("0302120000", "2027-03-01T11:59:59", "2026-03-02T12:00:00"),
        ("0302115959", "2027-03-01T11:59:59", "2027-03-02T11:59:59"),
        ("0229120000", "2028-03-01T00:00:00", "2028-02-29T12:00:00"),
        ("0229120000", "2029-02-01T00:00:00", "2028-02-29T12:00:00"),
    ],
)
def test_the_year_is_the_latest_in_which_the_message_was_not_from_the_future(field_7, received, expected):
    for zone in (UTC, SHANGHAI, timezone(timedelta(hours=-11))):
        found = TIMES.transmitted(field_7, at_shanghai(received).astimezone(zone))
        assert found == at_shanghai(expected)


@pytest.mark.parametrize("text", ["0229120000", "0230120000", "1332120000", "0301250000", "030112000"])
def test_a_time_that_never_was_is_a_fault(text):
    assert isinstance(TIMES.transmitted(text, at_shanghai("2026-06-01T00:00:00")), Fault)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(915_148_800, 4_133_980_800).map(lambda at_s: datetime.fromtimestamp(at_s, UTC)),
    st.timedeltas(timedelta(hours=-23), timedelta(days=363)),
    st.sampled_from(["Asia/Shanghai", "UTC", "Pacific/Kiritimati", "Pacific/Niue", "Europe/Berlin"]),
)
def test_any_time_of_the_last_year_comes_back_as_it_was(received, ago, name):
    zone = ZoneInfo(name)
    local = (received - ago).astimezone(zone).replace(microsecond=0, fold=0)
    at = local.astimezone(UTC)
    if at.astimezone(zone) != local or (at > received + timedelta(hours=23)):
        return  # an hour that the clocks skipped
    times = MessageTimes(Zones(transmission=name, local={}))
    assert times.transmitted(f"{local:%m%d%H%M%S}", received) == at


def happened(mti: str, received: str = "2026-03-02T00:00:00", **fields: str) -> datetime | Fault:
    numbered = {int(name.removeprefix("f")): text for name, text in fields.items()}
    return TIMES.happened(CardMessage(mti, numbered, "c1", None), at_shanghai(received))


def test_what_asks_happened_when_it_was_sent_and_what_tells_when_the_terminal_says():
    both = {"f7": "0301235900", "f12": "101500", "f13": "0301"}
    assert happened("0200", **both) == at_shanghai("2026-03-01T23:59:00")
    assert happened("0220", **both) == at_shanghai("2026-03-01T10:15:00")
    # A reversal is an event of its own: the terminal's time is that of what it takes back.
    assert happened("0420", **both) == at_shanghai("2026-03-01T23:59:00")


def test_a_terminal_abroad_has_its_own_zone_and_one_in_an_unknown_zone_no_say():
    both = {"f7": "0301235900", "f12": "101500", "f13": "0301"}
    assert happened("0220", f19="840", **both) == datetime(2026, 3, 1, 15, 15, tzinfo=UTC)
    assert happened("0220", f19="392", **both) == at_shanghai("2026-03-01T23:59:00")


def test_without_a_time_of_transmission_the_terminal_is_asked():
    assert happened("0200", f12="101500", f13="0301") == at_shanghai("2026-03-01T10:15:00")
    assert isinstance(happened("0200", f12="101500"), Fault)
    assert isinstance(happened("0200", f19="392", f12="101500", f13="0301"), Fault)


def test_request_and_response_on_both_sides_of_new_year_are_one_event():
    request = message(f7="1231235959")
    response = message("0210", f7="1231235959", f39="00")
    event = event_of(request, response, received=at_shanghai("2027-01-01T00:00:02"))
    assert event.at == at_shanghai("2026-12-31T23:59:59")
    assert event.outcome == "approved"
