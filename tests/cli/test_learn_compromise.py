"""The `learn compromise` command; what it finds in a town is told in tests/flows/test_common_points.py."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cases.store import open_store
from cli.main import cli
from connectors.reference_files import read_reference
from learning.published import read_table

AT = "2026-04-01T00:00:00Z"


def used(event_id: str, day: int, card: str, terminal: str, **more: Any) -> dict[str, Any]:
    at = f"2026-03-{day:02}T0{sum(map(ord, event_id)) % 10}:00:00Z"
    given = {"kind": "transaction", "event_id": event_id, "at": at, "card": card, "terminal": terminal}
    return {**given, "amount_minor": 5000, "currency": "CNY", "channel": "pos", **more}


def month() -> Iterator[dict[str, Any]]:
    """Give the uses of 300 cards at 30 tills; eight that were used at one of two tills of t-7 turn bad."""
    for number in range(300):
        for day in range(1, 29):
            yield used(f"u{number}-{day}", day, f"c{number}", f"t-{(number * 7 + day) % 30 + 100}")
    for number in range(8):
        yield used(f"r{number}", 10, f"c{number}", f"t-7{'ab'[number % 2]}")
        yield used(f"f{number}", 20, f"c{number}", f"t-far-{number}", entry="magstripe")
    for number in range(8, 14):
        yield used(f"r{number}", 10, f"c{number}", f"t-7{'ab'[number % 2]}")


def claim(about: str, at: str = "2026-03-25T00:00:00Z", **more: Any) -> dict[str, Any]:
    given = {"kind": "chargeback", "event_id": f"claim-{about}-{at}", "at": at, "about": about}
    return {**given, "transaction_at": "2026-03-20T00:00:00Z", **more}


def write(path: Path, lines: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "march.jsonl", [*month()])
    write(tmp_path / "claims.jsonl", [claim(f"f{number}") for number in range(8)])
    return tmp_path


def learn(folder: Path, *words: str, labels: tuple[str, ...] = ("claims.jsonl",)) -> Result:
    files = ["learn", "compromise", str(folder / "march.jsonl"), "-o", str(folder / "points.json")]
    for name in labels:
        files += ["--labels", str(folder / name)]
    return CliRunner().invoke(cli, [*files, "--effective-at", AT, *words])


def test_it_tells_all_in_one_object_where_asked(folder: Path) -> None:
    result = learn(folder, "--json", "--false-share", "0.05")
    assert result.exit_code == 0, result.output
    said, table = json.loads(result.stdout), read_table(folder / "points.json")
    assert (said["version"], said["effective_at"]) == (table.version, "2026-04-01T00:00:00.000Z")
    assert (said["bad_cards"], said["tested"], said["later"], said["rejected"]) == (8, 40, 0, 0)
    assert {point["id"] for point in said["points"]} == {"t-7a", "t-7b"}
    watched = {card for point in said["points"] for card, _, _ in point["cards"]}
    assert watched == {f"c{number}" for number in range(8, 14)}


def test_what_was_taken_back_or_became_known_later_is_no_fraud(folder: Path) -> None:
    back = [claim(f"f{number}", "2026-03-26T00:00:00Z", retracted=True) for number in range(6)]
    late = [claim(f"f{number}", "2026-04-02T00:00:00Z") for number in range(6)]
    write(folder / "more.jsonl", [*back, *late])
    result = learn(folder, "--json", labels=("claims.jsonl", "more.jsonl"))
    said = json.loads(result.stdout)
    assert (said["bad_cards"], said["points"], said["later"]) == (2, [], 6)
    assert "6 labels became known later and were left out" in result.stderr


def test_labels_may_be_among_the_events(folder: Path) -> None:
    with (folder / "march.jsonl").open("a") as lines:
        lines.write((folder / "claims.jsonl").read_text() + "no event\n")
    result = learn(folder, "--json", labels=())
    assert json.loads(result.stdout)["bad_cards"] == 8
    assert "1 line not read as an event and left out" in result.stderr


def test_the_store_says_which_terminals_are_one_device(folder: Path) -> None:
    held = {"record": "terminal", "effective_at": "2026-01-01T00:00:00Z", "device": "atm-7"}
    reference = write(folder / "bank.jsonl", [{**held, "id": "t-7a"}, {**held, "id": "t-7b"}])
    url = f"sqlite:///{folder / 'desk.sqlite'}"
    with open_store(url) as store:
        store.reference.put(read_reference([reference]))
    result = learn(folder, "--store", url)
    assert result.exit_code == 0, result.output
    assert "1 common point among 41 places" in result.stdout
    assert "device atm-7: 8 of " in result.stdout
    assert "6 cards to watch: c13, c12, c11, c10, c9, c8" in result.stdout


def test_the_cards_of_two_customers_are_no_common_point(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "march.jsonl").read_text().splitlines()]
    for line in lines:
        if int(line["card"][1:]) < 8:
            line["customer"] = f"k{int(line['card'][1:]) // 4}"
    write(folder / "march.jsonl", lines)
    assert json.loads(learn(folder, "--json", "--false-share", "0.05").stdout)["points"] == []


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--effective-at", "2026-03-15T00:00:00Z"], 1, "a table must not know its own time"),
        (["--effective-at", "2026-04-01"], 2, "should be ISO 8601 with an offset"),
        (["--times", "1"], 1, "times is 1.0; allowed is more than 1"),
        (["--window", "1h"], 1, "window is 1:00:00; allowed is a day at least"),
        (["--labels", "nowhere.jsonl"], 2, "does not exist"),
    ],
)
def test_what_cannot_be_is_told(folder: Path, words: list[str], code: int, told: str) -> None:
    result = learn(folder, *words)
    assert result.exit_code == code
    assert told in result.stderr
    assert not (folder / "points.json").exists()
