"""Serving the desk: one process with its pages, and the sweeper that keeps the queue up to date."""

import logging
import socket
from collections.abc import Callable
from threading import Event, Thread
from types import FrameType

import uvicorn
from fastapi import FastAPI

from cases.errors import CaseError
from cases.store import Store
from desk.context import Desk
from desk.pages import prepare
from desk.settings import DeskSettings

log = logging.getLogger(__name__)

_SWEEP_EVERY_S = 1.0
# How long requests may take to end once the desk was asked to.
_GRACE_S = 5


class Sweeper:
    """Does what time alone brings about: wakes, frees and promotes tasks, lets proposals and blocks end."""

    def __init__(self, store: Store, clock: Callable[[], int]) -> None:
        """Sweep `store` once a second from `start` on; several desks may, each finds what is left to do."""
        self._store = store
        self._clock = clock
        self._ended = Event()
        self._thread = Thread(target=self._sweep, daemon=True, name="sweeper")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the sweep at hand."""
        self._ended.set()
        self._thread.join()

    def _sweep(self) -> None:
        while not self._ended.wait(_SWEEP_EVERY_S):
            try:
                self._store.work.sweep_if_due(self._clock())
                self._store.actions.expire(self._clock())
                self._store.repeats.sweep_if_due(self._clock())
            except CaseError as error:
                log.warning("the sweep did not come to its end and is tried again: %s", error)


class _Server(uvicorn.Server):
    """Ends open streams as soon as it is asked to end, and then ends in good order: that is no failure."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        """Call `started` once it answers, and minds signals."""
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._tell_started()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        desk: Desk = self.config.app.state.desk  # type: ignore[union-attr]
        desk.changes.stop()
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(app: FastAPI, settings: DeskSettings, told: Callable[[str], None] = lambda address: None) -> None:
    """Serve until SIGTERM or SIGINT; `told` is given the address once it answers.

    Raises OSError where somebody else listens there.
    """
    desk: Desk = app.state.desk
    prepare()
    listening = socket.create_server((settings.host, settings.port), family=_family(settings.host))
    scheme = "https" if settings.tls_certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{scheme}://{host}:{listening.getsockname()[1]}"
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        # Addresses hold case ids and search words.
        access_log=False,
        server_header=False,
        proxy_headers=settings.behind_proxy,
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, lambda: told(address))
    sweeper = Sweeper(desk.store, desk.clock)
    sweeper.start()
    try:
        server.run(sockets=[listening])
    finally:
        sweeper.stop()
        listening.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
