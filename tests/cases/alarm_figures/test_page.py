"""The report's page and pictures, from one small day."""

import re
from collections.abc import Callable
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from cases.alarm_figures.page import alarm_page
from cases.alarm_figures.pictures import days_picture, hours_picture, priorities_picture, top_picture
from cases.alarm_figures.policy import AlarmFigurePolicy
from cases.alarm_figures.report import AlarmFigures
from cases.alarm_figures.rows import ShelvedRow
from cases.alarm_figures.wording import TEXTS, AlarmWording
from cases.alarms.states import State
from cases.device_cases.closing import CloseReason
from devices.codes import catalogue
from devices.wording import words
from tests.cases.alarm_figures.histories import MINUTE_MS, NOON_MS, figures, history, told

SHANGHAI = ZoneInfo("Asia/Shanghai")
ENGLISH = AlarmWording("en", catalogue(), SHANGHAI)
CHINESE = AlarmWording("zh", catalogue(), SHANGHAI)
DAY = 24 * 60


@pytest.fixture(scope="module")
def found() -> AlarmFigures:
    """Thirteen alarms in the first hour, one of them taken up and closed, and one held back."""
    closed = history(
        "c",
        (30, "raised"),
        (31, "annunciated"),
        (36, "acknowledged"),
        case_id="c1",
        close_reason="slm_fixed",
        device="a-<1>",
    )
    held = history("d", (40, "raised"), (40, "suppressed", "outage:x"), device="atm-20")
    chatter = [
        history(f"e{at}", (at, "raised"), (at + 0.2, "returned"), device="atm-&") for at in (50, 52, 54)
    ]
    alarms = [*told(range(12)), closed, held, *chatter, *told([90], code="card_retained", priority=1)]
    shelf = ShelvedRow(
        id="s",
        place="atm-<s>",
        component="cassette",
        unit=2,
        code="cash_low",
        shelved_until_ms=NOON_MS + (DAY + 45) * MINUTE_MS,
        shelved_by="lead-1",
        shelve_reason="a <part> is coming",
    )
    return figures(alarms, DAY, shelved=(shelf,))


@pytest.mark.parametrize("wording", [ENGLISH, CHINESE])
def test_the_page_needs_nothing_but_itself(found: AlarmFigures, wording: AlarmWording) -> None:
    page = alarm_page(found, AlarmFigurePolicy(), wording)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_names_and_reasons_from_outside_are_written_as_text(found: AlarmFigures) -> None:
    page = alarm_page(found, AlarmFigurePolicy(), ENGLISH)
    for said in ("a-<1>", "atm-<s>", "a <part>", "atm-& "):
        assert said not in page
    for said in ("a-&lt;1&gt;", "atm-&lt;s&gt;", "a &lt;part&gt; is coming", "atm-&amp;"):
        assert said in page


def test_the_page_says_each_figure_with_what_it_is_made_of(found: AlarmFigures) -> None:
    page = alarm_page(found, AlarmFigurePolicy(), ENGLISH)
    for said in (
        "Alarms of devices, 2026-10-26 20:00 to 2026-10-27 20:00",
        "this is less",  # than the 30 days that the limits are meant for
        "peak 10, at 2026-10-26 20:00",  # the twelve of one a minute, ten of them within ten minutes
        "14 / 1</td><td>150</td><td>300</td>",
        "0 / 24",  # hours with more than 30: none of 24
        "5.0 min",  # from 31 to 36
        "fixed by the vendor 1",
        "100.0 % (1 / 1)",
        "Outage of a line or host",
        "45.0 min",  # left on the shelf
    ):
        assert said in page, said


def test_the_chinese_page_is_chinese(found: AlarmFigures) -> None:
    page = alarm_page(found, AlarmFigurePolicy(), CHINESE)
    for said in (
        "设备告警指标",
        "每日告警",
        "吞卡",
        "抖动告警",
        "线路或主机中断",
        "厂商修复",
        'lang="zh-Hans"',
    ):
        assert said in page


def test_a_quiet_period_is_a_page_too() -> None:
    page = alarm_page(figures([], 3), AlarmFigurePolicy(), ENGLISH)
    for said in ("no alarm", "Nothing was held back.", "Nothing chattered.", "Nothing is shelved."):
        assert said in page


def tops(found: AlarmFigures, wording: AlarmWording) -> str:
    return top_picture(found.top_devices.counts, wording.say("top_devices"))


@pytest.mark.parametrize("picture", [hours_picture, days_picture, priorities_picture, tops])
def test_a_picture_is_sound_and_stays_within_its_frame(
    found: AlarmFigures, picture: Callable[[AlarmFigures, AlarmWording], str]
) -> None:
    drawn = ElementTree.fromstring(picture(found, ENGLISH))
    _, _, width, height = map(float, str(drawn.get("viewBox")).split())
    bars = list(drawn.iter("rect"))
    assert bars
    for bar in bars:
        x, y, wide, high = (float(str(bar.get(name))) for name in ("x", "y", "width", "height"))
        assert min(x, y, wide, high) >= 0
        assert x + wide <= width + 0.01
        assert y + high <= height + 0.01


def limits_of(minutes: range) -> list[str]:
    drawn = ElementTree.fromstring(hours_picture(figures(told(minutes), DAY), ENGLISH))
    return [str(line.get("class")) for line in drawn.iter("line") if "limit" in str(line.get("class"))]


def test_the_limits_are_drawn_as_far_up_as_the_bars_reach() -> None:
    assert limits_of(range(6)) == ["limit acceptable"]
    assert limits_of(range(7)) == ["limit acceptable", "limit manageable"]
    assert limits_of(range(13)) == ["limit acceptable", "limit manageable", "limit too_many"]


def test_a_bar_is_as_long_as_its_count(found: AlarmFigures) -> None:
    drawn = ElementTree.fromstring(hours_picture(found, ENGLISH))
    first = next(iter(drawn.iter("rect")))
    # 13 managed alarms in the first hour on a scale up to 32, which ends above the limit of 30.
    assert float(str(first.get("height"))) == pytest.approx(200 * 13 / 32, abs=0.01)


def test_of_a_long_period_each_day_shows_its_busiest_hour() -> None:
    found = figures(told([0, 1, 70, 71, 72, DAY + 5]), 40 * DAY)
    drawn = ElementTree.fromstring(hours_picture(found, ENGLISH))
    titles = [str(bar.findtext("title")) for bar in drawn.iter("rect")]
    assert titles == ["2026-10-26 21:00 · 3", "2026-10-27 20:00 · 1"]


def test_every_text_is_there_in_both_languages_and_everything_that_is_named_has_one() -> None:
    texts = words(TEXTS)
    for key, said in texts.items():
        assert set(said) == {"en", "zh"}, key
        assert set(re.findall(r"{\w+}", said["en"])) == set(re.findall(r"{\w+}", said["zh"])), key
    assert {f"closed_{reason}" for reason in CloseReason} <= texts.keys()
    assert {f"state_{state}" for state in State if state is not State.NORMAL} <= texts.keys()
    suppressors = ("planned_stop", "out_of_window", "maintenance", "supervisor", "outage", "power")
    assert {f"suppressed_{kind}" for kind in (*suppressors, "flapping", "shelved", "flood")} <= texts.keys()
