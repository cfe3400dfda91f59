"""How a page is told that something was done: by a notice on it, or by the page to see next."""

import json
from urllib.parse import quote

from fastapi.responses import RedirectResponse, Response

from desk.context import Context


def told(answer: Response, words: str) -> Response:
    """Let the page show `words` for a while."""
    # In ASCII, as headers are.
    answer.headers["HX-Trigger"] = json.dumps({"desk:told": words})
    return answer


def address(path: str, **query: str) -> str:
    """Write an address of ours; what is empty is left out."""
    said = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items() if value)
    return f"{path}?{said}" if said else path


def see(here: Context, path: str, **query: str) -> Response:
    """Send on to a page of ours, the browser or the script in it."""
    there = address(path, **query)
    if here.by_htmx:
        return Response(headers={"HX-Redirect": there})
    return RedirectResponse(there, 303)
