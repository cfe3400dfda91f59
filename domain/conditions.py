"""Conditions: what of a device may hold or not, as its reports begin, end and confirm it."""

from typing import NamedTuple

from domain.telemetry import Telemetry

# Codes that are levels of one condition of a unit: of them one holds at most, and that any is well means
# that all are.
FAMILIES: dict[str, tuple[str, ...]] = {
    "capture_bin": ("capture_bin_high", "capture_bin_full"),
    "cash_level": ("cash_low", "cash_out", "cash_full"),
    "journal_paper": ("journal_low", "journal_out"),
    "receipt_paper": ("receipt_low", "receipt_out"),
    "statement_paper": ("statement_low", "statement_out"),
    "ups": ("ups_on_battery", "ups_low"),
}
FAMILY_OF = {code: family for family, codes in FAMILIES.items() for code in codes}
# Reports about a device by what watches it: they are no sign of its life.
FROM_OUTSIDE: frozenset[str] = frozenset(
    {
        "branch_link_down",
        "branch_power_down",
        "device_offline",
        "host_down",
        "region_link_down",
        "status_stale",
    }
)


class Condition(NamedTuple):
    """What a report is about: the code or, where it is a level of one, its family, of one unit."""

    component: str
    unit: int
    name: str

    @classmethod
    def of(cls, report: Telemetry) -> "Condition":
        """Say what a report is about."""
        return cls(report.component, report.unit, FAMILY_OF.get(report.code, report.code))

    @property
    def words(self) -> str:
        """Say it as a person would: 'note jam (dispenser)', 'cash level (cassette 2)'."""
        return f"{self.name.replace('_', ' ')} ({unit_words(self.component, self.unit)})"


def standing(report: Telemetry) -> bool | None:
    """Tell whether a report says that its condition holds or does not, None when it says neither."""
    if report.edge == "raise":
        return True
    if report.edge == "clear":
        return False
    return report.severity > 0 if report.edge == "state" else None


def unit_words(component: str, unit: int) -> str:
    """Name one of several units.

    >>> unit_words("card_reader", 0), unit_words("cassette", 2)
    ('card reader', 'cassette 2')
    """
    name = component.replace("_", " ")
    return f"{name} {unit}" if unit else name
