"""Columns, lines, gauges and strips: within their pictures, with the figures that they stand for."""

from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import desk.drawing
from desk.drawing.bars import BarWords, Column, Limit, bars
from desk.drawing.gauge import Target, gauge
from desk.drawing.ledger import LedgerWords, Stretch, Strip, ledger
from desk.drawing.spark import spark
from desk.drawing.svg import cut, text_width
from devices.buckets import Bucket
from tests.desk.drawing.seen import faults, marks, texts, titles

HOUR_MS = 3_600_000
MIDNIGHT_MS = 1_789_660_800_000  # of 2026-09-18 in Shanghai
DAY = (MIDNIGHT_MS, MIDNIGHT_MS + 24 * HOUR_MS)
CSS = (Path(desk.drawing.__file__).parent.parent / "static" / "drawing.css").read_text("utf-8")
BARS = BarWords(title="Alerts an hour", description="Today")
DAY_WORDS = LedgerWords(
    title="The device's day",
    description="By state",
    kinds={
        "bucket-hard_fault": "faulty",
        "bucket-full": "working",
        "bucket-out_of_window": "outside hours",
    },
    lasted=lambda length_ms: f"{length_ms / HOUR_MS:g} h",
    now="now",
)

figures = st.one_of(st.none(), st.just(0.0), st.floats(1, 10**9), st.integers(0, 10**6))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.builds(Column, st.text(max_size=20), figures, st.text(max_size=20)), max_size=40),
    st.lists(st.builds(Limit, st.floats(1, 10**6), st.text(max_size=40)), max_size=2),
    st.integers(200, 900),
)
def test_columns_lie_within_their_picture(columns: list[Column], limits: list[Limit], width: int) -> None:
    svg = bars(columns, BARS, limits=limits, width=float(width))
    assert faults(svg, texts_apart=("key",)) == []


def test_a_column_is_as_high_as_its_figure_and_what_is_not_known_is_no_zero() -> None:
    svg = bars([Column("a", 10, "ten"), Column("b", 20, "twenty"), Column("c", None, "")], BARS)
    low, high = (float(each.attrib["height"]) for each in marks(svg, "mark"))
    assert high == pytest.approx(2 * low, rel=0.001)
    assert titles(svg) == ["ten", "twenty"]
    assert texts(svg, "soft") == ["?"]
    assert texts(svg, "figure") == ["10", "20"]


def test_a_limit_is_a_line_at_its_height_with_a_key() -> None:
    svg = bars([Column("a", 10, "")], BARS, limits=[Limit(10, "ten at most")])
    line, _ = marks(svg, "limit")
    (column,) = marks(svg, "mark")
    assert line.attrib["y1"] == column.attrib["y"]
    assert texts(svg, "key") == ["ten at most"]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(-(10**6), 10**9)), max_size=50),
    st.one_of(st.none(), st.floats(-10, 10**6)),
)
def test_a_line_lies_within_its_picture(values: list[float | None], limit: float | None) -> None:
    assert faults(spark(values, "alerts", limit=limit)) == []


def test_a_line_is_broken_where_nothing_is_known_and_its_end_tells_of_the_limit() -> None:
    svg = spark([1, 2, None, 3, 4], "alerts", limit=3.5)
    assert len(marks(svg, "spark-line")) == 2
    assert [each.attrib["class"] for each in marks(svg, "mark")] == ["mark mark-bad"]
    assert "mark-usual" in spark([1, 2], "alerts", limit=3.5)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1), st.text(max_size=20), st.booleans())
def test_a_gauge_lies_within_its_picture(
    numerator: int, denominator: int, share: float, said: str, at_most: bool
) -> None:
    target = Target(share=share, said=said, at_most=at_most)
    assert faults(gauge(numerator, denominator, "answered", target=target)) == []


def test_a_gauge_shows_both_figures_and_whether_the_target_is_met() -> None:
    svg = gauge(47, 50, "answered", target=Target(share=0.9, said="at least 90 %"))
    assert texts(svg, "figure") == ["47 / 50", "94.0 %"]
    (filled,) = marks(svg, "mark-good")
    (ground,) = marks(svg, "gauge-ground")
    assert float(filled.attrib["width"]) == pytest.approx(0.94 * float(ground.attrib["width"]), abs=0.01)
    too_many = gauge(4, 50, "abandoned", target=Target(share=0.05, said="", at_most=True))
    assert len(marks(too_many, "mark-bad")) == 1


def test_of_nothing_there_is_no_share() -> None:
    svg = gauge(0, 0, "answered", target=Target(share=0.9, said=""))
    assert texts(svg, "figure") == ["0 / 0", "-"]
    assert marks(svg, "mark") == []


