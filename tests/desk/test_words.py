"""The phrases of the pages: each that is asked for is there, each that is there is asked for."""

import re
from pathlib import Path
from string import Formatter

import desk
from desk.wording import LANGUAGES, catalogue

FOLDER = Path(desk.__file__).parent
KEY = r"[a-z_]+\.[a-z0-9_]+"
# `say("x.y")`, `say(language, "x.y")`, and one of two: `say("x.y" if ... else "x.z")`.
_NAMED = re.compile(rf"""["']({KEY})["']""")
# The beginning of names that are made: `say("x.y_" ~ name)`, f"x.y_{name}".
_MADE = re.compile(rf"""["']({KEY}_)["']\s*~|f["']({KEY}_)\{{""")
# The names of the services' words: `said("x.y", word)`.
_SAID = re.compile(rf"""said\((?:[^"'()]*,\s*)?["']({KEY})["']""")
# A module that says phrases of one screen by their key alone: `f"wallboard.{key}"`.
_ITS_SCREEN = re.compile(r"""f["']([a-z_]+)\.\{""")
_WORD = re.compile(r"""["']([a-z0-9_]+?_?)(?:\{[^"']*)?["']""")
# The work place lends the modules around it its own.
_LENT = re.compile(r"""here_say\(here, ["']([a-z_]+)["']""")


def sources() -> dict[Path, str]:
    paths = [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")]
    return {path: path.read_text("utf-8") for path in paths}


def test_every_phrase_that_is_asked_for_is_there():
    missing = {
        f"{path.relative_to(FOLDER)}: {key}"
        for path, text in sources().items()
        for call in re.finditer(r"""\bsay\(([^()]*)""", text)
        for key in _NAMED.findall(call[1])
        if key not in catalogue() and not any(name.startswith(key) for name in catalogue())
    }
    assert missing == set()


def test_every_group_of_names_is_there():
    groups = {key for text in sources().values() for key in _SAID.findall(text)}
    assert len(groups) > 20
    assert [
        each for each in sorted(groups) if not any(key.startswith(f"{each}_") for key in catalogue())
    ] == []


def test_no_phrase_is_kept_that_nothing_asks_for():
    texts = sources().values()
    named = {key for text in texts for key in _NAMED.findall(text)}
    made = {one or other for text in texts for one, other in _MADE.findall(text)}
    made |= {f"{key}_" for text in texts for key in _SAID.findall(text)}
    for text in texts:
        named |= {f"work.{word}" for word in _LENT.findall(text)}
        for screen in _ITS_SCREEN.findall(text):
            words = {f"{screen}.{word}" for word in _WORD.findall(text)}
            named |= words
            made |= {word.rstrip("_") + "_" for word in words if "_" in word}
    assert [key for key in catalogue() if key not in named and not key.startswith(tuple(made))] == []


def test_a_phrase_has_the_same_places_in_each_language():
    places = {
        key: [
            {name for _, name, _, _ in Formatter().parse(phrase[language]) if name} for language in LANGUAGES
        ]
        for key, phrase in catalogue().items()
    }
    assert {key: each for key, each in places.items() if any(other != each[0] for other in each)} == {}
