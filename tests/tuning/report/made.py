# ruff: noqa: RUF001 (Chinese has its own commas)
"""A report with every kind of part and picture, from figures that follow from their place alone."""

from datetime import date, timedelta
from math import exp, sin

from tuning.report.axes import Axis
from tuning.report.page import Chart, KeyFigure, KeyFigures, Notice, Report, Section, Table, Words
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

START_MS = 1_788_220_800_000  # 2026-09-01 in UTC
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
DETECTORS = ("amount_outlier", "burst", "card_testing", "impossible_travel", "merchant_probing", "new_device")
ALERTS = Words("Alerts", "告警数")
TIME = Axis(Words("Time", "时间"), "time", zone="Asia/Taipei")


def _wave(index: int, step: float) -> float:
    return 0.5 + 0.5 * sin(index * step)


def bars_picture(days: int = 30) -> Chart:
    return bars(
        Words("Alerts by day", "每日告警数"),
        {
            name: {
                date(2026, 9, 1) + timedelta(days=day): round(40 * _wave(day, 0.3 + at / 7) + 5 * at)
                for day in range(days)
            }
            for at, name in enumerate(DETECTORS)
        },
        Axis(ALERTS),
        about=Words(
            "Each colour is a detector; a day begins at midnight in Taipei.",
            "每种颜色代表一个检测器；每天从台北时间零点开始。",
        ),
    )


def lines_picture() -> Chart:
    series = {
        Words("Baseline", "基准"): [
            (START_MS + day * DAY_MS, 0.55 + 0.2 * _wave(day, 0.4)) for day in range(30)
        ],
        Words("Candidate", "候选"): [
            (START_MS + day * DAY_MS, 0.62 + 0.25 * _wave(day, 0.37)) for day in range(30)
        ],
    }
    bands = {name: [(x, y - 0.06, y + 0.05) for x, y in pairs] for name, pairs in series.items()}
    return lines(
        Words("Recall by day", "每日召回率"),
        series,
        TIME,
        Axis(Words("Recall", "召回率"), "percent", low=0, high=1),
        about=Words("The band is the 95 % interval.", "阴影为 95% 置信区间。"),
        bands=bands,
        levels=(
            Level(
                Words("Tuned before, reported after", "此前用于调参，此后用于报告"),
                START_MS + 20 * DAY_MS,
                along=False,
            ),
        ),
    )


def dots_picture() -> Chart:
    measures = (
        Words("Precision", "精确率"),
        Words("Recall", "召回率"),
        "F1",
        Words("Card precision at 100 a day", "每日前 100 张卡精确率"),
    )
    return dots_with_intervals(
        Words("How sure the figures are", "各指标的置信区间"),
        [
            Dot(name, point := 0.3 + 0.12 * at + 0.06 * number, point - 0.05, point + 0.07, profile)
            for at, name in enumerate(measures)
            for number, profile in enumerate(("baseline", "candidate"))
        ],
        Axis(Words("Share", "占比"), "percent", low=0, high=1),
        about=Words("95 % intervals from whole days drawn again.", "按整天重抽样得到的 95% 区间。"),
    )


