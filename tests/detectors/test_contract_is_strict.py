"""The examination itself: detectors with a fault planted in them fail it, and the same one without passes."""

from dataclasses import dataclass, field
from datetime import timedelta
from math import nan
from typing import Annotated, Any

import pytest
from pydantic import Field

from detectors.base import Detector, Scope
from domain.events import Transaction
from domain.findings import QUIET, Finding, Severity
from tests.detectors import contract
from tests.detectors.contract import OF_A_CLASS, ON_EVENTS, Subject
from tests.detectors.streams import crowd, homely, moved

CARDS_SEEN: dict[str, int] = {}
EVENTS = [moved(event, number * 60_000, number) for number, event in enumerate(homely(12))]


@dataclass(frozen=True, kw_only=True)
class Plain(Detector[Transaction, list[Any]]):
    """Fire at the third use within an hour of the one before.

    Why: to be examined.

    Misses: everything else.

    False alarms: all of them.

    Late: an older use counts like any.

    Prior: one half.

    State: a count and a time, at most 20 bytes.
    """

    scope = Scope.CARD
    severity = Severity.LOW
    prior = 0.5
    about_the_unusual = False

    third: Annotated[int, Field(ge=1, description="which use fires")] = 3

    @property
    def memory(self) -> timedelta:
        return timedelta(hours=1)

    def start(self) -> list[Any]:
        return [0, 0]

    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        if abs(event.at_ms - state[1]) > 3_600_000:
            state[:] = self.start()
        state[:] = [state[0] + 1, max(state[1], event.at_ms)]
        return self.found(state[0]) if state[0] == self.third else QUIET

    def found(self, count: int) -> tuple[Finding, ...]:
        return (Finding(reason=f"{count} uses.", probability=0.5, evidence={"uses": count}),)

    def dump(self, state: list[Any]) -> tuple[Any, ...]:
        return tuple(state)

    def load(self, dumped: list[Any], state_version: int) -> list[Any]:
        return dumped


class RemembersInAGlobal(Plain):
    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        CARDS_SEEN["last"] = CARDS_SEEN.get("last", 0) + 1
        return self.found(3) if CARDS_SEEN["last"] % 5 == 0 else QUIET


class DumpsItsLiveState(Plain):
    def start(self) -> list[Any]:
        return [0, 0, []]

    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        state[2].append(event.at_ms)
        return QUIET


class LosesACount(Plain):
    def dump(self, state: list[Any]) -> tuple[Any, ...]:
        return 0, state[1]


class NeverForgets(Plain):
    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        state[0] += 1
        return self.found(state[0]) if state[0] % 5 == 0 else QUIET


class KeepsEverything(Plain):
    """Grow. State: at most 50 bytes."""

    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        state.append(event.at_ms)
        return QUIET


class IsSurerThanSure(Plain):
    def found(self, count: int) -> tuple[Finding, ...]:
        return (Finding(reason="Sure.", probability=1.2, evidence={}),)


class SaysNotANumber(Plain):
    def found(self, count: int) -> tuple[Finding, ...]:
        return (Finding(reason="Odd.", probability=0.5, evidence={"z": nan}),)


class AnswersWithAList(Plain):
    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        return []  # type: ignore[return-value]


class KeepsMemoryOnItself(Plain):
    def step(self, state: list[Any], event: Transaction) -> tuple[Finding, ...]:
        count = self.__dict__["count"] = self.__dict__.get("count", 0) + 1
        return self.found(count) if count % 5 == 0 else QUIET


class IsAlarmedBySameness(Plain):
    about_the_unusual = True


class SaysNothing(Plain):
    """A detector."""


@dataclass(frozen=True, kw_only=True)
class NeedsAParameter(Plain):
    limit: Annotated[int, Field(description="without a default")] = field(kw_only=True)


@dataclass(frozen=True, kw_only=True)
class DoesNotDescribe(Plain):
    limit: Annotated[int, Field(ge=1)] = 1


def failures(made: type[Plain]) -> set[str]:
    """Give the names of the checks that a detector fails."""
    failed = set()
    for check in OF_A_CLASS:
        try:
            check(made)
        except (AssertionError, TypeError):
            failed.add(check.__name__)
    if "needs_no_parameters" not in failed:
        for on_events in ON_EVENTS:
            try:
                on_events(Subject(made()), EVENTS)
            except (AssertionError, ValueError):
                failed.add(on_events.__name__)
    return failed


def test_a_sound_detector_passes() -> None:
    assert failures(Plain) == set()


@pytest.mark.parametrize(
    ("made", "check"),
    [
        (RemembersInAGlobal, contract.never_sees_another_key),
        (RemembersInAGlobal, contract.says_the_same_twice),
        (KeepsMemoryOnItself, contract.never_sees_another_key),
        (KeepsMemoryOnItself, contract.says_the_same_twice),
        (DumpsItsLiveState, contract.dumps_a_copy),
        (LosesACount, contract.resumes_anywhere),
        (NeverForgets, contract.forgets_after_its_memory),
        (KeepsEverything, contract.is_bounded),
        (IsSurerThanSure, contract.finds_sound_things),
        (SaysNotANumber, contract.finds_sound_things),
        (AnswersWithAList, contract.answers_with_a_tuple),
        (IsAlarmedBySameness, contract.finds_nothing_in_sameness),
        (SaysNothing, contract.says_what_it_is),
        (NeedsAParameter, contract.needs_no_parameters),
        (DoesNotDescribe, contract.needs_no_parameters),
    ],
)
def test_a_planted_fault_is_found(made: type[Plain], check: Any) -> None:
    assert check.__name__ in failures(made)


def test_the_crowd_is_of_one_key_and_has_long_tokens() -> None:
    events = crowd("card", 200)
    assert {event.card for event in events} == {"key"}
    assert max(len(event.event_id.encode()) for event in events) > 200
