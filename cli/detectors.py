"""The `detectors` command: what is watched for, why, with which parameters, and what it misses."""

import dataclasses
import inspect
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal, NamedTuple, get_args, get_origin

import click
import orjson
from pydantic import TypeAdapter
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from detectors import available
from detectors.base import Detector
from detectors.examples import read
from domain.events import type_of_kind
from domain.instants import span_ms, span_words

# What peers leave unsaid about windows; a detector declares those that apply to it.
CONVENTIONS = ("boundary", "include_current", "count_declined", "stddev")

_WIDTH = 110
_ISO_SPAN = TypeAdapter(timedelta)


class Parameter(NamedTuple):
    """A parameter as it is written in a profile."""

    name: str
    default: Any
    allowed: str
    meaning: str


@click.group(invoke_without_command=True, epilog="Example: riskdesk detectors show impossible_travel")
@click.option("--json", "as_json", is_flag=True, help="Print each detector as one JSON line.")
@click.pass_context
def detectors(ctx: click.Context, as_json: bool) -> None:
    """List the detectors; `show NAME` explains one."""
    if ctx.invoked_subcommand is not None:
        return
    if as_json:
        for name in available():
            click.echo(orjson.dumps(_record(name)))
        return
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("Name", "Watches", "Severity", "Prior", "Notices"):
        table.add_column(column, no_wrap=column != "Notices")
    for name, made in available().items():
        severity = made.severity.name.lower()
        table.add_row(name, made.scope.value, severity, f"{made.prior:.0%}", _paragraphs(made)[""])
    _print(table)


@detectors.command(epilog="Example: riskdesk detectors show impossible_travel")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print it as one JSON line.")
def show(name: str, as_json: bool) -> None:
    """Explain the detector NAME: why, what it misses, its parameters and examples."""
    known = available()
    if name not in known:
        raise click.UsageError(f"no detector {name!r}; there are: {', '.join(known)}")
    if as_json:
        click.echo(orjson.dumps(_record(name)))
        return
    made = known[name]
    paragraphs = _paragraphs(made)
    click.echo(f"{name}\n\n{paragraphs.pop('')}\n")
    for title, text in {**_facts(made), **paragraphs}.items():
        click.echo(click.wrap_text(f"{title}: {text}", _WIDTH, subsequent_indent="  "))
    table = Table(box=SIMPLE, pad_edge=False)
    for column in ("Parameter", "Default", "Allowed", "Meaning"):
        table.add_column(column, overflow="fold")
    for parameter in _parameters(made):
        table.add_row(parameter.name, _said(parameter.default), parameter.allowed, parameter.meaning)
    _print(table)
    click.echo(f"Examples, in detectors/{name}.examples.yaml:")
    for example in read(made):
        click.echo(f"  {'fires' if example.fires else 'quiet'}  {example.name}")


def detector_page(name: str) -> str:
    """Write the part of docs/detectors.md about one detector, in Markdown. Raises KeyError."""
    made = available()[name]
    paragraphs = _paragraphs(made)
    parts = [f"## {name}", paragraphs.pop("")]
    parts += [f"**{title}.** {text}" for title, text in {**_facts(made), **paragraphs}.items()]
    rows = [
        f"| `{parameter.name}` | {_said(parameter.default)} | {parameter.allowed} | {parameter.meaning} |"
        for parameter in _parameters(made)
    ]
    parts.append("\n".join(["| Parameter | Default | Allowed | Meaning |", "|---|---|---|---|", *rows]))
    examples = read(made)
    for title, fires in (("It fires for example when", True), ("It stays quiet when", False)):
        names = "\n".join(f"- {example.name}" for example in examples if bool(example.fires) is fires)
        parts.append(f"{title}\n\n{names}")
    return "\n\n".join(parts) + "\n"


def _paragraphs(made: type[Detector[Any, Any]]) -> dict[str, str]:
    """Give the docstring's paragraphs by what they begin with; the first one is under ""."""
    found: dict[str, str] = {}
    for paragraph in inspect.cleandoc(made.__doc__ or "").split("\n\n"):
        text = " ".join(paragraph.split())
        title, colon, rest = text.partition(": ")
        found[title if found and colon else ""] = rest if found and colon else text
    return found


def _facts(made: type[Detector[Any, Any]]) -> dict[str, str]:
    """Give what a detector declares beside its docstring, as words."""
    detector = made()
    conventions = {name: getattr(detector, name) for name in CONVENTIONS if hasattr(detector, name)}
    return {
        "Watches": f"each {made.scope.value}, by {' and '.join(_reads(made))}",
        "Severity": f"{made.severity.name.lower()}, version {made.version} of the rule",
        "Needs": ", ".join(made.needs) or "no optional field of events",
        "Credible": _credible(made),
        "Remembers": f"{span_words(span_ms(detector.memory))} after the last event",
        "Conventions": ", ".join(f"{name} {_said(value)}" for name, value in conventions.items()),
    }


def _reads(made: type[Detector[Any, Any]]) -> list[str]:
    return [kind for kind, type_ in type_of_kind.items() if type_ in made.reads]


def _credible(made: type[Detector[Any, Any]]) -> str:
    """Say how many alerts are neither too few nor too many to be believed."""
    least, most = made.least_per_million, made.most_share
    few = "any silence" if least is None else f"{least:g} or more alerts in a million events"
    return (
        f"{few}, and {'any share of events' if most >= 1 else f'at most {most:.0%} of events'} with an alert"
    )


def _parameters(made: type[Detector[Any, Any]]) -> Iterator[Parameter]:
    detector = made()
    for field in dataclasses.fields(made):
        kind, *extras = get_args(field.type)
        meaning = next(text for extra in extras if (text := getattr(extra, "description", None)))
        bounds = [bound for extra in extras for bound in getattr(extra, "metadata", ())]
        yield Parameter(field.name, getattr(detector, field.name), _allowed(kind, bounds), meaning)


def _allowed(kind: Any, bounds: list[Any]) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(get_args(kind))
    if kind is bool:
        return "true, false"
    if get_origin(kind) is dict:
        return "amounts in minor units by ISO 4217 code"
    if get_origin(kind) is tuple:
        return "any names"
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    said = [
        f"{word} {_said(getattr(bound, edge))}"
        for bound in bounds
        for edge, word in words.items()
        if hasattr(bound, edge)
    ]
    return " ".join(said)


def _said(value: Any) -> str:
    """Write a value as it stands in a profile."""
    if isinstance(value, timedelta):
        return str(_ISO_SPAN.dump_python(value, mode="json"))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {amount}" for name, amount in value.items())
    return f"{value:,}" if isinstance(value, float) and value >= 10_000 else str(value)


def _record(name: str) -> dict[str, Any]:
    made = available()[name]
    paragraphs = _paragraphs(made)
    return {
        "name": name,
        "notices": paragraphs.pop(""),
        "scope": made.scope.value,
        "reads": _reads(made),
        "severity": made.severity.name.lower(),
        "prior": made.prior,
        "needs": list(made.needs),
        "least_per_million": made.least_per_million,
        "most_share": made.most_share,
        "version": made.version,
        "memory_s": made().memory.total_seconds(),
        "about": paragraphs,
        "parameters": {
            parameter.name: {
                "default": _plain(parameter.default),
                "allowed": parameter.allowed,
                "meaning": parameter.meaning,
            }
            for parameter in _parameters(made)
        },
    }


def _plain(value: Any) -> Any:
    return _said(value) if isinstance(value, timedelta) else value


def _print(table: Table) -> None:
    console = Console(width=_WIDTH, highlight=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().strip("\n").splitlines()))
