"""What a tuning found as one JSON object, and in words."""

from collections.abc import Iterable, Sequence
from datetime import date
from importlib.resources import files
from math import isfinite
from typing import Any

from domain.money import money_words
from tuning.measures.bootstrap import Interval, interval
from tuning.report.numerals import number, percent
from tuning.report.words import Catalogue, Words
from tuning.tune.choice import ALLOWANCE, FIGURES
from tuning.tune.days import Day
from tuning.tune.parameters import said, written
from tuning.tune.tuning import BASE, Tuning

WORDS = Catalogue(files("tuning.tune").joinpath("words.yaml"))

# The interval of these is told of every combination on the front: they are its two axes.
_AXES = ("calls_a_day", "caught_a_day_minor")


def tuning_record(tuning: Tuning) -> dict[str, Any]:
    """Give a tuning as plain values; what is undefined is null, money is in minor units of `currency`.

    Of the base and the chosen combination every figure has the interval of a bootstrap by whole days, of the
    other ones on the front those that the front is of. What the others came to on the later days is not
    told: it must not become a second choice.
    """
    return {
        "detector": tuning.tuned.name,
        "profile": tuning.tuned.profile.name,
        "profile_version": tuning.tuned.profile.version,
        "objective": tuning.objective.name,
        "limit": tuning.objective.limit,
        "currency": tuning.currency,
        "frauds_in_other_currencies": tuning.other_frauds,
        "seed": tuning.seed,
        "time_zone": tuning.split.zone.key,
        "earlier": _part(tuning.split.earlier, tuning.earlier[BASE]),
        "later": _part(tuning.split.later, tuning.later[BASE]),
        "verdict": {
            "holds": tuning.verdict.holds,
            "why": tuning.verdict.why.value,
            "in_words": verdict_words(tuning).en,
            tuning.objective.wanted: _ends(tuning.verdict.wanted),
            **({tuning.objective.kept: _ends(tuning.verdict.kept)} if tuning.objective.kept else {}),
        },
        "base": _row(tuning, BASE),
        "chosen": None if tuning.chosen is None else _row(tuning, tuning.chosen),
        "combinations": [
            {
                "label": label,
                "parameters": combination,
                "on_front": label in tuning.front,
                "earlier": figures_of(tuning, label, tuning.earlier[label]),
            }
            for label, combination in tuning.combinations.items()
        ],
    }


def figures_of(tuning: Tuning, label: str, days: Sequence[Day]) -> dict[str, Any]:
    """Give the figures of a variant on some days, with intervals where they are told."""
    both = (BASE, tuning.chosen)
    names: Iterable[str] = FIGURES if label in both else _AXES if label in tuning.front else ()
    found: dict[str, Any] = {name: _known(figure(days)) for name, figure in FIGURES.items()}
    found["intervals"] = {name: _ends(interval(days, FIGURES[name], seed=tuning.seed)) for name in names}
    return found


def verdict_words(tuning: Tuning) -> Words:
    """Say in a sentence what came of it."""
    verdict, objective = tuning.verdict, tuning.objective
    said_of_it = WORDS.say(
        f"verdict_{verdict.why}",
        parameters="" if tuning.chosen is None else said(tuning.combinations[tuning.chosen]),
        count=len(tuning.combinations),
        days=len(tuning.split.later),
        wanted=difference_words(tuning, objective.wanted, verdict.wanted),
        kept=difference_words(tuning, objective.kept, verdict.kept),
        allowance=percent(ALLOWANCE, 0),
    )
    return Words(*(text.strip() for text in said_of_it))


def difference_words(tuning: Tuning, figure: str, difference: Interval) -> Words | str:
    """Say by how much a figure differs and from where to where that lies; "" for no figure."""
    if not figure:
        return ""
    low, point, high = (_difference(figure, value, tuning.currency) for value in difference)
    versus = "limit" if tuning.objective.limit is not None and figure == tuning.objective.kept else "base"
    return WORDS.say(f"differs_{versus}", figure=WORDS.say(figure), point=point, low=low, high=high)


def _difference(figure: str, value: float, currency: str) -> Words | str:
    """Write by how much a figure differs: of shares that is points, a share of nothing."""
    if figure in ("calls_a_day", "caught_a_day_minor"):
        return figure_words(figure, value, currency)
    return WORDS.say("points", points=number(100 * value, 1))


def figure_words(figure: str, value: float | None, currency: str) -> str:
    """Write a figure as it is shown."""
    if figure == "caught_a_day_minor":
        known = value is not None and isfinite(value)
        return money_words(round(value), currency) if known and value is not None else number(None)
    return number(value, 2) if figure == "calls_a_day" else percent(value)


def in_force(tuning: Tuning, label: str) -> dict[str, Any]:
    """Give what a variant has for the parameters that are tried, as a profile holds it."""
    if label != BASE:
        return dict(tuning.combinations[label])
    first = next(iter(tuning.combinations.values()))
    return {name: written(tuning.tuned.value(name)) for name in first}


def _row(tuning: Tuning, label: str) -> dict[str, Any]:
    return {
        "label": label,
        "parameters": in_force(tuning, label),
        "earlier": figures_of(tuning, label, tuning.earlier[label]),
        "later": figures_of(tuning, label, tuning.later[label]),
    }


def _part(days: range, base: Sequence[Day]) -> dict[str, Any]:
    return {
        "first_day": date.fromordinal(days.start).isoformat(),
        "last_day": date.fromordinal(days.stop - 1).isoformat(),
        "days": len(days),
        "frauds": sum(day.frauds for day in base),
        "loss_minor": sum(day.loss_minor for day in base),
    }


def _ends(found: Interval) -> dict[str, float | None]:
    return {name: _known(value) for name, value in found._asdict().items()}


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
