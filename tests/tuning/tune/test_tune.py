"""Tuning: what is planted is found and holds, what is noise is nothing, whatever the number of processes."""

import os
import signal
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from cli.main import cli
from config.profiles import load_profile
from connectors.alert_file import read_alert_file
from connectors.handbook import convert_handbook
from tests.flows.running import Command, until
from tests.tuning.tune_stream import Made, label_at_random, make
from tuning.measures.labels import Labels, read_labels
from tuning.passes import Variant, run_pass
from tuning.tune.choice import OBJECTIVES, Why
from tuning.tune.record import tuning_record, verdict_words
from tuning.tune.runs import Runs
from tuning.tune.tuning import Grid, TuneError, Tuning, compare, read_grid, split_days
from tuning.tune.variants import changed, read_tuned

ROOT = Path(__file__).parents[3]
RECORDED = ROOT / "replay_data"
NIGHT = RECORDED / "night"
EVENTS = ("transactions.jsonl.zst", "telemetry.jsonl.zst", "part-0.jsonl.zst", "part-1.jsonl.zst")
TRIED = ("window=PT5M,PT10M", "uses=3,4,6")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    return make(tmp_path_factory.mktemp("made"))


def grid_of(made: Made, *tried: str) -> Grid:
    text = made.profile.read_text("utf-8")
    return read_grid(read_tuned(made.profile, "burst", text), text, tried or TRIED)


@pytest.fixture(scope="module")
def ran(made, tmp_path_factory) -> Runs:
    """The runs of all combinations, in one process."""
    runs = Runs(
        grid_of(made).variants, [str(made.events)], tmp_path_factory.mktemp("runs"), store=None, processes=1
    )
    runs.run()
    return runs


def tuned(made: Made, ran: Runs, labels: Path, objective: str = "loss_caught", **limits: Any) -> Tuning:
    known = read_labels([labels], [str(made.events)], delay=timedelta(days=2))
    grid = grid_of(made)
    wanted = OBJECTIVES[objective]._replace(**limits)
    return compare(grid, known, split_days(known, 0.75, grid.tuned.zone), ran.files, objective=wanted)


def test_what_is_planted_is_found_and_holds_on_later_days(made, ran) -> None:
    found = tuned(made, ran, made.labels)
    assert found.combinations[found.chosen] == {"window": "PT5M", "uses": 4}
    assert found.verdict.why is Why.HOLDS
    assert found.verdict.wanted.low > 0
    assert "It holds: with window PT5M, uses 4" in verdict_words(found).en
    record = tuning_record(found)
    # Four in five minutes are all of the thieves, and none of the market's.
    assert record["chosen"]["later"]["caught_share"] == 1
    assert record["chosen"]["later"]["precision"] == 1
    assert record["base"]["later"]["caught_share"] == 0
    assert (record["earlier"]["days"], record["later"]["days"]) == (30, 10)
    assert (record["later"]["first_day"], record["later"]["last_day"]) == ("2026-04-01", "2026-04-10")


def test_each_objective_finds_what_it_wants(made, ran) -> None:
    for objective in ("f1", "precision"):
        found = tuned(made, ran, made.labels, objective)
        assert found.combinations[found.chosen] == {"window": "PT5M", "uses": 4}, objective
    # Nothing is caught by the profile as it is, so that no call at all is as good.
    found = tuned(made, ran, made.labels, "fewer_calls")
    assert found.combinations[found.chosen] == {"window": "PT5M", "uses": 6}
    assert found.verdict.holds
    assert found.verdict.wanted.high < 0


