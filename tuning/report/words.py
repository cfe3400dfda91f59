"""What a report says, always in English and in Chinese."""

from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal, NamedTuple

import yaml

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Words(NamedTuple):
    """A text in both languages."""

    en: str
    zh: str


# A name that is the same in both languages (a detector, a profile, a figure) is a plain string.
Said = str | Words


def say(said: Said, language: Language) -> str:
    """Give a text in one language, on one line and without what could steer a screen."""
    text = getattr(said, language) if isinstance(said, Words) else said
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"


class Catalogue:
    """Texts by key, from a YAML file of `key: {en: ..., zh: ...}` that ships with the code."""

    def __init__(self, source: Traversable) -> None:
        """Read the texts of `source`, such as `files("tuning.backtest").joinpath("words.yaml")`."""
        found: Mapping[str, Mapping[str, str]] = yaml.safe_load(source.read_text("utf-8"))
        self._words = {key: Words(**texts) for key, texts in found.items()}

    def say(self, key: str, **filled: Said | int | float) -> Words:
        """Give a text in both languages, each filled in with what is said in that language.

        Raises:
            KeyError: There is no such text.
        """
        return Words(*(self._filled(key, language, filled) for language in LANGUAGES))

    def _filled(self, key: str, language: Language, filled: Mapping[str, Said | int | float]) -> str:
        text: str = getattr(self._words[key], language)
        if not filled:
            return text
        spoken = {
            name: getattr(value, language) if isinstance(value, Words) else value
            for name, value in filled.items()
        }
        return text.format(**spoken)


# What pages and pictures say by themselves.
PHRASES = Catalogue(files("tuning.report").joinpath("words.yaml"))
