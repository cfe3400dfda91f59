import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.card_numbers import holds_card_number, holds_card_number_in, passes_luhn, sensitive_name

# Numbers that the payment schemes publish for testing; nobody's.
PUBLISHED = [
    "4111111111111111",
    "4012888888881881",
    "4222222222222",
    "5555555555554444",
    "2223003122003222",
    "378282246310005",
    "30569309025904",
    "3530111333300000",
    "6011111111111117",
    "6200000000000005",
    "6304000000000000",
    "9792030394440796",
]


@pytest.mark.parametrize("number", PUBLISHED)
@pytest.mark.parametrize("text", ["{}", "card {}", "{}.", "tx_{}_1", "({})", "1.{}", "卡号:{}"])
def test_a_card_number_that_stands_alone_is_found(number, text):
    assert holds_card_number(text.format(number))


@pytest.mark.parametrize(
    "text",
    [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111 1111-1111/1111",
        "4111 1111 1111 1111 110",
        "3782 822463 10005",
        "3056 930902 5904",
        "4222 222 222 222",
        "620000 0000000000000",
        "41111111 11111111",
        "2026 4111 1111 1111 1111 and more",
    ],
)
def test_a_card_number_is_found_in_the_groups_of_a_printed_card(text):
    assert holds_card_number(text)


@pytest.mark.parametrize("zero", [0xFF10, 0x0660, 0x06F0], ids=hex)
def test_a_card_number_is_found_in_the_digits_of_another_script(zero):
    number = PUBLISHED[0].translate({ord("0") + digit: zero + digit for digit in range(10)})
    assert holds_card_number(f"no. {number}")
    assert holds_card_number(f"no. {number[:3]}{PUBLISHED[0][3:]}")


@pytest.mark.parametrize(
    "text",
    [
        ";4111111111111112=25121010000000000?",  # track 2; a mistyped number is a number
        "%B4111111111111112^HOLDER/CARD^25121010000?",
        "4111111111111111D25121010000000000F",
    ],
)
def test_track_data_is_found(text):
    assert holds_card_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # wrong check digit
        "411111111111",  # too short
        "41111111111111111111",  # too long
        "x4111111111111111",  # part of a longer token
        "4111111111111111ab",
        "4111 1111 1111 111a",
        "1111111111111117",  # nobody's: begins with 1
        "0000000000000000",
        "2026030100000008",  # begins like a date
        "1772323207027",  # milliseconds since 1970
        "1772323207027000",
        "2026-03-01T09:30:07.027+08:00",
        "2026-03-01 09:30:07",
        "123e4567-e89b-42d3-a456-426614174000",
        "12345678-1234-4234-8234-123456789012",
        "4111 1111",
        "+86 138 0013 8000",
        "",
    ],
)
def test_what_only_looks_like_a_card_number_is_let_through(text):
    assert not holds_card_number(text)


def test_a_merchant_number_of_fifteen_digits_is_no_card_number_unless_it_begins_like_one():
    assert holds_card_number("445000000000003")
    assert not holds_card_number_in("merchant", "445000000000003")
    assert holds_card_number_in("merchant", "378282246310005")
    assert holds_card_number_in("merchant", "4111111111111111")


@settings(deadline=None)
@given(st.integers(min_value=0).map(str))
def test_one_check_digit_in_ten_is_right(body):
    assert sum(passes_luhn([int(digit) for digit in body + str(last)]) for last in range(10)) == 1


@pytest.mark.parametrize(
    "name", ["pan", "PAN", "cvv", "CVV2", "pinBlock", "PIN-Block", "track_2", "Track2Data"]
)
def test_a_sensitive_field_is_known_however_it_is_spelt(name):
    assert sensitive_name(name)


@pytest.mark.parametrize(
    "name", ["card", "pan_entry_mode", "pin_verified", "company", "tracking", "cvv_result", ""]
)
def test_fields_that_only_speak_of_secrets_are_let_through(name):
    assert not sensitive_name(name)


@settings(deadline=None)
@given(st.text("4\u0664\uff14\u096a\u00b2 -", min_size=13, max_size=20))
def test_any_sign_that_looks_like_a_digit_can_be_looked_at(text):
    assert holds_card_number(text) in (True, False)
