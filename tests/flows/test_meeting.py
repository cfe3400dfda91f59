"""Supervisors meet at the keeper's: who may begin when, and what becomes of those who do not fit."""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from msgspec.structs import replace

from config.addresses import Address
from flows import meeting
from flows.keeper import Keeper
from flows.meeting import (
    Alike,
    Anew,
    Beat,
    Begin,
    Done,
    Fresh,
    Hello,
    Kept,
    Later,
    Line,
    Over,
    Plan,
    Ready,
    Refused,
    Stop,
)
from flows.shares import Share
from tests.flows.test_cluster import free_ports

ALIKE = Alike(version="1", state_format=1, profile="p", inputs=("a",), outputs="queue", machines=2)


@pytest.fixture
def at() -> Address:
    return Address("127.0.0.1", free_ports(1)[0])


@pytest.fixture
def come(at) -> Iterator[Callable[..., tuple[Line, Iterator]]]:
    """Come to the meeting as a machine; gives the line and what is heard on it, beats aside."""
    lines: list[Line] = []

    def enter(index: int, alike: Alike = ALIKE, share: Share | None = None) -> tuple[Line, Iterator]:
        line = Line.to(at)
        lines.append(line)
        line.say(Hello(index=index, address=f"127.0.0.1:{index + 1}", alike=alike, share=share or Share()))
        return line, (said for said in line.hear() if not isinstance(said, Beat))

    with closing(Keeper(at, 2)):
        yield enter
        for line in lines:
            line.close()


def begun(come) -> list[tuple[Line, Iterator]]:
    both = [come(1), come(0)]
    for line, heard in both:
        plan = next(heard)
        assert isinstance(plan, Plan)
        assert plan.addresses == ("127.0.0.1:1", "127.0.0.1:2")
        line.say(Ready())
    for _, heard in both:
        assert next(heard) == Begin()
    return both


def test_all_begin_when_all_are_ready_and_end_when_all_are_done(come):
    both = begun(come)
    for line, _ in both:
        line.say(Done())
    for _, heard in both:
        assert list(heard) == [Over()]
    # And the next time as well.
    begun(come)


def test_nobody_begins_before_all_are_ready(come):
    (first, heard), (second, other) = come(0), come(1)
    assert isinstance(next(heard), Plan)
    assert isinstance(next(other), Plan)
    first.say(Ready())
    second.close()
    assert list(heard) == []


def test_who_leaves_without_a_word_breaks_the_meeting(come):
    (first, _), (_, heard) = begun(come)
    first.close()
    assert list(heard) == []
    begun(come)


def test_what_one_wants_to_end_for_all_hear(come):
    both = begun(come)
    both[0][0].say(Stop(why="SIGTERM"))
    for _, heard in both:
        assert next(heard) == Stop(why="SIGTERM")


def test_silence_breaks_the_meeting(come, monkeypatch):
    monkeypatch.setattr(meeting, "SILENCE_S", 0.2)
    (_, heard), _ = begun(come)
    assert list(heard) == []


def test_a_place_that_is_taken_is_given_later(come):
    line, _ = come(0)
    # The answer tells that it has its place.
    line.say(Beat())
    assert next(line.hear()) == Beat()
    _, heard = come(0)
    (later,) = heard
    assert isinstance(later, Later)
    assert "machine 0 is already there" in later.why
    assert isinstance(plan_for_the_second(come), Plan)


def plan_for_the_second(come) -> object:
    _, heard = come(1)
    return next(heard)


def test_a_machine_that_has_no_place_is_refused(come):
    _, heard = come(7)
    assert [type(said) for said in heard] == [Refused]


@pytest.mark.parametrize(
    ("field", "value"), [("version", "2"), ("profile", "other"), ("inputs", ("b",)), ("machines", 3)]
)
def test_machines_that_are_not_alike_are_refused_with_what_differs(come, field, value):
    _, heard = come(0)
    _, other = come(1, replace(ALIKE, **{field: value}))
    for each in (heard, other):
        (refused,) = each
        assert f"machines 0 and 1 differ in {field}" in refused.why


@pytest.mark.parametrize(
    "junk",
    [b"", b"\n", b"GET / HTTP/1.1\r\n\r\n", b'{"type":"hello"}\n', b'{"type":"done"}\n', b"\xff" * 4096],
)
def test_who_says_what_is_no_message_is_shown_out_and_disturbs_nobody(come, at, junk):
    come(0)
    with socket.create_connection((at.host, at.port)) as stranger:
        stranger.sendall(junk)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(100) == b""
    assert isinstance(plan_for_the_second(come), Plan)


def read_anew(both, *fresh: Fresh) -> list[object]:
    """One machine is asked to reload, and each says what it read; gives what each hears of it."""
    both[0][0].say(Anew())
    for (line, heard), each in zip(both, fresh, strict=True):
        assert next(heard) == Anew()
        line.say(each)
    return [next(heard) for _, heard in both]


def test_all_begin_anew_with_the_same_profile_and_may_do_so_again(come):
    for version in ("2", "3"):
        fresh = Fresh(alike=replace(ALIKE, profile=version))
        both = begun(come)
        assert read_anew(both, fresh, fresh) == [Stop(why="SIGHUP")] * 2
        for line, _ in both:
            line.say(Done())
        for _, heard in both:
            assert list(heard) == [Over()]


@pytest.mark.parametrize(
    ("fresh", "why"),
    [
        ((Fresh(alike=ALIKE), Fresh(why="no file")), "machine 0: no file"),
        ((Fresh(why="no disk"), Fresh(why="no file")), "machine 0: no file; machine 1: no disk"),
        (
            (Fresh(alike=ALIKE), Fresh(alike=replace(ALIKE, profile="2"))),
            "machines 0 and 1 differ in profile",
        ),
    ],
)
def test_nobody_begins_anew_when_one_cannot_or_has_another_profile(come, fresh, why):
    both = begun(come)  # machine 1 comes first
    for kept in read_anew(both, *fresh):
        assert isinstance(kept, Kept)
        assert why in kept.why
    # It may be tried again.
    assert read_anew(both, Fresh(alike=ALIKE), Fresh(alike=ALIKE)) == [Stop(why="SIGHUP")] * 2


def test_who_ends_is_not_asked_to_begin_anew(come):
    both = begun(come)
    both[0][0].say(Stop(why="SIGTERM"))
    for _, heard in both:
        assert next(heard) == Stop(why="SIGTERM")
    both[1][0].say(Anew())
    for line, _ in both:
        line.say(Done())
    for _, heard in both:
        assert list(heard) == [Over()]


def test_a_port_that_is_taken_is_said_at_once(at):
    with closing(Keeper(at, 2)), pytest.raises(OSError, match="in use"):
        Keeper(at, 2)
