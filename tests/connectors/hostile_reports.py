"""Device reports such as a hostile or broken feed sends, each with why it is refused."""

from typing import Any

from domain.rejections import Reason


def telemetry(**fields: Any) -> dict[str, Any]:
    """Make a device's report as a feed would send it; a field given as None is left out."""
    event: dict[str, Any] = {
        "kind": "telemetry",
        "event_id": "r1",
        "at": "2026-03-01T08:30:07+08:00",
        "device": "atm-17",
        "component": "card_reader",
        "code": "card_jam",
        "edge": "raise",
        "severity": 4,
    } | fields
    return {name: value for name, value in event.items() if value is not None}


# What devices send that is no report, and why not.
BAD_REPORTS: tuple[tuple[Reason, dict[str, Any]], ...] = (
    *(
        (Reason.MISSING_FIELD, {name: None})
        for name in ("event_id", "at", "device", "component", "code", "edge")
    ),
    *((Reason.OUT_OF_RANGE, {"severity": severity}) for severity in (-1, 5, 10**9)),
    *((Reason.OUT_OF_RANGE, {"edge": edge}) for edge in ("", "raised", "RAISE")),
    *((Reason.OUT_OF_RANGE, {"sequence": sequence}) for sequence in (-1, 10**12)),
    *((Reason.OUT_OF_RANGE, {"unit": unit}) for unit in (-1, 100)),
    (Reason.OUT_OF_RANGE, {"component": "flux_capacitor"}),
    (Reason.OUT_OF_RANGE, {"device": ""}),
    (Reason.OUT_OF_RANGE, {"device": "atm\n17"}),
    (Reason.OUT_OF_RANGE, {"raw": "x" * 257}),
    (Reason.OUT_OF_RANGE, {"raw": "12\x1c001"}),
    (Reason.OUT_OF_RANGE, {"counters": {"remaining": -1}}),
    (Reason.OUT_OF_RANGE, {"counters": {"dispensed": 10**9 + 1}}),
    (Reason.OUT_OF_RANGE, {"counters": {"load": "a\x00b"}}),
    (Reason.WRONG_TYPE, {"counters": [1, 2]}),
    (Reason.WRONG_TYPE, {"counters": {"remaining": "12"}}),
    (Reason.WRONG_TYPE, {"severity": "4"}),
    (Reason.WRONG_TYPE, {"severity": 1.5}),
    (Reason.CARD_NUMBER, {"raw": "D1 4111111111111111"}),
    (Reason.CARD_NUMBER, {"raw": ";4111111111111111=2512101123"}),
    (Reason.CARD_NUMBER, {"sequence": 4111111111111111}),
    (Reason.CARD_NUMBER, {"counters": {"remaining": 4111111111111111}}),
    (Reason.SENSITIVE_FIELD, {"track2": "x"}),
    (Reason.SENSITIVE_FIELD, {"counters": {"pin": 1}}),
    (Reason.TOO_LATE, {"at": "2026-03-01T00:15:01Z", "ingested_at": "2026-03-01T00:00:00Z"}),
    (Reason.NAIVE_TIME, {"at": "2026-03-01T00:15:01"}),
)