def test_a_limit_that_nothing_keeps_leaves_nothing(made, ran) -> None:
    found = tuned(made, ran, made.labels, "precision", limit=1.01)
    assert (found.chosen, found.verdict.why) == (None, Why.NONE_BETTER)
    assert "none of the 6 combinations was better" in verdict_words(found).en


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_labels_at_random_are_found_to_be_nothing(made, ran, objective: str) -> None:
    """Fewer calls alone are no gain: what they no longer find must surely not be missed."""
    known = read_labels([made.labels], [str(made.events)], delay=timedelta(days=2))
    grid = grid_of(made)
    split = split_days(known, 0.75, grid.tuned.zone)
    held = []
    for seed in range(20):
        drawn = Random(seed)
        noise = Labels(replace(use, fraud=drawn.random() < 0.02) for use in known)
        found = compare(grid, noise, split, ran.files, objective=OBJECTIVES[objective])
        words = verdict_words(found).en
        if found.verdict.holds:
            held.append(seed)
        else:
            assert words.startswith(("There is nothing", "It does not hold"))
    # Of 95 % intervals one end in forty is passed by chance.
    assert len(held) <= 1


def test_the_choice_knows_no_label_of_after_the_split(made, ran, tmp_path) -> None:
    """What is learnt later, even of earlier days, and what happens later changes no choice."""
    whole = tuned(made, ran, made.labels)
    lines = made.labels.read_bytes().splitlines()
    turned = tmp_path / "turned.jsonl"
    # Some two days before the split and all behind it are labelled the other way around.
    cut = len(lines) * 73 // 100
    turned.write_bytes(
        b"\n".join(
            line
            if number < cut
            else orjson.dumps({**(each := orjson.loads(line)), "label": not each["label"]})
            for number, line in enumerate(lines)
        )
    )
    other = tuned(made, ran, turned)
    assert other.chosen == whole.chosen
    assert other.earlier == whole.earlier
    assert other.later != whole.later
    assert not other.verdict.holds


def test_a_later_part_of_less_than_a_week_is_too_short_to_tell(made, ran) -> None:
    known = read_labels([made.labels], [str(made.events)], delay=timedelta(days=2))
    grid = grid_of(made)
    split = split_days(known, 0.9, grid.tuned.zone)
    found = compare(grid, known, split, ran.files, objective=OBJECTIVES["loss_caught"])
    assert (len(split.later), found.verdict.why) == (4, Why.FEW_DAYS)


def test_labels_that_are_known_too_late_for_any_choice_are_refused(made) -> None:
    known = read_labels([made.labels], [str(made.events)], delay=timedelta(days=60))
    with pytest.raises(TuneError, match=r"no fraud before 2026-04-01 was known by then"):
        split_days(known, 0.75, grid_of(made).tuned.zone)
    with pytest.raises(TuneError, match=r"both parts need days"):
        split_days(known, 0.001, grid_of(made).tuned.zone)


def test_the_number_of_processes_changes_nothing_and_what_is_finished_is_kept(made, ran, tmp_path) -> None:
    over, variants = [str(made.events)], grid_of(made).variants
    runs = Runs(variants, over, tmp_path, store=None, processes=2)
    assert (runs.passes, runs.kept) == (2, 0)
    assert runs.run().events > 0
    contents = {label: path.read_bytes() for label, path in runs.files.items()}
    assert contents == {label: path.read_bytes() for label, path in ran.files.items()}
    assert sorted(tmp_path.iterdir()) == sorted(runs.files.values())
    runs.files["c002"].unlink()
    again = Runs(variants, over, tmp_path, store=None, processes=2)
    assert (again.passes, again.kept) == (1, len(variants) - 1)
    again.run()
    assert {label: path.read_bytes() for label, path in again.files.items()} == contents


def test_what_was_kept_of_other_events_or_another_profile_does_not_count(made, ran, tmp_path) -> None:
    other = tmp_path / "events.jsonl"
    other.write_bytes(made.events.read_bytes())
    folder = next(iter(ran.files.values())).parent
    same = Runs(grid_of(made).variants, [str(made.events)], folder, store=None, processes=1)
    assert same.kept == len(same.files)
    assert Runs(grid_of(made).variants, [str(other)], folder, store=None, processes=1).kept == 0
    profile = made._replace(profile=tmp_path / "profile.yaml")
    profile.profile.write_text(made.profile.read_text("utf-8").replace("PT1M", "PT2M"), "utf-8")
    assert Runs(grid_of(profile).variants, [str(made.events)], folder, store=None, processes=1).kept == 0


