"""Learnt tables as a person reads them: where a version stands, what a model is and how well it did."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from cases.models.table import InForce, LearntTable
from cases.signing_off.change import Change
from domain.instants import iso, to_ms
from domain.tables import ModelCard, Published, RiskModel

# How many columns the names of settings and figures have.
_NAMES = 24


def standing(times: Iterable[InForce], changes: Iterable[Change], at_ms: int) -> Mapping[str, str]:
    """Say where versions stand at a time, by what they are called; those not named are new."""
    stands = {each.version: "proposed" for each in changes if each.decision is None}
    now: dict[str, InForce] = {}
    for each in times:
        if each.since_ms > at_ms:
            stands[each.what] = "to come"
            continue
        if (before := now.get(each.name)) is not None:
            stands[before.what] = "once"
        stands[each.what] = "in force"
        now[each.name] = each
    return stands


def table_lines(version: LearntTable, content: Published) -> Iterator[str]:
    """Show a version of a table, a line at a time."""
    by = f"added by {version.author} ({version.role}) at {iso(version.at_ms)}"
    yield f"{version.what}  {version.version}, {by}: {version.reason}"
    yield f"sha256 {version.digest}"
    if version.since_ms is not None:
        yield f"in force from {iso(version.since_ms)}"
    if isinstance(content, RiskModel):
        yield from _model_lines(content)
    else:
        yield ", ".join(
            f"{len(rows):,} {name}"
            for name in content.__struct_fields__
            if isinstance(rows := getattr(content, name), dict | tuple)
        )


def _model_lines(model: RiskModel) -> Iterator[str]:
    card = model.card
    yield f"learnt from {_moment(card.learnt_from)} until {_moment(card.learnt_until)}"
    yield f"  {card.transactions:,} transactions, {card.frauds:,} of them fraud and {card.genuine:,} genuine"
    yield (
        f"  {len(model.features)} features and {len(model.crosses)} pairs of them, {len(model.weights):,} "
        f"weights, calibrated at {len(model.calibration)} points"
    )
    if card.settings:
        yield "settings"
        yield from (f"  {name:<{_NAMES}} {_number(value)}" for name, value in sorted(card.settings.items()))
    if card.figures:
        yield "figures, on labels it had not learnt when it scored them"
        yield from (f"  {name:<{_NAMES}} {_number(value)}" for name, value in sorted(card.figures.items()))
    yield from _reliability(card)


def _reliability(card: ModelCard) -> Iterator[str]:
    """Put beside one another what was said and what was so, for each tenth of the scores."""
    if not card.reliability:
        yield "whether its probabilities hold was not measured"
        return
    yield "reliability: mean probability, share of fraud, transactions"
    for said, found, count in card.reliability:
        yield f"  {said:>9.4%}  {found:>9.4%}  {count:>12,}"


def _moment(at: datetime) -> str:
    return iso(to_ms(at))


def _number(value: float | int | str) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
