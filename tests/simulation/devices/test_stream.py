"""The files: bytes from a seed, lines that the product reads, in an order as networks make it."""

from collections import Counter
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import msgspec

from connectors.fleet_files import read_fleet
from devices.codes import catalogue
from domain.events import Transaction
from domain.telemetry import Telemetry
from tests.simulation.devices.recorded_month import PLAN, RecordedMonth, flat, record

TRUE_WORDS = (b"truth", b"jackpot", b"blip", b"malware", b"skim", b"trap", b"planted", b"nuisance", b"wear")
SHORT = replace(PLAN, days=3, planted={"link_cut": 1, "component_fault": 5, "jackpotting": 1})


def test_the_same_plan_gives_the_same_bytes_and_another_seed_others() -> None:
    first, again, other = record(SHORT), record(SHORT), record(replace(SHORT, seed=4))
    assert first == again
    assert first.telemetry != other.telemetry
    assert first.truth_file != other.truth_file


def test_every_line_passes_the_codec_with_every_field_known(month: RecordedMonth) -> None:
    assert len(month.arrived) == month.telemetry.count(b"\n") > 100_000
    assert len(month.uses_arrived) == month.transactions.count(b"\n") > 100_000


def test_every_line_of_the_register_is_read_back_as_it_was_made(month: RecordedMonth, tmp_path: Path) -> None:
    file = tmp_path / "fleet.jsonl"
    file.write_bytes(month.fleet_file)
    assert tuple(read_fleet([file])) == month.fleet


def test_whoever_reports_or_is_used_is_on_record(month: RecordedMonth) -> None:
    assert set(month.reports) <= set(month.devices)
    assert set(month.uses) <= set(month.devices)
    heard = {device for device, known in month.devices.items() if known.kind != "link_probe"}
    assert heard <= set(month.reports)


def test_devices_report_nothing_that_the_codes_do_not_know(month: RecordedMonth) -> None:
    codes = catalogue()
    for event in flat(month.reports):
        assert event.code in codes
        assert event.component in codes[event.code].component
        if event.edge == "raise":
            assert event.severity == codes[event.code].severity


def test_probes_say_nothing_but_what_they_watch(month: RecordedMonth) -> None:
    watched = {"branch_link_down", "branch_power_down", "region_link_down", "host_down"}
    for event in flat(month.reports):
        assert (event.code in watched) == (month.devices[event.device].kind == "link_probe")


def test_nothing_arrives_later_than_the_plan_says_and_some_out_of_order(month: RecordedMonth) -> None:
    for arrived in (month.arrived, month.uses_arrived):
        behind = _behind_ms(arrived)
        assert 0 < max(behind) <= month.plan.most_late_s * 1_000
        assert 0.001 < sum(late > 0 for late in behind) / len(behind) < 0.5


def _behind_ms(arrived: list[Telemetry] | list[Transaction]) -> list[int]:
    newest = accumulate((event.at_ms for event in arrived), max)
    return [latest - event.at_ms for latest, event in zip(newest, arrived, strict=True)]


def test_a_few_come_twice_and_are_then_the_same_to_the_byte(month: RecordedMonth) -> None:
    for lines in (month.telemetry, month.transactions):
        seen = Counter(lines.splitlines())
        ids = {msgspec.json.decode(line)["event_id"] for line in seen}
        assert len(ids) == len(seen)
        repeated = sum(count > 1 for count in seen.values())
        assert max(seen.values()) == 2
        assert 0.001 < repeated / len(seen) < 0.01


def test_each_device_numbers_its_reports_from_one_on(month: RecordedMonth) -> None:
    for reports in month.reports.values():
        assert [event.sequence for event in reports] == list(range(1, len(reports) + 1))


def test_no_event_tells_the_truth(month: RecordedMonth) -> None:
    for word in TRUE_WORDS:
        for lines in (month.telemetry, month.transactions, month.fleet_file):
            assert word not in lines.lower()
    assert {"branch", "vendor", "model", "raw"}.isdisjoint(
        field for line in month.telemetry.splitlines()[:2_000] for field in msgspec.json.decode(line)
    )
