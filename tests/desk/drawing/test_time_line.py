"""Transactions on a time axis: everything in its place, nothing lost, readable whatever comes."""

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.drawing.hours import Span, axis
from desk.drawing.marks import Use, gathered
from desk.drawing.time_line import Moment, TimeLineWords, time_line
from tests.desk.drawing.seen import boxes, faults, marks, root, texts, titles

HOUR_MS = 3_600_000
# 2026-09-18 12:00 in Shanghai.
NOON_MS = 1_789_704_000_000
DAY = (NOON_MS - 12 * HOUR_MS, NOON_MS + 12 * HOUR_MS)
WORDS = TimeLineWords(
    title="Transactions around the case",
    description="Two cards",
    flagged="named by an alert",
    usual="other",
    declined="declined",
    remote="card not present",
    together="several together",
    nothing="nothing in this time",
    others=lambda count: f"{count} others",
    several=lambda count, from_ms, to_ms: f"{count} uses",
)

uses = st.lists(
    st.builds(
        Use,
        at_ms=st.integers(DAY[0] - HOUR_MS, DAY[1] + HOUR_MS),
        lane=st.sampled_from([f"crd-{number}" for number in range(12)]),
        amount_minor=st.integers(0, 10**15),
        currency=st.sampled_from(["CNY", "JPY", "KWD", "USD", "XXX"]),
        title=st.text(),
        flagged=st.booleans(),
        declined=st.booleans(),
        remote=st.booleans(),
    ),
    max_size=60,
)


def use(at_ms: int = NOON_MS, lane: str = "crd-a", amount_minor: int = 10_000, **more: object) -> Use:
    return Use(at_ms, lane, amount_minor, "CNY", f"{lane} at {at_ms}", **more)  # type: ignore[arg-type]


def drawn(given: list[Use], **more: object) -> str:
    return time_line(given, DAY, "Asia/Shanghai", WORDS, home="CNY", **more)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(
    uses,
    st.dictionaries(st.sampled_from(["crd-0", "crd-1"]), st.text()),
    st.lists(st.builds(Moment, st.integers(*DAY), st.text(max_size=40)), max_size=4),
    st.integers(480, 1400),
    st.integers(12, 80),
)
def test_whatever_comes_lies_within_the_picture_and_no_text_lies_on_another(
    given: list[Use], names: dict[str, str], moments: list[Moment], width: int, most: int
) -> None:
    svg = drawn(given, lane_names=names, moments=moments, width=float(width), most_marks=most)
    assert faults(svg) == []


@settings(max_examples=25, deadline=None)
@given(uses, st.integers(24, 80))
def test_no_more_signs_than_asked_for_and_no_use_is_lost(given: list[Use], most: int) -> None:
    within = [each for each in given if DAY[0] <= each.at_ms <= DAY[1]]
    signs = gathered(within, Span(*DAY, 0, 1000), most, "CNY")
    assert len(signs) <= most
    assert sum(each.uses for each in signs) == len(within)
    assert Counter(each.lane for each in within) == sum(
        (Counter({each.lane: each.uses}) for each in signs), Counter()
    )


def test_a_text_that_looks_like_markup_is_text() -> None:
    svg = drawn(
        [use()._replace(title='</title><script>alert("1")</script>\x00')],
        lane_names={"crd-a": "<b>&amp;"},
        moments=[Moment(NOON_MS, '"><style>')],
    )
    assert faults(svg) == []
    assert '</title><script>alert("1")</script>\N{REPLACEMENT CHARACTER}' in titles(svg)
    assert texts(svg, "lane-name") == ["<b>&amp;"]
    assert texts(svg, "moment-name") == ['"><style>']


def test_flagged_declined_and_remote_uses_look_different_without_colour() -> None:
    svg = drawn([use(), use(flagged=True), use(declined=True), use(remote=True)])
    in_lanes = [
        (shape.tag, shape.get("r"), "mark-hollow" in shape.get("class", ""))
        for group in root(svg).iter("g")
        for shape in group
        if "mark" in shape.get("class", "").split()
    ]
    assert sorted(map(str, in_lanes)) == sorted(
        map(
            str,
            [
                ("circle", "4", False),
                ("circle", "5.5", False),
                ("circle", "4", True),
                ("polygon", None, False),
            ],
        )
    )
    assert texts(svg, "key") == [WORDS.flagged, WORDS.usual, WORDS.declined, WORDS.remote]


