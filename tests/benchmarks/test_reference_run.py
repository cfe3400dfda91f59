"""The reference detectors say in the flow what a plain loop and, where it is at hand, the C++ floor say."""

import os
import shutil
import subprocess
from collections import defaultdict
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest

from benchmarks import reference_run
from benchmarks.nights import riskdesk
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from domain.events import Transaction
from domain.instants import iso

FIRST_MS = 1_772_323_200_000
MINUTE_MS = 60_000
CITIES = {
    "London": ("GB", 51.50735, -0.12776),
    "Berlin": ("DE", 52.52001, 13.40495),
    "Singapore": ("SG", 1.35208, 103.81984),
    "Auckland": ("NZ", -36.84846, 174.76334),
    "Los Angeles": ("US", 34.05223, -118.24368),
}
Alerts = list[tuple[str, str]]


class Workload:
    """Uses in the reference format: arrival is event time and up to two seconds."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.uses: list[tuple[float, dict[str, Any]]] = []

    def use(self, at_ms: float, card: int, amount: float, city: str, channel: str) -> None:
        country, lat, lon = CITIES[city]
        random = self.random
        fields = {
            "ts": iso(int(at_ms)),
            "ts_ms": int(at_ms),
            "card": f"c{card:07}",
            "customer": f"u{card // 2:07}",
            "amount": amount,
            "currency": "EUR",
            "merchant": f"m{random.randrange(500):06}",
            "mcc": "5411",
            "terminal": f"t{random.randrange(900):07}",
            "lat": round(lat + random.gauss(0, 0.08), 5),
            "lon": round(lon + random.gauss(0, 0.08), 5),
            "city": city,
            "country": country,
            "channel": channel,
        }
        self.uses.append((at_ms + random.uniform(0, 2_000), fields))

    def lines(self) -> list[bytes]:
        """Give the lines in the order they arrive, one in a hundred broken."""
        arrived = [fields for _, fields in sorted(self.uses, key=lambda use: use[0])]
        lines = []
        for number, fields in enumerate(arrived):
            event = {"event_id": f"e{number:09}", **fields}
            if number % 200 == 17:
                event["amount"] = -event["amount"]
            line = orjson.dumps(event)
            lines.append(line[:120] if number % 200 == 117 else line)
        return lines


def workload(seed: int) -> list[bytes]:
    """Make three thousand ordinary uses of 120 cards within days, and plant what must be noticed."""
    made = Workload(seed)
    random = made.random
    homes = [random.choice(sorted(CITIES)) for _ in range(120)]

    def moment_ms() -> int:
        return FIRST_MS + random.randrange(4 * 24 * 60 * MINUTE_MS)

    for _ in range(3_000):
        card = random.randrange(120)
        amount = round(40 * random.lognormvariate(0, 0.45) * (30 if random.random() < 0.01 else 1), 2)
        channel = random.choices(("pos", "atm", "ecom"), (62, 8, 30))[0]
        made.use(moment_ms(), card, amount, homes[card], channel)
    for number in range(60):
        card, at_ms = random.randrange(120), moment_ms()
        far = random.choice([city for city in CITIES if city != homes[card]])
        made.use(at_ms, card, 20.0, homes[card], "pos")
        # At the same moment, or so soon that the later one may arrive first; and home again.
        away_ms = (0, 1_000, 5 * MINUTE_MS, 45 * MINUTE_MS, 700 * MINUTE_MS)[number % 5]
        made.use(at_ms + away_ms, card, 22.5, far, random.choice(("pos", "atm", "ecom")))
        made.use(at_ms + away_ms + 20 * MINUTE_MS, card, 21.0, homes[card], "pos")
    # Cards of their own, just within and just without the limits.
    card = 200
    for length, step_ms, amount in (
        (6, 700, 12.34),
        (5, 149_000, 3.0),
        (5, 150_000, 3.0),
        (4, 1_000, 3.0),
        (2, 60_000, 1_000.0),
        (2, 60_000, 1_000.01),
    ):
        for _ in range(6):
            card, at_ms = card + 1, moment_ms()
            for step in range(length):
                made.use(at_ms + step * step_ms, card, amount, "Berlin", "ecom")
    # A habit without any variance has no z.
    for card in range(300, 306):
        at_ms = moment_ms()
        for step, amount in enumerate([15.0] * 6 + [900.0]):
            made.use(at_ms + step * 60 * MINUTE_MS, card, amount, "London", "pos")
    return made.lines()


def told(lines: list[bytes]) -> Alerts:
    """Give the alerts by the definition: a loop over the lines in order of arrival, card by card."""
    alerts: Alerts = []
    places: dict[str, tuple[int, float, float]] = {}
    windows: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    above: defaultdict[str, bool] = defaultdict(bool)
    habits: dict[str, tuple[int, float, float]] = {}
    for line in lines:
        try:
            use = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if use["amount"] <= 0:
            continue
        card, at_ms, event_id, amount = use["card"], use["ts_ms"], use["event_id"], use["amount"]

        if use["channel"] != "ecom":
            here = at_ms, use["lat"], use["lon"]
            last = places.get(card, here)
            km = great_circle_km(last[1:], here[1:])
            hours = max(abs(at_ms - last[0]), 1) / 3_600_000
            if km > 100 and km / hours > 900:
                alerts.append(("impossible_travel", event_id))
            if at_ms >= last[0]:
                places[card] = here

        seen = windows[card]
        seen.append((at_ms, round(amount * 100)))
        newest_ms = max(at for at, _ in seen)
        window = [minor for at, minor in seen if newest_ms - 10 * MINUTE_MS < at <= newest_ms]
        is_above = len(window) >= 5 or sum(window) > 200_000
        if is_above and not above[card]:
            alerts.append(("velocity", event_id))
        above[card] = is_above

        known, mean, variance = habits.get(card, (0, amount, 0.0))
        if known >= 5 and variance > 0 and (amount - mean) / sqrt(variance) > 6:
            alerts.append(("amount", event_id))
        off = amount - mean
        habits[card] = known + 1, mean + 0.1 * off, 0.9 * (variance + 0.1 * off * off)
    return sorted(alerts)


def great_circle_km(one: tuple[float, float], other: tuple[float, float]) -> float:
    (lat, lon), (to_lat, to_lon) = one, other
    across = sin(radians(to_lon - lon) / 2) ** 2 * cos(radians(lat)) * cos(radians(to_lat))
    return 12_742.0 * asin(sqrt(sin(radians(to_lat - lat) / 2) ** 2 + across))


def said_by_the_flow(lines: list[bytes], folder: Path) -> Alerts:
    source, target, alerts = (folder / f"{name}.jsonl" for name in ("given", "ours", "alerts"))
    source.write_bytes(b"".join(line + b"\n" for line in lines))
    assert reference_run.convert(source, target) == len(lines)
    riskdesk("replay", reference_run.PROFILE, target, "--alerts", alerts, "--quiet")
    return read(alerts, "detector")


def read(alerts: Path, rule: str) -> Alerts:
    """Read all alerts, each as often as it is there."""
    records = [orjson.loads(line) for line in alerts.read_bytes().splitlines()]
    found = sorted((record[rule], record["event_id"]) for record in records)
    assert set(found) == reference_run.alerts(alerts, rule)
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_the_flow_says_what_a_plain_loop_says(seed: int, tmp_path: Path) -> None:
    lines = workload(seed)
    expected = told(lines)
    assert {rule for rule, _ in expected} == {"impossible_travel", "velocity", "amount"}
    assert len(expected) > 60
    assert said_by_the_flow(lines, tmp_path) == expected


def test_the_compiled_floor_says_the_same(tmp_path: Path) -> None:
    floor = os.environ.get("RISKDESK_FLOOR")
    if not floor:
        pytest.skip("RISKDESK_FLOOR is not set: the C++ source of the floor is not there")
    if shutil.which("g++") is None:
        pytest.skip("g++ was not found: the floor cannot be compiled")
    lines = workload(3)
    given = tmp_path / "workload.jsonl"
    given.write_bytes(b"".join(line + b"\n" for line in lines))
    program, source, _ = reference_run.prepare(Path(floor).resolve(), given, tmp_path)
    alerts = tmp_path / "floor-alerts.jsonl"
    subprocess.run([program, source, alerts], check=True, capture_output=True)
    assert read(alerts, "rule") == told(lines) == said_by_the_flow(lines, tmp_path)


def as_ours(event: dict[str, Any], folder: Path) -> dict[str, Any]:
    source, target = folder / "one.jsonl", folder / "ours.jsonl"
    source.write_bytes(orjson.dumps(event) + b"\n")
    assert reference_run.convert(source, target) == 1
    found: dict[str, Any] = orjson.loads(target.read_bytes())
    return found


def one_use(**fields: Any) -> dict[str, Any]:
    made = Workload(5)
    made.use(FIRST_MS, 7, 12.34, "Berlin", "pos")
    return {"event_id": "e1", **made.uses[0][1], **fields}


@pytest.mark.parametrize(
    ("amount", "minor"), [(0.01, 1), (0.29, 29), (12.34, 1234), (0.125, 13), (0.625, 63), (-0.29, -29)]
)
def test_amounts_become_cents_rounded_half_up_with_their_sign(
    amount: float, minor: int, tmp_path: Path
) -> None:
    assert as_ours(one_use(amount=amount), tmp_path)["amount_minor"] == minor


def test_a_card_that_is_present_has_a_place_and_one_that_is_not_has_none(tmp_path: Path) -> None:
    given = one_use()
    place = {name: given[name] for name in ("lat", "lon", "city", "country")}
    assert as_ours(given, tmp_path)["place"] == place
    assert as_ours(one_use(channel="atm"), tmp_path)["place"] == place
    assert "place" not in as_ours(one_use(channel="ecom"), tmp_path)


def test_the_codec_takes_all_lines_but_the_broken_ones(tmp_path: Path) -> None:
    lines = workload(4)
    source, target = tmp_path / "given.jsonl", tmp_path / "ours.jsonl"
    source.write_bytes(b"".join(line + b"\n" for line in lines))
    reference_run.convert(source, target)
    cut_off = [line for line in lines if not line.endswith(b"}")]
    assert cut_off == [line for line in target.read_bytes().splitlines() if not line.endswith(b"}")]
    whole = [orjson.loads(line) for line in lines if line.endswith(b"}")]
    sound = [use for use in whole if use["amount"] > 0]
    events, rejected = Codec(TimeBounds(0, 2**42, 0)).decode(
        Block("given", 0, target.read_bytes(), last=True)
    )
    assert (len(events), len(rejected)) == (len(sound), len(lines) - len(sound))
    for use, event in zip(sound, events, strict=True):
        assert isinstance(event, Transaction)
        assert (event.event_id, event.card, event.at_ms) == (use["event_id"], use["card"], use["ts_ms"])
        assert (event.amount_minor, event.channel) == (round(use["amount"] * 100), use["channel"])
