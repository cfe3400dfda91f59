"""Whom an item goes to, and in which steps: by the code's user and action, as data in devices/codes.yaml.

A reset is tried before anybody is sent. A branch is called with all that is open there. What harms a customer
is called about at once, and so is the branch where the card or the cash lies; security is never reset.
"""

from collections.abc import Sequence
from typing import NamedTuple

from cases.device_cases.items import Item
from cases.subjects import Incoming, Subject
from devices.codes import User
from domain.alerts import Alert

GENERAL = "general"
# The skills of tasks that send somebody, and the department of the work order that each makes.
DEPARTMENT_OF_SKILL = {
    "vendor": "vendor",
    "cash": "cash_carrier",
    "security": "security",
    "host": "network",
}


class Work(NamedTuple):
    """Something to do: a task's kind, its subject, and the skill that it takes."""

    kind: str
    subject: str
    skill: str


def incoming_of(alert: Alert, item: Item) -> Incoming:
    """Say what an alert with an alarm concerns: a place, or the customers whose card or cash is at stake."""
    if item.rule.harms_customer:
        people = Incoming.of(alert)
        if people.cards:
            return people._replace(item=item)
    return Incoming(alert, (), (subject_of(item),), (), item)


def subject_of(item: Item) -> Subject:
    """Give what the case of an item is filed under, customers apart."""
    if item.rule.harms_customer:
        return Subject("harm", f"{item.place}:{item.since_ms}")
    user = _user(item)
    if user == "security":
        return Subject("security", item.place)
    if user == "host" and item.rule.handling == "comms":
        return Subject("link", _end_of_line(item))
    if item.branch is not None and user in ("branch", "cash"):
        return Subject("site" if user == "branch" else "cash_run", item.branch)
    return Subject("device", item.place)


def first_works(item: Item) -> tuple[Work, ...]:
    """Give what is done about an item first."""
    if item.rule.harms_customer:
        return _works_of_harm(item)
    if item.rule.action == "reset" and item.device is not None:
        return (Work("remote_reset", f"device:{item.device}", GENERAL),)
    return (_work_of_person(item),)


def works_after_reset(item: Item) -> tuple[Work, ...]:
    """Give what is done about an item that a reset has not put right; nothing for one that is not reset."""
    if item.rule.action != "reset" or item.rule.harms_customer:
        return ()
    return (_work_of_person(item),)


def works_of(items: Sequence[Item]) -> tuple[Work, ...]:
    """Give what is done first about several items, each thing once."""
    return tuple(dict.fromkeys(work for item in items for work in first_works(item)))


def _work_of_person(item: Item) -> Work:
    user, subject = _user(item), subject_of(item)
    if user == "desk":
        return Work("review", subject.key, GENERAL)
    if user == "branch":
        if item.branch is None:
            return Work("review", subject.key, GENERAL)  # nobody knows which branch to call
        return Work("call_site", f"site:{item.branch}", GENERAL)
    return Work("dispatch", subject.key, user)


def _works_of_harm(item: Item) -> tuple[Work, ...]:
    """Give what is done beside calling the customer: the branch secures card and cash, others reconcile."""
    if item.branch is None:
        works = [Work("review", subject_of(item).key, GENERAL)]
    else:
        works = [Work("call_site", f"site:{item.branch}", GENERAL)]
    if item.rule.user == "cash":
        works.append(Work("dispatch", f"cash_run:{item.branch or item.place}", "cash"))
    if item.rule.user == "security":
        works.append(Work("dispatch", f"security:{item.place}", "security"))
    return tuple(works)


def _user(item: Item) -> User:
    """Give who puts it right: outside the hours of a branch the vendor does what its staff would do.

    Only for modules that are out of service: power is not the vendor's, and the rest waits for the morning.
    """
    code = item.rule
    if (
        code.user == "branch"
        and not item.in_hours
        and code.handling == "out_of_service"
        and code.axis == "module"
    ):
        return "vendor"
    return code.user


def _end_of_line(item: Item) -> str:
    """Give what a lost line is named after: the host, a region, or the branch that it leads to."""
    if item.code == "host_down":
        return "host"
    if item.code == "region_link_down":
        return item.region or item.place
    return item.branch or item.place
