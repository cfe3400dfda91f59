"""What the pages say is what the code says, and nothing that a user meets is left out."""

import re
from pathlib import Path

import click
import pytest

import detectors
from cli.main import cli
from cli.reference_docs import FOLDER, pages, walk
from config.settings import Settings, variable
from observability.catalogue import catalogue

ROOT = FOLDER.parent
COMMANDS = {" ".join(path): command for path, command in walk(cli, ("riskdesk",))}
EVERY_PAGE = [ROOT / "README.md", ROOT / "CHANGELOG.md", *FOLDER.rglob("*.md")]


def page(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")


@pytest.mark.parametrize("name", pages())
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert page(name) == pages()[name], "run `make docs`"


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_is_documented_and_ends_with_an_example(words: str) -> None:
    command = COMMANDS[words]
    assert re.search(rf"^#+ {re.escape(words)}$", page("cli.md"), re.MULTILINE)
    if not isinstance(command, click.Group):
        assert command.epilog is not None, "write epilog='Example: riskdesk ...'"
        assert command.epilog.strip().startswith(f"Example: {words}")


@pytest.mark.parametrize("words", COMMANDS)
def test_every_option_is_explained(words: str) -> None:
    options = [option for option in COMMANDS[words].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_documented(name: str) -> None:
    assert f"| `{variable(name)}` |" in page("settings.md")


@pytest.mark.parametrize("name", [metric.name for metrics in catalogue().values() for metric in metrics])
def test_every_metric_is_documented(name: str) -> None:
    assert f"| `{name}` |" in page("metrics.md")


@pytest.mark.parametrize("name", detectors.available())
def test_every_detector_is_documented(name: str) -> None:
    assert re.search(rf"^#+ .*{name}", page("detectors.md"), re.MULTILINE)


@pytest.mark.parametrize("path", EVERY_PAGE, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for path in EVERY_PAGE:
        named = set(re.findall(r"(?:^\$ |`)make ([a-z-]+)", path.read_text("utf-8"), re.MULTILINE))
        assert named <= targets, path


def test_decisions_are_numbered_one_after_the_other_and_say_context_choice_and_price() -> None:
    files = sorted((FOLDER / "decisions").glob("*.md"))
    for number, path in enumerate(files, 1):
        text = path.read_text("utf-8")
        assert path.name.startswith(f"{number:04}-")
        assert text.startswith(f"# {number}. ")
        assert all(f"**{part}.**" in text for part in ("Context", "Choice", "Price")), path.name
