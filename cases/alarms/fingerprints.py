"""What makes two signals tell of the same alarm."""

from hashlib import blake2b
from typing import NamedTuple

from domain.alerts import Alert


class Fingerprint(NamedTuple):
    """What an alarm is about: the device, or else the branch, what of it, and which condition."""

    place: str
    component: str
    unit: int
    code: str

    @classmethod
    def of(cls, alert: Alert) -> "Fingerprint":
        """Give what a signal is about. Raises ValueError for an alert that is none."""
        alarm = alert.alarm
        if alarm is None:
            raise ValueError(
                f"alert {alert.id} of {alert.detector} says nothing about a device: it has no alarm"
            )
        return cls(alarm.device or alert.key, alarm.component, alarm.unit, alarm.code)

    @property
    def text(self) -> str:
        """Write it as people name it: `D0042|cassette|3|cash_out`."""
        return "|".join(map(str, self))


def alarm_id(fingerprint: Fingerprint, since_ms: int) -> str:
    """Give the id of the alarm whose first occurrence began at `since_ms`: 32 hexadecimal digits."""
    parts = (*map(str, fingerprint), str(since_ms))
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def device_of(alert: Alert) -> str | None:
    """Give the device that a signal is about, None for one about a whole branch."""
    named = alert.alarm.device if alert.alarm else ""
    return named or (alert.key if alert.scope == "device" else None)


def branch_of(alert: Alert) -> str | None:
    """Give the branch where a signal says it itself."""
    return alert.key if alert.scope == "branch" else None
