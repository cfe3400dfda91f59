"""What comes next in a device's case, as the store has it; inside the caller's transaction."""

from cases.database import Database, as_json
from cases.device_cases.items import Item, items_from, still_on
from cases.device_cases.routing import Work, works_after_reset, works_of


def items_on(db: Database, case_id: str) -> list[Item]:
    """Give the items of a case whose condition is not over."""
    ids = as_json([case_id])
    items = items_from(db.rows("device_items", ids=ids))
    return still_on(items, db.rows("alarms_of_cases", ids=ids)) if items else []


def steps_after_reset(db: Database, case_id: str, subject: str) -> tuple[Work, ...]:
    """Give who is to see to a device (`device:ID`) after a reset, for all of it that is still wrong."""
    works = [
        work
        for item in items_on(db, case_id)
        if f"device:{item.device}" == subject
        for work in works_after_reset(item)
    ]
    return tuple(dict.fromkeys(works))


def steps_again(db: Database, case_id: str) -> tuple[Work, ...]:
    """Give what is to be done in a device's case that is reopened: about what is on, else about all."""
    items = items_from(db.rows("device_items", ids=as_json([case_id])))
    return works_of(items_on(db, case_id) or items)
