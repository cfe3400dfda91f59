"""Places on a schematic map: everything within it, labels apart, distances and speeds right."""

from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.drawing.place_map import MapWords, place_map
from desk.drawing.projection import Frame, Projection
from desk.drawing.ways import Stop
from tests.desk.drawing.seen import boxes, faults, marks, root, texts, titles

MINUTE_MS = 60_000
WORDS = MapWords(
    title="Where the cards were used",
    description="Places and ways",
    flagged="named by an alert",
    usual="other place",
    not_believed="faster than an airliner",
    way_taken="way of a card",
    nothing="no place is known",
    way=lambda km, gap_ms, kmh: f"{km:,.0f} km in {gap_ms // MINUTE_MS} min, {kmh:,.0f} km/h",
)
FRAME = Frame(0, 0, 640, 360)

stops = st.lists(
    st.builds(
        Stop,
        at_ms=st.integers(0, 10**9),
        card=st.sampled_from(["a", "b", "c"]),
        lat=st.floats(-90, 90),
        lon=st.floats(-180, 180),
        name=st.text(max_size=30),
        title=st.text(),
        flagged=st.booleans(),
    ),
    max_size=25,
)


def stop(minute: int, lat: float, lon: float, name: str, **more: object) -> Stop:
    return Stop(minute * MINUTE_MS, "crd", lat, lon, name, f"{name} at {minute}", **more)  # type: ignore[arg-type]


SUZHOU = stop(0, 31.3, 120.6, "Suzhou")
CHENGDU = stop(24, 30.66, 104.06, "Chengdu", flagged=True)


