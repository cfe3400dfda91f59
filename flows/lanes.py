"""The profiles that share one pass over the events: the job's own, and those that run beside it.

Each is a lane. What it says is exactly what it would say alone: a lane has keyed steps and state of its own,
and only what comes before them is shared, that is reading, decoding, the join and the exchange. Where two
lanes watch a scope with the same detectors, set alike, one step watches for both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cases.policy import QueuePolicy
from config.located_yaml import LocatedYaml, Problem, ProfileError
from config.profiles import Profile, load_profile
from domain.tables import NO_TABLES, Tables
from flows.job import Beside, Job
from flows.plan import ScopePlan, plan_scopes
from observability.metrics import Metrics

# What every profile of a pass must say alike: the events are read once.
_SHARED = ("flow", "input", "bank", "bounds")


@dataclass(frozen=True)
class Lane:
    """One profile of a pass; `name` is "" for the job's own."""

    name: str
    plans: tuple[ScopePlan, ...]
    metrics: Metrics
    beside: Beside | None = None

    @property
    def alerts_step(self) -> str:
        """The name of the step that writes the lane's alerts."""
        return alerts_step(self.name)


def alerts_step(name: str) -> str:
    """Name the step that writes the alerts of a profile that runs beside; part of its recovery identity."""
    return f"beside_{name}_alert_file"


def profiles_beside(job: Job, own: Profile) -> dict[str, Profile]:
    """Read the profiles that run beside the job's own, by their names in the job.

    Raises ProfileError where one is wrong, or reads events otherwise than the job's own.
    """
    read = {each.name: load_profile(each.profile, QueuePolicy, text=each.profile_text) for each in job.beside}
    if problems := [
        problem
        for each in job.beside
        for problem in _differences(own, read[each.name], each.profile, each.profile_text)
    ]:
        raise ProfileError(problems)
    return read


def open_lanes(
    job: Job, own: Profile, partitions: int, metrics: Metrics, published: Tables = NO_TABLES
) -> tuple[Lane, ...]:
    """Give the lanes of a job, its own first; `partitions` is how many its input has.

    `published` are the tables of a store, used where a profile names none of the kind.

    What happens in an expendable lane is counted in metrics of its own, which nobody serves: those of the run
    are as they would be without it. Raises ProfileError.
    """
    own_plans = _plans(own, "", partitions, published)
    lanes = [Lane("", own_plans, metrics)]
    beside = profiles_beside(job, own)
    for each in job.beside:
        plans = _plans(beside[each.name], each.name, partitions, published)
        known = [plan for lane in lanes for plan in lane.plans]
        counted = Metrics() if each.expendable else metrics
        lanes.append(Lane(each.name, tuple(_shared(plan, known) for plan in plans), counted, each))
    for lane in lanes:
        for plan in lane.plans:
            lane.metrics.expect(plan.scope.value, (watcher.name for watcher in plan.watchers))
    return tuple(lanes)


def distinct(lanes: Iterable[Lane]) -> dict[ScopePlan, Metrics]:
    """Give what is watched in all, each once, with where it is counted: with the first lane that has it."""
    found: dict[ScopePlan, Metrics] = {}
    for lane in lanes:
        for plan in lane.plans:
            found.setdefault(plan, lane.metrics)
    return found


def _plans(profile: Profile, name: str, partitions: int, published: Tables) -> tuple[ScopePlan, ...]:
    return plan_scopes(
        profile.build_detectors(),
        profile.read_tables().or_else(published),
        log_scope=profile.input.scope,
        partitions=partitions,
        lateness=profile.input.lateness,
        lane=name,
    )


def _shared(plan: ScopePlan, known: Sequence[ScopePlan]) -> ScopePlan:
    """Give the plan that watches the same already; else the plan, with where its events go."""
    for other in known:
        if other.same_watch(plan):
            return other
    for other in known:
        if other.same_events(plan):
            return replace(plan, address=other.address)
    return plan


def _differences(own: Profile, other: Profile, path: Path, text: str | None) -> Iterable[Problem]:
    source = LocatedYaml(path, text)
    for part in _SHARED:
        if getattr(own, part) != getattr(other, part):
            what = (
                f"`{part}` is not that of {own.name}, with which this profile shares one pass over the events"
            )
            yield Problem(
                path, source.line((part,)), what, "give both the same, or run them one after the other"
            )
