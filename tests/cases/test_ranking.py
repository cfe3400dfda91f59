"""How urgent a case is: examples with their arithmetic."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cases.ranking import Facts, RankPolicy, exposures, head_start_words, rank
from domain.findings import Severity
from tests.cases.made import MINUTE_MS, NOON_MS

HUGE, LARGE = 10_000_000, 1_000_000
WEEK_MS = 7 * 24 * 60 * MINUTE_MS


def facts(**given: Any) -> Facts:
    usual = {
        "severity": Severity.MEDIUM,
        "probability": 0.5,
        "exposure_minor": {"CNY": 0},
        "first_at_ms": NOON_MS,
        "tiers": frozenset(),
        "people": 1,
        "cards": 1,
    }
    return Facts(**(usual | given))


@pytest.mark.parametrize(
    ("given", "band", "reason"),
    [
        ({}, 2, "severity medium, expected loss CNY 0.00"),
        ({"severity": Severity.LOW}, 2, "severity low, expected loss CNY 0.00"),
        ({"severity": Severity.HIGH}, 1, "severity high"),
        ({"severity": Severity.CRITICAL}, 0, "severity critical"),
        # 0.5 x 19,999.99 = 9,999.995, rounded to the even minor unit: 10,000.00
        ({"exposure_minor": {"CNY": 2 * LARGE - 3}}, 2, "severity medium, expected loss CNY 9,999.98"),
        ({"exposure_minor": {"CNY": 2 * LARGE}}, 1, "expected loss CNY 10,000.00"),
        ({"exposure_minor": {"CNY": 2 * HUGE - 4}}, 1, "expected loss CNY 99,999.98"),
        ({"exposure_minor": {"CNY": 2 * HUGE}}, 0, "expected loss CNY 100,000.00"),
        (
            {"severity": Severity.HIGH, "exposure_minor": {"CNY": 2 * LARGE}},
            1,
            "severity high and expected loss CNY 10,000.00",
        ),
        ({"people": 2, "cards": 4}, 0, "ring of 4 cards and 2 people"),
        ({"people": 2, "cards": 3}, 2, "severity medium, expected loss CNY 0.00"),
        ({"people": 1, "cards": 9}, 2, "severity medium, expected loss CNY 0.00"),
        ({"people": 9, "cards": 9, "probability": 0.49}, 2, "severity medium, expected loss CNY 0.00"),
        # The largest counts, and is never added to another: 0.5 x 19,999.98.
        (
            {"exposure_minor": {"JPY": 2 * LARGE - 4, "CNY": 2 * LARGE - 2, "TWD": 2 * LARGE - 4}},
            2,
            "severity medium, expected loss CNY 9,999.99",
        ),
        ({"exposure_minor": {}}, 2, "severity medium, expected loss 0.00"),
    ],
)
def test_the_band_is(given: dict[str, Any], band: int, reason: str) -> None:
    ranked = rank(facts(**given), RankPolicy())
    assert (ranked.band, ranked.breakdown["band_reason"]) == (band, reason)


@pytest.mark.parametrize(
    ("severity", "tiers", "wait_ms"),
    [
        (Severity.CRITICAL, (), 60_000),
        (Severity.HIGH, ("standard",), 5 * MINUTE_MS),
        (Severity.MEDIUM, ("premium",), 22.5 * MINUTE_MS),
        (Severity.MEDIUM, ("private",), 15 * MINUTE_MS),
        # What is low may wait four times as long as what is medium, in the same band.
        (Severity.LOW, ("private",), 60 * MINUTE_MS),
        # The tier that waits least counts; an unknown one waits like a standard one.
        (Severity.LOW, ("standard", "premium"), 90 * MINUTE_MS),
        (Severity.LOW, ("gold",), 120 * MINUTE_MS),
    ],
)
def test_due_is_the_first_alert_and_the_time_of_its_band_and_tier(
    severity: Severity, tiers: tuple[str, ...], wait_ms: float
) -> None:
    ranked = rank(facts(severity=severity, tiers=frozenset(tiers)), RankPolicy())
    assert ranked.due_ms == NOON_MS + wait_ms


@given(severity=st.sampled_from(Severity), loss=st.integers(0, 2 * HUGE))
def test_a_tier_never_lifts_a_band(severity: Severity, loss: int) -> None:
    bands = {
        rank(
            facts(severity=severity, exposure_minor={"CNY": loss}, tiers=frozenset({tier})), RankPolicy()
        ).band
        for tier in ("standard", "premium", "private")
    }
    assert len(bands) == 1


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ({}, {}),
        ({("card:a", "CNY"): 5, ("card:b", "CNY"): 7}, {"CNY": 12}),
        # An alert about several cards stands for them all, once.
        ({("card:a", "CNY"): 5, ("card:b", "CNY"): 7, ("", "CNY"): 11}, {"CNY": 12}),
        ({("card:a", "CNY"): 5, ("", "CNY"): 30}, {"CNY": 30}),
        ({("card:a", "CNY"): 5, ("card:a", "TWD"): 9}, {"CNY": 5, "TWD": 9}),
    ],
)
def test_the_money_that_can_still_go_is(slots: dict[tuple[str, str], int], expected: dict[str, int]) -> None:
    assert exposures(slots) == expected


def test_the_breakdown_says_how_a_rank_came_about() -> None:
    ranked = rank(
        facts(
            severity=Severity.HIGH,
            probability=0.8,
            exposure_minor={"CNY": 100_000},
            tiers=frozenset({"private"}),
            findings={"impossible_travel": 0.8, "burst": 0.1},
        ),
        RankPolicy(),
    )
    assert ranked.breakdown == {
        "severity": "high",
        "probability": 0.8,
        "findings": {"burst": 0.1, "impossible_travel": 0.8},
        "exposure_minor": {"CNY": 100_000},
        "expected_loss_minor": 80_000,
        "currency": "CNY",
        "band": "high",
        "band_reason": "severity high",
        "sla_s": 300.0,
        "tier": "private",
        "tier_factor": 0.5,
        "first_alert": "2026-03-05T12:00:00.000Z",
        "due": "2026-03-05T12:02:30.000Z",
        # 800.00 are 0.32 doublings below the 1,000.00 that move nothing.
        "head_start_s": -193.157,
        "stands_at": "2026-03-05T12:05:43.157Z",
    }


@pytest.mark.parametrize(
    ("loss_minor", "doublings"),
    [
        (100_000, 0),
        (200_000, 1),
        (800_000, 3),
        (25_000, -2),
        # Beyond ten halvings less counts for nothing more.
        (98, -9.995),
        (97, -10),
        (0, -10),
    ],
)
def test_in_the_last_band_each_doubling_of_the_expected_loss_counts_as_a_week(
    loss_minor: int, doublings: float
) -> None:
    ranked = rank(facts(probability=1.0, exposure_minor={"CNY": loss_minor}), RankPolicy())
    assert (ranked.due_ms - ranked.rank_ms) / WEEK_MS == pytest.approx(doublings, abs=1e-3)


@pytest.mark.parametrize(("severity", "doubling"), [(Severity.CRITICAL, 0), (Severity.HIGH, 10 * MINUTE_MS)])
def test_above_it_counts_for_little_and_at_the_top_for_nothing(severity: Severity, doubling: int) -> None:
    ranked = rank(facts(severity=severity, exposure_minor={"CNY": 800_000}), RankPolicy())
    assert ranked.due_ms - ranked.rank_ms == 2 * doubling


def test_where_a_doubling_counts_for_nothing_the_due_time_alone_decides() -> None:
    policy = RankPolicy(doubling_high=timedelta(0), doubling_rest=timedelta(0))
    for loss in (0, LARGE, HUGE):
        ranked = rank(facts(exposure_minor={"CNY": loss}), policy)
        assert ranked.rank_ms == ranked.due_ms


@given(
    severity=st.sampled_from(Severity),
    losses=st.lists(st.integers(0, 10 * HUGE), min_size=2, max_size=2).map(sorted),
)
def test_more_at_risk_never_moves_a_case_back(severity: Severity, losses: list[int]) -> None:
    less, more = (
        rank(facts(severity=severity, exposure_minor={"CNY": loss}), RankPolicy()) for loss in losses
    )
    assert (more.band, more.rank_ms) <= (less.band, less.rank_ms)


def test_no_case_stands_further_from_its_due_time_than_ten_doublings() -> None:
    policy = RankPolicy()
    for loss in (0, 1, LARGE, HUGE, 10**15):
        assert abs(policy.head_start_ms(2, loss)) <= 10 * WEEK_MS


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (12, "taken as if due 12 minutes earlier"),
        (-150, "taken as if due 2 hours 30 minutes later"),
        (0, ""),
    ],
)
def test_a_head_start_is_said_in_words(minutes: int, words: str) -> None:
    assert head_start_words(minutes * MINUTE_MS) == words


def test_a_policy_reads_what_a_profile_says() -> None:
    policy = TypeAdapter(RankPolicy).validate_python({"sla_critical": "PT30S", "tier_premium": 1})
    assert (policy.sla_critical, policy.tier_premium) == (timedelta(seconds=30), 1.0)


@pytest.mark.parametrize(
    "given",
    [
        {"sla_critical": timedelta(minutes=6)},
        {"sla_rest": timedelta(minutes=4)},
        {"sla_low": timedelta(minutes=29)},
        {"sla_high": timedelta(0)},
        {"tier_private": 0},
        {"tier_private": 1.5},
        {"high_loss_minor": HUGE + 1},
        {"high_loss_minor": 0},
        {"even_loss_minor": 0},
        {"doubling_high": timedelta(seconds=-1)},
        {"doubling_rest": timedelta(days=32)},
        {"ring_customers": 1},
        {"ring_probability": 1.1},
        {"slaa": 1},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RankPolicy(**given)
