"""The report's page and records, from one small month."""

import re
from datetime import date
from xml.etree import ElementTree

import pytest

from devices.availability_page import availability_page
from devices.availability_records import availability_records
from devices.buckets import BUCKETS, CAUSES
from devices.month import Month, MonthOfFleet, month_of_fleet
from devices.pictures import days_picture, trend_picture, worst_picture
from devices.wording import Wording, words
from tests.devices.made import CODES, MIDNIGHT, alive, device, site, told, watch


@pytest.fixture(scope="module")
def found() -> MonthOfFleet:
    names = ["atm-1", "atm-<2>"]
    records = [device(id=name, effective_at=MIDNIGHT, model="m&m") for name in names]
    events = [event for name in names for event in alive(0, 1440, on=name)]
    events += [told(60, "epp_fail", on="atm-<2>"), told(300, "receipt_out", on="atm-<2>")]
    last = date(2026, 10, 5)
    return month_of_fleet(watch(events, *records, site()), Month(2026, 10), last=last, months_before=1)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(found, language):
    page = availability_page(found, Wording(language, CODES))
    assert "<script" not in page
    assert not re.search(r"(?:src|href)\s*=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_names_from_outside_are_written_as_text(found):
    page = availability_page(found, Wording("en", CODES))
    assert "atm-<2>" not in page
    assert "atm-&lt;2&gt;" in page
    assert "m&amp;m" in page


def test_the_assessed_rate_never_stands_without_the_service_rate_and_its_excuses(found):
    page = availability_page(found, Wording("en", CODES))
    # 60 of 1440 and 1440 of 1440 minutes: 1500 of 2880; all but the paper is excused.
    assert "52.08 %" in page
    assert "100.00 %" in page
    assert "PIN pad faulty" in page


def test_the_chinese_page_names_codes_buckets_and_figures_in_chinese(found):
    page = availability_page(found, Wording("zh", CODES))
    for said in ("全功能服务率", "考核开机率", "故障设备台数", "密码键盘故障", "硬故障", 'lang="zh-Hans"'):
        assert said in page


@pytest.mark.parametrize("picture", [days_picture, trend_picture, worst_picture])
def test_a_picture_is_sound_and_stays_within_its_frame(found, picture):
    drawn = ElementTree.fromstring(picture(found, Wording("en", CODES)))
    _, _, width, height = map(float, drawn.get("viewBox").split())
    bars = list(drawn.iter("rect"))
    assert bars
    for bar in bars:
        x, y, wide, high = (float(bar.get(name)) for name in ("x", "y", "width", "height"))
        assert min(x, y, wide, high) >= 0
        assert x + wide <= width + 0.01
        assert y + high <= height + 0.01
        assert bar.find("title").text


def test_a_bar_is_as_long_as_its_share(found):
    drawn = ElementTree.fromstring(days_picture(found, Wording("en", CODES)))
    (bar,) = (bar for bar in drawn.iter("rect") if bar.get("class") == "bucket-hard_fault")
    # 1380 of 2880 minutes are 47.9 %, on a scale up to 50 %, of 200 points.
    assert float(bar.get("height")) == pytest.approx(200 * (1380 / 2880) / 0.5, abs=0.01)


def test_an_empty_month_is_a_page_too():
    empty = month_of_fleet(watch([], device(kind="kiosk"), site()), Month(2026, 10))
    page = availability_page(empty, Wording("en", CODES))
    assert "No time was lost." in page
    assert "nothing asked for" in page


def test_every_text_is_there_in_both_languages_and_every_bucket_and_cause_has_a_name():
    for key, said in words().items():
        assert set(said) == {"en", "zh"}, key
        assert set(re.findall(r"{\w+}", said["en"])) == set(re.findall(r"{\w+}", said["zh"])), key
    for language in ("en", "zh"):
        wording = Wording(language, CODES)
        assert all(wording.bucket(bucket) for bucket in BUCKETS)
        assert all(wording.cause(cause) for cause in (*CAUSES, *CODES.codes))


def test_records_hold_each_figure_with_its_parts(found):
    records = list(availability_records(found))
    fleet = records[0]
    # atm-<2> has worked for 60 of its 1440 minutes; the other all day.
    assert fleet["service_rate"] == {
        "value": pytest.approx(1500 / 2880),
        "numerator_minutes": 1500,
        "denominator_minutes": 2880,
    }
    assert (fleet["devices_with_a_fault"], fleet["failures"], fleet["unrestored"]) == (1, 1, 1)
    assert fleet["mttr"]["count"] == 0
    assert sum(fleet["minutes"].values()) == 2880
    kinds = [record["record"] for record in records]
    assert kinds == ["fleet", "excuse", "day", "device", "device", "failure", "month", "month"]
    assert [record["devices_with_a_fault"] for record in records[-2:]] == [0, 1]
