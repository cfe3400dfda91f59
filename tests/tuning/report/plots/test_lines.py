from tests.tuning.report.seen import parsed, texts
from tuning.report.axes import Axis
from tuning.report.plots import Level, lines

NUMBER = Axis("figure")


def test_a_line_breaks_where_a_figure_is_not_known() -> None:
    svg = lines("t", {"a": [(1, 1), (2, 2), (3, None), (4, 4), (5, 5)]}, NUMBER, NUMBER).drawn.en
    path = next(each for each in parsed(svg).iter("path") if "line" in each.attrib["class"])
    assert path.attrib["d"].count("M") == 2


def test_a_band_is_drawn_below_the_lines_and_counts_for_the_axis() -> None:
    svg = lines("t", {"a": [(1, 1), (2, 2)]}, NUMBER, NUMBER, bands={"a": [(1, 0, 9), (2, 1, 10)]}).drawn.en
    kinds = [each.attrib["class"].split()[0] for each in parsed(svg).iter("path")]
    assert kinds[:2] == ["band", "line"]
    assert "10" in texts(svg)


def test_limits_and_splits_have_their_names() -> None:
    levels = (Level("limit", 40), Level("tuned before", 7, along=False))
    svg = lines("t", {"a": [(1, 1), (2, 2)]}, NUMBER, NUMBER, levels=levels).drawn.en
    assert {"limit", "tuned before"} <= set(texts(svg))
