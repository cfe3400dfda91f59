"""The profile command, on a real file: from the first version to a rollback, and what it refuses."""

import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec
import orjson
import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from domain.tables import SegmentAmount, SegmentAmounts
from tests.cases.actions.desk import execute
from tests.cases.closed import verbs
from tests.sqlite_store import sqlite_store

CARD_RISK = """\
name: card_risk
version: 1
input: {partitioned_by: card}
bank: {time_zone: Asia/Shanghai, currency: CNY}
bounds: {earliest: 2020-01-01T00:00:00Z, latest: 2040-01-01T00:00:00Z}
detectors:
  burst:
  opened_together:
"""
ANALYST = ("--agent", "ana-1", "--role", "analyst")
LEAD = ("--agent", "lead-2", "--role", "lead")


@pytest.fixture
def url(tmp_path: Path) -> str:
    found = sqlite_store(tmp_path / "desk.db")
    open_store(found).close()
    return found


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A page of a backtest, with its numbers beside it."""
    path = tmp_path / "backtest.html"
    path.write_text("<html>", encoding="utf-8")
    path.with_suffix(".json").write_text('{"alerts": 17}', encoding="utf-8")
    return path


def run(url: str, *arguments: object) -> Result:
    words = ["profile", *map(str, arguments)]
    return CliRunner().invoke(cli, words, env={"RISKDESK_STORE": url})


def done(url: str, *arguments: object) -> str:
    found = run(url, *arguments)
    assert found.exit_code == 0, found.output
    return found.stdout


def lines(url: str, *arguments: object) -> list[dict]:
    return [orjson.loads(line) for line in done(url, *arguments, "--json").splitlines()]


def written(folder: Path, uses: int = 6, *, said: str = "") -> Path:
    path = folder / "card_risk.yaml"
    path.write_text(CARD_RISK.replace("  burst:", f"  burst: {{uses: {uses}}}") + said, encoding="utf-8")
    return path


def table(path: Path, mean: float = 4.0) -> Path:
    amount = SegmentAmount(mean=mean, sd=1.0, high=9.0, quantile=0.99, count=100)
    made = SegmentAmounts(
        effective_at=datetime(2026, 1, 1, tzinfo=UTC), version="v1", segments={"CNY|debit|pos": amount}
    )
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.encode(made))
    return path


def test_from_the_first_version_to_a_rollback_and_all_of_it_is_told(
    url: str, tmp_path: Path, report: Path
) -> None:
    done(url, "add", written(tmp_path), "--why", "to begin with", *ANALYST)
    done(url, "promote", "card_risk@1", "--why", "to begin with", *ANALYST)
    done(url, "approve", "card_risk@1", *LEAD)
    done(url, "add", written(tmp_path, 9), "--why", "fewer calls", *ANALYST)
    without = run(url, "promote", "card_risk@2", "--why", "half the calls", *ANALYST)
    assert (without.exit_code, "--report FILE" in without.stderr) == (2, True)
    done(url, "promote", "card_risk@2", "--why", "half the calls", "--report", report, *ANALYST)
    own = run(url, "approve", "card_risk@2", "--agent", "ana-1", "--role", "lead")
    assert (own.exit_code, "another person must approve it" in own.stderr) == (1, True)
    done(url, "approve", "card_risk@2", "--note", "read it", *LEAD)
    done(url, "rollback", "card_risk", "--to", 1, "--why", "misses tested cards", *ANALYST)
    assert run(url, "approve", "card_risk", *ANALYST).exit_code == 1
    done(url, "approve", "card_risk", *LEAD)

    told = lines(url, "history", "card_risk")
    assert [(each["what"], each["number"], each["who"], each["why"]) for each in told] == [
        ("added", 1, "ana-1", "to begin with"),
        ("proposed", 1, "ana-1", "to begin with"),
        ("approved", 1, "lead-2", ""),
        ("added", 2, "ana-1", "fewer calls"),
        ("proposed", 2, "ana-1", "half the calls"),
        ("approved", 2, "lead-2", "read it"),
        ("proposed", 1, "ana-1", "misses tested cards"),
        ("approved", 1, "lead-2", ""),
    ]
    digest = sha256(b"<html>").hexdigest()
    assert told[4]["report"] == {"name": "backtest.html", "sha256": digest, "figures": {"alerts": 17}}
    assert [each["kind"] for each in told[4:] if each["what"] == "approved"] == ["promotion", "rollback"]
    assert digest in done(url, "history", "card_risk")
    assert [each["status"] for each in lines(url, "list", "card_risk")] == ["in force", "once"]
    (now,) = lines(url, "in-force", "card_risk")
    assert (now["number"], now["by"]["kind"], now["by"]["checker"]) == (1, "rollback", "lead-2")
    (then,) = lines(url, "in-force", "card_risk", "--at", told[6]["at"])
    assert then["number"] == 2
    with open_store(url) as store:
        assert verbs(store) == [f"profile_{each['what']}" for each in told]
        assert store.audit.verify().breaks == ()


def test_what_is_exported_is_what_was_added_and_its_digest_can_be_computed_by_hand(
    url: str, tmp_path: Path
) -> None:
    table(tmp_path / "tables" / "amounts.json")
    path = written(tmp_path, said="\ntables: [./tables/amounts.json]\n")
    (added,) = lines(url, "add", path, "--why", "to begin with", *ANALYST)
    out = tmp_path / "out"
    assert done(url, "export", "card_risk@1", "-o", out).strip() == str(out / "profile.yaml")
    assert (out / "profile.yaml").read_bytes() == path.read_bytes()
    assert (out / "tables" / "amounts.json").read_bytes() == (tmp_path / "tables/amounts.json").read_bytes()
    listed = subprocess.run(
        ["sha256sum", "profile.yaml", "tables/amounts.json"], cwd=out, capture_output=True, check=True
    )
    assert sha256(listed.stdout).hexdigest() == added["digest"]
    assert CliRunner().invoke(cli, ["check", str(out / "profile.yaml")]).exit_code == 0
    again = run(url, "export", "card_risk@1", "-o", out)
    assert (again.exit_code, "is not empty" in again.stderr) == (2, True)
    shown = run(url, "show", "card_risk@1")
    assert (shown.stdout, "table tables/amounts.json" in shown.stderr) == (path.read_text("utf-8"), True)


def test_a_difference_is_told_as_text_and_by_what_detectors_are_set_to(url: str, tmp_path: Path) -> None:
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    changed = CARD_RISK.replace("  burst:", "  burst: {uses: 9, window: 600}").replace(
        "  opened_together:\n", ""
    )
    path = tmp_path / "card_risk.yaml"
    table(tmp_path / "amounts.json")
    path.write_text(changed + "\ntables: [amounts.json]\n", encoding="utf-8")
    done(url, "add", path, "--why", "two", *ANALYST)
    table(tmp_path / "amounts.json", mean=5.0)
    done(url, "add", path, "--why", "learnt anew", *ANALYST)
    (found,) = lines(url, "diff", "card_risk@1", "card_risk@2")
    # The window was written down and is what it was.
    assert found["changed"] == {"burst": {"uses": [6, 9]}}
    assert (found["added"], found["removed"], found["tables_added"]) == (
        [],
        ["opened_together"],
        ["amounts.json"],
    )
    words = done(url, "diff", "card_risk@1", "card_risk@2")
    assert "\n+  burst: {uses: 9, window: 600}\n" in words
    assert words.endswith("table amounts.json: added\nopened_together: gone\nburst: uses 6 -> 9\n")
    assert done(url, "diff", "card_risk@2", "card_risk@3") == "table amounts.json: with other values\n"


def test_a_profile_with_something_to_put_right_is_not_added(url: str, tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text("utf-8").replace("uses: 6", "uses: 0"), encoding="utf-8")
    wrong = run(url, "add", path, "--why", "better", *ANALYST)
    assert (wrong.exit_code, "detectors.burst.uses" in wrong.stderr) == (1, True)
    beside = written(tmp_path, said=f"\ntables: [{table(tmp_path / 'amounts.json')}]\n")
    elsewhere = run(url, "add", beside, "--why", "better", *ANALYST)
    assert (elsewhere.exit_code, "does not lie beside the profile" in elsewhere.stderr) == (2, True)
    empty = run(url, "list")
    assert (empty.exit_code, empty.stdout) == (1, "")


def test_the_same_again_is_no_version_and_says_which_one_it_is(url: str, tmp_path: Path) -> None:
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    again = run(url, "add", written(tmp_path), "--why", "again", *ANALYST)
    assert (again.exit_code, again.stderr) == (0, "card_risk@1 says the same already; nothing was added\n")
    assert lines(url, "add", written(tmp_path), "--why", "again", *ANALYST)[0]["new"] is False
    assert len(lines(url, "list")) == 1


def test_what_is_refused_or_taken_back_is_told(url: str, tmp_path: Path) -> None:
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    done(url, "promote", "card_risk@1", "--why", "now", *ANALYST)
    assert "refused by lead-2" in done(url, "refuse", "card_risk@1", "--why", "no", *LEAD)
    done(url, "promote", "card_risk@1", "--why", "now", *ANALYST)
    assert "withdrawn by ana-1" in done(url, "refuse", "card_risk", "--why", "I was wrong", *ANALYST)
    late = run(url, "approve", "card_risk", *LEAD)
    assert (late.exit_code, "waits for a second person" in late.stderr) == (1, True)
    assert [each["status"] for each in lines(url, "list")] == ["new"]


def test_a_report_of_which_no_numbers_can_be_kept_says_so(url: str, tmp_path: Path, report: Path) -> None:
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    report.with_suffix(".json").write_bytes(orjson.dumps({"points": list(range(100_000))}))
    large = run(url, "promote", "card_risk@1", "--why", "now", "--report", report, *ANALYST)
    assert (large.exit_code, "the digest is kept, and no numbers" in large.stderr) == (0, True)
    report.with_suffix(".json").write_text("{", encoding="utf-8")
    broken = run(url, "promote", "card_risk@1", "--why", "now", "--report", report, *ANALYST)
    assert (broken.exit_code, "is no JSON" in broken.stderr) == (2, True)


def test_a_text_that_was_altered_in_the_store_goes_nowhere(url: str, tmp_path: Path) -> None:
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    done(url, "promote", "card_risk@1", "--why", "now", *ANALYST)
    execute(url, "DROP TRIGGER profile_version_is_never_changed")
    execute(url, "UPDATE profile_version SET text = replace(text, 'uses: 6', 'uses: 199')")
    for command in (
        ("approve", "card_risk@1", *LEAD),
        ("show", "card_risk@1"),
        ("export", "card_risk@1", "-o", tmp_path / "out"),
    ):
        found = run(url, *command)
        assert (found.exit_code, "is not what was signed off" in found.stderr) == (1, True), command
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        ("show", "Card Risk"),
        ("history", "card_risk@1"),
        ("in-force", "card_risk", "--at", "yesterday"),
        ("promote", "card_risk", "--why", "now", *ANALYST),
        ("approve", "card_risk", "--agent", " ", "--role", "lead"),
    ],
)
def test_wrong_use_is_told_apart(url: str, wrong: tuple[str, ...]) -> None:
    assert run(url, *wrong).exit_code == 2


def test_who_may_not_does_not(url: str, tmp_path: Path) -> None:
    refused = run(url, "add", written(tmp_path), "--why", "one", *LEAD)
    assert (refused.exit_code, "that takes: analyst" in refused.stderr) == (1, True)
    done(url, "add", written(tmp_path), "--why", "one", *ANALYST)
    done(url, "promote", "card_risk@1", "--why", "now", *ANALYST)
    agent = run(url, "approve", "card_risk@1", "--agent", "agent-7")
    assert (agent.exit_code, "that takes: lead, analyst" in agent.stderr) == (1, True)
    early = run(url, "in-force", "card_risk", "--at", "2020-01-01T00:00:00Z")
    assert (early.exit_code, "no version of card_risk was in force" in early.stderr) == (1, True)
