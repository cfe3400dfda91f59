"""The figures of a window as tiles: what it is called, how much, of how many, and whether that is enough."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup
from msgspec import Struct

from cases.kpi.policy import KpiPolicy
from cases.kpi.values import Figure, Ratio, Spread
from cases.ranking import BAND_NAMES
from cases.staffing.plan import Need
from cases.staffing.policy import StaffingPolicy
from desk.drawing.bars import BarWords, Column, Limit, bars
from desk.drawing.gauge import Target
from desk.drawing.svg import bar, line, picture
from desk.formats import NOTHING, Formats
from desk.wording import say
from domain.instants import span_ms

_SLA_SERIES = ("closed_in_time", "closed_late", "open_in_time", "open_late")
_HOUR_QUARTERS = 4
_WIDE, _TALL = 200.0, 10.0


class Tile(Struct, frozen=True, kw_only=True):
    """One figure; `kind` is good, bad or nothing, `drawn` a bar with the mark to be reached."""

    title: str
    value: str
    of: str
    kind: str = ""
    drawn: Markup = Markup()
    band: int | None = None


class _Share(NamedTuple):
    """A share to show, and what it should be."""

    name: str
    of: dict[str, str]
    target: Target | None = None


_STAFF = StaffingPolicy()
_SHARES = (
    *(_Share("service_level", {"band": band}, Target(share=_STAFF.target, said="")) for band in BAND_NAMES),
    _Share("right_party_rate", {"per": "attempt"}),
    _Share("right_party_rate", {"per": "case"}),
    _Share("connect_rate", {}),
    _Share("contact_rate", {}),
    _Share("callbacks_kept", {}),
    _Share("first_contact_resolution", {}),
    _Share("unreachable_rate", {}),
    _Share("false_positive_rate", {}),
    _Share("fraud_yield", {}),
    _Share("occupancy", {}, Target(share=_STAFF.max_occupancy, said="", at_most=True)),
    _Share("utilisation", {}),
)
# Both parts of these are lengths of time.
_OF_TIME = frozenset({"occupancy", "utilisation"})
_TIMES = (
    *(("time_to_first_attempt", {"band": band}) for band in BAND_NAMES),
    ("handling_time", {}),
    ("dialling_time", {}),
    ("check_latency", {}),
    ("device_time_to_first_attempt", {}),
    ("device_repair_time", {}),
)


class Tiles:
    """Writes the figures of a window in a person's language."""

    def __init__(self, figures: Iterable[Figure], policy: KpiPolicy, formats: Formats) -> None:
        """Take the figures, as the policy bounds them."""
        self._figures = list(figures)
        self._policy = policy
        self._formats = formats

    def shares(self) -> list[Tile]:
        """Give shares, with their parts."""
        return [self._share(each) for each in _SHARES]

    def times_taken(self) -> list[Tile]:
        """Give times: of spreads the 95th percentile, since a mean hides those who waited long."""
        return [self._time(name, of) for name, of in _TIMES]

    def counts(self) -> Iterator[Tile]:
        """Give what is neither: calls per case, and money that was saved."""
        for name in ("attempts_per_closed_case", "attempts_per_contact"):
            ratio = self._ratio(name, {})
            value = NOTHING if ratio.value is None else f"{ratio.value:.1f}"
            yield Tile(title=self._say(name), value=value, of=self._parts(ratio))
        for figure in self._figures:
            if figure.name == "value_saved" and isinstance(figure.value, Ratio):
                saved, all_of_it = (
                    self._formats.money(part, figure.of["currency"])
                    for part in (figure.value.numerator, figure.value.denominator)
                )
                yield Tile(title=self._say("value_saved"), value=saved, of=self._say("of", whole=all_of_it))

    def compliance(self) -> list[tuple[int, list[int]]]:
        """Give the cases of each band by whether they were taken up in time: closed and open."""
        return [
            (
                band,
                [self._ratio("sla_series", {"band": name, "series": each}).numerator for each in _SLA_SERIES],
            )
            for band, name in enumerate(BAND_NAMES)
        ]

    def _share(self, wanted: _Share) -> Tile:
        ratio = self._ratio(wanted.name, wanted.of)
        share, target = ratio.value, wanted.target
        kind = "" if share is None or target is None else "good" if target.met(share) else "bad"
        title, band = self._title(wanted.name, wanted.of)
        parts = self._parts(ratio, times=wanted.name in _OF_TIME)
        if target is not None:
            key = "at_most" if target.at_most else "at_least"
            parts += " · " + self._say(key, share=self._formats.percent(target.share))
        # Rounded down: what is not all must not read as 100 %.
        whole = None if share is None else int(share * 1000 + 1e-9) / 1000
        value = self._formats.percent(whole, 1 if whole is not None and 0 < whole < 1 else 0)
        drawn = _drawn(share, target, title, f"{value}, {parts}")
        return Tile(title=title, value=value, of=parts, kind=kind, drawn=drawn, band=band)

    def _time(self, name: str, of: dict[str, str]) -> Tile:
        found = self._find(name, of)
        title, band = self._title(name, of)
        if isinstance(found, Spread):
            count = self._formats.number(found.count)
            said = self._say("p95_of", count=count, median=self.time(found.p50_ms))
            return Tile(title=title, value=self.time(found.p95_ms), of=said, band=band)
        ratio = found or Ratio(0, 0)
        said = self._say("mean_of", count=self._formats.number(ratio.denominator))
        return Tile(title=title, value=self.time(ratio.value), of=said, band=band)

    def _title(self, name: str, of: dict[str, str]) -> tuple[str, int | None]:
        if "band" not in of:
            return self._say("_".join((name, *of.values()))), None
        band = BAND_NAMES.index(of["band"])
        within = self.time(span_ms(self._policy.within(band)))
        called = say(self._formats.language, f"common.band_{band}")
        return self._say(name, band=called, within=within), band

    def _find(self, name: str, of: dict[str, str]) -> Ratio | Spread | None:
        for figure in self._figures:
            bounds = {key: value for key, value in figure.of.items() if key not in ("within", "lag")}
            if figure.name == name and bounds == of:
                return figure.value
        return None

    def _ratio(self, name: str, of: dict[str, str]) -> Ratio:
        found = self._find(name, of)
        return found if isinstance(found, Ratio) else Ratio(0, 0)

    def _parts(self, ratio: Ratio, *, times: bool = False) -> str:
        write = self.time if times else self._formats.number
        return f"{write(ratio.numerator)} / {write(ratio.denominator)}"

    def time(self, length_ms: float | None) -> str:
        """Write a length of time in as few characters as can be read from afar."""
        if length_ms is None:
            return NOTHING
        seconds = int(length_ms / 1000 + 0.5)
        if seconds < 60:
            return self._say("seconds", n=seconds)
        minutes, seconds = divmod(seconds, 60)
        if minutes < 60:
            return self._say("minutes", n=f"{minutes}:{seconds:02d}" if seconds else minutes)
        hours, minutes = divmod(minutes, 60)
        if hours < 72:
            return self._say("hours", n=f"{hours}:{minutes:02d}")
        return self._say("days", n=hours // 24)

    def _say(self, key: str, **values: object) -> str:
        return say(self._formats.language, f"wallboard.{key}", **values)


def _drawn(share: float | None, target: Target | None, title: str, description: str) -> Markup:
    """Draw a share as a bar, with a mark where it should be; the figures stand beside it as text."""
    if share is None:
        return Markup()
    kind = "mark-usual" if target is None else "mark-good" if target.met(share) else "mark-bad"
    parts = [
        bar(0, 2, _WIDE, _TALL - 4, "gauge-ground"),
        bar(0, 2, _WIDE * min(1.0, share), _TALL - 4, f"mark {kind}"),
    ]
    if target is not None:
        parts.append(line(_WIDE * target.share, 0, _WIDE * target.share, _TALL, "target"))
    return Markup(picture(_WIDE, _TALL, title, description, parts, "share"))


def needs_drawn(needs: Sequence[Need], at_work: int, formats: Formats) -> Markup:
    """Draw how many agents each coming hour needs at its peak, with a line at how many are at work."""
    language = formats.language
    columns = []
    for start in range(0, len(needs), _HOUR_QUARTERS):
        hour = needs[start : start + _HOUR_QUARTERS]
        most = max(need.positions for need in hour)
        at = f"{formats.local(hour[0].from_ms):%H:%M}"
        title = say(language, "wallboard.needed_at", at=at, agents=most)
        columns.append(Column(at, most, title, "mark-bad" if at_work < most else "mark-usual"))
    words = BarWords(
        title=say(language, "wallboard.needs"), description=say(language, "wallboard.needs_about")
    )
    here = Limit(at_work, say(language, "wallboard.at_work", agents=at_work), "limit-good")
    return Markup(bars(columns, words, limits=[here], width=640, height=170))
