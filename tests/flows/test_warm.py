"""A run that begins with what detectors remember of history says what it would have said had it seen that."""

import logging
import pickle
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.events import Event, Transaction
from flows.plan import ScopePlan
from flows.warm_file import WarmError, WarmFile
from flows.warm_making import write_warm_file
from tests.flows.made import ELSEWHERE, KEYS, Bank, Counting, NoticingSilence, mark, plan_of, use

# Histories end at this minute.
SPLIT = 100
Logs = dict[str, list[Event]]


def keep(bank: Bank, path: Path) -> WarmFile:
    """Write what a bank's buckets remember into a file, and open it."""
    snapshots = [(bank.plan.scope.value, pickle.loads(kept)) for kept in bank.end_epoch().values()]
    write_warm_file(path, "made", [bank.plan], snapshots)
    return WarmFile(path)


def watch(bank: Bank, logs: Logs, *, closed: bool) -> list[Any]:
    """Let a bank read logs, a few events of each at a time, and give what it said, bucket by bucket."""
    before = {bucket: len(said) for bucket, said in bank.told.items()}
    left = {name: list(events) for name, events in logs.items()}
    while any(left.values()):
        for name, events in left.items():
            if events:
                bank.read((name, events[:3], False))
                del events[:3]
    if closed:
        bank.read(*((name, [], True) for name in logs))
    return sorted(
        (bucket, place, said)
        for bucket, told in bank.told.items()
        for place, said in enumerate(told[before.get(bucket, 0) :])
    )


def bank_of(plan: ScopePlan, logs: Logs) -> Bank:
    return Bank(plan, tuple(logs))


@st.composite
def logs_of(draw: st.DrawFn, names: Sequence[str]) -> tuple[Logs, Logs]:
    """Draw logs that are in the order of time, cut at one moment into what was and what is."""
    past: Logs = {name: [] for name in names}
    live: Logs = {name: [] for name in names}
    minutes = draw(st.lists(st.integers(0, 2 * SPLIT), min_size=1, max_size=30).map(sorted))
    for number, minute in enumerate(minutes):
        key = draw(st.sampled_from([*KEYS[:3], ELSEWHERE]))
        # A key keeps to its log, as it does where the input is partitioned by key.
        name = names[(*KEYS[:3], ELSEWHERE).index(key) % len(names)]
        event = mark(minute) if draw(st.integers(0, 5)) == 0 else use(f"e{number}", minute, key)
        (past if minute <= SPLIT else live)[name].append(event)
    return past, live


PLANS = {
    "one log": plan_of(Counting(), NoticingSilence(), one_log=True),
    "several logs": plan_of(Counting(), NoticingSilence()),
    "logs of their own": plan_of(Counting(), own_log=True),
    "one log by itself": plan_of(Counting(), one_log=True),
    "one log of its own": plan_of(Counting(), NoticingSilence(), own_log=True, one_log=True),
}


