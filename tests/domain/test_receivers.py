"""Where something may be sent, and how a request proves whose it is."""

import pytest

from domain.receivers import is_here, is_safe, signature, why_unfit

SECRET = b"a secret of 16 bytes"


@pytest.mark.parametrize(
    ("url", "secret", "why"),
    [
        ("https://bank.example/ask", SECRET, None),
        ("http://127.0.0.1:8080/ask", SECRET, None),
        ("http://[::1]/ask", SECRET, None),
        ("http://localhost/ask", SECRET, None),
        ("http://bank.example/ask", SECRET, "is no address for questions; write https://host/path"),
        ("http://10.0.0.1/ask", SECRET, "is no address for questions"),
        ("http://localhost.bank.example/ask", SECRET, "is no address for questions"),
        ("ftp://127.0.0.1/ask", SECRET, "is no address for questions"),
        ("https:///ask", SECRET, "is no address for questions"),
        ("", SECRET, "is no address for questions"),
        ("https://desk:word@bank.example/ask", SECRET, "must hold no user or password"),
        ("https://bank.example/ask", b"fifteen bytes..", "16 bytes at least"),
    ],
)
def test_an_address_is_fit_or_it_is_said_why_not(url, secret, why):
    said = why_unfit(url, secret, "questions")
    assert said is None if why is None else why in said
    assert "word" not in (said or "").replace("password", "")
    assert secret.decode() not in (said or "")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.9", True),
        ("::1", True),
        ("localhost", True),
        ("127.0.0.1.bank.example", False),
        ("0.0.0.0", False),
        ("", False),
    ],
)
def test_only_what_stays_on_this_machine_goes_in_the_open(host, here):
    assert is_here(host) is here
    assert is_safe("http", host) is here
    assert is_safe("https", host)
    assert not is_safe("ws", host)


def test_a_signature_is_what_the_receiver_can_compute_from_the_documents_alone():
    # echo -n '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'a secret of 16 bytes'
    known = signature(SECRET, "1700000000", b'{"a":1}')
    assert known == "v1=d7bc7d43d34e83627b2548fc60aea3262d467052c99c2cdc768f33322000859d"
    for other in (
        signature(SECRET, "1700000001", b'{"a":1}'),
        signature(SECRET, "1700000000", b'{"a":2}'),
        signature(SECRET + b".", "1700000000", b'{"a":1}'),
    ):
        assert other != known
