"""What an alert about a device says to alarm management: which condition of what begins or is over."""

from msgspec import Struct


class Alarm(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One condition of a device or branch that asks for somebody, or, with `over`, does no longer.

    `code` is one of the canonical codes, `component` and `unit` what of the device it is about, `since_ms`
    the event time at which it began. `device` names the device where the alert's key does not: an alert of
    a branch may be about one of its devices.
    """

    code: str
    component: str
    since_ms: int
    unit: int = 0
    device: str = ""
    over: bool = False

    @property
    def anchor(self) -> str:
        """Name the occurrence, for the id of the alert that tells of it.

        >>> Alarm(code="note_jam", component="dispenser", since_ms=1_000).anchor
        'dispenser:0:note_jam:1000'
        """
        about = f"{self.component}:{self.unit}:{self.code}:{self.since_ms}"
        return f"{self.device}:{about}" if self.device else about
