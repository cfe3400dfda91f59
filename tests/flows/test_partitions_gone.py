"""A partition that is no longer given does not stop what is left, and nothing that waited for it is lost."""

from tests.flows.counted import counts, write_events, write_profile
from tests.flows.made import use
from tests.flows.running import lines_in, until


def test_a_run_goes_on_without_a_partition_that_is_gone(riskdesk, tmp_path):
    profile = write_profile(tmp_path)
    # Two terminals, each used in both partitions.
    a = [use(f"a{minute}", minute, f"t{minute % 2}") for minute in range(10)]
    b = [use("b0", 0.5, "t0"), use("b3", 3.5, "t1")]
    inputs = [write_events(tmp_path / name, events) for name, events in (("a.jsonl", a), ("b.jsonl", b))]
    alerts = tmp_path / "alerts.jsonl"
    recovery = tmp_path / "recovery"
    into = ("--store", f"sqlite:///{tmp_path}/store.sqlite", "--alerts", alerts, "--recovery", recovery)
    run = riskdesk(
        "run", "card-risk", "--profile", profile, "--input", inputs[0], "--input", inputs[1], *into,
        "--epoch-s", "0.1",
    )  # fmt: skip
    # What is before the end of the slower one; the rest waits for it.
    until(lambda: lines_in(alerts) >= 5, run)
    assert run.terminate() == 0
    assert len(counts(alerts)) == 5
    inputs[1].unlink()
    riskdesk("replay", profile, inputs[0], *into).finish()
    expected, seen = [], {"t0": 0, "t1": 0}
    for event in sorted((*a, *b), key=lambda event: event.at_ms):
        seen[event.terminal] += 1
        expected.append((event.event_id, seen[event.terminal]))
    assert counts(alerts) == expected
