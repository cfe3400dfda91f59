"""The incidents of a night that nobody has seen are found, and honest people are left in peace."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.judging import faults, missed, per_100_000
from benchmarks.nights import Stream, replayed
from benchmarks.quality import HONEST, NIGHTS, TRAVEL, TRAVEL_LIMIT, holds, page
from simulation.incidents import USUAL_INCIDENTS

SEEN = {stream.seed for stream in (*NIGHTS, HONEST)}


@pytest.mark.slow
def test_every_incident_of_another_night_is_found_but_an_amount_within_a_wild_habit(tmp_path: Path) -> None:
    night = replayed(Stream(seed=105), tmp_path)
    assert night.stream.seed not in SEEN
    assert len(night.incidents) == sum(USUAL_INCIDENTS.values())
    # Documented: 23 times the mean of a card whose habit varies so much that it is under 4 deviations.
    assert [incident.detector for incident in missed(night)] == ["amount_outlier"]


@pytest.mark.slow
def test_honest_people_are_hardly_ever_taken_for_impossible_travellers(tmp_path: Path) -> None:
    honest = replayed(replace(HONEST, seed=106), tmp_path)
    assert honest.stream.seed not in SEEN
    assert honest.incidents == []
    assert honest.transactions > 199_000
    assert per_100_000(honest, TRAVEL) < TRAVEL_LIMIT


def test_a_small_night_is_measured_and_written_down(tmp_path: Path) -> None:
    night = replayed(Stream(seed=8, customers=600, events=2_500), tmp_path)
    said = page([night], night)
    # Four clones and a ring of travellers.
    assert "| impossible_travel | 5 | " in said
    assert said.count("\n- seed 8, ") == 2 * len(faults([night]))
    # Judged as honest life, a night of incidents must not pass.
    assert per_100_000(night, TRAVEL) > TRAVEL_LIMIT
    assert not holds([night], night)
