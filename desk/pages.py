"""Templates become pages: phrases by language, times and amounts by locale, everything escaped."""

from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.settings import Language
from desk.wording import catalogue, said, say

if TYPE_CHECKING:
    from desk.context import Context

_FORMATS = ("moment", "clock", "day", "ago", "span", "money", "number", "percent")


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("desk", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # None is looked for anew: they come with the program, and change with it alone.
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def prepare() -> None:
    """Read all phrases and compile all templates, which takes a second: before anybody asks for a page.

    Many who come at once would each wait until all of them have done it.
    """
    catalogue()
    for name in _environment().list_templates():
        _environment().get_template(name)


def render(template: str, context: "Context", **values: Any) -> str:
    """Write a template for whoever asks.

    Templates have `say(key, ...)` for phrases, `said(key, word)` for the names of the services' words,
    `may(right)` to hide what the person may not do, `asset(name)` for a static file, and the formats as
    functions: `moment(ms)`, `money(minor, currency)`, and so on.
    """
    formats = {name: getattr(context.formats, name) for name in _FORMATS}
    return (
        _environment()
        .get_template(template)
        .render(
            say=partial(say, context.language),
            said=partial(said, context.language),
            may=context.may,
            asset=asset,
            language=context.language,
            session=context.session,
            settings=context.desk.settings,
            path=context.request.url.path,
            now_ms=context.now_ms,
            **formats,
            **values,
        )
    )


def draw(template: str, language: Language, **values: Any) -> str:
    """Write a template that knows nobody: it has `values`, and phrases and names as `render` gives them."""
    found = _environment().get_template(template)
    return found.render(say=partial(say, language), said=partial(said, language), **values)


@cache
def asset(name: str) -> str:
    """Give the address of a static file, which changes with its content so that it may be kept for ever."""
    content = files("desk").joinpath("static").joinpath(name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:12]}"
