"""What to say and what never to ask, for each detector, from the files in `scripts/`.

A file holds what is special about its detector; what every call has in common is in `default.yaml` and
counts for all. Whoever changes either raises the version of every script that it changes: an attempt keeps
the script and version by which it was made.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cases.errors import NotFound, WrongUse

DEFAULT = "default"
# The step of every checklist without which nothing is confirmed.
IDENTITY = "identity"
Language = Literal["en", "zh"]

_Line = Annotated[str, Field(min_length=1, max_length=600)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Part):
    """The same words in English and in Chinese."""

    en: _Line
    zh: _Line

    def of(self, language: Language) -> str:
        """Give them in one language."""
        return self.en if language == "en" else self.zh


class CheckStep(_Part):
    """A step to tick; `--checked` and the attempt name it by its id."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}$")]
    words: Words


class Script(_Part):
    """How to lead a call: opening, proof of the person, questions, what never to ask, and other answerers."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    version: Annotated[int, Field(strict=True, ge=1)]
    title: Words
    opening: Words
    verify: Annotated[tuple[Words, ...], Field(min_length=1)]
    ask: Annotated[tuple[Words, ...], Field(min_length=1)]
    never_ask: Annotated[tuple[Words, ...], Field(min_length=1)]
    voicemail: Words
    third_party: Words
    closing: Words
    checklist: Annotated[tuple[CheckStep, ...], Field(min_length=1)]

    def ticked(self, steps: Iterable[str]) -> tuple[str, ...]:
        """Give the steps in the order of the checklist. Raises WrongUse for one that is not on it."""
        given = set(steps)
        known = [step.id for step in self.checklist]
        if unknown := sorted(given.difference(known)):
            raise WrongUse(
                f"{', '.join(unknown)}: not on the checklist of {self.name}, which has: {', '.join(known)}"
            )
        return tuple(step for step in known if step in given)


def script_for(detectors: Iterable[str]) -> Script:
    """Give the script of the first of `detectors` that has one, else the default."""
    known = scripts()
    return next((known[name] for name in detectors if name in known), known[DEFAULT])


def script(name: str) -> Script:
    """Give one script by the name of its detector. Raises NotFound, naming those that there are."""
    try:
        return scripts()[name]
    except KeyError:
        raise NotFound(f"there is no script {name!r}; there are: {', '.join(scripts())}") from None


@cache
def scripts() -> dict[str, Script]:
    """Read every script, by name. Raises ValueError for a file that is none."""
    folder = files("cases.calling").joinpath("scripts")
    found = {
        file.name.removesuffix(".yaml"): file for file in folder.iterdir() if file.name.endswith(".yaml")
    }
    common = _read(found[DEFAULT])
    return {name: parse_script(name, _read(found[name]), common) for name in sorted(found)}


def parse_script(name: str, own: Mapping[str, Any], common: Mapping[str, Any]) -> Script:
    """Make a script of its own parts and the common ones; steps of both checklists are on it, common first.

    Raises ValueError, naming the script, when it is not one.
    """
    given = {**common, **own, "name": name}
    if name != DEFAULT:
        given["checklist"] = [*common["checklist"], *own.get("checklist", ())]
    try:
        made = Script.model_validate(given)
    except ValidationError as error:
        raise ValueError(f"the call script {name}.yaml is not right: {error}") from error
    ids = [step.id for step in made.checklist]
    if IDENTITY not in ids or len(set(ids)) < len(ids):
        raise ValueError(f"the call script {name}.yaml needs the step {IDENTITY!r}, and each step once")
    return made


def _read(file: Traversable) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    return read
