"""Why an alert fired: what was in force then, and the events that fire it again, as examples."""

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

import detectors
from config.profiles import Profile
from detectors.base import Detector
from detectors.examples import problem, read_text
from domain.tables import Tables
from flows.model_feed import tables_in
from flows.plan import plan_scopes
from tuning.explain.examples_writer import Written, write_examples
from tuning.explain.recorded import Handed, Recorded, Subject, hear
from tuning.explain.slices import Record, Rerun, Slices, slices_of

# So much of an id tells the alerts of one file of examples apart.
_ID_DIGITS = 12


class Change(NamedTuple):
    """A parameter that is set otherwise today."""

    name: str
    then: Any
    now: Any


class Explanation(NamedTuple):
    """An alert, its detector, and its slices.

    `enabled` is whether the profile runs the detector today, `version` what the rule's version is today, and
    `changes` the parameters that differ: from the profile's, or from the defaults where it is not enabled.
    """

    alert: Record
    detector: type[Detector[Any, Any]]
    enabled: bool
    version: int
    changes: tuple[Change, ...]
    slices: Slices

    @property
    def notices(self) -> str:
        """What the detector is for, in a sentence."""
        return " ".join(inspect.cleandoc(self.detector.__doc__ or "").partition("\n\n")[0].split())

    def examples(self) -> tuple[Written, ...]:
        """Give the slices as examples; one where both are the same."""
        name = f"alert {self.alert['id'][:_ID_DIGITS]}"
        exact, least = self.slices.exact, self.slices.least
        parameters = self.alert["parameters"]
        if exact is None or exact.events == least.events:
            return (Written(name, parameters, least),)
        return (
            Written(f"{name} with all of its evidence", parameters, exact),
            Written(f"{name} by as few events as will do", parameters, least),
        )


class Unexplained(NamedTuple):
    """An alert that does not fire again, and why that may be."""

    alert: Record
    why: str


class NotAsWrittenError(RuntimeError):
    """Examples do not come out as they were written: a fault of riskdesk's, which should be told of."""


def explain_all(alerts: Iterable[Record], recorded: Recorded) -> Iterator[Explanation | Unexplained]:
    """Explain alerts, in their order, from recorded events that are read once.

    The parameters are those that each alert carries, the published tables those of the profile, and of the
    store where it names none. Raises what `hear` raises before the first is explained.
    """
    wanted = list(alerts)
    profile = recorded.read_profile()
    rules = _rules(profile, {alert["detector"] for alert in wanted})
    subjects = {Subject(alert["detector"], alert["key"]) for alert in wanted if alert["detector"] in rules}
    histories = hear(recorded, subjects)
    tables = profile.read_tables().or_else(tables_in(recorded.store))
    for alert in wanted:
        history = histories.get(Subject(alert["detector"], alert["key"]), ())
        yield _explain(alert, rules, tables, history)


class _Rule(NamedTuple):
    """A detector as the profile has it today; its parameters are the defaults where it is not enabled."""

    detector: type[Detector[Any, Any]]
    enabled: bool
    parameters: Mapping[str, Any]
    schema: TypeAdapter[Detector[Any, Any]]


def _rules(profile: Profile, names: Iterable[str]) -> dict[str, _Rule]:
    """Give those of the detectors named that there are."""
    known = detectors.available(profile.detector_package)
    enabled = {detectors.name_of(each): each for each in profile.build_detectors()}
    return {
        name: _Rule(
            known[name],
            name in enabled,
            _parameters(enabled.get(name) or known[name]()),
            TypeAdapter(known[name]),
        )
        for name in names
        if name in known
    }


def _explain(
    alert: Record, rules: Mapping[str, _Rule], tables: Tables, history: Sequence[Sequence[Handed]]
) -> Explanation | Unexplained:
    rule = rules.get(alert["detector"])
    if rule is None:
        return Unexplained(alert, f"there is no detector {alert['detector']!r} here any more")
    then, now = alert["parameters"], rule.parameters
    try:
        detector = rule.schema.validate_python(then)
    except ValidationError as error:
        return Unexplained(alert, f"its parameters are not those of version {rule.detector.version}: {error}")
    slices = slices_of(history, alert, Rerun(detector, tables))
    if slices is None:
        return Unexplained(alert, _why_not(alert, rule.detector, history))
    changes = tuple(Change(name, then.get(name), now[name]) for name in now if then.get(name) != now[name])
    return Explanation(alert, rule.detector, rule.enabled, rule.detector.version, changes, slices)


def _why_not(alert: Record, made: type[Detector[Any, Any]], history: Sequence[Sequence[Handed]]) -> str:
    """Say why an alert may not fire again."""
    events = sum(map(len, history))
    if not events:
        return (
            f"no recorded event is of {alert['scope']} {alert['key']}; give the files that it fired "
            "over, and with --store the reference data that was joined then"
        )
    if alert["event_id"] and not any(
        handed.event.event_id == alert["event_id"] for of_bucket in history for handed in of_bucket
    ):
        return (
            f"its event {alert['event_id']} is not among the {events:,} recorded ones of {alert['scope']} "
            f"{alert['key']}; give the files that it fired over"
        )
    if made.version != alert["version"]:
        return f"it was fired by version {alert['version']} of the rule, and this is version {made.version}"
    return (
        f"the {events:,} recorded events of {alert['scope']} {alert['key']} do not fire it: earlier ones may "
        "be missing, or the reference data or the published tables are others than then"
    )


def _parameters(detector: Detector[Any, Any]) -> dict[str, Any]:
    """Give parameters as alerts carry them."""
    (plan,) = plan_scopes([detector], Tables(), log_scope=None, partitions=1)
    return plan.watchers[0].parameters


def examples_file(explained: Sequence[Explanation], comments: Iterable[str]) -> str:
    """Write the examples of alerts of one detector, to lie beside it.

    They were read back and run: they come out as they say. Raises NotAsWrittenError where one does not.
    """
    text = write_examples([written for each in explained for written in each.examples()], comments)
    made = explained[0].detector
    for example in read_text(text, f"{detectors.name_of(made)}.examples.yaml"):
        if wrong := problem(made, example):
            raise NotAsWrittenError(f"the example {example.name!r} does not come out as written: {wrong}")
    return text
