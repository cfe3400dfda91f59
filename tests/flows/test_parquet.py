"""History that lies as Parquet gives what the same lines give."""

from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.codec import Codec
from connectors.files import read_blocks
from connectors.time_bounds import TimeBounds
from domain.events import Event
from tests.connectors.parquet_files import write_parquet
from tests.flows.made import MINUTE_MS
from tests.flows.running import NIGHT, PROFILE

BOUNDS = TimeBounds(0, 10**14, MINUTE_MS)
PLACES = st.fixed_dictionaries(
    {"lat": st.floats(-90, 90), "lon": st.floats(-180, 180)},
    optional={"city": st.text("aü日 ", max_size=5), "error_km": st.floats(0, 100)},
)


@st.composite
def uses(draw: st.DrawFn) -> dict[str, object]:
    day, second = draw(st.integers(1, 30)), draw(st.integers(0, 59_999))
    at = f"2026-09-{day:02}T10:00:{second / 1000:06.3f}Z"
    return draw(
        st.fixed_dictionaries(
            {
                "kind": st.just("transaction"),
                "event_id": st.text("abc123", min_size=1, max_size=9),
                "at": st.just(at),
                "card": st.sampled_from(["c1", "c2"]),
                "amount_minor": st.integers(0, 10**15),
                "currency": st.sampled_from(["EUR", "JPY"]),
                "channel": st.sampled_from(["pos", "atm", "by pigeon"]),
            },
            optional={
                "place": PLACES,
                "mcc": st.sampled_from(["5411", "too long"]),
                "balance_after_minor": st.integers(-(10**15), 10**15),
                "ingested_at": st.just(at.replace("Z", "+08:00")),
            },
        )
    )


def decoded(path: Path) -> tuple[list[Event], int]:
    """Give the events, and how many lines were refused: of two faults of a line the first one is told of."""
    codec = Codec(BOUNDS)
    events, refused = [], 0
    for block in read_blocks(path, block_bytes=2048):
        found, rejected = codec.decode(block)
        events += found
        refused += len(rejected)
    return events, refused


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(uses(), min_size=1, max_size=6), rows=st.integers(1, 5))
def test_events_written_as_parquet_are_the_same_events_or_refused_alike(tmp_path, events, rows):
    lines = [orjson.dumps(event) + b"\n" for event in events]
    (tmp_path / "events.jsonl").write_bytes(b"".join(lines))
    write_parquet(tmp_path / "events.parquet", lines, row_group_rows=rows)
    assert decoded(tmp_path / "events.parquet") == decoded(tmp_path / "events.jsonl")


@pytest.mark.slow
def test_the_recorded_night_as_parquet_by_the_hour_gives_exactly_its_alerts(riskdesk, store, tmp_path, night):
    hours: dict[str, list[bytes]] = {}
    for line in night.read_bytes().splitlines(keepends=True):
        hours.setdefault(orjson.loads(line)["at"][:13], []).append(line)
    for number, (hour, lines) in enumerate(sorted(hours.items())):
        folder = tmp_path / "night" / f"day={hour[:10]}" / f"hour={hour[11:]}"
        if number % 3:
            write_parquet(folder / "part-0.parquet", lines)
        else:
            folder.mkdir(parents=True)
            (folder / "part-0.jsonl").write_bytes(b"".join(lines))
    alerts = tmp_path / "alerts.jsonl"
    riskdesk("replay", PROFILE, tmp_path / "night", "--store", store, "--alerts", alerts).finish()
    assert alerts.read_bytes() == (NIGHT / "alerts.jsonl").read_bytes()
