"""`riskdesk convert iso8583`: the key, the year, and what is refused."""

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from cli.main import cli
from connectors.blocks import Block
from connectors.codec import Codec
from connectors.iso8583_frames import frame
from tests.connectors.card_messages import KEY, NUMBER, event_of, message
from tests.connectors.decoding import BOUNDS


@pytest.fixture
def convert(tmp_path: Path):
    """Convert two messages and what else is given, with the key of the tests unless there is another."""

    def convert(*options: str, more: bytes = b"", environment: dict[str, str] | None = None):
        path = tmp_path / "day.bin"
        path.write_bytes(frame(message(), "binary2") + frame(message("0210", f39="00"), "binary2") + more)
        command = ["convert", "iso8583", str(path), "--spec", "unionpay", "-o", str(tmp_path / "out.jsonl")]
        received = ["--received", "2026-03-01T12:00:30+08:00"]
        return CliRunner(env=environment or {"RISKDESK_CARD_KEY": KEY.hex()}).invoke(
            cli, [*command, *received, *options]
        )

    return convert


def test_messages_become_lines_that_the_codec_takes_and_are_counted(tmp_path, convert):
    result = convert()
    assert (result.exit_code, orjson.loads(result.stdout)["types"]) == (0, {"0200": 1, "0210": 1})
    lines = (tmp_path / "out.jsonl").read_bytes()
    events, rejected = Codec(BOUNDS).decode(Block("p", 0, lines))
    assert (len(events), rejected) == (1, [])
    assert NUMBER not in lines.decode() + result.output


def test_a_key_in_a_file_makes_the_tokens(tmp_path, convert):
    key = tmp_path / "card.key"
    key.write_bytes(KEY + b"\n")
    key.chmod(0o600)
    result = convert("--card-key", str(key), environment={})
    assert result.exit_code == 0, result.output
    line = orjson.loads((tmp_path / "out.jsonl").read_bytes())
    assert line["card"] == event_of(message()).card


def test_a_key_that_others_can_read_is_refused(tmp_path, convert):
    key = tmp_path / "card.key"
    key.write_bytes(KEY)
    key.chmod(0o640)
    result = convert("--card-key", str(key), environment={})
    assert result.exit_code == 2
    assert f"chmod 600 {key}" in result.stderr


@pytest.mark.parametrize("environment", [{"HOME": "/"}, {"RISKDESK_CARD_KEY": "too short"}])
def test_without_a_key_that_is_long_enough_nothing_is_converted(tmp_path, convert, environment):
    result = convert(environment=environment)
    assert result.exit_code == 1
    assert "openssl rand -hex 32" in result.stderr
    assert "too short" not in result.stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_what_cannot_be_read_stops_it_or_goes_where_it_is_told(tmp_path, convert):
    bad = frame(b"0200" + NUMBER.encode(), "binary2")
    result = convert(more=bad)
    assert (result.exit_code, (tmp_path / "out.jsonl").exists()) == (1, False)
    assert "day.bin, byte " in result.stderr
    assert "--dead-letters" in result.stderr
    letters = tmp_path / "refused.jsonl"
    result = convert("--dead-letters", str(letters), more=bad)
    assert (result.exit_code, orjson.loads(result.stdout)["rejected"]) == (0, 1)
    assert NUMBER not in letters.read_text() + result.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--spec", "visa"], "there is no spec 'visa'; there are iso87"),
        (["--received", "2026-03-01"], "ISO 8601 with an offset"),
    ],
)
def test_wrong_use_is_told(convert, options, said):
    result = convert(*options)
    assert result.exit_code in (1, 2)
    assert said in result.stderr


def test_dead_letters_are_not_written_over_the_events(tmp_path, convert):
    assert convert("--dead-letters", str(tmp_path / "out.jsonl")).exit_code == 2
