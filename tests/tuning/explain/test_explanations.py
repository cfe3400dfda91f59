"""Alerts are explained by the events that fire them again."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import TypeAdapter

from cases.store import open_store
from connectors.alert_file import read_alert_file
from connectors.errors import InputError
from connectors.files import read_blocks
from connectors.reference_files import read_reference
from detectors.examples import problem, read_text
from domain.events import MONEY_OUT
from tests.flows.device_day import DAY, shuffled, unpack_day
from tests.flows.device_day import PROFILE as DAY_PROFILE
from tests.flows.running import NIGHT
from tests.flows.running import PROFILE as NIGHT_PROFILE
from tuning.explain.explanations import Explanation, Unexplained, examples_file, explain_all
from tuning.explain.recorded import Recorded, Subject, hear
from tuning.explain.slices import IN_FORCE, Rerun
from tuning.passes import Variant, run_pass

NIGHT_OVER = (str(NIGHT / "transactions.jsonl.zst"),)


@pytest.fixture(scope="module")
def lends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Stores with the reference data of the recorded streams."""
    folder = tmp_path_factory.mktemp("lends")
    files = {
        "night": [NIGHT / "reference.jsonl.zst"],
        "day": [DAY / "reference.jsonl.zst", DAY / "fleet.jsonl.zst"],
    }
    urls = {name: f"sqlite:///{folder}/{name}.db" for name in files}
    for name, url in urls.items():
        with open_store(url) as store:
            store.reference.put(read_reference(files[name]))
    return urls


@pytest.fixture(scope="module")
def night(lends: dict[str, str]) -> list[Explanation | Unexplained]:
    """Every alert of the recorded night, explained."""
    recorded = Recorded(NIGHT_PROFILE, NIGHT_OVER, lends["night"])
    return list(explain_all(read_alert_file(NIGHT / "alerts.jsonl"), recorded))


def whole(said: Sequence[Explanation | Unexplained]) -> Iterator[Explanation]:
    """Give the explanations, all of them with all of their evidence."""
    for each in said:
        assert isinstance(each, Explanation), each
        assert each.slices.exact is not None, each.slices.differing
        yield each


def rerun(said: Explanation) -> Rerun:
    detector = TypeAdapter(said.detector).validate_python(said.alert["parameters"])
    return Rerun(detector, said.slices.least.tables)


def test_every_alert_of_the_night_comes_out_of_its_example_as_written(
    night: list[Explanation | Unexplained],
) -> None:
    assert len(night) == 42
    for each in whole(night):
        examples = read_text(examples_file([each], ["made from the night"]), "one")
        assert [problem(each.detector, example) for example in examples] == [None] * len(examples)
        assert any(fire["event"] == each.alert["event_id"] for fire in examples[0].fires)


def test_the_exact_slice_gives_the_very_alert(night: list[Explanation | Unexplained]) -> None:
    for each in whole(night):
        assert each.slices.exact is not None
        told = {name: value for name, value in each.alert.items() if name not in IN_FORCE}
        again = [
            {name: value for name, value in alert.items() if name not in IN_FORCE}
            for alert in rerun(each).alerts(each.slices.exact.events)
        ]
        assert told in again


def test_of_the_least_slice_no_event_can_be_left_out(night: list[Explanation | Unexplained]) -> None:
    for each in whole(night):
        events = each.slices.least.events
        fires = rerun(each).fires(each.alert, ("id", "at"))
        assert fires(events)
        assert not any(fires([*events[:index], *events[index + 1 :]]) for index in range(len(events)))


def test_only_the_rows_of_a_table_that_the_alert_needs_are_kept(
    night: list[Explanation | Unexplained],
) -> None:
    rows = {
        each.alert["detector"]: max(
            (len(version.segments) for version in each.slices.least.tables.segment_amounts.versions),
            default=0,
        )
        for each in whole(night)
    }
    assert rows == {
        "amount_outlier": 1,
        "burst": 0,
        "customer_in_two_places": 0,
        "impossible_travel": 0,
        "many_cards_one_terminal": 0,
        "opened_together": 0,
    }


def one_of(detector: str) -> dict[str, Any]:
    return next(each for each in read_alert_file(NIGHT / "alerts.jsonl") if each["detector"] == detector)


@pytest.fixture(scope="module")
def of_one_card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The night's events of the card of its first burst."""
    path = tmp_path_factory.mktemp("card") / "card.jsonl"
    card = one_of("burst")["card"].encode()
    lines = b"".join(block.data for block in read_blocks(NIGHT / "transactions.jsonl.zst"))
    path.write_bytes(b"".join(line for line in lines.splitlines(keepends=True) if card in line))
    return path


def explained(alert: dict[str, Any], *over: Path, store: str | None, profile: Path = NIGHT_PROFILE) -> Any:
    (said,) = explain_all([alert], Recorded(profile, [str(path) for path in over], store))
    return said


def changed_profile(folder: Path, **lines: str) -> Path:
    """Write the night's profile with other parameters."""
    text = NIGHT_PROFILE.read_text("utf-8")
    for name, written in lines.items():
        text = text.replace(f"  {name}:\n", written)
    (folder / "segments.json").write_bytes((NIGHT / "segments.json").read_bytes())
    (folder / "profile.yaml").write_text(text, "utf-8")
    return folder / "profile.yaml"


