"""The figures of a backtest as a table for the screen: a column for each profile, and how they differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from rich.box import SIMPLE
from rich.table import Table

from domain.money import money_words
from tuning.backtest.judged import Backtested, Difference, ProfileResult
from tuning.measures.days import alerts_a_day
from tuning.measures.figures import Contribution
from tuning.report.numerals import number, percent

_SHARES = frozenset({"precision", "recall"})


def result_table(found: Backtested) -> Table:
    """Give the figures overall, and those of each detector."""
    table = Table(
        box=SIMPLE,
        pad_edge=False,
        title=f"{found.first_day} to {found.last_day}, judged by what was known at {found.until}",
        caption=f"{found.labels_known:,} of {found.labels:,} labels known, {found.frauds_known:,} of fraud",
    )
    table.add_column("")
    for profile in found.profiles:
        table.add_column(profile.label, justify="right")
    if found.differences:
        table.add_column("difference (95 %)", justify="right", no_wrap=True)
    for name, figure, of in _rows(found):
        cells = [of(profile) for profile in found.profiles]
        table.add_row(name, *cells, *_difference(found.differences, figure))
    for detector in sorted({each.detector for profile in found.profiles for each in profile.detectors}):
        table.add_section()
        for name, told in _DETECTOR_ROWS.items():
            table.add_row(
                f"{detector}: {name}", *(_of(profile, detector, told) for profile in found.profiles)
            )
    return table


_Row = tuple[str, str, Callable[[ProfileResult], str]]


def _rows(found: Backtested) -> Iterator[_Row]:
    """Give what each row is called, which difference stands in it, and its figure of a profile."""
    yield "alerts", "", lambda each: f"{each.figures.alerts:,}"
    yield "alerts a day", "alerts_a_day", lambda each: number(alerts_a_day(each.days), 1)
    yield "unlabelled alerts", "", lambda each: f"{each.figures.unlabelled:,}"
    yield "precision", "precision", lambda each: percent(each.figures.precision)
    yield "recall", "recall", lambda each: percent(each.figures.recall)
    yield "F1", "", lambda each: number(each.figures.f1)
    yield "average precision", "", lambda each: number(each.figures.average_precision)
    for most in found.profiles[0].figures.card_precision:
        yield f"card precision at {most}", "", partial(_card_precision, most)
    yield "card-days: precision", "", lambda each: percent(each.figures.card_days.precision)
    yield "card-days: recall", "", lambda each: percent(each.figures.card_days.recall)
    for currency, minor in found.profiles[0].figures.value_all_minor.items():
        name = f"value found, of {money_words(minor, currency)}"
        yield name, "", partial(_value, currency)
    yield "cases", "", lambda each: f"{each.desk.cases:,}"
    yield "calls a day", "calls_a_day", lambda each: number(each.desk.calls_a_day, 1)
    yield "agents needed at the worst hour", "", lambda each: f"{each.desk.positions:,}"
    yield "cases taken up late", "", lambda each: f"{each.desk.late:,}"
    yield "at stake when taken up", "", lambda each: _money(each.desk.at_stake_minor)
    yield "lost before first contact", "", lambda each: _money(each.desk.lost_minor)


def _card_precision(most: int, profile: ProfileResult) -> str:
    return percent(profile.figures.card_precision[most])


def _value(currency: str, profile: ProfileResult) -> str:
    return money_words(profile.figures.value_minor.get(currency, 0), currency)


def _money(amounts: Mapping[str, int]) -> str:
    return ", ".join(money_words(minor, currency) for currency, minor in amounts.items()) or "-"


_DETECTOR_ROWS: dict[str, Callable[[Contribution], str]] = {
    "alerts": lambda each: f"{each.alone.alerts:,}",
    "precision": lambda each: percent(each.alone.precision),
    "recall": lambda each: percent(each.alone.recall),
    "frauds only it finds": lambda each: f"{each.only_found:,}",
}


def _of(profile: ProfileResult, detector: str, told: Callable[[Contribution], str]) -> str:
    return next((told(each) for each in profile.detectors if each.detector == detector), "-")


def _difference(differences: Sequence[Difference], figure: str) -> Iterator[str]:
    """Say by how much each profile differs from the first, and whether that may be noise."""
    if differences:
        yield "\n".join(_words(each) for each in differences if each.figure == figure)


def _words(difference: Difference) -> str:
    if difference.low is None or difference.point is None or difference.high is None:
        return "-"
    write = _points if difference.figure in _SHARES else _plain
    low, point, high = map(write, (difference.low, difference.point, difference.high))
    return f"{point} ({low} to {high})" + (", noise" if difference.noise else "")


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"


def _plain(value: float) -> str:
    return f"{value:+,.1f}"
