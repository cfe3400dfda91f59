"""Seals: signed statements of how the audit reads, kept in the store and in a file outside it.

The chain shows what was changed in the middle but not that its end was cut off, and whoever has its key can
write another one. A seal that has left the house shows both.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from cases.audit import merkle
from cases.audit.chain import Entry, canonical
from cases.audit.keys import key_id
from cases.database import Database
from cases.errors import SealTrouble

_PURPOSE = "riskdesk audit seal 1"


class Seal(NamedTuple):
    """The rows `seq_from` to `seq_to` have this Merkle root, says who signed; root and signature are hex."""

    seq_from: int
    seq_to: int
    root: str
    sealed_at_ms: int
    signature: str = ""

    def words(self) -> str:
        """Name the seal."""
        return f"the seal over rows {self.seq_from} to {self.seq_to}"

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Tell whether the signature is that of `key` over just this."""
        try:
            key.verify(bytes.fromhex(self.signature), _message(self))
        except (InvalidSignature, ValueError):
            return False
        return True


def leaf_of(entry: Entry) -> bytes:
    """Give the leaf of a row: its chain hash is in it, so that a seal vouches for all rows before, too."""
    return merkle.leaf(canonical(entry._asdict()))


def signed(key: Ed25519PrivateKey, entries: Sequence[Entry], at_ms: int) -> Seal:
    """Sign rows, which follow each other, as they read."""
    root = merkle.root([leaf_of(entry) for entry in entries]).hex()
    seal = Seal(entries[0].seq, entries[-1].seq, root, at_ms)
    return seal._replace(signature=key.sign(_message(seal)).hex())


def stored(db: Database) -> list[Seal]:
    """Give the seals in the store; inside `reading` or `writing`."""
    return [Seal(*(row[name] for name in Seal._fields)) for row in db.rows("audit_seals")]


def read_file(path: Path) -> list[Seal]:
    """Give the seals of a file, none where there is no file. Raises SealTrouble."""
    seals = []
    try:
        lines = path.read_bytes().splitlines() if path.exists() else []
    except OSError as error:
        raise SealTrouble(f"cannot read the seals in {path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        try:
            said = orjson.loads(line)
            seals.append(Seal(**{name: said[name] for name in Seal._fields}))
        except (ValueError, TypeError, KeyError) as error:
            raise SealTrouble(
                f"line {number} of {path} is no seal; restore the file from your backup"
            ) from error
    return seals


def append_to_file(path: Path, seals: Iterable[Seal], key: Ed25519PublicKey) -> int:
    """Append the seals that the file does not have yet, and give how many.

    A crash between store and file leaves a seal in the store alone; the next call brings the file up to date.
    Raises SealTrouble.
    """
    known = {seal.seq_to for seal in read_file(path)}
    missing = [seal for seal in seals if seal.seq_to not in known]
    named = {"key": key_id(key)}
    lines = b"".join(orjson.dumps(seal._asdict() | named) + b"\n" for seal in missing)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise SealTrouble(
            f"cannot write the seals to {path}: {error.strerror}; they are in the store, and the next "
            "`riskdesk audit seal` writes them"
        ) from error
    return len(missing)


def _message(seal: Seal) -> bytes:
    fields = seal._asdict()
    del fields["signature"]
    return canonical({"purpose": _PURPOSE, **fields})
