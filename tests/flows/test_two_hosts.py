"""Two hosts in one cluster: one is lost and comes back, a cable is pulled, and nothing is lost or doubled."""

import pytest

from benchmarks.pictures import queue_picture
from cases.store import open_store
from connectors.reference_files import read_reference
from tests.flows.hosts import NoHosts, folder_of, two_hosts
from tests.flows.running import NIGHT, PROFILE, lines_in, stored_alerts, until
from tests.flows.test_supervisor import children

EXPECTED = NIGHT / "alerts.jsonl"


@pytest.fixture
def hosts():
    made = two_hosts()
    try:
        yield next(made)
    except NoHosts as reason:
        pytest.skip(f"NOT TESTED ON TWO HOSTS: {reason}")
    finally:
        made.close()


@pytest.fixture
def night_at(hosts, halves, postgres_url, tmp_path):
    """Starts the recorded night on one of the hosts."""
    addresses = ",".join(f"{host.address}:9400" for host in hosts)

    def start(index: int):
        folder = folder_of(hosts[index], tmp_path)
        inputs = [part for half in halves for part in ("--input", half)]
        return hosts[index].start(
            "run", "card-risk", "--profile", PROFILE, *inputs, "--no-follow", "--store", postgres_url,
            "--alerts", tmp_path / "alerts.jsonl", "--recovery", folder / "recovery", "--epoch-s", "0.1",
            "--addresses", addresses, "--index", index,
        )  # fmt: skip

    with open_store(postgres_url) as store:
        store.reference.put(read_reference([NIGHT / "reference.jsonl.zst"]))
    return start


@pytest.fixture
def quiet_cases(riskdesk, store, halves):
    riskdesk("replay", PROFILE, *halves, "--store", store, "--quiet").finish()
    return queue_picture(store)


def as_in_a_quiet_night(alerts, url, quiet_cases) -> bool:
    assert sorted(alerts.read_bytes().splitlines()) == sorted(EXPECTED.read_bytes().splitlines())
    assert stored_alerts(url) == sorted(line.split('"')[3] for line in EXPECTED.read_text().splitlines())
    return queue_picture(url) == quiet_cases


@pytest.mark.slow
@pytest.mark.parametrize("fallen", [0, 1])
def test_a_host_is_killed_and_brought_back(hosts, night_at, postgres_url, tmp_path, quiet_cases, fallen):
    alerts = tmp_path / "alerts.jsonl"
    both = [night_at(index) for index in (0, 1)]
    until(lambda: lines_in(alerts) >= 5, both[0])
    hosts[fallen].kill()
    assert both[1 - fallen].running
    both[fallen] = night_at(fallen)
    for command in both:
        command.finish()
    assert as_in_a_quiet_night(alerts, postgres_url, quiet_cases)


@pytest.mark.slow
def test_a_cable_is_pulled_for_longer_than_silence_lasts(
    hosts, night_at, postgres_url, tmp_path, quiet_cases
):
    alerts = tmp_path / "alerts.jsonl"
    both = [night_at(index) for index in (0, 1)]
    until(lambda: lines_in(alerts) >= 5, both[0])
    hosts[1].pull()
    told = lines_in(alerts)
    # Each gives the other up, and ends its process.
    until(lambda: not any(children(command.process.pid) for command in both), both[0])
    assert told <= lines_in(alerts) < lines_in(EXPECTED)
    hosts[1].plug()
    for command in both:
        command.finish()
    assert as_in_a_quiet_night(alerts, postgres_url, quiet_cases)
