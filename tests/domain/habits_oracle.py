"""Every feature of a use from the customer's whole history before it: sums over lists, and no state."""

from typing import NamedTuple

import numpy as np
from hypothesis import assume

from domain.events import CARD_PRESENT, Transaction
from domain.places import EARTH_RADIUS_KM
from domain.risk_features import CHANNELS, COUNTRIES, ENTRIES, TYPES
from domain.tables import TerminalRecord

DAY_MS = 86_400_000
HALF_YEAR_MS = 180 * DAY_MS
# What makes a dollar, by hand.
DOLLAR_MINOR = {"CNY": 1000, "EUR": 100, "JPY": 100, "KWD": 1000}

Array = np.ndarray[tuple[int], np.dtype[np.float64]]


class Past(NamedTuple):
    """A use as it was learnt: when it came the newest was of `newest_ms`; `pulled` is what was believed."""

    event: Transaction
    newest_ms: int
    pulled: float
    point: Array | None
    spent: float

    @property
    def way(self) -> tuple[str, str, str]:
        return self.event.currency, self.event.type, self.event.channel


class Oracle:
    """Remembers all that came, and adds it up anew for each use."""

    def __init__(self) -> None:
        self.past: list[Past] = []

    def known(self, event: Transaction, record: TerminalRecord | None) -> dict[str, float]:
        """Give the features of a use that are known, by name, and remember the use."""
        newest_ms = max([event.at_ms, *(past.event.at_ms for past in self.past)])
        if self.past and event.at_ms - max(past.event.at_ms for past in self.past) > HALF_YEAR_MS:
            self.past.clear()
        seen = [past for past in self.past if past.newest_ms - past.event.at_ms <= HALF_YEAR_MS]
        approved = [past for past in seen if past.event.outcome == "approved"]
        found = self._windows(event, newest_ms, seen, approved)
        found |= _habit_of_hours(event, newest_ms, approved)
        found |= _kinds(event)
        amounts, pulled = _amounts(event, newest_ms, approved)
        place, point = _place(event, newest_ms, approved)
        found |= amounts | place | _country(event, newest_ms, approved) | _terminal(event, record)
        ratio = amounts["ratio"]
        # On an edge the last digit decides, and sums in another order have another.
        assume(ratio is None or abs(ratio - 2) > 1e-9)
        self.past.append(Past(event, newest_ms, pulled, point, 1.0 if ratio is None else min(ratio, 3.0)))
        return {name: value for name, value in found.items() if value is not None}

    def _windows(
        self, event: Transaction, newest_ms: int, seen: list[Past], approved: list[Past]
    ) -> dict[str, float | None]:
        found: dict[str, float | None] = {}
        if self.past:
            latest_ms = max(past.event.at_ms for past in self.past)
            found["hours_since"] = max(0, event.at_ms - latest_ms) / 3_600_000
            declined = [past for past in seen if past.event.outcome == "declined"]
            found["declined_1d"] = float(ages(declined, newest_ms, 1).sum())
        if approved:
            spent = np.array([past.spent for past in approved])
            for days in (1, 7, 30):
                weights = ages(approved, newest_ms, days)
                found[f"uses_{days}d"] = float(weights.sum())
                found[f"spend_{days}d"] = float((weights * spent).sum() / weights.sum())
            found["large_7d"] = float(ages(approved, newest_ms, 7)[spent > 2].sum())
            day, month = ages(approved, newest_ms, 1).sum(), ages(approved, newest_ms, 30).sum()
            found["pace"] = float(day / (month / 30 + 0.1))
        return found


def ages(past: list[Past], newest_ms: int, half_life_days: int) -> Array:
    """Give what uses weigh: a half for each half-life."""
    times = np.array([one.event.at_ms for one in past], dtype=np.float64)
    return np.exp2(-(newest_ms - times) / (half_life_days * DAY_MS))


