"""The `check` command: whether a profile is right, and its detectors do what their examples say."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import orjson

import detectors
from cases.policy import QueuePolicy
from config.located_yaml import LocatedYaml, Problem, ProfileError
from config.profiles import load_profile
from detectors import examples

_OWN_PACKAGE = "detectors"


@click.command("check", epilog="Example: riskdesk check config/profiles/card_risk.yaml")
@click.argument("profile", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print each problem as one JSON line.")
@click.pass_context
def check(ctx: click.Context, profile: Path, as_json: bool) -> None:
    """Say whether PROFILE is right, and if not, what is wrong in which line.

    Every key and value is checked, every detector's parameters and the tables that the profile names; then
    the examples of the enabled detectors are run. All problems are printed, each with what is allowed, and
    the exit code is 1 when there are any.
    """
    problems = problems_of(profile)
    for problem in problems:
        click.echo(_record(problem) if as_json else str(problem))
    if problems:
        click.echo(f"{profile}: {len(problems)} to put right", err=True)
        ctx.exit(1)
    click.echo(f"{profile}: nothing to put right", err=True)


def problems_of(path: Path) -> list[Problem]:
    """Give everything that is wrong with a profile, and if nothing is, with its detectors' examples."""
    try:
        profile = load_profile(path, QueuePolicy)
    except ProfileError as error:
        return list(error.problems)
    if profile.detector_package != _OWN_PACKAGE:
        return []  # only our own promise examples
    return [problem for name in sorted(profile.detectors) for problem in _failing_examples(name)]


def _failing_examples(name: str) -> Iterator[Problem]:
    detector = detectors.available()[name]
    source = Path(str(sys.modules[detector.__module__].__file__))
    path = Path(os.path.relpath(source.with_name(f"{name}.examples.yaml")))
    try:
        found = examples.read(detector)
    except examples.ExamplesError as error:
        yield Problem(path, 1, str(error), "see the other detectors' examples")
        return
    located = LocatedYaml(path)
    for index, example in enumerate(found):
        wrong = examples.problem(detector, example)
        if wrong is not None:
            line = located.line(("examples", index))
            yield Problem(path, line, f"the example {example.name!r} fails", wrong)


def _record(problem: Problem) -> bytes:
    return orjson.dumps(
        {
            "path": str(problem.path),
            "line": problem.line,
            "what": problem.what,
            "allowed": problem.allowed,
        }
    )
