"""Specs are data: those that ship, those of an operator, and what is wrong with them; tables beside them."""

import math
import re
from importlib.resources import files
from random import Random

import iso8583
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.card_tokens import CardTokens
from connectors.errors import CardSpecError
from connectors.iso8583_message import CardMessage, MessageReader
from connectors.iso8583_spec import CardSpec, known_specs, load_spec, wire_spec
from connectors.iso8583_tables import country_number, country_place, currency_letters
from domain.money import minor_digits
from domain.places import EARTH_RADIUS_KM
from tests.connectors.card_messages import KEY, PURCHASE, encoded, spec_of
from tests.connectors.hostile import card_number

ALPHABETS = {
    "n": "0123456789",
    "an": "ABCXYZ0189",
    "ans": "AZaz09 ./-",
    "z": "0123456789=",
    "b": "0123456789ABCDEF",
}


def test_these_specs_ship():
    assert known_specs() == ["iso87", "iso87_binary", "unionpay", "unionpay_header"]
    for name in known_specs():
        spec = load_spec(name)
        assert name.startswith(spec.network)
        assert len(spec.fields) == 126


@st.composite
def contents(draw: st.DrawFn, spec: CardSpec) -> dict[str, str]:
    """Draw a message that a network could send."""
    numbers = draw(st.sets(st.sampled_from(sorted(spec.fields)), min_size=1, max_size=25))
    fields = {"t": draw(st.sampled_from(["0100", "0110", "0200", "0420", "0800"]))}
    if spec.header_bytes:
        fields["h"] = "2E" * spec.header_bytes
    for number in numbers:
        kind, length = spec.fields[number].split(" ")
        longest = int(length.strip("."))
        count = draw(st.integers(1, min(longest, 40))) if length.startswith(".") else longest
        digits = 2 * count if kind == "b" else count
        text = draw(st.text(ALPHABETS[kind], min_size=digits, max_size=digits))
        fields[str(number)] = text.replace("=", "D") if spec.encoding.numeric == "bcd" else text
    return fields


@pytest.mark.parametrize("name", ["iso87", "iso87_binary", "unionpay", "unionpay_header"])
def test_what_a_network_encodes_is_decoded_as_it_was(name):
    spec = spec_of(name)

    @settings(max_examples=40, deadline=None)
    @given(contents(spec))
    def check(fields: dict[str, str]) -> None:
        decoded, _ = iso8583.decode(encoded(fields, spec), wire_spec(spec))
        assert {key: decoded[key] for key in fields} == fields

    check()


@pytest.mark.parametrize("name", ["iso87", "iso87_binary", "unionpay_header"])
def test_a_purchase_says_the_same_in_every_network(name):
    spec = spec_of(name)
    header = {"h": "2E" * spec.header_bytes} if spec.header_bytes else {}
    found = MessageReader(spec, CardTokens(KEY)).read(encoded({**PURCHASE, **header}, spec))
    plain = MessageReader(spec_of(), CardTokens(KEY)).read(encoded(PURCHASE))
    assert isinstance(found, CardMessage)
    assert found == plain


@pytest.mark.parametrize("length", [13, 15, 16, 19])
def test_numbers_of_odd_and_even_length_have_the_same_token_packed_and_plain(length):
    number = card_number(Random(length), length)
    fields = {**PURCHASE, "2": number}
    found = [
        MessageReader(spec_of(name), CardTokens(KEY)).read(encoded(fields, spec_of(name)))
        for name in ("iso87", "iso87_binary")
    ]
    assert found[0] == found[1]


