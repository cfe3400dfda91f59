"""When a device is silent too long, by its own heartbeats."""

from domain.heartbeats import Patience, Pulse

PATIENCE = Patience(missed=2, unknown_ms=300_000, longest_ms=3_600_000, grace_ms=15_000)


def heard(*at_ms: int) -> Pulse:
    pulse = Pulse(0)
    for moment in at_ms:
        PATIENCE.hear(pulse, moment, heartbeat=True)
    return pulse


def test_its_own_interval_counts_once_five_are_known() -> None:
    assert PATIENCE.of(heard(*range(30_000, 180_001, 30_000))) == 75_000
    assert PATIENCE.of(heard(*range(30_000, 150_001, 30_000))) == 615_000


def test_one_gap_does_not_make_it_slow_and_a_new_setting_is_learnt() -> None:
    pulse = heard(*range(30_000, 300_001, 30_000), 9_000_000)
    assert PATIENCE.of(pulse) == 75_000
    for number in range(1, 6):
        PATIENCE.hear(pulse, 9_000_000 + number * 600_000, heartbeat=True)
    assert PATIENCE.of(pulse) == 1_215_000


def test_no_interval_beyond_the_longest_is_believed() -> None:
    assert PATIENCE.of(heard(*range(0, 8 * 9_000_000, 9_000_000))) == 2 * 3_600_000 + 15_000


def test_reports_of_one_moment_and_other_reports_teach_no_interval() -> None:
    pulse = heard(*range(30_000, 330_001, 30_000))
    PATIENCE.hear(pulse, 330_500, heartbeat=True)
    PATIENCE.hear(pulse, 335_000, heartbeat=False)
    assert pulse.intervals == (30_000,) * 9
    assert (pulse.heard_ms, pulse.due_ms) == (335_000, 410_000)


def test_only_what_fell_silent_at_about_the_same_time_did_so_together() -> None:
    pulses = [Pulse(1_000_000), Pulse(1_600_000), Pulse(300_000), Pulse(1_500_000, due_ms=2_000_000)]
    assert PATIENCE.silent_together(pulses) == pulses[:2]
    assert PATIENCE.silent_together([]) == []
