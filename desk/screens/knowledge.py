"""What the desk knows: an article to read, and all of them to choose from."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from cases.who import Right
from desk.context import Context
from desk.guarding import Needs
from desk.prose import prose

router = APIRouter()

Reader = Annotated[Context, Needs(Right.READ_CASES)]
_MOST, _FOUND = 200, 50


@router.get("/knowledge")
def articles(here: Reader, q: str = "") -> HTMLResponse:
    """List the articles, or those with the words that somebody looks for."""
    asked = q.strip()[:200]
    if asked:
        found = tuple(hit.article for hit in here.store.knowledge.search(asked, limit=_FOUND))
    else:
        found = here.store.knowledge.list(limit=_MOST)
    return here.page("case/articles.html", articles=found, asked=asked)


@router.get("/knowledge/{article_id}")
def article(here: Reader, article_id: str, version: int | None = None) -> HTMLResponse:
    """Show an article as it reads now, or as it read in a version."""
    found = here.store.knowledge.get(article_id, version)
    return here.page("case/article.html", article=found, body=prose(found.body))
