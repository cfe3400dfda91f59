from collections.abc import Callable
from datetime import date, timedelta
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tuning.report import made
from tests.tuning.report.made import HOUR_MS
from tests.tuning.report.seen import outside, parsed, text_boxes, texts
from tuning.report.axes import Axis
from tuning.report.page import Chart, Words
from tuning.report.plots import (
    Dot,
    Level,
    Mark,
    Point,
    bars,
    dots_with_intervals,
    heat,
    hours_against_staff,
    lines,
    scatter,
    timeline,
)

PICTURES: dict[str, Callable[[], Chart]] = {
    "bars": made.bars_picture,
    "dots": made.dots_picture,
    "heat": made.heat_picture,
    "lines": made.lines_picture,
    "scatter": made.scatter_picture,
    "staff": made.staff_picture,
    "timeline": made.timeline_picture,
}
NUMBER, SHARE = Axis("figure"), Axis("share", "percent")
TIME = Axis("time", "time", zone="Asia/Taipei")
NOTHING: dict[str, Chart] = {
    "bars": bars("t", {"a": {}}, NUMBER),
    "dots": dots_with_intervals("t", [Dot("a", None)], NUMBER),
    "heat": heat("t", ["a"], [[None]], NUMBER),
    "lines": lines("t", {"a": [(1, None), (2, nan)]}, NUMBER, NUMBER),
    "scatter": scatter("t", [Point("a", nan, 1)], NUMBER, NUMBER),
    "staff": hours_against_staff("t", ("a", []), ("b", []), NUMBER, zone="UTC"),
    "timeline": timeline("t", [], zone="UTC"),
}

figures = st.floats(-1e18, 1e18) | st.integers(-1000, 1000) | st.sampled_from([nan, inf, -inf, 5e-324, 1e300])
times = st.integers(0, 4_000_000_000_000)
names = st.text(max_size=60) | st.sampled_from(["<script>alert(1)</script>", "a" * 300, "名称" * 100])
kinds = st.sampled_from(["number", "percent", "money"])
axes = st.builds(lambda title, kind: Axis(title, kind, "CNY"), names, kinds)


def both(chart: Chart) -> tuple[str, str]:
    return chart.drawn.en, chart.drawn.zh


def stays_inside(chart: Chart) -> None:
    for svg in both(chart):
        assert outside(svg) == []


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_has_a_title_a_description_and_its_figures_as_a_table(name: str) -> None:
    chart = PICTURES[name]()
    for svg, language in zip(both(chart), ("en", "zh"), strict=True):
        root = parsed(svg)
        assert root.attrib["role"] == "img"
        assert root[0].tag == "title"
        assert root[0].text == getattr(chart.title, language)
        assert root[1].tag == "desc"
        assert (root[1].text or "").startswith(getattr(chart.about, language))
    assert chart.numbers.rows
    assert all(len(row) == len(chart.numbers.head) for row in chart.numbers.rows)


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_lies_outside_its_picture_and_no_text_covers_another(name: str) -> None:
    for svg in both(PICTURES[name]()):
        assert outside(svg) == []
        boxes = text_boxes(svg)
        for index, one in enumerate(boxes):
            for other in boxes[index + 1 :]:
                apart = (
                    one.right <= other.left or other.right <= one.left
                    or one.bottom <= other.top or other.bottom <= one.top
                )  # fmt: skip
                assert apart, (one, other)


@pytest.mark.parametrize("name", PICTURES)
def test_the_same_figures_give_the_same_bytes(name: str) -> None:
    assert PICTURES[name]() == PICTURES[name]()


@pytest.mark.parametrize("name", NOTHING)
def test_where_there_is_nothing_to_show_the_picture_says_so(name: str) -> None:
    english, chinese = both(NOTHING[name])
    assert texts(english) == ["There is nothing to show."]
    assert texts(chinese) == ["没有可显示的数据。"]
    stays_inside(NOTHING[name])


@given(
    st.dictionaries(names, st.dictionaries(st.integers(0, 500), figures, max_size=6), max_size=12),
    st.booleans(),
    axes,
)
@settings(max_examples=40, deadline=None)
def test_bars_of_any_figures_stay_inside(
    found: dict[str, dict[int, float]], grouped: bool, axis: Axis
) -> None:
    first = date(2026, 1, 1)
    series = {
        name: {first + timedelta(day): value for day, value in days.items()} for name, days in found.items()
    }
    stays_inside(bars("t", series, axis, grouped=grouped))


