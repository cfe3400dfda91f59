"""What all sets of metrics have in common: a registry of their own, and a sentence on each metric."""

from dataclasses import dataclass
from typing import Any, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# When each series began would make twice as many lines of a page, and no rule asks for it.
disable_created_metrics()  # type: ignore[no-untyped-call]

M = TypeVar("M", Counter, Gauge, Histogram)

PREFIX = "riskdesk_"


@dataclass(frozen=True)
class Described:
    """What `docs/metrics.md` says of one metric."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


class MetricSet:
    """The metrics of one process, on a registry of their own so that two flows never share a count."""

    def __init__(self) -> None:
        """Begin with none."""
        self.registry = CollectorRegistry()
        self.described: list[Described] = []

    def _add(self, kind: type[M], name: str, meaning: str, *labels: str, **more: Any) -> M:
        full_name = f"{PREFIX}{name}"
        self.described.append(Described(full_name, kind.__name__.lower(), labels, meaning))
        return kind(full_name, meaning, labels, registry=self.registry, **more)
