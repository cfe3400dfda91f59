"""When it was: times of card messages carry no year and no zone, which what is known beside them gives."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from connectors.faults import Fault
from connectors.iso8583_message import CardMessage
from connectors.iso8583_spec import Zones
from domain.rejections import Reason

# A sender's clock may run ahead; what lies farther ahead was a year earlier.
_AHEAD = timedelta(days=1)
_TRANSMITTED, _LOCAL_TIME, _LOCAL_DATE, _COUNTRY = 7, 12, 13, 19
_REVERSAL = "4"
_DIGITS = len("MMDDhhmmss")
_LEAP_YEAR = 2000


class MessageTimes:
    """Gives messages their times, from when they were received: the latest year that is not in the future.

    What asks was transmitted when it happened (field 7). An advice tells of the past: its time is that of the
    terminal (fields 12 and 13), where the zone of its country is known.
    """

    def __init__(self, zones: Zones) -> None:
        """Read times as `zones` says."""
        self._transmission = ZoneInfo(zones.transmission)
        self._local = {country: ZoneInfo(zone) for country, zone in zones.local.items()}

    def happened(self, message: CardMessage, received: datetime) -> datetime | Fault:
        """Give the time of a use in UTC."""
        local = self._at_terminal(message, received)
        if isinstance(local, Fault):
            return local
        if local is not None and message.is_advice and message.kind != _REVERSAL:
            return local
        at = self.transmitted(message.fields.get(_TRANSMITTED, ""), received) or local
        if at is None:
            return Fault(Reason.MISSING_FIELD, "there is no field 7, and no 12 and 13 of a known zone")
        return at

    def transmitted(self, text: str, received: datetime) -> datetime | Fault | None:
        """Give the time of field 7 (MMDDhhmmss) in UTC, None where there is none."""
        if not text.strip("0"):
            return None
        return _dated(text, self._transmission, received) or _impossible("field 7")

    def _at_terminal(self, message: CardMessage, received: datetime) -> datetime | Fault | None:
        """Give the time of fields 12 and 13, None without its zone; one that never was is a fault anyhow."""
        date, time = message.fields.get(_LOCAL_DATE, ""), message.fields.get(_LOCAL_TIME, "")
        if not date.strip("0") or not time:
            return None
        if _in_year(_LEAP_YEAR, date + time, UTC) is None:
            return Fault(Reason.BAD_TIME, "fields 13 and 12 are no date and time, expected MMDD and hhmmss")
        zone = self._local.get(message.fields.get(_COUNTRY, ""))
        return (
            None if zone is None else _dated(date + time, zone, received) or _impossible("fields 13 and 12")
        )


def _impossible(fields: str) -> Fault:
    return Fault(
        Reason.BAD_TIME,
        f"{fields} (MMDDhhmmss) was in neither of the two years up to when the message was received",
    )


def _dated(text: str, zone: ZoneInfo, received: datetime) -> datetime | None:
    """Give the latest time of that month and day that is at most a day ahead; None where there is none."""
    latest = received + _AHEAD
    # In the zone, as on New Year's Eve the year there may be another.
    newest = latest.astimezone(zone).year
    for year in (newest, newest - 1):
        at = _in_year(year, text, zone)
        if at is not None and at <= latest:
            return at
    return None


def _in_year(year: int, text: str, zone: tzinfo) -> datetime | None:
    if len(text) != _DIGITS:
        return None
    month, day, hour, minute, second = (int(text[at : at + 2]) for at in range(0, _DIGITS, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
