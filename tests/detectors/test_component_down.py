"""Whatever happens to a device: what was told of it ends once all is well, and nothing else does."""

from collections.abc import Sequence

from hypothesis import given

from detectors.component_down import ComponentDown
from detectors.examples import Fired, run
from domain.events import Event, Progress
from domain.instants import from_ms
from domain.tables import Tables
from domain.telemetry import Telemetry
from tests.detectors.reports import device_streams, report
from tests.detectors.streams import HOUR_MS

DOWN = ComponentDown()


def all_well(events: Sequence[Event]) -> list[Event]:
    """Clear, later than everything, whatever any event was about."""
    end_ms = max((event.at_ms for event in events), default=0) + HOUR_MS
    about = {
        (event.device, event.component, event.unit, event.code)
        for event in events
        if isinstance(event, Telemetry)
    }
    return [
        Progress(at=from_ms(end_ms), at_ms=end_ms),
        *(
            report(
                end_ms,
                event_id=f"w{number}",
                device=device,
                component=component,
                unit=unit,
                code=code,
                edge="clear",
            )
            for number, (device, component, unit, code) in enumerate(sorted(about))
        ),
    ]


def occurrences(fired: Sequence[Fired], *, over: bool) -> list[str]:
    return sorted(
        f"{one.key} {alarm.anchor}"
        for one in fired
        if (alarm := one.finding.alarm) and alarm.over is over and alarm.code not in DOWN.kept
    )


@given(device_streams())
def test_what_was_told_of_ends_once_when_all_is_well(events: list[Event]) -> None:
    fired = run(DOWN, [*events, *all_well(events)], Tables())
    begun = occurrences(fired, over=False)
    assert occurrences(fired, over=True) == begun
    assert len(set(begun)) == len(begun)