def scatter_picture(count: int = 24) -> Chart:
    return scatter(
        Words("Calls a day against loss caught", "每日外呼量与拦截损失"),
        [
            Point(
                f"limit={2 + index % 6}, window={(index // 6 + 1) * 5}min",
                120 * exp(-0.3 * (index % 6)) + 4 * (index // 6),
                1_000_000_00 * (1 - exp(-(6 - index % 6) / 3)) - 3_000_000 * _wave(index, 1.7),
                chosen=index == 9,
            )
            for index in range(count)
        ],
        Axis(Words("Calls a day", "每日外呼量"), low=0),
        Axis(Words("Loss caught", "拦截损失"), "money", "CNY"),
        about=Words(
            "Less calls and more loss caught is better: up and to the left.",
            "外呼越少、拦截损失越多越好：越靠左上越优。",
        ),
    )


def heat_picture() -> Chart:
    return heat(
        Words("How far detectors fire on the same cards", "各检测器命中同一批卡的程度"),
        DETECTORS,
        [
            [
                1.0 if row == column else 0.8 * _wave(row * 3 + column, 1.1) if (row + column) % 7 else None
                for column in range(len(DETECTORS))
            ]
            for row in range(len(DETECTORS))
        ],
        Axis(Words("Share of the row's cards", "占该行卡数比例"), "percent"),
        about=Words(
            "Of the cards of the row, how many the column alerts as well.", "在该行的卡中，该列也命中的比例。"
        ),
    )


def staff_picture(hours: int = 72) -> Chart:
    return hours_against_staff(
        Words("Agents needed by hour, against who is on duty", "每小时所需人数与在岗人数"),
        (
            Words("Agents needed", "所需人数"),
            [(START_MS + hour * HOUR_MS, round(12 * _wave(hour, 0.26))) for hour in range(hours)],
        ),
        (
            Words("On duty", "在岗人数"),
            [(START_MS + hour * HOUR_MS, 6 + 3 * (hour // 8 % 3)) for hour in range(0, hours, 8)],
        ),
        Axis(Words("Agents", "人数")),
        zone="Asia/Taipei",
        about=Words(
            "Red is what the shift cannot answer within 20 s.", "红色部分为当班无法在 20 秒内接起的量。"
        ),
    )


def timeline_picture() -> Chart:
    return timeline(
        Words("Alerts that appear and vanish", "新增与消失的告警"),
        [
            Mark(
                START_MS + int(20 * DAY_MS * _wave(index, 0.71)),
                DETECTORS[index % 5],
                ("appears", "vanishes", "moves")[index * 7 % 11 % 3],
            )
            for index in range(400)
        ],
        zone="Asia/Taipei",
        about=Words(
            "Up: only the second run has it. Down: only the first.",
            "向上：仅第二次运行有；向下：仅第一次运行有。",
        ),
    )


def report() -> Report:
    return Report(
        Words("Two profiles over September", "两套配置在九月的回测"),
        (
            Words(
                "The candidate catches more with fewer calls, and the difference is beyond noise.",
                "候选配置以更少的外呼拦截更多损失，差异超出噪声范围。",
            ),
        ),
        (
            Section(
                Words("In short", "摘要"),
                (Words("What the desk would feel.", "外呼台的实际感受。"),),
                (
                    KeyFigures(
                        (
                            KeyFigure(
                                Words("Recall", "召回率"),
                                "81.2 %",
                                Words("76.0 % to 85.9 %", "76.0 % 至 85.9 %"),
                            ),
                            KeyFigure(
                                Words("Calls a shift", "每班外呼量"), "143", Words("21 fewer", "减少 21")
                            ),
                            KeyFigure(Words("Agents needed", "所需人数"), "12"),
                            KeyFigure(Words("Loss before contact", "联系前损失"), "CNY 1,204,331.50"),
                        )
                    ),
                    Notice(
                        Words(
                            "Recall of burst is within noise: 11 frauds in all.",
                            "burst 的召回率在噪声范围内：总共仅 11 笔欺诈。",
                        )
                    ),
                    Notice(
                        Words("All labels were known by the last day.", "所有标签在最后一天前均已确认。"),
                        "good",
                    ),
                    Table(
                        Words("By detector", "按检测器"),
                        (
                            Words("Detector", "检测器"),
                            ALERTS,
                            Words("Precision", "精确率"),
                            Words("Note", "备注"),
                        ),
                        tuple(
                            (
                                name,
                                f"{1234 * at:,}",
                                f"{50 + at:.1f} %",
                                Words("within noise", "噪声内") if at % 2 else "",
                            )
                            for at, name in enumerate(DETECTORS)
                        ),
                    ),
                    Table(Words("Nothing", "空表"), (ALERTS,), ()),
                ),
            ),
            Section(Words("Alerts", "告警"), (), (bars_picture(), timeline_picture(), heat_picture())),
            Section(Words("Quality", "质量"), (), (lines_picture(), dots_picture())),
            Section(Words("The desk", "外呼台"), (), (scatter_picture(), staff_picture())),
        ),
        ((Words("Events", "事件"), "replay_data/september.jsonl.zst"), (Words("Seed", "随机种子"), "7")),
    )
