"""What the report on alarms says, in English and Chinese."""

from datetime import tzinfo
from pathlib import Path

from cases.kpi.values import Ratio
from devices.codes import Catalogue
from devices.wording import Language, Wording, hours
from domain.instants import from_ms

TEXTS = Path(__file__).with_name("words.yaml")
_MINUTE_MS = 60_000
_LONG_MS = 120 * _MINUTE_MS


class AlarmWording(Wording):
    """The words of one language, with times as a clock in `zone` shows them."""

    def __init__(self, language: Language, codes: Catalogue, zone: tzinfo) -> None:
        """Speak `language`; `codes` has the names of codes."""
        super().__init__(language, codes, TEXTS)
        self.zone = zone

    def at(self, at_ms: int) -> str:
        """Write a moment, to the minute."""
        return f"{from_ms(at_ms).astimezone(self.zone):%Y-%m-%d %H:%M}"

    def day(self, at_ms: int) -> str:
        """Write a day without its year."""
        return f"{from_ms(at_ms).astimezone(self.zone):%m-%d}"

    def clock(self, at_ms: int) -> str:
        """Write the time of day."""
        return f"{from_ms(at_ms).astimezone(self.zone):%H:%M}"

    def minutes(self, length_ms: float | None) -> str:
        """Write how long something took, in minutes or, beyond two hours, in hours."""
        if length_ms is None:
            return self.say("not_known")
        if length_ms > _LONG_MS:
            return self.say("in_hours", hours=hours(length_ms))
        return self.say("minutes", minutes=f"{length_ms / _MINUTE_MS:,.1f}")

    def reason(self, kind: str) -> str:
        """Give the name of what held an alarm back; one that has none here is shown as it is."""
        return self._named(f"suppressed_{kind}", kind)

    def closed(self, reason: str) -> str:
        """Give the name of what a case was closed as."""
        return self._named(f"closed_{reason}", reason)

    def _named(self, key: str, name: str) -> str:
        return self.say(key) if self.has(key) else name.replace("_", " ")


def share(ratio: Ratio) -> str:
    """Write a share in hundredths.

    >>> share(Ratio(1, 8)), share(Ratio(0, 0))
    ('12.5 %', '-')
    """
    return "-" if ratio.value is None else f"{100 * ratio.value:.1f} %"
