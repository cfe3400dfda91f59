"""The policy a store is worked under: the flow that fills it brings it, and everyone at the desk goes by it.

So nobody's command line can give a case another deadline than the one it was ranked by. Profiles that
fill the same store share their `queue` part; otherwise the one that was started last holds.
"""

from pydantic import TypeAdapter, ValidationError

from cases.database import Database, Row
from cases.errors import StoreError
from cases.policy import QueuePolicy

_POLICY = TypeAdapter(QueuePolicy)


def policy_in_force(db: Database) -> QueuePolicy:
    """Give the policy of a store; the defaults where no flow has brought one.

    Raises StoreError for one that this riskdesk does not understand.
    """
    with db.reading():
        found = db.rows("policy_in_force")
    return _read(found[0]) if found else QueuePolicy()


def put_in_force(db: Database, policy: QueuePolicy) -> None:
    """Let a store be worked under `policy` from now on; what was in force before stays on record."""
    with db.writing():
        found = db.rows("policy_in_force")
        if not found or _differs(found[0], policy):
            version = found[0]["version"] + 1 if found else 1
            db.run("add_policy", version=version, body=_POLICY.dump_json(policy).decode())


def _differs(row: Row, policy: QueuePolicy) -> bool:
    # Values are compared, not their text: a set has no order. What cannot be read any more differs.
    try:
        return _read(row) != policy
    except StoreError:
        return True


def _read(row: Row) -> QueuePolicy:
    try:
        return _POLICY.validate_json(row["body"])
    except ValidationError as error:
        raise StoreError(
            f"the store's queue policy does not fit this riskdesk ({error.error_count()} values, the first: "
            f"{error.errors()[0]['msg']}); run a flow with a profile that `riskdesk check` accepts"
        ) from error
