"""How two versions of a profile differ: in text, in tables, and in how their detectors are set."""

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from pydantic import TypeAdapter

import detectors
from cases.policy import QueuePolicy
from cases.profiles.version import Content, digest_of
from cli.profile_files import write_content
from config.located_yaml import ProfileError
from config.profiles import load_profile

Settings = dict[str, dict[str, Any]]


class Difference(Struct, frozen=True, kw_only=True):
    """How one version differs from another.

    `changed` gives for each detector its parameters that differ, each as [before, after] with the defaults
    filled in; None where this riskdesk cannot run one of the two, and `why` says so.
    """

    text: tuple[str, ...]
    tables_added: tuple[str, ...]
    tables_removed: tuple[str, ...]
    tables_changed: tuple[str, ...]
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: dict[str, dict[str, tuple[Any, Any]]] | None = None
    why: str = ""


def difference(before: Content, after: Content, names: tuple[str, str]) -> Difference:
    """Compare two versions that are called by `names`."""
    lines = unified_diff(before.text.splitlines(), after.text.splitlines(), *names, lineterm="")
    old, new = ({table.path: digest_of(table.body) for table in each.tables} for each in (before, after))
    found = Difference(
        text=tuple(lines),
        tables_added=tuple(sorted(new.keys() - old.keys())),
        tables_removed=tuple(sorted(old.keys() - new.keys())),
        tables_changed=tuple(sorted(path for path in old.keys() & new.keys() if old[path] != new[path])),
    )
    try:
        was, now = settings(before), settings(after)
    except ProfileError as error:
        return replace(found, why=f"this riskdesk cannot run one of them: {error.problems[0].what}")
    return replace(
        found,
        added=tuple(sorted(now.keys() - was.keys())),
        removed=tuple(sorted(was.keys() - now.keys())),
        changed={name: each for name in was if name in now and (each := _changed(was[name], now[name]))},
    )


def lines_of(found: Difference) -> Iterator[str]:
    """Write a difference for people to read."""
    yield from found.text
    for words, paths in (
        ("added", found.tables_added),
        ("gone", found.tables_removed),
        ("with other values", found.tables_changed),
    ):
        yield from (f"table {path}: {words}" for path in paths)
    yield from (f"{name}: new" for name in found.added)
    yield from (f"{name}: gone" for name in found.removed)
    for name, parameters in (found.changed or {}).items():
        yield from (
            f"{name}: {parameter} {_said(old)} -> {_said(new)}"
            for parameter, (old, new) in parameters.items()
        )


def settings(content: Content) -> Settings:
    """Give the parameters of each enabled detector, with defaults, as they would stand in a profile.

    Raises ProfileError for a profile that this riskdesk does not understand.
    """
    with TemporaryDirectory(prefix="riskdesk-") as folder:
        profile = load_profile(write_content(Path(folder), content), QueuePolicy)
    return {
        detectors.name_of(each): TypeAdapter(type(each)).dump_python(each, mode="json")
        for each in profile.build_detectors()
    }


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (old[name], new[name]) for name in old if old[name] != new[name]}


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
