"""Each rule says what to do when it fires, on a page of its own."""

import re

import click
import pytest

from cli.main import cli
from cli.reference_docs import walk
from tests.ops.asked import METRICS, OPS, RUNBOOK, rules

PAGES = sorted(RUNBOOK.glob("*.md"))
PARTS = ("Means", "Look at", "Do", "Who")
COMMANDS = {words for words, _ in walk(cli, ("riskdesk",))}


def test_each_rule_has_its_page_and_each_page_its_rule() -> None:
    assert [page.stem for page in PAGES] == sorted({rule["alert"] for rule in rules()})


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_a_rule_says_how_pressing_it_is_what_happens_and_where_to_read_on(rule: dict) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"].endswith(".")
    assert OPS.parent / rule["annotations"]["runbook"] == RUNBOOK / f"{rule['alert']}.md"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_says_what_it_means_what_to_look_at_what_to_do_and_who(page) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert tuple(re.findall(r"^\*\*([^*]+)\.\*\* ", text, re.MULTILINE)) == PARTS
    assert text.count("\n") <= 25, "somebody who was just woken reads it"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_names_commands_metrics_and_pages_that_there_are(page) -> None:
    text = page.read_text("utf-8")
    for words in re.findall(r"`(riskdesk [^`]+)`", text):
        assert command_of(words.split()) in COMMANDS, words
    for name in re.findall(r"`(riskdesk_\w+)`", text):
        assert name in METRICS
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / link).is_file()


def command_of(words: list[str]) -> tuple[str, ...]:
    """Give the command that a line of words calls; raises click.UsageError for an option that it lacks."""
    command: click.Command = cli
    path = words[:1]
    rest = words[1:]
    while rest and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), rest[0])
        assert found is not None, words
        command = found
        path.append(rest.pop(0))
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    assert {word for word in rest if word.startswith("--")} <= known, words
    return tuple(path)


def test_the_page_for_operations_lists_every_rule_with_how_pressing_it_is() -> None:
    text = (OPS.parent / "docs" / "ops.md").read_text("utf-8")
    listed = dict(
        re.findall(r"^\| \[(\w+)\]\(\.\./ops/runbook/\w+\.md\) \| ([a-z, ]+) \|", text, re.MULTILINE)
    )
    severities: dict[str, list[str]] = {}
    for rule in rules():
        severities.setdefault(rule["alert"], []).append(rule["labels"]["severity"])
    assert listed == {alert: ", ".join(of) for alert, of in severities.items()}
