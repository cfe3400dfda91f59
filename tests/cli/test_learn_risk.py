"""The `learn risk` command."""

import json
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from cases.case import Outcome
from cases.store import open_store
from cli.main import cli
from domain.events import Chargeback, Transaction
from domain.reference import Card
from domain.tables import RiskModel, TerminalRisk
from learning.published import read_table
from learning.risk.state_file import NAME
from tests.cases.closed import closed_case
from tests.cases.made import alert
from tests.learning.risk.told import DAY, START, month, use

EFFECTIVE = "2026-03-30T00:00:00Z"


def write(path: Path, events: Iterable[msgspec.Struct]) -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(_told(event)) + b"\n" for event in events))
    return path


def _told(event: msgspec.Struct) -> dict[str, object]:
    # What is derived is not written.
    return {name: value for name, value in msgspec.to_builtins(event).items() if name != "at_ms"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pairs = month(days=24)
    write(tmp_path / "uses.jsonl", (event for event, _ in pairs))
    write(tmp_path / "claims.jsonl", (label for _, label in pairs))
    return tmp_path


def learn(folder: Path, files: Iterable[str], *words: str, at: str = EFFECTIVE, name: str = "") -> Result:
    out = [f"-o{folder / f'model{name}.json'}", "--terminals", str(folder / f"terminals{name}.json")]
    state = ["--state", str(folder / f"state{name}"), "--effective-at", at]
    given = [str(folder / file) for file in files]
    return CliRunner().invoke(cli, ["learn", "risk", *given, *out, *state, *words])


def test_a_model_and_a_table_of_terminals_are_learnt_and_told(folder: Path) -> None:
    result = learn(folder, ["uses.jsonl"], "--labels", str(folder / "claims.jsonl"), "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    model, terminals = (read_table(folder / name) for name in ("model.json", "terminals.json"))
    assert isinstance(model, RiskModel)
    assert isinstance(terminals, TerminalRisk)
    assert (said["version"], said["terminals_version"]) == (model.version, terminals.version)
    assert said["transactions"] == 24 * 60 == said["frauds"] + said["genuine"]
    assert said["figures"] == model.card.figures
    assert said["rejected"] == 0
    assert said["terminals_with_fraud"] == len(terminals.terminals) > 0


def test_words_say_how_well_it_does_and_what_was_left_out(folder: Path) -> None:
    with (folder / "uses.jsonl").open("a") as file:
        file.write("not an event\n")
    result = learn(folder, ["uses.jsonl", "claims.jsonl"])
    assert result.exit_code == 0, result.output
    assert "of 1,440 uses" in result.stdout
    assert "labels that were not learnt yet: AUC 0." in result.stdout
    assert "1 line not read as an event and left out" in result.stderr


def test_labels_among_the_files_and_beside_them_teach_the_same(folder: Path) -> None:
    learn(folder, ["claims.jsonl", "uses.jsonl"], name="1")
    learn(folder, ["uses.jsonl"], "--labels", str(folder / "claims.jsonl"), name="2")
    assert (folder / "model1.json").read_bytes() == (folder / "model2.json").read_bytes()


def test_two_runs_teach_what_one_does(folder: Path) -> None:
    pairs = month(days=24)
    begin = START + 12 * DAY
    write(folder / "first.jsonl", (event for event, _ in pairs if event.at < begin))
    write(folder / "second.jsonl", (event for event, _ in pairs if event.at >= begin))
    claims = ["--labels", str(folder / "claims.jsonl")]
    first = learn(folder, ["first.jsonl"], *claims, at=begin.isoformat(), name="1")
    assert first.exit_code == 0, first.output
    (folder / "model1.json").rename(folder / "earlier.json")
    (folder / "terminals1.json").rename(folder / "earlier-terminals.json")
    # The claims are given again: each is known by its id.
    assert learn(folder, ["second.jsonl"], *claims, name="1").exit_code == 0
    assert learn(folder, ["uses.jsonl"], *claims, name="2").exit_code == 0
    one, two = (read_table(folder / f"model{name}.json") for name in "12")
    assert isinstance(one, RiskModel)
    assert isinstance(two, RiskModel)
    assert (one.weights, one.intercept, one.calibration) == (two.weights, two.intercept, two.calibration)
    assert (folder / "terminals1.json").read_bytes() == (folder / "terminals2.json").read_bytes()


def test_a_run_that_is_made_again_changes_nothing(folder: Path) -> None:
    words = ["--labels", str(folder / "claims.jsonl"), "--json"]
    first, state = learn(folder, ["uses.jsonl"], *words), folder / "state" / NAME
    assert first.exit_code == 0, first.output
    model = (folder / "model.json").read_bytes()
    for name in ("model.json", "terminals.json"):
        (folder / name).unlink()
    again = learn(folder, ["uses.jsonl"], *words)
    assert again.exit_code == 0, again.output
    now, before = (json.loads(each.stdout) for each in (again, first))
    assert (now["transactions"], now["frauds"]) == (before["transactions"], before["frauds"])
    assert msgspec.json.decode(model)["weights"] == json.loads((folder / "model.json").read_text())["weights"]
    assert state.exists()


def test_silence_confirms_only_where_that_is_asked_for(folder: Path) -> None:
    told = [json.loads(learn(folder, ["uses.jsonl"], *words).stdout or "{}") for words in ([], ["--json"])]
    assert told == [{}, {}]
    frauds = write(folder / "frauds.jsonl", (label for _, label in month(days=24) if label.fraud))
    words = ["--labels", str(frauds), "--json"]
    never = learn(folder, ["uses.jsonl"], *words, name="1")
    assert never.exit_code == 1
    assert "0 genuine uses were learnt" in never.stderr
    assert not (folder / "model1.json").exists()
    after = learn(folder, ["uses.jsonl"], *words, "--confirm-after", "P10D", name="2")
    assert after.exit_code == 0, after.output
    assert json.loads(after.stdout)["figures"]["labels_silent"] > 500


def test_a_store_says_whose_cards_are_and_what_its_desk_found_out(folder: Path) -> None:
    url = f"sqlite:///{folder}/desk.db"
    with open_store(url, create=True) as store:
        store.reference.put(
            Card(
                id=f"c-u{number}",
                effective_at=START - DAY,
                customer=f"u{number}",
                last4="4242",
                issued_at=START - DAY,
                issued_branch="b1",
            )
            for number in range(20)
        )
        event = next(event for event, label in month(days=24) if not label.fraud)
        closed_case(store, [alert("a", event.card, event_id=event.event_id)], Outcome.CONFIRMED_FRAUD)
    nameless = (msgspec.structs.replace(event, customer=None) for event, _ in month(days=24))
    write(folder / "nameless.jsonl", nameless)
    # The claims are of all uses but this one.
    claims = (label for _, label in month(days=24) if label.about != event.event_id)
    words = ["--labels", str(write(folder / "claims.jsonl", claims)), "--json"]
    result = learn(folder, ["nameless.jsonl"], *words, "--store", url)
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert (said["transactions"], said["frauds"] + said["genuine"]) == (1440, 1440)
    without = learn(folder, ["nameless.jsonl"], *words, name="1")
    assert without.exit_code == 1
    assert "0 frauds and 0 genuine uses were learnt" in without.stderr


def test_a_store_that_is_not_there_is_told(folder: Path) -> None:
    missing = learn(folder, ["uses.jsonl"], "--store", f"sqlite:///{folder}/none.db")
    assert missing.exit_code == 1
    assert "none.db" in missing.stderr


def test_uses_of_nobody_are_left_out_and_told(folder: Path) -> None:
    extra = write(folder / "extra.jsonl", [use("x", START + DAY, customer=None)])
    result = learn(folder, ["uses.jsonl", "claims.jsonl", extra.name])
    assert result.exit_code == 0, result.output
    assert "1 use without a customer left out" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--confirm-after", "P91D"], 1, "confirm_after is"),
        (["--keep-genuine", "2"], 1, "keep_genuine is 2"),
        (["--confirm-after", "soon"], 2, "'soon' is no span of time"),
        (["--effective-at", "2026-03-02T00:00:00Z"], 1, "a table must not know its own time"),
        (["--effective-at", "2026-03-02T00:00:00"], 2, "ISO 8601"),
    ],
)
def test_what_cannot_be_is_told_and_leaves_no_state(
    folder: Path, words: list[str], code: int, told: str
) -> None:
    result = learn(folder, ["uses.jsonl", "claims.jsonl"], *words)
    assert result.exit_code == code
    assert told in result.stderr
    assert not (folder / "state" / NAME).exists()


