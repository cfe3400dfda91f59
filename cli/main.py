"""The `riskdesk` command; each of its commands is a module of this package, imported when it is asked for.

Exit codes: 0 fine, 1 found something or failed, 2 wrong use.
"""

from errno import EPIPE
from importlib import import_module
from typing import Any

import click

# A command's module is `cli.<name>` with underscores; its line here is what `riskdesk --help` shows.
COMMANDS = {
    "action": "Block, release, report and change, with the second person that each takes.",
    "audit": "Verify, seal and read the record of who did and saw what.",
    "backtest": "Run PROFILES over recorded events in one pass, and judge what each would have told.",
    "check": "Say whether PROFILE is right, and if not, what is wrong in which line.",
    "convert": "Turn outside data into the events that riskdesk reads.",
    "dead-letters": "Look through the lines that were no event.",
    "desk": "Serve the web desk: work, queue, devices, approvals and the rest, in a browser.",
    "detectors": "List the detectors; `show NAME` explains one.",
    "devices": "Show what devices are doing, and how available they were.",
    "diff": "Say which alerts appear, vanish, move, change rank or say otherwise between runs A and B.",
    "doctor": "Look for all that would keep a run from starting, and say all of it at once.",
    "evidence": "Write the signed evidence package of a CASE: a document to read, and the records behind it.",
    "evidence-verify": "Check an evidence package: signature, every file in it, and proofs of its audit.",
    "explain": "Say why ALERTS fired: in words, and with the events that fire them again.",
    "feedback": "Hand what the desk found out to whoever learns from it.",
    "handover": "Show, make or take over what the next shift must know: the latest, unless another is named.",
    "knowledge": "Look up what the desk knows, and keep it up to date.",
    "kpi": "Show what the desk achieved in a window of time.",
    "learn": "Learn published tables from recorded events.",
    "listen": "Take events from senders into a folder that a flow follows.",
    "model": "Keep learnt tables, and decide by two people from when on a model scores.",
    "orders": "Hand work of a case to a department, and follow it until it is done.",
    "outbox": "Tell others what the desk wants them to know: messages, letters, alarms, outcomes.",
    "profile": "Keep versions of profiles, and decide by two people which of them runs.",
    "queue": "Work through the cases, the most pressing first.",
    "recovery": "Look at the state that a flow saves with --recovery, make it small, and back it up.",
    "reference": "Load and look up who holds a card and where a terminal stands.",
    "replay": "Run recorded FILES through the detectors of PROFILE.",
    "retention": "Archive and purge old cases, hold what must be kept, export and erase a customer's data.",
    "run": "Watch live events with the detectors of a profile, and keep watching.",
    "shadow": "Say what a profile in the shadow would have told, beside what was LIVE.",
    "simulate": "Make the events of a city bank from a seed: honest daily life, and incidents among it.",
    "simulate-devices": "Make what a fleet reports from a seed: daily life, wear, weather and attacks.",
    "staffing": "Say how many agents each coming quarter-hour needs (Erlang C).",
    "store": "Bring a store up to date, and see whether it is whole.",
    "tune": "Find better parameters of DETECTOR, and say whether they hold.",
    "user": "Say who may sign in at the desk: users, invitations, sessions, and tokens of programs.",
    "warm": "Let the detectors of PROFILE watch HISTORY, and keep what they remember of it.",
    "webhook": "Tell other systems by signed requests what happens, each at its own address and pace.",
}

# An error defined in one of these says what the operator can do; any other is a bug and shows its trace.
OURS = frozenset(
    {
        "cases",
        "cli",
        "config",
        "connectors",
        "desk",
        "detectors",
        "devices",
        "domain",
        "flows",
        "learning",
        "observability",
        "simulation",
        "tuning",
    }
)


class LazyGroup(click.Group):
    """Imports a command's module only to run it: a look at the queue need not wait for the engine."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"cli.{cmd_name.replace('-', '_')}")
        for found in vars(module).values():
            if isinstance(found, click.Command) and found.name == cmd_name:
                return found
        raise TypeError(f"{module.__name__} holds no click command named {cmd_name!r}")

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if not _is_for_the_operator(error):
                raise
            raise click.ClickException(str(error)) from error


def _is_for_the_operator(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno != EPIPE  # the reader of our output has left: click ends quietly
    return type(error).__module__.partition(".")[0] in OURS


@click.group(
    cls=LazyGroup,
    context_settings={
        "auto_envvar_prefix": "RISKDESK",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="Example: riskdesk check config/profiles/card_risk.yaml",
)
@click.version_option(package_name="riskdesk")
def cli() -> None:
    """Watch card transactions and work through what is wrong, the most pressing case first.

    Data goes to standard output as JSON lines, words to standard error. Every option can also be set in
    the environment: `riskdesk replay --store` is RISKDESK_REPLAY_STORE.
    """


if __name__ == "__main__":
    cli()
