"""YAML in which every value knows its line, so that an error can say where."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Place = Sequence[str | int]


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file: the line (from 1), what it is, and what is allowed instead."""

    path: Path
    line: int
    what: str
    allowed: str

    def __str__(self) -> str:
        """Write the problem as editors and people read it."""
        return f"{self.path}:{self.line}: {self.what}; {self.allowed}"


class ProfileError(ValueError):
    """Everything that is wrong with a profile, in the order of its lines."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Keep the problems beside the text that lists them."""
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class _CoreLoader(yaml.SafeLoader):
    """Reads the core words of YAML 1.2 only.

    The older rules turn the country NO into false, 12:30 into 750 and fail on 2026-02-30; here these stay
    text, for the one reader that knows what the field means.
    """

    yaml_implicit_resolvers = {}  # noqa: RUF012 - the library's own attribute, emptied


_SIGNED = [*"-+.0123456789"]
for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?(0|[1-9][0-9]{0,17})", _SIGNED),
    ("float", r"[-+]?((0|[1-9][0-9]*)?\.[0-9]+|(0|[1-9][0-9]*)(\.|(?=[eE])))([eE][-+]?[0-9]+)?", _SIGNED),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


class LocatedYaml:
    """The data of one YAML file, and the line of every value in it."""

    def __init__(self, path: Path, text: str | None = None) -> None:
        """Read the file whole, or what it held when its `text` was read.

        Raises ProfileError when it cannot be read, is no YAML, is no mapping, or repeats a key.
        """
        self.path = path
        loader = _CoreLoader(read_text(path) if text is None else text)
        try:
            node = loader.get_single_node()
            if not isinstance(node, yaml.MappingNode):
                raise self.error(1, "the file is no mapping", "write keys and values, one to a line")
            repeated = [self.error(line, what, allowed) for line, what, allowed in _repeated_keys(node)]
            if repeated:
                raise ProfileError([problem for error in repeated for problem in error.problems])
            self._node = node
            self.data: dict[str, Any] = loader.construct_document(node)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise self.error(
                mark.line + 1 if mark else 1, f"this is no YAML: {error.problem}", "see the line"
            ) from None
        finally:
            loader.dispose()

    def error(self, line: int, what: str, allowed: str) -> ProfileError:
        """Give the error of one problem in this file."""
        return ProfileError([Problem(self.path, line, what, allowed)])

    def line(self, place: Place) -> int:
        """Give the line of the key or item at `place`, or of the nearest thing around it that is there."""
        node: yaml.Node = self._node
        line = 1
        for part in place:
            found = _child(node, part)
            if found is None:
                break
            line, node = found
        return line

    def value(self, place: Place) -> Any:
        """Give what is written at `place`. Raises LookupError when nothing is."""
        found: Any = self.data
        for part in place:
            try:
                found = found[part]
            except (LookupError, TypeError):
                raise LookupError(f"nothing is written at {place}") from None
        return found


def read_text(path: Path) -> str:
    """Read the text of a YAML file. Raises ProfileError when it is no text that YAML may hold."""
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        what = f"the file cannot be read: {error.strerror}"
        raise ProfileError([Problem(path, 1, what, "name a YAML file that exists")]) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ProfileError([Problem(path, line, "this is no UTF-8", "save the file as UTF-8")]) from None
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        what = f"the character {unprintable.group()!r} cannot stand in YAML"
        raise ProfileError([Problem(path, line, what, "remove it")])
    return text


def _repeated_keys(root: yaml.Node) -> Iterator[tuple[int, str, str]]:
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        below = node.value if isinstance(node, yaml.SequenceNode) else []
        if isinstance(node, yaml.MappingNode):
            below = [value for _, value in node.value]
            lines: dict[Any, int] = {}
            for key, _ in node.value:
                line = key.start_mark.line + 1
                if key.value in lines:
                    yield line, f"the key {key.value!r} stands in line {lines[key.value]} already", "keep one"
                lines[key.value] = line
        # An alias names a node again, which may even stand in itself.
        waiting += [child for child in below if id(child) not in seen]
        seen |= {id(child) for child in below}


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        item = node.value[part]
        return item.start_mark.line + 1, item
    return None
