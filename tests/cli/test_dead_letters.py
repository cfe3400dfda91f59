import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cases.store import open_store
from cli.main import cli
from domain.rejections import Reason, Rejected

EVENT = (
    b'{"kind":"transaction","event_id":"e1","at":"2026-03-01T09:30:00+08:00","card":"c1","amount_minor":500,'
    b'"currency":"CNY","channel":"pos"}'
)
PROFILE = Path(__file__).parents[2] / "config" / "profiles" / "card_risk.yaml"

Run = Callable[..., click.testing.Result]


def letter(
    number: int, reason: Reason = Reason.NAIVE_TIME, raw: bytes = b"{}", partition: str = "p"
) -> Rejected:
    return Rejected(partition=partition, offset=number, reason=reason, detail=f"detail {number}", raw=raw)


NAIVE, BINARY, OTHER = letter(1), letter(2, Reason.NOT_UTF8, b"\xff\x1b[2J"), letter(3, partition="q")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def run(url: str) -> Run:
    """Run `riskdesk dead-letters` over a store with three letters."""
    with open_store(url) as store:
        store.dead_letters.add([NAIVE, BINARY, OTHER])

    def run(*arguments: str, line: bytes = b"") -> click.testing.Result:
        return CliRunner().invoke(cli, ["dead-letters", *arguments, "--store", url], input=line)

    return run


def test_the_list_begins_with_the_counts_by_reason(run: Run):
    result = run("list")
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()[:2]] == [
        ["2", "naive_time"],
        ["1", "not_utf8"],
    ]
    assert f"{NAIVE.id}  new        p:1\n    naive_time: detail 1\n" in result.stdout


def test_the_list_can_be_narrowed_to_a_reason_and_a_status(run: Run):
    assert BINARY.id not in run("list", "--reason", "naive_time").stdout
    assert NAIVE.id not in run("list", "--status", "corrected").stdout
    assert len(run("list", "--limit", "1", "--json").stdout.splitlines()) == 1


def test_the_list_as_json_is_json_lines_and_nothing_else(run: Run):
    records = [json.loads(line) for line in run("list", "--json").stdout.splitlines()]
    assert [(record["id"], record["status"]) for record in records] == [
        (NAIVE.id, "new"),
        (BINARY.id, "new"),
        (OTHER.id, "new"),
    ]


def test_a_letter_is_shown_without_what_steers_the_terminal(run: Run):
    result = run("show", BINARY.id)
    assert result.exit_code == 0
    assert "not_utf8: detail 2" in result.stdout
    assert r"\xff\x1b[2J" in result.stdout


def test_an_unknown_letter_is_said_to_be_unknown(run: Run):
    result = run("show", "nothing")
    assert result.exit_code == 1
    assert "there is no dead letter 'nothing'" in result.stderr


def test_a_corrected_line_is_kept_when_it_is_an_event(run: Run, tmp_path: Path):
    (tmp_path / "line.json").write_bytes(EVENT + b"\n")
    assert run("fix", NAIVE.id, "--with", str(tmp_path / "line.json")).exit_code == 0
    shown = run("show", NAIVE.id)
    assert "corrected  p:1" in shown.stdout
    assert EVENT.decode() in shown.stdout
    assert json.loads(run("show", NAIVE.id, "--json").stdout)["corrected"] == EVENT.decode()


def test_a_line_that_is_still_no_event_is_not_kept_and_the_fault_is_told(run: Run):
    result = run("fix", NAIVE.id, "--with", "-", line=EVENT.replace(b"500", b"-500"))
    assert result.exit_code == 1
    assert result.stderr == "still out_of_range: $.amount_minor is -500, expected int >= 0\n"
    assert run("list", "--status", "corrected", "--json").stdout == ""


def test_a_corrected_line_with_a_card_number_is_refused_without_showing_it(run: Run):
    result = run("fix", NAIVE.id, "--with", "-", line=EVENT.replace(b'"c1"', b'"4111111111111111"'))
    assert result.exit_code == 1
    assert "card_number" in result.stderr
    assert "411111" not in result.output


