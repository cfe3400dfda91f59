"""An article of what the desk knows, and how one is written in a file."""

import re
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from cases.errors import WrongUse
from domain.instants import iso

_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FRONT = "---\n"
_LONGEST_TITLE = 200
_LONGEST_BODY = 50_000


class Draft(Struct, frozen=True, kw_only=True):
    """What an article says: Markdown, with the names of the detectors whose alerts it helps with."""

    title: str
    body: str
    detectors: tuple[str, ...] = ()


class Article(Struct, frozen=True, kw_only=True):
    """One version of an article; `reason` is why it was written."""

    id: str
    version: int
    title: str
    body: str
    detectors: tuple[str, ...]
    author: str
    at_ms: int
    reason: str

    @property
    def draft(self) -> Draft:
        """Give what it says."""
        return Draft(title=self.title, body=self.body, detectors=self.detectors)


class Hit(Struct, frozen=True, kw_only=True):
    """An article that was found, and why: the detectors of the case and the words that it has."""

    article: Article
    detectors: tuple[str, ...]
    words: tuple[str, ...]


def article_record(article: Article) -> dict[str, Any]:
    """Give an article as one JSON object; times are ISO 8601 in UTC."""
    return {
        "article": article.id,
        "version": article.version,
        "title": article.title,
        "detectors": list(article.detectors),
        "author": article.author,
        "at": iso(article.at_ms),
        "reason": article.reason,
        "body": article.body,
    }


def checked(article_id: str, draft: Draft) -> Draft:
    """Give a draft in its one form, or say what is wrong with it. Raises WrongUse."""
    if not _ID.fullmatch(article_id):
        raise WrongUse(f"{article_id!r} is no name of an article; write one such as many-cards-one-terminal")
    title, body = " ".join(draft.title.split()), draft.body.strip()
    if not title or len(title) > _LONGEST_TITLE:
        raise WrongUse(f"{article_id}: the title should have 1 to {_LONGEST_TITLE} characters")
    if not body or len(body) > _LONGEST_BODY:
        raise WrongUse(f"{article_id}: the text should have 1 to {_LONGEST_BODY:,} characters")
    return Draft(title=title, body=body, detectors=tuple(sorted(set(draft.detectors))))


def read_article(name: str, text: str) -> tuple[str, Draft]:
    """Read an article: Markdown below a part of YAML between two lines of ---, with `title` and `detectors`.

    Its name is that of the file. Raises WrongUse, naming the file and what is wrong.
    """
    article_id = name.removesuffix(".md")
    _, opening, rest = text.partition(_FRONT)
    front, closing, body = rest.partition(f"\n{_FRONT}")
    if not text.startswith(_FRONT) or not opening or not closing:
        raise WrongUse(f"{name}: begin with a line ---, then title and detectors as YAML, then a line ---")
    try:
        said = yaml.safe_load(front)
    except yaml.YAMLError as error:
        raise WrongUse(f"{name}: the part between the lines --- is no YAML: {error}") from error
    if not isinstance(said, dict) or not {"title"} <= said.keys() <= {"title", "detectors"}:
        raise WrongUse(f"{name}: say title, and detectors where there are any, and nothing else")
    detectors = said.get("detectors") or []
    if not isinstance(detectors, list) or not all(isinstance(each, str) for each in detectors):
        raise WrongUse(f"{name}: detectors should be a list of names")
    return article_id, checked(
        article_id, Draft(title=str(said["title"]), body=body, detectors=tuple(detectors))
    )


def read_articles(paths: Iterable[Path]) -> list[tuple[str, Draft]]:
    """Read articles from files, in the order of their names. Raises WrongUse and OSError."""
    return [read_article(path.name, path.read_text("utf-8")) for path in sorted(paths)]


def starter_set() -> list[tuple[str, Draft]]:
    """Read the articles that riskdesk ships, in the order of their names."""
    folder = files("cases").joinpath("knowledge", "starter")
    found = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".md")), key=lambda file: file.name
    )
    return [read_article(file.name, file.read_text("utf-8")) for file in found]
