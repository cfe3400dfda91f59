"""The `detectors` command."""

import json
from dataclasses import fields

import pytest
from click.testing import CliRunner, Result

from cli.detectors import detector_page
from cli.main import cli
from detectors import available

NAMES = list(available())


def riskdesk(*words: str) -> Result:
    return CliRunner().invoke(cli, ["detectors", *words])


def a_parameter(name: str) -> str:
    return fields(available()[name])[-1].name


def test_all_are_listed_with_what_they_notice() -> None:
    result = riskdesk()
    assert result.exit_code == 0
    assert all(name in result.stdout for name in NAMES)


def test_as_json_each_is_one_line() -> None:
    records = [json.loads(line) for line in riskdesk("--json").stdout.splitlines()]
    assert [record["name"] for record in records] == NAMES
    assert all(record["about"]["Why"] and record["parameters"] for record in records)


@pytest.mark.parametrize("name", NAMES)
def test_one_is_explained(name: str) -> None:
    result = riskdesk("show", name)
    assert result.exit_code == 0
    for part in ("Why: ", "Misses: ", "False alarms: ", "State: ", "Parameter", a_parameter(name), "fires  "):
        assert part in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 120
    assert json.loads(riskdesk("show", name, "--json").stdout)["name"] == name


def test_an_unknown_name_is_wrong_use_and_told_what_there_is() -> None:
    result = riskdesk("show", "card_velocty")
    assert result.exit_code == 2
    assert f"no detector 'card_velocty'; there are: {', '.join(NAMES)}" in result.stderr


@pytest.mark.parametrize("words", [[], ["show"]])
def test_help_ends_with_an_example(words: list[str]) -> None:
    assert "Example: riskdesk detectors show impossible_travel" in riskdesk(*words, "--help").stdout


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_what_the_detector_says(name: str) -> None:
    page = detector_page(name)
    assert page.startswith(f"## {name}\n")
    for part in ("**Why.** ", "**Misses.** ", f"| `{a_parameter(name)}` | ", "It stays quiet when"):
        assert part in page
