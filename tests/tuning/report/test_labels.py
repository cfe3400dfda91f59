from hypothesis import given
from hypothesis import strategies as st

from tuning.report.drawing import REACH, fitted, width_of
from tuning.report.labels import place_labels

WITHIN = (50.0, 10.0, 940.0, 330.0)
names = st.sampled_from(["limit=5", "窗口=10 分钟", "x" * 80, ""])
points = st.lists(st.tuples(st.floats(50, 940), st.floats(10, 330), names), max_size=30)


@given(points, st.lists(st.tuples(st.floats(50, 940), st.floats(10, 330)), max_size=20))
def test_no_name_covers_another_a_point_or_the_edge(
    wanted: list[tuple[float, float, str]], others: list[tuple[float, float]]
) -> None:
    placed = place_labels(wanted, WITHIN, others)
    for index, label in enumerate(placed):
        left, top, right, bottom = label.box
        assert WITHIN[0] <= left < right <= WITHIN[2]
        assert WITHIN[1] <= top < bottom <= WITHIN[3]
        for other in placed[index + 1 :]:
            beside = other.box[0] >= right or other.box[2] <= left
            assert beside or other.box[1] >= bottom or other.box[3] <= top
        for x, y in [*((x, y) for x, y, _ in wanted), *others]:
            assert x + REACH <= left or x - REACH >= right or y + REACH <= top or y - REACH >= bottom


def test_the_first_names_are_placed_before_others_take_their_room() -> None:
    crowd = [(400.0 + index, 100.0, f"name of point {index}") for index in range(40)]
    placed = place_labels(crowd, WITHIN)
    assert placed[0].said == "name of point 0"
    assert placed[0].leader is None
    assert len(placed) < 40


def test_a_name_keeps_off_the_line_where_it_can() -> None:
    (label,) = place_labels([(100.0, 100.0, "best")], WITHIN, line=[(100.0, 100.0), (300.0, 100.0)])
    assert label.box[2] <= 100 or label.box[3] < 100 or label.box[1] > 100


def test_a_point_alone_has_its_name_to_the_right() -> None:
    (label,) = place_labels([(100.0, 100.0, "best")], WITHIN)
    assert label.left > 100
    assert label.leader is None


@given(st.text(max_size=50), st.floats(20, 300))
def test_a_text_is_cut_to_its_room(said: str, room: float) -> None:
    shown = fitted(said, room)
    assert width_of(shown) <= room
    assert shown == said or shown.endswith("\N{HORIZONTAL ELLIPSIS}")
