"""The rows of the audit about one case, each with proof that it stands under a seal.

The proof needs no key but the public one: the row's hash, and the hashes beside it up to the root that the
seal signs.
"""

from collections.abc import Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from cases.audit import merkle
from cases.audit.chain import Entry, entries
from cases.audit.seal import Seal, leaf_of, stored
from cases.database import Database, as_json
from cases.evidence.traces import OWN_TRACES


class Excerpt(Struct, frozen=True, kw_only=True):
    """Rows of the audit with the seals over them; `paths` are the hashes from each row to its seal's root."""

    rows: tuple[Entry, ...]
    paths: tuple[tuple[bytes, ...], ...]
    seals: tuple[Seal, ...]


def rows_about(db: Database, objects: Sequence[str]) -> tuple[Entry, ...]:
    """Give the rows of the audit about these objects, without those of looking at them."""
    found = entries(db.rows("evidence_audit", objects=as_json(objects)))
    return tuple(entry for entry in found if entry.verb not in OWN_TRACES)


def proven(db: Database, rows: Sequence[Entry]) -> Excerpt:
    """Give rows, which are sealed, with their proofs; inside `reading` or `writing`."""
    kept: list[Seal] = []
    paths: list[tuple[bytes, ...]] = []
    for seal in stored(db):
        under = [row for row in rows if seal.seq_from <= row.seq <= seal.seq_to]
        if under:
            kept.append(seal)
            sealed = entries(db.rows("audit_rows", seq_from=seal.seq_from, seq_to=seal.seq_to))
            leaves = [leaf_of(entry) for entry in sealed]
            paths += [merkle.path(leaves, row.seq - seal.seq_from) for row in under]
    return Excerpt(rows=tuple(rows), paths=tuple(paths), seals=tuple(kept))


def excerpt_record(excerpt: Excerpt) -> dict[str, Any]:
    """Give an excerpt as one JSON object."""
    return {
        "rows": [
            row._asdict() | {"path": [each.hex() for each in path]}
            for row, path in zip(excerpt.rows, excerpt.paths, strict=True)
        ],
        "seals": [seal._asdict() for seal in excerpt.seals],
    }


def faults(record: dict[str, Any], key: Ed25519PublicKey) -> list[str]:
    """Say what is wrong with an excerpt as read from a package; nothing if every row is proven.

    Raises KeyError, TypeError and ValueError for what is no excerpt.
    """
    seals = [Seal(**{name: said[name] for name in Seal._fields}) for said in record["seals"]]
    found = [f"{seal.words()} is not signed by this key" for seal in seals if not seal.signed_by(key)]
    for said in record["rows"]:
        row = Entry(**{name: said[name] for name in Entry._fields})
        over = [seal for seal in seals if seal.seq_from <= row.seq <= seal.seq_to]
        path = [bytes.fromhex(each) for each in said["path"]]
        if not any(_leads(row, path, seal) for seal in over):
            found.append(f"row {row.seq} of the audit does not stand under its seal")
    return found


def _leads(row: Entry, path: Sequence[bytes], seal: Seal) -> bool:
    count = seal.seq_to - seal.seq_from + 1
    root = merkle.leads_to(leaf_of(row), row.seq - seal.seq_from, count, path)
    return root is not None and root.hex() == seal.root