FLEET = (ROOT / "config" / "profiles" / "device_watch.yaml", RECORDED / "fleet")
# A profile, what it is run over, the detector, and what of it is changed.
ALONE = [
    (NIGHT / "profile.yaml", NIGHT, "burst", {"uses": 4, "window": "PT20M"}),
    (
        RECORDED / "disorder" / "profile.yaml",
        RECORDED / "disorder",
        "many_cards_one_terminal",
        {"min_cards": 4},
    ),
    (*FLEET, "heartbeat_lost", {"missed": 3}),
    (*FLEET, "supervisor_overstay", {"longest": "PT10M"}),
]


@pytest.mark.parametrize(("path", "stream", "name", "tried"), ALONE)
def test_a_detector_alone_tells_what_it_tells_among_all_the_others(
    path: Path, stream: Path, name: str, tried: dict[str, Any], tmp_path
) -> None:
    text = path.read_text("utf-8")
    profile = read_tuned(path, name, text)
    variants = [
        Variant("base", path, text),
        Variant("whole", path, changed(profile, text, tried)),
        Variant("alone", path, changed(profile, text, tried, alone=True)),
    ]
    over = [str(stream / file) for file in EVENTS if (stream / file).exists()]
    files = run_pass(variants, over, tmp_path).alerts
    base, whole, alone = (list(read_alert_file(files[each.label])) for each in variants)
    assert alone == [alert for alert in whole if alert["detector"] == name]
    others = [[alert for alert in each if alert["detector"] != name] for each in (base, whole)]
    assert others[0] == others[1] != []
    own = [alert for alert in base if alert["detector"] == name]
    told = [{(alert["id"], alert["at"]) for alert in each} for each in (own, alone)]
    assert told[0] != told[1]


def tune(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["tune", *map(str, arguments)])


def given(made: Made) -> tuple[object, ...]:
    parameters = [word for each in TRIED for word in ("--parameter", each)]
    known = ("--labels", made.labels, "--labels-delay", "2d")
    return ("burst", "--profile", made.profile, *parameters, "--over", made.events, *known)


def test_the_command_reports_and_writes_the_tuned_profile(made, ran, tmp_path) -> None:
    report, out = tmp_path / "tune.html", tmp_path / "tuned.yaml"
    work = next(iter(ran.files.values())).parent
    result = tune(*given(made), "--work", work, "--report", report, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    record = orjson.loads(result.stdout)
    assert record == orjson.loads(report.with_suffix(".json").read_bytes())
    assert record["verdict"]["holds"]
    assert record["verdict"]["caught_a_day_minor"]["low"] > 0
    assert "7 variants, 7 of them kept from before; events read 0 times" in result.stderr
    page = report.read_text("utf-8")
    for words in ("Tuning of burst", "It holds: with window PT5M, uses 4", "burst 参数调优", "结论成立"):
        assert words in page
    better = load_profile(out)
    assert better.version == 4
    assert better.detectors["burst"] == {"uses": 4, "window": "PT5M", "lateness": "PT1M"}
    assert f"the comments of {made.profile} are not in it" in result.stderr


def test_the_command_writes_no_profile_where_there_is_nothing(made, ran, tmp_path) -> None:
    out = tmp_path / "tuned.yaml"
    work = next(iter(ran.files.values())).parent
    labels = label_at_random(made, tmp_path / "labels.jsonl", seed=1)
    arguments = [labels if each == made.labels else each for each in given(made)]
    result = tune(*arguments, "--work", work, "-o", out)
    assert result.exit_code == 1, result.output
    assert "here is nothing" in result.stdout
    assert "was not written: nothing holds" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("instead", "words"),
    [
        (("--parameter", "uses=0..4"), "uses cannot be 0; allowed is: from 1 to 200"),
        (("--over", "kafka://events"), "record it to files"),
        (("--over", "nowhere.jsonl"), "no such file or folder: nowhere.jsonl"),
        (("--least-recall", "0.5"), "--least-recall is what --objective precision must keep"),
        (("--labels-delay", "soon"), "'soon' is no span of time; write one such as 45m, 12h or 7d"),
        (("--labels-delay", "-P1D"), "is no span of time"),
        (("--split", "1"), "--split"),
    ],
)
def test_wrong_use_is_told_before_anything_runs(made, instead: tuple[str, str], words: str) -> None:
    result = tune(*given(made), *instead)
    assert result.exit_code == 2
    assert words in result.output


