"""A new profile for a run that goes on: checked while the old one works, then taken by a graceful restart."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from cases.errors import CaseError
from config.located_yaml import ProfileError, read_text
from config.profiles import FlowName
from flows.findings import Weight
from flows.job import Job
from flows.start_checks import start_findings

log = logging.getLogger(__name__)


def as_it_lies(job: Job) -> Job:
    """Give a job with what the file of its profile holds now. Raises ProfileError."""
    return replace(job, profile_text=read_text(job.profile))


class ReloadRefused(Exception):  # noqa: N818 - the run goes on
    """What was read anew cannot be run, with everything that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        """Keep the problems, each a sentence."""
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Reload:
    """Reads the profile of a job anew; what a run reads at its start, such as reference data, comes too.

    `read` gives the job with the profile as it is by now, and `taken` is told of the job that goes on. With
    `share` the recovery folder has only a part of the state.
    """

    job: Job
    flow: FlowName
    clock: Callable[[], int]
    read: Callable[[Job], Job] = as_it_lies
    taken: Callable[[Job], None] = lambda job: None
    share: bool = False

    def __call__(self) -> Job | None:
        """Give the job with the profile as it is now, None where it cannot be run; the log says why."""
        try:
            new, changes = self.checked()
        except ReloadRefused as refused:
            tell_refused(refused.problems)
            return None
        log.warning("reloading", extra={"changes": changes})
        self.taken(new)
        return new

    def checked(self) -> tuple[Job, list[str]]:
        """Give the job with the profile as it is now, and what is to be said of it. Raises ReloadRefused."""
        if self.job.recovery is None:
            raise ReloadRefused(["without --recovery the flow would begin from the start of its inputs"])
        try:
            beside = tuple(replace(each, profile_text=read_text(each.profile)) for each in self.job.beside)
            new = replace(self.read(self.job), beside=beside)
        except (ProfileError, CaseError, OSError) as error:
            raise ReloadRefused([str(error)]) from None
        found = start_findings(new, self.clock, flow=self.flow, running=True, share=self.share)
        if problems := [each.text for each in found if each.weight is Weight.PROBLEM]:
            raise ReloadRefused(problems)
        return new, [each.text for each in found]


def tell_refused(problems: Sequence[str]) -> None:
    """Log why a run goes on as it was."""
    log.error("the reload is refused, the run goes on as it was", extra={"problems": list(problems)})
