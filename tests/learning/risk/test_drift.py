"""Drift of a model is noticed, and nothing is where nothing changes."""

from random import Random

import pytest

from learning.risk.drift import Alarm, DriftWatch, Watch


def steady(watch: Watch, mean: float, count: int, seed: int = 1) -> list[Alarm]:
    random = Random(seed)
    alarms = [watch.add(random.expovariate(1 / mean), at_ms) for at_ms in range(count)]
    return [alarm for alarm in alarms if alarm is not None]


def test_a_figure_that_stays_the_same_gives_no_alarm() -> None:
    assert steady(Watch("frauds"), 1.0, 6000) == []


def test_a_loss_that_rises_gives_an_alarm_with_when_and_how_much() -> None:
    watch = Watch("frauds")
    steady(watch, 1.0, 1000)
    (alarm, *_) = steady(watch, 2.5, 1000, seed=2)
    assert alarm.what == "frauds"
    assert 0 < alarm.at_ms < 600
    assert alarm.before == pytest.approx(1, abs=0.3)
    assert 1.2 < alarm.after < 3


def test_a_loss_that_falls_is_no_alarm_and_a_share_of_alerts_that_falls_is_one() -> None:
    for both_ways in (False, True):
        watch = Watch("x", both_ways=both_ways)
        steady(watch, 2.0, 1000)
        assert bool(steady(watch, 0.5, 1000, seed=2)) is both_ways


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e3])
def test_how_large_a_figure_is_does_not_matter(scale: float) -> None:
    watch = Watch("genuine", 5)
    steady(watch, scale, 2000)
    assert steady(watch, 3 * scale, 4000, seed=2)


@pytest.mark.parametrize("cut", [5, 29, 30, 500, 1040, 1500, 4090, 4200])
def test_a_watch_that_was_stopped_goes_on_the_same(cut: int) -> None:
    random = Random(4)
    values = [random.expovariate(1.0 if number < 1000 else 0.4) for number in range(4500)]
    whole, first, second = Watch("frauds"), Watch("frauds"), Watch("frauds")
    wanted = [whole.add(value, at_ms) for at_ms, value in enumerate(values)]
    found = [first.add(value, at_ms) for at_ms, value in enumerate(values[:cut])]
    second.load(first.dump())
    found += [second.add(value, at_ms) for at_ms, value in enumerate(values[cut:], cut)]
    assert found == wanted
    assert any(wanted)
    assert second.dump() == whole.dump()


def test_what_is_looked_back_on_is_bounded() -> None:
    watch = Watch("frauds")
    steady(watch, 1.0, 9000)
    assert len(watch.dump().values) < 4096


def test_a_value_that_is_no_number_is_refused_and_leaves_the_window_alone() -> None:
    watch = Watch("frauds")
    with pytest.raises(ArithmeticError, match="nan of frauds"):
        watch.add(float("nan"), 1)
    assert watch.dump().values == []


def test_alarms_are_kept_and_counted() -> None:
    watch, random = DriftWatch(), Random(2)
    for at_ms in range(120_000):
        watch.use(at_ms, alert=random.random() < (0.01 if at_ms < 60_000 else 0.08))
    assert [alarm.what for alarm in watch.alarms][:1] == ["alerts"]
    assert watch.total == len(watch.alarms)
    other = DriftWatch()
    other.load(watch.dump())
    assert other.dump() == watch.dump()
