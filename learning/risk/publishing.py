"""Turns what was learnt into published tables: the model with its card, and the terminals with fraud."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from domain.instants import from_ms, iso
from domain.risk_features import position
from domain.tables import ModelCard, RiskModel, TerminalRecord, TerminalRisk
from learning.published import TableError
from learning.risk.settings import Settings


def risk_model(
    settings: Settings,
    effective_ms: int,
    weights: tuple[float, Mapping[str, float]],
    calibration: tuple[tuple[float, float], ...],
    card: ModelCard,
    ordinary: Sequence[int] = (),
) -> RiskModel:
    """Give a model from its intercept and weights; the version is a digest of all but its time.

    `ordinary` has the commonest bin of each of domain.risk_features.NAMES, or nothing.
    """
    intercept, by_key = weights
    said: dict[str, Any] = {
        "features": settings.features,
        "crosses": settings.crosses,
        "intercept": intercept,
        "weights": dict(by_key),
        "calibration": calibration,
        "card": card,
        "ordinary": {each.name: ordinary[position(each.name)] for each in settings.features if ordinary},
    }
    return RiskModel(effective_at=from_ms(effective_ms), version=_digest(said), **said)


def terminal_risk(effective_ms: int, records: dict[str, TerminalRecord]) -> TerminalRisk:
    """Give the table of terminals; the version is a digest of the records."""
    return TerminalRisk(effective_at=from_ms(effective_ms), version=_digest(records), terminals=records)


def check_time(effective_ms: int, last_ms: int) -> None:
    """Raise TableError when a table would be in force at a time that it was learnt from."""
    if effective_ms <= last_ms:
        raise TableError(
            f"the last event seen is of {iso(last_ms)}, and the table would be in force from "
            f"{iso(effective_ms)}: a table must not know its own time; give a later one"
        )


def _digest(said: object) -> str:
    return blake2b(msgspec.json.encode(said, order="sorted"), digest_size=6).hexdigest()
