"""What detectors put on record, as a person reads it, in either language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.case_page.facts import Facts
from desk.formats import Formats
from desk.settings import Language

NOON_MS = 1_772_712_000_000


def facts(language: Language = "en", currency: str = "CNY") -> Facts:
    return Facts(Formats(language, "Asia/Shanghai", NOON_MS), language, currency)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("gap_s", 6_900, "1 h 55 min"),
        ("gap_s", 90_061, "1 d 1 h"),
        ("lasted_s", 41.691, "41.7 s"),
        ("silence_s", 0, "0 s"),
        ("taken_minor", 9_720_000, "CN¥97,200.00"),
        ("sums_minor", {"CNY": 100, "JPY": 5}, "CN¥1.00 + JP¥5"),
        ("kmh", 2832.4, "2,832 km/h"),
        ("away_km", 1173, "1,173 km"),
        ("flap_percent", 35.131578947, "35.1 %"),
        ("p_value", 1e-09, "1.0e-09"),
        ("went_through", True, "yes"),
        ("arrived_at", "2026-03-05T12:00:00.000Z", "5 Mar 20:00:00"),
        ("terminals", ["atm-1", "atm-2"], "atm-1, atm-2"),
        ("terminals", [f"t{number}" for number in range(20)], "t0, t1, t2, t3, t4, t5, t6, t7, and 12 more"),
    ],
)
def test_a_value_reads_as_what_its_name_says_it_is(key, value, said):
    (fact,) = facts().told({key: value})
    assert fact.value == said


def test_things_within_things_are_tables():
    children = [{"device": f"dev-{number}", "late": True} for number in range(30)]
    several, one = facts().told({"children": children, "features": {"ratio": 8.0, "gap_s": 60}})
    assert several.table.columns == ("device", "late")
    assert several.table.rows[0] == ("dev-0", "yes")
    assert (len(several.table.rows), several.table.more) == (20, 10)
    assert one.table.rows == (("ratio", "8"), ("time between", "1 min"))


def test_how_a_rule_counts_is_told_apart_from_what_happened():
    evidence = {"km": 5, "count_declined": True, "limit_kmh": 900, "window_s": 60}
    assert [fact.name for fact in facts().told(evidence)] == ["distance"]
    settings = facts().settings(evidence, {"max_kmh": 900.0, "places": 8})
    assert [fact.name for fact in settings] == ["declined ones count", "believed up to", "window", "places"]


def test_facts_have_chinese_names_and_those_without_keep_their_own():
    named, unnamed = facts("zh").told({"gap_s": 60, "never_named": 2})
    assert (named.name, named.value) == ("间隔", "1 分钟")
    assert unnamed.name == "never named"


def test_a_card_number_in_evidence_is_masked():
    (fact,) = facts().told({"note": "4111 1111 1111 1111"})
    assert fact.value == "**** **** **** 1111"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["a", "gap_s", "km", "x_minor", "p_percent", "events", "t_at"]), VALUES)
)
def test_whatever_a_detector_says_can_be_shown(evidence):
    reader = facts()
    for fact in (*reader.told(evidence), *reader.settings(evidence, evidence)):
        assert isinstance(fact.value, str)
