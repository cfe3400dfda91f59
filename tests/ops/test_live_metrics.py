"""Live runs of both flows, a sweep and a web desk tell all that the dashboard asks for."""

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import zstandard
from prometheus_client.parser import text_string_to_metric_families

from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.device_day import PROFILE as DEVICES
from tests.flows.device_day import unpack_day
from tests.flows.running import NIGHT, Command, until
from tests.ops.asked import queries

# What these runs may have no reason to tell: nothing comes from a topic or over a listener, perhaps no
# message waits just then, nobody has sealed the audit, and no model is in force. Other tests show each of
# these told.
UNTOLD = {
    "riskdesk_learnt_tables",
    "riskdesk_learnt_tables_late_total",
    "riskdesk_lag_messages",
    "riskdesk_partition_standstill_seconds",
    "riskdesk_listener_accepted_total",
    "riskdesk_listener_refused_total",
    "riskdesk_listener_received_bytes_total",
    "riskdesk_listener_connections_total",
    "riskdesk_listener_clients",
    "riskdesk_listener_held_up",
    "riskdesk_listener_behind_bytes",
    "riskdesk_outbox_oldest_timestamp_seconds",
    "riskdesk_audit_seal_timestamp_seconds",
    "riskdesk_profile_info",
}


@pytest.fixture
def riskdesk() -> Iterator[Callable[..., Command]]:
    """Starts the command as a user does; what still runs at the end of the test is killed."""
    started: list[Command] = []

    def start(*arguments: object) -> Command:
        started.append(Command([str(argument) for argument in arguments]))
        return started[-1]

    yield start
    for command in started:
        command.kill()


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """The recorded night as one plain file."""
    path = tmp_path / "night.jsonl"
    with (NIGHT / "transactions.jsonl.zst").open("rb") as packed, path.open("wb") as out:
        zstandard.ZstdDecompressor().copy_stream(packed, out)
    return path


def free_ports(count: int) -> int:
    """Give the first of so many ports in a row of which nobody has one."""
    for first in range(20_000, 60_000, 16):
        probes = []
        try:
            probes = [socket.create_server(("127.0.0.1", first + number)) for number in range(count)]
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
        if len(probes) == count:
            return first
    raise AssertionError("no ports are free")


def page(port: int) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Give the samples of a process by their name; none while it does not answer."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
    except (URLError, ConnectionError):
        return {}
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))
    return found


def total(samples: dict, name: str) -> float:
    return sum(value for _, value in samples.get(name, ()))


@pytest.mark.slow
def test_all_that_the_dashboard_asks_for_is_told(riskdesk: Callable, night: Path, tmp_path: Path) -> None:
    day = tmp_path / "day"
    day.mkdir()
    unpack_day(day)
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    with open_store(url) as store:
        store.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))
        store.reference.put(read_reference([day / "fleet.jsonl"]))
    cards = free_ports(7)
    devices, sweep, pages, desk = cards + 2, cards + 4, cards + 5, cards + 6
    keep = ("--store", url, "--epoch-s", 0.5)
    card_run = riskdesk(
        "run", "card-risk", "--profile", NIGHT / "profile.yaml", "--input", night, *keep,
        "--recovery", tmp_path / "cards", "--metrics-port", cards,
    )  # fmt: skip
    device_run = riskdesk(
        "run", "device-watch", "--profile", DEVICES, "--input", day / "telemetry.jsonl", *keep,
        "--recovery", tmp_path / "devices", "--metrics-port", devices,
    )  # fmt: skip
    sweeping = riskdesk("queue", "sweep", "--follow", "--metrics-port", sweep, "--store", url)
    serving = riskdesk("desk", "--port", pages, "--metrics-port", desk, "--store", url)

    expected = night.read_bytes().count(b"\n")
    until(lambda: total(page(cards + 1), "riskdesk_events_total") == expected, card_run)
    # It is counted once a second.
    until(lambda: total(page(cards + 1), "riskdesk_lag_bytes") == 0, card_run)
    until(lambda: total(page(cards + 1), "riskdesk_state_bytes") > 0, card_run)
    until(lambda: total(page(devices + 1), "riskdesk_alarms_annunciated_total") > 0, device_run)
    until(lambda: total(page(sweep), "riskdesk_sweep_timestamp_seconds") > 0, sweeping)
    until(lambda: page(desk), serving)
    with urlopen(f"http://127.0.0.1:{pages}/healthz", timeout=10) as answer:
        assert answer.read() == b"ok\n"
    told: dict[str, list[tuple[dict[str, str], float]]] = {}
    for port in (cards, cards + 1, devices, devices + 1, sweep, desk):
        samples = page(port)
        assert samples, port
        for name, found in samples.items():
            told.setdefault(name, []).extend(found)

    asked = {
        name
        for of in queries().values()
        for query in of
        for name in re.findall(r"\briskdesk_[a-z0-9_]+", query)
    }
    assert asked - told.keys() <= UNTOLD
    assert total(page(cards + 1), "riskdesk_alert_to_queue_seconds_count") > 0
    assert {labels["status"] for labels, cases in told["riskdesk_queue_cases"] if cases} >= {"open"}
    started = (card_run, device_run, sweeping, serving)
    assert [each.terminate() for each in started] == [0, 0, 0, 0]
