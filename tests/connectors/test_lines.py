from hypothesis import given
from hypothesis import strategies as st

from connectors.lines import LineCutter, Run

MAX = 8
contents = st.lists(st.sampled_from(b"ab\n"), max_size=80).map(bytes)


def chunks(content: bytes, cuts: list[int]) -> list[bytes]:
    """Cut the content into chunks of no more than MAX bytes."""
    parts, start = [], 0
    for cut in [*cuts, *([MAX] * len(content))]:
        parts.append(content[start : start + cut])
        start += cut
    return [part for part in parts if part]


def lines_of(runs: list[Run]) -> list[tuple[int, bytes]]:
    """Give each line with its offset."""
    found = []
    for run in runs:
        assert run.data.endswith(b"\n")
        offset = run.offset
        for line in run.data.split(b"\n")[:-1]:
            found.append((offset, line))
            offset += len(line) + 1
    return found


def expected(content: bytes) -> list[tuple[int, bytes]]:
    found, offset = [], 0
    for line in content.split(b"\n"):
        found.append((offset, line[: MAX + 1]))
        offset += len(line) + 1
    return found if found[-1][1] else found[:-1]


@given(contents, st.lists(st.integers(1, MAX), max_size=40))
def test_lines_and_their_offsets_do_not_depend_on_the_chunks(content, cuts):
    cutter = LineCutter(MAX)
    runs = [run for chunk in chunks(content, cuts) for run in cutter.feed(chunk)]
    runs += cutter.end()
    assert lines_of(runs) == expected(content)
    assert cutter.offset == len(content)


@given(contents, st.lists(st.integers(1, MAX), max_size=40), st.integers(0, 40))
def test_another_cutter_goes_on_where_one_was_left(content, cuts, left_after):
    first = LineCutter(MAX)
    runs = [run for chunk in chunks(content, cuts)[:left_after] for run in first.feed(chunk)]
    second = LineCutter(MAX, first.offset, skipping=first.skipping)
    runs += [run for chunk in chunks(content[first.offset :], cuts) for run in second.feed(chunk)]
    runs += second.end()
    assert lines_of(runs) == expected(content)


def test_a_line_of_the_longest_length_is_whole_and_one_more_byte_is_cut():
    cutter = LineCutter(4)
    assert cutter.feed(b"1234") == []
    assert cutter.feed(b"\n") == [Run(0, b"1234\n")]
    assert cutter.feed(b"1234") == []
    assert cutter.feed(b"5678") == [Run(5, b"12345\n")]
    assert cutter.skipping
    assert cutter.feed(b"9\nab\n") == [Run(15, b"ab\n")]


def test_a_line_without_an_end_takes_no_memory():
    cutter = LineCutter(1000)
    handed_over = [run for _ in range(1000) for run in cutter.feed(b"x" * 1000)]
    assert handed_over == [Run(0, b"x" * 1001 + b"\n")]
    assert cutter.offset == 1_000_000
    assert cutter.end() == []
