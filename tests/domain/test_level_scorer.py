"""The scorer of rates and levels: what it notices, what it learns, and what it never does."""

import json
from datetime import timedelta
from math import inf, isfinite, nan, sin
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from river import stats

from domain.level_scorer import LIMIT, Departure, LevelScorer, LevelState, held_back

FIVE_MINUTES_MS = 300_000
DAY = 288
SCORER = LevelScorer()
LEVELS = st.floats(-1e15, 1e15, allow_nan=False)


def run(values: list[float], scorer: LevelScorer = SCORER) -> tuple[LevelState, list[Departure]]:
    """Score a value every five minutes, the first at midnight; the state starts with the first."""
    state = scorer.start(0, values[0])
    later = enumerate(values[1:], 1)
    return state, [scorer.step(state, number * FIVE_MINUTES_MS, value) for number, value in later]


def noise(count: int, low: float = 10.0, high: float = 20.0) -> list[float]:
    random = Random(1)
    return [random.uniform(low, high) for _ in range(count)]


def next_score(state: LevelState, value: float) -> Departure:
    """Score one more value without touching the state."""
    return SCORER.step(SCORER.load(list(state.dump())), state.last_ms + FIVE_MINUTES_MS, value)


def test_what_lies_within_the_known_scores_0_and_5_percent_beyond_it_the_limit() -> None:
    state, _ = run([10.0, 20.0, *noise(998)])
    assert next_score(state, 19.5).score == 0
    found = next_score(state, 20.51)
    assert found.score > LIMIT > next_score(state, 20.4).score
    assert (found.signal, found.value) == ("value", 20.51)
    assert (found.low, found.high) == pytest.approx((10, 20), abs=0.1)


def test_below_the_known_counts_unless_only_high_values_matter() -> None:
    state, _ = run(noise(1000))
    assert next_score(state, 5.0).score > LIMIT
    high = LevelScorer(side="high")
    assert high.step(state, state.last_ms + FIVE_MINUTES_MS, 5.0).score == 0


def test_ten_times_rarer_is_one_more() -> None:
    """A range of width w seen in 1,000 values: w / 3 farther out is ten times as rare."""
    state, _ = run([10.0, 20.0, *noise(998)])
    assert next_score(state, 40.0).score - next_score(state, 40.0 - 10 / 3).score == pytest.approx(
        1, rel=0.02
    )


def test_the_longer_a_range_has_held_the_rarer_is_what_lies_beyond() -> None:
    states = [run([10.0, 20.0, *noise(count)])[0] for count in (150, 1500)]
    young, old = (next_score(state, 40.0).score for state in states)
    assert young < 0.75 * old


def test_extremes_never_tie() -> None:
    state, _ = run(noise(1000))
    scores = [next_score(state, 10.0**power).score for power in range(2, 16)]
    assert scores == sorted(set(scores))
    assert all(isfinite(score) for score in scores)


def test_a_new_level_within_the_extremes_shows_in_the_mean() -> None:
    """Single spikes to 100 are usual; an hour at 60 is not, though no value is out of range."""
    values = [100.0 if number % 50 == 0 else value for number, value in enumerate(noise(2000))]
    state, usual = run(values)
    assert max(found.score for found in usual[1000:]) < LIMIT
    found = [SCORER.step(state, state.last_ms + FIVE_MINUTES_MS, 60.0) for _ in range(12)]
    assert any(one.score > LIMIT and one.signal == "mean" for one in found)


def test_a_day_level_at_night_is_noticed_where_a_day_has_a_rhythm() -> None:
    """Twice 90 at noon is usual and at three at night never: within range, and for ten minutes only."""
    random = Random(2)
    values = [
        (80.0 if 96 <= number % DAY < 240 else 5.0) + random.uniform(0, 10) for number in range(10 * DAY + 36)
    ]
    state, _ = run(values)
    found = next_score(state, 80.0)
    assert (found.signal, found.score > LIMIT) == ("rhythm", True)


def test_without_a_rhythm_the_hour_says_nothing() -> None:
    """Levels that change by chance, then five low days: 80 is far from the habit of any hour, and known."""
    random = Random(2)
    changing = [random.choice((5.0, 85.0)) + random.uniform(0, 5) for _ in range(10 * DAY)]
    state, _ = run([*changing, *noise(5 * DAY, 5.0, 10.0)])
    assert next_score(state, 80.0).score == 0


