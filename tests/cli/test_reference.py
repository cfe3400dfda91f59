import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli

BRANCH = {
    "record": "branch",
    "id": "b1",
    "effective_at": "2026-01-01T00:00:00Z",
    "time_zone": "Asia/Shanghai",
}
CARD = {
    "record": "card",
    "id": "card-1",
    "effective_at": "2026-01-01T00:00:00Z",
    "customer": "customer-1",
    "last4": "0420",
    "issued_branch": "b1",
    "issued_at": "2025-01-01T09:00:00+08:00",
}


@pytest.fixture
def reference(tmp_path: Path):
    """Run `riskdesk reference` on one store."""

    def reference(command: str, *arguments: str):
        url = f"sqlite:///{tmp_path / 'desk.db'}"
        return CliRunner().invoke(cli, ["reference", command, *arguments, "--store", url])

    return reference


@pytest.fixture
def file(tmp_path: Path):
    """Write records into a file; give its name."""

    def file(*records: dict, name: str = "bank.jsonl") -> str:
        (tmp_path / name).write_text("".join(json.dumps(record) + "\n" for record in records))
        return str(tmp_path / name)

    return file


def test_what_is_loaded_is_counted_and_shown(reference, file):
    loaded = reference("load", file(BRANCH), file(CARD, name="cards.jsonl"), "--json")
    assert (loaded.exit_code, json.loads(loaded.stdout)) == (
        0,
        {"customer": 0, "card": 1, "terminal": 0, "branch": 1, "device": 0, "site": 0, "maintenance": 0},
    )
    shown = reference("show", "card", "card-1")
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == CARD | {"issued_at": "2025-01-01T01:00:00Z"}


def test_loading_again_changes_nothing_and_a_later_version_joins(reference, file):
    later = CARD | {"effective_at": "2026-02-01T00:00:00Z", "last4": "0421"}
    for records in ([CARD], [CARD], [later, CARD]):
        words = reference("load", file(*records))
        assert words.stdout == f"loaded {len(records)} card\n"
    shown = reference("show", "card", "card-1").stdout.splitlines()
    assert [json.loads(line)["last4"] for line in shown] == ["0420", "0421"]


def test_devices_are_loaded_beside_cards_and_shown_as_they_were_given(reference, file):
    device = {
        "record": "device",
        "id": "atm-1",
        "effective_at": "2026-01-01T00:00:00Z",
        "branch": "b1",
        "kind": "atm",
        "vendor": "v1",
        "model": "m1",
        "service": {"all": ["08:30-12:00", "13:00-24:00"], "sun": [], "holiday": ["09:00-10:00"]},
    }
    site = {
        "record": "site",
        "id": "b1",
        "effective_at": "2026-01-01T00:00:00Z",
        "time_zone": "Asia/Shanghai",
        "holidays": ["2026-10-02", "2026-10-01"],
    }
    assert reference("load", file(CARD, device, site)).stdout == "loaded 1 card, 1 device, 1 site\n"
    shown = reference("show", "device", "atm-1").stdout
    line = json.loads(shown)
    assert line["service"]["sat"] == ["08:30-12:00", "13:00-24:00"]
    assert (line["service"]["sun"], line["service"]["holiday"]) == ([], ["09:00-10:00"])
    again = file(line, json.loads(reference("show", "site", "b1").stdout))
    assert reference("load", again).stdout == "loaded 1 device, 1 site\n"
    assert reference("show", "device", "atm-1").stdout == shown


def test_nothing_is_loaded_when_any_line_is_wrong(reference, file):
    path = file(BRANCH, CARD | {"last4": "42"}, {"record": "account"})
    failed = reference("load", path)
    assert failed.exit_code == 1
    assert failed.stdout == ""
    assert f"{path}:2: last4: " in failed.stderr
    assert f"{path}:3: " in failed.stderr
    missing = reference("show", "branch", "b1")
    assert missing.exit_code == 1
    assert "there is no branch 'b1' in sqlite:///" in missing.stderr


def test_a_store_that_is_not_there_is_not_made_by_a_look(tmp_path, reference):
    result = reference("show", "card", "card-1")
    assert result.exit_code == 1
    assert "there is no store at" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_is_wrong_use(reference):
    result = reference("show", "account", "1")
    assert result.exit_code == 2
    assert "'customer', 'card', 'terminal', 'branch'" in result.stderr
