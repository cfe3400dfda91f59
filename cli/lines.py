"""Lines of words on a page that is no wider than can be read well."""

import click

_WIDEST = 100


def wrapped(line: str) -> str:
    """Break a line that is too long; what follows stands further to the right than where it begins."""
    indent = line[: len(line) - len(line.lstrip())]
    plain = "".join(character if character.isprintable() else "?" for character in line)
    return click.wrap_text(plain.lstrip(), _WIDEST, indent, f"{indent}  ")
