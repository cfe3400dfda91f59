"""The `knowledge` command: what the desk knows, found from a case, and kept up to date."""

from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from cases.errors import WrongUse
from cases.knowledge.article import Article, Hit, article_record, read_article, read_articles, starter_set
from cases.knowledge.service import SHIPPED
from cli.desk_options import JSON, STORE, WHO, now_ms, opened, options, who
from domain.instants import iso
from domain.wording import counted


@click.group(epilog="Example: riskdesk knowledge search 冻结 --store sqlite:///desk.db")
def knowledge() -> None:
    """Look up what the desk knows, and keep it up to date.

    Exit code 1 says that there was nothing, or that it could not be done.
    """


@knowledge.command(
    epilog="Example: riskdesk knowledge search stop payment --case C0123456789 --store sqlite:///desk.db"
)
@click.argument("words", nargs=-1)
@click.option("--case", "case_id", help="What helps with this case: its detectors count first.")
@click.option("--detector", "detectors", multiple=True, help="What helps with alerts of this detector.")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, help="How many at most.")
@options(STORE, JSON)
@click.pass_context
def search(
    ctx: click.Context,
    words: tuple[str, ...],
    case_id: str | None,
    detectors: tuple[str, ...],
    limit: int,
    url: str,
    as_json: bool,
) -> None:
    """Find articles with WORDS, about a case or about detectors, the best first."""
    if not words and not detectors and case_id is None:
        raise click.UsageError("say what to look for: words, --case or --detector")
    if case_id is not None and detectors:
        raise click.UsageError("a case has its own detectors: give --case or --detector, not both")
    said = " ".join(words)
    with opened(url) as store:
        if case_id is None:
            found = store.knowledge.search(said, detectors=detectors, limit=limit)
        else:
            found = store.knowledge.for_case(case_id, said, limit=limit)
    for hit in found:
        click.echo(orjson.dumps(_hit_record(hit)) if as_json else _line(hit.article))
    ctx.exit(0 if found else 1)


@knowledge.command(epilog="Example: riskdesk knowledge show burst --store sqlite:///desk.db")
@click.argument("article_id", metavar="ARTICLE")
@click.option("--version", type=click.IntRange(min=1), help="As it read in this version.  [as it reads now]")
@click.option("--history", is_flag=True, help="List its versions instead.")
@options(STORE, JSON)
def show(article_id: str, version: int | None, history: bool, url: str, as_json: bool) -> None:
    """Show an ARTICLE, in the form that `edit` and `load` read."""
    with opened(url) as store:
        if history:
            articles: Sequence[Article] = store.knowledge.history(article_id)
        else:
            articles = (store.knowledge.get(article_id, version),)
    for article in articles:
        if as_json:
            click.echo(orjson.dumps(article_record(article)))
        elif history:
            click.echo(f"{article.version:3}  {iso(article.at_ms)}  {article.author}  {article.reason}")
        else:
            about = "".join(f"\n- {name}" for name in article.detectors) or " []"
            title = orjson.dumps(article.title).decode()
            click.echo(f"---\ntitle: {title}\ndetectors:{about}\n---\n{article.body}")


@knowledge.command(
    epilog='Example: riskdesk knowledge edit burst --from burst.md --reason "new script" --replaces 1 '
    "--role lead --agent lead-2 --store sqlite:///desk.db"
)
@click.argument("article_id", metavar="ARTICLE")
@click.option(
    "--from",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="File with the new text, as `show` prints one.",
)
@click.option("--reason", required=True, help="Why, for whoever reads the history.")
@click.option(
    "--replaces", type=click.IntRange(min=0), required=True, help="The version it was made from, 0 for none."
)
@options(WHO, STORE, JSON)
def edit(
    article_id: str, file: Path, reason: str, replaces: int, agent: str, role: str, url: str, as_json: bool
) -> None:
    """Write the next version of an ARTICLE; none is lost."""
    try:
        _, draft = read_article(f"{article_id}.md", file.read_text("utf-8"))
    except WrongUse as error:
        raise click.UsageError(str(error)) from error
    with opened(url) as store:
        article = store.knowledge.edit(
            article_id, draft, reason, who(agent, role), now_ms(), replaces=replaces
        )
    if as_json:
        click.echo(orjson.dumps(article_record(article)))
    click.echo(f"{article.id} is at version {article.version}", err=True)


@knowledge.command(
    "list", epilog="Example: riskdesk knowledge list --detector burst --store sqlite:///desk.db"
)
@click.option("--detector", help="Only those about alerts of this detector.")
@options(STORE, JSON)
@click.pass_context
def list_(ctx: click.Context, detector: str | None, url: str, as_json: bool) -> None:
    """List the articles by name."""
    with opened(url) as store:
        found = store.knowledge.list(detector=detector)
    for article in found:
        click.echo(orjson.dumps(article_record(article)) if as_json else _line(article))
    ctx.exit(0 if found else 1)


@knowledge.command(
    epilog="Example: riskdesk knowledge load --role lead --agent lead-2 --store sqlite:///desk.db"
)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--reason", help="Why, where FILES are given.")
@options(WHO, STORE, JSON)
def load(files: tuple[Path, ...], reason: str | None, agent: str, role: str, url: str, as_json: bool) -> None:
    """Take in articles from FILES, or else those that riskdesk ships.

    Loading the same again changes nothing. What riskdesk ships never replaces what somebody here wrote.
    """
    if bool(files) != bool(reason):
        raise click.UsageError("give --reason with FILES, and only then")
    try:
        articles = read_articles(files) if files else starter_set()
    except WrongUse as error:
        raise click.UsageError(str(error)) from error
    with opened(url) as store:
        loaded = store.knowledge.load(articles, who(agent, role), now_ms(), reason=reason or SHIPPED)
    if as_json:
        click.echo(orjson.dumps(loaded._asdict()))
    said = f"{counted(len(loaded.added), 'article')} added, {len(loaded.renewed)} renewed"
    click.echo(f"{said}, {len(loaded.kept)} kept as edited here", err=True)


def _line(article: Article) -> str:
    about = f"  [{', '.join(article.detectors)}]" if article.detectors else ""
    return f"{article.id}  {article.title}{about}"


def _hit_record(hit: Hit) -> dict[str, object]:
    return {**article_record(hit.article), "matched": {"detectors": hit.detectors, "words": hit.words}}
