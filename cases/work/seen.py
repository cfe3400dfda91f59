"""What somebody saw before they act: a case that has changed since is looked at again first."""

from cases.database import Database
from cases.errors import Outdated
from cases.work.moves import case_row


def check_seen(db: Database, case_id: str, version: int | None) -> None:
    """Make sure that a case is still at the version that was seen, where one is named; inside `writing`.

    Raises NotFound, and Outdated with the version of now.
    """
    if version is None:
        return
    now = case_row(db, case_id)["version"]
    if now != version:
        raise Outdated(
            f"{case_id} has changed since: it is at version {now}, and was seen at {version}; look again", now
        )
