"""What the commands that listen share: where, for whom, into which folder, and until when."""

import logging
import signal
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import FrameType
from typing import Any, NamedTuple, TypeVar, get_type_hints

import click
import orjson

from cases.policy import QueuePolicy
from cli.desk_options import options
from cli.serving import served
from config.profiles import load_profile
from connectors.client_server import ClientServer, serve_until, tls_context
from connectors.codec import Codec
from connectors.folder_writer import FolderWriter
from connectors.intake import Intake, Room
from domain.receivers import is_here
from flows.bounds import time_bounds
from flows.followed import bytes_behind
from observability.beside import ListenerMetrics

T = TypeVar("T")

log = logging.getLogger(__name__)

# How long senders at work may take to finish once the end was asked for.
GRACE_S = 20.0
_TICK_S = 1.0
_MIB = 1 << 20
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


class Where(NamedTuple):
    """Where to listen, and what keeps strangers out; as `WHERE` gives it."""

    host: str
    port: int
    clients: int
    tls_cert: Path | None
    tls_key: Path | None
    tls_client_ca: Path | None
    unprotected: bool
    metrics_port: int

    def protection(self, *, token: bool) -> ssl.SSLContext | None:
        """Give the TLS to serve, None for none.

        Raises UsageError where strangers could send: beyond this machine senders need TLS, and without a
        `token` a certificate of their own.
        """
        beyond = not is_here(self.host)
        missing = self.tls_cert is None or (self.tls_client_ca is None and not token)
        if beyond and missing and not self.unprotected:
            wanted = "--tls-cert" if token else "--tls-cert and --tls-client-ca"
            raise click.UsageError(
                f"{self.host} can be reached by others: give {wanted}, or --unprotected where something in "
                "front of it keeps strangers out"
            )
        if self.tls_cert is None:
            if self.tls_key or self.tls_client_ca:
                raise click.UsageError("--tls-key and --tls-client-ca need --tls-cert")
            return None
        return tls_context(self.tls_cert, self.tls_key, self.tls_client_ca)


class Into(NamedTuple):
    """The folder that lines go into, and when it takes none; as `INTO` gives it."""

    out: Path
    profile: Path
    recovery: Path | None
    behind_mb: int
    free_mb: int
    file_mb: int
    file_minutes: float

    def writer(self) -> FolderWriter:
        """Open the folder to write to it; raises FolderError."""
        return FolderWriter(
            self.out,
            clock=lambda: datetime.now(UTC),
            max_bytes=self.file_mb * _MIB,
            max_age_s=self.file_minutes * 60,
        )

    def intake(self, writer: FolderWriter) -> Intake:
        """Take what the flow of the profile would take; raises ProfileError."""
        followed = self.recovery
        room = Room(
            self.out,
            least_free_bytes=self.free_mb * _MIB,
            behind=lambda: None if followed is None else bytes_behind(followed, self.out),
            most_behind_bytes=self.behind_mb * _MIB,
        )
        return Intake(writer, Codec(time_bounds(load_profile(self.profile, QueuePolicy))), room)


WHERE = options(
    click.option(
        "--port", type=click.IntRange(0, 65_535), required=True, help="Port to listen on; 0 takes a free one."
    ),
    click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        help="Address to listen on; one beyond this machine needs TLS.",
    ),
    click.option(
        "--clients",
        type=click.IntRange(1, 4096),
        default=128,
        show_default=True,
        help="Connections at once.",
    ),
    click.option("--tls-cert", type=_FILE, help="Certificate (PEM) to serve TLS with."),
    click.option("--tls-key", type=_FILE, help="Its key (PEM), where that is another file."),
    click.option(
        "--tls-client-ca", type=_FILE, help="Serve only clients with a certificate that this one signed."
    ),
    click.option(
        "--unprotected",
        is_flag=True,
        help="Beyond this machine all the same: something in front keeps strangers out.",
    ),
    click.option(
        "--metrics-port",
        type=click.IntRange(0, 65_535),
        default=0,
        help="Loopback port for Prometheus; 0, the default, for none.",
    ),
)
INTO = options(
    click.option("--out", type=_FOLDER, required=True, help="Folder for the lines, which a flow follows."),
    click.option(
        "--profile", type=_FILE, required=True, help="Profile of that flow, for the times that it believes."
    ),
    click.option("--recovery", type=_FOLDER, help="Recovery folder of that flow, to see how far it is."),
    click.option(
        "--behind-mb",
        type=click.IntRange(1),
        default=1024,
        show_default=True,
        help="With --recovery, take nothing while the flow is more MiB behind.",
    ),
    click.option(
        "--free-mb",
        type=click.IntRange(0),
        default=1024,
        show_default=True,
        help="Take nothing while the disk has fewer MiB left.",
    ),
    click.option(
        "--file-mb",
        type=click.IntRange(1, 65_536),
        default=256,
        show_default=True,
        help="After so many MiB a new file is begun.",
    ),
    click.option(
        "--file-minutes",
        type=click.FloatRange(0.1, 1440),
        default=60,
        show_default=True,
        help="And after so many minutes.",
    ),
)


def picked(kind: type[T], given: Mapping[str, Any]) -> T:
    """Take the options that belong to `kind` out of all that a command was given."""
    return kind(**{name: given[name] for name in get_type_hints(kind)})


def serve(
    server: ClientServer, tick: Callable[[], None], metrics: ListenerMetrics, room: Room, metrics_port: int
) -> None:
    """Serve until SIGTERM or Ctrl-C, then let senders at work finish; a second signal ends it at once.

    `tick` is done every second. The `metrics`, with those of the server and its `room`, are told on a port,
    unless that is 0. Raises PortTakenError when another process listens there.
    """
    server.on_client = metrics.connections.inc
    metrics.look_at(lambda: server.clients, room.lacking, room.behind)
    with served(metrics, metrics_port, store=None):
        _serve(server, tick)


def _serve(server: ClientServer, tick: Callable[[], None]) -> None:
    stop = Event()

    def ask(number: int, frame: FrameType | None) -> None:
        del frame
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    host, port = server.server_address[:2]
    click.echo(f"listening on port {port} of {host!s}", err=True)

    def tick_if_the_disk_lets() -> None:
        try:
            tick()
        except OSError as error:
            log.error("the folder could not be kept in order", extra={"error": str(error)})

    serve_until(server, stop, _TICK_S, tick_if_the_disk_lets)
    if not server.end(GRACE_S):
        click.echo(f"some senders were still at work after {GRACE_S:g} s and were cut off", err=True)


def say_counts(intake: Intake) -> None:
    """Say how many lines were taken and refused."""
    click.echo(orjson.dumps({"taken": intake.taken, "refused": intake.refused}))
