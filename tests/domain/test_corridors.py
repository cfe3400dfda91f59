"""The closest corridor on record is taken for a way."""

import pytest

from domain.corridors import RISKS, risk_of

WAYS = {"CN>KH": 0.4, "CN>*": 0.3, "*>KH": 0.2, "*>*": 0.1}


@pytest.mark.parametrize(
    ("origin", "country", "corridor"),
    [("CN", "KH", "CN>KH"), ("CN", "FR", "CN>*"), ("TH", "KH", "*>KH"), ("TH", "FR", "*>*")],
)
def test_the_closest_corridor_wins(origin: str, country: str, corridor: str) -> None:
    assert risk_of(WAYS, origin, country) == (corridor, WAYS[corridor])


def test_a_way_that_none_covers_has_no_risk() -> None:
    assert risk_of({"CN>KH": 0.4}, "CN", "TH") == ("", 0.0)


def test_every_way_has_a_risk_as_shipped() -> None:
    assert all(0 <= risk <= 1 for risk in RISKS.values())
    assert risk_of(RISKS, "ZZ", "YY") == ("*>*", 0.1)
