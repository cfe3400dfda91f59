from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tuning.report.seen import texts
from tuning.report.axes import Axis
from tuning.report.page import Words
from tuning.report.plots import Point, scatter
from tuning.report.plots.scatter import front

NUMBER = Axis("figure")


def test_the_front_is_what_no_other_choice_beats_on_both_axes() -> None:
    cheap, good, best, beaten = (
        Point("cheap", 1, 1),
        Point("good", 2, 5),
        Point("best", 9, 6),
        Point("beaten", 3, 5),
    )
    assert front([beaten, best, cheap, good], ("less", "more")) == [cheap, good, best]
    assert front([beaten, best, cheap, good], ("more", "more")) == [best]


@given(
    st.lists(st.builds(Point, st.just("p"), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=20)
)
@settings(deadline=None)
def test_the_front_agrees_with_comparing_every_pair(points: list[Point]) -> None:
    def beats(one: Point, other: Point) -> bool:
        return one.x <= other.x and one.y >= other.y and (one.x, one.y) != (other.x, other.y)

    unbeaten = [point for point in points if not any(beats(other, point) for other in points)]
    assert front(points, ("less", "more")) == sorted(unbeaten, key=lambda point: (point.x, point.y))


def test_of_many_choices_only_the_front_and_the_chosen_are_named() -> None:
    points = [Point(f"p{index}", index, -abs(index - 3), chosen=index == 20) for index in range(30)]
    said = set(texts(scatter("t", points, NUMBER, NUMBER).drawn.en))
    assert {"p3", "p20"} <= said
    assert not {"p10", "p29"} & said


def test_the_table_says_which_choices_are_on_the_front() -> None:
    chart = scatter("t", [Point("good", 1, 2), Point("bad", 2, 1)], NUMBER, NUMBER)
    assert [row[-1] for row in chart.numbers.rows] == [Words("yes", "是"), ""]
