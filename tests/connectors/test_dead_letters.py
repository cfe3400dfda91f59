from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.store import open_store
from connectors.blocks import Block
from connectors.codec import Codec, TimeBounds
from connectors.dead_letter_lines import append_missing_lines, dead_letter_record
from connectors.dead_letters import DeadLetterFileSink, DeadLetterSink, ShareLimit
from connectors.errors import BrokenFileError, InputError
from domain.rejections import Reason, Rejected


def rejected(number: int = 0, reason: Reason = Reason.NOT_JSON, raw: bytes = b"{") -> Rejected:
    return Rejected(partition="p", offset=number, reason=reason, detail="no JSON", raw=raw)


# --- as text


def test_a_dead_letter_is_one_object_with_the_text_of_its_line():
    assert dead_letter_record(rejected(7, raw=b'{"city":"\xe4\xb8\x8a"')) == {
        "id": rejected(7, raw=b'{"city":"\xe4\xb8\x8a"').id,
        "partition": "p",
        "offset": 7,
        "reason": "not_json",
        "detail": "no JSON",
        "raw": '{"city":"上"',
    }


def test_what_is_no_text_is_given_in_base64():
    record = dead_letter_record(rejected(raw=b"\xff\x00"))
    assert "raw" not in record
    assert record["raw_base64"] == "/wA="


# --- into the store and into a file: what every sink must do is in test_sink_contract.py


def test_a_card_number_does_not_reach_the_store_or_the_file(tmp_path, build):
    line = b'{"kind":"transaction","card":"4111111111111111","cvv":"987"\n'
    _, letters = Codec(TimeBounds(0, 1, 0)).decode(Block("p", 0, line))
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    for sink in (DeadLetterSink(url), DeadLetterFileSink(tmp_path / "letters.jsonl")):
        build(sink).write_batch(letters)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"************1111" in written
    for secret in (b"4111111111111111", b"411111", b"987"):
        assert secret not in written


def test_a_letter_that_comes_again_does_not_undo_its_correction(tmp_path, build):
    url = f"sqlite:///{tmp_path / 'desk.db'}"
    build(DeadLetterSink(url)).write_batch([rejected()])
    with open_store(url) as store:
        store.dead_letters.correct(rejected().id, b"{}")
        build(DeadLetterSink(url)).write_batch([rejected()])
        assert [letter.corrected for letter in store.dead_letters.list()] == [b"{}"]


def test_a_file_that_lost_what_was_committed_is_not_written_on(tmp_path, build):
    path = tmp_path / "letters.jsonl"
    path.write_bytes(b"{}\n")
    with pytest.raises(BrokenFileError, match="3 bytes, but 50 were committed"):
        DeadLetterFileSink(path).build_part("step", "dead_letters", (1, 50))


def test_a_file_that_cannot_be_cut_back_or_has_no_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"leave \.gz away"):
        DeadLetterFileSink(tmp_path / "letters.jsonl.gz")
    with pytest.raises(InputError, match="no folder"):
        DeadLetterFileSink(tmp_path / "missing" / "letters.jsonl")


def test_a_file_of_dead_letters_can_be_read_as_json_lines(tmp_path, build):
    letters = [rejected(number, raw=bytes([number])) for number in range(256)]
    build(DeadLetterFileSink(tmp_path / "letters.jsonl")).write_batch(letters)
    lines = (tmp_path / "letters.jsonl").read_bytes().splitlines()
    assert [orjson.loads(line)["id"] for line in lines] == [letter.id for letter in letters]


# --- back into a stream


def test_lines_are_added_once_however_often_it_is_tried(tmp_path):
    stream = tmp_path / "live.jsonl"
    stream.write_bytes(b'{"old":1}\n')
    assert append_missing_lines(stream, [b'{"a":1}', b'{"b":1}']) == 2
    assert append_missing_lines(stream, [b'{"b":1}', b'{"c":1}', b'{"c":1}']) == 1
    assert append_missing_lines(stream, []) == 0
    assert stream.read_bytes() == b'{"old":1}\n{"a":1}\n{"b":1}\n{"c":1}\n'