def _amounts(
    event: Transaction, newest_ms: int, approved: list[Past]
) -> tuple[dict[str, float | None], float]:
    minor = event.amount_minor
    found: dict[str, float | None] = {
        "amount": minor / DOLLAR_MINOR[event.currency],
        "ratio": None,
        "deviations": None,
    }
    alike = [past for past in approved if past.way == (event.currency, event.type, event.channel)]
    # What came before a silence of half a year in this way of use is forgotten.
    times = [past.newest_ms for past in alike] + [newest_ms]
    for index in range(len(alike)):
        if times[index + 1] - times[index] > HALF_YEAR_MS:
            alike = [past for past in alike if past.newest_ms > times[index]]
    weights = ages(alike, newest_ms, 30)
    if approved:
        found["way_share"] = float(weights.sum() / ages(approved, newest_ms, 30).sum())
    if not alike:
        return found, minor
    pulled = np.array([past.pulled for past in alike])
    usual = max(1.0, float(np.average(pulled, weights=weights)))
    if weights.sum() >= 2:
        found["ratio"] = minor / usual
        logs = np.log(np.maximum(pulled, 1))
        logs[pulled == 0] = 0
        mean = np.average(logs, weights=weights)
        squares = (weights * (logs - mean) ** 2).sum()
        variance = max(0.04, (squares + 2 * 0.5) / (weights.sum() + 2))
        found["deviations"] = float((np.log(max(minor, 1)) - mean) / np.sqrt(variance))
    return found, min(minor, 3 * usual)


def _habit_of_hours(event: Transaction, newest_ms: int, approved: list[Past]) -> dict[str, float | None]:
    angle = _quarter_angle(event)
    found: dict[str, float | None] = {"hour": event.at_ms % DAY_MS / 3_600_000}
    if approved:
        away = angle - np.array([_quarter_angle(past.event) for past in approved])
        kernel = 1 + 4 / 3 * np.cos(away) + 2 / 3 * np.cos(2 * away)
        found["hour_habit"] = max(0.0, float(np.average(kernel, weights=ages(approved, newest_ms, 30))))
    return found


def _quarter_angle(event: Transaction) -> float:
    return float(event.at_ms // 900_000 % 96 / 96 * 2 * np.pi)


def _place(
    event: Transaction, newest_ms: int, approved: list[Past]
) -> tuple[dict[str, float | None], Array | None]:
    place = event.place
    if place is None or event.channel not in CARD_PRESENT or event.entry == "manual":
        return {"km_from_usual": None}, None
    lat, lon = np.radians([place.lat, place.lon])
    point = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    placed = [past for past in approved if past.point is not None]
    if not placed:
        return {"km_from_usual": None}, point
    weights = ages(placed, newest_ms, 30)
    middle = np.average([past.point for past in placed], axis=0, weights=weights)
    if np.linalg.norm(middle) <= 0.5:
        return {"km_from_usual": None}, point
    middle /= np.linalg.norm(middle)
    angle = np.arctan2(np.linalg.norm(np.cross(middle, point)), middle @ point)
    most = 2 * np.sin(500 / EARTH_RADIUS_KM / 2)
    chord = np.linalg.norm(point - middle)
    pulled = point if chord <= most else middle + (point - middle) * most / chord
    return {"km_from_usual": float(angle * EARTH_RADIUS_KM)}, pulled


def _country(event: Transaction, newest_ms: int, approved: list[Past]) -> dict[str, float | None]:
    known = [past for past in approved if past.event.place is not None and past.event.place.country]
    if event.place is None or event.place.country is None or not known:
        return {}
    weights = ages(known, newest_ms, 30)
    names = np.array([past.event.place.country for past in known if past.event.place])
    sums = {str(name): float(weights[names == name].sum()) for name in np.unique(names)}
    country = event.place.country
    found: dict[str, float | None] = {"country_share": sums.get(country, 0.0) / weights.sum()}
    usual = max(sums, key=lambda name: sums[name])
    assume(all(abs(sums[usual] - sums[name]) > 1e-9 for name in sums if name != usual))
    if usual != country:
        found |= {"corridor_from": COUNTRIES.index(usual), "corridor_to": COUNTRIES.index(country)}
    return found


def _kinds(event: Transaction) -> dict[str, float | None]:
    return {
        "channel": CHANNELS.index(event.channel),
        "type": TYPES.index(event.type),
        "entry": ENTRIES.index(event.entry),
        "outcome": ["approved", "declined"].index(event.outcome),
    }


def _terminal(event: Transaction, record: TerminalRecord | None) -> dict[str, float | None]:
    if record is None:
        return {}
    return {
        "terminal_lately": record.lately,
        "terminal_long": record.long,
        "terminal_row": record.row,
        "terminal_row_days": max(0, event.at_ms - record.row_ms) / DAY_MS if record.row else None,
        "terminal_fraud_days": max(0, event.at_ms - record.last_ms) / DAY_MS,
        "terminal_genuine": record.genuine,
        "terminal_uses": record.uses,
    }
