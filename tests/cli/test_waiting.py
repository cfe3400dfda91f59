import io

import pytest
from rich.console import Console

from cli.remaining import Estimate, Remaining
from cli.waiting import Waiting, described
from flows.progress import Progress

TOLD = Progress(events=12_000, alerts=7, reached_ms=1_789_619_400_250, left_bytes=250, partitions=1)


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (None, "12,000 events to 2026-09-17T04:30  7 alerts  6,000/s"),
        (Estimate(0.756, None), "76%  12,000 events to 2026-09-17T04:30  7 alerts  6,000/s"),
        (
            Estimate(0.756, 3723.4),
            "76%  12,000 events to 2026-09-17T04:30  7 alerts  6,000/s  1:02:03 left, so far",
        ),
    ],
)
def test_it_says_how_far_a_run_has_come_and_what_is_left(estimate, words):
    assert described(TOLD, 2.0, estimate) == words


def test_before_any_event_there_is_no_time_that_was_reached():
    assert described(Progress(), 0.0, None) == "0 events to -  0 alerts  0/s"


def drawn(*, wanted: bool = True, terminal: bool = True) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=150)
    remaining = Remaining(file_bytes=1000, files=1, topics=0)
    with Waiting(drawn=wanted, remaining=remaining, console=console) as waiting:
        waiting.show(TOLD)
    return out.getvalue()


def test_it_is_drawn_where_a_person_looks_on():
    assert "75%  12,000 events to 2026-09-17T04:30" in drawn()


def test_nothing_is_drawn_into_a_file_or_where_it_is_not_wanted():
    assert drawn(terminal=False) == ""
    assert drawn(wanted=False) == ""
