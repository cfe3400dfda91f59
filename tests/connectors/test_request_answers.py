"""First answers, through crashes and on disks that are full."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors.errors import FolderError
from connectors.event_requests import EventRequests
from connectors.request_answers import REMEMBERED_MS, Answer, AnswerBook
from tests.connectors.senders import event, events, kept, taking

ANSWER = Answer(202, b'{"taken":2}')
LINES = [event(0), event(1)]
CONTENT = b"".join(line + b"\n" for line in LINES)


def promised(folder: Path) -> None:
    """Leave the book as a crash does that comes while the lines are being written."""
    book = AnswerBook(folder, lambda: 0)
    book.promise("r", b"digest", ANSWER, LINES)
    book.close()


@pytest.mark.parametrize(
    ("files", "known"),
    [
        ({"1.jsonl": CONTENT}, True),
        ({"1.jsonl": event(0) + b"\n" + event(7) + b"\n" + CONTENT + event(3) + b"\n"}, True),
        ({"1.jsonl": CONTENT, "2.jsonl": b"", "3.jsonl": event(3) + b"\n"}, True),
        ({}, False),
        ({"1.jsonl": b""}, False),
        ({"1.jsonl": event(0) + b"\n"}, False),
        ({"1.jsonl": event(0) + b"\n" + event(1)[:20]}, False),
        ({"1.jsonl": event(0) + b"\n" + event(2) + b"\n"}, False),
    ],
)
def test_after_a_crash_an_answer_holds_where_its_lines_are_there(tmp_path, files, known):
    promised(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with AnswerBook(tmp_path, lambda: 0) as book:
        assert (book.find("r") is not None) == known
    for path in tmp_path.glob("*.jsonl"):
        path.unlink()
    with AnswerBook(tmp_path, lambda: 0) as book:  # found out once, and for good
        assert (book.find("r") is not None) == known


def test_an_answer_whose_lines_were_kept_outlives_them(tmp_path):
    with AnswerBook(tmp_path, lambda: 0) as book:
        book.promise("r", b"digest", ANSWER, LINES)
        book.confirm("r")
    with AnswerBook(tmp_path, lambda: 0) as book:
        found = book.find("r")
        assert found is not None
        assert found == (ANSWER, b"digest")


def test_answers_of_more_than_a_day_leave_the_disk(tmp_path):
    now_ms = [0]
    with AnswerBook(tmp_path, lambda: now_ms[0]) as book:
        for number in range(300):
            book.promise(f"r{number}", b"digest", ANSWER, [])
        now_ms[0] = REMEMBERED_MS - 1
        assert book.find("r7") is not None
        now_ms[0] += 1
        assert book.find("r7") is None
        book.tidy()
        now_ms[0] = 0
        assert book.find("r7") is None


def test_a_book_that_is_none_is_refused(tmp_path):
    (tmp_path / ".answers.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(FolderError, match="the requests of the last day are then no longer known"):
        AnswerBook(tmp_path, lambda: 0)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let the system refuse to make a file longer than that, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_request_that_the_disk_refuses_is_not_taken_and_done_once_when_it_comes_again(tmp_path):
    with taking(tmp_path) as intake, AnswerBook(tmp_path, lambda: 0) as book:
        requests = EventRequests(intake, book, most_bytes=1 << 20)

        def sent(number: int) -> int:
            return requests.take(
                events(number * 100, 100), packed=False, request_id=f"r{number}"
            ).answer.status

        with files_of_at_most(256_000):
            statuses = [sent(number) for number in range(20)]
        assert {202, 503} == set(statuses)
        assert [sent(number) for number in range(20)] == [202] * 20
    taken = [number for number, status in enumerate(statuses) if status == 202]
    retried = [number for number, status in enumerate(statuses) if status != 202]
    expected = [number * 100 + line for number in (*taken, *retried) for line in range(100)]
    assert kept(tmp_path) == expected
