"""How articles are edited and found. Every edit adds a version; none is changed or lost."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from cases.audit.log import record
from cases.database import Database, Row, as_json
from cases.errors import NotFound, NotPossible, WrongUse
from cases.knowledge.article import Article, Draft, Hit, article_record, checked
from cases.knowledge.words import asked, weighed
from cases.who import Right, Who
from domain.card_masking import mask_text

# The reason of a version that nobody here wrote.
SHIPPED = "shipped with riskdesk"


class Loaded(NamedTuple):
    """What became of articles that were loaded: `kept` are those that somebody here has edited since."""

    added: tuple[str, ...]
    renewed: tuple[str, ...]
    kept: tuple[str, ...]


@dataclass(frozen=True)
class SqlKnowledge:
    """The articles of a store."""

    db: Database

    def edit(
        self, article_id: str, draft: Draft, reason: str, who: Who, now_ms: int, *, replaces: int
    ) -> Article:
        """Write the next version of an article; `replaces` is the version it was made from, 0 for none.

        What says the same as before makes no version. Raises NotAllowed, WrongUse, and NotPossible when
        somebody else has edited the article meanwhile.
        """
        who.require(Right.EDIT_KNOWLEDGE)
        if not reason.strip():
            raise WrongUse("say why the article is edited, for whoever reads its history")
        draft = checked(article_id, draft)
        with self.db.writing():
            before = _latest(self.db, article_id)
            present = before.version if before else 0
            if present != replaces:
                raise NotPossible(
                    f"{article_id} is at version {present} now, and this was made from version {replaces}; "
                    "read the newer one and edit it again"
                )
            if before is not None and before.draft == _masked(draft):
                return before
            return _write(self.db, article_id, draft, reason, who, now_ms, before)

    def load(
        self, articles: Iterable[tuple[str, Draft]], who: Who, now_ms: int, *, reason: str = SHIPPED
    ) -> Loaded:
        """Take in articles that were written in files.

        Loading the same again changes nothing. Articles that riskdesk ships do not replace what somebody
        here has made of them; those with another reason do. Raises NotAllowed.
        """
        who.require(Right.EDIT_KNOWLEDGE)
        added: list[str] = []
        renewed: list[str] = []
        kept: list[str] = []
        with self.db.writing():
            for article_id, draft in articles:
                before = _latest(self.db, article_id)
                if before is not None and before.draft == _masked(draft):
                    continue
                if before is not None and reason == SHIPPED != before.reason:
                    kept.append(article_id)
                else:
                    _write(self.db, article_id, draft, reason, who, now_ms, before)
                    (renewed if before else added).append(article_id)
        return Loaded(tuple(added), tuple(renewed), tuple(kept))

    def get(self, article_id: str, version: int | None = None) -> Article:
        """Give an article as it reads now, or as it read in a version. Raises NotFound."""
        for article in reversed(self.history(article_id)):
            if version in (None, article.version):
                return article
        raise NotFound(f"{article_id} has no version {version}")

    def history(self, article_id: str) -> tuple[Article, ...]:
        """Give every version of an article, the first one first. Raises NotFound."""
        with self.db.reading():
            rows = self.db.rows("article_versions", id=article_id)
        if not rows:
            raise NotFound(f"there is no article {article_id!r}; `riskdesk knowledge list` shows their names")
        return tuple(map(_article, rows))

    def list(self, *, detector: str | None = None, limit: int = 1000) -> tuple[Article, ...]:
        """Give the articles as they read now, in the order of their names."""
        with self.db.reading():
            return tuple(map(_article, self.db.rows("list_articles", detector=detector, limit=limit)))

    def search(self, words: str, *, detectors: Sequence[str] = (), limit: int = 10) -> tuple[Hit, ...]:
        """Give the articles about any of `detectors` or with any of `words`, the best first.

        First come those about more of the detectors, then those with more of the words, then those of
        which the words say more; of equals the first by name.
        """
        with self.db.reading():
            return _search(self.db, words, detectors, limit)

    def for_case(self, case_id: str, words: str = "", *, limit: int = 10) -> tuple[Hit, ...]:
        """Give what helps with a case: about the detectors of its alerts, and with `words`.

        Raises NotFound.
        """
        with self.db.reading():
            detectors = [row["detector"] for row in self.db.rows("detectors_of_case", case_id=case_id)]
            if not detectors:
                raise NotFound(f"there is no case {case_id!r} with alerts")
            return _search(self.db, words, detectors, limit)


def _search(db: Database, words: str, detectors: Sequence[str], limit: int) -> tuple[Hit, ...]:
    said: defaultdict[str, dict[str, int]] = defaultdict(dict)
    about: defaultdict[str, set[str]] = defaultdict(set)
    for row in db.rows("articles_with_words", words=as_json(asked(words))):
        said[row["article_id"]][row["word"]] = row["weight"]
    for row in db.rows("articles_of_detectors", detectors=as_json(detectors)):
        about[row["article_id"]].add(row["detector"])

    def place(name: str) -> tuple[int, int, int, str]:
        found = said[name]
        return (-len(about[name]), -len(found), -sum(found.values()), name)

    best = sorted({*said, *about}, key=place)[:limit]
    articles = {row["id"]: _article(row) for row in db.rows("latest_articles", ids=as_json(best))}
    return tuple(
        Hit(article=articles[name], detectors=tuple(sorted(about[name])), words=tuple(sorted(said[name])))
        for name in best
    )


def _write(
    db: Database, article_id: str, draft: Draft, reason: str, who: Who, now_ms: int, before: Article | None
) -> Article:
    """Add a version, and let the article be found by what it says now."""
    draft = _masked(draft)
    article = Article(
        id=article_id,
        version=before.version + 1 if before else 1,
        title=draft.title,
        body=draft.body,
        detectors=draft.detectors,
        author=who.name,
        at_ms=now_ms,
        reason=mask_text(reason.strip()),
    )
    db.run(
        "add_article",
        id=article.id,
        version=article.version,
        title=article.title,
        body=article.body,
        detectors=as_json(article.detectors),
        author=article.author,
        at_ms=now_ms,
        reason=article.reason,
    )
    db.run("drop_article_words", id=article_id)
    db.run("drop_article_detectors", id=article_id)
    weights = weighed(article.title, article.body)
    db.run_all(
        "add_article_word",
        [{"word": word, "id": article_id, "weight": weight} for word, weight in sorted(weights.items())],
    )
    about = [{"detector": detector, "id": article_id} for detector in article.detectors]
    db.run_all("add_article_detector", about)
    record(
        db,
        who,
        "article_edited",
        f"article:{article_id}",
        now_ms,
        before=before and article_record(before),
        after=article_record(article),
        reason=article.reason,
    )
    return article


def _masked(draft: Draft) -> Draft:
    """Give a draft as it is kept: no card number stays, not even as an example."""
    return Draft(title=mask_text(draft.title), body=mask_text(draft.body), detectors=draft.detectors)


def _latest(db: Database, article_id: str) -> Article | None:
    rows = db.rows("latest_article", id=article_id)
    return _article(rows[0]) if rows else None


def _article(row: Row) -> Article:
    return Article(
        id=row["id"],
        version=row["version"],
        title=row["title"],
        body=row["body"],
        detectors=tuple(orjson.loads(row["detectors"])),
        author=row["author"],
        at_ms=row["at_ms"],
        reason=row["reason"],
    )
