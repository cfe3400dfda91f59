"""The `listen` command: events that senders bring, put into a folder that a flow follows."""

from pathlib import Path
from typing import Any

import click

from cli.following import Every
from cli.listen_iso8583 import iso8583
from cli.listening import INTO, WHERE, Into, Where, picked, say_counts, serve
from cli.shared_secret import read_secret
from connectors.event_requests import EventRequests
from connectors.http_intake import HttpIntake
from connectors.request_answers import AnswerBook
from connectors.tcp_lines import TcpLines
from flows.desk_time import desk_now_ms
from observability.logs import set_up_logs

TOKEN_VARIABLE = "RISKDESK_LISTEN_TOKEN"
_MIB = 1 << 20
_MINUTE_MS = 60_000


@click.group(
    epilog="Example: riskdesk listen http --port 8080 --token-file /etc/riskdesk/intake.token "
    "--profile config/profiles/card_risk.yaml --out var/intake"
)
def listen() -> None:
    """Take events from senders into a folder that a flow follows.

    For those without Kafka: `riskdesk run --input FOLDER` reads what is taken here. Whatever was
    acknowledged is on disk.
    """
    set_up_logs("info")


listen.add_command(iso8583)


@listen.command(
    epilog="Example: riskdesk listen http --port 8443 --host 0.0.0.0 --tls-cert intake.pem --token-file "
    "intake.token --profile config/profiles/card_risk.yaml --out var/intake --recovery var/recovery"
)
@WHERE
@click.option(
    "--token-file",
    envvar="RISKDESK_LISTEN_TOKEN_FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=f"File, readable by you alone, with a token a line; else {TOKEN_VARIABLE} is it.",
)
@click.option(
    "--request-mb",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="MiB of lines that a request may bring.",
)
@INTO
def http(token_file: Path | None, request_mb: int, **given: Any) -> None:
    """Take JSON lines, plain or gzip, by POST /events with a bearer token.

    Answered 202 when all lines are on disk, 207 or 422 with what is wrong with the others, 503 when to come
    again. A repeat of an Idempotency-Key within a day gets the first answer. GET /health says how it is.
    SIGTERM lets the requests under way finish.
    """
    where, into = picked(Where, given), picked(Into, given)
    tokens = (read_secret(token_file, TOKEN_VARIABLE) or b"").split()
    tls = where.protection(token=True)
    with into.writer() as writer, AnswerBook(into.out, desk_now_ms) as answers:
        intake = into.intake(writer)
        requests = EventRequests(intake, answers, most_bytes=request_mb * _MIB)
        address = where.host, where.port
        server = HttpIntake(address, requests, tokens, tls=tls, most_clients=where.clients)

        tidying = Every(_MINUTE_MS)

        def tick() -> None:
            writer.rotate_aged()
            if tidying.due(desk_now_ms()):
                answers.tidy()

        serve(server, tick, intake.metrics, intake.room, where.metrics_port)
        say_counts(intake)


@listen.command(
    epilog="Example: riskdesk listen tcp --port 9900 --profile config/profiles/card_risk.yaml "
    "--out var/intake"
)
@WHERE
@INTO
def tcp(**given: Any) -> None:
    """Take JSON lines over TCP, and acknowledge them.

    The answer to any number of lines is a JSON line: {"lines": 1200, ...} says that the connection's first
    1,200 are dealt with, and what was wrong with some of them. What was not acknowledged is to be sent again.
    While the disk or the flow is behind, nothing is read.
    """
    where, into = picked(Where, given), picked(Into, given)
    tls = where.protection(token=False)
    with into.writer() as writer:
        intake = into.intake(writer)
        server = TcpLines((where.host, where.port), intake, tls=tls, most_clients=where.clients)
        serve(server, writer.rotate_aged, intake.metrics, intake.room, where.metrics_port)
        say_counts(intake)
