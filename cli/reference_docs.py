"""Writes the pages of docs/ that say what the code says, so that the two cannot drift apart.

`python -m cli.reference_docs` writes them, `--check` only tells whether they are up to date.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, get_args, get_origin

import click
from pydantic.fields import FieldInfo

import detectors
from cli.detectors import detector_page
from cli.main import cli
from config.settings import Settings, variable
from observability.catalogue import catalogue
from observability.described import Described

FOLDER = Path(__file__).parent.parent / "docs"
_COLUMNS = 100
_ORIGIN = "<!-- Written by `make docs`; change the code instead. -->"


def pages() -> dict[str, str]:
    """Give each generated page by its file name."""
    bodies = {
        "cli.md": _commands(),
        "detectors.md": _detectors(),
        "metrics.md": _metrics(),
        "settings.md": _settings(),
    }
    return {name: f"{_ORIGIN}\n\n{body.rstrip()}\n" for name, body in bodies.items()}


def stale() -> list[str]:
    """Give the names of the pages that are not what they should be."""
    return [
        name
        for name, text in pages().items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text("utf-8") != text
    ]


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Give a command and everything below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from walk(below, (*path, name))


def _commands() -> str:
    parts = ["# Commands"]
    width = {"terminal_width": _COLUMNS, "max_content_width": _COLUMNS}
    for path, command in walk(cli, ("riskdesk",)):
        words = " ".join(path)
        context = click.Context(command, info_name=words, **{**cli.context_settings, **width})
        parts.append(f"{'#' * min(len(path) + 1, 4)} {words}\n\n```text\n{command.get_help(context)}\n```")
    return "\n\n".join(parts)


def _detectors() -> str:
    names = detectors.available()
    contents = "\n".join(f"- [{name}](#{name})" for name in names)
    return "\n\n".join(("# Detectors", contents, *(detector_page(name).strip() for name in names)))


def _metrics() -> str:
    head = (
        "# Metrics\n\n"
        "`RISKDESK_METRICS_PORT` serves these to Prometheus on the loopback interface: the supervisor on the "
        "port\nitself, its processes on the next ones. [ops.md](ops.md) says what to scrape and look at."
    )
    return "\n\n".join((head, *(_table(where, metrics) for where, metrics in catalogue().items())))


def _table(where: str, metrics: Iterable[Described]) -> str:
    rows = (
        f"| `{metric.name}` | {metric.kind} | {', '.join(metric.labels) or '-'} | {metric.meaning} |"
        for metric in metrics
    )
    return "\n".join((f"## {where}\n\n| Name | Kind | Labels | Meaning |\n|---|---|---|---|", *rows))


def _settings() -> str:
    rows = []
    for name, field in Settings.model_fields.items():
        default = "none" if field.default in (None, ()) else f"`{_plain(field.default)}`"
        rows.append(f"| `{variable(name)}` | {default} | {_allowed(field)} | {field.description} |")
    head = (
        "# Settings\n\n"
        "What differs from one machine to the next comes from the environment, is read once when a command "
        "starts, and\ngives way to the command's own options.\n\n"
        "| Variable | Default | Allowed | Meaning |\n|---|---|---|---|"
    )
    return "\n".join((head, *rows))


def _plain(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default)


def _allowed(field: FieldInfo) -> str:
    if field.annotation is bool:
        return "true, false"
    if get_origin(field.annotation) is Literal:
        return ", ".join(get_args(field.annotation))
    edges = {
        edge: getattr(bound, edge)
        for bound in field.metadata
        for edge in ("ge", "le")
        if hasattr(bound, edge)
    }
    if "ge" in edges and "le" not in edges:
        return f"{edges['ge']} and above"
    return f"{edges['ge']} to {edges['le']}" if edges else "-"


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail when a page is out of date.")
def main(check: bool) -> None:
    """Write the generated pages of docs/."""
    found = stale()
    if check and found:
        raise click.ClickException(f"out of date: {', '.join(found)}; run `make docs`")
    if not check:
        for name, text in pages().items():
            (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