def test_a_spec_of_ones_own_says_only_what_differs(tmp_path):
    path = tmp_path / "house.yaml"
    path.write_text(
        "extends: iso87\nnetwork: house\nencoding: {text: cp500}\n"
        "fields: {44: b ..12}\nresponse: {Z1: stolen}\n"
    )
    spec = load_spec(str(path))
    base = load_spec("iso87")
    assert spec.encoding.text == "cp500"
    assert spec.encoding.bitmap == base.encoding.bitmap
    assert spec.fields == base.fields | {44: "b ..12"}
    assert spec.response == base.response | {"Z1": "stolen"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extends: iso87\nfields: {2: digits}\n", "field 2 is 'digits'; write kind and length"),
        ("extends: iso87\nfields: {200: n 6}\n", "field 200 cannot be; fields are 2 to 128"),
        ("extends: iso87\nmatch: [7, 65]\n", "match names field 65"),
        ("extends: iso87\nzones: {transmission: Asia/Shangai}\n", "'Asia/Shangai' is no time zone"),
        ("extends: iso87\nresponse: {'00': fine}\n", "Invalid enum value 'fine'"),
        ("extends: iso87\nfeilds: {}\n", "unknown field `feilds`"),
        ("extends: iso87\nheader_bytes: -1\n", "header_bytes is -1; 0 to 1024 are allowed"),
        ("extends: iso87\ncountry_in_43: 'CHN'\n", "must have a group"),
        ("extends: iso87\ncountry_in_43: '('\n", "no regular expression"),
        (
            "extends: iso87\nchannels: [{mcc: ['6011'], channel: atm}]\n",
            "channels must end with one that fits",
        ),
        ("extends: iso87\nchannels: []\n", "channels must end with one that fits"),
        ("extends: iso87\nfields: {55: ans ...255}\n", "field 55 must be bytes"),
        ("extends: iso88\n", "there is no spec 'iso88'; there are iso87, iso87_binary"),
        ("- a list\n", "must be one mapping"),
        ("a: [\n", "is no YAML"),
    ],
)
def test_what_is_wrong_with_a_spec_is_said(tmp_path, text, said):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(CardSpecError) as caught:
        load_spec(str(path))
    assert said in str(caught.value)


def test_a_spec_that_does_not_ship_is_named_with_those_that_do():
    with pytest.raises(
        CardSpecError, match="there is no spec 'visa'; there are iso87, iso87_binary, unionpay"
    ):
        load_spec("visa")


def test_currencies_have_letters_and_the_right_decimals():
    for code, letters, digits in (
        ("156", "CNY", 2), ("392", "JPY", 0), ("414", "KWD", 3), ("840", "USD", 2), ("901", "TWD", 2),
        ("344", "HKD", 2), ("410", "KRW", 0), ("008", "ALL", 2), ("048", "BHD", 3), ("990", "CLF", 4),
    ):  # fmt: skip
        assert currency_letters(code) == letters
        assert minor_digits(letters) == digits
        assert currency_letters(letters) == letters
    assert currency_letters("000") is None
    assert currency_letters("ZZZ") is None


def points() -> list[tuple[str, float, float]]:
    """Give countries and points within them, of the time zone database: an outside check of our table."""
    found = []
    for line in (files("tzdata") / "zoneinfo/zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            letters, place, zone = line.split("\t")[:3]
            lat, lon = re.findall(r"[+-]\d+", place)
            if not zone.startswith("Antarctica/"):
                found.append((letters, degrees(lat, 2), degrees(lon, 3)))
    return found


def degrees(text: str, whole: int) -> float:
    digits = text[1:].ljust(whole + 4, "0")
    value = int(digits[:whole]) + int(digits[whole : whole + 2]) / 60 + int(digits[whole + 2 :]) / 3600
    return -value if text[0] == "-" else value


def km_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    a, b, c, d = map(math.radians, (lat, lon, other_lat, other_lon))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(h))


def test_every_country_lies_around_its_middle():
    checked = set()
    for letters, lat, lon in points():
        place = country_place(letters)
        if place is not None:
            assert km_between(place.lat, place.lon, lat, lon) <= place.error_km, letters
            checked.add(letters)
    assert len(checked) > 110


def test_a_country_has_one_place_by_each_of_its_codes():
    for codes in (("158", "TW", "TWN"), ("344", "HK", "HKG"), ("578", "NO", "NOR"), ("156", "CN", "CHN")):
        assert len({country_place(code) for code in codes}) == 1
        assert {country_number(code) for code in codes} == {codes[0]}
    assert country_place("999") is None
    assert country_number("XX") is None
