from tests.tuning.report import made
from tests.tuning.report.made import HOUR_MS
from tests.tuning.report.seen import outside, parsed, texts
from tuning.report.axes import Axis
from tuning.report.plots import hours_against_staff

NUMBER = Axis("figure")


def test_a_shift_with_too_few_people_stands_out() -> None:
    hours = [(made.START_MS + index * HOUR_MS, 5.0) for index in range(4)]
    short = hours_against_staff("t", ("asked", hours), ("staff", [(made.START_MS, 3)]), NUMBER, zone="UTC")
    enough = hours_against_staff("t", ("asked", hours), ("staff", [(made.START_MS, 5)]), NUMBER, zone="UTC")
    for chart, expected in ((short, 1), (enough, 0)):
        paths = [each for each in parsed(chart.drawn.en).iter("path") if each.attrib["class"] == "short"]
        assert len(paths) == expected


def test_the_hours_of_a_day_that_stands_for_many_have_no_date() -> None:
    hours = [(made.START_MS + index * HOUR_MS, 5.0) for index in range(24)]
    chart = hours_against_staff(
        "t", ("asked", hours), ("staff", hours), NUMBER, zone="Asia/Taipei", of_day=True
    )
    assert chart.numbers.rows[0] == ("08:00", "5", "5")
    assert "09:00" in texts(chart.drawn.en)
    assert "2026-09" not in chart.drawn.en


def test_of_a_long_time_each_day_shows_its_hardest_hour_and_the_table_every_hour() -> None:
    chart = made.staff_picture(24 * 60)
    assert "each day shows its hardest hour" in parsed(chart.drawn.en)[1].text  # type: ignore[operator]
    assert len(chart.numbers.rows) == 24 * 60
    assert outside(chart.drawn.en) == []
