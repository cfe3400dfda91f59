"""What a store says about its cases, so that two runs can be compared whatever order their alerts came in."""

from typing import Any

from cases.case import Status
from cases.store import open_store

# A case is named after the alert that opened it, and counts how often it was written.
_OF_ORDER = {"id", "rank", "opened_at_ms", "version", "linked_to", "merged_into", "close_reason"}
# What went into another case is that one's.
_STANDING = tuple(set(Status) - {Status.MERGED})


def queue_picture(url: str) -> list[tuple[Any, ...]]:
    """Give everything about the cases of a store but their names, in an order of its own.

    Two workers hand their alerts on in no order, so which of a case's alerts was the first may differ, and
    so may whether two cases were opened before they became one.
    """
    with open_store(url) as store:
        files = [store.cases.show(case.id) for case in store.cases.list(_STANDING)]
    return sorted(
        (
            sorted(map(repr, file.evidence)),
            sorted(
                (name, repr(getattr(file.case, name)))
                for name in file.case.__struct_fields__
                if name not in _OF_ORDER
            ),
            sorted((task.kind, task.subject, task.state) for task in file.tasks),
        )
        for file in files
    )


def stored_alerts(url: str) -> list[str]:
    """Give the ids of all alerts in a store, each as often as it is there."""
    with open_store(url) as store:
        return sorted(
            alert["id"]
            for case in store.cases.list(_STANDING)
            for alert in store.cases.show(case.id).evidence
        )
