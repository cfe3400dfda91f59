"""The picture of the probabilities holds every use, and stands alone."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.handbook.picture import reaches, write_picture


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_every_use_is_in_one_reach(uses: list[tuple[float, bool]]) -> None:
    rows = reaches([said for said, _ in uses], [fraud for _, fraud in uses])
    assert sum(row.uses for row in rows) == len(uses)
    assert sum(row.share * row.uses for row in rows) == pytest.approx(sum(fraud for _, fraud in uses))
    assert sum(row.probability * row.uses for row in rows) == pytest.approx(sum(said for said, _ in uses))
    assert [row.probability for row in rows] == sorted(row.probability for row in rows)


def test_an_edge_belongs_to_the_reach_above_it() -> None:
    assert [row.uses for row in reaches([0.0999, 0.1, 0.15, 0.2], [False] * 4)] == [1, 2, 1]


def test_the_picture_is_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "reliability.svg"
    write_picture(path, reaches([0.01, 0.02, 0.6, 0.7], [False, False, True, False]))
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    text = "".join(root.itertext())
    assert "share of fraud" in text
    assert "--c0" in text  # its colours are inside
