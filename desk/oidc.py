"""The bank's own sign-in (OpenID Connect): the way there and back, and what of an answer is believed.

Authorization code with PKCE; state and nonce lie in a cookie that only the desk can read. An ID token counts
that the provider's published key signed, for this desk, for this visit, and that is not over.
"""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from cases.errors import SignInRefused
from desk.errors import Away
from desk.settings import OidcSettings

# Signed with a key that only the provider has; a secret shared with us would let us sign for it.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_TIMEOUT_S = 10.0
# Clocks differ by so much at most.
_LEEWAY_S = 60
_KEYS_EVERY_MS = 60_000
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_WITHIN_S = 300


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit to the provider: what it must bring back, and where the person goes then."""

    state: str
    nonce: str
    verifier: str
    next: str
    until_ms: int
    # Who is to prove anew who they are: their session, and since when a proof counts.
    session: str = ""
    proved_from_s: int | None = None


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """For whom the provider vouches."""

    subject: str
    name: str
    groups: tuple[str, ...]


class Provider:
    """The bank's own sign-in; what it says of itself is asked once, and its keys when one is not known."""

    def __init__(self, settings: OidcSettings, secret: str, clock: Callable[[], int]) -> None:
        """Sign in at the settings' issuer, with the client's `secret`; `clock` is the desk's."""
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._lock = Lock()
        self._known: Mapping[str, Any] | None = None
        self._keys: tuple[KeySet, int] | None = None

    def begin(
        self, next_path: str, back: str, until_ms: int, *, anew: bool = False, session: str = ""
    ) -> tuple[str, Visit]:
        """Give the address at the provider where the person goes, and the visit. Raises Away.

        With `anew` the provider is to ask the person again, whether it knows them by now or not.
        """
        visit = Visit(
            state=generate_token(32),
            nonce=generate_token(32),
            verifier=generate_token(64),
            next=next_path,
            until_ms=until_ms,
            session=session,
            proved_from_s=self._clock() // 1000 if anew else None,
        )
        asked = {"prompt": "login", "max_age": 0} if anew else {}
        where = self._address("authorization_endpoint")
        with self._client(back) as client:
            url, _ = client.create_authorization_url(
                where, state=visit.state, nonce=visit.nonce, code_verifier=visit.verifier, **asked
            )
        return str(url), visit

    def identity(self, code: str, visit: Visit, back: str) -> Identity:
        """Give for whom the provider vouches by a code. Raises SignInRefused, and Away."""
        try:
            with self._client(back) as client:
                given = client.fetch_token(
                    self._address("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=visit.verifier,
                )
        except OAuthError as error:
            raise _refused("the bank's sign-in did not take the code that it gave") from error
        except httpx2.HTTPError as error:
            raise _away() from error
        except ValueError as error:
            raise _refused("the bank's sign-in gave an answer that is none") from error
        if not isinstance(given.get("id_token"), str):
            raise _refused("the bank's sign-in did not say who it is")
        token = self._read(given["id_token"])
        params = {"nonce": visit.nonce, "client_id": self.settings.client_id}
        params["access_token"] = given.get("access_token")
        claims = CodeIDToken(token.claims, token.header, self._expected(), params)
        try:
            claims.validate(now=self._clock() // 1000, leeway=_LEEWAY_S)
        except JoseError as error:
            raise _refused("what the bank's sign-in said does not fit this visit") from error
        if claims.get("nonce") != visit.nonce:
            raise _refused("what the bank's sign-in said does not fit this visit")
        proved_s = claims.get("auth_time")
        if visit.proved_from_s is not None and not (
            isinstance(proved_s, int) and proved_s >= visit.proved_from_s - _LEEWAY_S
        ):
            raise _refused("the bank's sign-in did not ask who it is once more")
        return self._identity(claims)

    def ended(self, logout_token: str) -> str:
        """Give the subject whose sessions the provider wants ended. Raises SignInRefused, and Away."""
        claims = self._read(logout_token).claims
        now_s = self._clock() // 1000
        audience = claims.get("aud")
        fits = (
            claims.get("iss") == self.settings.issuer
            and self.settings.client_id in (audience if isinstance(audience, list) else [audience])
            and isinstance(claims.get("events"), dict)
            and _LOGOUT in claims["events"]
            and "nonce" not in claims
            and isinstance(claims.get("iat"), int)
            and abs(now_s - claims["iat"]) <= _LOGOUT_WITHIN_S
            and isinstance(claims.get("sub"), str)
        )
        if not fits:
            raise _refused("this is no token that ends a session here")
        return str(claims["sub"])

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        groups = claims.get(self.settings.groups_claim, ())
        if isinstance(groups, str):
            groups = (groups,)
        name = claims.get("preferred_username") or claims.get("name") or claims["sub"]
        return Identity(subject=str(claims["sub"]), name=str(name), groups=tuple(map(str, groups or ())))

    def _expected(self) -> dict[str, Any]:
        return {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
        }

    def _read(self, token: str) -> jwt.Token:
        """Give a token that one of the provider's keys signed. Raises SignInRefused, Away."""
        registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
        try:
            try:
                return jwt.decode(token, self._key_set(), registry=registry)
            except InvalidKeyIdError:
                return jwt.decode(token, self._key_set(anew=True), registry=registry)
        except (JoseError, ValueError) as error:
            raise _refused("what the bank's sign-in said is not signed by it") from error

    def _key_set(self, *, anew: bool = False) -> KeySet:
        with self._lock:
            now_ms = self._clock()
            if self._keys is None or (anew and now_ms >= self._keys[1] + _KEYS_EVERY_MS):
                found = self._get(self._described()["jwks_uri"])
                self._keys = KeySet.import_key_set(found), now_ms  # type: ignore[arg-type]
            return self._keys[0]

    def _address(self, name: str) -> str:
        with self._lock:
            return str(self._described()[name])

    def _described(self) -> Mapping[str, Any]:
        if self._known is None:
            issuer = self.settings.issuer
            found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            safe = [urlsplit(str(found.get(name))) for name in wanted]
            # As in the settings: nothing of this goes over the network in the clear.
            if found.get("issuer") != issuer or any(
                each.scheme != "https" and each.hostname != urlsplit(issuer).hostname for each in safe
            ):
                raise Away("the bank's sign-in describes itself as another one; look at --oidc-issuer")
            self._known = found
        return self._known

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = httpx2.get(url, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise _away() from error
        if not isinstance(found, dict):
            raise _away()
        return found

    def _client(self, back: str) -> OAuth2Client:
        return OAuth2Client(
            client_id=self.settings.client_id,
            client_secret=self._secret,
            scope="openid profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=_TIMEOUT_S,
            trust_env=False,
            follow_redirects=False,
        )


def _refused(words: str) -> SignInRefused:
    return SignInRefused(f"{words}; begin again, and ask whoever keeps the users if that does not help")


def _away() -> Away:
    return Away("the bank's sign-in does not answer; try again, or sign in with a password if you have one")
