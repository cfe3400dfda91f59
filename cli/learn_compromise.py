"""The `learn compromise` command: what became known of cards leads back to where they were copied."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec
import orjson

from cli.desk_options import opened
from cli.durations import Duration
from cli.learn_files import EFFECTIVE_AT, FILES, OUT, Recorded
from domain.events import Transaction
from domain.instants import iso, to_ms
from domain.reference import Reference
from domain.tables import CompromisePoint
from domain.wording import counted
from learning.compromise.learning import Learnt, learn_compromise
from learning.compromise.settings import Settings
from learning.published import write_table
from learning.risk.labels import Label, LabelBook

_DEFAULTS = Settings()
# Of a point's cards to watch so many are printed; the table has them all.
_PRINTED = 20
_FOR_EVER_MS, _ANY_NUMBER = 10**15, 10**9


@click.command(
    epilog="Example: riskdesk learn compromise march.jsonl.zst --labels claims.jsonl -o points.json "
    "--effective-at 2026-04-01T00:00:00+08:00"
)
@FILES
@click.option(
    "--labels",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    help="Lines of dispositions and chargebacks, where they are not among FILES; may be given several times.",
)
@click.option(
    "--store",
    "url",
    envvar="RISKDESK_STORE",
    help="Take from this store what the desk found out, and whose the cards and which the devices are.  "
    "[RISKDESK_STORE]",
)
@OUT
@EFFECTIVE_AT
@click.option(
    "--window",
    type=Duration(),
    default=_DEFAULTS.window,
    show_default="P30D",
    help="How long before its first fraud a card may have been copied.",
)
@click.option(
    "--apart",
    type=Duration(),
    default=_DEFAULTS.apart,
    show_default="PT6H",
    help="How shortly before its first fraud uses belong to the fraud.",
)
@click.option(
    "--look-back",
    type=Duration(),
    default=_DEFAULTS.look_back,
    show_default="P90D",
    help="How far back uses count.",
)
@click.option(
    "--least-cards",
    type=int,
    default=_DEFAULTS.least_cards,
    show_default=True,
    help="So many cards used at a point turned bad, at least.",
)
@click.option(
    "--least-customers",
    type=int,
    default=_DEFAULTS.least_customers,
    show_default=True,
    help="Of so many customers, at least.",
)
@click.option(
    "--times", type=float, default=_DEFAULTS.times, show_default=True, help="As many as expected, at least."
)
@click.option(
    "--false-share",
    type=float,
    default=_DEFAULTS.false_share,
    show_default=True,
    help="Which share of the points may be there by chance.",
)
@click.option(
    "--most-cards", type=int, default=_DEFAULTS.most_cards, show_default=True, help="At each point."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with all cards to watch.")
def compromise(
    files: tuple[Path, ...],
    labels: tuple[Path, ...],
    url: str | None,
    out: Path,
    effective_at: datetime,
    *,
    as_json: bool,
    **settings: Any,
) -> None:
    """Find the terminals, devices and merchants that cards which turned bad have in common.

    FILES are lines of events, also compressed, or folders of such; they are read several times. Lines that
    are no event are counted and left out. A card turned bad with its first fraud by the labels known at
    --effective-at; later ones are left out. Where the cards of a point were defrauded at that very point,
    nothing was copied there: it is printed, but is not in the table.
    """
    recorded = Recorded(files)
    book, later, reference = _known(Recorded((*files, *labels)), url, effective_at)

    def transactions() -> Iterator[Transaction]:
        recorded.rejected = 0
        for event in recorded.events(Transaction):
            if not reference.empty:
                reference.join(event)
            yield event

    learnt = learn_compromise(transactions, _says(book), effective_at, Settings(**settings))
    write_table(out, learnt.table)
    if as_json:
        click.echo(orjson.dumps(_told(learnt, out, later, recorded.rejected)))
    else:
        _print(learnt)
    if later:
        click.echo(f"{counted(later, 'label')} became known later and were left out", err=True)
    if recorded.rejected:
        click.echo(f"{counted(recorded.rejected, 'line')} not read as an event and left out", err=True)


def _known(recorded: Recorded, url: str | None, effective_at: datetime) -> tuple[LabelBook, int, Reference]:
    """Give what was known by then, how many labels came later, and who and what is on record."""
    book, later = LabelBook(_FOR_EVER_MS, _ANY_NUMBER), 0
    effective_ms = to_ms(effective_at)
    said: Iterable[Label] = (event for event in recorded.all() if isinstance(event, Label))
    reference = Reference("UTC")
    if url:
        with opened(url) as store:
            said = [*said, *store.feedback.dispositions(0, effective_ms)]
            # Which day a card was opened on does not matter here.
            reference = Reference.of(store.reference.all(), "UTC")
    for label in said:
        if label.at_ms < effective_ms:
            book.hear(label)
        else:
            later += 1
    return book, later, reference


def _says(book: LabelBook) -> Callable[[str], bool | None]:
    def fraud(transaction: str) -> bool | None:
        standing = book.standing(transaction)
        return None if standing is None else standing.fraud

    return fraud


def _told(learnt: Learnt, out: Path, later: int, rejected: int) -> dict[str, Any]:
    return {
        "table": str(out),
        "version": learnt.table.version,
        "effective_at": iso(to_ms(learnt.table.effective_at)),
        "bad_cards": learnt.bad_cards,
        "tested": learnt.tested,
        "shared": learnt.shared,
        "points": [msgspec.to_builtins(point) for point in learnt.table.points],
        "themselves": [msgspec.to_builtins(point) for point in learnt.themselves],
        "later": later,
        "rejected": rejected,
    }


def _print(learnt: Learnt) -> None:
    found = counted(len(learnt.table.points), "common point")
    click.echo(
        f"{counted(learnt.bad_cards, 'card')} turned bad; {found} among {counted(learnt.tested, 'place')}, "
        f"{learnt.shared:,} of which several had in common; version {learnt.table.version}"
    )
    for point in learnt.table.points:
        click.echo(_words(point))
        shown = ", ".join(card.card for card in point.cards[:_PRINTED])
        rest = f" and {len(point.cards) - _PRINTED:,} more" if len(point.cards) > _PRINTED else ""
        click.echo(f"  {counted(len(point.cards), 'card')} to watch: {shown or 'none'}{rest}")
    for point in learnt.themselves:
        click.echo(f"{_words(point)}; the fraud took place there, so that it is not in the table")


def _words(point: CompromisePoint) -> str:
    since, until = iso(to_ms(point.since)), iso(to_ms(point.until))
    return (
        f"{point.kind} {point.id}: {point.bad:,} of {point.seen:,} cards turned bad where "
        f"{point.expected:.1f} were expected (chance {point.p_value:.2g}), used from {since} to {until}"
    )
