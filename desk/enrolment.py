"""What an authenticator is shown once: a picture to scan, and the same to type."""

from urllib.parse import parse_qs, urlsplit

import segno
from markupsafe import Markup

_FOUR = 4


def picture(uri: str) -> Markup:
    """Draw an address as a QR code, black on white also where the page is dark."""
    drawn = segno.make_qr(uri, error="m")
    # Of numbers and colours of our own, in attributes alone: pages may hold no style.
    return Markup(drawn.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=True))


def secret_words(uri: str) -> str:
    """Give the secret of an address as a text to type, four characters at a time."""
    said = parse_qs(urlsplit(uri).query)["secret"][0]
    return " ".join(said[start : start + _FOUR] for start in range(0, len(said), _FOUR))
