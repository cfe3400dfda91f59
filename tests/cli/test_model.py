"""The model command, on real files: from the first model to a rollback, what it shows and refuses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from config.profiles import load_profile
from domain.tables import RiskModel
from learning.published import read_table
from tests.cases.closed import verbs
from tests.cases.models.learnt import learnt_anew, model, terminals
from tests.flows.modelled import write_scoring
from tests.sqlite_store import sqlite_store

ANALYST = ("--agent", "ana-1", "--role", "analyst")
LEAD = ("--agent", "lead-2", "--role", "lead")
# Far enough ahead of whenever this runs.
FIRST = datetime(2090, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    open_store(found).close()
    return found


def run(url: str, *arguments: object) -> Result:
    words = ["model", *map(str, arguments)]
    return CliRunner().invoke(cli, words, env={"RISKDESK_STORE": url})


def done(url: str, *arguments: object) -> str:
    found = run(url, *arguments)
    assert found.exit_code == 0, found.output
    return found.stdout


def lines(url: str, *arguments: object) -> list[dict]:
    return [orjson.loads(line) for line in done(url, *arguments, "--json").splitlines()]


def at(days: int) -> str:
    return (FIRST + timedelta(days=days)).isoformat()


def add(url: str, folder: Path, version: str, intercept: float) -> None:
    path = folder / f"{version}.json"
    path.write_bytes(model(version, intercept))
    done(url, "add", path, "--why", f"learnt {version}", *ANALYST)


@pytest.fixture
def desk(url: str, tmp_path: Path) -> str:
    """Two models that took effect, and the first one again; beside them what is known of terminals."""
    report = tmp_path / "shadow.html"
    report.write_text("<html>", encoding="utf-8")
    report.with_suffix(".json").write_text('{"alerts": 17}', encoding="utf-8")
    for number, version in ((1, "m1"), (2, "m2")):
        add(url, tmp_path, version, float(number))
        done(
            url, "propose", number, "--why", "finds more", "--report", report,
            "--effective-at", at(number), *ANALYST,
        )  # fmt: skip
        own = run(url, "approve", number, "--agent", "ana-1", "--role", "lead")
        assert (own.exit_code, "another person must approve it" in own.stderr) == (1, True)
        done(url, "approve", number, "--note", "read it", *LEAD)
    (tmp_path / "t1.json").write_bytes(terminals("t1", "a", "b", at=FIRST))
    done(url, "publish", tmp_path / "t1.json", *ANALYST)
    done(url, "rollback", "--why", "worse", "--effective-at", at(3), *ANALYST)
    done(url, "approve", *LEAD)
    return url


def test_from_the_first_model_to_a_rollback_and_all_of_it_is_told(desk: str) -> None:
    told = lines(desk, "history")
    assert [(each["table"], each["number"], each["effective_at"][:10]) for each in told] == [
        ("terminal_risk", 1, "2090-01-01"),
        ("risk_model", 1, "2090-01-02"),
        ("risk_model", 2, "2090-01-03"),
        ("risk_model", 1, "2090-01-04"),
    ]
    assert [each["until"] and each["until"][:10] for each in told] == [None, "2090-01-03", "2090-01-04", None]
    by = [each["by"] and (each["by"]["kind"], each["by"]["maker"], each["by"]["checker"]) for each in told]
    assert by == [None, *[("promotion", "ana-1", "lead-2")] * 2, ("rollback", "ana-1", "lead-2")]
    assert told[2]["by"]["report"]["figures"] == {"alerts": 17}
    words = done(desk, "history", "--table", "risk_model").splitlines()
    assert len(words) == 3
    assert "risk_model@2, promotion by ana-1 and lead-2: finds more; report shadow.html sha256 " in words[1]
    assert [each["status"] for each in lines(desk, "list")] == ["to come"] * 3
    with open_store(desk) as store:
        assert store.audit.verify().breaks == ()
        assert verbs(store).count("model_approved") == 3


def test_what_is_not_decided_yet_or_was_refused_is_told_too(url: str, tmp_path: Path) -> None:
    add(url, tmp_path, "m1", 1.0)
    done(url, "propose", 1, "--why", "to begin with", *ANALYST)
    assert done(url, "history").strip() == "-                         " + (
        "risk_model@1, promotion proposed by ana-1: to begin with"
    )
    assert [each["status"] for each in lines(url, "list")] == ["proposed"]
    done(url, "refuse", "--why", "learnt over the holidays", *LEAD)
    (refused,) = lines(url, "history")
    assert (refused["effective_at"], refused["by"]["status"]) == (None, "refused")
    assert [each["status"] for each in lines(url, "list")] == ["new"]


def test_what_a_model_is_and_whether_its_scores_hold_is_shown_in_words(desk: str) -> None:
    shown = done(desk, "show", 1)
    for words in (
        "risk_model@1  m1, added by ana-1 (analyst)",
        "1,234 transactions, 12 of them fraud and 34 genuine",
        "average_precision        0.72",
        "rate                     0.01",
        "reliability: mean probability, share of fraud, transactions",
        "  31.0000%   29.0000%           100",
    ):
        assert words in shown, words
    (record,) = lines(desk, "show", 2)
    assert msgspec.convert(record["content"], RiskModel).intercept == 2.0
    assert "2 terminals" in done(desk, "show", 1, "--table", "terminal_risk")


def test_what_is_exported_is_what_was_in_force_and_a_profile_takes_it_as_it_is_said(
    desk: str, tmp_path: Path
) -> None:
    said = done(desk, "export", "-o", tmp_path / "all")
    profile = write_scoring(tmp_path)
    profile.write_text(profile.read_text().replace("tables: []\n", said))
    tables = load_profile(profile).read_tables()
    assert [(each.version, each.effective_at) for each in tables.risk_model.versions] == [
        ("m1", FIRST + timedelta(days=1)),
        ("m2", FIRST + timedelta(days=2)),
        ("m1", FIRST + timedelta(days=3)),
    ]
    # Of a span of time what was in force in it, also where it took effect before.
    some = lines(desk, "export", "-o", tmp_path / "some", "--since", at(2), "--until", at(3))
    wanted = [("terminal_risk", "t1"), ("risk_model", "m2")]
    assert [(each["table"], each["version"]) for each in some] == wanted
    assert read_table(Path(some[1]["path"])).version == "m2"
    again = run(desk, "export", "-o", tmp_path / "some")
    assert (again.exit_code, "is not empty" in again.stderr) == (2, True)
    none = run(desk, "export", "-o", tmp_path / "none", "--until", "2000-01-01T00:00:00Z")
    assert (none.exit_code, (tmp_path / "none").exists()) == (1, False)


def test_the_same_again_is_no_version_and_says_which_one_it_is(desk: str, tmp_path: Path) -> None:
    again = run(desk, "add", tmp_path / "m1.json", "--why", "again", *ANALYST)
    assert (again.exit_code, "risk_model@1 says the same already" in again.stderr) == (0, True)
    refreshed = run(desk, "publish", tmp_path / "t1.json", "--effective-at", at(9), *ANALYST)
    assert (refreshed.exit_code, "nothing was published" in refreshed.stderr) == (0, True)


def test_a_model_that_is_learnt_anew_takes_effect_by_what_two_people_agreed_to(
    url: str, tmp_path: Path
) -> None:
    add(url, tmp_path, "m1", 1.0)
    bounds = ("--standing", "average_precision>=0.7", "--standing", "brier <= 0.02")
    (proposed,) = lines(url, "propose", 1, "--why", "to begin with", *bounds, *ANALYST)
    assert proposed["standing"] == {"at_least": {"average_precision": 0.7}, "at_most": {"brier": 0.02}}
    done(url, "approve", *LEAD)
    for version, precision, code in (("n1", 0.71, 0), ("n2", 0.5, 1)):
        path = tmp_path / f"{version}.json"
        path.write_bytes(learnt_anew(version, average_precision=precision, brier=0.01))
        assert run(url, "refresh", path, "--agent", "nightly", "--role", "analyst").exit_code == code
    told = done(url, "history").splitlines()
    assert len(told) == 2
    assert "risk_model@2, refresh by nightly and lead-2: refreshed" in told[1]


def test_a_time_that_flows_may_have_come_to_is_refused(url: str, tmp_path: Path) -> None:
    add(url, tmp_path, "m1", 1.0)
    soon = run(url, "propose", 1, "--why", "now", "--effective-at", "2026-01-01T00:00:00Z", *ANALYST)
    assert (soon.exit_code, "takes effect 10 minutes from now or later" in soon.stderr) == (1, True)


@pytest.mark.parametrize(
    "wrong",
    [
        ("show", "risk_model@1"),
        ("show", 0),
        ("list", "--table", "weather"),
        ("propose", 1, "--why", "now", "--effective-at", "tomorrow", *ANALYST),
        ("propose", 1, "--why", "now", "--standing", "average_precision=0.7", *ANALYST),
        ("propose", 1, "--why", "now", "--standing", "average_precision>=high", *ANALYST),
        ("approve", "--agent", " ", "--role", "lead"),
    ],
)
def test_wrong_use_is_told_apart(url: str, wrong: tuple[object, ...]) -> None:
    assert run(url, *wrong).exit_code == 2


def test_who_may_not_does_not_and_what_is_not_there_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "m1.json").write_bytes(model("m1"))
    refused = run(url, "add", tmp_path / "m1.json", "--why", "one", *LEAD)
    assert (refused.exit_code, "that takes: analyst" in refused.stderr) == (1, True)
    missing = run(url, "show", 1)
    assert (missing.exit_code, "there is no risk_model in this store" in missing.stderr) == (1, True)
    assert run(url, "list").exit_code == 1
