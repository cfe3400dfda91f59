"""Which passwords pass, and that what is kept fits them alone."""

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.accounts.codes import code_at, step_of
from cases.accounts.passwords import _common, check_password, hash_password, is_password
from cases.errors import WrongUse


@pytest.mark.parametrize(
    "password",
    [
        "elevenchars",
        "Password2026!",
        "PASSWORD!!!!!!!",
        "1234567890123",
        "qwertyuiop[]",
        "aaaabbbbaaaabbbb",
        "opal wades in rivers",
        "Welcome12345678",
        "x" * 257,
        "密码密码密码密码密码密码",
    ],
)
def test_what_anybody_would_try_first_is_refused(password):
    with pytest.raises(WrongUse):
        check_password(password, "opal", 12)


@pytest.mark.parametrize("password", ["four grey herons wading", "Tq7#mWz!p0Lk", "灰鹭在浅水里慢慢走过去了"])
def test_others_pass_whatever_they_are_made_of(password):
    check_password(password, "opal", 12)


def test_every_common_password_is_refused_as_it_is_written_there():
    for password in _common():
        with pytest.raises(WrongUse):
            check_password(password, "opal", 8)


@settings(max_examples=20, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40))
def test_what_is_kept_fits_its_own_password_alone(one, other):
    kept = hash_password(one)
    assert is_password(kept, one)
    assert is_password(kept, other) == (normalize("NFKC", one) == normalize("NFKC", other))
    assert not is_password(None, "what nobody has")


def test_one_password_on_two_keyboards_is_one():
    assert is_password(hash_password("cafe\u0301 au lait noir"), "caf\u00e9 au lait noir")
    longest = "cafe\u0301" * 64
    assert is_password(hash_password(longest), longest)
    assert not is_password(hash_password(longest), longest[:-2])


@pytest.mark.parametrize(
    ("at_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(at_s, code):
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the RFC's "12345678901234567890" in base 32
    assert code_at(secret, at_s * 1000) == code
    assert step_of(secret, f"{code[:3]} {code[3:]}", at_s * 1000) == at_s // 30
    assert step_of(secret, code, (at_s + 90) * 1000) is None
