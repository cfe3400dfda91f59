"""Who is sent to or asked over HTTP: which addresses are safe, and how a request proves that it is ours."""

import hmac
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

_SHORTEST_SECRET = 16


def signature(secret: bytes, at_s: str, body: bytes) -> str:
    """Give the signature of a body sent at `at_s` seconds since 1970, as `Riskdesk-Signature` carries it.

    It is HMAC-SHA256 with the shared secret over the time, a dot and the body; the receiver refuses a time
    that is minutes away.
    """
    return f"v1={hmac.new(secret, at_s.encode() + b'.' + body, sha256).hexdigest()}"


def why_unfit(url: str, secret: bytes, what: str = "requests") -> str | None:
    """Say why `what` cannot safely go to `url` under `secret`, naming neither of them; None where it can."""
    parts = urlsplit(url)
    if parts.username or parts.password:
        return "the address must hold no user or password; the signature proves us"
    if not (parts.hostname and is_safe(parts.scheme, parts.hostname)):
        return (
            f"{url!r} is no address for {what}; write https://host/path "
            "(http only to 127.0.0.1, ::1 or localhost)"
        )
    if len(secret) < _SHORTEST_SECRET:
        return f"the shared secret must have {_SHORTEST_SECRET} bytes at least"
    return None


def is_safe(scheme: str, host: str) -> bool:
    """Tell whether nobody on the way can read along: https, or http that does not leave this machine."""
    return scheme == "https" or (scheme == "http" and is_here(host))


def is_here(host: str) -> bool:
    """Tell whether a host's name or number is this machine's alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