@settings(max_examples=25, deadline=None)
@given(
    stops,
    st.integers(320, 1200),
    st.integers(220, 700),
    st.lists(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=6), max_size=3),
)
def test_whatever_comes_lies_within_the_map_and_no_text_lies_on_another(
    given: list[Stop], width: int, height: int, outlines: list[list[tuple[float, float]]]
) -> None:
    svg = place_map(given, WORDS, outlines=outlines, width=float(width), height=float(height))
    assert faults(svg) == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.builds(
            stop,
            st.integers(0, 100),
            st.floats(31.2, 31.4),
            st.floats(120.4, 121.2),
            st.sampled_from(["Suzhou", "Kunshan", "昆山", "Wuxi North Railway Station"]),
            flagged=st.booleans(),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_labels_of_a_crowded_city_stay_off_each_other_and_off_the_points(given: list[Stop]) -> None:
    svg = place_map(given, WORDS)
    assert faults(svg) == []
    for point in marks(svg, "mark"):
        # Keys lie below the map.
        if float(point.attrib["cy"]) < 360:
            x, y = float(point.attrib["cx"]), float(point.attrib["cy"])
            assert not any(
                box.left < x < box.right and box.top < y < box.bottom for _, box in boxes(svg, "label")
            )


def test_a_way_says_how_far_how_long_and_how_fast_and_stands_out_when_nobody_travels_so() -> None:
    svg = place_map([SUZHOU, CHENGDU], WORDS)
    assert texts(svg, "label-bad") == ["1,577 km in 24 min, 3,942 km/h"]
    assert len(marks(svg, "way-bad")) == 2  # the way and its key
    slowly = place_map([SUZHOU, CHENGDU._replace(at_ms=600 * MINUTE_MS)], WORDS)
    assert texts(slowly, "label-bad") == []
    assert "1,577 km in 600 min, 158 km/h" in texts(slowly, "label")


def test_what_is_believed_is_the_callers() -> None:
    quick = CHENGDU._replace(at_ms=120 * MINUTE_MS)
    assert texts(place_map([SUZHOU, quick], WORDS), "label-bad") == []
    assert len(texts(place_map([SUZHOU, quick], WORDS, believed_kmh=500), "label-bad")) == 1


def test_only_uses_of_the_same_card_are_joined() -> None:
    svg = place_map([SUZHOU, CHENGDU._replace(card="other")], WORDS)
    assert marks(svg, "way") == []


def test_ways_there_and_back_are_two_curves() -> None:
    svg = place_map([SUZHOU, CHENGDU, SUZHOU._replace(at_ms=48 * MINUTE_MS)], WORDS)
    curves = [each.attrib["d"] for each in marks(svg, "way-bad") if each.tag == "path"]
    assert len(set(curves)) == 2


def test_stops_at_one_place_are_one_point_that_names_them_all() -> None:
    svg = place_map([SUZHOU, SUZHOU._replace(at_ms=5, title="again"), CHENGDU], WORDS)
    assert "Suzhou \N{MULTIPLICATION SIGN}2" in texts(svg, "label")
    assert "Suzhou \N{MULTIPLICATION SIGN}2\nSuzhou at 0\nagain" in titles(svg)


def test_a_map_over_the_date_line_is_no_map_of_the_whole_globe() -> None:
    fiji, samoa = stop(0, -18.1, 178.4, "Suva"), stop(300, -13.8, -171.8, "Apia")
    svg = place_map([fiji, samoa], WORDS)
    assert faults(svg) == []
    assert "175\N{DEGREE SIGN}W" in texts(svg, "tick")
    west, east = (float(each.attrib["cx"]) for each in marks(svg, "mark")[:2])
    assert west < east


def test_outlines_are_cut_at_the_edge_of_the_map() -> None:
    across = [[(100.0, 31.0), (125.0, 31.0)], [(0.0, 0.0), (10.0, 10.0)]]
    svg = place_map([SUZHOU, CHENGDU], WORDS, outlines=across)
    assert faults(svg) == []
    (line,) = marks(svg, "outline")
    assert (line.attrib["x1"], line.attrib["x2"]) == ("1", "639")


def test_no_places_are_said_to_be_none() -> None:
    svg = place_map([], WORDS)
    assert faults(svg) == []
    assert WORDS.nothing in texts(svg)


def test_names_and_titles_are_text_whatever_they_look_like() -> None:
    svg = place_map([SUZHOU._replace(name="<i>&", title='"><svg onload="x">')], WORDS)
    assert faults(svg) == []
    assert "<i>&" in texts(svg, "label")
    assert root(svg).findtext("desc") == WORDS.description


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-85, 85), st.floats(-180, 180)), min_size=1, max_size=12),
)
def test_the_projection_shows_all_of_its_points(points: list[tuple[float, float]]) -> None:
    projection = Projection.fitting(points, FRAME)
    assert all(FRAME.holds(*projection.xy(lat, lon)) for lat, lon in points)


@pytest.mark.parametrize("lat", [0.0, 31.3, 60.0])
def test_the_measure_is_as_long_as_it_says(lat: float) -> None:
    projection = Projection.fitting([(lat - 0.5, 120.0), (lat + 0.5, 120.0)], FRAME)
    length, said = projection.measure(120)
    # A degree of latitude is 111.195 km on the sphere that distances are measured on.
    one_degree = projection.xy(lat - 0.5, 120)[1] - projection.xy(lat + 0.5, 120)[1]
    assert isclose(length / one_degree * 111.195, float(said.removesuffix(" km")), rel_tol=0.001)


def test_a_place_is_named_once_beside_what_alerts_name() -> None:
    near = [stop(n, 31.3 + n / 50, 120.6, "Suzhou") for n in range(5)]
    svg = place_map([*near, stop(9, 31.2, 120.7, "Suzhou", flagged=True)], WORDS)
    assert sum(said.startswith("Suzhou") for said in texts(svg)) == 1


def test_of_very_many_ways_those_about_an_alert_are_drawn() -> None:
    around = [
        Stop(n * 60 * MINUTE_MS, f"crd-{n // 2}", 31 + (n * 7 % 40) / 20, 120 + (n * 11 % 40) / 20, "", "")
        for n in range(40)
    ]
    assert place_map(around, WORDS).count('class="arrow"') == 0
    flagged = [each._replace(flagged=True) for each in around]
    assert 0 < place_map(flagged, WORDS).count('class="arrow"') <= 12
