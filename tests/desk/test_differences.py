"""What differs between two texts, and what a report says in a few rows."""

from hypothesis import given
from hypothesis import strategies as st

from desk.approvals.differences import beside, lines, tables, whole
from desk.rule_page.report_figures import key_figures

TEXT = st.lists(st.sampled_from(["a: 1", "b: 2", "c:", "  d: 3", ""]), max_size=30).map("\n".join)


def test_a_changed_line_stands_below_what_it_replaces_with_lines_around_it():
    before = "\n".join(f"line {number}" for number in range(20))
    found = lines(before, before.replace("line 10", "line ten"))
    assert [(line.kind, line.before, line.after) for line in found] == [
        ("gap", None, None),
        ("same", 8, 8), ("same", 9, 9), ("same", 10, 10),
        ("gone", 11, None), ("new", None, 11),
        ("same", 12, 12), ("same", 13, 13), ("same", 14, 14),
    ]  # fmt: skip


@given(TEXT, TEXT)
def test_lines_that_are_gone_and_new_are_those_of_the_texts_at_their_numbers(before, after):
    old, new = before.splitlines(), after.splitlines()
    for line in lines(before, after):
        if line.kind in ("gone", "same"):
            assert old[line.before - 1] == line.text
        if line.kind in ("new", "same"):
            assert new[line.after - 1] == line.text


@given(TEXT)
def test_a_text_does_not_differ_from_itself(text):
    assert lines(text, text) == []


def test_a_text_that_replaces_none_is_new_as_a_whole():
    assert [(line.kind, line.after, line.text) for line in whole("a\nb")] == [
        ("new", 1, "a"),
        ("new", 2, "b"),
    ]


def test_values_are_put_beside_each_other_and_tables_only_where_they_differ():
    assert [tuple(each) for each in beside({"a": 1, "b": 2}, {"b": 3})] == [("a", 1, None), ("b", 2, 3)]
    assert [each.name for each in tables({"x": "1", "y": "2"}, {"x": "1", "y": "3", "z": "4"})] == ["y", "z"]


def test_a_backtest_is_told_with_a_column_for_each_profile():
    profile = {"label": "now", "figures": {"alerts": 27, "precision": 1.0}, "desk": {"calls_a_day": 15.0}}
    other = {"label": "new", "figures": {"alerts": 20, "precision": None}, "desk": {"calls_a_day": 9.5}}
    found = key_figures({"profiles": [profile, other]})
    assert found is not None
    assert found.columns == ("now", "new")
    assert [(row.name, row.values, row.share) for row in found.rows] == [
        ("alerts", (27, 20), False),
        ("precision", (1.0, None), True),
        ("calls_a_day", (15.0, 9.5), False),
    ]


def test_a_shadow_run_is_told_beside_what_runs():
    found = key_figures(
        {
            "live_per_day": 56.0,
            "shadow_per_day": 67.8,
            "differences": {"total": {"a": 38, "b": 46, "appeared": 8}},
        }
    )
    assert found is not None
    assert found.columns == ("live", "shadow")
    assert [row.name for row in found.rows] == ["alerts_a_day", "alerts", "appeared"]


def test_a_tuning_is_told_by_the_later_days_with_or_without_a_choice():
    base = {"later": {"calls_a_day": 8.8, "precision": 1.0}}
    found = key_figures({"base": base, "chosen": None, "later": {"days": 5}})
    assert found is not None
    assert found.columns == ("base",)
    assert found.rows[0].values == (8.8,)


def test_of_numbers_that_nobody_knows_the_first_plain_ones_are_told_and_of_none_nothing():
    found = key_figures({"alerts": 17, "deep": {"recall": 0.4}, "text": "x", "list": [1], "yes": True})
    assert found is not None
    assert [(row.name, row.share) for row in found.rows] == [("alerts", False), ("deep.recall", True)]
    assert key_figures({"text": "x"}) is None
    assert key_figures(None) is None