def test_the_parameters_of_the_alert_hold_and_those_of_today_are_told(
    of_one_card: Path, lends: dict[str, str], tmp_path: Path
) -> None:
    profile = changed_profile(tmp_path, burst="  burst: {uses: 40}\n")
    said = explained(one_of("burst"), of_one_card, store=lends["night"], profile=profile)
    assert said.slices.exact is not None
    assert [(each.name, each.then, each.now) for each in said.changes] == [("uses", 6, 40)]
    assert "uses: 6," in examples_file([said], [])


def test_a_detector_that_is_off_today_is_explained_as_well(
    of_one_card: Path, lends: dict[str, str], tmp_path: Path
) -> None:
    profile = changed_profile(tmp_path, burst="")
    said = explained(one_of("burst"), of_one_card, store=lends["night"], profile=profile)
    assert said.slices.exact is not None
    assert (said.enabled, said.changes) == (False, ())


def test_without_the_reference_data_it_says_what_comes_out_otherwise(of_one_card: Path) -> None:
    said = explained(one_of("burst"), of_one_card, store=None)
    assert said.slices.exact is None
    assert said.slices.differing == ("last4", "customer", "tier")
    assert problem(said.detector, read_text(examples_file([said], []), "one")[0]) is None


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("key", "crd-nobody", "no recorded event is of card crd-nobody; give the files that it fired over"),
        ("event_id", "ev-other", "its event ev-other is not among the"),
        ("version", 7, "it was fired by version 7 of the rule, and this is version 1"),
        ("at", "2026-09-18T10:00:00.000Z", "recorded events of card .* do not fire it: earlier ones may be"),
        (
            "detector",
            "bursts",
            "there is no detector 'bursts' here any more",
        ),
        ("parameters", {"uses": "many"}, "its parameters are not those of version 1: 1 validation error"),
    ],
)
def test_what_does_not_fire_again_says_why(
    field: str, value: Any, why: str, of_one_card: Path, lends: dict[str, str]
) -> None:
    alert = one_of("burst") | {"id": "0" * 32} | {field: value}
    said = explained(alert, of_one_card, store=lends["night"])
    assert isinstance(said, Unexplained)
    assert re.search(why, said.why), said.why


def wanted_ids(lines: Sequence[bytes]) -> list[str]:
    """Give the ids of those lines that the detector of bursts is troubled with."""
    events = [orjson.loads(line) for line in lines]
    return [event["event_id"] for event in events if event.get("type", "purchase") in MONEY_OUT]


def test_a_key_in_two_partitions_has_a_history_in_each(of_one_card: Path, tmp_path: Path) -> None:
    lines = of_one_card.read_bytes().splitlines(keepends=True)
    for number in (0, 1):
        (tmp_path / f"{number}.jsonl").write_bytes(b"".join(lines[number::2]))
    subject = Subject("burst", one_of("burst")["key"])
    over = [str(tmp_path / "0.jsonl"), str(tmp_path / "1.jsonl")]
    parts = hear(Recorded(NIGHT_PROFILE, over), [subject])[subject]
    of_parts = sorted([handed.event.event_id for handed in part] for part in parts)
    assert of_parts == sorted(wanted_ids(part) for part in (lines[0::2], lines[1::2]))


def test_a_repeated_event_is_handed_over_once(of_one_card: Path, tmp_path: Path) -> None:
    lines = of_one_card.read_bytes().splitlines(keepends=True)
    (tmp_path / "twice.jsonl").write_bytes(b"".join(line * 2 for line in lines))
    subject = Subject("burst", one_of("burst")["key"])
    (history,) = hear(Recorded(NIGHT_PROFILE, [str(tmp_path / "twice.jsonl")]), [subject])[subject]
    assert [handed.event.event_id for handed in history] == wanted_ids(lines)


def test_input_that_would_stop_a_flow_is_not_explained_over(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("{}\n" * 20_000)
    with pytest.raises(InputError, match="cannot be read to the end"):
        explained(one_of("burst"), tmp_path / "bad.jsonl", store=None)


@pytest.mark.slow
def test_every_alert_of_the_day_comes_out_of_its_example_as_written(lends: dict[str, str]) -> None:
    over = [str(DAY / "telemetry.jsonl.zst"), str(DAY / "transactions.jsonl.zst")]
    said = list(explain_all(read_alert_file(DAY / "alerts.jsonl"), Recorded(DAY_PROFILE, over, lends["day"])))
    assert len(said) == 211
    for each in whole(said):
        assert examples_file([each], [])


@pytest.mark.slow
@pytest.mark.parametrize("most_late_s", [30, 240])
def test_alerts_over_late_and_repeated_reports_are_explained_exactly(
    most_late_s: float, lends: dict[str, str], tmp_path: Path
) -> None:
    unpack_day(tmp_path)
    lines = (tmp_path / "telemetry.jsonl").read_bytes().splitlines()
    some = set(sorted({orjson.loads(line)["device"] for line in lines})[:12])
    kept = [line for line in lines if orjson.loads(line)["device"] in some]
    (tmp_path / "late.jsonl").write_bytes(b"\n".join(shuffled(kept, most_late_s, 5)) + b"\n")
    over = [str(tmp_path / "late.jsonl"), str(tmp_path / "transactions.jsonl")]
    ran = run_pass([Variant("late", DAY_PROFILE)], over, tmp_path, store=lends["day"])
    alerts = list(read_alert_file(ran.alerts["late"]))
    assert len(alerts) > 20
    assert len(list(whole(list(explain_all(alerts, Recorded(DAY_PROFILE, over, lends["day"])))))) == len(
        alerts
    )
