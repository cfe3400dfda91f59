"""The catalogue of features, and how values are sorted into bins."""

from importlib.resources import files
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import MONEY_OUT, Channel, Entry
from domain.risk_binning import Binning
from domain.risk_features import (
    CATALOGUE,
    CHANNELS,
    COUNTRIES,
    CROSSES,
    ENTRIES,
    FEATURES,
    NAMES,
    TYPES,
    Feature,
    position,
)
from domain.tables import FeatureBins


def test_names_are_there_once_and_pairs_name_them() -> None:
    assert len(set(NAMES)) == len(NAMES) == len(FEATURES)
    assert len(set(CROSSES)) == len(CROSSES)
    assert {name for cross in CROSSES for name in cross} <= set(NAMES)
    assert all(one != other for one, other in CROSSES)


@pytest.mark.parametrize("feature", CATALOGUE, ids=NAMES)
def test_a_feature_has_rising_edges_and_a_bin_is_a_byte(feature: Feature) -> None:
    assert all(low < high for low, high in pairwise(feature.edges))
    assert len(feature.edges) + 2 <= 256


@pytest.mark.parametrize("feature", CATALOGUE, ids=NAMES)
def test_a_feature_says_its_value_and_that_there_is_none(feature: Feature) -> None:
    assert feature.said(1.0)
    assert "{" not in feature.said(1.0)
    assert feature.said(None) == feature.unknown
    assert feature.unknown


def test_values_are_said_as_a_person_says_them() -> None:
    said = {feature.name: feature for feature in CATALOGUE}
    assert said["ratio"].said(8.04) == "8.0 times the customer's usual amount"
    assert said["corridor_to"].said(float(COUNTRIES.index("TW"))) == "in TW"
    assert said["channel"].said(1.0) == "channel atm"
    assert said["terminal_lately"].said(0.604) == "60% fraud among the terminal's latest known uses"


def test_every_kind_that_an_event_may_have_has_its_number() -> None:
    assert set(CHANNELS) == set(Channel.__args__)
    assert set(ENTRIES) == set(Entry.__args__)
    assert set(TYPES) == MONEY_OUT


def test_countries_are_those_of_iso_3166() -> None:
    table = files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text("utf-8")
    codes = {line[:2] for line in table.splitlines() if not line.startswith("#")}
    assert set(COUNTRIES) == codes
    assert len(COUNTRIES) == len(codes)


def test_edges_know_nothing_of_the_simulator_behind_the_handbooks_data() -> None:
    """It makes fraud of amounts above 220, and of terminals for 28 days."""
    amounts = FEATURES[position("amount")].edges
    assert all(abs(edge - 220) > 0.05 * 220 for edge in amounts)
    for name in ("terminal_row_days", "terminal_fraud_days"):
        days = [edge for edge in FEATURES[position(name)].edges if 10 <= edge <= 40]
        assert {later - earlier for earlier, later in pairwise(days)} == {2}


@given(value=st.floats(-1e6, 1e6))
def test_a_bin_holds_what_lies_from_one_edge_to_below_the_next(value: float) -> None:
    edges = (-2.0, 0.0, 1.5, 40.0)
    binning = Binning([FeatureBins(name="ratio", edges=edges)])
    values = [None] * len(NAMES)
    values[position("ratio")] = value  # type: ignore[call-overload]
    found = binning.bins(values)[position("ratio")]
    assert 1 <= found <= len(edges) + 1
    assert found == 1 or edges[found - 2] <= value
    assert found == len(edges) + 1 or value < edges[found - 1]


def test_what_is_not_known_is_in_bin_0_and_what_is_not_asked_for_in_bin_1() -> None:
    binning = Binning([FeatureBins(name="ratio", edges=(1, 2))])
    assert binning.bins([None] * len(NAMES)) == (0,) * len(NAMES)
    bins = binning.bins([2.0] * len(NAMES))
    assert bins[position("ratio")] == 3
    assert set(bins[: position("ratio")] + bins[position("ratio") + 1 :]) == {1}
    assert binning.sizes()[position("ratio")] == 4


@pytest.mark.parametrize(
    ("features", "complaint"),
    [
        (
            [FeatureBins(name="ration", edges=())],
            "no feature 'ration', perhaps ratio; there are amount, ratio",
        ),
        ([FeatureBins(name="ratio", edges=())] * 2, "feature 'ratio' is there twice"),
        ([FeatureBins(name="ratio", edges=(1.0, 1.0))], "the edges of 'ratio' must rise"),
        ([FeatureBins(name="ratio", edges=(1.0, float("nan")))], "the edges of 'ratio' must rise"),
    ],
)
def test_bins_that_cannot_be_meant_are_refused(features: list[FeatureBins], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Binning(features)
