import pytest

from cli.remaining import Estimate, Remaining
from flows.progress import Progress


def left(partitions: int = 2, **counts: int) -> Progress:
    return Progress(partitions=partitions, **counts)


@pytest.fixture
def files() -> Remaining:
    return Remaining(file_bytes=1000, files=2, topics=0)


def test_the_share_of_files_is_what_lies_there_less_what_is_left(files):
    assert files.after(0.5, left(left_bytes=1000)) == Estimate(0.0, None)
    assert files.after(1.5, left(left_bytes=250)) == Estimate(0.75, 250 * 1.0 / 750)
    assert files.after(3.0, left(left_bytes=0)) == Estimate(1.0, 0.0)


def test_a_run_that_goes_on_in_the_middle_begins_at_its_share_and_counts_its_own_speed(files):
    assert files.after(1.0, left(left_bytes=400)) == Estimate(0.6, None)
    # A hundred bytes in two seconds, three hundred to go.
    assert files.after(3.0, left(left_bytes=300)) == Estimate(0.7, 6.0)


def test_nothing_is_said_before_every_file_has_told_what_it_has(files):
    assert files.after(1.0, left(partitions=1, left_bytes=10)) is None
    assert files.after(1.0, Progress()) is None


def test_a_folder_that_has_grown_is_no_less_than_nothing(files):
    assert files.after(1.0, left(left_bytes=2000)) == Estimate(0.0, None)


def test_the_share_of_topics_is_that_of_the_messages_of_this_run():
    topics = Remaining(file_bytes=0, files=0, topics=1)
    assert topics.after(0.1, Progress()) is None
    assert topics.after(0.2, left(left_messages=300)) == Estimate(0.0, None)
    assert topics.after(2.2, left(left_messages=100)) == Estimate(1 - 100 / 300, 1.0)


def test_of_files_and_topics_together_nobody_can_say():
    assert Remaining(file_bytes=10, files=1, topics=1).after(9, left(left_bytes=5, left_messages=5)) is None


def test_empty_files_have_no_share():
    assert Remaining(file_bytes=0, files=1, topics=0).after(9, left(partitions=1)) is None
