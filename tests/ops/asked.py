"""What the dashboard and the rules ask of Prometheus."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import yaml

from observability.catalogue import catalogue

OPS = Path(__file__).parents[2] / "ops"
RULES = OPS / "prometheus" / "rules.yaml"
RULES_TEST = OPS / "prometheus" / "rules_test.yaml"
DASHBOARD = OPS / "grafana" / "riskdesk.json"
RUNBOOK = OPS / "runbook"

METRICS = {metric.name: metric for metrics in catalogue().values() for metric in metrics}
# What a histogram is asked by, and what Prometheus adds to every sample.
_PARTS = ("_bucket", "_sum", "_count")
ADDED = {"instance", "job", "le"}


class Selector(NamedTuple):
    """One metric in a query, by its described name, and the labels it is selected by."""

    name: str
    labels: frozenset[str]


def rules() -> list[dict[str, Any]]:
    """Give every alert rule."""
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Give every panel of the dashboard that shows something."""
    found = orjson.loads(DASHBOARD.read_bytes())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def queries() -> dict[str, list[str]]:
    """Give the queries of each panel, by its title."""
    return {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in panels()}


def selectors(query: str) -> list[Selector]:
    """Give the metrics of ours that a query names."""
    found = re.findall(r"\b(riskdesk_[a-z0-9_]+)(?:\{([^}]*)\})?", query)
    return [
        Selector(_described(name), frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", chosen)))
        for name, chosen in found
    ]


def grouped_by(query: str) -> set[str]:
    """Give the labels that a query puts its answers together by."""
    lists = re.findall(r"\b(?:by|without|on|ignoring) \(([^)]*)\)", query)
    return {label for each in lists for label in re.split(r",\s*", each) if label}


def _described(name: str) -> str:
    for part in _PARTS:
        whole = name.removesuffix(part)
        if whole != name and whole in METRICS and METRICS[whole].kind == "histogram":
            return whole
    return name
