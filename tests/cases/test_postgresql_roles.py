"""A desk that connects as a role of its own: it can do all its work, and rewrite no history."""

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest

from cases.case import Outcome
from cases.errors import StoreError
from cases.integrity import faults
from cases.postgresql import PostgresDatabase
from cases.store import Store, open_store
from tests.cases.accounts.people import sign_in, team
from tests.cases.actions.desk import AGENT, LEAD, Bank, proposal, run_all
from tests.cases.made import HOUR_MS, NOON_MS, alert
from tests.cases.worked import call, customer
from tests.postgres_server import PostgresServer

_NUMBERS = count()


@pytest.fixture
def role(postgres_server: PostgresServer, postgres_url: str) -> Iterator[str]:
    """A role that was granted what a desk needs; odd names are names, too."""
    name = f"desk-app {next(_NUMBERS)}"
    postgres_server.run(f'CREATE ROLE "{name}" LOGIN')
    with open_store(postgres_url) as owned:
        assert isinstance(owned.db, PostgresDatabase)
        with psycopg.connect(postgres_url, autocommit=True) as owner:
            for statement in owned.db.grants(name):
                owner.execute(statement.encode())
    yield name
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute(f'DROP OWNED BY "{name}"'.encode())
    postgres_server.run(f'DROP ROLE "{name}"')


@pytest.fixture
def role_url(role: str, postgres_url: str) -> str:
    return postgres_url.replace("//desk@", f"//{role.replace(' ', '%20')}@")


@pytest.fixture
def desk(role_url: str) -> Iterator[Store]:
    with open_store(role_url, create=False) as store:
        yield store


def test_a_desk_with_a_role_of_its_own_does_all_its_work(desk: Store) -> None:
    desk.reference.put([customer("u1"), customer("u2")])
    desk.cases.take_in([alert("a", "c1", "u1"), alert("b", "tok_7f3a", "u2", at_ms=1)], NOON_MS)
    call(desk, "genuine", 0, 60_000, ("identity",))
    case_id = desk.cases.list()[0].id
    made = desk.actions.propose(proposal(case_id=case_id), AGENT, NOON_MS)
    assert run_all(desk, Bank(), NOON_MS) == ["done"]
    desk.actions.approve(made.id, LEAD, NOON_MS)
    desk.work.claim(case_id, LEAD, NOON_MS)
    desk.work.close(case_id, LEAD, None, Outcome.CONFIRMED_FRAUD, "", NOON_MS + 1)
    desk.work.sweep(NOON_MS + 2)
    desk.actions.expire(NOON_MS + 2)
    desk.handover.make(LEAD, NOON_MS + 3)
    assert desk.audit.seal(NOON_MS + 4) is not None
    desk.retention.forget_messages(NOON_MS + 10**12)
    desk.retention.forget_sign_ins(NOON_MS + 10**12)
    assert (desk.audit.verify().breaks, faults(desk.db)) == ((), ())


@pytest.mark.parametrize(
    "statement",
    [
        *("UPDATE audit SET actor = 'x'", "DELETE FROM audit", "TRUNCATE audit"),
        *("UPDATE audit_seal SET root = 'x'", "DELETE FROM audit_seal", "DELETE FROM audit_head"),
        *("UPDATE case_event SET note = 'x'", "DELETE FROM case_event", "TRUNCATE case_event"),
        "INSERT INTO timeline_unlocked (why) VALUES ('because')",
        "DELETE FROM schema_version",
        "UPDATE queue_policy SET body = '{}'",
        *("UPDATE profile_version SET text = 'x'", "DELETE FROM profile_decision"),
        *("DELETE FROM account", "DELETE FROM account_change", "DELETE FROM api_token"),
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_is_never_changed ON audit",
    ],
)
def test_that_role_has_not_even_the_right_to_try(role_url: str, statement: str) -> None:
    with (
        psycopg.connect(role_url) as raw,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"permission denied|must be owner"),
    ):
        raw.execute(statement.encode())


def test_people_are_added_and_sign_in_at_a_desk_with_a_role_of_its_own(desk: Store) -> None:
    person = sign_in(desk, team(desk).lead, NOON_MS + HOUR_MS)
    assert desk.accounts.session(person.token, NOON_MS + 2 * HOUR_MS) is not None
    desk.accounts.sign_out(person.token, NOON_MS + 2 * HOUR_MS)


def test_what_takes_the_owner_says_so(desk: Store) -> None:
    with (
        pytest.raises(StoreError, match=r"permission denied .* let the owner of the database grant"),
        desk.db.writing(),
    ):
        desk.db.run("unlock_timeline", why="purge")
