"""Recorded card messages become lines: every framing, files cut short, and what is refused with its place."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import BadFrameError, BadRowError
from connectors.iso8583_files import convert_iso8583
from connectors.iso8583_frames import Frame, FrameCutter, Framing, frame
from connectors.iso8583_pairing import Pairing
from domain.events import Transaction
from tests.connectors.card_messages import RECEIVED, message, translator

FRAMINGS: tuple[Framing, ...] = ("binary2", "binary4", "ascii4", "bcd2")
FILE_PATIENCE = 10_000


def converted(tmp_path: Path, *recorded: Path, framing: str = "binary2", **options) -> list[Transaction]:
    out = tmp_path / "out.jsonl"
    reader = translator(pairing=Pairing(patience=FILE_PATIENCE))
    convert_iso8583(recorded, out, reader, framing=framing, **{"received": RECEIVED, **options})
    return [msgspec.json.decode(line, type=Transaction) for line in out.read_bytes().splitlines()]


def recorded(path: Path, *messages: bytes, framing: Framing = "binary2") -> Path:
    path.write_bytes(b"".join(frame(each, framing) for each in messages))
    return path


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.binary(max_size=300), max_size=8),
    st.sampled_from(FRAMINGS),
    st.lists(st.integers(1, 50), min_size=1),
)
def test_messages_are_cut_out_alike_however_the_stream_arrives(messages, framing, steps):
    stream = b"".join(frame(each, framing) for each in messages)
    cutter = FrameCutter(framing)
    found: list[Frame] = []
    at = turn = 0
    while at < len(stream):
        step = steps[turn % len(steps)]
        frames, fault = cutter.feed(stream[at : at + step])
        assert fault is None
        found += frames
        at += step
        turn += 1
    assert [each.data for each in found] == [each for each in messages if each]
    assert cutter.heartbeats == sum(not each for each in messages)
    assert (cutter.torn_bytes, cutter.offset) == (0, len(stream))
    for each in found:
        assert stream[each.offset :].startswith(frame(each.data, framing))


@pytest.mark.parametrize(
    ("framing", "stream", "said"),
    [
        ("binary2", b"\xff\xff", "says 65535 bytes"),
        ("binary4", b"\xff\xff\xff\xff", "says 4294967295 bytes"),
        ("ascii4", b"GET ", "is not digits"),
        ("ascii4", b"9999", "says 9999 bytes"),
        ("ascii4", "²²".encode("utf-16-be"), "is not digits"),
        ("bcd2", b"\x1a\x00", "is not digits"),
    ],
)
def test_a_length_that_cannot_be_right_ends_the_stream(framing, stream, said):
    cutter = FrameCutter(framing, max_message_bytes=4096)
    frames, fault = cutter.feed(frame(b"good", framing) + stream)
    assert [each.data for each in frames] == [b"good"]
    assert said in str(fault)
    assert "is --framing right?" in str(fault)


def test_a_message_that_is_too_long_for_its_framing_cannot_be_framed():
    with pytest.raises(BadFrameError, match="too long for ascii4, at most 9999"):
        frame(bytes(10_000), "ascii4")


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_file_of_messages_becomes_events_in_the_order_of_their_times(tmp_path, framing):
    path = recorded(
        tmp_path / "day.bin",
        message(f11="000002", f7="0301120001"),
        message(f11="000001"),
        message("0210", f11="000001", f39="00"),
        message("0210", f11="000002", f7="0301120001", f39="51"),
        framing=framing,
    )
    events = converted(tmp_path, path, framing=framing)
    assert [(event.at.second, event.outcome) for event in events] == [(0, "approved"), (1, "declined")]


def test_lines_of_hexadecimal_digits_may_say_when_they_were_received(tmp_path):
    path = tmp_path / "lines.hex"
    plain, stamped = message().hex(), message(f7="1231235959", f11="000043").hex().upper()
    path.write_text(f"{plain}\n\n2025-01-01T00:00:02+08:00 {stamped}\r\n")
    events = converted(tmp_path, path, framing="hex")
    assert [event.at.year for event in events] == [2024, 2026]


def test_a_response_finds_its_request_in_an_earlier_file(tmp_path):
    requests = recorded(tmp_path / "a.bin", message())
    responses = recorded(tmp_path / "b.bin", message("0210", f39="00"))
    (event,) = converted(tmp_path, requests, responses)
    assert (event.outcome, event.entry) == ("approved", "chip")


def test_without_a_time_of_receipt_the_file_s_own_counts(tmp_path):
    path = recorded(tmp_path / "old.bin", message())
    at = datetime(2019, 6, 1, tzinfo=UTC).timestamp()
    os.utime(path, (at, at))
    (event,) = converted(tmp_path, path, received=None)
    assert event.at.year == 2019


def test_what_cannot_be_read_goes_to_dead_letters_with_its_place_and_without_its_bytes(tmp_path):
    good = message()
    path = tmp_path / "torn.bin"
    path.write_bytes(frame(b"0200 nonsense", "binary2") + frame(good, "binary2") + b"\x00\x50half")
    letters = tmp_path / "refused.jsonl"
    events = converted(tmp_path, path, dead_letters=letters)
    assert len(events) == 1
    found = [orjson.loads(line) for line in letters.read_bytes().splitlines()]
    assert [(each["partition"], each["offset"], each["reason"], each["raw"]) for each in found] == [
        ("torn.bin", 0, "not_a_message", ""),
        ("torn.bin", 15 + 2 + len(good), "not_a_message", ""),
    ]
    assert "ends within a message, of which there are 6 bytes" in found[1]["detail"]


@pytest.mark.parametrize(
    ("framing", "content", "said"),
    [
        ("binary2", b"\x00\x03abc", "byte 0: the message type, byte 0"),
        ("binary2", b"\x00", "ends within a message, of which there are 1 bytes"),
        ("ascii4", b"abcdefgh", "byte 0: the length at byte 0 is not digits"),
        ("hex", b"no hex\n", "byte 0: the line is not hexadecimal digits"),
        ("hex", b"2026-03-01T00:00:00 30\n", "the line is not hexadecimal digits, behind a time with offset"),
    ],
)
def test_without_dead_letters_the_first_fault_ends_it_and_nothing_is_written(
    tmp_path, framing, content, said
):
    path = tmp_path / "bad.bin"
    path.write_bytes(content)
    with pytest.raises(BadRowError) as caught:
        converted(tmp_path, path, framing=framing)
    assert said in str(caught.value)
    assert "--dead-letters" in str(caught.value)
    assert not (tmp_path / "out.jsonl").exists()
