"""Times as the desk reads them: in its own time zone, which is said once at the head of what is printed."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from cases.store import Store
from cli.desk_options import now_ms
from domain.instants import from_ms


@dataclass(frozen=True)
class Times:
    """Writes times at one offset from UTC, which is that of the desk now: a page has no two of them."""

    offset: timedelta

    @classmethod
    def of(cls, store: Store) -> "Times":
        """Go by the zone of the policy that the store is worked under."""
        offset = from_ms(now_ms()).astimezone(ZoneInfo(store.policy.calling.time_zone)).utcoffset()
        return cls(offset or timedelta(0))

    @property
    def name(self) -> str:
        """The offset as it is said: UTC, UTC+8, UTC-3:30."""
        hours, minutes = divmod(abs(self.offset) // timedelta(minutes=1), 60)
        sign = "-" if self.offset < timedelta(0) else "+"
        return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "") if self.offset else "UTC"

    def second(self, at_ms: int) -> str:
        """Write a time to the second."""
        return f"{self._local(from_ms(at_ms)):%Y-%m-%d %H:%M:%S}"

    def minute(self, at_ms: int) -> str:
        """Write a time to the minute."""
        return f"{self._local(from_ms(at_ms)):%Y-%m-%d %H:%M}"

    def whole(self, at_ms: int) -> str:
        """Write a time that stands alone, with its offset."""
        return f"{self.second(at_ms)} {self.name}"

    def of_text(self, written: str) -> str:
        """Write anew, to the second, what is written as ISO 8601 in UTC."""
        return f"{self._local(datetime.fromisoformat(written)):%Y-%m-%d %H:%M:%S}"

    def _local(self, at: datetime) -> datetime:
        return at.astimezone(timezone(self.offset))