stretches = st.lists(
    st.tuples(
        st.integers(-60, 1500), st.integers(0, 600), st.sampled_from(list(DAY_WORDS.kinds)), st.text()
    ).map(
        lambda said: Stretch(
            MIDNIGHT_MS + said[0] * 60_000, MIDNIGHT_MS + (said[0] + said[1]) * 60_000, said[2], said[3]
        )
    ),
    max_size=20,
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.builds(Strip, st.text(max_size=30), stretches), max_size=4),
    st.integers(0, 1440),
    st.integers(480, 1300),
)
def test_a_day_lies_within_its_picture(strips: list[Strip], now: int, width: int) -> None:
    now_ms = MIDNIGHT_MS + now * 60_000
    svg = ledger(strips, DAY, "Asia/Shanghai", DAY_WORDS, now_ms=now_ms, width=float(width))
    assert faults(svg) == []


def test_a_day_shows_each_state_for_as_long_as_it_lasted() -> None:
    at = [MIDNIGHT_MS + hour * HOUR_MS for hour in (0, 6, 18, 24)]
    kinds = ("bucket-out_of_window", "bucket-full", "bucket-hard_fault")
    strip = Strip(
        "ATM-1",
        [Stretch(*span, kind, kind) for span, kind in zip(pairwise(at), kinds, strict=True)],
    )
    svg = ledger([strip], DAY, "Asia/Shanghai", DAY_WORDS)
    drawn = {
        each.attrib["class"].split()[1]: float(each.attrib["width"])
        for each in marks(svg, "state")
        if each.findall("title")
    }
    assert drawn["bucket-full"] == pytest.approx(2 * drawn["bucket-hard_fault"], abs=0.02)
    assert texts(svg, "key") == ["faulty 6 h", "working 12 h", "outside hours 6 h"]


def test_a_fault_of_seconds_can_be_seen_and_lies_over_what_is_less_grave() -> None:
    strip = Strip(
        "ATM-1",
        [
            Stretch(MIDNIGHT_MS + 1000, MIDNIGHT_MS + 3000, "bucket-hard_fault", "jam"),
            Stretch(DAY[0], DAY[1], "bucket-full", "working"),
        ],
    )
    svg = ledger([strip], DAY, "Asia/Shanghai", DAY_WORDS)
    assert titles(svg) == ["working", "jam"]
    assert float(marks(svg, "bucket-hard_fault")[0].attrib["width"]) >= 1.5


def test_a_state_without_a_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'bucket-odd' is none of bucket-hard_fault"):
        ledger([Strip("", [Stretch(*DAY, "bucket-odd", "")])], DAY, "UTC", DAY_WORDS)


@pytest.mark.parametrize("bucket", get_args(Bucket))
def test_every_state_of_a_device_has_a_colour(bucket: str) -> None:
    assert f".drawing .bucket-{bucket} {{ fill: var(--d-" in CSS


def test_every_colour_is_there_in_light_dark_and_on_paper() -> None:
    asked = {part.split(")")[0] for part in CSS.split("var(")[1:]}
    for theme in CSS.split(":root")[1:]:
        if "--d-ink:" in theme.split("}")[0]:
            assert (
                asked
                - {each.split(":")[0].strip() for each in theme.split("}")[0].replace("{", ";").split(";")}
                == set()
            )


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours as WCAG 2.2 defines it."""

    def light(colour: str) -> float:
        full = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
        parts = [int(full[at : at + 2], 16) / 255 for at in (0, 2, 4)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def themes() -> list[dict[str, str]]:
    blocks = [part.split("{", 1)[1].split("}")[0] for part in CSS.split(":root")[1:] if "--d-ink:" in part]
    return [
        dict(each.strip().split(": ") for each in block.split(";") if each.strip().startswith("--d-"))
        for block in blocks
    ]


@pytest.mark.parametrize("theme", themes())
def test_texts_and_marks_stand_out_from_their_ground(theme: dict[str, str]) -> None:
    ground = theme["--d-ground"]
    for text in ("ink", "quiet", "bad", "moment"):
        assert contrast(theme[f"--d-{text}"], ground) >= 4.5, text
    for mark in ("usual", "bad", "warn", "good", "band-0", "band-1", "band-2", "hard", "host"):
        assert contrast(theme[f"--d-{mark}"], ground) >= 3, mark
    for mark in ("bad", "warn"):
        assert contrast(theme["--d-on-mark"], theme[f"--d-{mark}"]) >= 3, mark


@given(st.text(), st.floats(0, 400))
def test_a_text_that_is_cut_has_room(said: str, width: float) -> None:
    assert text_width(cut(said, width)) <= width
