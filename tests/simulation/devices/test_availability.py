"""The availability ledger takes a simulated month, and every day of every machine adds up."""

from collections import Counter
from datetime import timedelta

from devices.codes import catalogue
from devices.history import Reports
from devices.ledger import Course, Watch
from devices.registry import Fleet
from tests.simulation.devices.recorded_month import START, RecordedMonth, flat

DAY_MS = 86_400_000


def test_the_buckets_of_every_day_sum_to_the_day(month: RecordedMonth) -> None:
    codes = catalogue()
    reports = Reports(codes)
    for event in flat(month.reports):
        reports.add(event)
    watch = Watch(Fleet.of(month.fleet, "Asia/Shanghai"), reports, codes)
    first, last = START.date(), START.date() + timedelta(days=month.plan.days - 1)
    spent: Counter[str] = Counter()
    for device, known in month.devices.items():
        if known.kind == "link_probe":
            continue
        days: Counter[object] = Counter()
        for interval in Course(device, watch).intervals(first, last):
            days[interval.day] += interval.length_ms
            spent[interval.bucket] += interval.length_ms
        assert set(days.values()) == {DAY_MS}
        assert len(days) == month.plan.days
    share = {bucket: ms / sum(spent.values()) for bucket, ms in spent.items()}
    assert share["full"] > 0.6
    assert {
        "hard_fault",
        "supply",
        "maintenance",
        "monitor_link",
        "power",
        "host_link",
        "out_of_window",
    } <= set(share)