def test_a_level_that_stays_is_known_after_a_few_values() -> None:
    state, _ = run(noise(2000))
    stays = noise(DAY, 500.0, 510.0)
    scores = [SCORER.step(state, state.last_ms + FIVE_MINUTES_MS, value).score for value in stays]
    assert scores[0] > 10
    assert max(scores[24:]) < LIMIT


def test_one_glitch_does_not_hide_the_next() -> None:
    state, _ = run(noise(2000))
    SCORER.step(state, state.last_ms + FIVE_MINUTES_MS, 1e12)
    for value in noise(DAY):
        SCORER.step(state, state.last_ms + FIVE_MINUTES_MS, value)
    assert next_score(state, 50.0).score > LIMIT


def test_an_extreme_fades() -> None:
    state, _ = run([*noise(1000), 30.0, *noise(1000)])
    assert next_score(state, 29.0).score == 0
    quick = LevelScorer(half_life=timedelta(days=2))
    state, _ = run([*noise(1000), 30.0, *noise(3000)], quick)
    assert next_score(state, 29.0).score > LIMIT


@given(st.floats(-1e12, 1e12), st.integers(2, 500))
def test_a_constant_series_never_scores(level: float, count: int) -> None:
    state, found = run([level] * count)
    assert {one.score for one in found} <= {0.0}
    assert next_score(state, level * 1.0001).score < LIMIT


@given(st.lists(st.tuples(st.integers(-(10**10), 10**13), LEVELS), min_size=2, max_size=60), st.data())
def test_dump_and_load_at_any_point_change_nothing(
    rows: list[tuple[int, float]], data: st.DataObject
) -> None:
    scorer = LevelScorer(settle=2)
    at = data.draw(st.integers(1, len(rows)))
    state = scorer.start(*rows[0])
    resumed = scorer.start(*rows[0])
    for number, (at_ms, value) in enumerate(rows[1:], 1):
        if number == at:
            resumed = scorer.load(json.loads(json.dumps(resumed.dump())))
        found = scorer.step(state, at_ms, value)
        assert scorer.step(resumed, at_ms, value) == found
        assert isfinite(found.score)
        assert found.score >= 0
    assert resumed.dump() == state.dump()


def test_the_state_does_not_grow() -> None:
    short, _ = run(noise(400))
    long, _ = run(noise(4000))

    def numbers(state: LevelState) -> int:
        return sum(len(field) if isinstance(field, tuple) else 1 for field in state.dump())

    assert numbers(short) == numbers(long) == 63


@pytest.mark.parametrize("bad", [nan, inf, -inf, 1.1e15])
def test_what_is_no_level_is_refused_and_changes_nothing(bad: float) -> None:
    state, _ = run(noise(200))
    before = state.dump()
    with pytest.raises(ValueError, match="is no level; give a finite number"):
        SCORER.step(state, state.last_ms + 1, bad)
    with pytest.raises(ValueError, match="is no level"):
        SCORER.start(0, bad)
    assert state.dump() == before


def test_the_mean_is_rivers_where_values_come_evenly_and_none_is_pulled_in() -> None:
    values = [100 + 10 * sin(number / 7) for number in range(1000)]
    state, _ = run(values)
    gain = 1 - 2.718281828459045 ** (-1 / 12)
    river = stats.EWMean(gain)
    for value in values:
        river.update(value)
    assert state.short_mean == pytest.approx(river.get(), rel=1e-9)


def test_an_alert_is_held_back_while_the_last_is_fresh() -> None:
    assert not held_back(None, 5, 10)
    assert held_back(5, 14, 10)
    assert not held_back(5, 15, 10)


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"settle": 1}, "settle is 1; a range takes at least 2"),
        ({"pull": 0.0}, "pull is 0.0; give more"),
        ({"half_life": timedelta(0)}, "half_life is 0:00:00; give more"),
    ],
)
def test_parameters_that_cannot_work_are_refused(parameters: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        LevelScorer(**parameters)