@pytest.mark.parametrize("name", PLANS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_history_and_then_live_say_together_what_all_in_one_says(tmp_path, name, data):
    plan = PLANS[name]
    past, live = data.draw(logs_of(["p"] if plan.one_log else ["p", "q"]))
    whole = bank_of(plan, past)
    everything = {part: [*past[part], *live[part]] for part in past}
    expected = watch(whole, everything, closed=True)

    before = bank_of(plan, past)
    said = watch(before, past, closed=True)
    if not any(isinstance(event, Transaction) for events in past.values() for event in events):
        return
    with closing(keep(before, tmp_path / "warm")) as file:
        after = bank_of(plan, past)
        after.history = file.history_of(plan)
        told = watch(after, live, closed=True)
    assert _by_bucket(expected) == _by_bucket(said, told)


def _by_bucket(*parts: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for part in parts:
        for bucket, _, said in part:
            found.setdefault(bucket, []).append(said)
    return found


def test_without_history_it_begins_with_nothing(tmp_path):
    plan = PLANS["one log by itself"]
    assert watch(Bank(plan), {"p": [use("e2", 110)]}, closed=False)[0][2][-1] == 1
    before = Bank(plan)
    watch(before, {"p": [use("e1", 90)]}, closed=True)
    after = Bank(plan)
    with closing(keep(before, tmp_path / "warm")) as file:
        after.history = file.history_of(plan)
        assert watch(after, {"p": [use("e2", 110)]}, closed=False)[0][2][-1] == 2


def test_an_event_that_history_ends_with_and_live_begins_with_counts_once(tmp_path):
    plan = PLANS["one log by itself"]
    before, after = Bank(plan), Bank(plan)
    watch(before, {"p": [use("e1", 90)]}, closed=True)
    with closing(keep(before, tmp_path / "warm")) as file:
        after.history = file.history_of(plan)
        assert watch(after, {"p": [use("e1", 90), use("e2", 91)]}, closed=False)[0][2][-1] == 2


class AlsoCounting(Counting):
    """Another detector of the same scope, which was not enabled before."""


def test_a_detector_that_is_added_to_a_run_takes_its_memory_of_keys_from_history(tmp_path):
    both = plan_of(AlsoCounting(), Counting(), one_log=True)
    known, new = KEYS[:2]
    trained = Bank(both)
    watch(trained, {"p": [use(f"e{n}", 90 + n, known) for n in range(3)] + [use("n", 95, new)]}, closed=True)
    running = Bank(plan_of(Counting(), one_log=True))
    watch(running, {"p": [use("e2", 92, known)]}, closed=False)
    kept = running.end_epoch()
    with closing(keep(trained, tmp_path / "warm")) as file:
        running.history = file.history_of(both)
        running.resume(kept, both)
        said = watch(running, {"p": [use("x", 100, known), use("y", 101, new)]}, closed=False)
    counts = {(alert[0], alert[1]): alert[-1] for _, _, alert in said}
    assert counts == {
        ("AlsoCounting", known): 4,  # from history
        ("Counting", known): 2,  # its own memory is better
        ("AlsoCounting", new): 2,
        ("Counting", new): 2,
    }


def test_a_key_that_is_silent_from_the_first_live_moment_on_is_noticed(tmp_path):
    plan = plan_of(NoticingSilence(), one_log=True)
    before, after = Bank(plan), Bank(plan)
    watch(before, {"p": [use("e1", 98, KEYS[0])]}, closed=True)
    with closing(keep(before, tmp_path / "warm")) as file:
        after.history = file.history_of(plan)
        said = watch(after, {"p": [use("e2", 120, ELSEWHERE)]}, closed=False)
    assert [alert[1] for _, _, alert in said] == [KEYS[0]]


@pytest.mark.parametrize(
    ("minute", "level", "words"), [(95, "WARNING", "counts twice"), (160, "INFO", "not seen")]
)
def test_how_the_run_lies_to_the_end_of_history_is_told_once(tmp_path, caplog, minute, level, words):
    plan = PLANS["one log"]
    before, after = Bank(plan), Bank(plan)
    watch(before, {"p": [use("e1", 100)]}, closed=True)
    with closing(keep(before, tmp_path / "warm")) as file, caplog.at_level(logging.INFO):
        after.history = file.history_of(plan)
        watch(after, {"p": [use("e2", minute), use("e3", minute + 1, ELSEWHERE)]}, closed=False)
    (record,) = caplog.records
    assert record.levelname == level
    assert words in record.message


def test_detectors_that_are_set_otherwise_than_those_that_made_the_file_are_refused(tmp_path):
    plan = plan_of(Counting(), one_log=True)
    before = Bank(plan)
    watch(before, {"p": [use("e1", 90)]}, closed=True)
    with closing(keep(before, tmp_path / "warm")) as file:
        assert file.check([plan]) == ()
        assert file.check([plan_of(Counting(), NoticingSilence())]) == ("NoticingSilence",)
        (watcher,) = plan.watchers
        changed = replace(watcher, parameters={"limit": 7})
        other = ScopePlan(plan.scope, (changed,), own_log=False, one_log=True)
        with pytest.raises(WarmError, match="Counting has limit 7, it was None"):
            file.check([other])
        assert file.history_of(other) is None


def test_what_is_no_such_file_is_refused(tmp_path):
    path = tmp_path / "warm"
    path.write_bytes(b"something else")
    with pytest.raises(WarmError, match="make it with `riskdesk warm`"):
        WarmFile(path)
