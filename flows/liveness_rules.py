"""What is known of a profile's rules, to tell from counts whether they are ill."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from msgspec.structs import fields

import detectors
from config.profiles import Liveness
from detectors.base import Detector
from domain.events import type_of_kind
from observability.hours import Hour


class Rule(NamedTuple):
    """What the judge knows of a detector: `needs` maps a field to the kinds that may lack it."""

    name: str
    kinds: tuple[str, ...]
    key: str
    needs: Mapping[str, tuple[str, ...]]
    least_per_million: float | None
    most_share: float


def rules_of(enabled: Iterable[Detector[Any, Any]], settings: Liveness) -> tuple[Rule, ...]:
    """Say what is known of detectors; what a profile's `settings` say goes before what they declare."""
    return tuple(_rule(detector, detectors.name_of(detector), settings) for detector in enabled)


def fields_needed(enabled: Iterable[Detector[Any, Any]]) -> dict[type, frozenset[str]]:
    """Give the fields to look for in each type of event: what detectors need and what may be missing."""
    found: defaultdict[type, set[str]] = defaultdict(set)
    for detector in enabled:
        for type_ in detector.reads:
            found[type_] |= {*detector.needs, detector.scope.value} & _optional(type_)
    return {type_: frozenset(names) for type_, names in found.items()}


def not_judged(rules: Iterable[Rule]) -> tuple[str, ...]:
    """Name the rules of which nobody says how often they fire, so that silence tells nothing."""
    return tuple(rule.name for rule in rules if rule.least_per_million is None)


def events_for(rule: Rule, hour: Hour) -> float:
    """Estimate how many events a rule read: those of its kinds that have its key."""
    return sum(_read_of(kind, rule.key, hour) for kind in rule.kinds)


def _read_of(kind: str, key: str, hour: Hour) -> float:
    count, sampled = hour.events.get(kind, 0), hour.sampled.get(kind, 0)
    if key not in _optional(type_of_kind[kind]) or not sampled:
        return count
    return count * hour.present.get(f"{kind}.{key}", 0) / sampled


def _rule(detector: Detector[Any, Any], name: str, settings: Liveness) -> Rule:
    may_lack = {
        field: tuple(kind for kind in _kinds(detector) if field in _optional(type_of_kind[kind]))
        for field in detector.needs
    }
    return Rule(
        name=name,
        kinds=_kinds(detector),
        key=detector.scope.value,
        needs={field: kinds for field, kinds in may_lack.items() if kinds},
        least_per_million=settings.least_per_million.get(name, detector.least_per_million),
        most_share=settings.most_share.get(name, detector.most_share),
    )


def _kinds(detector: Detector[Any, Any]) -> tuple[str, ...]:
    return tuple(kind for kind, type_ in type_of_kind.items() if type_ in detector.reads)


@cache
def _optional(type_: type) -> frozenset[str]:
    return frozenset(field.name for field in fields(type_) if field.default is None)
