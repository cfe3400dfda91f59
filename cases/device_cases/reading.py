"""What is wrong with devices, as values that the store hands out; read inside the caller's transaction."""

from collections.abc import Iterable, Sequence

from cases.case import DeviceItem, Task
from cases.database import Database, as_json
from cases.device_cases.items import Item, distinct, items_from, still_on
from cases.work.states import LIVE_TASKS


def items_of_case(db: Database, case_id: str) -> tuple[DeviceItem, ...]:
    """Give what a case is about, each thing once, the most pressing first."""
    return _items(db, [case_id])


def items_at_branches(db: Database, case_id: str, tasks: Sequence[Task]) -> tuple[DeviceItem, ...]:
    """Give what other cases want of the branches that a case still calls."""
    sites = {task.subject for task in tasks if task.kind == "call_site" and task.state in LIVE_TASKS}
    return tuple(item for item in items_of_sites(db, sites) if item.case_id != case_id) if sites else ()


def items_of_sites(db: Database, sites: Iterable[str]) -> tuple[DeviceItem, ...]:
    """Give what is on in the live cases that call these sites (`site:BRANCH`), as far as it is there."""
    subjects = set(sites)
    rows = db.rows("site_calls", subjects=as_json(sorted(subjects)))
    found = _items(db, dict.fromkeys(row["case_id"] for row in rows))
    return tuple(item for item in found if item.on and f"site:{item.branch}" in subjects)


def _items(db: Database, case_ids: Iterable[str]) -> tuple[DeviceItem, ...]:
    ids = as_json(case_ids)
    rows = db.rows("device_items", ids=ids)
    if not rows:
        return ()
    case_of = {row["alert_id"]: row["case_id"] for row in rows}
    items = items_from(rows)
    on = {item.alert_id for item in still_on(items, db.rows("alarms_of_cases", ids=ids))}
    return tuple(_read(item, case_of[item.alert_id], item.alert_id in on) for item in distinct(items))


def _read(item: Item, case_id: str, on: bool) -> DeviceItem:
    return DeviceItem(
        case_id=case_id,
        words=item.words,
        code=item.code,
        device=item.device,
        branch=item.branch,
        component=item.component,
        unit=item.unit,
        priority=item.priority,
        since_ms=item.since_ms,
        due_ms=item.due_ms,
        on=on,
    )