def test_lines_can_be_added_to_an_empty_file_and_to_one_of_windows(tmp_path):
    (tmp_path / "empty").touch()
    assert append_missing_lines(tmp_path / "empty", [b"{}"]) == 1
    (tmp_path / "windows").write_bytes(b'{"a":1}\r\n')
    assert append_missing_lines(tmp_path / "windows", [b'{"a":1}']) == 0


def test_a_line_is_not_glued_to_one_that_is_still_being_written(tmp_path):
    stream = tmp_path / "live.jsonl"
    stream.write_bytes(b'{"old":')
    with pytest.raises(BrokenFileError, match="still being written"):
        append_missing_lines(stream, [b"{}"])
    assert stream.read_bytes() == b'{"old":'


@pytest.mark.parametrize("magic", [b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"])
def test_lines_are_not_added_to_a_compressed_file(tmp_path: Path, magic):
    (tmp_path / "packed").write_bytes(magic + b"\n")
    with pytest.raises(InputError, match="is compressed"):
        append_missing_lines(tmp_path / "packed", [b"{}"])


# --- the limit


def test_the_limit_is_exceeded_by_one_line_more_than_its_share_of_the_window():
    limit = ShareLimit(0.05, 100)
    assert limit.add("p", 0, [rejected()] * 5) is None
    assert limit.add("p", 100, []) is None
    assert limit.add("p", 0, [rejected()] * 5) is None  # the first five have left the window
    limit = ShareLimit(0.05, 100)
    assert limit.add("p", 0, [rejected()] * 6) is not None


def test_a_bad_beginning_is_judged_by_a_whole_window():
    limit = ShareLimit(0.5, 10)
    assert limit.add("p", 0, [rejected()] * 5) is None
    assert limit.add("p", 0, [rejected()]) is not None


def test_what_has_left_the_window_no_longer_counts():
    limit = ShareLimit(0.1, 10)
    for _ in range(5):
        assert limit.add("p", 0, [rejected()]) is None
        assert limit.add("p", 10, []) is None


def test_each_partition_has_its_own_window():
    limit = ShareLimit(0.1, 10)
    assert limit.add("p", 0, [rejected()]) is None
    assert limit.add("q", 0, [rejected()]) is None
    assert limit.add("p", 0, [rejected()]) is not None


def test_a_share_of_nothing_stops_at_the_first_line_and_a_share_of_all_never():
    assert ShareLimit(0, 10).add("p", 1000, [rejected()]) is not None
    assert ShareLimit(0, 10).add("p", 1000, []) is None
    assert ShareLimit(1, 10).add("p", 0, [rejected()] * 1000) is None


def test_the_message_says_what_to_look_at():
    limit = ShareLimit(0.05, 100)
    letters = [rejected(reason=Reason.BAD_TIME)] * 2 + [rejected(reason=Reason.WRONG_TYPE)] * 8
    assert limit.add("cards/1", 30, letters) == (
        "10 of the last 40 lines of cards/1 are no events (8 wrong_type, 2 bad_time), more than 5% of 100. "
        "The last one: no JSON. Look at them with `riskdesk dead-letters list --reason wrong_type`; "
        "if they are rightly refused, raise dead_letters.limit_share in the profile"
    )


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=40), st.integers(1, 30))
def test_the_window_is_the_last_blocks_with_as_many_lines_as_asked_for(blocks, window):
    limit = ShareLimit(0.2, window)
    for count in range(1, len(blocks) + 1):
        last: list[tuple[int, int]] = []
        for block in reversed(blocks[:count]):
            last.append(block)
            if sum(map(sum, last)) >= window:
                break
        refused = sum(bad for _, bad in last)
        exceeded = refused > 0.2 * max(window, sum(map(sum, last)))
        good, bad = blocks[count - 1]
        assert (limit.add("p", good, [rejected()] * bad) is not None) == exceeded


@pytest.mark.parametrize(("share", "window"), [(-0.1, 10), (1.1, 10), (float("nan"), 10), (0.1, 0)])
def test_a_limit_that_makes_no_sense_is_refused(share, window):
    with pytest.raises(ValueError, match="must be"):
        ShareLimit(share, window)
