"""What the audit vouches for of a profile: that a version is the one that was added."""

from typing import Any

from cases.audit.log import record
from cases.database import Database
from cases.profiles.version import Content, Version
from cases.signing_off.vouching import altered, vouched
from cases.who import Who

_ADDED = "profile_added"


def record_version(db: Database, version: Version, who: Who, now_ms: int) -> None:
    """Write into the audit that a version was added; inside `writing`."""
    record(db, who, _ADDED, f"profile:{version.what}", now_ms, after=_version(version), reason=version.reason)


def check_version(db: Database, version: Version, content: Content) -> None:
    """See that a version is what was added; inside `reading` or `writing`.

    Where the key of the audit is not at hand, as on a machine that only runs a flow, the digest alone is
    looked at. Raises StoreError for what was altered, and KeyTrouble for a key that is not this store's.
    """
    if content.digest != version.digest:
        raise altered(version.what, "its text or its tables do not have the digest they were added with")
    if not vouched(db, f"profile:{version.what}", _ADDED, _version(version)):
        raise altered(version.what, "the audit vouches for no such version")


def _version(version: Version) -> dict[str, Any]:
    return {"name": version.name, "number": version.number, "digest": version.digest}
