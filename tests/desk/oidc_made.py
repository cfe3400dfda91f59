"""A small OpenID Connect provider: a real server that signs ID tokens, and can be told to do it wrong."""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

CLIENT, SECRET = "desk", "a secret between the two of us"


class Provider(ThreadingHTTPServer):
    """Signs in one person; `claims` and `key` are what its ID tokens have, `refuses` what it says instead."""

    daemon_threads = True

    def __init__(self, clock: Callable[[], int]) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.clock = clock
        self.key: RSAKey | ECKey = RSAKey.generate_key(2048, {"kid": "one"}, auto_kid=False)
        self.published = KeySet([self.key])
        self.claims: dict[str, Any] = {"sub": "s-1", "preferred_username": "mei", "groups": ["lead"]}
        self.other: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def code_for(self, address: str) -> tuple[str, str]:
        """Sign the person in who came by `address`, and give the code and the state to come back with."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["client_id"] == CLIENT
        assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return code, query["state"]

    def token(self, given: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Trade a code for tokens, once, for who brings what the challenge was made of."""
        query = self.codes.pop(given.get("code", ""), None)
        if query is None or not _fits(given.get("code_verifier", ""), query["code_challenge"]):
            return 400, {"error": "invalid_grant"}
        now_s = self.clock() // 1000
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now_s,
            "exp": now_s + 300,
            "nonce": query["nonce"],
            **self.claims,
            **self.other,
        }
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        algorithm = "ES256" if isinstance(self.key, ECKey) else "RS256"
        return jwt.encode({"alg": algorithm, "kid": str(self.key.kid)}, claims, self.key)


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        self.server.asked.append(self.path)
        if self.path == "/.well-known/openid-configuration":
            places = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            self._answer(200, {"issuer": issuer, **{name: issuer + path for name, path in places.items()}})
        elif self.path == "/keys":
            self._answer(200, self.server.published.as_dict(private=False))
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        basic = self.headers.get("Authorization", "")
        assert basic.startswith("Basic ") or given.get("client_secret") == SECRET
        self._answer(*self.server.token(given))

    def log_message(self, *args: object) -> None:
        return None

    def _answer(self, status: int, body: object) -> None:
        text = orjson.dumps(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


@contextmanager
def provider(clock: Callable[[], int]) -> Iterator[Provider]:
    """Serve a provider while a test runs."""
    server = Provider(clock)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _fits(verifier: str, challenge: str) -> bool:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") == challenge
