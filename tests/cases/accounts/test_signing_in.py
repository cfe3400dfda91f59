"""Proving who one is: what lets somebody in, what does not, and that both look alike from outside."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher

from cases.accounts import passwords
from cases.accounts.service import SqlAccounts
from cases.errors import KeyTrouble, LockedOut, SignInRefused, WrongUse
from cases.store import Store
from cases.who import Role
from tests.cases.accounts.people import PASSWORD, STEP_MS, first, sign_in, team
from tests.cases.made import MINUTE_MS, NOON_MS
from tests.cases.work.raw import raw_of

LATER_MS = NOON_MS + 10 * MINUTE_MS


def verbs(store: Store, actor: str | None = None) -> list[tuple[str, str]]:
    with store.db.reading():
        rows = store.db.rows("last_audit_rows", object=None, actor=actor, verb=None, limit=1000)
    return [(row["verb"], row["reason"]) for row in reversed(rows)]


def test_password_and_code_let_in_and_both_are_needed(store):
    person = first(store)
    signed_in = sign_in(store, person, LATER_MS)
    assert (signed_in.user.name, signed_in.session.who.role) == ("opal", Role.OPS)
    assert signed_in.session.who.session == signed_in.session.id
    for name, password, code in (
        ("opal", PASSWORD, "000000"),
        ("opal", PASSWORD, ""),
        ("opal", "another password", person.code(LATER_MS + STEP_MS)),
        ("nobody", PASSWORD, person.code(LATER_MS + STEP_MS)),
    ):
        with pytest.raises(SignInRefused) as refused:
            store.accounts.sign_in(name, password, code, LATER_MS + STEP_MS)
        assert "the name, the password or the code is wrong" in str(refused.value)
    # The name counts however it was typed.
    at_ms = LATER_MS + 2 * STEP_MS
    assert store.accounts.sign_in(" OPAL ", PASSWORD, person.code(at_ms), at_ms).user.name == "opal"


def test_a_code_counts_once_and_a_step_around_now(store):
    person = first(store)
    for near in (-STEP_MS, 0, STEP_MS):
        at_ms = LATER_MS + 10 * near
        store.accounts.sign_in(person.name, PASSWORD, person.code(at_ms + near), at_ms)
        with pytest.raises(SignInRefused):
            store.accounts.sign_in(person.name, PASSWORD, person.code(at_ms + near), at_ms)
    for far in (-2 * STEP_MS, 2 * STEP_MS):
        at_ms = LATER_MS + 100 * STEP_MS
        with pytest.raises(SignInRefused):
            store.accounts.sign_in(person.name, PASSWORD, person.code(at_ms + far), at_ms)


def test_the_code_that_confirmed_the_authenticator_lets_nobody_in(store):
    person = first(store)
    with pytest.raises(SignInRefused):
        sign_in(store, person, NOON_MS)


def test_a_code_that_is_older_than_one_that_was_used_lets_nobody_in(store):
    person = first(store)
    store.accounts.sign_in(person.name, PASSWORD, person.code(LATER_MS + STEP_MS), LATER_MS)
    with pytest.raises(SignInRefused):
        sign_in(store, person, LATER_MS)


def test_each_recovery_code_lets_in_once_and_none_of_another_user(store):
    ops, lead, _ = team(store)
    one = ops.recovery_codes[0]
    assert len(set(ops.recovery_codes)) == 10
    store.accounts.sign_in("opal", PASSWORD, one.lower().replace("-", " "), LATER_MS)
    for name, code in (("opal", one), ("lena", ops.recovery_codes[1])):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in(name, PASSWORD, code, LATER_MS)
    store.accounts.sign_in(lead.name, PASSWORD, lead.recovery_codes[9], LATER_MS)
    assert ("recovery_code_used", "") in verbs(store, "opal")


@pytest.mark.parametrize("name", ["opal", "nobody", "a password, typed here"])
def test_ten_failures_in_a_row_lock_a_name_for_half_an_hour_known_or_not(store, name):
    person = first(store)
    for _ in range(10):
        with pytest.raises(SignInRefused) as refused:
            store.accounts.sign_in(name, "another password", "", LATER_MS)
        assert not isinstance(refused.value, LockedOut)
    with pytest.raises(LockedOut) as locked:
        store.accounts.sign_in(name, PASSWORD, person.code(LATER_MS), LATER_MS)
    assert locked.value.until_ms == LATER_MS + 30 * MINUTE_MS
    after_ms = LATER_MS + 30 * MINUTE_MS
    if name == "opal":
        sign_in(store, person, after_ms)
    else:
        with pytest.raises(SignInRefused, match="is wrong"):
            store.accounts.sign_in(name, PASSWORD, person.code(after_ms), after_ms)


def test_after_a_lockout_there_are_as_many_tries_as_before(store):
    first(store)
    at_ms = LATER_MS
    for _ in range(2):
        for _ in range(10):
            with pytest.raises(SignInRefused) as refused:
                store.accounts.sign_in("opal", "another password", "", at_ms)
            assert not isinstance(refused.value, LockedOut)
        with pytest.raises(LockedOut):
            store.accounts.sign_in("opal", "another password", "", at_ms)
        at_ms += 30 * MINUTE_MS


def test_of_many_who_use_one_code_at_once_one_is_let_in(store):
    person = first(store)

    def is_let_in(_: int) -> bool:
        try:
            sign_in(store, person, LATER_MS)
        except SignInRefused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(is_let_in, range(4))) == 1


def test_a_success_begins_the_count_anew(store):
    person = first(store)
    for turn in range(3):
        for _ in range(9):
            with pytest.raises(SignInRefused):
                store.accounts.sign_in("opal", "another password", "", LATER_MS)
        sign_in(store, person, LATER_MS + turn * STEP_MS)


def test_many_tries_at_once_are_counted_as_many_in_a_row(store):
    first(store)

    def outcome(_: int) -> str:
        try:
            store.accounts.sign_in("opal", "another password", "", LATER_MS)
        except SignInRefused as refused:
            return type(refused).__name__
        return "let in"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, range(25)))
    assert sorted(outcomes) == ["LockedOut"] * 15 + ["SignInRefused"] * 10


def test_every_try_is_on_record_and_no_name_that_nobody_has(store):
    person = first(store)
    for name, password in (("opal", "another password"), ("hunter2 hunter2", "x")):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in(name, password, "", LATER_MS, ip="10.0.0.7")
    sign_in(store, person, LATER_MS)
    with store.db.reading():
        rows = store.db.rows("last_audit_rows", object=None, actor=None, verb=None, limit=3)
    assert [(row["verb"], row["object"], row["reason"]) for row in reversed(rows)] == [
        ("sign_in_refused", "user:opal", "wrong name or password, from 10.0.0.7"),
        ("sign_in_refused", "user:?", "wrong name or password, from 10.0.0.7"),
        ("signed_in", "user:opal", "10.0.0.7"),
    ]
    assert store.audit.verify().breaks == ()


def test_an_unknown_name_takes_a_look_at_a_hash_too(store, monkeypatch):
    looked = []

    class Watched(PasswordHasher):
        def verify(self, kept: str | bytes, password: str | bytes) -> bool:
            looked.append(kept)
            return super().verify(kept, password)

    first(store)
    monkeypatch.setattr(passwords, "_HASHER", Watched(time_cost=1, memory_cost=1024, parallelism=1))
    for name in ("nobody", "opal"):
        with pytest.raises(SignInRefused):
            store.accounts.sign_in(name, "another password", "", LATER_MS)
    assert len(looked) == 2


def test_a_hash_made_with_less_is_made_anew_when_its_password_is_seen(store, monkeypatch):
    person = first(store)
    more = PasswordHasher(time_cost=1, memory_cost=2048, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", more)
    sign_in(store, person, LATER_MS)
    with store.db.reading():
        kept = store.db.rows("accounts", name_key="opal")[0]["password"]
    assert "m=2048,t=1,p=1" in kept
    sign_in(store, person, LATER_MS + STEP_MS)


def test_nothing_that_lets_in_lies_open_in_the_store(store, url):
    person = first(store)
    signed_in = sign_in(store, person, LATER_MS)
    raw = raw_of(url)
    try:
        tables = ("account", "desk_session", "recovery_code")
        kept = str([raw.ask(f"SELECT * FROM {table}") for table in tables])
    finally:
        raw.close()
    assert "opal" in kept
    for secret in (PASSWORD, person.secret, signed_in.token, *person.recovery_codes):
        assert secret not in kept


def test_codes_do_not_open_without_the_key_they_were_hidden_with(store, url):
    person = first(store)
    key = store.db.keys.folder / "accounts.key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text(secrets.token_hex(32) + "\n")
    del store.db.keys.__dict__["accounts_key"]
    with pytest.raises(KeyTrouble, match="encrypted with a key that is not in"):
        sign_in(store, person, LATER_MS)
    key.unlink()
    del store.db.keys.__dict__["accounts_key"]
    with pytest.raises(KeyTrouble, match="encrypted with a key"):
        sign_in(store, person, LATER_MS)


def test_what_makes_the_codes_of_one_user_does_not_open_for_another(store):
    ops, lead, _ = team(store)
    with store.db.writing():
        row = store.db.rows("accounts", name_key="opal")[0]
        store.db.run(
            "set_account_secrets",
            name_key="lena",
            password=row["password"],
            totp=row["totp"],
            totp_step=None,
            now_ms=NOON_MS,
        )
    with pytest.raises(KeyTrouble, match="not as it was written"):
        store.accounts.sign_in(lead.name, PASSWORD, ops.code(LATER_MS), LATER_MS)


def test_a_password_is_changed_by_who_knows_it_and_ends_the_other_sessions(store):
    person = first(store)
    other = sign_in(store, person, LATER_MS)
    mine = sign_in(store, person, LATER_MS + STEP_MS)
    at_ms = LATER_MS + 2 * STEP_MS
    new = "seven brown owls at dusk"
    with pytest.raises(SignInRefused):
        store.accounts.change_password(mine.token, "another password", new, at_ms)
    for easy in (PASSWORD, "Password2026!", "short"):
        with pytest.raises(WrongUse):
            store.accounts.change_password(mine.token, PASSWORD, easy, at_ms)
    store.accounts.change_password(mine.token, PASSWORD, new, at_ms)
    assert store.accounts.session(other.token, at_ms) is None
    assert store.accounts.session(mine.token, at_ms) is not None
    store.accounts.reauthenticate(mine.token, new, at_ms)
    with pytest.raises(SignInRefused):
        store.accounts.reauthenticate(mine.token, PASSWORD, at_ms)


def test_tokens_come_from_the_source_that_is_given(store):
    person = first(store)
    given = SqlAccounts(store.db, store.policy.accounts, token_source=lambda: "a-token-of-a-test")
    signed_in = given.sign_in(person.name, PASSWORD, person.code(LATER_MS), LATER_MS)
    assert signed_in.token == "a-token-of-a-test"
