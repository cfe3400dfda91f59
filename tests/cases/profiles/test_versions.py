"""Versions of profiles in a store: numbered, kept to the byte, and refused with a reason."""

from hashlib import sha256

import pytest

from cases.errors import NotAllowed, NotFound, WrongUse
from cases.profiles.version import LARGEST_BYTES, Content, Reference, Table
from cases.store import Store, open_store
from tests.cases.closed import verbs
from tests.cases.made import NOON_MS
from tests.cases.profiles.signed import (
    ANALYST,
    FULL,
    LEAD,
    OTHER_ANALYST,
    add,
    at,
    content,
)


def test_versions_are_numbered_and_say_who_when_why_and_from_what(store: Store) -> None:
    first = store.profiles.add(content("limit: 5", *FULL), ANALYST, NOON_MS, "to begin with")
    second = store.profiles.add(content("limit: 6", FULL[1]), OTHER_ANALYST, NOON_MS + 1, "fewer calls")
    third = store.profiles.add(content("limit: 7"), ANALYST, NOON_MS + 2, "another way", parent=1)
    assert store.profiles.versions("night") == (first.version, second.version, third.version)
    assert [each.parent for each in store.profiles.versions()] == [None, 1, 1]
    kept = second.version
    assert (kept.what, kept.author, kept.role, kept.at_ms, kept.reason) == (
        *("night@2", "ana-2", "analyst", NOON_MS + 1, "fewer calls"),
    )
    assert verbs(store) == ["profile_added"] * 3


def test_what_a_version_says_comes_back_to_the_byte_with_its_tables(store: Store) -> None:
    said = content("text: 冻结  # as written\r\n", *FULL)
    added = store.profiles.add(said, ANALYST, NOON_MS, "to begin with").version
    found, back = store.profiles.get(at(1))
    assert (found, back.text) == (added, said.text)
    assert back.tables == (Table("a.json", b"a"), Table("tables/b.json", b"\x00b"))
    assert added.tables == {"a.json": sha256(b"a").hexdigest(), "tables/b.json": sha256(b"\x00b").hexdigest()}


def test_the_digest_is_what_sha256sum_gives_of_its_own_list() -> None:
    said = content("limit: 5", *FULL)
    files = [("profile.yaml", said.text.encode()), ("a.json", b"a"), ("tables/b.json", b"\x00b")]
    listed = "".join(f"{sha256(body).hexdigest()}  {path}\n" for path, body in files)
    assert said.digest == sha256(listed.encode()).hexdigest()


def test_what_says_the_same_as_a_version_there_is_makes_none(store: Store) -> None:
    first = store.profiles.add(content("limit: 5", *FULL), ANALYST, NOON_MS, "to begin with")
    add(store, "limit: 6")
    again = store.profiles.add(content("limit: 5", *reversed(FULL)), OTHER_ANALYST, NOON_MS, "again")
    assert (first.new, again.new, again.version) == (True, False, first.version)
    other_table = store.profiles.add(
        content("limit: 5", FULL[0], ("a.json", b"b")), ANALYST, NOON_MS, "learnt anew"
    )
    assert other_table.version.number == 3


def test_a_table_that_versions_share_is_kept_once(store: Store) -> None:
    for limit in range(3):
        store.profiles.add(content(f"limit: {limit}", ("a.json", b"a")), ANALYST, NOON_MS, "better")
    with store.db.reading():
        assert {row["digest"] for row in store.db.rows("profile_tables", name="night")} == {
            sha256(b"a").hexdigest()
        }


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Content(name="Night!", text="x"), "no name of a profile"),
        (content("x", ("/etc/a.json", b"")), "does not lie beside the profile"),
        (content("x", ("../a.json", b"")), "does not lie beside the profile"),
        (content("x", ("./a.json", b"")), "does not lie beside the profile"),
        (content("x", ("profile.yaml", b"")), "rename it"),
        (content("# as on 4111 1111 1111 1111"), "holds a card number"),
        (
            content("x", ("a.json", b" " * LARGEST_BYTES)),
            "8,000,014 bytes, and the store keeps up to 8,000,000",
        ),
    ],
    ids=["name", "absolute", "above", "unclean", "taken", "card number", "large"],
)
def test_what_cannot_be_kept_says_why(sqlite_url: str, said: Content, words: str) -> None:
    with open_store(sqlite_url) as store, pytest.raises(WrongUse, match=words):
        store.profiles.add(said, ANALYST, NOON_MS, "better")


def test_only_who_may_add_does_and_says_why(store: Store) -> None:
    with pytest.raises(NotAllowed, match="may not propose rule; that takes: analyst"):
        store.profiles.add(content(), LEAD, NOON_MS, "better")
    with pytest.raises(WrongUse, match="say why"):
        store.profiles.add(content(), ANALYST, NOON_MS, " ")
    with pytest.raises(NotFound, match="there is no profile 'night'"):
        store.profiles.add(content(), ANALYST, NOON_MS, "better", parent=1)
    with pytest.raises(NotFound, match="there is no profile 'night'"):
        store.profiles.versions("night")
    assert store.profiles.versions() == ()


@pytest.mark.parametrize("text", ["", "Night", "night@", "night@0", "night@x", "night@1@2", "a b", "n" * 65])
def test_what_names_no_profile_is_told(text: str) -> None:
    with pytest.raises(WrongUse, match="names no profile; write NAME, or NAME@2"):
        Reference.parse(text)
    assert str(Reference.parse("night@12")) == "night@12"
    assert Reference.parse("night") == ("night", None)
