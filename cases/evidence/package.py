"""The package: a zip of the parts, a manifest of their hashes, and a signature over the manifest.

Everything in it follows from the case, so that the same case gives the same bytes, and whoever asks again
can compare.
"""

from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cases.actions.action import Action
from cases.audit.keys import key_id, public_pem
from cases.evidence import parts
from cases.evidence.case_pdf import case_pdf
from cases.evidence.dossier import Dossier
from cases.evidence.excerpt import Excerpt, excerpt_record
from domain.instants import iso

FORMAT = "riskdesk evidence 1"
MANIFEST, SIGNATURE, PUBLIC_KEY, README = "manifest.json", "manifest.sig", "signing.pub.pem", "README.txt"
AUDIT = "audit.json"
# What the manifest cannot list: itself, its signature and the key.
UNLISTED = frozenset({MANIFEST, SIGNATURE, PUBLIC_KEY})
# The earliest time that a zip can hold; the files have no time of their own.
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o100644 << 16
_UNIX = 3

_HOW_TO_CHECK = """\
Evidence in case {case}
{rule}

case.pdf          the case to read: who, what, in which order, what the bank did
timeline.jsonl    everything that happened to the case, one JSON object a line
attempts.csv      every call, with its result and the sentence that sums the calls up
alerts.json       every alert, with its rule's version, parameters and evidence
transactions.csv  the transactions that the alerts name
actions.json      what was done, by whom, checked by whom, and the orders it rests on
recordings.json   which recordings there are of calls
audit.json        the rows of the bank's audit about this case, with proof that they stand under its seals
manifest.json     the SHA-256 of each of these files
manifest.sig      the Ed25519 signature over manifest.json
signing.pub.pem   the key that checks it; its name is {key}

To check that nothing was changed since:

  openssl pkeyutl -verify -pubin -inkey signing.pub.pem -rawin -in manifest.json -sigfile manifest.sig
  sha256sum *       and compare with manifest.json

or, with riskdesk:  riskdesk evidence-verify PACKAGE --key signing.pub.pem

Ask the bank for its key, or for the name of its key, by another way than this package: whoever makes a
package anew can put a key of their own beside it.
"""


def build(dossier: Dossier, excerpt: Excerpt, export: Action, key: Ed25519PrivateKey) -> bytes:
    """Give the package of a case; `export` is the approved action that lets it leave the house."""
    name = key_id(key.public_key())
    files = {
        "timeline.jsonl": parts.timeline(dossier),
        "attempts.csv": parts.attempts(dossier),
        "alerts.json": parts.alerts(dossier),
        "transactions.csv": parts.transactions(dossier),
        "actions.json": parts.actions(dossier),
        "recordings.json": parts.recordings(dossier),
        AUDIT: _json(excerpt_record(excerpt)),
        README: _HOW_TO_CHECK.format(case=dossier.id, rule="=" * (17 + len(dossier.id)), key=name).encode(),
    }
    hashes = {part: sha256(content).hexdigest() for part, content in files.items()}
    files["case.pdf"] = case_pdf(dossier, export, hashes, name)
    manifest = _json(
        {
            "format": FORMAT,
            "case": dossier.id,
            "as_of": iso(dossier.changed_ms),
            "key": name,
            "approval": {
                "action": export.id,
                "maker": export.maker,
                "checker": export.checker,
                "checked_at": iso(export.checked_at_ms or 0),
            },
            "audit_seals": [
                {"seq_from": seal.seq_from, "seq_to": seal.seq_to, "root": seal.root}
                for seal in excerpt.seals
            ],
            "parts": [
                {"name": part, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
                for part, content in sorted(files.items())
            ],
        }
    )
    return _zip(
        {
            MANIFEST: manifest,
            SIGNATURE: key.sign(manifest),
            PUBLIC_KEY: public_pem(key.public_key()),
            **dict(sorted(files.items())),
        }
    )


def _zip(files: Mapping[str, bytes]) -> bytes:
    """Write files without their times and uncompressed: no two versions of zlib promise the same bytes."""
    made = BytesIO()
    with ZipFile(made, "w", ZIP_STORED) as package:
        for name, content in files.items():
            entry = ZipInfo(name, _NO_TIME)
            entry.external_attr = _READABLE
            entry.create_system = _UNIX
            package.writestr(entry, content)
    return made.getvalue()


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
