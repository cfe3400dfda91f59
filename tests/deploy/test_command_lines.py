"""What the deployment files start is what the command takes, and what they set is what it reads."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from cases.audit.keys import KEYS_VARIABLE
from cli.action import action
from cli.desk_bank import HISTORY_SECRET, VAULT_SECRET
from cli.executor import SECRET_VARIABLE as BANK_SECRET
from cli.main import cli
from cli.outbox import SECRET_VARIABLE as RECEIVER_SECRET
from config.profiles import load_profile
from config.settings import Settings, variable

DEPLOY = Path(__file__).parents[2] / "deploy"
INSTANCE = {"riskdesk-flow@.service": "card-risk", "riskdesk-outbox@.service": "customer_message"}
# Read by a single command, not by the settings of all.
OF_ONE_COMMAND = {
    KEYS_VARIABLE,
    BANK_SECRET,
    RECEIVER_SECRET,
    HISTORY_SECRET,
    VAULT_SECRET,
    "RISKDESK_BANK",
    "RISKDESK_RECEIVER",
}


def in_units() -> Iterator[tuple[str, list[str]]]:
    for path in sorted((DEPLOY / "systemd").glob("*.service")):
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("ExecStart="):
                program, *arguments = shlex.split(line.removeprefix("ExecStart="))
                assert program == "/opt/riskdesk/bin/riskdesk"
                name = INSTANCE.get(path.name, "")
                yield path.name, [argument.replace("%i", name) for argument in arguments]


def in_compose() -> Iterator[tuple[str, list[str]]]:
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
    for name, service in compose["services"].items():
        if service["image"].startswith("riskdesk"):
            yield f"compose {name}", service["command"]


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text("utf-8"))


def containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for manifest in manifests():
        if manifest["kind"] in ("StatefulSet", "Deployment"):
            pod = manifest["spec"]["template"]["spec"]
            for container in pod["containers"]:
                yield manifest["metadata"]["name"], pod, container


COMMANDS = [
    *in_units(),
    *in_compose(),
    *((f"kubernetes {name}", container["args"]) for name, _, container in containers()),
]


def taken(arguments: list[str]) -> dict[str, Any]:
    """Let click read a command line, all but looking for the files that it names."""
    command: click.Command = cli
    ctx = click.Context(command, info_name="riskdesk")
    rest = list(arguments)
    while isinstance(command, click.Group):
        name = rest.pop(0)
        found = command.get_command(ctx, name)
        assert found is not None, f"there is no command {name}"
        command, ctx = found, click.Context(found, info_name=name, parent=ctx)
    given, left, _ = command.make_parser(ctx).parse_args(rest)
    assert left == []
    for parameter in command.params:
        value = given.get(str(parameter.name))
        if value is not None and not isinstance(parameter.type, click.Path):
            parameter.type_cast_value(ctx, value)
    return given


@pytest.mark.parametrize(("where", "arguments"), COMMANDS, ids=[where for where, _ in COMMANDS])
def test_each_command_line_is_one_that_the_command_takes(where: str, arguments: list[str]) -> None:
    assert taken(arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "card-risk", "--recover=x"],
        ["run", "card-rsk"],
        ["sweep"],
        ["queue", "sweep", "--seal-every=x"],
    ],
)
def test_a_command_line_that_is_wrong_would_be_found(arguments: list[str]) -> None:
    with pytest.raises((click.UsageError, AssertionError)):
        taken(arguments)


def test_every_kind_of_deployment_runs_all_that_must_run() -> None:
    wanted = {("run", "card-risk"), ("queue", "sweep"), ("action", "run"), ("outbox", "run")}
    assert action.name == "action"
    for kind in (in_units(), in_compose(), ((name, each["args"]) for name, _, each in containers())):
        begun = [arguments for _, arguments in kind]
        assert wanted <= {tuple(arguments[:2]) for arguments in begun}
        assert "desk" in {arguments[0] for arguments in begun}


def test_every_variable_that_is_set_is_one_that_is_read() -> None:
    known = {variable(name) for name in Settings.model_fields} | OF_ONE_COMMAND
    found = set()
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            found |= set(re.findall(r"\bRISKDESK_[A-Z_]+", path.read_text("utf-8")))
    assert found <= known


def test_the_profile_in_kubernetes_is_one_that_can_be_run(tmp_path: Path) -> None:
    (config,) = (each for each in manifests() if each["metadata"]["name"] == "riskdesk-profile")
    (name, text) = next(iter(config["data"].items()))
    path = tmp_path / name
    path.write_text(text, "utf-8")
    assert load_profile(path).flow == "card_risk"


def test_no_file_names_a_registry() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            for image in re.findall(r"^\s*(?:image:|FROM)\s*(\S+)", path.read_text("utf-8"), re.M):
                assert "." not in image.partition(":")[0].partition("/")[0], f"{path.name}: {image}"
