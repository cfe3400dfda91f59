"""The `dead-letters` command: what was refused and why, and how it comes into the stream after all."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
import orjson

from cases.dead_letters import DeadLetter, LetterStatus
from cases.errors import WrongUse
from cases.store import Store, open_store
from config.profiles import load_profile
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from connectors.dead_letter_lines import append_missing_lines, dead_letter_record, text_or_base64
from domain.instants import span_ms, to_ms
from domain.rejections import Reason

F = TypeVar("F", bound=Callable[..., Any])

_STORE = click.option(
    "--store",
    "url",
    required=True,
    envvar="RISKDESK_STORE",
    help="The queue, as sqlite:///path or postgresql://...  [RISKDESK_STORE]",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
# So many corrected lines go back together; each was corrected by hand.
_AT_ONCE = 100_000
# Every time that can be written: the flow that reads the corrected line has its own bounds.
_ANY_TIME = TimeBounds(earliest_ms=-62_135_596_800_000, latest_ms=253_402_300_799_999, ahead_of_ingest_ms=0)


@click.group("dead-letters", epilog="Example: riskdesk dead-letters list --store sqlite:///desk.db")
def dead_letters() -> None:
    """Look through the lines that were no event.

    Each was refused for a reason; once corrected, it goes through the flow as a late event.
    """


@dead_letters.command(
    "list", epilog="Example: riskdesk dead-letters list --reason naive_time --store sqlite:///desk.db"
)
@click.option("--reason", type=click.Choice([reason.value for reason in Reason]), help="Only this reason.")
@click.option(
    "--status", type=click.Choice([status.value for status in LetterStatus]), help="Only this status."
)
@click.option("--limit", type=click.IntRange(min=1), default=100, show_default=True, help="At most so many.")
@_STORE
@_JSON
def list_(reason: str | None, status: str | None, limit: int, url: str, as_json: bool) -> None:
    """Count the refused lines by reason, then list them in the order in which they lay."""
    with _opened(url) as store:
        counts = store.dead_letters.counts()
        letters = store.dead_letters.list(
            Reason(reason) if reason else None, LetterStatus(status) if status else None, limit
        )
    for each, count in counts.items():
        click.echo(f"{count:>9,}  {each.value}", err=as_json)
    if not counts:
        click.echo("no dead letters", err=True)
    for letter in letters:
        _print_letter(letter, as_json)


@dead_letters.command(
    epilog="Example: riskdesk dead-letters show 0123456789abcdef0123456789abcdef --store sqlite:///desk.db"
)
@click.argument("letter_id", metavar="ID")
@_STORE
@_JSON
def show(letter_id: str, url: str, as_json: bool) -> None:
    """Show one refused line: where it lay, what is wrong with it, and its text."""
    with _opened(url) as store:
        letter = store.dead_letters.get(letter_id)
    _print_letter(letter, as_json)
    if not as_json:
        click.echo(_printable(letter.rejected.raw))
        if letter.corrected is not None:
            click.echo(f"corrected:\n{_printable(letter.corrected)}")


@dead_letters.command(
    epilog="Example: riskdesk dead-letters fix 0123456789abcdef0123456789abcdef --with line.json "
    "--store sqlite:///desk.db"
)
@click.argument("letter_id", metavar="ID")
@click.option(
    "--with",
    "line_file",
    type=click.File("rb"),
    required=True,
    help="File that holds the corrected line; - for standard input.",
)
@click.option(
    "--profile",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Profile whose bounds the times must keep.  [any time]",
)
@_STORE
@click.pass_context
def fix(ctx: click.Context, letter_id: str, line_file: BinaryIO, profile: Path | None, url: str) -> None:
    """Keep the corrected line for the refused one, if it is an event now; else say what is still wrong."""
    line = line_file.read().rstrip(b"\r\n")
    if b"\n" in line:
        raise click.UsageError("an event is one line; write it without line breaks")
    _, rejected = Codec(_ANY_TIME if profile is None else _bounds(profile)).decode(
        # Not at the beginning of a partition, where more would be forgiven.
        Block("corrected", 1, line + b"\n")
    )
    if rejected:
        click.echo(f"still {rejected[0].reason.value}: {rejected[0].detail}", err=True)
        ctx.exit(1)
    with _opened(url) as store:
        store.dead_letters.correct(letter_id, line)
    click.echo(f"{letter_id} is corrected; `riskdesk dead-letters replay` sends it", err=True)


@dead_letters.command(
    epilog="Example: riskdesk dead-letters replay --to var/live.jsonl --store sqlite:///desk.db"
)
@click.option(
    "--to",
    "stream",
    type=click.Path(exists=True, dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Plain file that a running flow follows; the lines are added at its end.",
)
@click.option("--partition", help="Only lines that came from this partition.")
@_STORE
def replay(stream: Path, partition: str | None, url: str) -> None:
    """Send the corrected lines through the flow, each once; there they are late events.

    Where the input is partitioned by card, a line must go into the file that holds its card's events.
    """
    with _opened(url) as store:
        letters = [
            letter
            for letter in store.dead_letters.list(status=LetterStatus.CORRECTED, limit=_AT_ONCE)
            if partition in (None, letter.rejected.partition)
        ]
        # Marked last: after a crash in between, lines that are in the file are not added again.
        append_missing_lines(stream, [each.corrected for each in letters if each.corrected is not None])
        sent = store.dead_letters.mark_replayed([letter.id for letter in letters])
    click.echo(f"{sent} corrected lines sent to {stream}", err=True)


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    try:
        with open_store(url, create=False) as store:
            yield store
    except WrongUse as error:
        raise click.UsageError(str(error)) from error


def _bounds(profile: Path) -> TimeBounds:
    bounds = load_profile(profile).bounds
    return TimeBounds(
        earliest_ms=to_ms(bounds.earliest),
        latest_ms=to_ms(bounds.latest),
        ahead_of_ingest_ms=span_ms(bounds.ahead_of_ingest),
    )


def _print_letter(letter: DeadLetter, as_json: bool) -> None:
    rejected = letter.rejected
    if not as_json:
        click.echo(f"{letter.id}  {letter.status.value:<9}  {rejected.partition}:{rejected.offset}")
        click.echo(f"    {rejected.reason.value}: {rejected.detail}")
        return
    corrected = {} if letter.corrected is None else text_or_base64("corrected", letter.corrected)
    click.echo(
        orjson.dumps({**dead_letter_record(rejected), "status": letter.status.value, **corrected}).decode()
    )


def _printable(raw: bytes) -> str:
    """Write out what could steer the terminal instead of being shown."""
    text = raw.decode("utf-8", "backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
