"""The `convert labels` command: truth beside recorded events becomes claims that come late."""

from datetime import timedelta
from operator import attrgetter
from pathlib import Path

import click
import msgspec
import orjson

from cli.durations import Duration
from connectors.streams import writing
from domain.events import Chargeback
from domain.instants import from_ms
from tuning.measures.labels import Use, read_labels

_IN = click.Path(exists=True, path_type=Path)


@click.command(
    epilog="Example: riskdesk convert labels paid.jsonl.zst --labels truth.jsonl --delay 7d -o claims.jsonl"
)
@click.argument("files", type=_IN, nargs=-1, required=True)
@click.option(
    "--labels",
    type=_IN,
    multiple=True,
    required=True,
    help="Lines that say what was fraud, as `riskdesk backtest` reads them; may be given several times.",
)
@click.option(
    "--delay",
    type=Duration(),
    default=timedelta(days=7),
    show_default="P7D",
    help="How long after a transaction its label is known, where the line does not say.",
)
@click.option("--fraud-only", is_flag=True, help="Leave out what is known to be honest.")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the claims go; .gz or .zst at its end compresses.",
)
def labels(
    files: tuple[Path, ...], labels: tuple[Path, ...], delay: timedelta, *, fraud_only: bool, out: Path
) -> None:
    """Make `chargeback` events of labels, each at the time when it was known.

    FILES are the recorded events that the labels are about. The claims come in the order in which they became
    known, for `riskdesk learn risk` to learn from as it would from a bank's own.
    """
    known = read_labels(labels, [str(path) for path in files], delay=delay)
    claims = sorted(
        (use for use in known if use.fraud or not fraud_only), key=attrgetter("known_ms", "event_id")
    )
    encode = msgspec.json.Encoder().encode
    with writing(out) as stream:
        for use in claims:
            stream.write(encode(_claim(use)) + b"\n")
    frauds = sum(use.fraud for use in claims)
    said = {"claims": len(claims), "frauds": frauds, "labels_without_event": known.without_event}
    click.echo(orjson.dumps(said))


def _claim(use: Use) -> Chargeback:
    return Chargeback(
        event_id=f"claim-{use.event_id}",
        at=from_ms(use.known_ms),
        about=use.event_id,
        transaction_at=from_ms(use.at_ms),
        fraud=use.fraud,
        card=use.card,
    )
