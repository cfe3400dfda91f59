"""Profiles to be signed off, and the people who do it."""

import sqlite3

import psycopg

from cases.profiles.version import Content, Reference, Table
from cases.signing_off.change import Change, Report
from cases.store import Store
from cases.who import Role, Who
from tests.cases.made import NOON_MS

ANALYST, OTHER_ANALYST = Who("ana-1", Role.ANALYST), Who("ana-2", Role.ANALYST)
LEAD, OTHER_LEAD = Who("lead-2", Role.LEAD), Who("lead-3", Role.LEAD)
# Tables beside a profile, in the order of nothing.
FULL = ("tables/b.json", b"\x00b"), ("a.json", b"a")
REFUSED_BY_THE_DATABASE = (sqlite3.IntegrityError, psycopg.errors.IntegrityError)
REPORT = Report(name="backtest.html", digest="ab" * 32, figures={"alerts": 17})


def content(said: str = "limit: 5", *tables: tuple[str, bytes], name: str = "night") -> Content:
    return Content(name=name, text=f"name: {name}\n{said}\n", tables=tuple(Table(*each) for each in tables))


def at(number: int | None = None, name: str = "night") -> Reference:
    return Reference(name, number)


def add(store: Store, said: str, now_ms: int = NOON_MS) -> int:
    return store.profiles.add(content(said), ANALYST, now_ms, "better").version.number


def promote(store: Store, number: int, now_ms: int = NOON_MS) -> Change:
    """Bring a version into force by two people."""
    store.profiles.promote(at(number), ANALYST, now_ms, "fewer calls", REPORT)
    return store.profiles.approve(at(number), LEAD, now_ms)
