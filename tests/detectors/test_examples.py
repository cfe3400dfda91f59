"""Every example of every detector, and that an examples file means exactly what it says."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from detectors import available
from detectors.examples import Example, ExamplesError, problem, read, run
from domain.alarms import Alarm
from domain.event_lines import EventLines
from domain.findings import Finding
from domain.tables import Tables
from tests.detectors.test_contract_is_strict import Plain

DETECTORS = available()
EXAMPLES = [(made, example) for made in DETECTORS.values() for example in read(made)]


@pytest.mark.parametrize(
    ("made", "example"), EXAMPLES, ids=[f"{made.__module__}: {example.name}" for made, example in EXAMPLES]
)
def test_an_example_comes_out_as_it_says(made: Any, example: Example) -> None:
    assert problem(made, example) is None


@pytest.mark.parametrize("made", DETECTORS.values(), ids=list(DETECTORS))
def test_every_detector_has_examples_that_fire_and_that_do_not(made: Any) -> None:
    verdicts = {bool(example.fires) for example in read(made)}
    assert verdicts == {True, False}
    names = [example.name for example in read(made)]
    assert len(set(names)) == len(names)


@pytest.fixture
def examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Give a function that writes the examples file of a detector `plain` and reads it."""
    module = ModuleType("detectors.plain")
    module.__file__ = str(tmp_path / "detectors" / "plain.py")
    monkeypatch.setitem(sys.modules, "detectors.plain", module)
    made = type("PlainHere", (Plain,), {"__module__": "detectors.plain"})
    (tmp_path / "detectors").mkdir()

    def written(text: str | None) -> list[str | None]:
        if text is not None:
            (tmp_path / "detectors" / "plain.examples.yaml").write_text(text)
        return [problem(made, example) for example in read(made)]

    return written


HEAD = """
defaults: {card: c1, amount_minor: 1, currency: CNY, channel: pos}
examples:
- name: the third of four
  events: [{every: 1m, times: 4}]
"""


def test_a_detector_without_a_file_is_told_to_write_it(examples: Any) -> None:
    with pytest.raises(ExamplesError, match=r"write detectors/plain\.examples\.yaml"):
        examples(None)


def test_what_it_says_in_full_is_right(examples: Any) -> None:
    said = "  fires: [{at: 2m, key: c1, event: e3, uses: 3, severity: low, says: 3 uses, probability: 0.5}]"
    assert examples(HEAD + said) == [None]


@pytest.mark.parametrize(
    ("fires", "told"),
    [
        ("[]", "0 findings expected, 1 fired"),
        ("[{at: 2m, key: c1}, {at: 3m, key: c1}]", "2 findings expected, 1 fired"),
        ("[{at: 1m, key: c1}]", "at should be '2026-03-02T02:01:00.000Z' and is '2026-03-02T02:02:00.000Z'"),
        ("[{at: 2m, key: c2}]", "key should be 'c2' and is 'c1'"),
        ("[{at: 2m, key: c1, uses: 4}]", "uses should be 4 and is 3"),
        ("[{at: 2m, key: c1, usage: 4}]", "there is no such field and only ['uses']"),
        ("[{at: 2m, key: c1, says: 4 uses}]", "says should be '4 uses' and is '3 uses.'"),
        ("[{at: 2m, key: c1, severity: high}]", "severity should be 'high' and is 'low'"),
        ("[{at: 2m, key: c1, members: [c1]}]", "members should be ['c1'] and is []"),
        ("[{at: 2m, key: c1, over: true}]", "over should be True and is False"),
        ("[{at: 2m, key: c1, alarm: {code: a}}]", "alarm should be {'code': 'a'} and is None"),
    ],
)
def test_anything_else_is_a_problem(examples: Any, fires: str, told: str) -> None:
    (found,) = examples(f"{HEAD}  fires: {fires}")
    assert told in found
    assert "key c1, event e3" in found


def test_parameters_out_of_bounds_are_a_problem(examples: Any) -> None:
    (found,) = examples(f"{HEAD}  fires: []\n  parameters: {{third: 0}}")
    assert "greater than or equal to 1" in found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a", "should be names with values"),
        ("examples: 3", "`examples` should be a list"),
        ("example: []", "unknown 'example'; there are start, zone"),
        ("examples: [{name: a, events: []}]", "example 1 has no 'fires'"),
        ("examples: [{name: a, events: [], fires: [], param: {}}]", "unknown 'param'"),
        ("examples: [{name: a, events: [], events: [], fires: []}]", "a key is there twice"),
        ("examples: [{name: a, events: [{at: 0s}], fires: []}]", "missing required field"),
        ("examples: [{name: a, events: [{at: 0s, crad: c1}], fires: []}]", "unknown field 'crad'"),
        ("examples: [{name: a, events: [], fires: [{key: c1}]}]", "at least `at` and `key`"),
        (
            "examples: [{name: a, events: [], fires: [{at: 0s, key: c1, alarm: {over: true}}]}]",
            "unknown 'over'",
        ),
        ("examples: [{name: a, events: [], fires: [], tables: {amounts: []}}]", "there are segment_amounts"),
        ("examples: [{name: a, events: [], fires: [], tables: {segment_amounts: [{}]}}]", "None is no time"),
        ("start: yesterday\nexamples: [{name: a, events: [], fires: []}]", "'yesterday' is no time"),
        ("{", "is no YAML"),
    ],
)
def test_what_it_cannot_mean_is_an_error(examples: Any, text: str, told: str) -> None:
    with pytest.raises(ExamplesError, match=r"^plain\.examples\.yaml") as raised:
        examples(text)
    assert told in str(raised.value)


def test_time_that_passes_wakes_who_waits_for_it() -> None:
    class Waits(Plain):
        def due(self, state: list[Any]) -> int | None:
            return None if state[0] == 0 else int(state[1]) + 60_000

        def expire(self, state: list[Any], at_ms: int) -> Any:
            state[0] = 0
            return self.found(0)

    lines = EventLines(
        "2026-03-02T00:00:00Z", "UTC", {}, {"amount_minor": 1, "currency": "CNY", "channel": "pos"}
    )
    for line in ({"at": "0s", "card": "b"}, {"at": "1s", "card": "a"}, {"at": "61s", "card": "a"}):
        lines.add(line)
    lines.add({"kind": "progress", "at": "10m"})
    fired = run(Waits(third=99), lines.events, Tables())
    assert [(one.key, (one.at_ms - lines.time_ms("0s")) // 1000, one.event_id) for one in fired] == [
        ("b", 60, ""),
        ("a", 121, ""),
    ]


def test_of_an_alarm_an_example_says_as_much_as_it_wants(
    examples: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    jam = Alarm(code="note_jam", component="dispenser", since_ms=1_772_416_800_000, unit=2)
    told = Finding(reason="Jam.", probability=1.0, evidence={}, alarm=jam)
    monkeypatch.setattr(Plain, "found", lambda self, count: (told,))
    for said in ("{}", "{unit: 2}", "{code: note_jam, component: dispenser, unit: 2, device: '', since: 0s}"):
        assert examples(f"{HEAD}  fires: [{{at: 2m, key: c1, alarm: {said}, over: false}}]") == [None]
    (found,) = examples(f"{HEAD}  fires: [{{at: 2m, key: c1, alarm: {{since: 1m}}}}]")
    assert "alarm should be {'since': '2026-03-02T02:01:00.000Z'}" in found
