import random

import orjson
import pytest

from connectors.alert_file import AlertFileSink, read_alert_file, sort_alert_file
from connectors.errors import BrokenAlertFileError, BrokenFileError, InputError
from domain.alerts import alert_record


@pytest.fixture
def written(tmp_path, build, make_alert):
    """Write the alerts with these numbers; give the file."""

    def written(*numbers):
        partition = build(AlertFileSink(tmp_path / "alerts.jsonl"))
        partition.write_batch([make_alert(number) for number in numbers])
        return tmp_path / "alerts.jsonl"

    return written


def test_a_line_is_the_alert_record(written, make_alert):
    path = written(3)
    assert orjson.loads(path.read_bytes()) == alert_record(make_alert(3))
    assert path.read_bytes().endswith(b"}\n")
    assert list(read_alert_file(path)) == [alert_record(make_alert(3))]


def test_a_run_that_resumes_nothing_starts_the_file_anew(written, make_alert):
    written(1, 2)
    assert list(read_alert_file(written(3))) == [alert_record(make_alert(3))]


def test_what_was_written_and_not_committed_is_cut_off_with_its_torn_line(tmp_path, written, build):
    path = written(1, 2)
    committed = path.stat().st_size
    with path.open("ab") as out:
        out.write(b'{"id": "torn')
    build(AlertFileSink(path), "alerts", (1, committed))
    assert [record["event_id"] for record in read_alert_file(path)] == ["event-1", "event-2"]


def test_a_file_shorter_than_what_was_committed_is_an_error(written, build):
    path = written(1)
    size = path.stat().st_size
    with pytest.raises(BrokenFileError, match=f"holds {size} bytes, but {size + 1} were committed"):
        build(AlertFileSink(path), "alerts", (1, size + 1))


def test_sorting_gives_the_same_bytes_whatever_the_order_of_arrival(written, make_alert):
    numbers = list(range(30))
    contents = set()
    for seed in range(3):
        random.Random(seed).shuffle(numbers)
        path = written(*numbers)
        sort_alert_file(path)
        contents.add(path.read_bytes())
    assert len(contents) == 1
    assert [record["event_id"] for record in read_alert_file(path)] == [f"event-{n}" for n in range(30)]


@pytest.mark.parametrize("line", [b'{"id": "torn', b"[]\n", b'{"id": "without a time"}\n'])
def test_a_line_that_is_no_alert_is_named_and_the_file_is_left_alone(written, line):
    path = written(1)
    with path.open("ab") as out:
        out.write(line)
    before = path.read_bytes()
    with pytest.raises(BrokenAlertFileError, match=r"alerts\.jsonl:2: "):
        sort_alert_file(path)
    assert path.read_bytes() == before


def test_a_missing_folder_and_a_promise_of_compression_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no folder .*; make it first"):
        AlertFileSink(tmp_path / "nowhere" / "alerts.jsonl")
    with pytest.raises(InputError, match=r"leave \.gz away"):
        AlertFileSink(tmp_path / "alerts.jsonl.gz")
