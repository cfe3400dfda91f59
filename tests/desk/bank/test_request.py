"""Questions to the bank's systems: signed, only to safe addresses, and never waited for too long."""

from collections.abc import Iterator
from threading import Event

import pytest

from desk.bank.request import BankAddressUnfitError, BankAwayError, BankRequest
from domain.receivers import signature
from tests.desk.bank_system import NOW_MS, SECRET, BankSystem, answer, serving


@pytest.fixture
def system() -> Iterator[BankSystem]:
    with serving(BankSystem()) as running:
        yield running


def request(url: str, *, secret: bytes = SECRET, timeout_s: float = 5.0) -> BankRequest:
    return BankRequest(url, secret, lambda: NOW_MS, timeout_s)


def test_the_signature_is_the_one_of_all_of_riskdesk() -> None:
    # echo -n '1700000000.{}' | openssl dgst -sha256 -hmac 0123456789abcdef-not-a-real-one
    assert signature(SECRET, "1700000000", b"{}") == (
        "v1=407088ecaf1d9f495cc949d28938a626b205e99090f995d8d8e8331139e31219"
    )


def test_a_question_is_answered(system: BankSystem) -> None:
    system.says({"fine": True})
    assert request(system.url).ask(b'{"a":1}') == b'{"fine":true}'
    assert system.got == [{"a": 1}]


def test_another_secret_gets_no_answer(system: BankSystem) -> None:
    with pytest.raises(BankAwayError, match="it answered 401"):
        request(system.url, secret=SECRET + b"x").ask(b"{}")
    assert system.got == []


@pytest.mark.parametrize("status", [204, 301, 403, 404, 429, 500, 503])
def test_anything_but_200_is_no_answer(system: BankSystem, status: int) -> None:
    system.says(b"", status)
    with pytest.raises(BankAwayError, match=f"it answered {status}"):
        request(system.url).ask(b"{}")


def test_nobody_there_is_said_to_be_nobody() -> None:
    with serving(BankSystem()) as gone:
        url = gone.url
    with pytest.raises(BankAwayError, match="no answer"):
        request(url).ask(b"{}")


def test_who_never_answers_is_not_waited_for(system: BankSystem) -> None:
    released = Event()
    system.respond = lambda handler, asked: released.wait(30) and None
    try:
        with pytest.raises(BankAwayError, match=r"no answer within 0\.2 seconds"):
            request(system.url, timeout_s=0.2).ask(b"{}")
    finally:
        released.set()


def test_an_answer_that_never_ends_is_cut_off(system: BankSystem) -> None:
    system.respond = lambda handler, asked: answer(handler, b"x" * (9 << 20))
    with pytest.raises(BankAwayError, match="too long"):
        request(system.url).ask(b"{}")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://bank.example/ask", "no address for questions"),
        ("ftp://127.0.0.1/ask", "no address for questions"),
        ("https:///ask", "no address for questions"),
        ("https://user:word@bank.example/ask", "no user or password"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(url: str, why: str) -> None:
    with pytest.raises(BankAddressUnfitError, match=why) as refused:
        request(url)
    assert "word@" not in str(refused.value)


def test_a_short_secret_and_no_time_are_refused_and_the_secret_is_never_shown() -> None:
    with pytest.raises(BankAddressUnfitError, match="16 bytes at least") as refused:
        request("https://bank.example/ask", secret=b"too-short")
    assert "too-short" not in str(refused.value)
    with pytest.raises(BankAddressUnfitError, match="more than 0 seconds"):
        request("https://bank.example/ask", timeout_s=0)
    assert "0123456789abcdef" not in repr(request("https://bank.example/ask"))
