"""What `riskdesk run` watches with: the profile of a file, or the version that is in force in the store."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec.structs import replace

from cases.errors import WrongUse
from cases.profiles.version import Reference, Version
from cases.store import opened_profiles
from cli.profile_files import write_content
from config.located_yaml import read_text
from flows.job import Job
from flows.reloading import as_it_lies

log = logging.getLogger(__name__)

IN_FORCE = "in-force:"
# Told which version of which profile runs now, with its digest.
Tell = Callable[[str, int, str], None]


class ProfileParam(click.Path):
    """A profile's file, or `in-force:NAME` for what is in force in the store; gives a Path or a Reference."""

    def __init__(self) -> None:
        """Take files that are there."""
        super().__init__(exists=True, dir_okay=False, path_type=Path)

    def convert(  # type: ignore[override]
        self, value: str | Path | Reference, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | Reference:
        if isinstance(value, Reference):
            return value
        if not str(value).startswith(IN_FORCE):
            return Path(str(super().convert(str(value), param, ctx)))
        try:
            found = Reference.parse(str(value).removeprefix(IN_FORCE))
        except WrongUse as error:
            self.fail(str(error), param, ctx)
        if found.number is not None:
            self.fail(f"what is in force has no number to choose: write {IN_FORCE}{found.name}", param, ctx)
        return found


class FileSource:
    """The profile of a file, read when the run begins and at each reload."""

    def __init__(self, path: Path) -> None:
        """Take the path."""
        self.path = path

    def read(self, job: Job) -> Job:
        """Give the job with what the file holds now. Raises ProfileError."""
        return as_it_lies(job)

    def taken(self, job: Job) -> None:
        """Note that `job` runs."""


@dataclass
class InForceSource:
    """The version of a profile that is in force in a store, written into `folder` with its tables."""

    name: str
    store: str
    folder: Path
    tell: Tell
    upgrade: bool = True
    _read: dict[Path, Version] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the first version that is read will lie, of which nothing is known yet."""
        return self.folder

    def read(self, job: Job) -> Job:
        """Give the job with what is in force now.

        Each version has a folder of its own, so that a run that goes on with another one, or begins again
        after a crash, finds what it had. Raises CaseError where none is in force, or it was altered.
        """
        with opened_profiles(self.store, upgrade=self.upgrade) as profiles:
            version, content = profiles.get(Reference(self.name))
        path = write_content(self.folder / version.what, content)
        self._read[path] = version
        return replace(job, profile=path, profile_text=read_text(path))

    def taken(self, job: Job) -> None:
        """Say in the log and the metrics which version runs from now on."""
        version = self._read[job.profile]
        self.tell(version.name, version.number, version.digest)
        told = {"profile": version.what, "digest": version.digest, "author": version.author}
        log.info("the profile in force is taken", extra=told)


def source_of(
    ctx: click.Context,
    profile: Path | Reference,
    store: str,
    recovery: Path | None,
    tell: Tell,
    *,
    dry_run: bool,
) -> FileSource | InForceSource:
    """Give where a run has its profile from.

    What is in force is written beside the state of the run, or where it keeps none, or runs nothing, into a
    folder that is gone at its end.
    """
    if isinstance(profile, Path):
        return FileSource(profile)
    if recovery is None or dry_run:
        folder = Path(ctx.with_resource(TemporaryDirectory(prefix="riskdesk-")))
    else:
        folder = recovery.with_name(f"{recovery.name}.profiles")
    return InForceSource(profile.name, store, folder, tell, upgrade=not dry_run)
