"""What every answer says to the browser, and which requests are not even looked at."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# No inline script or style, nothing from elsewhere, and no frame around us.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
)
_ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Nothing is done there for a cookie, so that no site can make a browser do anything there.
_NO_COOKIES = ("/api/", "/oidc/signed-out")
_YEAR_S = 365 * 24 * 3600


class SecurityHeaders:
    """Adds the headers of security; what is no static file is kept by nobody."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        """Wrap `app`; `secure` tells browsers to come by TLS only."""
        self._app = app
        self._headers = _ALWAYS | ({"Strict-Transport-Security": f"max-age={_YEAR_S}"} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                for_ever = scope["path"].startswith("/static/") and scope["query_string"].startswith(b"v=")
                kept = f"public, max-age={_YEAR_S}, immutable" if for_ever else "no-store"
                headers.setdefault("Cache-Control", kept)
            await send(message)

        await self._app(scope, receive, send_with)


class SameOrigin:
    """Refuses what another site makes a browser send: by what the browser says of where it comes from.

    A request that says neither is refused too, unless it carries a token of its own, which no browser adds by
    itself.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 403."""
        if scope["type"] == "http" and scope["path"].startswith(_NO_COOKIES):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] not in _SAFE and not _ours(Headers(scope=scope)):
            await _refuse(send, (b"this came from another site, or the browser did not say from where",))
            return
        await self._app(scope, receive, send)


def _ours(headers: Headers) -> bool:
    if headers.get("authorization", "").startswith("Bearer "):
        return True
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == headers.get("host")


async def _refuse(send: Send, lines: Iterable[bytes]) -> None:
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"\n".join(lines)})
