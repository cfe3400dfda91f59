"""`riskdesk backtest` as an analyst runs it: two profiles over a small simulated stream."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner

from cli.backtest import labels_of
from cli.main import cli
from connectors.alert_file import read_alert_file
from connectors.handbook import convert_handbook
from domain.instants import iso
from tests.flows.running import ROOT, Command, until
from tuning.backtest.judged import Backtested
from tuning.measures.figures import figures
from tuning.measures.labels import read_labels

PROFILE = ROOT / "config" / "profiles" / "card_risk.yaml"


class Data:
    """Four days of a small bank, what is known about them, and two profiles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events, self.labels = folder / "events.jsonl", folder / "labels.jsonl"
        self.now, self.new = folder / "now.yaml", folder / "new.yaml"
        truth = folder / "truth.jsonl"
        made = CliRunner().invoke(
            cli,
            [
                *("simulate", "--seed", "7", "--customers", "300", "--hours", "96"),
                *("--start", "2026-09-01T00:00+08:00", "-o", str(self.events)),
                *("--truth", str(truth), "--reference", str(folder / "reference.jsonl")),
            ],
        )
        assert made.exit_code == 0, made.output
        records = map(orjson.loads, truth.read_bytes().splitlines())
        wrong = {name for each in records if each["record"] == "incident" for name in each["event_ids"]}
        with self.labels.open("wb") as out:
            for line in self.events.read_bytes().splitlines():
                name = orjson.loads(line)["event_id"]
                out.write(orjson.dumps({"event_id": name, "label": name in wrong}) + b"\n")
        self.now.write_text(PROFILE.read_text())
        self.new.write_text(PROFILE.read_text().replace("  burst:", "  burst: {uses: 3}"))

    def arguments(self, *more: object) -> list[str]:
        given = ("--over", self.events, "--labels", self.labels, "--labels-delay", "12h", *more)
        return ["backtest", str(self.now), str(self.new), *map(str, given)]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Data:
    return Data(tmp_path_factory.mktemp("backtest"))


@pytest.fixture(scope="module")
def first(data) -> Command:
    """The first call, which keeps its passes in `work`."""
    more = ("--work", data.folder / "work", "--report", data.folder / "first.html", "--agents", 2, "--json")
    command = Command(data.arguments(*more))
    command.finish()
    return command


@pytest.fixture(scope="module")
def found(first) -> Backtested:
    return msgspec.json.decode(first.out, type=Backtested)


def again(data, *more: object) -> tuple[Backtested, str]:
    """Call it again over the passes that the first call has kept."""
    ran = CliRunner().invoke(cli, data.arguments("--work", data.folder / "work", "--json", *more))
    assert ran.exit_code == 0, ran.output
    return msgspec.json.decode(ran.stdout, type=Backtested), ran.stderr


def test_each_profile_is_judged_by_just_the_alerts_that_a_replay_gives(data, found, tmp_path):
    labels = read_labels([data.labels], [str(data.events)], delay=timedelta(hours=12))
    last_ms = max(use.at_ms for use in labels)
    for profile, result in zip((data.now, data.new), found.profiles, strict=True):
        alerts = tmp_path / f"{profile.stem}.jsonl"
        Command(["replay", str(profile), str(data.events), "--alerts", str(alerts)]).finish()
        expected = figures(list(read_alert_file(alerts)), labels, until_ms=last_ms)
        # Days do not begin where the bank does here, which only what is counted by day shows.
        for name in ("alerts", "true", "false", "unlabelled", "found", "average_precision", "value_minor"):
            assert getattr(result.figures, name) == getattr(expected, name), name
        assert result.figures.true > 0


def test_every_detector_is_judged_alone_and_by_what_would_be_lost_without_it(found):
    for result in found.profiles:
        assert sum(each.alone.alerts for each in result.detectors) == result.figures.alerts
        for each in result.detectors:
            assert each.without.alerts == result.figures.alerts - each.alone.alerts
            assert each.without.found + each.only_found == result.figures.found


