"""Codes of an authenticator (TOTP, RFC 6238), what makes them, and the recovery codes that stand in."""

import secrets
from base64 import b32encode
from hashlib import sha256
from hmac import compare_digest

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyotp import TOTP, random_base32

from cases.audit.keys import Keys
from cases.errors import KeyTrouble

ISSUER = "riskdesk"
_STEP_MS = 30_000
# A code of the step before or after counts too: clocks differ, and people take their time.
_NEAR = (0, -1, 1)
_NONCE_BYTES = 12
_KEY_NAME_BYTES = 8
_RECOVERY_CODES = 10
_RECOVERY_BYTES = 10


def new_secret() -> str:
    """Make what an authenticator makes codes from: 160 bits in base 32."""
    return random_base32()


def uri_of(secret: str, name: str) -> str:
    """Give what an authenticator reads as a QR code."""
    return TOTP(secret, name=name, issuer=ISSUER).provisioning_uri()


def code_at(secret: str, at_ms: int) -> str:
    """Give the code of a moment, as an authenticator shows it."""
    return TOTP(secret).generate_otp(at_ms // _STEP_MS)


def step_of(secret: str, code: str, now_ms: int) -> int | None:
    """Give the time step whose code this is, if that is near; the caller asks whether it was used before."""
    now = now_ms // _STEP_MS
    codes = TOTP(secret)
    given = code.strip().replace(" ", "").encode()
    found = None
    for near in _NEAR:
        if compare_digest(codes.generate_otp(now + near).encode(), given):
            found = now + near
    return found


def hidden(keys: Keys, secret: str, name_key: str) -> bytes:
    """Encrypt a secret (AES-256-GCM) for one user: in another's row it does not open. Raises KeyTrouble."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(keys.accounts_key).encrypt(nonce, secret.encode(), name_key.encode())
    return _key_name(keys.accounts_key) + nonce + sealed


def opened(keys: Keys, kept: bytes, name_key: str) -> str:
    """Give back a secret. Raises KeyTrouble where the key is missing or another, or the row was altered."""
    name, rest = kept[:_KEY_NAME_BYTES], kept[_KEY_NAME_BYTES:]
    nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    if not keys.has_accounts_key or _key_name(keys.accounts_key) != name:
        raise KeyTrouble(
            f"the codes of users are encrypted with a key that is not in {keys.folder}; point RISKDESK_KEYS "
            "to the folder that belongs to this store, or restore it from your backup"
        )
    try:
        return AESGCM(keys.accounts_key).decrypt(nonce, sealed, name_key.encode()).decode()
    except InvalidTag:
        raise KeyTrouble(
            f"what makes the codes of {name_key} is not as it was written; reset that user, and look at "
            "`riskdesk audit verify`"
        ) from None


def new_recovery_codes() -> tuple[str, ...]:
    """Make codes of 80 bits to be written down: each lets its owner in once without the authenticator."""
    return tuple(_grouped(secrets.token_bytes(_RECOVERY_BYTES)) for _ in range(_RECOVERY_CODES))


def recovery_hash(code: str) -> str:
    """Give what is kept of a recovery code, however it was typed."""
    return sha256(code.upper().replace("-", "").replace(" ", "").encode()).hexdigest()


def _grouped(drawn: bytes) -> str:
    text = b32encode(drawn).decode()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _key_name(key: bytes) -> bytes:
    """Name the key in each row, so that another one is noticed."""
    return sha256(b"name\0" + key).digest()[:_KEY_NAME_BYTES]