def test_a_state_of_other_settings_is_refused(folder: Path) -> None:
    assert learn(folder, ["uses.jsonl", "claims.jsonl"], "--rate", "0.2").exit_code == 0
    result = learn(folder, ["uses.jsonl"], "--rate", "0.3")
    assert result.exit_code == 1
    assert "learnt with another rate (0.2)" in result.stderr


def test_drift_is_told_and_fails_where_that_is_asked_for(folder: Path) -> None:
    # After two months frauds come with amounts that were honest until then.
    pairs = month(days=60, a_day=100)
    changed = month(days=20, a_day=100, seed=8)
    later = [(_moved(event), _swapped(label)) for event, label in changed]
    write(folder / "uses.jsonl", (event for event, _ in (*pairs, *later)))
    write(folder / "claims.jsonl", (label for _, label in (*pairs, *later)))
    words = ["--json", "--fail-on-drift"]
    result = learn(folder, ["uses.jsonl", "claims.jsonl"], *words, at="2026-06-01T00:00:00Z")
    assert result.exit_code == 1
    drift = json.loads(result.stdout)["drift"]
    assert drift
    assert all(alarm["at"] > "2026-04-30" for alarm in drift)
    assert "judge the model anew" in result.stderr
    assert (folder / "state" / NAME).exists()


def _moved(event: Transaction) -> Transaction:
    return msgspec.structs.replace(event, event_id=f"later-{event.event_id}", at=event.at + 60 * DAY)


def _swapped(label: Chargeback) -> Chargeback:
    return msgspec.structs.replace(
        label,
        event_id=f"later-{label.event_id}",
        about=f"later-{label.about}",
        at=label.at + 60 * DAY,
        fraud=not label.fraud,
    )