def test_the_desk_feels_the_cases_of_the_alerts(found):
    for result in found.profiles:
        assert 0 < result.desk.cases <= result.figures.alerts
        assert result.desk.calls_a_day == pytest.approx(sum(result.calls_by_day) / result.desk.days)
        assert (result.desk.agents, len(result.desk.hours), len(result.desk.shifts)) == (2, 24, 3)


def test_the_differences_are_those_of_the_figures(found):
    now, new = (result.figures for result in found.profiles)
    points = {each.figure: each.point for each in found.differences}
    assert points["recall"] == pytest.approx(new.recall - now.recall)
    assert points["precision"] == pytest.approx(new.precision - now.precision)
    assert points["alerts_a_day"] == pytest.approx((new.alerts - now.alerts) / 4)
    assert all(each.low <= each.point <= each.high for each in found.differences)


def test_what_appears_and_vanishes_makes_up_for_the_difference(found):
    now, new = (result.figures.alerts for result in found.profiles)
    kinds = [change.kind for change in found.changes]
    assert kinds.count("appears") - kinds.count("vanishes") == new - now
    assert {change.detector for change in found.changes} == {"burst"}


def test_a_second_call_goes_on_from_finished_passes_and_says_the_same(data, first, found):
    same, said = again(data, "--agents", "2")
    assert same == found
    assert "run before: now, new" in said


def test_only_what_has_changed_is_run_anew(data, first, tmp_path):
    changed = tmp_path / "new.yaml"
    changed.write_text(data.new.read_text().replace("uses: 3", "uses: 4"))
    arguments = [
        str(changed) if given == str(data.new) else given
        for given in data.arguments("--work", data.folder / "work")
    ]
    command = Command(arguments)
    command.finish()
    assert "run before: now\n" in command.err


def test_with_a_longer_delay_fewer_labels_are_known_and_none_turns_into_honesty(data, first, found):
    later, _ = again(data, "--labels-delay", "48h")
    assert later.labels == found.labels
    assert later.labels_known < found.labels_known < found.labels
    for late, early in zip(later.profiles, found.profiles, strict=True):
        assert late.figures.unlabelled > early.figures.unlabelled
        assert late.figures.false <= early.figures.false
        assert late.figures.frauds < early.figures.frauds


def test_until_a_moment_only_what_was_known_then_counts(data, first, found):
    early, _ = again(data, "--until", "2026-09-02T00:00:00+08:00")
    assert early.until == "2026-09-01T16:00:00.000Z"
    assert 0 < early.labels_known < found.labels_known
    assert again(data, "--until", "2027-01-01T00:00:00Z")[0].labels_known == found.labels


def test_the_report_speaks_both_languages_and_lies_beside_its_numbers(data, first, found):
    page = (data.folder / "first.html").read_text("utf-8")
    for words in ("Precision and recall", "精确率与召回率", "What the desk feels", "坐席负荷"):
        assert words in page
    assert page.count("<svg") >= 12
    assert msgspec.json.decode((data.folder / "first.json").read_bytes(), type=Backtested) == found
    assert not list(data.folder.glob(".*draft"))


def test_the_table_has_a_column_for_each_profile(data, first):
    arguments = data.arguments("--work", data.folder / "work", "--quiet")
    ran = CliRunner(env={"COLUMNS": "100"}).invoke(cli, arguments)
    assert ran.exit_code == 0
    assert ran.stderr == ""
    for words in ("now", "new", "precision", "card precision at 100", "calls a day", "burst: recall"):
        assert words in ran.stdout


def test_a_profile_differs_from_itself_by_nothing(data, first):
    arguments = data.arguments("--work", data.folder / "work", "--json")
    arguments[2] = arguments[1]
    ran = CliRunner().invoke(cli, arguments)
    same = msgspec.json.decode(ran.stdout, type=Backtested)
    assert [result.label for result in same.profiles] == ["now", "now_2"]
    assert same.changes == []
    assert all((each.point, each.noise) == (0, True) for each in same.differences)


