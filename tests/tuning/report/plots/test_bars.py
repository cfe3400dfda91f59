from datetime import date
from itertools import pairwise

import pytest

from tests.tuning.report import made
from tests.tuning.report.seen import ends, outside, parsed, texts
from tuning.report.axes import Axis
from tuning.report.plots import bars

NUMBER = Axis("figure")


def test_five_hundred_days_are_named_in_even_steps_that_do_not_touch() -> None:
    svg = made.bars_picture(500).drawn.en
    assert outside(svg) == []
    days = [date.fromisoformat(said) for said in texts(svg) if said.startswith("20") and "-" in said]
    apart = {(later - day).days for day, later in pairwise(days)}
    assert len(days) > 4
    assert len(apart) == 1


def test_figures_below_nought_hang_from_the_line() -> None:
    day = date(2026, 9, 18)
    svg = bars("t", {"more": {day: 10}, "less": {day: -4}}, NUMBER).drawn.en
    (more_top, more_bottom), (less_top, less_bottom) = (
        ends(each.attrib["d"]) for each in parsed(svg).iter("path")
    )
    assert more_top < more_bottom == less_top < less_bottom
    assert more_bottom - more_top == pytest.approx(2.5 * (less_bottom - less_top), abs=0.3)


def test_stacked_figures_stand_on_each_other_and_those_below_nought_hang_from_each_other() -> None:
    day = date(2026, 9, 18)
    series = {"a": {day: 10}, "b": {day: -4}, "c": {day: 10}, "d": {day: -4}}
    svg = bars("t", series, NUMBER).drawn.en
    a, b, c, d = (ends(each.attrib["d"]) for each in parsed(svg).iter("path"))
    assert c[1] == a[0] < a[1] == b[0] < b[1] == d[0]


def test_grouped_figures_all_stand_on_the_line() -> None:
    day = date(2026, 9, 18)
    svg = bars("t", {"a": {day: 10}, "b": {day: 4}}, NUMBER, grouped=True).drawn.en
    a, b = (ends(each.attrib["d"]) for each in parsed(svg).iter("path"))
    assert a[1] == b[1]
    assert a[0] < b[0]


def test_of_too_many_series_the_smallest_are_drawn_as_one_and_the_table_has_them_all() -> None:
    day = date(2026, 9, 18)
    chart = bars("t", {f"detector_{index}": {day: float(index)} for index in range(1, 13)}, NUMBER)
    assert "Other (5)" in texts(chart.drawn.en)
    assert "detector_5" not in texts(chart.drawn.en)
    assert "detector_12" in texts(chart.drawn.en)
    assert len(chart.numbers.head) == 13
