"""How many alarms the machines themselves raise: what a desk without alarm management would see."""

from devices.codes import Catalogue, catalogue
from domain.telemetry import Telemetry


class RawAlarms:
    """Counts, report by report, what a plain monitor would show as alarms.

    That is every report that raises a condition which asks for somebody, and every change of a state into
    such a condition; states that are only said again, routine reports and counts are none. What the machines
    cannot report, such as that they are cut off, is not counted either, which makes the count a low one.
    """

    def __init__(self, codes: Catalogue | None = None) -> None:
        """Begin with nothing raised."""
        self._codes = codes or catalogue()
        self._standing: dict[tuple[str, str, int, str], str] = {}
        self.count = 0
        self.by_code: dict[str, int] = {}

    def add(self, report: Telemetry) -> bool:
        """Take a report in, and tell whether it was an alarm."""
        if report.edge not in ("raise", "clear", "state"):
            return False
        code = self._codes[report.code]
        condition = (report.device, report.component, report.unit, code.family or code.name)
        if report.edge == "clear" or (report.edge == "state" and not code.holds_at(report.severity)):
            self._standing.pop(condition, None)
            return False
        said_again = report.edge == "state" and self._standing.get(condition) == code.name
        self._standing[condition] = code.name
        if said_again or code.handling == "record":
            return False
        self.count += 1
        self.by_code[code.name] = self.by_code.get(code.name, 0) + 1
        return True
