import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.card_masking import mask, mask_text
from domain.card_numbers import passes_luhn


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"card":"4111111111111111"}', '{"card":"************1111"}'),
        ('{"card":4111111111111111}', '{"card":************1111}'),
        ("x4111111111111111y", "x************1111y"),
        ("4111 1111-1111.1111", "**** ****-****.1111"),
        ("4111 - 1111 - 1111 - 1111", "**** - **** - **** - 1111"),
        ("\uff14" + "\uff11" * 15, "*" * 12 + "\uff11" * 4),
        (r'{"card":"\u0034\u0031111111111111\u0031\u0031"}', '{"card":"************1111"}'),
        (r"4111\t1111\/1111 1111", r"****\t****\/**** 1111"),
        (";4111111111111112=25121010000?", ";************1112=***"),
        ("%B4111111111111112^HOLDER/CARD^2512101?", "%B************1112=***"),
        ("4111111111111112D25121010000F", "************1112=***"),
        ("1" * 50, "*" * 46 + "1111"),
        ('{"card":"411111111111', '{"card":"************'),
    ],
)
def test_a_card_number_is_written_over_but_for_its_last_digits(text, masked):
    assert mask(text.encode()).decode() == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"cvv":"123","a":1}', '{"cvv":"***","a":1}'),
        ('{"cvv":123,"a":1}', '{"cvv":"***","a":1}'),
        ('{"cvv" : null }', '{"cvv" : "***" }'),
        ('{"pin":"1\\"2","a":1}', '{"pin":"***","a":1}'),
        (r'{"\u0070in":"12"}', '{"pin":"***"}'),
        ('{"PinBlock":["1",{"a":"]"}],"a":1}', '{"PinBlock":"***"],"a":1}'),
        ('{"track":{"data":["1","2"]},"a":1}', '{"track":"***","a":1}'),
        ('{"card_cvv2":"123"}', '{"card_cvv2":"***"}'),
        (r'{"a":"{\"cvv\":\"123\",\"b\":1}"}', r'{"a":"{\"cvv\":\"***\",\"b\":1}"}'),
        ("{'cvv': '123'}", "{'cvv': '***'}"),
        ("CVV=123 PIN: 9876", 'CVV="***" PIN: "***"'),
        ('{"cvv":"12', '{"cvv":"***"'),
        ('{"cvv":', '{"cvv":"***"'),
        ("cvv 123", "cvv ***"),
        ("the CVV is 123, he says", "the CVV is ***, he says"),
        ("cvv2 1234.", "cvv2 ***."),
        ("read out cvc, 987 and hung up", "read out cvc, *** and hung up"),
        ("security code was 0123", "security code was ***"),
        ("cvv 123 4111111111111111", "cvv *** ************1111"),
        ("4111111111111111 cvv 123", "************1111 cvv ***"),
        ("cvv 4111 1111 1111 1111", "cvv **** **** **** 1111"),
        ("PIN 4321", "PIN ***"),
        ("her pin code is 123456", "her pin code is ***"),
        ('{"note":"cvv \uff11\uff12\uff13"}', '{"note":"cvv ***"}'),
        ("客户说安全码123", "客户说安全码***"),
        ("安全码是 123。", "安全码是 ***。"),
        ("密码为123456", "密码为***"),
    ],
)
def test_a_card_secret_is_written_over(text, masked):
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        '{"at":"2026-03-01T00:00:07.027+08:00","amount_minor":123456,"mcc":"5999"}',
        '{"place":{"lat":51.97020320439236,"lon":-146.21054876127545}}',
        '{"decline_reason":"wrong_pin","company":"x"}',
        '{"id":"123e4567-e89b-42d3-a456-426614174000"}',
        "wrong pin 3 times, then pin 10 times",
        "pin tried 1234 times",
        "cvv failed 3 times at 1530",
        "cvv 2026-09-19",
        "pin 2026/09/19, pin 10:15",
        "cvv 123.45 CNY",
        "cvv checks: 100%",
        "spin 1234 and mccvv 123",
        "密码错误3次、密码第1234行",
        "postal code 2150, area code 512",
        "opcode 1234",
        r'{"city":"M\u00fcnchen \"\\ \u0022 \ud83d\ude00"}',
        "",
    ],
)
def test_the_rest_stays_as_it_is(text):
    assert mask(text.encode()).decode() == text


@settings(deadline=None)
@given(st.binary(max_size=100))
def test_any_bytes_can_be_masked_and_twice_is_no_more_than_once(raw):
    assert mask(mask(raw)) == mask(raw)


@settings(deadline=None)
@given(st.text("0123456789", min_size=13, max_size=40), st.integers(0, 40))
def test_of_a_window_with_a_right_check_digit_no_more_than_four_digits_are_left(digits, gap):
    masked = mask_text(f"{digits[:gap]}-{digits[gap:]}.").replace("-", "")
    for start in range(len(digits)):
        for end in range(start + 13, min(start + 19, len(digits)) + 1):
            if passes_luhn([int(digit) for digit in digits[start:end]]):
                assert masked[start:end].count("*") >= end - start - 4


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@settings(deadline=None)
@given(JSON, st.booleans())
def test_what_holds_no_secret_still_means_the_same(value, ensure_ascii):
    text = json.dumps({"value": value}, ensure_ascii=ensure_ascii)
    if len(re.findall("[0-9]", text)) < 9:
        assert json.loads(mask_text(text)) == {"value": value}
