import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli


@pytest.fixture
def handbook(tmp_path: Path):
    """Run `riskdesk convert handbook` on two rows with more arguments."""
    (tmp_path / "terminals.csv").write_text("terminal,lat,lon\n1,31.02159,120.50012\n")
    rows = tmp_path / "rows.csv"
    rows.write_text("tx_id,epoch,customer,terminal,amount,fraud,scenario\n7,1522540831,596,1,57.16,1,2\n")

    def handbook(*arguments: str):
        files = [str(rows), "--terminals", str(tmp_path / "terminals.csv"), "-o", str(tmp_path / "out.jsonl")]
        return CliRunner().invoke(cli, ["convert", "handbook", *files, *arguments])

    handbook.rows = rows
    return handbook


def test_the_handbook_is_converted_and_counted(tmp_path, handbook):
    result = handbook("--labels", str(tmp_path / "labels.jsonl"), "--currency", "CNY")
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"transactions": 1, "frauds": 1})
    assert json.loads((tmp_path / "out.jsonl").read_text())["currency"] == "CNY"
    assert json.loads((tmp_path / "labels.jsonl").read_text())["label"] is True


def test_a_bad_row_fails_with_its_place(handbook):
    handbook.rows.write_text(handbook.rows.read_text() + "8,never,1,1,1,0,0\n")
    result = handbook()
    assert result.exit_code == 1
    assert result.stderr == f"Error: {handbook.rows}:3: epoch is 'never'; it must be a whole number\n"


@pytest.mark.parametrize("arguments", [["--currency", "euro"], ["--currency", "eur"], ["--labels", "SAME"]])
def test_wrong_use_is_told(tmp_path, handbook, arguments):
    same = str(tmp_path / "out.jsonl")
    result = handbook(*[same if argument == "SAME" else argument for argument in arguments])
    assert result.exit_code == 2
    assert not (tmp_path / "out.jsonl").exists()


AT = "2026-03-01T08:30:07+08:00"
ACME = "config/mappings/acme_monitor.yaml"
RECORDED = {
    "ndc": [
        {"at": AT, "message": "12\x1c017\x1c\x1cP21"},
        {"at": AT, "device": "atm-17", "sequence": 3, "ingested_at": AT, "hex": "31321c3031371c1c5a39"},
        {"at": AT, "message": "11\x1c017\x1c\x1c;4111111111111111=25121011"},
    ],
    "xfs": [
        {"at": AT, "device": "atm-17", "message": {"header": {"name": "VendorMode.ModeEnteredEvent"}}},
        {"at": AT, "device": "atm-17", "message": {"header": {"name": "New.Event"}}},
        {"at": AT, "device": "atm-17", "message": {"header": {"name": "Keyboard.KeyEvent"}}},
    ],
    "vendor": [
        {
            "terminalId": "atm-17",
            "eventTime": "2026-03-01 08:30:07",
            "fault": {"module": "SOP", "type": "0701"},
            "state": "OPEN",
        },
        {"terminalId": "atm-17", "eventTime": "2026-03-01 08:30:07", "fault": {"module": "X", "type": "1"}},
    ],
}


@pytest.fixture
def recorded(tmp_path: Path):
    """Run one of the converters of device messages on lines."""

    def recorded(kind: str, lines: list):
        (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        mapping = ["--mapping", str(Path(__file__).parents[2] / ACME)] if kind == "vendor" else []
        files = [str(tmp_path / "in.jsonl"), *mapping, "-o", str(tmp_path / "out.jsonl")]
        return CliRunner().invoke(cli, ["convert", kind, *files])

    return recorded


@pytest.mark.parametrize(
    ("kind", "other", "unknown"),
    [("ndc", 1, {"module Z9": 1}), ("xfs", 1, {"New.Event": 1}), ("vendor", 0, {"X 1": 1})],
)
def test_device_messages_are_converted_and_counted(tmp_path, recorded, kind, other, unknown):
    result = recorded(kind, RECORDED[kind])
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == {
        "messages": 2 + other,
        "events": 2,
        "other": other,
        "unknown": 1,
        "unknown_codes": unknown,
    }
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert (first["kind"], first["code"], first["at"]) == (
        "telemetry",
        "supervisor_enter",
        "2026-03-01T00:30:07Z",
    )
    assert (second["code"], second["device"]) == ("unknown_code", "atm-17")
    assert "4111" not in (tmp_path / "out.jsonl").read_text()


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("ndc", {"at": AT}, "give the message as text in `message`, or its bytes as hexadecimal"),
        ("ndc", {"at": AT, "hex": "3"}, "give the message as text"),
        ("ndc", {"at": "2026-03-01T08:30:07", "message": "12"}, "at must be ISO 8601 with an offset"),
        ("ndc", {"at": AT, "message": "12", "device": ""}, "device must be a name of 1 to 64 characters"),
        ("ndc", {"at": AT, "message": "12", "sequence": 10**12}, "sequence must be a whole number from 0"),
        ("ndc", {"at": AT, "message": "12", "ingested_at": "now"}, "ingested_at must be ISO 8601"),
        ("ndc", [1], "a line must be one object {...}"),
        ("xfs", {"at": AT, "message": {}}, "device must be a name"),
        ("xfs", {"at": AT, "device": "a", "message": "x"}, "message must be an object with a header"),
        ("vendor", {"terminalId": "a"}, "eventTime '' is not %Y-%m-%d %H:%M:%S"),
    ],
)
def test_a_line_that_is_no_recorded_message_fails_with_its_place(tmp_path, recorded, kind, line, said):
    result = recorded(kind, [*RECORDED[kind], line])
    assert result.exit_code == 1
    assert f"in.jsonl:{len(RECORDED[kind]) + 1}: {said}" in result.stderr
    assert not (tmp_path / "out.jsonl").exists()
