"""The few figures of a report that a decision rests on, out of the JSON that is written beside its page."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from desk.approvals.differences import flat

_SHARES = frozenset({"precision", "recall", "f1", "average_precision", "caught_share"})
_OF_PROFILE = ("alerts", "precision", "recall", "f1", "average_precision")
_OF_DESK = ("calls_a_day", "cases", "late")
_MOST = 16


class KeyFigure(NamedTuple):
    """A figure, with a value for each column; `share` is one of 1."""

    name: str
    values: tuple[float | str | None, ...]
    share: bool = False


class KeyFigures(NamedTuple):
    """What a report says in a few rows; `columns` are what it compares, a single empty one for nothing."""

    columns: tuple[str, ...]
    rows: tuple[KeyFigure, ...]


def key_figures(report: Mapping[str, Any] | None) -> KeyFigures | None:
    """Give the key figures of a backtest, a shadow run, a comparison or a tuning, or plain numbers."""
    if not report:
        return None
    if isinstance(profiles := report.get("profiles"), list) and profiles:
        return _of_backtest(profiles)
    if "live_per_day" in report:
        return _of_shadow(report)
    if isinstance(total := report.get("total"), Mapping) and {"a", "b"} <= total.keys():
        return KeyFigures(("now", "new"), tuple(_compared(total)))
    if isinstance(report.get("base"), Mapping) and isinstance(report.get("later"), Mapping):
        return _of_tuning(report)
    rows = tuple(
        KeyFigure(name, (value,), name.rpartition(".")[2] in _SHARES)
        for name, value in flat(report)
        if isinstance(value, int | float) and not isinstance(value, bool)
    )
    return KeyFigures(("",), rows[:_MOST]) if rows else None


def _of_backtest(profiles: list[Any]) -> KeyFigures:
    said = [each for each in profiles if isinstance(each, Mapping)]
    names = tuple(str(each.get("label") or each.get("name") or "") for each in said)
    rows = [*_row(_OF_PROFILE, said, "figures"), *_row(_OF_DESK, said, "desk")]
    return KeyFigures(names, tuple(rows))


def _of_shadow(report: Mapping[str, Any]) -> KeyFigures:
    total = report.get("differences", {}).get("total", {})
    rows = [KeyFigure("alerts_a_day", (report["live_per_day"], report.get("shadow_per_day")))]
    rows += _compared(total)
    return KeyFigures(("live", "shadow"), tuple(rows))


def _compared(total: Mapping[str, Any]) -> Iterator[KeyFigure]:
    """Say how alerts of two runs differ."""
    if {"a", "b"} <= total.keys():
        yield KeyFigure("alerts", (total["a"], total["b"]))
    yield from (KeyFigure(name, (None, total[name])) for name in ("appeared", "vanished") if name in total)


def _of_tuning(report: Mapping[str, Any]) -> KeyFigures:
    chosen = report.get("chosen")
    said = [
        each["later"] for each in (report["base"], chosen) if each and isinstance(each.get("later"), dict)
    ]
    names = ("calls_a_day", "caught_share", "precision", "recall")
    rows = tuple(
        KeyFigure(name, tuple(each.get(name) for each in said), name in _SHARES) for name in names if said
    )
    return KeyFigures(("base", "chosen")[: len(said)], rows)


def _row(names: tuple[str, ...], said: list[Any], part: str) -> Iterator[KeyFigure]:
    for name in names:
        values = tuple((each.get(part) or {}).get(name) for each in said)
        if any(value is not None for value in values):
            yield KeyFigure(name, values, name in _SHARES)
