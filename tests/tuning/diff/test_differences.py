"""Which alerts differ between two runs."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.instants import iso
from tuning.diff.differences import Counts, Differences, Kind, NoAlertError, compare

NOON_MS = 1_772_712_000_000
MINUTE_MS = 60_000


def alert(name: str, at_ms: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": name,
        "detector": "burst",
        "at": iso(NOON_MS + at_ms),
        "severity": "medium",
        "probability": 0.5,
        "exposure_minor": 100,
        "currency": "CNY",
        "scope": "card",
        "key": "c1",
        "event_id": f"event-{name}",
        "reason": "six uses",
        "evidence": {"uses": 6},
        "version": 1,
        "parameters": {"uses": 6},
        **fields,
    }


runs = st.lists(
    st.builds(
        alert,
        st.sampled_from("abcdefgh"),
        st.sampled_from((0, 1, MINUTE_MS, 59 * MINUTE_MS, 61 * MINUTE_MS, 300 * MINUTE_MS)),
        detector=st.sampled_from(("burst", "opened_together")),
        key=st.sampled_from(("c1", "c2")),
        severity=st.sampled_from(("critical", "low")),
        probability=st.sampled_from((0.1, 0.9)),
        evidence=st.sampled_from(({"uses": 6}, {"uses": 7})),
        parameters=st.sampled_from(({"uses": 6}, {"uses": 7})),
    ),
    max_size=8,
    unique_by=lambda each: each["id"],
)


@given(runs)
def test_a_run_is_the_same_as_itself(run: list[dict[str, Any]]) -> None:
    found = compare(run, run)
    assert found.same
    assert found.total == Counts(
        a=len(run), b=len(run), same=len(run), appeared=0, vanished=0, moved=0, reranked=0, altered=0
    )
    assert found.retuned == ()


OTHER_WAY = {Kind.APPEARED: Kind.VANISHED, Kind.VANISHED: Kind.APPEARED}


@given(runs, runs)
def test_the_other_way_round_what_appears_vanishes_and_all_else_stays(
    a: list[dict[str, Any]], b: list[dict[str, Any]]
) -> None:
    there, back = compare(a, b), compare(b, a)
    turned = {
        (tuple(OTHER_WAY.get(kind, kind) for kind in each.kinds), name(each.b), name(each.a))
        for each in back.changes
    }
    assert {(each.kinds, name(each.a), name(each.b)) for each in there.changes} == turned
    assert (there.total.same, there.total.appeared) == (back.total.same, back.total.vanished)


@given(runs, runs, st.randoms(use_true_random=False))
def test_the_order_in_which_a_run_is_given_does_not_matter(
    a: list[dict[str, Any]], b: list[dict[str, Any]], random: Any
) -> None:
    found = compare(a, b)
    random.shuffle(a)
    random.shuffle(b)
    assert compare(a, b) == found


@given(runs, runs)
def test_every_alert_is_the_same_or_in_one_change(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> None:
    found = compare(a, b)
    changed_a = [each.a.id for each in found.changes if each.a is not None]
    changed_b = [each.b.id for each in found.changes if each.b is not None]
    assert len(set(changed_a)) == len(changed_a)
    assert len(set(changed_b)) == len(changed_b)
    assert len(a) - len(changed_a) == found.total.same == len(b) - len(changed_b)
    for field in Counts.__struct_fields__:
        assert sum(getattr(each, field) for each in found.detectors.values()) == getattr(found.total, field)


def name(told: Any) -> str | None:
    return None if told is None else told.id


def kinds(found: Differences) -> list[tuple[tuple[Kind, ...], str | None, str | None]]:
    return [(each.kinds, name(each.a), name(each.b)) for each in found.changes]


def test_an_alert_that_one_run_lacks_appears_or_vanishes() -> None:
    a = [alert("a"), alert("b", key="c2")]
    b = [alert("a"), alert("c", key="c3")]
    assert kinds(compare(a, b)) == [((Kind.VANISHED,), "b", None), ((Kind.APPEARED,), None, "c")]


def test_one_at_another_event_of_the_same_key_within_an_hour_has_moved() -> None:
    later = alert("b", 60 * MINUTE_MS, evidence={"uses": 5})
    assert kinds(compare([alert("a")], [later])) == [((Kind.MOVED,), "a", "b")]
    too_late = alert("b", 60 * MINUTE_MS + 1)
    assert len(compare([alert("a")], [too_late]).changes) == 2
    assert len(compare([alert("a")], [later], pair_within=timedelta(minutes=59)).changes) == 2


@pytest.mark.parametrize("other", [{"key": "c2"}, {"detector": "amount_outlier"}, {"scope": "customer"}])
def test_what_is_of_another_key_or_detector_has_not_moved(other: dict[str, str]) -> None:
    assert len(compare([alert("a")], [alert("b", **other)]).changes) == 2


def test_of_several_the_nearest_has_moved() -> None:
    a = [alert("a")]
    b = [alert("far", 3 * MINUTE_MS), alert("near", -2 * MINUTE_MS)]
    assert kinds(compare(a, b)) == [((Kind.MOVED,), "a", "near"), ((Kind.APPEARED,), None, "far")]


def test_the_same_alert_at_another_time_has_moved_and_may_say_something_else() -> None:
    found = compare([alert("a")], [alert("a", 1, evidence={"uses": 7})])
    assert kinds(found) == [((Kind.MOVED, Kind.ALTERED), "a", "a")]
    assert list(found.changes[0].said_otherwise()) == ["uses 6 → 7"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("severity", "high"), ("probability", 0.6), ("exposure_minor", 101), ("currency", "JPY")],
)
def test_another_severity_probability_or_exposure_is_another_rank(field: str, value: Any) -> None:
    found = compare([alert("a")], [alert("a", **{field: value})])
    assert kinds(found) == [((Kind.RERANKED,), "a", "a")]


def test_the_position_among_all_alerts_is_told() -> None:
    a = [alert("a"), alert("b", key="c2", probability=0.4), alert("c", key="c3", severity="high")]
    b = [alert("a", severity="low"), *a[1:]]
    (change,) = compare(a, b).changes
    assert (change.a and change.a.place, change.b and change.b.place) == (2, 3)


@pytest.mark.parametrize(
    ("field", "value"), [("evidence", {"uses": 7}), ("reason", "seven"), ("members", [{"card": "c9"}])]
)
def test_other_evidence_reason_or_members_say_something_else(field: str, value: Any) -> None:
    found = compare([alert("a")], [alert("a", **{field: value})])
    assert kinds(found) == [((Kind.ALTERED,), "a", "a")]
    assert list(found.changes[0].fields) == [field]


def test_other_parameters_or_another_version_are_told_and_are_no_difference() -> None:
    now: Mapping[str, Any] = {"version": 2, "parameters": {"uses": 5}}
    a = [alert("a"), alert("b", key="c2")]
    found = compare(a, [alert("a", **now), alert("b", key="c2", **now)])
    assert found.same
    assert found.total.same == 2
    assert [(each.name, each.a, each.b, each.alerts) for each in found.retuned] == [
        ("uses", 6, 5, 2),
        ("version", 1, 2, 2),
    ]


def test_of_an_alert_told_again_the_first_counts() -> None:
    found = compare([alert("a"), alert("a", reason="again")], [alert("a")])
    assert found.same
    assert found.repeated == (1, 0)


def test_what_is_no_alert_is_named_with_what_it_lacks() -> None:
    with pytest.raises(NoAlertError, match="alert a has no detector, severity; compare what"):
        compare(
            [], [{name: said for name, said in alert("a").items() if name not in ("detector", "severity")}]
        )
    with pytest.raises(NoAlertError, match="alert number 1 has no id"):
        compare([], [{}])