def test_a_corrected_line_can_be_held_to_the_bounds_of_a_profile(run: Run):
    old = EVENT.replace(b"2026", b"1999")
    result = run("fix", NAIVE.id, "--with", "-", "--profile", str(PROFILE), line=old)
    assert (result.exit_code, result.stderr.split(":")[0]) == (1, "still too_early")
    assert run("fix", NAIVE.id, "--with", "-", line=old).exit_code == 0


@pytest.mark.parametrize("line", [EVENT + b"\n" + EVENT, b"\xef\xbb\xbf" + EVENT, b""])
def test_a_correction_is_one_line_fit_for_any_place_in_a_stream(run: Run, line):
    assert run("fix", NAIVE.id, "--with", "-", line=line).exit_code in (1, 2)
    assert run("list", "--status", "corrected", "--json").stdout == ""


def test_corrected_lines_are_sent_once(run: Run, tmp_path: Path):
    stream = tmp_path / "live.jsonl"
    stream.write_bytes(b'{"old":1}\n')
    run("fix", NAIVE.id, "--with", "-", line=EVENT)
    result = run("replay", "--to", str(stream))
    assert (result.exit_code, result.stderr) == (0, f"1 corrected lines sent to {stream}\n")
    assert stream.read_bytes() == b'{"old":1}\n' + EVENT + b"\n"
    assert run("replay", "--to", str(stream)).stderr.startswith("0 corrected lines")
    assert stream.read_bytes().count(EVENT) == 1
    assert json.loads(run("show", NAIVE.id, "--json").stdout)["status"] == "replayed"


def test_a_replay_that_was_cut_short_before_its_end_is_done_again_without_a_second_line(
    run: Run, url, tmp_path
):
    stream = tmp_path / "live.jsonl"
    stream.write_bytes(EVENT + b"\n")  # sent, but not yet marked
    run("fix", NAIVE.id, "--with", "-", line=EVENT)
    assert run("replay", "--to", str(stream)).stderr.startswith("1 corrected lines")
    assert stream.read_bytes() == EVENT + b"\n"


def test_lines_can_be_sent_by_the_partition_that_they_came_from(run: Run, tmp_path: Path):
    stream = tmp_path / "live.jsonl"
    stream.touch()
    for number, each in enumerate((NAIVE, OTHER)):
        run("fix", each.id, "--with", "-", line=EVENT.replace(b"e1", b"e%d" % number))
    run("replay", "--to", str(stream), "--partition", "q")
    assert stream.read_bytes() == EVENT + b"\n"
    assert json.loads(run("show", NAIVE.id, "--json").stdout)["status"] == "corrected"


def test_a_letter_that_was_replayed_cannot_be_corrected_again(run: Run, tmp_path: Path):
    (tmp_path / "live.jsonl").touch()
    run("fix", NAIVE.id, "--with", "-", line=EVENT)
    run("replay", "--to", str(tmp_path / "live.jsonl"))
    result = run("fix", NAIVE.id, "--with", "-", line=EVENT)
    assert result.exit_code == 1
    assert "too late" in result.stderr


@pytest.mark.parametrize("store", ["sqlite:///nowhere/desk.db", "mysql://x", "desk.db"])
def test_a_store_that_is_not_there_is_said_so(store):
    result = CliRunner().invoke(cli, ["dead-letters", "list", "--store", store])
    assert result.exit_code in (1, 2)
    assert result.stderr


def test_an_empty_store_has_no_dead_letters(url):
    open_store(url).close()
    result = CliRunner().invoke(cli, ["dead-letters", "list", "--store", url])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no dead letters\n")


def test_the_command_does_not_wait_for_the_engine():
    code = "import sys, cli.dead_letters; print(sorted({'bytewax', 'river'} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "[]\n"