@given(
    st.dictionaries(names, st.lists(st.tuples(times, figures | st.none()), max_size=9), max_size=10),
    axes,
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_lines_of_any_figures_stay_inside(
    series: dict[str, list[tuple[int, float | None]]], axis: Axis, timed: bool
) -> None:
    ordered = {name: sorted(pairs, key=lambda pair: pair[0]) for name, pairs in series.items()}
    levels = (Level("limit", 40), Level("split", 1_000_000_000_000, along=False))
    stays_inside(lines("t", ordered, TIME if timed else NUMBER, axis, levels=levels))


@given(
    st.lists(
        st.builds(
            Dot,
            names,
            figures | st.none(),
            figures | st.none(),
            figures | st.none(),
            st.sampled_from(["a", "b"]),
        ),
        max_size=8,
    ),
    axes,
)
@settings(max_examples=40, deadline=None)
def test_dots_of_any_figures_stay_inside(dots: list[Dot], axis: Axis) -> None:
    stays_inside(dots_with_intervals("t", dots, axis, level=0))


@given(
    st.lists(
        st.builds(Point, names, figures, figures, st.sampled_from(["", "a", "b"]), st.booleans()), max_size=20
    ),
    axes,
    axes,
)
@settings(max_examples=40, deadline=None)
def test_points_of_any_figures_stay_inside(points: list[Point], across: Axis, up: Axis) -> None:
    stays_inside(scatter("t", points, across, up))


@given(st.data(), axes)
@settings(max_examples=40, deadline=None)
def test_heat_of_any_figures_stays_inside(data: st.DataObject, axis: Axis) -> None:
    size = data.draw(st.integers(1, 9))
    row = st.lists(figures | st.none(), min_size=size, max_size=size)
    labels = data.draw(st.lists(names, min_size=size, max_size=size))
    stays_inside(
        heat(
            "t",
            labels[:3],
            data.draw(st.lists(row, min_size=min(3, size), max_size=min(3, size))),
            axis,
            columns=labels,
        )
    )


@given(
    st.lists(st.tuples(times, figures), max_size=8, unique_by=lambda hour: hour[0]),
    st.lists(st.tuples(times, figures), max_size=4),
    axes,
)
@settings(max_examples=40, deadline=None)
def test_hours_of_any_figures_stay_inside(
    asked: list[tuple[int, float]], staff: list[tuple[int, float]], axis: Axis
) -> None:
    stays_inside(hours_against_staff("t", ("asked", asked), ("staff", staff), axis, zone="Asia/Taipei"))


@given(
    st.lists(st.builds(Mark, times, names, st.sampled_from(["appears", "vanishes", "moves"])), max_size=40)
)
@settings(max_examples=40, deadline=None)
def test_a_timeline_of_any_alerts_stays_inside(marks: list[Mark]) -> None:
    stays_inside(timeline("t", marks, zone="America/New_York"))


@pytest.mark.parametrize(
    "chart",
    [
        bars("t", {"a": {date(2026, 9, 18): 1}}, NUMBER),
        lines("t", {"a": [(5, 5)]}, NUMBER, NUMBER),
        dots_with_intervals("t", [Dot("a", 0.5)], SHARE),
        scatter("t", [Point("only", 3, 4)], NUMBER, NUMBER),
        heat("t", ["a"], [[1.0]], SHARE),
        hours_against_staff("t", ("a", [(HOUR_MS, 3)]), ("b", [(HOUR_MS, 2)]), NUMBER, zone="UTC"),
        timeline("t", [Mark(made.START_MS, "burst", "appears")], zone="UTC"),
    ],
)  # fmt: skip
def test_one_figure_alone_is_drawn(chart: Chart) -> None:
    stays_inside(chart)
    assert len(chart.numbers.rows) == 1
    drawn = {part for each in parsed(chart.drawn.en).iter() for part in each.attrib.get("class", "").split()}
    assert drawn & {"area", "mark", "appears"}


def test_a_name_cannot_break_out_of_a_picture() -> None:
    hostile = Words('</title><script>alert("1")</script>', "\x00]]>\"'&<b>\u202e")
    for svg in both(
        lines(hostile, {hostile: [(1, 1)], "b": [(2, 2)]}, Axis(hostile), Axis(hostile), about=hostile)
    ):
        assert "<script" not in svg
        assert "\u202e" not in svg
        assert {each.tag for each in parsed(svg).iter()} <= {
            "svg",
            "title",
            "desc",
            "path",
            "line",
            "rect",
            "text",
        }