def test_an_interrupted_pass_leaves_nothing(data, tmp_path):
    work, report = tmp_path / "work", tmp_path / "report.html"
    command = Command(data.arguments("--work", work, "--report", report))
    until(lambda: any(work.glob("unfinished-*")), command)
    command.process.send_signal(signal.SIGINT)
    assert command.wait() == 1
    assert "Traceback" not in command.err
    assert list(tmp_path.rglob("*")) == [work]


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--over", "kafka://cards"), "record it to files"),
        (("--over", "nowhere.jsonl"), "no such file or folder: nowhere.jsonl"),
        (("--labels-delay", "7"), "write one such as 45m, 12h or 7d"),
        (("--agents", "0"), "--agents"),
    ],
)
def test_wrong_use_is_told(data, more, complaint):
    ran = CliRunner().invoke(cli, data.arguments(*more))
    assert ran.exit_code == 2
    assert complaint in ran.stderr


def test_a_wrong_profile_is_told_before_anything_runs(data, tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(PROFILE.read_text().replace("  burst:", "  burst: {uses: 0}"))
    arguments = data.arguments("--work", tmp_path / "work")
    ran = CliRunner().invoke(cli, [*arguments[:2], str(wrong), *arguments[3:]])
    assert ran.exit_code == 1
    assert "wrong.yaml" in ran.stderr
    assert not (tmp_path / "work").exists()


def test_labels_of_other_data_are_told(data, tmp_path):
    other = tmp_path / "labels.jsonl"
    other.write_text('{"event_id":"of-another-bank","label":true}\n')
    arguments = [str(other) if given == str(data.labels) else given for given in data.arguments()]
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == 2
    assert "none of the labels is about one of the events" in ran.stderr


def test_profiles_are_named_by_their_files():
    paths = map(Path, ("a/Card-Risk.yaml", "b/card_risk.yaml", "card_risk.yml", "2.yaml"))
    assert labels_of(list(paths)) == ["card_risk", "card_risk_2", "card_risk_3", "profile_2"]


@pytest.mark.slow
def test_four_months_of_the_handbook_are_judged_in_one_command(tmp_path):
    given = os.environ.get("RISKDESK_OUTSIDE_DATA")
    if not given:
        pytest.skip("RISKDESK_OUTSIDE_DATA is not set: the handbook's transactions are not there")
    events, labels = tmp_path / "handbook.jsonl", tmp_path / "labels.jsonl"
    converted = convert_handbook(
        Path(given) / "handbook_until_2018-07-31.csv.gz",
        Path(given) / "handbook_terminals.csv",
        events,
        labels=labels,
    )
    now, new = tmp_path / "now.yaml", tmp_path / "new.yaml"
    # The handbook's days are those of UTC.
    now.write_text(PROFILE.read_text().replace("CNY", "EUR").replace("Asia/Shanghai", "UTC"))
    new.write_text(now.read_text().replace("  amount_outlier:", "  amount_outlier: {sds_alone: 4}"))
    command = Command(
        [
            *("backtest", str(now), str(new), "--over", str(events), "--labels", str(labels)),
            *("--labels-delay", "7d", "--agents", "5", "--report", str(tmp_path / "report.html"), "--json"),
        ]
    )
    command.finish()
    found = msgspec.json.decode(command.out, type=Backtested)
    assert (found.events, found.labels) == (converted.transactions, converted.transactions)
    # Of the last week nothing is known yet.
    assert found.until < iso(1_533_081_600_000)
    assert found.frauds_known < converted.frauds
    assert 0.9 < found.labels_known / found.labels < 0.96
    for result in found.profiles:
        assert result.figures.true + result.figures.false + result.figures.unlabelled == result.figures.alerts
        assert result.figures.found > 0
        assert 115 <= len(result.days) <= 122
    assert (tmp_path / "report.html").stat().st_size < 5_000_000
