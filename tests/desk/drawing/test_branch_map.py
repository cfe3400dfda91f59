"""Branches by state: each one there once, none on another, with and without places."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.drawing.branch_map import Branch, BranchMapWords, State, branch_map
from tests.desk.drawing.seen import boxes, faults, root, texts, titles

STATES = [
    State("mark-bad", "out of service", "!"),
    State("mark-warn", "partly", "~"),
    State("mark-calm", "working"),
]
WORDS = BranchMapWords(title="Branches", description="By state", nothing="no branches")

branches = st.lists(
    st.builds(
        Branch,
        region=st.sampled_from(["Suzhou", "Wuxi", "昆山", ""]),
        state=st.sampled_from([state.kind for state in STATES]),
        title=st.text(),
        lat=st.floats(31, 32),
        lon=st.floats(120, 121),
    ),
    max_size=140,
)


def squares(svg: str) -> list[tuple[float, float, str]]:
    found = []
    for group in root(svg).iter("g"):
        (shape,) = group.findall("rect")
        found.append((float(shape.attrib["x"]), float(shape.attrib["y"]), shape.attrib["class"]))
    return found


def apart(places: list[tuple[float, float, str]]) -> bool:
    return all(
        abs(x - a) >= 15 or abs(y - b) >= 15
        for index, (x, y, _) in enumerate(places)
        for a, b, _ in places[:index]
    )


@settings(max_examples=25, deadline=None)
@given(branches, st.integers(400, 1200), st.integers(240, 700))
def test_each_branch_is_a_square_of_its_own_within_the_map(
    given: list[Branch], width: int, height: int
) -> None:
    svg = branch_map(given, STATES, WORDS, width=float(width), height=float(height))
    assert faults(svg, texts_apart=("label", "tick", "key")) == []
    assert sorted(kind for *_, kind in squares(svg)) == sorted(f"mark {each.state}" for each in given)
    assert apart(squares(svg))
    # Names of regions stand beside squares and not on them.
    for x, y, _ in squares(svg):
        middle = x + 7.5, y + 7.5
        assert not any(
            box.left < middle[0] < box.right and box.top < middle[1] < box.bottom
            for _, box in boxes(svg, "label")
        )


@settings(max_examples=25, deadline=None)
@given(branches, st.integers(400, 1200))
def test_without_places_branches_stand_in_rows_by_region_the_gravest_first(
    given: list[Branch], width: int
) -> None:
    svg = branch_map([each._replace(lat=None) for each in given], STATES, WORDS, width=float(width))
    assert faults(svg, texts_apart=("lane-name", "key")) == []
    assert len(squares(svg)) == len(given)
    assert apart(squares(svg))


def test_a_branch_stays_near_its_place() -> None:
    pair = [Branch("", "mark-calm", "", 31.0, 120.0), Branch("", "mark-bad", "", 32.0, 121.0)]
    (bad_x, bad_y, _), (calm_x, calm_y, _) = squares(branch_map(pair, STATES, WORDS))
    assert bad_x > calm_x
    assert bad_y < calm_y


def test_the_legend_counts_and_eyes_without_colours_see_a_sign() -> None:
    given = [Branch("Wuxi", "mark-bad", "one"), Branch("Wuxi", "mark-calm", "<two>")]
    svg = branch_map(given, STATES, WORDS)
    assert texts(svg, "key") == ["out of service · 1", "working · 1"]
    assert texts(svg, "sign") == ["!", "!"]  # on the branch and in the legend
    assert titles(svg) == ["one", "<two>"]


def test_no_branches_are_said_to_be_none() -> None:
    assert WORDS.nothing in texts(branch_map([], STATES, WORDS))


def test_a_state_that_is_not_among_them_is_refused() -> None:
    with pytest.raises(ValueError, match="'sleepy' is none of mark-bad, mark-warn, mark-calm"):
        branch_map([Branch("", "sleepy", "")], STATES, WORDS)
