"""What numbers in card messages stand for: currencies by ISO 4217, countries by ISO 3166."""

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from domain.events import Place
from domain.money import minor_digits

_FOLDER = Path(__file__).parent
# ISO 4217: of what has no money in it.
NO_CURRENCY = "XXX"


class Amount(NamedTuple):
    """Money in minor units, with its ISO 4217 letters."""

    minor: int
    currency: str


def currency_letters(code: str) -> str | None:
    """Give the letters of a currency by its numeric code or by these letters; None for one not in use."""
    known = _currencies()
    return known.get(code) or (code if code in known.values() else None)


def amount_of(digits: str, currency: str, *, two_decimals: bool) -> Amount | None:
    """Give an amount as minor units: as they came, or from two decimals whatever the currency has.

    None where that leaves a fraction of a minor unit.
    """
    minor = int(digits)
    if two_decimals:
        decimals = minor_digits(currency)
        minor, rest = divmod(minor * 10**decimals, 100)
        if rest:
            return None
    return Amount(minor, currency)


def country_place(code: str) -> Place | None:
    """Give a country as a place as large as it is, by its numeric code, two or three letters."""
    return _countries().get(code)


def country_number(code: str) -> str | None:
    """Give a country's numeric code by any of its codes; None for one that is not known."""
    place = _countries().get(code)
    return None if place is None else _numbers()[place.country or ""]


@cache
def _currencies() -> dict[str, str]:
    return _table("iso8583_currencies.yaml")


@cache
def _countries() -> dict[str, Place]:
    found = {}
    for letters, (number, three, lat, lon, radius_km) in _table("iso8583_countries.yaml").items():
        place = Place(lat=lat, lon=lon, country=letters, error_km=radius_km)
        found.update(dict.fromkeys((number, letters, three), place))
    return found


@cache
def _numbers() -> dict[str, str]:
    return {letters: row[0] for letters, row in _table("iso8583_countries.yaml").items()}


def _table(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((_FOLDER / name).read_text("utf-8"))
    return found