def test_the_larger_amount_stands_higher_by_its_power_of_ten_in_any_currency() -> None:
    # 100 yuan, 10 000 yuan, and 100 000 yen, which are about 10 000 yuan.
    yen = use(NOON_MS + 2 * HOUR_MS)._replace(amount_minor=100_000, currency="JPY")
    svg = drawn([use(), use(NOON_MS + HOUR_MS, amount_minor=1_000_000), yen])
    low, high, foreign = (float(group.findall("circle")[0].attrib["cy"]) for group in root(svg).iter("g"))
    assert foreign == high < low


def test_cards_with_flagged_uses_come_first_and_the_last_lane_has_the_rest() -> None:
    many = [use(NOON_MS + number, f"crd-{number:02d}") for number in range(20)]
    svg = drawn([*many, use(DAY[1], "crd-flagged", flagged=True)], most_lanes=4)
    assert texts(svg, "lane-name") == ["crd-flagged", "crd-00", "crd-01", "18 others"]


def test_beyond_the_most_marks_neighbours_become_one_and_flagged_ones_stay_alone() -> None:
    crowd = [use(DAY[0] + number * 1000) for number in range(2000)]
    svg = drawn([*crowd, use(flagged=True)], most_marks=100)
    lane = [each for each in titles(svg) if each.endswith(" uses")]
    assert sum(int(each.split()[0]) for each in lane) + len(titles(svg)) - len(lane) == 2001
    assert len(titles(svg)) <= 100
    assert f"crd-a at {NOON_MS}" in titles(svg)
    assert WORDS.together in texts(svg, "key")


def test_no_transactions_are_said_to_be_none() -> None:
    assert WORDS.nothing in texts(drawn([]))
    assert WORDS.nothing in texts(drawn([use(DAY[1] + 1)]))


def test_hours_and_days_are_those_of_the_zone() -> None:
    svg = drawn([use()])
    assert "00:00" in texts(svg, "tick")
    assert texts(svg, "day-name") == ["2026-09-18"]
    (noon,) = [box for said, box in boxes(svg, "tick") if said == "12:00"]
    (mark,) = root(svg).iter("g")
    assert abs((noon.left + noon.right) / 2 - float(mark.findall("circle")[0].attrib["cx"])) < 0.1


def test_an_hour_that_the_clocks_leave_out_has_no_tick() -> None:
    # In Berlin the clocks go from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
    midnight_ms = 1_774_738_800_000
    span = Span(midnight_ms, midnight_ms + 6 * HOUR_MS, 0, 800)
    said = [
        each.text for each in root(f"<svg>{''.join(axis(span, 'Europe/Berlin', 0, 10))}</svg>").iter("text")
    ]
    assert [each for each in said if each and each.startswith("0")] == [
        *("00:30", "01:00", "01:30", "03:00", "03:30", "04:00", "04:30", "05:00", "05:30", "06:00"),
        *("06:30", "07:00"),
    ]


def test_many_days_have_names_only_where_there_is_room() -> None:
    year = (NOON_MS - 200 * 24 * HOUR_MS, NOON_MS + 165 * 24 * HOUR_MS)
    svg = time_line([use()], year, "Asia/Shanghai", WORDS, home="CNY")
    assert faults(svg) == []
    assert 5 <= len(texts(svg, "day-name")) <= 12
    assert len(marks(svg, "day")) <= 12


def test_the_words_are_the_callers() -> None:
    chinese = replace(WORDS, title="案件前后的交易", flagged="被警报点名")
    svg = time_line([use(flagged=True)], DAY, "Asia/Shanghai", chinese, home="CNY")
    assert root(svg).findtext("title") == "案件前后的交易"
    assert "被警报点名" in texts(svg, "key")
