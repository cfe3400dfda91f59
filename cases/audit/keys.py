"""The keys of a store: what chains its audit, what signs seals and evidence, what hides users' secrets.

They lie in a folder of their own, readable by their owner alone: whoever can change the store but not read
the keys cannot make a chain that holds.
"""

import os
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from cases.errors import KeyTrouble

# The environment variable that names the folder.
KEYS_VARIABLE = "RISKDESK_KEYS"
_AUDIT_KEY = "audit.key"
_ACCOUNTS_KEY = "accounts.key"
_SIGNING_KEY = "signing.key.pem"
# What checks seals and evidence; it is no secret.
PUBLIC_KEY = "signing.pub.pem"
_KEY_BYTES = 32
_ID_LENGTH = 16


@dataclass(frozen=True)
class Keys:
    """The keys in one folder; each is made when it is first asked for, unless it must exist."""

    folder: Path

    @cached_property
    def audit_key(self) -> bytes:
        """The key that chains the audit. Raises KeyTrouble."""
        return self._hexadecimal(_AUDIT_KEY, "audit key")

    @cached_property
    def accounts_key(self) -> bytes:
        """The key that encrypts what users prove themselves with. Raises KeyTrouble."""
        return self._hexadecimal(_ACCOUNTS_KEY, "key of the accounts")

    @cached_property
    def signing_key(self) -> Ed25519PrivateKey:
        """The key that signs seals and evidence; its public half is laid beside it. Raises KeyTrouble."""
        path = self.folder / _SIGNING_KEY
        try:
            key = load_pem_private_key(self._read_or_make(path, _new_signing_key), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyTrouble(
                f"{path} is no Ed25519 private key (PEM, PKCS #8, no password); restore it from your backup"
            )
        self._publish(key.public_key())
        return key

    @cached_property
    def public_key(self) -> Ed25519PublicKey:
        """What checks seals and evidence. Raises KeyTrouble."""
        path = self.folder / PUBLIC_KEY
        return read_public_key(path) if path.is_file() else self.signing_key.public_key()

    @property
    def has_audit_key(self) -> bool:
        """Whether the key that chains the audit was made before."""
        return (self.folder / _AUDIT_KEY).is_file()

    @property
    def has_accounts_key(self) -> bool:
        """Whether the key of the accounts was made before."""
        return (self.folder / _ACCOUNTS_KEY).is_file()

    def _hexadecimal(self, name: str, what: str) -> bytes:
        path = self.folder / name
        written = self._read_or_make(path, lambda: secrets.token_hex(_KEY_BYTES).encode() + b"\n")
        try:
            key = bytes.fromhex(written.decode("ascii").strip())
        except ValueError:
            key = b""
        if len(key) != _KEY_BYTES:
            raise KeyTrouble(
                f"{path} is no {what}: it must hold {_KEY_BYTES * 2} hexadecimal digits; restore it from "
                "your backup"
            )
        return key

    def _read_or_make(self, path: Path, make: Callable[[], bytes]) -> bytes:
        try:
            if not path.exists():
                self._make(path, make())
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode & 0o077:
                raise KeyTrouble(f"{path} can be read by others (mode {mode:04o}); run: chmod 600 {path}")
            return path.read_bytes()
        except OSError as error:
            raise KeyTrouble(
                f"cannot use the key {path}: {error.strerror}; the folder is set by {KEYS_VARIABLE}"
            ) from error

    def _make(self, path: Path, written: bytes) -> None:
        """Lay the key down whole: of two processes that make it at once, both use the first one's."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(written)
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            return
        finally:
            draft.unlink()

    def _publish(self, key: Ed25519PublicKey) -> None:
        path = self.folder / PUBLIC_KEY
        if not path.exists():
            path.write_bytes(public_pem(key))


def default_folder(beside: Path | None = None) -> Path:
    """Give the folder the environment names, else `keys/` beside the store's file, else the user's own."""
    named = os.environ.get(KEYS_VARIABLE)
    if named:
        return Path(named)
    return beside / "keys" if beside is not None else Path.home() / ".config" / "riskdesk" / "keys"


def public_pem(key: Ed25519PublicKey) -> bytes:
    """Write a public key the way `openssl` reads it."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: Ed25519PublicKey) -> str:
    """Give the short name of a public key: the beginning of its SHA-256."""
    return sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:_ID_LENGTH]


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key. Raises KeyTrouble when the file is missing or is none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except OSError as error:
        raise KeyTrouble(
            f"cannot read the public key {path}: {error.strerror}; name the desk's own, {PUBLIC_KEY} among "
            "its keys (beside an SQLite store: in keys/), with --key"
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise KeyTrouble(
            f"{path} is no Ed25519 public key; give the signing.pub.pem of the desk's keys folder"
        )
    return key


def _new_signing_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
