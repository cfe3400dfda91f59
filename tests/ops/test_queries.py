"""The dashboard and the rules ask for what there is, by labels it has, in words that Prometheus reads."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.ops.asked import ADDED, METRICS, OPS, RULES_TEST, grouped_by, panels, queries, rules, selectors

EVERY_QUERY = [
    *((f"rule {rule['alert']} ({rule['labels']['severity']})", rule["expr"]) for rule in rules()),
    *((f"panel {title} {place}", query) for title, of in queries().items() for place, query in enumerate(of)),
]


def promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run promtool; where it is missing, what it checks is not tested."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip(
            "RULES NOT TESTED: promtool is missing; install it (Debian and Ubuntu: package prometheus)"
        )
    return subprocess.run([found, *map(str, arguments)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("where", "query"), EVERY_QUERY, ids=[where for where, _ in EVERY_QUERY])
def test_a_query_names_metrics_that_there_are_and_labels_that_they_have(where: str, query: str) -> None:
    named = selectors(query)
    assert named or "up{" in query
    for name, labels in named:
        assert name in METRICS, f"{where} asks for {name}, which nothing tells"
        assert labels <= {*METRICS[name].labels, *ADDED}, f"{where}: {name} has no such label"
    has = {label for name, _ in named for label in METRICS[name].labels} | ADDED
    assert grouped_by(query) <= has, where


@pytest.mark.parametrize(("where", "query"), EVERY_QUERY, ids=[where for where, _ in EVERY_QUERY])
def test_a_count_is_never_looked_at_but_by_how_fast_it_grows(where: str, query: str) -> None:
    for name in re.findall(r"\briskdesk_\w+(?:_total|_bucket|_sum|_count)\b", query):
        assert re.search(rf"(?:rate|increase)\({name}(?:\{{[^}}]*\}})?\[", query), where


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for of in queries().values() for query in of for name, _ in selectors(query)}
    assert METRICS.keys() - shown == set()


def test_panels_have_a_name_of_their_own_and_do_not_lie_on_one_another() -> None:
    shown = panels()
    assert len({panel["title"] for panel in shown}) == len({panel["id"] for panel in shown}) == len(shown)
    taken: set[tuple[int, int]] = set()
    for panel in shown:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells


def test_a_panel_labels_its_lines_by_what_its_query_leaves_there() -> None:
    for panel in panels():
        for target in panel["targets"]:
            named = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
            assert named <= grouped_by(target["expr"]), panel["title"]


def test_prometheus_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    recorded = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "1m")}
        for number, query in enumerate(query for of in queries().values() for query in of)
    ]
    path = tmp_path / "panels.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))
    checked = promtool("check", "rules", path)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_understands_the_rules_and_what_to_scrape() -> None:
    checked = promtool("check", "config", OPS / "prometheus" / "scrape.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_rule_fires_when_it_should_and_only_then() -> None:
    tested = promtool("test", "rules", RULES_TEST)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_rule_is_shown_to_fire_and_to_be_quiet() -> None:
    asked = [
        test
        for case in yaml.safe_load(RULES_TEST.read_text("utf-8"))["tests"]
        for test in case["alert_rule_test"]
    ]
    for rule in rules():
        found = [test for test in asked if test["alertname"] == rule["alert"]]
        fired = [alert["exp_labels"]["severity"] for test in found for alert in test.get("exp_alerts", ())]
        assert rule["labels"]["severity"] in fired, rule["alert"]
        # Where it fires for one series others are quiet; what has one series needs a moment of quiet.
        quiet = [test for test in found if "exp_alerts" not in test]
        several = [case for case in found if len(case.get("exp_alerts", ())) == 1]
        assert quiet or several, rule["alert"]
