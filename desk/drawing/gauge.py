"""How many of how many, as a filled bar with both figures and the mark that is to be reached."""

from dataclasses import dataclass

from desk.drawing.svg import bar, figure, line, picture, text, text_width

_BAR, _INSET = 12.0, 1.0


@dataclass(frozen=True, kw_only=True)
class Target:
    """The share to reach, or to stay below where `at_most`; `said` is how it is written."""

    share: float
    said: str
    at_most: bool = False

    def met(self, share: float) -> bool:
        """Tell whether a share is as it should be."""
        return share <= self.share if self.at_most else share >= self.share


def gauge(
    numerator: float,
    denominator: float,
    title: str,
    description: str = "",
    *,
    target: Target | None = None,
    width: float = 240.0,
) -> str:
    """Draw `numerator` of `denominator`; of nothing there is no share, and a bar without filling says so."""
    share = numerator / denominator if denominator > 0 else None
    full = width - 2 * _INSET
    parts = [bar(_INSET, 3, full, _BAR, "gauge-ground")]
    kind = "mark-usual"
    if share is not None:
        if target is not None:
            kind = "mark-good" if target.met(share) else "mark-bad"
        parts.append(bar(_INSET, 3, full * min(1.0, max(0.0, share)), _BAR, f"mark {kind}"))
    foot, counted = _BAR + 19, f"{figure(numerator)} / {figure(denominator)}"
    parts.append(text(_INSET, foot, counted, kind="figure"))
    parts.append(text(width - _INSET, foot, percent(share), "end", "figure strong"))
    if target is not None:
        x = _INSET + full * min(1.0, max(0.0, target.share))
        parts.append(line(x, 0, x, _BAR + 6, "target"))
        sides = max(text_width(counted), text_width(percent(share), bold=True))
        if width - 2 * sides - 12 >= text_width(target.said):
            parts.append(text(width / 2, foot, target.said, "middle", "soft"))
    return picture(width, foot + 5, title, description, parts, "gauge")


def percent(share: float | None) -> str:
    """Write a share, rounded down: what is not all must not read as 100 %.

    >>> percent(0.99999), percent(0.5), percent(None)
    ('99.9 %', '50.0 %', '-')
    """
    return "-" if share is None else f"{int(share * 1000 + 1e-9) / 10:.1f} %"
