"""What the pages say, in each language: catalogues in `words/`, one file for each screen."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from desk.settings import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")

# The one in C is eight times as fast; not every PyYAML has it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def catalogue() -> dict[str, dict[Language, str]]:
    """Read every phrase, by `file.key`. Raises ValueError for one that a language lacks."""
    found: dict[str, dict[Language, str]] = {}
    for file in sorted(files("desk").joinpath("words").iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".yaml"):
            continue
        screen = file.name.removesuffix(".yaml")
        phrases = yaml.load(file.read_text("utf-8"), _Loader)
        for key, phrase in (phrases or {}).items():
            missing = [language for language in LANGUAGES if not (phrase or {}).get(language)]
            if missing:
                raise ValueError(f"words/{file.name}: {key} is missing in {', '.join(missing)}")
            found[f"{screen}.{key}"] = {language: str(phrase[language]) for language in LANGUAGES}
    return found


def say(language: Language, key: str, /, **values: Any) -> str:
    """Give a phrase with `values` in their places. Raises KeyError for one that there is not."""
    return catalogue()[key][language].format(**values)


def said(language: Language, key: str, word: str) -> str:
    """Give what a `word` of the services is called, `key` being where its names are; the word if unnamed."""
    phrase = catalogue().get(f"{key}_{word}")
    return phrase[language] if phrase else word.replace("_", " ")
