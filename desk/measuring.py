"""What requests cost, by screen: counted around the whole application, for Prometheus."""

from time import monotonic

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from desk.api.app import PATH
from desk.guarding import STREAMS
from observability.beside import DeskMetrics

_MOUNTED = {PATH: "api", "/static": "static"}


class Measured:
    """Counts requests and how long their answers take to begin; streams are counted while they are open."""

    def __init__(self, app: ASGIApp, *, metrics: DeskMetrics) -> None:
        """Wrap `app`."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = monotonic()
        path = scope["path"]

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                took_s = None if path in STREAMS else monotonic() - began
                self._metrics.count(_screen(scope, path), message["status"], took_s)
            await send(message)

        if path not in STREAMS:
            await self._app(scope, receive, send_counted)
            return
        with self._metrics.streams.track_inprogress():
            await self._app(scope, receive, send_counted)


def _screen(scope: Scope, path: str) -> str:
    """Name a screen by how its routes begin: what a stranger asks for in vain names none."""
    for mounted, name in _MOUNTED.items():
        if path.startswith(f"{mounted}/"):
            return name
    route = scope.get("route")
    return "none" if route is None else route.path.split("/")[1] or "first"
