"""Profiles between files and the store: read with the tables they name, checked, and written as they were."""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import click

from cases.policy import QueuePolicy
from cases.profiles.version import PROFILE_FILE, Content, Table, checked
from cli.check import problems_of
from config.located_yaml import LocatedYaml, read_text
from config.profiles import load_profile


def read_content(path: Path) -> Content:
    """Read a profile and its tables, as `riskdesk check` finds nothing to put right in them.

    Raises click.ClickException with all there is to put right, and WrongUse for what no store keeps.
    """
    if problems := problems_of(path):
        listed = "\n".join(map(str, problems))
        raise click.ClickException(f"{path} was not added, there is something to put right:\n{listed}")
    text = read_text(path)
    source = LocatedYaml(path, text)
    names = dict.fromkeys(str(PurePosixPath(name)) for name in source.data.get("tables") or ())
    tables = [Table(name, (path.parent / name).read_bytes()) for name in names]
    content = checked(Content(name=source.data["name"], text=text, tables=tuple(tables)))
    # What is kept is looked at once more as a run will find it: by itself, in a folder of its own.
    with TemporaryDirectory(prefix="riskdesk-") as folder:
        load_profile(write_content(Path(folder), content), QueuePolicy)
    return content


def write_content(folder: Path, content: Content) -> Path:
    """Write a profile and its tables into a folder, and give the profile's path.

    What lies there already as it should is left alone, so that a run that reads it meanwhile sees no change.
    """
    content = checked(content)
    for name, body in ((PROFILE_FILE, content.text.encode()), *content.tables):
        path = folder / name
        if path.is_file() and path.read_bytes() == body:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_bytes(body)
        draft.replace(path)
    return folder / PROFILE_FILE
