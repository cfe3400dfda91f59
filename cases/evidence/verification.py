"""Checks a package that comes back: whether it is what the desk signed, and if not, what is wrong with it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from cases.audit.keys import key_id
from cases.errors import NotFound
from cases.evidence import excerpt
from cases.evidence.package import AUDIT, FORMAT, MANIFEST, SIGNATURE, UNLISTED

# A package holds text and one document; what is larger was not made by the desk.
_LARGEST_FILE = 256 * 2**20


class Checked(NamedTuple):
    """The case that a package says it is about, how many parts it has, and what is wrong with it."""

    case: str
    parts: int
    faults: tuple[str, ...]


def verify_package(path: Path, public_key: Ed25519PublicKey) -> Checked:
    """Check the package at `path` against the desk's key. Raises NotFound when there is no file."""
    if not path.is_file():
        raise NotFound(f"there is no package at {path}")
    try:
        with ZipFile(path) as package:
            names = Counter(package.namelist())
            large = [each.filename for each in package.infolist() if each.file_size > _LARGEST_FILE]
            if large:
                return Checked("", 0, (f"{large[0]} is too large for a part of a package",))
            files = {name: package.read(name) for name in names}
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        return Checked("", 0, (f"{path} is no whole zip: {error}",))
    if missing := [name for name in (MANIFEST, SIGNATURE) if name not in files]:
        return Checked("", 0, (f"{missing[0]} is missing, so that nothing can be said of the rest",))
    manifest = _manifest(files[MANIFEST])
    faults = [f"{name} is in the package {count} times" for name, count in names.items() if count > 1]
    faults += _signature_faults(files, public_key)
    if manifest is None:
        return Checked("", 0, (*faults, f"{MANIFEST} is not one of format {FORMAT!r}"))
    faults += _part_faults(manifest, files)
    faults += _audit_faults(files, public_key)
    return Checked(str(manifest["case"]), len(manifest["parts"]), tuple(faults))


def _manifest(written: bytes) -> dict[str, Any] | None:
    try:
        said: Any = orjson.loads(written)
        if said["format"] != FORMAT or not isinstance(said["case"], str):
            return None
        _ = [(str(part["name"]), str(part["sha256"]), int(part["bytes"])) for part in said["parts"]]
    except (ValueError, TypeError, KeyError):
        return None
    return dict(said)


def _signature_faults(files: Mapping[str, bytes], public_key: Ed25519PublicKey) -> Iterator[str]:
    try:
        public_key.verify(files[SIGNATURE], files[MANIFEST])
    except InvalidSignature:
        yield (
            f"{MANIFEST} does not carry the signature of key {key_id(public_key)}: it was changed, or signed "
            "with another key"
        )


def _part_faults(manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> Iterator[str]:
    listed = {part["name"]: part for part in manifest["parts"]}
    for name, part in listed.items():
        if name not in files:
            yield f"{name} is missing"
        elif sha256(files[name]).hexdigest() != part["sha256"] or len(files[name]) != part["bytes"]:
            yield f"{name} was changed: its SHA-256 is not the one in {MANIFEST}"
    for name in files:
        if name not in listed and name not in UNLISTED:
            yield f"{name} was put in: {MANIFEST} does not list it"


def _audit_faults(files: Mapping[str, bytes], public_key: Ed25519PublicKey) -> list[str]:
    if AUDIT not in files:
        return []
    try:
        return excerpt.faults(orjson.loads(files[AUDIT]), public_key)
    except (ValueError, TypeError, KeyError, AttributeError):
        return [f"{AUDIT} is no excerpt of an audit"]
