import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cases.errors import StoreMissing
from cli.main import COMMANDS, LazyGroup, cli
from config.located_yaml import Problem, ProfileError

FOLDER = Path(__file__).parents[2] / "cli"


def runs(failure: Callable[[], None]) -> click.testing.Result:
    """Run a command that does nothing but fail, in a group like ours."""

    class OneCommand(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return click.Command(cmd_name, callback=failure)

    return CliRunner().invoke(OneCommand("riskdesk"), ["fail"])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_listed_command_is_there_under_its_name_and_says_the_same_of_itself(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=200) == COMMANDS[name]


# Commands of these belong to a group that stands in the list.
WITHIN_A_GROUP = {
    "alarms": "devices",
    "calling": "queue",
    "convert-iso8583": "convert",
    "convert-labels": "convert",
    "executor": "action",
    "learn-combination": "learn",
    "learn-compromise": "learn",
    "learn-risk": "learn",
    "listen-iso8583": "listen",
    "model-signing": "model",
    "model-times": "model",
    "profile-signing": "profile",
    "queue-devices": "queue",
    "queue-life": "queue",
    "user-sessions": "user",
    "user-tokens": "user",
}


def test_no_module_with_a_command_is_missing_from_the_list() -> None:
    with_command = {
        path.stem.replace("_", "-")
        for path in FOLDER.glob("*.py")
        if path.name not in ("main.py", "reference_docs.py")
        and ("@click.command(" in path.read_text("utf-8") or "@click.group(" in path.read_text("utf-8"))
    }
    assert with_command - WITHIN_A_GROUP.keys() == set(COMMANDS)


def test_the_list_of_commands_is_shown_without_importing_any() -> None:
    code = (
        "import sys\n"
        "from cli.main import cli\n"
        "cli(['--help'], standalone_mode=False)\n"
        "print(sorted({'bytewax', 'river', 'pydantic', 'detectors'} & sys.modules.keys()))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
    assert all(name in result.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", ["check", "queue", "detectors"])
def test_a_command_that_reads_no_stream_does_not_wait_for_the_engine(name: str) -> None:
    code = (
        "import sys\n"
        "from cli.main import cli\n"
        f"cli([{name!r}, '--help'], standalone_mode=False)\n"
        "print('bytewax' in sys.modules)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "False"


def test_the_version_is_the_installed_one() -> None:
    result = CliRunner().invoke(cli, ["--version"])
    assert result.output == f"cli, version {version('riskdesk')}\n"


def test_an_unknown_command_is_wrong_use() -> None:
    result = CliRunner().invoke(cli, ["quue"])
    assert result.exit_code == 2
    assert "No such command 'quue'" in result.stderr


@pytest.mark.parametrize(
    "error",
    [
        StoreMissing("there is no store at sqlite:///x; load something first"),
        ProfileError([Problem(Path("p.yaml"), 3, "this is wrong", "that is allowed")]),
        FileNotFoundError(2, "No such file or directory", "gone.jsonl"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_with_words_for_the_operator_is_a_message_and_exit_code_1(error: Exception) -> None:
    def fail() -> None:
        raise error

    result = runs(fail)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == f"Error: {error}\n"


def test_a_bug_keeps_its_trace() -> None:
    def fail() -> None:
        {}["gone"]

    assert isinstance(runs(fail).exception, KeyError)


def test_wrong_use_within_a_command_is_exit_code_2() -> None:
    def fail() -> None:
        raise click.UsageError("give --store")

    assert runs(fail).exit_code == 2


def test_a_reader_that_leaves_early_gets_no_complaint() -> None:
    # Far more than a pipe holds, so that writing goes on after the reader has left.
    code = (
        "import click\n"
        "from cli.main import LazyGroup\n"
        "class OneCommand(LazyGroup):\n"
        "    def get_command(self, ctx, name):\n"
        "        return click.Command(name, callback=lambda: [click.echo('x' * 1000) for _ in range(1000)])\n"
        "OneCommand('riskdesk')(['talk'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