def test_what_stops_a_pass_stops_the_tuning_and_is_told(made, tmp_path) -> None:
    broken = tmp_path / "events.jsonl"
    broken.write_bytes(made.events.read_bytes() + b"no event\n" * 10_000)
    result = tune(
        *(broken if each == made.events else each for each in given(made)), "--work", tmp_path / "work"
    )
    assert result.exit_code == 1
    assert "10000 of the last" in result.output
    assert "raise dead_letters.limit_share in the profile" in result.output
    assert list((tmp_path / "work").iterdir()) == []


def test_an_interrupt_leaves_no_process_and_no_half_of_a_file(made, tmp_path, monkeypatch) -> None:
    work = tmp_path / "work"
    monkeypatch.setenv("RISKDESK_MARK", str(tmp_path))
    command = Command(["tune", *map(str, given(made)), "--work", str(work)])
    # Itself, and one that runs a chunk.
    until(lambda: len(alive(str(tmp_path))) > 1, command)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() == 1
    assert "Aborted" in command.err
    assert alive(str(tmp_path)) == []
    assert list(work.iterdir()) == []


def alive(mark: str) -> list[str]:
    """The processes that inherited a mark in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if f"RISKDESK_MARK={mark}\0".encode() in (place / "environ").read_bytes() + b"\0":
                found.append(place.name)
    return found


@pytest.fixture(scope="module")
def handbook(tmp_path_factory) -> Made:
    """Four months of simulated transactions of the Fraud Detection Handbook, converted."""
    folder = os.environ.get("RISKDESK_OUTSIDE_DATA")
    if not folder:
        pytest.skip("RISKDESK_OUTSIDE_DATA is not set: the handbook's transactions are not there")
    place = tmp_path_factory.mktemp("handbook")
    made = Made(
        ROOT / "config" / "profiles" / "card_risk.yaml", place / "events.jsonl", place / "labels.jsonl"
    )
    convert_handbook(
        Path(folder) / "handbook_until_2018-07-31.csv.gz",
        Path(folder) / "handbook_terminals.csv",
        made.events,
        labels=made.labels,
    )
    return made


@pytest.mark.slow
def test_three_months_of_data_not_made_here_tune_what_holds_on_the_fourth(handbook, tmp_path) -> None:
    """Amounts far above habit: more of the theft is found at a lower threshold, at no false alarm."""
    arguments = ("amount_outlier", "--profile", handbook.profile, "--over", handbook.events)
    known = ("--labels", handbook.labels, "--labels-delay", "7d")
    result = tune(
        *arguments, *known, "--parameter", "sds_alone=3,4,6", "--objective", "f1", "--processes", 2, "--json"
    )
    assert result.exit_code == 0, result.output
    record = orjson.loads(result.stdout)
    assert record["later"]["first_day"].startswith("2018-07")
    assert record["verdict"]["holds"]
    assert record["chosen"]["parameters"] == {"sds_alone": 3.0}
    assert record["verdict"]["f1"]["low"] > 0.1
